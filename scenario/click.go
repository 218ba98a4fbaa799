package scenario

// Click presses and releases a mouse button over the target.
type Click struct {
	Target    Target
	Times     int    // >= 1
	Button    string // left, right, middle
	Modifiers []string
	Position  *Point // from the target's top left corner; nil is its middle
}

func (*Click) op() {}

func (o *Click) String() string { return "click " + o.Target.String() }

func clickKind() kind {
	return leaf(leafKind[Click]{
		key:     "click",
		doc:     "Clicks the target.",
		example: "click: {role: button, name: Run}",
		also:    "tap press_button left_click",
		does:    acts,
		value:   is(aTarget, func(o *Click) *Target { return &o.Target }),
		options: []field[Click]{
			opt("times", aPositive, func(o *Click) *int { return &o.Times }, "So many clicks one after another; 1 unless told.").aka("count click_count"),
			opt("button", oneOf("left", "right", "middle"), func(o *Click) *string { return &o.Button }, "The mouse button; `left` unless told."),
			opt("modifiers", oneOrMore(oneOf("Alt", "Control", "ControlOrMeta", "Meta", "Shift")), func(o *Click) *[]string { return &o.Modifiers }, "Keys that are held meanwhile."),
			opt("position", aPoint, func(o *Click) **Point { return &o.Position }, "Where to click, in CSS pixels from the target's top left corner; its middle unless told."),
		},
		start: Click{Times: 1, Button: "left"},
	})
}

// aPoint is an offset.
var aPoint = aPointer(newObject("a point", "{x: 10, y: 5}", Point{}, []field[Point]{
	opt("x", aNumber, func(p *Point) *float64 { return &p.X }, "To the right, in CSS pixels.").must(),
	opt("y", aNumber, func(p *Point) *float64 { return &p.Y }, "Downwards, in CSS pixels.").must(),
}).value())

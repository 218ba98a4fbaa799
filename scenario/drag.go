package scenario

import "fmt"

// Drag moves the target to another or by an offset: exactly one is set.
type Drag struct {
	Target Target
	To     *Target
	By     *Point
}

func (*Drag) op() {}

func (o *Drag) String() string {
	switch {
	case o.To != nil:
		return "drag " + o.Target.String() + " to " + o.To.String()
	case o.By != nil:
		return fmt.Sprintf("drag %s by %g, %g", o.Target, o.By.X, o.By.Y)
	}
	return "drag " + o.Target.String()
}

func dragKind() kind {
	return leaf(leafKind[Drag]{
		key:     "drag",
		doc:     "Drags the target with the mouse: to another, or by an offset.",
		example: "drag: {role: slider}\nby: {x: 40, y: 0}",
		also:    "drag_to drag_and_drop",
		does:    acts,
		value:   is(aTarget, func(o *Drag) *Target { return &o.Target }),
		options: []field[Drag]{
			opt("to", aPointer(aTarget), func(o *Drag) **Target { return &o.To }, "The target to drop it on."),
			opt("by", aPoint, func(o *Drag) **Point { return &o.By }, "How far, in CSS pixels."),
		},
		rules: []rule{exactlyOne("to", "by")},
	})
}

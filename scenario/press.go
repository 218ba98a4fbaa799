package scenario

// Press presses a key, or several held together, in the target.
type Press struct {
	Target Target
	Key    string // Playwright's names, as in Enter or Control+A
	Times  int    // >= 1
}

func (*Press) op() {}

func (o *Press) String() string { return "press " + shorten(o.Key) + " " + o.Target.String() }

func pressKind() kind {
	return leaf(leafKind[Press]{
		key:     "press",
		doc:     "Gives the target the focus and presses a key.",
		example: "press: {label: Search}\nkey: Enter",
		also:    "key_press",
		does:    acts,
		value:   is(aTarget, func(o *Press) *Target { return &o.Target }),
		options: []field[Press]{
			opt("key", someString, func(o *Press) *string { return &o.Key }, "The key, as Playwright names it: `Enter`, `ArrowDown`, `Control+A`, `a`.").aka("keys value").must(),
			opt("times", aPositive, func(o *Press) *int { return &o.Times }, "How often; once unless told.").aka("count"),
		},
		start: Press{Times: 1},
	})
}

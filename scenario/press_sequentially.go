package scenario

// PressSequentially types a text key by key.
type PressSequentially struct {
	Target Target
	Value  string
}

func (*PressSequentially) op() {}

// String leaves the value out: it may be a password.
func (o *PressSequentially) String() string { return "press_sequentially " + o.Target.String() }

func pressSequentiallyKind() kind {
	return leaf(leafKind[PressSequentially]{
		key:     "press_sequentially",
		doc:     "Types a text into the target key by key.",
		example: "press_sequentially: {label: Search}\nvalue: lovelace",
		also:    "type_keys send_keys",
		does:    acts,
		value:   is(aTarget, func(o *PressSequentially) *Target { return &o.Target }),
		options: []field[PressSequentially]{
			opt("value", aString, func(o *PressSequentially) *string { return &o.Value }, "The text to type.").aka("text with").must(),
		},
	})
}

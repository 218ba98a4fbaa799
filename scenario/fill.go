package scenario

// Fill sets the value of a field at once.
type Fill struct {
	Target Target
	Value  string
}

func (*Fill) op() {}

// String leaves the value out: it may be a password.
func (o *Fill) String() string { return "fill " + o.Target.String() }

func fillKind() kind {
	return leaf(leafKind[Fill]{
		key:     "fill",
		doc:     "Sets the value of a field at once.",
		example: "fill: {label: Name}\nvalue: Ada",
		also:    "type input enter set_value",
		does:    acts,
		value:   is(aTarget, func(o *Fill) *Target { return &o.Target }),
		options: []field[Fill]{
			opt("value", aString, func(o *Fill) *string { return &o.Value }, "The new value; `\"\"` clears the field.").aka("text with").must(),
		},
	})
}

package scenario

// Focus gives the target the focus.
type Focus struct{ Target Target }

func (*Focus) op() {}

func (o *Focus) String() string { return "focus " + o.Target.String() }

func focusKind() kind {
	return leaf(leafKind[Focus]{
		key:     "focus",
		doc:     "Gives the target the focus.",
		example: "focus: {label: Search}",
		also:    "",
		does:    acts,
		value:   is(aTarget, func(o *Focus) *Target { return &o.Target }),
	})
}

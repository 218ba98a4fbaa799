package scenario

// Check ticks a checkbox or a radio button.
type Check struct{ Target Target }

func (*Check) op() {}

func (o *Check) String() string { return "check " + o.Target.String() }

func checkKind() kind {
	return leaf(leafKind[Check]{
		key:     "check",
		doc:     "Ticks a checkbox or chooses a radio button; nothing where it is so already.",
		example: "check: {label: I agree}",
		also:    "tick set_checked",
		does:    acts,
		value:   is(aTarget, func(o *Check) *Target { return &o.Target }),
	})
}

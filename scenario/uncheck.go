package scenario

// Uncheck unticks a checkbox.
type Uncheck struct{ Target Target }

func (*Uncheck) op() {}

func (o *Uncheck) String() string { return "uncheck " + o.Target.String() }

func uncheckKind() kind {
	return leaf(leafKind[Uncheck]{
		key:     "uncheck",
		doc:     "Unticks a checkbox; nothing where it is so already.",
		example: "uncheck: {label: Send me news}",
		also:    "untick",
		does:    acts,
		value:   is(aTarget, func(o *Uncheck) *Target { return &o.Target }),
	})
}

package scenario

// Hover moves the mouse over the target.
type Hover struct{ Target Target }

func (*Hover) op() {}

func (o *Hover) String() string { return "hover " + o.Target.String() }

func hoverKind() kind {
	return leaf(leafKind[Hover]{
		key:     "hover",
		doc:     "Moves the mouse over the target.",
		example: "hover: {role: menuitem, name: File}",
		also:    "mouse_over mouseover",
		does:    acts,
		value:   is(aTarget, func(o *Hover) *Target { return &o.Target }),
	})
}

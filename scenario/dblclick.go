package scenario

// DblClick clicks the target twice, as a double click.
type DblClick struct{ Target Target }

func (*DblClick) op() {}

func (o *DblClick) String() string { return "dblclick " + o.Target.String() }

func dblclickKind() kind {
	return leaf(leafKind[DblClick]{
		key:     "dblclick",
		doc:     "Double-clicks the target.",
		example: "dblclick: {text: Sales}",
		also:    "double_click doubleclick",
		does:    acts,
		value:   is(aTarget, func(o *DblClick) *Target { return &o.Target }),
	})
}

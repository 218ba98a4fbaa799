package scenario

// Set gives a variable a value read from the page; a Set with a literal value
// never reaches a session. Exactly one of From and JS is set, or neither.
type Set struct {
	Name      string
	Value     string  // where neither From nor JS is set
	From      *Target // its text, or its Attribute
	Attribute string
	JS        string
	Args      map[string]any
}

func (*Set) op() {}

func (o *Set) String() string { return "set " + o.Name }

func setKind() kind {
	return leaf(leafKind[Set]{
		key:     "set",
		doc:     "Gives a name a value, for the steps after it: a literal one, the text of a target, one of its attributes, or what JavaScript returns.",
		example: "set: order\nfrom: {test_id: order-id}",
		also:    "capture extract store let",
		value:   is(aLiteral, func(o *Set) *string { return &o.Name }),
		options: []field[Set]{
			opt("value", aString, func(o *Set) *string { return &o.Value }, "The value itself."),
			opt("from", aPointer(aTarget), func(o *Set) **Target { return &o.From }, "The target whose text it is."),
			opt("attribute", someString, func(o *Set) *string { return &o.Attribute }, "The attribute of `from` to take instead of its text."),
			opt("js", aScript, func(o *Set) *string { return &o.JS }, "JavaScript that returns it.").aka("script evaluate"),
			argsOption(func(o *Set) *map[string]any { return &o.Args }),
		},
		noPage: func(o *Set) bool { return o.From == nil && o.JS == "" },
		rules:  []rule{exactlyOne("value", "from", "js"), needs("attribute", "from"), needs("args", "js")},
		made: func(d *decoder, l *Leaf, step *node, o *Set) {
			l.sets = []string{o.Name}
			d.declare(step.get("set"), o.Name, setName)
		},
	})
}

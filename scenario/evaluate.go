package scenario

// Evaluate runs JavaScript in the page.
type Evaluate struct {
	JS   string
	Args map[string]any
}

func (*Evaluate) op() {}

func (o *Evaluate) String() string { return "evaluate " + shorten(o.JS) }

func evaluateKind() kind {
	return leaf(leafKind[Evaluate]{
		key:     "evaluate",
		doc:     "Runs JavaScript, an expression or a function, in the page. `${…}` has no meaning in it: a function gets `args`.",
		example: "evaluate: \"args => localStorage.setItem('n', args.n)\"\nargs: {n: \"${i}\"}",
		also:    "js script javascript eval execute",
		value:   is(aScript, func(o *Evaluate) *string { return &o.JS }),
		options: []field[Evaluate]{argsOption(func(o *Evaluate) *map[string]any { return &o.Args })},
	})
}

package scenario

// WaitForFunction waits until JavaScript returns what is truthy.
type WaitForFunction struct {
	JS   string
	Args map[string]any // nil without args
}

func (*WaitForFunction) op() {}

func (o *WaitForFunction) String() string { return "wait_for_function " + shorten(o.JS) }

func waitForFunctionKind() kind {
	return leaf(leafKind[WaitForFunction]{
		key:     "wait_for_function",
		doc:     "Waits until JavaScript, an expression or a function, gives what is truthy. `${…}` has no meaning in it: a function gets `args`.",
		example: "wait_for_function: \"args => window.rows >= args.n\"\nargs: {n: 10}",
		does:    waits,
		value:   is(aScript, func(o *WaitForFunction) *string { return &o.JS }),
		options: []field[WaitForFunction]{
			argsOption(func(o *WaitForFunction) *map[string]any { return &o.Args }),
		},
	})
}

// argsOption is the option of every step that runs JavaScript.
func argsOption[T any](at func(*T) *map[string]any) field[T] {
	return opt("args", scriptArgs, at, "Values for the function, which gets them as one object. Quoted they are text, else numbers and truth values where they look like them.").aka("arg arguments")
}

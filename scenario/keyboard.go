package scenario

// Keyboard presses a key on the page, whatever has the focus.
type Keyboard struct {
	Key   string // Playwright's names, as in Enter or Control+A
	Times int    // >= 1
}

func (*Keyboard) op() {}

func (o *Keyboard) String() string { return "keyboard " + shorten(o.Key) }

func keyboardKind() kind {
	return leaf(leafKind[Keyboard]{
		key:     "keyboard",
		doc:     "Presses a key on the page, whatever has the focus. The key is named as Playwright does: `Enter`, `Tab`, `Control+A`.",
		example: "keyboard: Escape",
		does:    acts,
		value:   is(someString, func(o *Keyboard) *string { return &o.Key }),
		options: []field[Keyboard]{
			opt("times", aPositive, func(o *Keyboard) *int { return &o.Times }, "How often; once unless told.").aka("count"),
		},
		start: Keyboard{Times: 1},
	})
}

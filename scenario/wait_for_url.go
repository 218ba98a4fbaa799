package scenario

// WaitForURL waits until the page's address matches.
type WaitForURL struct{ Glob string }

func (*WaitForURL) op() {}

func (o *WaitForURL) String() string { return "wait_for_url " + shorten(o.Glob) }

func waitForURLKind() kind {
	return leaf(leafKind[WaitForURL]{
		key:     "wait_for_url",
		doc:     "Waits until the page's address matches a glob; `/reports` starts from the scenario's url.",
		example: "wait_for_url: \"**/reports\"",
		also:    "wait_for_navigation",
		does:    waits,
		value:   is(aGlob, func(o *WaitForURL) *string { return &o.Glob }),
	})
}

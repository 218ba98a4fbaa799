package scenario

// Reload loads the page again.
type Reload struct{ WaitUntil LoadState }

func (*Reload) op() {}

func (o *Reload) String() string { return "reload" }

func reloadKind() kind {
	return leaf(leafKind[Reload]{
		key:     "reload",
		doc:     "Loads the page again. May be a bare word.",
		example: "reload",
		also:    "refresh",
		bare:    true,
		does:    loads,
		value:   none[Reload](),
		options: []field[Reload]{waitUntil(func(o *Reload) *LoadState { return &o.WaitUntil })},
		start:   Reload{WaitUntil: Load},
	})
}

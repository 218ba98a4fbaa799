package scenario

// Back goes back in the history.
type Back struct{ WaitUntil LoadState }

func (*Back) op() {}

func (o *Back) String() string { return "back" }

func backKind() kind {
	return leaf(leafKind[Back]{
		key:     "back",
		doc:     "Goes back in the history. May be a bare word.",
		example: "back",
		also:    "go_back",
		bare:    true,
		does:    loads,
		value:   none[Back](),
		options: []field[Back]{waitUntil(func(o *Back) *LoadState { return &o.WaitUntil })},
		start:   Back{WaitUntil: Load},
	})
}

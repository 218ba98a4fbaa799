package scenario

// WaitForResponse waits for a response that began since the event's first action.
type WaitForResponse struct {
	Glob   string
	Status StatusRule
}

func (*WaitForResponse) op() {}

func (o *WaitForResponse) String() string { return "wait_for_response " + shorten(o.Glob) }

func waitForResponseKind() kind {
	return leaf(leafKind[WaitForResponse]{
		key:     "wait_for_response",
		doc:     "Waits for a response from an address that matches a glob; one that began since the event's first action. One whose status is not good is passed over; the error names it. " + lookingBack,
		example: "wait_for_response: \"**/api/rows\"",
		also:    "wait_for_request",
		does:    waits,
		value:   is(aGlob, func(o *WaitForResponse) *string { return &o.Glob }),
		options: []field[WaitForResponse]{
			opt("status", aStatusRule, func(o *WaitForResponse) *StatusRule { return &o.Status }, "The statuses that are good; all below 400 unless told."),
		},
	})
}

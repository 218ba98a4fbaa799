package scenario

import "time"

// WaitForQuiet waits until nothing has changed for Quiet.
type WaitForQuiet struct {
	Quiet  time.Duration // > 0
	Within *Target       // nil is the whole page
}

func (*WaitForQuiet) op() {}

func (o *WaitForQuiet) String() string {
	if o.Within == nil {
		return "wait_for_quiet " + o.Quiet.String()
	}
	return "wait_for_quiet " + o.Quiet.String() + " within " + o.Within.String()
}

func waitForQuietKind() kind {
	return leaf(leafKind[WaitForQuiet]{
		key:     "wait_for_quiet",
		doc:     "Waits until nothing on the page has changed for so long. The time is that of the last change: the quiet is not counted.",
		example: "wait_for_quiet: 500ms",
		also:    "wait_for_idle wait_for_stable",
		does:    waits,
		value:   is(someTime, func(o *WaitForQuiet) *time.Duration { return &o.Quiet }),
		options: []field[WaitForQuiet]{
			opt("within", aPointer(aTarget), func(o *WaitForQuiet) **Target { return &o.Within }, "Look only inside this target."),
		},
	})
}

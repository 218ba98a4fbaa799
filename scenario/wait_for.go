package scenario

// WaitFor waits for a level (State) or an edge (Becomes): exactly one is set.
type WaitFor struct {
	Target  Target
	State   string // one of states
	Becomes string // one of edges
}

var (
	states = []string{"visible", "hidden", "attached", "detached", "enabled"}
	edges  = []string{"visible", "hidden", "changed"}
)

func (*WaitFor) op() {}

func (o *WaitFor) String() string {
	switch {
	case o.Becomes != "":
		return "wait_for " + o.Target.String() + " becomes " + o.Becomes
	case o.State != "visible":
		return "wait_for " + o.Target.String() + " state " + o.State
	}
	return "wait_for " + o.Target.String()
}

func waitForKind() kind {
	return leaf(leafKind[WaitFor]{
		key: "wait_for",
		doc: "Waits for a target. `state` is a level: it holds at once where the target is so already. " +
			"`becomes` is an edge: the opposite must have been seen since the event began; `changed`: the target's text differs from then. " +
			lookingBack,
		example: "wait_for: {text: Done}",
		also:    "wait wait_for_selector wait_for_element wait_until until",
		does:    waits,
		value:   is(aTarget, func(o *WaitFor) *Target { return &o.Target }),
		options: []field[WaitFor]{
			opt("state", oneOf(states...), func(o *WaitFor) *string { return &o.State }, "What the target has to be; `visible` unless told.").aka("is"),
			opt("becomes", oneOf(edges...), func(o *WaitFor) *string { return &o.Becomes }, "What the target has to turn into."),
		},
		rules: []rule{atMostOne("state", "becomes")},
		check: func(_ *decoder, step *node, o *WaitFor) {
			if step.get("state") == nil && step.get("becomes") == nil {
				o.State = "visible"
			}
		},
	})
}

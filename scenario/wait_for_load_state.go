package scenario

// WaitForLoadState waits for a moment in the loading of the document.
type WaitForLoadState struct{ State LoadState }

func (*WaitForLoadState) op() {}

func (o *WaitForLoadState) String() string { return "wait_for_load_state " + string(o.State) }

func waitForLoadStateKind() kind {
	return leaf(leafKind[WaitForLoadState]{
		key:     "wait_for_load_state",
		doc:     "Waits for a moment in the loading of the document.",
		example: "wait_for_load_state: networkidle",
		does:    waits,
		value:   is(oneOf(Load, DOMContentLoaded, NetworkIdle), func(o *WaitForLoadState) *LoadState { return &o.State }),
	})
}

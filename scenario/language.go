package scenario

// language is the tables of the language. All that is decoded, refused,
// completed by an editor or found in the reference comes from them.
type language struct {
	top    *object[Scenario]
	target *object[Target]
	kinds  []kind
}

// newLanguage makes the tables. They refer to each other through the decoder
// (a step holds targets, a target holds a target), so that none has to be
// there before another.
func newLanguage() *language {
	return &language{
		top:    topLevel(),
		target: targets(),
		kinds: []kind{
			gotoKind(),
			reloadKind(),
			backKind(),
			clickKind(),
			dblclickKind(),
			hoverKind(),
			focusKind(),
			checkKind(),
			uncheckKind(),
			fillKind(),
			pressSequentiallyKind(),
			pressKind(),
			keyboardKind(),
			selectKind(),
			uploadKind(),
			dragKind(),
			scrollKind(),
			waitForKind(),
			waitForURLKind(),
			waitForLoadStateKind(),
			waitForFunctionKind(),
			waitForResponseKind(),
			waitForQuietKind(),
			expectKind(),
			setKind(),
			evaluateKind(),
			screenshotKind(),
			requestKind(),
			sleepKind(),
			repeatKind(),
			eventKind(),
		},
	}
}

// kind finds a kind of step.
func (l *language) kind(key string) *kind {
	for i := range l.kinds {
		if l.kinds[i].key == key {
			return &l.kinds[i]
		}
	}
	return nil
}

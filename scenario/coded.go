package scenario

import "time"

// NewAction is a step that a user written in Go takes, at a place of its source.
func NewAction(op Op, pos Pos, timeout time.Duration) *Leaf {
	l := NewLeaf(op.String(), pos)
	l.action.value = Action{Leaf: l, Op: op, Timeout: timeout}
	return l
}

// NewLeaf stands for what a user written in Go does itself, in errors.
func NewLeaf(text string, pos Pos) *Leaf { return &Leaf{text: text, pos: pos, page: true} }

// NewEvent is an event of a user written in Go; it has no steps.
func NewEvent(name string, timeout time.Duration, pos Pos) *Event {
	return &Event{Name: name, Timeout: timeout, pos: pos}
}

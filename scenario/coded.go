package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// NewAction is a step that a user written in Go takes, at a place of its source.
// What is wrong with it its Expand tells.
func NewAction(op Op, pos Pos, timeout time.Duration) *Leaf {
	l := NewLeaf(op.String(), pos)
	l.action.value = Action{Leaf: l, Op: op, Timeout: timeout}
	if w, ok := op.(*WaitFor); ok {
		l.action.fault = w.check()
	}
	return l
}

// check refuses words that wait_for does not have. In a file its table does.
func (o *WaitFor) check() error {
	word, words := o.State, states
	if o.Becomes != "" {
		word, words = o.Becomes, edges
	}
	if slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%s is not one of %s", quoted(word), strings.Join(words, ", "))
}

// NewLeaf stands for what a user written in Go does itself, in errors.
func NewLeaf(text string, pos Pos) *Leaf { return &Leaf{text: text, pos: pos, page: true} }

// NewEvent is an event of a user written in Go; it has no steps.
func NewEvent(name string, timeout time.Duration, pos Pos) *Event {
	return &Event{Name: name, Timeout: timeout, pos: pos}
}

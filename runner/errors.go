package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// ErrStop in the chain of a sink's error ends the run in order: no iteration
// begins any more, and those in flight get the scenario's graceful stop.
var ErrStop = errors.New("stop the run")

// ErrFatal in the chain of an opener's or a session's error says that no user
// can go on, because there is no browser, say. The run ends with it at once.
var ErrFatal = errors.New("the run cannot go on")

// PanicError is a panic that the run has recovered: a bug in the tool, never
// in the app under test. The run ends with it, and what was recorded is kept.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value of the panic where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// StepError says which step of whom failed, and why.
type StepError struct {
	Place     string // "scenario.yaml:14:9"; "" where it was no step of the scenario
	User      int    // 0, 1, …
	Iteration int    // from 1; 0: its login
	Row       string // of data that the user had: "account row 7"; "" without any
	Step      string // as the user would write it, or "open session"
	Err       error

	mask *mask.Mask
}

// Error is the whole message:
// scenario.yaml:14:9: user 3, iteration 1: click role=button "Run": 2 elements match
func (e *StepError) Error() string {
	place := e.Place
	if place != "" {
		place += ": "
	}
	who := fmt.Sprintf("user %d, iteration %d", e.User, e.Iteration)
	if e.Iteration == 0 {
		who = fmt.Sprintf("user %d, login", e.User)
	}
	if e.Row != "" {
		who += " (" + e.Row + ")"
	}
	return place + who + ": " + e.short()
}

func (e *StepError) Unwrap() error { return e.Err }

// short leaves out what a row has in columns of its own, so that the failures
// of many users can be grouped by their text.
func (e *StepError) short() string {
	return e.mask.Hide(e.Step + ": " + e.Err.Error())
}

// valueError is an error of the scenario's language that came up while a user
// ran. Its place goes where the step's place would have stood.
type valueError struct{ err *scenario.Error }

func (e valueError) Error() string { return e.err.Msg }
func (e valueError) Unwrap() error { return e.err }

// eventTimeout ends the context of an event that took too long.
type eventTimeout struct {
	event string
	after time.Duration
}

func (e *eventTimeout) Error() string {
	return fmt.Sprintf("event %s was not over within its timeout of %v", e.event, e.after)
}

// Unwrap tells a session that time was up, not that the run was cut: the
// session lives on, to show why.
func (e *eventTimeout) Unwrap() error { return context.DeadlineExceeded }

// maxErrorText bounds what a row says of an error: a page can put megabytes
// into one.
const maxErrorText = 1000

// oneLine is an error's text as a row has it: the lines of a longer message
// joined by "; ", cut after maxErrorText characters.
func oneLine(text string) string {
	lines := strings.FieldsFunc(text, func(c rune) bool {
		return c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == '\u0085' || c == '\u2028' || c == '\u2029'
	})
	kept := lines[:0]
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			kept = append(kept, l)
		}
	}
	return wording.Cut(strings.ToValidUTF8(strings.Join(kept, "; "), "\uFFFD"), maxErrorText)
}

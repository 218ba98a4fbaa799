package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// captureLimit bounds what is spent on keeping why an iteration failed.
const captureLimit = 5 * time.Second

// failedStep is where and why an iteration ended early.
type failedStep struct {
	step  scenario.Step
	text  string        // the step, with its values where they are known
	begin event.Instant // of the step, as near as the runner's clock tells
	err   error
}

// failure says that step failed now.
func (it *iteration) failure(step scenario.Step, err error) *failedStep {
	return &failedStep{step: step, text: step.String(), begin: it.Clock.Now(), err: err}
}

// tell is f as the user is told of it.
func (it *iteration) tell(f *failedStep) *StepError {
	place, err := f.step.Position(), f.err
	var value *scenario.Error
	if errors.As(err, &value) {
		place, err = value.Pos, valueError{value}
	}
	return &StepError{
		Place:     place.String(),
		User:      it.user.number,
		Iteration: it.number,
		Step:      f.text,
		Row:       append(it.user.rows[:len(it.user.rows):len(it.user.rows)], it.rows...).String(),
		Err:       err,
		secrets:   it.secrets,
	}
}

// fail ends the iteration with an error. It is an error of every event around
// the step; where there is none, the step itself becomes one.
func (it *iteration) fail(f *failedStep, panicked bool) {
	told := it.tell(f)
	if len(it.open) == 0 {
		o := &openEvent{name: it.hide(f.step.String()), phase: it.phase(), first: it.begun == 0}
		o.begin = it.collector.notBefore(f.begin)
		it.open = append(it.open, o)
	}
	inner := it.open[len(it.open)-1].name
	base := ""
	if !panicked && it.keepFailure() {
		base = filepath.Join(it.ArtefactDir, fmt.Sprintf("failure-u%d-i%d", it.user.number, it.number))
	}
	at := it.cutShort(told, event.Error, base)
	noted := it.noteFailure(Failure{At: at, Event: inner, Err: told})
	// After the rows, which are not to wait for it.
	if base != "" && it.capture(base) {
		noted.Artefacts = base
	}
	if errors.Is(f.err, ErrFatal) {
		it.abort(told)
	}
}

// cutShort ends every event under way, the innermost first, and returns when.
func (it *iteration) cutShort(why *StepError, status event.Status, artefacts string) event.Instant {
	now := it.Clock.Now()
	for i := len(it.open) - 1; i >= 0; i-- {
		o := it.open[i]
		row := it.row(o)
		o.close(row, now, true)
		row.Status = status
		row.Error = oneLine(why.short())
		row.Place = why.Place
		if status == event.Error {
			row.Class = classOf(why.Err)
		}
		// An event that fails between the events inside it is the innermost of
		// its failure, and the only row that counts it.
		row.Outer = i < len(it.open)-1
		if !row.Outer {
			row.Artefacts = artefacts
		}
		it.collector.add(row, o.begin)
	}
	it.open = nil
	return now
}

// classOf is what an error is counted as.
func classOf(err error) event.Class {
	var known event.Classified
	if errors.As(err, &known) {
		return known.FailureClass()
	}
	return ""
}

// hide puts *** in the place of the iteration's secrets.
func (it *iteration) hide(text string) string {
	if it.secrets == nil {
		return text
	}
	return it.secrets.Replace(text)
}

// capture has the session keep what shows why the iteration failed.
func (it *iteration) capture(base string) (kept bool) {
	defer func() {
		if v := recover(); v != nil {
			it.abort(&PanicError{v, debug.Stack()})
		}
	}()
	ctx, cancel := context.WithTimeout(it.hard, captureLimit)
	defer cancel()
	return it.session.Capture(ctx, base, it.hide) == nil
}

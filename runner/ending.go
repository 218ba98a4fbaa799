package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

var errDurationOver = errors.New("the load's duration is over")

// ending is how a run comes to its end: softly, by no iteration beginning any
// more, then hard, by cutting what is in flight. Both are contexts, hard the
// parent of soft.
type ending struct {
	soft, hard           context.Context
	closeSoft, closeHard context.CancelCauseFunc

	mu     sync.Mutex
	fatal  error // what Run returns
	reason error
	cutAt  time.Time // zero: no cut is set
	timer  *time.Timer
}

func newEnding(ctx context.Context) *ending {
	e := new(ending)
	e.hard, e.closeHard = context.WithCancelCause(ctx)
	e.soft, e.closeSoft = context.WithCancelCause(e.hard)
	return e
}

// loadOver ends the run because its load is done.
func (e *ending) loadOver(grace time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.end(errDurationOver, grace)
}

// stop ends the run because somebody wants it to.
func (e *ending) stop(reason error, grace time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reason == nil {
		e.reason = reason
	}
	e.end(reason, grace)
}

// abort ends the run at once because it cannot go on.
func (e *ending) abort(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fatal == nil {
		e.fatal = err
	}
	e.closeHard(err)
}

// aborted tells whether the run can't go on.
func (e *ending) aborted() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fatal != nil
}

func (e *ending) end(why error, grace time.Duration) {
	if grace <= 0 {
		e.closeHard(why)
		return
	}
	e.closeSoft(why)
	cutAt := time.Now().Add(grace)
	if !e.cutAt.IsZero() && !cutAt.Before(e.cutAt) {
		return
	}
	if e.timer != nil {
		e.timer.Stop()
	}
	e.cutAt = cutAt
	e.timer = time.AfterFunc(grace, func() {
		e.closeHard(fmt.Errorf("%w; not finished within %v after that", why, grace))
	})
}

// untilCut returns how long what is in flight still has.
func (e *ending) untilCut() (time.Duration, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hard.Err() != nil {
		return 0, true
	}
	if e.cutAt.IsZero() {
		return 0, false
	}
	return max(0, time.Until(e.cutAt)), true
}

// conclude is called once the run is over: it returns what Run returns, and why
// the run ended before its load was done.
func (e *ending) conclude(ctx context.Context) (fatal, reason error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		e.timer.Stop()
	}
	reason = e.reason
	switch {
	case e.fatal != nil:
		reason = e.fatal
	case reason == nil && ctx.Err() != nil:
		reason = context.Cause(ctx)
	}
	e.closeHard(reason)
	return e.fatal, reason
}

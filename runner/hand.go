package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// Func is an iteration of a user written in Go. Its error fails the iteration,
// as a failing step does; so does its panic, which is its own bug and not ours.
type Func func(h *Hand) error

// Hand is what a user written in Go acts with, for one iteration and on the
// goroutine of its [Func] alone.
//
// Steps are handed over together, as those of a scenario are, so that a wait is
// armed before the action that it follows is sent: [Hand.Add] only notes a step,
// and [Hand.Flush] has the session carry out what was noted. The first step that
// fails ends the iteration: what comes after it is not carried out any more, and
// has its error.
type Hand struct {
	it     *iteration
	ctx    context.Context
	steps  []scenario.Step
	failed *failedStep
	within bool // in what the hand does, not in the function

	mu   sync.Mutex // held by what the hand does with the iteration
	over bool       // the iteration is no longer the function's
}

// What a function may take to return once its iteration is cut: until its session
// is closed, which ends what it does with that, and then until it is given up.
const (
	handGrace = time.Second
	deafGrace = 3 * time.Second
)

// errDeaf is the end of a function that has not returned.
var errDeaf = fmt.Errorf("the function did not return within %v of the end of its iteration: it has to obey the user's Context", handGrace+deafGrace)

// errGoexit is the end of a function that never returned.
var errGoexit = errors.New("the function ended its goroutine (t.FailNow, t.Fatal or runtime.Goexit): let it return an error")

// code carries out an iteration of a user written in Go.
func (it *iteration) code(ctx context.Context, f Func) *failedStep {
	h := &Hand{it: it, ctx: ctx}
	own := scenario.NewLeaf(it.kind.Func, scenario.Pos{})
	it.step = own
	type end struct {
		failed *failedStep
		bug    *PanicError
	}
	ended := make(chan end, 1)
	go func() { // of its own, because the function may end it
		e := end{failed: it.failure(own, errGoexit)}
		defer func() {
			if v := recover(); v != nil && h.within {
				e.bug = &PanicError{v, debug.Stack()}
			} else if v != nil {
				e.failed = it.failure(scenario.NewLeaf(it.kind.Func, panicked()), fmt.Errorf("panic: %v", v))
			}
			ended <- e
		}()
		err := f(h)
		if flushed := h.Flush(); err == nil {
			err = flushed
		}
		if e.failed = h.failed; e.failed == nil && err != nil {
			e.failed = it.failure(own, err)
		}
	}()
	var e end
	select {
	case e = <-ended:
	case <-it.hard.Done():
		select {
		case e = <-ended:
		case <-time.After(handGrace):
			h.takeAway()
			it.close(it.session)
			select {
			case e = <-ended:
			case <-time.After(deafGrace):
				e.failed = it.failure(own, errDeaf)
			}
		}
	}
	if e.bug != nil {
		panic(e.bug)
	}
	return e.failed
}

// takeAway has the hand do nothing more.
func (h *Hand) takeAway() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.over = true
}

// call calls a function of the user's, which may use the hand.
func (h *Hand) call(f func() error) error {
	h.mu.Unlock()
	defer h.mu.Lock()
	return f()
}

// panicked is where the panic came up that is being recovered.
func panicked() scenario.Pos {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	under := false
	for {
		f, more := frames.Next()
		if under && !strings.HasPrefix(f.Function, "runtime.") {
			return scenario.Pos{File: filepath.Base(f.File), Line: f.Line}
		}
		under = under || f.Function == "runtime.gopanic"
		if !more {
			return scenario.Pos{}
		}
	}
}

// Context ends with the run, or with the timeout of an event around.
func (h *Hand) Context() context.Context { return h.ctx }

// Info names the user and its iteration.
func (h *Hand) Info() UserInfo { return h.it.info(h.it.number) }

// Lookup returns what a name stands for in a scenario: account.username, user.
func (h *Hand) Lookup(name string) (string, bool) { return h.it.Lookup(name) }

// Session is the user's session, of which everything that was noted has been
// carried out. The events under way are timed by the runner's clock from here on,
// up to the next step.
func (h *Hand) Session() (Session, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.flush(); err != nil {
		return nil, err
	}
	for _, o := range h.it.open {
		o.direct()
	}
	return h.it.session, nil
}

// Add notes a step; pos is where it is written.
func (h *Hand) Add(op scenario.Op, pos scenario.Pos, timeout time.Duration) {
	if timeout <= 0 {
		timeout = h.it.Scenario.Timeout
	}
	if h.failed == nil {
		h.steps = append(h.steps, scenario.NewAction(op, pos, timeout))
	}
}

// Flush carries out what was noted, and returns the error of the step that
// failed, now or before.
func (h *Hand) Flush() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.flush()
}

func (h *Hand) flush() error {
	if h.over {
		return context.Cause(h.it.hard)
	}
	steps := h.steps
	h.steps = nil
	if h.failed == nil && len(steps) > 0 {
		h.within = true
		h.failed = h.it.steps(h.ctx, steps)
		h.within = false
	}
	if h.failed != nil {
		return h.it.tell(h.failed)
	}
	if h.ctx.Err() != nil {
		return context.Cause(h.ctx)
	}
	return nil
}

// Event times what f does as one span with a name.
func (h *Hand) Event(name string, pos scenario.Pos, timeout time.Duration, f func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.flush(); err != nil {
		return err
	}
	was := h.ctx
	defer func() { h.ctx = was }()
	var err error
	e := scenario.NewEvent(name, timeout, pos)
	failed := h.it.span(was, e, func(ctx context.Context) *failedStep {
		h.ctx = ctx
		err = h.call(f)
		if flushed := h.flush(); err == nil {
			err = flushed
		}
		if h.failed == nil && err != nil {
			return h.it.failure(e, err)
		}
		return h.failed
	})
	if h.failed == nil {
		h.failed = failed
	}
	return err
}

// Sleep thinks for a while, and ends early, with an error, with the run.
func (h *Hand) Sleep(d time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.flush(); err != nil {
		return err
	}
	if err := pause(h.ctx, d); err != nil {
		h.failed = h.it.failure(h.it.step, err)
		return err
	}
	return nil
}

// Value carries out a step that reads one, a *scenario.Set say, and returns it.
func (h *Hand) Value(op scenario.Op, pos scenario.Pos) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.flush(); err != nil {
		return "", err
	}
	a, err := scenario.NewAction(op, pos, h.it.Scenario.Timeout).Expand(h.it)
	if err != nil {
		return "", err
	}
	sent := h.it.Clock.Now()
	stretch := []scenario.Action{a}
	for _, o := range h.it.open {
		o.hand(stretch, sent)
	}
	h.within = true
	spans, err := h.it.do(h.ctx, stretch)
	h.within = false
	for _, o := range h.it.open {
		o.add(stretch, spans, sent, h.it.Clock.Now())
	}
	if err != nil {
		if h.ctx.Err() != nil {
			err = context.Cause(h.ctx)
		}
		h.failed = &failedStep{step: a.Leaf, text: a.String(), begin: sent, err: err}
		return "", h.it.tell(h.failed)
	}
	return spans[0].Value, nil
}

// checkFuncs reports a kind of user whose function nobody gave.
func (c *Config) checkFuncs() error {
	for _, t := range c.Scenario.UserTypes {
		if t.Func != "" && c.Funcs[t.Func] == nil {
			return fmt.Errorf("runner: no function %s for the users of the kind %s", t.Func, t.Name)
		}
	}
	return nil
}

package runner

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// iteration is one passage of a user through its steps.
type iteration struct {
	*user
	number  int // from 1
	session Session
	random  *rand.Rand        // nil: nothing has been drawn
	rows    rowsOf            // of data, beside those that the user keeps
	arrival arrival           // how late it began
	begun   int               // events
	values  map[string]string // of loops and set steps
	open    []*openEvent      // the events under way, the outermost first
	step    scenario.Step     // the step under way
}

// openEvent is an event that has begun and not ended.
type openEvent struct {
	name  string
	phase event.Phase
	outer bool // an event has begun inside it
	first bool // nothing of the iteration came before it
	measure
}

func newIteration(u *user, n int, s Session, rows rowsOf, a arrival) *iteration {
	return &iteration{
		rows:    rows,
		arrival: a,
		user:    u,
		number:  n,
		session: s,
		values:  make(map[string]string),
	}
}

// arrivalsRandom stands for the user in what arrivals draw.
const arrivalsRandom = -2

// ownRandom is the iteration's own stream. Who of an open load comes for an
// arrival depends on who has gone by then: what an arrival draws does not.
func (it *iteration) ownRandom() *rand.Rand {
	if n := it.user.arrived; n > 0 {
		return randomOf(*it.Seed, arrivalsRandom, n)
	}
	return randomOf(*it.Seed, it.user.number, it.number)
}

// randomOf is a stream of its own for each iteration, so that what a user draws
// depends on nothing that other users or earlier iterations drew.
func randomOf(seed int64, user, iteration int) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], uint64(seed))
	binary.LittleEndian.PutUint64(key[8:], uint64(user))
	binary.LittleEndian.PutUint64(key[16:], uint64(iteration))
	return rand.New(rand.NewChaCha8(key))
}

// run goes through the steps of the user's kind; false: they failed.
func (it *iteration) run() (ok bool) {
	failed, panicked := it.carryOut(func(ctx context.Context) *failedStep {
		if f := it.Funcs[it.kind.Func]; f != nil {
			return it.code(ctx, f)
		}
		return it.steps(ctx, it.kind.Steps)
	})
	switch {
	case failed == nil:
		it.completed.Add(1)
	case errors.Is(failed.err, errDeaf):
		it.failed.Add(1)
		it.fail(failed, true) // its session is closed: there is nothing to keep
	case it.hard.Err() != nil && !panicked:
		it.cancelled.Add(1)
		it.cutShort(it.tell(failed), event.Cancelled, "")
	default:
		it.failed.Add(1)
		it.fail(failed, panicked)
	}
	return failed == nil
}

// carryOut does what an iteration does, and recovers from a panic of it.
func (it *iteration) carryOut(do func(context.Context) *failedStep) (failed *failedStep, panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			err, ok := v.(*PanicError)
			if !ok {
				err = &PanicError{v, debug.Stack()}
			}
			it.abort(err)
			failed, panicked = it.failure(it.step, err), true
		}
	}()
	return do(it.hard), false
}

// steps carries out steps one after another. ctx ends with the run, or with the
// timeout of an event around them.
func (it *iteration) steps(ctx context.Context, steps []scenario.Step) *failedStep {
	for len(steps) > 0 {
		it.step = steps[0]
		if ctx.Err() != nil {
			return it.failure(it.step, context.Cause(ctx))
		}
		done := 1
		var failed *failedStep
		switch s := it.step.(type) {
		case *scenario.Leaf:
			done, failed = it.leaves(ctx, steps)
		case *scenario.Event:
			failed = it.event(ctx, s)
		case *scenario.Repeat:
			failed = it.repeat(ctx, s)
		case *scenario.Sleep:
			failed = it.sleep(ctx, s)
		default:
			failed = it.failure(s, fmt.Errorf("the runner knows no step of type %T", s))
		}
		if failed != nil {
			return failed
		}
		steps = steps[done:]
	}
	return nil
}

func (it *iteration) event(ctx context.Context, e *scenario.Event) *failedStep {
	return it.span(ctx, e, func(ctx context.Context) *failedStep { return it.armed(ctx, e.Steps) })
}

// span times what is done as an event.
func (it *iteration) span(ctx context.Context, e *scenario.Event, do func(context.Context) *failedStep) *failedStep {
	if e.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, e.Timeout, &eventTimeout{e.Name, e.Timeout})
		defer cancel()
	}
	if n := len(it.open); n > 0 {
		it.open[n-1].outer = true
	}
	o := &openEvent{name: e.Name, phase: it.phase(), first: it.begun == len(it.open)}
	it.begun++
	o.begin = it.collector.begun()
	it.open = append(it.open, o)
	if failed := do(ctx); failed != nil {
		return failed // its row is written with those of the events around it
	}
	it.open = it.open[:len(it.open)-1]
	row := it.row(o)
	row.Outer = o.outer
	o.close(row, it.Clock.Now(), false)
	it.collector.add(row, o.begin)
	return nil
}

func (it *iteration) repeat(ctx context.Context, r *scenario.Repeat) *failedStep {
	count, err := r.Count(it)
	if err != nil {
		return it.failure(r, err)
	}
	for i := 1; i <= count; i++ {
		it.step = r
		it.values[r.As] = strconv.Itoa(i)
		target, err := r.While(it)
		if err != nil {
			return it.failure(r, err)
		}
		if target != nil {
			seen, err := it.look(ctx, scenario.Action{Timeout: it.Scenario.Timeout}, *target)
			if err != nil {
				return it.failure(r, err)
			}
			if !seen {
				return nil
			}
		}
		if failed := it.armed(ctx, r.Steps); failed != nil {
			return failed
		}
	}
	return nil
}

func (it *iteration) sleep(ctx context.Context, s *scenario.Sleep) *failedStep {
	think, err := s.Expand(it)
	if err != nil {
		return it.failure(s, err)
	}
	if it.random == nil {
		it.random = it.ownRandom()
	}
	d := think.Draw(it.random)
	if think.Pace > 0 {
		d = it.pace(think.Pace)
	}
	if err := pause(ctx, d); err != nil {
		return it.failure(s, err)
	}
	return nil
}

// Lookup implements [scenario.Scope].
func (it *iteration) Lookup(name string) (string, bool) {
	if v, ok := it.values[name]; ok {
		return v, true
	}
	if v, ok := it.rows.lookup(name); ok {
		return v, true
	}
	if v, ok := it.user.rows.lookup(name); ok {
		return v, true
	}
	switch name {
	case "user":
		return strconv.Itoa(it.user.number), true
	case "iteration":
		return strconv.Itoa(it.number), true
	case "user_type":
		return it.kind.Name, true
	}
	return "", false
}

// row is a row of the iteration but for its times; it ends now.
func (it *iteration) row(o *openEvent) *event.Event {
	row := &event.Event{
		Name:      o.name,
		User:      it.user.number,
		UserType:  it.kind.Name,
		Iteration: it.number,
		Status:    event.OK,
		Users:     it.active(),
		Phase:     o.phase,
	}
	if o.first {
		row.Late, row.LateKnown = it.arrival.late, it.arrival.known
	}
	return row
}

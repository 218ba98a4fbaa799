package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// perform carries out a stretch group by group: an action and the waits that
// follow it, which are armed before the action is sent.
func (s *session) perform(ctx context.Context, stretch []scenario.Action) ([]runner.Span, error) {
	s.stopLookingOut()
	defer s.lookOut()
	waits := s.pendingOf(stretch)
	disarm, err := s.arm(ctx, waits)
	defer disarm()
	if err != nil {
		return nil, err
	}
	var spans []runner.Span
	for i := 0; i < len(stretch); {
		end := i + 1
		for end < len(stretch) && waits[end] != nil {
			end++
		}
		ahead := slices.Concat(waits[end:], s.ahead.waits)
		var done []runner.Span
		var err error
		switch {
		case s.pool.o.Timing == scenario.WallTiming:
			end = i + 1
			done, err = s.plainly(ctx, stretch[i], waits[i])
		case waits[i] != nil:
			done, err = s.group(ctx, nil, waits[i:end], ahead)
		default:
			done, err = s.group(ctx, &stretch[i], waits[i+1:end], ahead)
		}
		spans = append(spans, done...)
		if err != nil {
			return spans, err
		}
		i = end
	}
	return spans, nil
}

// arm looks at what has to be known before the first action: where edges stand,
// and that responses are kept from now on, until disarm.
func (s *session) arm(ctx context.Context, waits []*pending) (disarm func(), err error) {
	var came *responses
	disarm = func() {
		if came != nil {
			came.stop()
		}
	}
	for _, w := range waits {
		if w == nil || w.armed {
			continue
		}
		w.armed = true
		if w.hear != nil {
			if came == nil {
				came = s.listen()
			}
			w.hear(came)
		}
		if w.edge {
			asked := s.clock.Now()
			seen, err := by(ctx, time.Now().Add(w.action.Timeout), s, func() (bool, error) { return w.before(s) })
			if err != nil && fatal(err) {
				return disarm, plain(err)
			}
			w.seen = seen && err == nil // an error counts when the turn of the wait has come
			if w.seen {
				w.falseAsked = asked
			}
		}
	}
	return disarm, nil
}

// skips tells whether an action's "if" does not hold. It looks once.
func (s *session) skips(ctx context.Context, deadline time.Time, a scenario.Action) (bool, error) {
	for _, t := range a.If {
		visible, err := by(ctx, deadline, s, func() (bool, error) { return s.visible(t) })
		if err != nil || !visible {
			return true, plain(err)
		}
	}
	return false, nil
}

// running is an action under way.
type running struct {
	act
	action scenario.Action
	post   *post
	sent   event.Instant

	done     chan outcome
	returned bool
	outcome
}

type outcome struct {
	value string
	err   error
	at    event.Instant
}

// start sends an action.
func (s *session) start(ctx context.Context, a scenario.Action, what act, deadline time.Time) *running {
	main := s.at("")
	r := &running{act: what, action: a, post: s.at(what.document), done: make(chan outcome, 1)}
	r.post.forget()
	main.forget()
	r.sent = s.clock.Now()
	go func() {
		value, err := s.carry(ctx, deadline, what.do)
		r.done <- outcome{value, inTime(err, a.Timeout), s.clock.Now()}
	}()
	return r
}

// inTime names the time that a step was given, where that was too little.
func inTime(err error, timeout time.Duration) error {
	if errors.Is(err, playwright.ErrTimeout) || errors.Is(err, errNoAnswer) {
		return classified{fmt.Errorf("not within %s: %w", timeout, plain(err)), event.ClassTimeout}
	}
	return plain(err)
}

// grace is for Playwright, on a busy machine, to end a call by itself when its
// time is up, and to say why.
const grace = 2 * time.Second

// carry makes a call of Playwright's that takes a timeout, until a deadline.
// Where ctx ends before, Playwright gets more time than that: an event that is
// over must not look like a step that took too long.
func (s *session) carry(ctx context.Context, deadline time.Time, f func(context.Context, *session) (string, error)) (string, error) {
	limit := deadline
	if over, ok := ctx.Deadline(); ok && over.Before(deadline) {
		limit = over.Add(grace)
	}
	return by(ctx, deadline.Add(grace), s, func() (string, error) {
		limited, cancel := context.WithDeadline(context.WithoutCancel(ctx), limit)
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return f(limited, s)
	})
}

// clockSlack is how far the clocks of the browser and of the run may be apart
// without either having been set.
const clockSlack = 5 * time.Millisecond

// made tells whether a document is one that the action made: it began after the
// action was sent.
func (r *running) made(document pageClock) bool {
	return document.began() >= r.sent.Add(-document.slack())
}

// begun tells whether the page has seen the action: what a check sees before
// does not count.
func (s *session) begun(r *running) bool {
	if r == nil || r.returned {
		return true
	}
	if r.navigates {
		return r.made(s.at("").clock)
	}
	return slices.ContainsFunc(r.inputs(), func(in seenInput) bool { return slices.Contains(r.begin, in.kind) })
}

// inputs are those that the page saw since the action was sent. A question that
// was out by then may have brought older ones.
func (r *running) inputs() []seenInput {
	oldest := r.sent.Add(-r.post.clock.slack())
	return slices.DeleteFunc(r.post.inputs(), func(in seenInput) bool { return in.last < oldest })
}

// spanTimeout is how long a page may take to tell when it saw an action that
// has returned.
const spanTimeout = 2 * time.Second

// span times an action that has returned: by what the page saw of it, else on
// the runner's clock.
func (s *session) span(ctx context.Context, r *running) runner.Span {
	plain := runner.Span{Begin: r.sent, End: r.at, Value: r.value}
	deadline := time.Now().Add(spanTimeout)
	switch {
	case r.err != nil:
		return plain
	case r.navigates:
		if begin, end, ok := s.navigationSpan(ctx, deadline, r); ok {
			return runner.Span{Begin: begin, End: end, OnPage: true}
		}
		return plain
	case len(r.begin) == 0:
		return plain
	}
	first, last, seen, complete := find(r.inputs(), r.begin, r.end)
	if !complete || !r.single && r.post.asked < r.at {
		// Not all of it is known yet. Where the document is gone, what it told
		// before is all there is.
		if r.post.state(ctx, deadline, r.post.last.Changes) == nil {
			first, last, seen, _ = find(r.inputs(), r.begin, r.end)
		}
	}
	if !seen {
		return plain
	}
	// What the page did by itself just before, a scroll say, may stand in one
	// row with the action's input.
	first = max(first, r.sent)
	return runner.Span{Begin: first, End: max(first, last), OnPage: true, Value: r.value}
}

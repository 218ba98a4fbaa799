package browser

import (
	"context"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// perform carries out a stretch group by group: an action and the waits that
// follow it, which are armed before the action is sent.
func (s *session) perform(ctx context.Context, stretch []scenario.Action) ([]runner.Span, error) {
	waits := make([]*pending, len(stretch))
	for i, a := range stretch {
		if w, ok := waitOf(a.Op); ok {
			waits[i] = &pending{action: a, wait: w, post: s.at(w.document)}
		}
	}
	if err := s.arm(ctx, waits); err != nil {
		return nil, err
	}
	var spans []runner.Span
	for i := 0; i < len(stretch); {
		end := i + 1
		for end < len(stretch) && waits[end] != nil {
			end++
		}
		var done []runner.Span
		var err error
		switch {
		case s.pool.o.Timing == scenario.WallTiming:
			end = i + 1
			done, err = s.plainly(ctx, stretch[i], waits[i])
		case waits[i] != nil:
			done, err = s.group(ctx, nil, waits[i:end])
		default:
			done, err = s.group(ctx, &stretch[i], waits[i+1:end])
		}
		spans = append(spans, done...)
		if err != nil {
			return spans, err
		}
		i = end
	}
	return spans, nil
}

// arm looks at what has to be known before a stretch's first action: where
// edges stand, and that responses are kept from now on.
func (s *session) arm(ctx context.Context, waits []*pending) error {
	for _, w := range waits {
		if w == nil {
			continue
		}
		if _, ok := w.action.Op.(*scenario.WaitForResponse); ok {
			s.listen()
		}
		if w.edge {
			seen, err := call(ctx, s, func() (bool, error) { return w.before(s) })
			if err != nil && !navigated(err) {
				return plain(err)
			}
			w.seen = seen
		}
	}
	return nil
}

// skips tells whether an action's "if" does not hold. It looks once.
func (s *session) skips(ctx context.Context, a scenario.Action) (bool, error) {
	for _, t := range a.If {
		visible, err := call(ctx, s, func() (bool, error) { return s.visible(t) })
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
	origin float64 // of the page's document when it was sent
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
func (s *session) start(ctx context.Context, a scenario.Action, what act) *running {
	main := s.at("")
	r := &running{act: what, action: a, post: s.at(what.document), origin: main.clock.origin, done: make(chan outcome, 1)}
	r.post.forget()
	main.forget()
	s.asked = 0
	r.sent = s.clock.Now()
	s.calls.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, a.Timeout)
		defer cancel()
		value, err := what.do(ctx, s)
		r.done <- outcome{value, err, s.clock.Now()}
	})
	return r
}

// begun tells whether the page has seen the action: what a check sees before
// does not count.
func (s *session) begun(r *running) bool {
	if r == nil || r.returned {
		return true
	}
	if r.navigates {
		return s.at("").clock.origin != r.origin
	}
	for _, in := range r.post.last.Inputs {
		if contains(r.begin, in.Kind) {
			return true
		}
	}
	return false
}

// span times an action that has returned: by what the page saw of it, else on
// the runner's clock.
func (s *session) span(ctx context.Context, r *running) runner.Span {
	plain := runner.Span{Begin: r.sent, End: r.at, Value: r.value}
	if r.err != nil {
		return plain
	}
	if r.navigates {
		if begin, end, ok := s.navigationSpan(ctx, r.until); ok {
			return runner.Span{Begin: begin, End: end, OnPage: true}
		}
		return plain
	}
	if len(r.begin) == 0 {
		return plain
	}
	first, last, ok := r.post.last.find(r.begin, r.end)
	if !ok {
		if err := r.post.state(ctx, r.post.last.Changes); err != nil {
			return plain
		}
		if first, last, ok = r.post.last.find(r.begin, r.end); !ok {
			return plain
		}
	}
	return runner.Span{Begin: r.post.clock.instant(first), End: r.post.clock.instant(last), OnPage: true}
}

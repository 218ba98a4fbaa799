package browser

import (
	"context"
	"fmt"
	"time"

	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// retries are the pauses between Playwright's own looks at a locator; the last
// one repeats (Frame.retryWithProgressAndTimeouts of Playwright 1.60).
var retries = []time.Duration{0, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond}

// plainly carries out one step as other tools do, for timing: wall: plain
// Playwright calls, one after another, on the runner's clock.
func (s *session) plainly(ctx context.Context, a scenario.Action, w *pending) ([]runner.Span, error) {
	deadline := time.Now().Add(a.Timeout)
	span := runner.Span{Begin: s.clock.Now()}
	skip, err := s.skips(ctx, deadline, a)
	switch what, acts := actOf(a.Op); {
	case err != nil:
	case skip:
		return []runner.Span{{Skipped: true}}, nil
	case w != nil:
		span.Begin = s.clock.Now()
		err = s.waitPlainly(ctx, deadline, w)
	case acts:
		span.Begin = s.clock.Now()
		span.Value, err = s.carry(ctx, deadline, what.do)
	default:
		err = fmt.Errorf("%T is no step of a page", a.Op)
	}
	span.End = s.clock.Now()
	if err == nil || a.Optional && ctx.Err() == nil && !fatal(err) {
		return []runner.Span{span}, nil
	}
	return nil, inTime(err, a.Timeout)
}

func (s *session) waitPlainly(ctx context.Context, deadline time.Time, w *pending) error {
	switch {
	case w.playwright != nil:
		_, err := s.carry(ctx, deadline, func(ctx context.Context, s *session) (string, error) { return "", w.playwright(ctx, s) })
		return err
	case w.alone != nil:
		_, _, err := w.alone(ctx, s, deadline)
		return err
	}
	g := &group{s: s, waits: []*pending{w}, deadline: deadline}
	for i := 0; ; i++ {
		if err := sleep(ctx, retries[min(i, len(retries)-1)]); err != nil {
			return err
		}
		if g.late() {
			return g.fail(ctx, w, nil)
		}
		asked := time.Now()
		v, err := g.look(ctx, w)
		if err != nil {
			return err
		}
		if v.held && (!w.edge || w.seen) {
			return nil
		}
		w.note(v, time.Since(asked))
	}
}

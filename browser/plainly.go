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
	if skip, err := s.skips(ctx, a); err != nil {
		return nil, err
	} else if skip {
		return []runner.Span{{Skipped: true}}, nil
	}
	limit, cancel := context.WithTimeout(ctx, a.Timeout)
	defer cancel()
	span := runner.Span{Begin: s.clock.Now()}
	var err error
	if w != nil {
		err = s.waitPlainly(limit, w)
	} else if what, ok := actOf(a.Op); ok {
		span.Value, err = call(limit, s, func() (string, error) { return what.do(limit, s) })
	}
	span.End = s.clock.Now()
	if err != nil && !(a.Optional && ctx.Err() == nil) {
		return nil, plain(err)
	}
	return []runner.Span{span}, nil
}

func (s *session) waitPlainly(ctx context.Context, w *pending) error {
	switch {
	case w.playwright != nil:
		return do(ctx, s, func() error { return w.playwright(ctx, s) })
	case w.alone != nil:
		_, err := w.alone(ctx, s)
		return err
	}
	for i := 0; ; i++ {
		select {
		case <-time.After(retries[min(i, len(retries)-1)]):
		case <-ctx.Done():
			return fmt.Errorf("not within %s: %s", w.action.Timeout, w.saw)
		}
		held, saw, err := look(ctx, s, w)
		if err != nil {
			return err
		}
		if !held {
			w.seen = true
		}
		if held && (!w.edge || w.seen) {
			return nil
		}
		w.saw = saw
	}
}

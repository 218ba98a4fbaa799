package runner

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// leaves carries out the leaf steps at the head of steps, as far as they can be
// handed over together: up to a control step, or to a set step, whose value a
// later step may need. It returns how many they were.
func (it *iteration) leaves(ctx context.Context, steps []scenario.Step) (int, *failedStep) {
	var stretch []scenario.Action
	done := 0
	for _, step := range steps {
		leaf, ok := step.(*scenario.Leaf)
		if !ok {
			break
		}
		a, err := leaf.Expand(it)
		if err != nil {
			if done == 0 {
				return 0, it.failure(leaf, err)
			}
			break // what comes before it is carried out first
		}
		if set, ok := literal(a.Op); ok {
			if len(a.If) > 0 && done > 0 {
				break
			}
			if len(a.If) > 0 {
				return 1, it.setIf(ctx, a, set)
			}
			it.values[set.Name] = set.Value
			done++
			continue
		}
		if s, ok := a.Op.(*scenario.Screenshot); ok {
			a.Op = it.screenshot(s)
		}
		stretch = append(stretch, a)
		done++
		if len(leaf.Sets()) > 0 {
			break
		}
	}
	if len(stretch) == 0 {
		return done, nil
	}
	return done, it.handOver(ctx, stretch)
}

// armed carries out the steps of an event, or of a round of a repeat within one.
// The session is told before of the waits that look back to its begin, and whose
// turn comes only after a step at which what is handed over together ends.
func (it *iteration) armed(ctx context.Context, steps []scenario.Step) *failedStep {
	var waits []scenario.Action
	if len(it.open) > 0 {
		waits = it.lookBack(steps)
	}
	if len(waits) > 0 {
		defer it.session.Arm(ctx, waits)()
	}
	return it.steps(ctx, steps)
}

func (it *iteration) lookBack(steps []scenario.Step) []scenario.Action {
	var waits []scenario.Action
	later := false
	for _, step := range steps {
		leaf, ok := step.(*scenario.Leaf)
		if !ok || leaf.Kind == "set" || leaf.Kind == "request" {
			later = true
		} else if later {
			// One whose names have no value yet can only look back to its stretch's begin.
			if a, err := leaf.Expand(it); err == nil && a.LooksBack() {
				waits = append(waits, a)
			}
		}
	}
	return waits
}

// handOver has the session carry out a stretch, and takes in what it says.
func (it *iteration) handOver(ctx context.Context, stretch []scenario.Action) *failedStep {
	it.step = stretch[0].Leaf
	sent := it.Clock.Now()
	for _, o := range it.open {
		o.hand(stretch, sent)
	}
	spans, err := it.do(ctx, stretch)
	back := it.Clock.Now()
	for _, o := range it.open {
		o.add(stretch, spans, sent, back)
	}
	for i, s := range spans {
		if s.Skipped {
			continue
		}
		if set, ok := stretch[i].Op.(*scenario.Set); ok {
			it.values[set.Name] = s.Value
		}
		for name, value := range s.Captured {
			it.values[name] = value
		}
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	a := stretch[min(len(spans), len(stretch)-1)]
	return &failedStep{step: a.Leaf, text: a.String(), begin: lastEnd(spans, sent, back), err: err}
}

// do is the session's Do, held to its contract.
func (it *iteration) do(ctx context.Context, stretch []scenario.Action) ([]Span, error) {
	spans, err := it.session.Do(ctx, stretch)
	if got, want := len(spans), len(stretch); got > want || err == nil && got < want {
		err = errors.Join(err, fmt.Errorf("the session told of %d steps out of %d", got, want))
		spans = spans[:min(got, want)]
	}
	return spans, err
}

// lastEnd is when the last of the spans ended, between sent and back.
func lastEnd(spans []Span, sent, back event.Instant) event.Instant {
	for i := len(spans) - 1; i >= 0; i-- {
		if !spans[i].Skipped {
			return min(max(spans[i].End, sent), back)
		}
	}
	return sent
}

// literal returns a set step that gives a value which the scenario writes.
func literal(op scenario.Op) (*scenario.Set, bool) {
	s, ok := op.(*scenario.Set)
	return s, ok && s.From == nil && s.JS == ""
}

// setIf is a literal set step that has an "if".
func (it *iteration) setIf(ctx context.Context, a scenario.Action, set *scenario.Set) *failedStep {
	seen, err := it.look(ctx, a, a.If...)
	if err != nil {
		return &failedStep{step: a.Leaf, text: a.String(), begin: it.Clock.Now(), err: err}
	}
	if seen {
		it.values[set.Name] = set.Value
	}
	return nil
}

// look tells whether all the targets are visible now. a lends its leaf, its
// timeout and whether it is optional.
func (it *iteration) look(ctx context.Context, a scenario.Action, targets ...scenario.Target) (bool, error) {
	stretch := make([]scenario.Action, len(targets))
	for i, t := range targets {
		stretch[i] = scenario.Action{Leaf: a.Leaf, Op: &scenario.Look{Target: t}, Timeout: a.Timeout, Optional: a.Optional}
	}
	spans, err := it.do(ctx, stretch)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return false, err
	}
	for _, s := range spans {
		if s.Value != "true" {
			return false, nil
		}
	}
	return true, nil
}

// screenshot gives the step its path: NAME-u<user>-i<iteration>.png.
func (it *iteration) screenshot(s *scenario.Screenshot) *scenario.Screenshot {
	filled := *s
	name := fmt.Sprintf("%s-u%d-i%d.png", s.Name, it.user.number, it.number)
	filled.Path = filepath.Join(it.ScreenshotDir, name)
	return &filled
}

package loadwright

import (
	"fmt"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/runner"
)

// aborter is the sink that ends a run, in order, at the first threshold that is
// to do so and fails. It comes after the statistics, which judge.
type aborter struct {
	live *stats.Live
	done bool
}

func (a *aborter) Event(*event.Event) error {
	if a.done {
		return nil
	}
	v, broken := a.live.Broken()
	if !broken {
		return nil
	}
	a.done = true
	return abortError{fmt.Sprintf("the threshold %q failed: %s %s", v.Threshold.Text, v.Seen, v.When)}
}

// abortError is why such a run ended.
type abortError struct{ text string }

func (e abortError) Error() string { return e.text }
func (e abortError) Unwrap() error { return runner.ErrStop }

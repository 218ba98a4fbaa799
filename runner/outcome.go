package runner

import (
	"time"

	"github.com/loadwright/loadwright/event"
)

// Outcome is what became of a run.
type Outcome struct {
	Seed    int64         // that makes the run anew
	Began   event.Instant // when the first user was due
	Elapsed time.Duration // from then to the end of the last user

	Users      int // that began
	Iterations Iterations

	CancelledEvents map[string]int // events cut short by the end of the run, by name
	ClockFaults     int            // rows in which the runner's times stand for impossible ones of the page

	// Reason is why the run ended before its load was done; nil where it was
	// done. It is the first of: what Run returned, what was given to
	// [Control.Stop], a sink's error that wraps [ErrStop], the cause of the
	// context's end.
	Reason error

	Failures []Failure // the first iterations that failed, at most [MaxFailures]
}

// Iterations counts iterations by how they ended.
type Iterations struct {
	Completed int
	Failed    int // those whose session could not be opened included
	Cancelled int // cut short by the end of the run

	// NotStarted is how many of the iterations that each user was to do never
	// began; 0 where the scenario gives a duration alone.
	NotStarted int
}

// MaxFailures is of how many failing iterations an outcome tells.
const MaxFailures = 10

// MaxLatest is of how many failing iterations [Progress] tells.
const MaxLatest = 3

// Failure is an iteration that failed.
type Failure struct {
	At        event.Instant
	Event     string     // the name of the innermost row that failed
	Err       *StepError // the whole message
	Artefacts string     // base path, without extension, of what was kept; "" where nothing was
}

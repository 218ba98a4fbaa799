// Package capacity finds how many users, or arrivals a second, an app can serve:
// the largest load at which every limit still holds, with an interval, what
// breaks first, and what the levels that were tried say about why.
//
// It drives a [Bench], which is a running load whose size can be changed, and
// knows neither runner nor browser. docs/capacity.md has the
// method and its sources.
package capacity

import (
	"context"
	"errors"
	"time"
)

// Bench is the running load that a search changes the size of. Its methods are
// called by one goroutine.
type Bench interface {
	// Set asks for so much load: users, at least 1, who are added to those that
	// are there, or let go at the end of what they are at, those with the highest
	// numbers; with [Options].Open arrivals a second. It need not wait for anything.
	Set(ctx context.Context, load float64) error
	// Watch lets d pass and returns what happened meanwhile: the events that
	// ended since the last call, in the order in which they did. It returns
	// early, with what there is, when ctx ends or the app has gone. The report's
	// events are the bench's own again at the next call.
	Watch(ctx context.Context, d time.Duration) (Report, error)
}

// ErrLost is the error of a [Bench] whose app is gone for good.
var ErrLost = errors.New("the app is gone, and can't be started again")

// Report is what happened since the one before it.
type Report struct {
	Now    time.Duration // the bench's clock: it begins anywhere and never goes back
	Events []Observation

	// Active is how many users of a closed load have begun and not left, those who
	// were let go and are not through yet included. Who can do nothing at all, for
	// Fewer, is not one of them.
	Active int
	// Fewer says why there may be fewer than were asked for, for good: "the rows of
	// users.csv are used up". Empty: nothing is known that keeps them away.
	Fewer string

	// Saturated says why the load generator's times were not to be trusted
	// since the last report: "the generator had no CPU to spare". Empty: they
	// were. SaturatedFor is for how much of the time.
	Saturated    string
	SaturatedFor time.Duration
	// Unable says what the load generator failed to do since the last report:
	// "sessions could not be opened: …". Empty: nothing. It is none of Events, for
	// the app had no part in it. UnableFor is how long the seconds were, together,
	// in which it failed.
	Unable    string
	UnableFor time.Duration
	// Gone is what the app said last, when it ended or ceased to answer since
	// the last report; StartedAgain, whether the bench starts it again.
	Gone         string
	StartedAgain bool

	App Usage // since the last report
}

// Observation is an event that ended ok or failed. Those that the end of the
// run cut short, and those whose wait held already, are none.
type Observation struct {
	At     time.Duration // its end, on the bench's clock
	Event  string
	User   int // who had it, from 0: events of one user depend on each other
	Took   time.Duration
	Failed bool
	Class  string // of the failure, as far as known: "timeout"
	Outer  bool   // has events inside it: left out of what is said of all events
	// Part: it is told once more, for a limit on one kind of user. It is Outer, too.
	Part bool
}

// Usage is what the app took of its machine.
type Usage struct {
	Known bool
	Cores float64 // CPU cores in use by the app's processes, on average
	// Busiest is what of that its busiest process used.
	Busiest float64
	Of      int   // cores that the machine has; 0: it may not use them all
	Memory  int64 // bytes
}

package runner

import (
	"errors"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
)

// Control is a hand on a run from outside, for one run. Its zero value is
// ready, its methods may be called by anybody at any time, before the run
// begins and after it has ended too.
type Control struct {
	mu     sync.Mutex
	run    *run
	reason error // why the run was stopped before it began
	wish   *int  // how many users were dialled before it began

	rateWish float64 // the rate that was; 0: none
}

var errStopped = errors.New("the run was stopped")

// Stop ends the run in order: no iteration begins any more, those in flight
// may come to their end within grace, and are then cancelled. A user who
// sleeps within an iteration sleeps on: the iteration is in flight. A grace
// of 0 cuts at once. Of several calls the first gives the outcome its reason,
// and the earliest end counts.
func (c *Control) Stop(reason error, grace time.Duration) {
	if reason == nil {
		reason = errStopped
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.run != nil:
		c.run.stop(reason, grace)
	case c.reason == nil:
		c.reason = reason
	}
}

// ErrNoDial says that the number of users can't be changed.
var ErrNoDial = errors.New("the number of users can be changed only in a closed load that is under way")

// Dial changes the number of users of a closed load, from now on and whatever
// its shape says: new ones begin at once, and those with the highest numbers
// leave, each in order. It returns when that is on its way.
func (c *Control) Dial(users int) error {
	c.mu.Lock()
	r := c.run
	if r == nil {
		c.wish = &users
	}
	c.mu.Unlock()
	switch {
	case r == nil:
		return nil // once it begins
	case r.load.Open():
		return ErrNoDial
	}
	select {
	case r.dialled <- max(0, users):
		return nil
	case <-r.soft.Done():
		return ErrNoDial
	case <-r.ended:
		return ErrNoDial
	}
}

// ErrNoRate says that the rate of arrivals can't be changed.
var ErrNoRate = errors.New("the rate of arrivals can be changed only in an open load that is under way, to more than 0")

// DialRate changes the rate at which the users of an open load arrive, from now
// on and whatever its stages say. Who was sent for already comes: in a load with
// pages that is who is due within 5 s. It returns when that is on its way.
func (c *Control) DialRate(perSecond float64) error {
	if !(perSecond > 0) {
		return ErrNoRate
	}
	c.mu.Lock()
	r := c.run
	if r == nil {
		c.rateWish = perSecond
	}
	c.mu.Unlock()
	switch {
	case r == nil:
		return nil // once it begins
	case !r.load.Open():
		return ErrNoRate
	}
	select {
	case r.rated <- perSecond:
		return nil
	case <-r.soft.Done():
		return ErrNoRate
	case <-r.ended:
		return ErrNoRate
	}
}

func (c *Control) attach(r *run) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.run = r
	r.wish, r.rateWish = c.wish, c.rateWish
	if c.reason != nil {
		r.stop(c.reason, 0) // nothing is in flight
	}
}

// Stage is how far a run has come.
type Stage string

// The stages of a run, in order.
const (
	Preparing Stage = "preparing" // the first sessions are being opened
	Loading   Stage = "loading"
	Stopping  Stage = "stopping" // no iteration begins any more
	Ended     Stage = "ended"
)

// Progress is where a run stands.
type Progress struct {
	Stage Stage
	Phase event.Phase // of an event that would begin now

	Users  int // begun
	Active int // begun and not ended, sleepers included
	Wanted int // what the load wants now
	Most   int // the most that it will ever want

	Waiting int // arrivals of an open load that are due and have no place yet

	Iterations int // ended, however
	Planned    int // iterations in all; 0: as many as fit the duration

	// Latest are the iterations that failed last, the newest first, at most
	// [MaxLatest]. What is kept of them is not known yet.
	Latest []Failure

	Elapsed time.Duration // since the first user was due

	// Left is the time until the load's duration is over, or, while stopping,
	// until what is in flight is cut. Unknown unless LeftKnown.
	Left      time.Duration
	LeftKnown bool
}

// Progress returns where the run stands.
func (c *Control) Progress() Progress {
	c.mu.Lock()
	r := c.run
	c.mu.Unlock()
	if r == nil {
		return Progress{Stage: Preparing, Phase: event.RampUp}
	}
	return r.progress()
}

// Outcome returns what has become of the run so far: its counts and times, the
// rest is known at the end. Began is 0 until the load begins.
func (c *Control) Outcome() Outcome {
	c.mu.Lock()
	r := c.run
	c.mu.Unlock()
	if r == nil {
		return Outcome{}
	}
	return r.soFar()
}

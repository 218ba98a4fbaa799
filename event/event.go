// Package event is the vocabulary of a run's results: what an event is, the
// clock its instants are read on, the CSV it is written to, and the folder the
// files of a run lie in.
package event

import "time"

// Instant is a moment in nanoseconds since the Unix epoch (UTC), read on a
// run's own [Clock], so that two instants of one run can be subtracted even
// when the system clock was set in between.
type Instant int64

// Sub returns i − j.
func (i Instant) Sub(j Instant) time.Duration { return time.Duration(i - j) }

// Add returns i + d.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d) }

// Time returns i as a UTC time without a monotonic reading.
func (i Instant) Time() time.Time { return time.Unix(0, int64(i)).UTC() }

// Clock reads instants: the wall clock at its making plus Go's monotonic clock
// since. The zero Clock is not usable; call [NewClock].
type Clock struct{ origin time.Time }

// NewClock returns a clock whose first instant is the current wall time.
func NewClock() Clock { return Clock{time.Now()} }

// Now returns the current instant.
func (c Clock) Now() Instant {
	return Instant(c.origin.UnixNano() + int64(time.Since(c.origin)))
}

// Origin returns the first instant of the clock.
func (c Clock) Origin() Instant { return Instant(c.origin.UnixNano()) }

// Status says how an event ended.
type Status string

// The ways an event ends.
const (
	OK        Status = "ok"
	Error     Status = "error"
	Cancelled Status = "cancelled" // cut short by the end of the run: counted, and in no statistic
)

// Phase is the part of the load in which an event began.
type Phase string

// The phases of a run.
const (
	RampUp   Phase = "ramp_up"
	WarmUp   Phase = "warm_up"
	Steady   Phase = "steady"
	RampDown Phase = "ramp_down"
)

// Trust says whether the load generator had the machine to itself while an
// event ran.
type Trust string

// The values of Trust; unknown is written as an empty field.
const (
	TrustUnknown Trust = ""
	Trusted      Trust = "true"
	NotTrusted   Trust = "false"
)

// Event is one timed span of one user: a row of the events CSV.
type Event struct {
	Name      string // as the scenario writes it
	User      int    // 0, 1, …
	UserType  string
	Iteration int // from 1; 0 is unknown
	Start     Instant
	Stop      Instant
	Status    Status
	Error     string // one line; empty unless Status is Error or Cancelled

	// Harness is the span's wall time on the runner's clock minus its
	// duration: what the tool itself added around it. Unknown (and empty in
	// the CSV) unless HarnessKnown.
	Harness      time.Duration
	HarnessKnown bool

	Users int   // users begun and not ended at Stop; 0 is unknown
	Phase Phase // at Start

	// Late is how long the arrival that led to this event waited in line.
	Late      time.Duration
	LateKnown bool

	Already bool  // what was waited for held before the action: the row measures nothing
	Trusted Trust // as far as known when the row was written

	// What follows is not in the CSV. A [Reader] finds out Outer again.

	// Input is the longest that one click of the event took on the page's
	// clock, from the press to the release: no user had it, and it is in the
	// duration.
	Input      time.Duration
	InputKnown bool

	Outer      bool   // has events inside it: left out of the share of errors over all events
	ClockFault bool   // the page's times were impossible and the runner's stand in their place
	Class      Class  // of a row that failed, as far as known
	Place      string // "scenario.yaml:14:9" of the step that failed
	Artefacts  string // base path (without extension) of what was kept of the failure, if anything
}

// Duration is the event's length, Stop − Start.
func (e *Event) Duration() time.Duration { return e.Stop.Sub(e.Start) }

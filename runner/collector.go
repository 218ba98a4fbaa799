package runner

import (
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/loadwright/loadwright/event"
)

// inFlight is how many rows may wait for the collector before users wait too.
const inFlight = 1024

// collector takes every row through one channel to every sink, on one
// goroutine. A sink that fails is told nothing more; the others are told of
// everything to the end, and so no user ever waits for a collector that has
// gone.
type collector struct {
	clock event.Clock
	rows  chan *event.Event // nil: the origin is known
	done  chan struct{}

	settled atomic.Bool
	mu      sync.Mutex
	begins  []event.Instant // of the events begun before the origin was known
	origin  event.Instant   // known once settled

	trust func(*event.Event) event.Trust // may be nil
	stop  func(error)                    // in order
	abort func(error)

	sinks       []Sink // a failed one is nil
	cancelled   map[string]int
	clockFaults int
}

func newCollector(clock event.Clock, sinks []Sink, stop, abort func(error)) *collector {
	return &collector{
		clock:     clock,
		rows:      make(chan *event.Event, inFlight),
		done:      make(chan struct{}),
		stop:      stop,
		abort:     abort,
		sinks:     append([]Sink(nil), sinks...),
		cancelled: make(map[string]int),
	}
}

// begun is called where an event begins, and returns that instant on the
// runner's clock.
func (c *collector) begun() event.Instant {
	now := c.clock.Now()
	if !c.settled.Load() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.begins = append(c.begins, now)
	}
	return now
}

// add takes a row of an event that begun said to have begun at an instant on
// the runner's clock. The first row settles the origin, from which a run's
// seconds are counted: its own start, or the begin of another event under way
// if that is earlier. Every sink that wants it has it before its first row.
func (c *collector) add(e *event.Event, begun event.Instant) {
	if !c.settled.Load() {
		c.settle(e, begun)
	}
	c.rows <- e
}

func (c *collector) settle(e *event.Event, begun event.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settled.Load() {
		return
	}
	c.origin = e.Start
	if own := slices.Index(c.begins, begun); own >= 0 {
		c.begins = slices.Delete(c.begins, own, own+1)
	}
	for _, other := range c.begins {
		c.origin = min(c.origin, other)
	}
	c.begins = nil
	c.rows <- nil
	c.settled.Store(true)
}

// notBefore returns an instant, or the origin if that is later and known: no
// row begins before it.
func (c *collector) notBefore(at event.Instant) event.Instant {
	if c.settled.Load() {
		return max(at, c.origin)
	}
	return at
}

// finish returns when every row is with the sinks. Nothing may be added any more.
func (c *collector) finish() {
	close(c.rows)
	<-c.done
}

func (c *collector) run() {
	defer close(c.done)
	for e := range c.rows {
		if e != nil {
			c.count(e)
			if c.trust != nil {
				e.Trusted = c.trust(e)
			}
		}
		for i, s := range c.sinks {
			if s == nil {
				continue
			}
			switch err := c.tell(s, e); {
			case err == nil:
			case errors.Is(err, ErrStop):
				c.stop(err)
			default:
				c.sinks[i] = nil
				c.abort(err)
			}
		}
	}
}

func (c *collector) tell(s Sink, e *event.Event) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	if e != nil {
		return s.Event(e)
	}
	if b, ok := s.(Beginner); ok {
		b.Begin(c.origin)
	}
	return nil
}

func (c *collector) count(e *event.Event) {
	if e.Status == event.Cancelled {
		c.cancelled[e.Name]++
	}
	if e.ClockFault {
		c.clockFaults++
	}
}

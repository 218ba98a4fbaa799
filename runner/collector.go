package runner

import (
	"errors"
	"runtime/debug"
	"sync"

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
	rows  chan *event.Event // nil: the first event has begun
	done  chan struct{}

	once  sync.Once
	first event.Instant

	stop  func(error) // in order
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

// begun is called where an event begins, before its begin is read from the
// clock, and returns the instant at which the first did: no row of the run
// begins before it, and every sink that wants it has it before its first row.
func (c *collector) begun() event.Instant {
	c.once.Do(func() {
		c.first = c.clock.Now()
		c.rows <- nil
	})
	return c.first
}

func (c *collector) add(e *event.Event) { c.rows <- e }

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
		b.Begin(c.first)
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

// Package stats makes statistics of events, while a run is on and from a file
// afterwards, and judges them by thresholds. Its memory does not grow with the
// number of events.
package stats

import (
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
)

// maxNames bounds how many events have statistics of their own. Names come
// from the scenario, which is never so long; one that is made up at run time
// must not fill the memory.
const maxNames = 1000

// Others is the name under which the events are counted that are beyond the
// first thousand names.
const Others = "(other events)"

// Live takes a run's events and can be asked at any time. The zero Live is
// ready. Its methods may be called from several goroutines at once.
//
// Rows of the warm-up are in no figure. Durations include what an arrival
// waited in line before its first event.
type Live struct {
	mu     sync.Mutex
	all    tally
	byName map[string]*tally
	order  []*tally // by their first rows
	warmUp int64
}

// tally is what is kept of one event, or of all.
type tally struct {
	name string

	failures, cancelled, already, faults int64

	took    distribution // ok rows
	harness distribution // ok and error rows of which it is known
}

// Event counts e. It keeps nothing of it, and never fails.
func (l *Live) Event(e *event.Event) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Phase == event.WarmUp {
		l.warmUp++
		return nil
	}
	l.tally(e.Name).add(e)
	if !e.Outer {
		l.all.add(e)
	}
	return nil
}

func (l *Live) tally(name string) *tally {
	if t, ok := l.byName[name]; ok {
		return t
	}
	if len(l.order) >= maxNames && name != Others {
		return l.tally(Others)
	}
	if l.byName == nil {
		l.byName = map[string]*tally{}
	}
	t := &tally{name: name}
	l.byName[name] = t
	l.order = append(l.order, t)
	return t
}

func (t *tally) add(e *event.Event) {
	if e.Status == event.Cancelled {
		t.cancelled++
		return
	}
	if e.ClockFault {
		t.faults++
	}
	if e.HarnessKnown {
		t.harness.add(e.Harness)
	}
	if e.Status == event.Error {
		t.failures++
		return
	}
	if e.Already {
		t.already++
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	t.took.add(took)
}

// Stats are the figures of one event, or of all of them.
type Stats struct {
	Name      string // "" for all
	Count     int64  // rows that are ok
	Failures  int64
	Cancelled int64 // in no other figure
	Already   int64 // of Count: rows that measure nothing
	// ClockFaults are rows whose times on the page were impossible.
	ClockFaults int64

	// Of the rows that are ok; 0 where there are none.
	Mean, Min, Median, P95, P99, Max time.Duration
	// Approximate: percentiles may be too long by up to 0.8 %. They are exact
	// up to 10,000 rows.
	Approximate bool

	// Harness is what the tool added around the event, where it is known.
	Harness Harness
}

// Harness sums up harness_seconds.
type Harness struct {
	Count       int64 // rows that have it; 0: the rest means nothing
	Median, P95 time.Duration
}

// ErrorShare returns failures ÷ (ok + failures), or 0 without rows.
func (s Stats) ErrorShare() float64 {
	if s.Failures == 0 {
		return 0
	}
	return float64(s.Failures) / float64(s.Count+s.Failures)
}

func (t *tally) stats() Stats {
	s := Stats{
		Name: t.name, Count: t.took.n, Failures: t.failures, Cancelled: t.cancelled, Already: t.already,
		ClockFaults: t.faults, Min: t.took.min, Max: t.took.max, Median: t.took.quantile(0.5),
		P95: t.took.quantile(0.95), P99: t.took.quantile(0.99), Approximate: t.took.rest != nil,
		Harness: Harness{Count: t.harness.n, Median: t.harness.quantile(0.5), P95: t.harness.quantile(0.95)},
	}
	if t.took.n > 0 {
		s.Mean = time.Duration(t.took.mean())
	}
	return s
}

// All returns the figures of all events. Events that have others inside them
// are left out of it: the innermost speak.
func (l *Live) All() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.stats()
}

// Events returns the figures of each event, in the order of their first rows.
func (l *Live) Events() []Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	stats := make([]Stats, len(l.order))
	for i, t := range l.order {
		stats[i] = t.stats()
	}
	return stats
}

// Quantile returns the ⌈p·n⌉-th smallest duration of the n ok rows of an
// event, of all events where name is "", and 0 without any.
func (l *Live) Quantile(name string, p float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.find(name); t != nil {
		return t.took.quantile(p)
	}
	return 0
}

// find returns what is known of an event, or of all where name is ""; nil if
// nothing is.
func (l *Live) find(name string) *tally {
	if name == "" {
		return &l.all
	}
	return l.byName[name]
}

// WarmUp returns the number of rows of the warm-up.
func (l *Live) WarmUp() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.warmUp
}

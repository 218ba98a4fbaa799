// Package stats makes statistics of events, while a run is on and from a file
// afterwards, and judges them by thresholds. Its memory does not grow with the
// number of events.
package stats

import (
	"cmp"
	"maps"
	"slices"
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
// ready for thresholds on the run as a whole; [NewLive] is for others. Its
// methods may be called from several goroutines at once.
//
// Rows of the warm-up are in no figure. Durations include what an arrival
// waited in line before its first event.
type Live struct {
	mu     sync.Mutex
	all    tally
	events group // of each event
	warmUp int64

	// Until a second kind of user comes, the figures of the first are those of
	// all, and nothing is kept twice.
	kind    string // of the first row
	several bool
	kinds   group // of each kind, all its events
	byType  group // of each event of each kind

	watch watch
}

// key is what figures are of: a kind of user, an event, or one of the other;
// "" is all.
type key struct{ kind, name string }

// rest is what stands for a key for which there is no more room.
func (k key) rest() key {
	if k.name == "" {
		return key{kind: Others}
	}
	return key{k.kind, Others}
}

// group is figures of the same sort.
type group struct {
	byKey map[key]*tally
	order []*tally // by their first rows
}

// tally returns the figures of k, new ones where there are none.
func (g *group) tally(k key) *tally {
	if t, ok := g.byKey[k]; ok {
		return t
	}
	if rest := k.rest(); len(g.order) >= maxNames && k != rest {
		return g.tally(rest)
	}
	return g.put(&tally{key: k})
}

func (g *group) put(t *tally) *tally {
	if g.byKey == nil {
		g.byKey = map[key]*tally{}
	}
	g.byKey[t.key] = t
	g.order = append(g.order, t)
	return t
}

// sample is the rows that a threshold is judged by.
type sample struct {
	failures int64
	took     distribution // ok rows
}

// tally is what is kept of the rows of a key.
type tally struct {
	key

	cancelled, already, faults int64
	classes                    map[event.Class]int64 // of failures

	sample
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
	l.moveTo(e)
	l.addByType(e)
	l.events.tally(key{name: e.Name}).add(e)
	if !e.Outer {
		l.all.add(e)
	}
	for _, w := range l.watch.sliding {
		w.add(e)
	}
	l.look()
	return nil
}

// addByType counts e for its kind of user; before it is counted among all.
func (l *Live) addByType(e *event.Event) {
	if len(l.events.order) == 0 {
		l.kind = e.UserType
	}
	if !l.several {
		if e.UserType == l.kind {
			return
		}
		l.several = true
		l.takeApart()
	}
	if e.UserType == "" {
		return
	}
	all := l.kinds.tally(key{kind: e.UserType})
	l.byType.tally(key{all.kind, e.Name}).add(e)
	if !e.Outer {
		all.add(e)
	}
}

// takeApart makes what was counted so far the figures of the first kind too.
func (l *Live) takeApart() {
	if l.kind == "" {
		return
	}
	l.kinds.put(l.all.clone(key{kind: l.kind}))
	for _, t := range l.events.order {
		l.byType.put(t.clone(key{l.kind, t.name}))
	}
}

func (t *tally) clone(k key) *tally {
	c := *t
	c.key = k
	c.took = t.took.clone()
	c.harness = t.harness.clone()
	c.classes = maps.Clone(t.classes)
	return &c
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
	if e.Already && e.Status == event.OK {
		t.already++
	}
	if e.Status == event.Error {
		if t.classes == nil {
			t.classes = map[event.Class]int64{}
		}
		t.classes[cmp.Or(e.Class, event.ClassOther)]++
	}
	t.sample.add(e)
}

// add counts a row that is ok or failed.
func (s *sample) add(e *event.Event) {
	if e.Status == event.Error {
		s.failures++
		return
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	s.took.add(took)
}

func (s *sample) merge(o *sample) {
	s.failures += o.failures
	s.took.merge(&o.took)
}

func (s *sample) clear() {
	s.failures = 0
	s.took.clear()
}

// Stats are the figures of one event, or of all of them.
type Stats struct {
	Name     string // "" for all
	UserType string // "" for all kinds of user
	Count    int64  // rows that are ok
	Failures int64
	// Classes are the failures by their class; nil where none has one, as in a
	// run that was read from its CSV.
	Classes   map[event.Class]int64
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
		Name: t.name, UserType: t.kind, Count: t.took.n, Failures: t.failures, Cancelled: t.cancelled, Already: t.already,
		ClockFaults: t.faults, Min: t.took.min, Max: t.took.max, Median: t.took.quantile(0.5),
		P95: t.took.quantile(0.95), P99: t.took.quantile(0.99), Approximate: t.took.rest != nil,
		Harness: Harness{Count: t.harness.n, Median: t.harness.quantile(0.5), P95: t.harness.quantile(0.95)},
	}
	if t.failures > t.classes[event.ClassOther] {
		s.Classes = maps.Clone(t.classes)
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
	return l.events.stats()
}

// Histograms returns how the durations of each event are spread, in the order
// of [Live.Events]: after that there may be more of them.
func (l *Live) Histograms() []Histogram {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]Histogram, len(l.events.order))
	for i, t := range l.events.order {
		all[i] = t.took.histogram()
	}
	return all
}

func (g *group) stats() []Stats {
	stats := make([]Stats, len(g.order))
	for i, t := range g.order {
		stats[i] = t.stats()
	}
	return stats
}

// ByType returns the figures of each event of each kind of user: the kinds, and
// the events of each, in the order of their first rows. With fewer than two
// kinds there are none.
func (l *Live) ByType() []Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kinds.order) < 2 {
		return nil
	}
	place := map[string]int{}
	for i, k := range l.kinds.order {
		place[k.kind] = i
	}
	all := l.byType.stats()
	slices.SortStableFunc(all, func(a, b Stats) int { return place[a.UserType] - place[b.UserType] })
	return all
}

// Quantile returns the ⌈p·n⌉-th smallest duration of the n ok rows of an
// event, of all events where name is "", and 0 without any.
func (l *Live) Quantile(name string, p float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.find(key{name: name}); t != nil {
		return t.took.quantile(p)
	}
	return 0
}

// find returns what is known of a key; nil if nothing is.
func (l *Live) find(k key) *tally {
	switch {
	case k == key{}:
		return &l.all
	case k.kind == "":
		return l.events.byKey[k]
	case l.several && k.name == "":
		return l.kinds.byKey[k]
	case l.several:
		return l.byType.byKey[k]
	case k.kind == l.kind:
		return l.find(key{name: k.name})
	}
	return nil
}

// WarmUp returns the number of rows of the warm-up.
func (l *Live) WarmUp() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.warmUp
}

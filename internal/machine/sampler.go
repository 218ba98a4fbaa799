package machine

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadwright/loadwright/event"
)

// Sample is what the machine and the generator did in a stretch of a run, a
// second long unless the run is a very long one. Times are in seconds.
type Sample struct {
	// when it began, since the load began
	Begin float64 `json:"begin_seconds"`
	// when it ended, since the load began
	End float64 `json:"end_seconds"`
	// the most users at once
	Users int `json:"users"`

	// cores that were busy, whoever used them
	MachineCPU Figure `json:"machine_cpu_cores"`
	// of these, cores that loadwright, drivers and browsers used
	GeneratorCPU Figure `json:"generator_cpu_cores"`
	// their resident memory; what processes share counts in each
	GeneratorMemory Figure `json:"generator_memory_bytes"`

	// of the time: when some task of the machine waited for a core
	Pressure Figure `json:"cpu_pressure" unit:"share, 0 to 1"`
	// of the time in which the generator's main threads wished to run: when they
	// waited for a core
	Waiting Figure `json:"generator_waiting" unit:"share, 0 to 1"`
	// of the time: when the busiest driver's main thread ran
	Driver Figure `json:"driver_busy" unit:"share, 0 to 1"`

	// p95 of how late loadwright's own timers were
	Timers Figure `json:"timer_late_seconds"`
	// the longest that one click took to be delivered to its page, press to release
	Input Figure `json:"input_late_seconds"`
	// median of what the tool itself took around the events that ended
	Harness Figure `json:"harness_seconds"`
	// the longest that a session took to open
	Open Figure `json:"open_seconds"`

	// what the app did; not there where the run has not started it, or it is gone
	App *AppSample `json:"app,omitempty"`

	// why the times of this sample can't be believed; empty where they can. Of one
	// that is longer than a second: why those of some seconds of it can't
	Saturated string `json:"saturated"`

	began, ended event.Instant
	rows         map[string]int // that ended in it, by event, as far as statistics count them
	strain       *strain        // nil: none of it was saturated
}

// strain is what of a sample was saturated: all of it where it is a second, and
// some where it is several that were joined. The verdict is drawn from it, so that
// it is the same however long a run's samples have become.
type strain struct {
	from, to event.Instant      // from the first saturated second to the end of the last
	users    int                // when that began
	least    int                // the fewest users in any
	long     map[string]float64 // seconds, by why
	rows     map[string]int     // that ended in them, by event
}

// strained tells of a sample of one piece what of it was saturated.
func (s *Sample) strained() {
	if s.Saturated == "" {
		s.strain = nil
		return
	}
	s.strain = &strain{
		from: s.began, to: s.ended, users: s.Users, least: s.Users,
		long: map[string]float64{s.Saturated: s.End - s.Begin}, rows: s.rows,
	}
}

// joined is the strain of two samples that follow each other.
func (t *strain) joined(u *strain) *strain {
	switch {
	case t == nil:
		return u
	case u == nil:
		return t
	}
	return &strain{
		from: t.from, to: u.to, users: t.users, least: min(t.least, u.least),
		long: sum(t.long, u.long), rows: sum(t.rows, u.rows),
	}
}

// why is the reason for most of the saturated time, of equal ones the first by
// the alphabet.
func (t *strain) why() string {
	if t == nil {
		return ""
	}
	why := ""
	for reason, long := range t.long {
		if why == "" || long > t.long[why] || long == t.long[why] && reason < why {
			why = reason
		}
	}
	return why
}

// seconds is how long it was saturated.
func (t *strain) seconds() float64 {
	if t == nil {
		return 0
	}
	all := 0.0
	for _, long := range t.long {
		all += long
	}
	return all
}

// sum adds what maps hold by name, and changes neither.
func sum[N int | float64](a, b map[string]N) map[string]N {
	if len(a) == 0 {
		return b
	}
	both := maps.Clone(a)
	add(both, b)
	return both
}

func add[N int | float64](to, more map[string]N) {
	for name, n := range more {
		to[name] += n
	}
}

// Figure is a number that may be unknown: NaN, in JSON null.
type Figure float64

var unknown = Figure(math.NaN())

// Known tells whether there is a figure.
func (f Figure) Known() bool { return !math.IsNaN(float64(f)) }

// MarshalJSON writes four digits, or null.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(math.Round(float64(f)*1e4) / 1e4)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Figure) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*f = unknown
		return nil
	}
	return json.Unmarshal(text, (*float64)(f))
}

const (
	sampleInterval = time.Second
	// mostSamples bounds the memory of a long run: beyond it, two neighbours
	// become one, and what follows is joined to be as long. The machine is looked
	// at each second all the same.
	mostSamples = 7200
	// probeInterval is how often a timer's lateness is taken.
	probeInterval = 20 * time.Millisecond
)

// Sampler looks at the machine all through a run. It is a sink of the run's
// events.
type Sampler struct {
	clock event.Clock
	roots func() []int
	users func() int
	app   atomic.Int64 // the process of the app; 0: there is none

	stop   func()
	done   sync.WaitGroup
	first  event.Instant
	last   event.Instant // when the last sample ended
	before usage

	mu      sync.Mutex
	samples []Sample
	latest  Sample        // the last second
	length  time.Duration // of a sample
	names   map[string]bool
	gathered
}

// gathered is what came in since the last sample.
type gathered struct {
	timers  []time.Duration
	harness []time.Duration
	input   time.Duration // −1: none
	open    time.Duration // −1: none
	most    int           // users
	rows    map[string]int
}

var nothing = gathered{input: -1, open: -1}

// NewSampler returns a sampler that does nothing yet. Roots names the
// processes whose trees are the generator's, beside this one; users tells how
// many users there are.
func NewSampler(clock event.Clock, roots func() []int, users func() int) *Sampler {
	return &Sampler{clock: clock, roots: roots, users: users, length: sampleInterval, names: make(map[string]bool), gathered: nothing, stop: func() {}}
}

// SetApp names the process of the app that the run has started: its tree is
// sampled too. 0: there is none.
func (s *Sampler) SetApp(pid int) { s.app.Store(int64(pid)) }

func (s *Sampler) look(ctx context.Context) usage { return look(ctx, s.roots(), int(s.app.Load())) }

// Start begins to sample. The caller calls Stop.
func (s *Sampler) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.first = s.clock.Now()
	s.last = s.first
	s.before = s.look(ctx)
	s.done.Go(func() { s.sample(ctx) })
	s.done.Go(func() { s.probe(ctx) })
}

// Stop ends the sampling, with a shorter sample where there is enough for one.
// What was sampled stays to be read.
func (s *Sampler) Stop() {
	s.stop()
	s.done.Wait()
	if s.clock.Now().Sub(s.last) >= sampleInterval/4 {
		s.take(s.look(context.Background()))
	}
}

func (s *Sampler) sample(ctx context.Context) {
	tick := time.NewTicker(sampleInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.take(s.look(ctx))
		}
	}
}

// probe takes how late timers are.
func (s *Sampler) probe(ctx context.Context) {
	timer := time.NewTimer(probeInterval)
	defer timer.Stop()
	asked := s.clock.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			late := s.clock.Now().Sub(asked) - probeInterval
			s.mu.Lock()
			s.timers = append(s.timers, max(0, late))
			s.mu.Unlock()
			asked = s.clock.Now()
			timer.Reset(probeInterval)
		}
	}
}

// Event takes in what an event tells of the harness.
func (s *Sampler) Event(e *event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = max(s.most, e.Users)
	// What no statistic counts says nothing about whether statistics are right.
	if e.Status != event.Cancelled && e.Phase != event.WarmUp {
		s.count(e.Name)
	}
	if e.HarnessKnown {
		s.harness = append(s.harness, e.Harness)
	}
	if e.InputKnown {
		s.input = max(s.input, e.Input)
	}
	return nil
}

// mostNames bounds the events that are told apart: names may be made of
// variables. All others count as one.
const mostNames = 100

func (s *Sampler) count(name string) {
	if !s.names[name] {
		if len(s.names) >= mostNames {
			name = "other events"
		}
		s.names[name] = true
	}
	if s.rows == nil {
		s.rows = make(map[string]int)
	}
	s.rows[name]++
}

// Opened takes in how long a session took to open.
func (s *Sampler) Opened(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = max(s.open, d)
}

// take makes a sample of what came in since the last one.
func (s *Sampler) take(now usage) {
	began, ended := s.last, s.clock.Now()
	s.last = ended
	s.mu.Lock()
	defer s.mu.Unlock()
	length := ended.Sub(began)
	share := func(d time.Duration) Figure { return Figure(max(0, float64(d)/float64(length))) }
	rate := func(now, before time.Duration) Figure {
		if now < 0 || before < 0 {
			return unknown
		}
		return share(now - before)
	}
	known := func(d time.Duration) Figure {
		if d < 0 {
			return unknown
		}
		return Figure(d.Seconds())
	}
	sample := Sample{
		Begin: began.Sub(s.first).Seconds(), End: ended.Sub(s.first).Seconds(),
		Users:        max(s.most, s.users()),
		MachineCPU:   rate(now.busy, s.before.busy),
		GeneratorCPU: unknown,
		Pressure:     rate(now.pressure, s.before.pressure),
		Waiting:      unknown,
		Timers:       known(quantile(s.timers, 0.95)),
		Input:        known(s.input),
		Harness:      known(quantile(s.harness, 0.5)),
		Open:         known(s.open),
		Driver:       unknown,
		App:          now.app.sample(s.before.app, length),
		began:        began, ended: ended, rows: s.rows,
	}
	if used := now.generated(s.before); used >= 0 {
		sample.GeneratorCPU = share(used)
	}
	sample.GeneratorMemory = unknown
	if now.memory > 0 {
		sample.GeneratorMemory = Figure(now.memory)
	}
	if w := now.waiting(s.before); w >= 0 {
		sample.Waiting = Figure(w)
	}
	for _, pid := range s.roots() {
		if t, ok := now.threads[pid]; ok {
			sample.Driver = most(sample.Driver, rate(t.ran, s.before.threads[pid].ran))
		}
	}
	sample.Saturated = sample.saturated(runtime.NumCPU(), runtime.GOMAXPROCS(0))
	sample.strained()
	s.before, s.gathered = now, nothing
	s.add(sample)
}

// add takes in the sample of a second.
func (s *Sampler) add(second Sample) {
	s.latest = second
	if last := len(s.samples) - 1; last >= 0 && s.samples[last].ended.Sub(s.samples[last].began) < s.length-sampleInterval/2 {
		s.samples[last] = joined(s.samples[last], second)
		return
	}
	if len(s.samples) >= mostSamples {
		s.samples = halved(s.samples)
		s.length *= 2
	}
	s.samples = append(s.samples, second)
}

// quantile is the ⌈q·n⌉-th smallest; −1 of nothing.
func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return -1
	}
	slices.Sort(of)
	return of[int(math.Ceil(q*float64(len(of))))-1]
}

// halved makes one sample of each two.
func halved(samples []Sample) []Sample {
	out := samples[:0]
	for i := 0; i+1 < len(samples); i += 2 {
		out = append(out, joined(samples[i], samples[i+1]))
	}
	if len(samples)%2 == 1 {
		out = append(out, samples[len(samples)-1])
	}
	return out
}

func joined(a, b Sample) Sample {
	share := (a.End - a.Begin) / (b.End - a.Begin)
	mean := func(x, y Figure) Figure {
		if !x.Known() || !y.Known() {
			return most(x, y)
		}
		return x*Figure(share) + y*Figure(1-share)
	}
	j := Sample{
		Begin: a.Begin, End: b.End, Users: max(a.Users, b.Users), began: a.began, ended: b.ended,
		MachineCPU: mean(a.MachineCPU, b.MachineCPU), GeneratorCPU: mean(a.GeneratorCPU, b.GeneratorCPU), GeneratorMemory: most(a.GeneratorMemory, b.GeneratorMemory),
		Pressure: mean(a.Pressure, b.Pressure), Waiting: mean(a.Waiting, b.Waiting),
		Timers: most(a.Timers, b.Timers), Input: most(a.Input, b.Input), Harness: most(a.Harness, b.Harness), Open: most(a.Open, b.Open),
		Driver: mean(a.Driver, b.Driver), App: a.App.joined(b.App, mean),
		rows: sum(a.rows, b.rows), strain: a.strain.joined(b.strain),
	}
	j.Saturated = j.strain.why()
	return j
}

func most(a, b Figure) Figure {
	switch {
	case !a.Known():
		return b
	case !b.Known():
		return a
	}
	return max(a, b)
}

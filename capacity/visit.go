package capacity

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// mostSamples bounds what is kept of an event's durations at a level: when
// there are more, every second one is.
const mostSamples = 4096

// visit is one stay at a level, from the change of the load on.
type visit struct {
	n       int           // of the level
	open    bool          // the load is
	began   time.Duration // on the bench's clock
	now     time.Duration
	limits  []*series
	tallies map[string]*tally
	order   []*tally
	users   map[int]bool // who had an event; while there are no limits

	saturated, unable     time.Duration // the load generator was
	short                 time.Duration // up to now there were fewer users than were asked for
	why, failed           string        // in which way
	busy                  bool          // it was one of these, for too long
	active                int           // how many users there were, when there were too few
	cores, busiest, known float64       // core-seconds of the app, in so many seconds
	memory                int64
	of                    int
}

// tally is what is kept of one event at a level, for its figures.
type tally struct {
	event   string
	outer   bool
	part    bool
	count   int
	stride  int // every so many are kept
	samples []sample
	classes map[string]int // of failures; "": those without a class
}

type sample struct {
	at, took time.Duration
	failed   bool
}

func newVisit(n int, began time.Duration, limits []Limit, open bool) *visit {
	v := &visit{n: n, open: open, began: began, now: began, tallies: map[string]*tally{}, users: map[int]bool{}}
	for _, l := range limits {
		v.limits = append(v.limits, newSeries(l, open))
	}
	return v
}

func (v *visit) add(r *Report) {
	took := r.Now - v.now
	d := took.Seconds()
	v.now = r.Now
	if r.Saturated != "" {
		v.saturated += r.SaturatedFor
		v.why = r.Saturated
	}
	if r.Unable != "" {
		v.unable += r.UnableFor
		v.failed = r.Unable
	}
	v.short += took
	if v.open || r.Active >= v.n || r.Fewer == "" {
		v.short = 0
	}
	if r.App.Known {
		v.known += d
		v.cores += d * r.App.Cores
		v.busiest += d * r.App.Busiest
		v.of = r.App.Of
		v.memory = max(v.memory, r.App.Memory)
	}
	for i := range r.Events {
		o := &r.Events[i]
		if o.At-o.Took < v.began {
			continue // it began at the level before
		}
		if !v.open && o.User >= v.n {
			continue // who had it was to go
		}
		for _, s := range v.limits {
			if s.limit.Event == o.Event || s.limit.Event == "" && !o.Outer {
				s.add(o)
			}
		}
		v.tally(o).add(o)
		if len(v.limits) == 0 {
			v.users[o.User] = true
		}
	}
}

func (v *visit) tally(o *Observation) *tally {
	t := v.tallies[o.Event]
	if t == nil {
		t = &tally{event: o.Event, outer: o.Outer, part: o.Part, stride: 1}
		v.tallies[o.Event] = t
		v.order = append(v.order, t)
	}
	return t
}

func (t *tally) add(o *Observation) {
	t.count++
	if o.Failed {
		if t.classes == nil {
			t.classes = map[string]int{}
		}
		t.classes[o.Class]++
	}
	if t.count%t.stride != 0 {
		return
	}
	t.samples = append(t.samples, sample{o.At, o.Took, o.Failed})
	if len(t.samples) < mostSamples {
		return
	}
	for i := range mostSamples / 2 {
		t.samples[i] = t.samples[2*i+1]
	}
	t.samples = t.samples[:mostSamples/2]
	t.stride *= 2
}

// class is the class of most of an event's failures, of all events' for "";
// empty where none has a majority.
func (v *visit) class(event string) string {
	sum, all := map[string]int{}, 0
	for _, t := range v.order {
		if t.event != event && (event != "" || t.outer) {
			continue
		}
		for class, n := range t.classes {
			sum[class] += n
			all += n
		}
	}
	for class, n := range sum {
		if class != "" && 2*n > all {
			return class
		}
	}
	return ""
}

// most returns how often the event ended that ended most often.
func (v *visit) most() int {
	n := 0
	for _, t := range v.order {
		if !t.part {
			n = max(n, t.count)
		}
	}
	return n
}

// p95 is the 95th percentile of an event in seconds, the warm-up included; of
// the slowest where none is named.
func (v *visit) p95(event string) float64 {
	slowest := 0.0
	for _, t := range v.order {
		if t.event == event || event == "" && !t.outer {
			slowest = max(slowest, t.figures(v.began, v.now).P95)
		}
	}
	return slowest
}

func (v *visit) elapsed() time.Duration { return v.now - v.began }

// saturatedTooLong: a fifth of the time is more than the start of users takes, and
// two seconds are, of a short one.
func (v *visit) saturatedTooLong() bool { return v.tooLong(v.saturated) }

// unableTooLong tells the same of what the load generator failed to do.
func (v *visit) unableTooLong() bool { return v.tooLong(v.unable) }

// fewer tells whether some of the users will not come any more.
func (v *visit) fewer() bool { return v.short >= comeTime }

// comeTime is in which all users have come.
const comeTime = 10 * time.Second

func (v *visit) tooLong(d time.Duration) bool { return d >= 2*time.Second && 5*d >= v.elapsed() }

// warm returns when the warm-up was over, the latest of the limits'; where there
// are none yet, of all events' means.
func (v *visit) warm() time.Duration {
	end, all := v.began, v.limits
	if len(all) == 0 {
		for _, t := range v.order {
			all = append(all, t.series())
		}
	}
	for _, s := range all {
		if cut, _, _ := s.warmUp(); cut > 0 {
			end = max(end, s.batches[cut-1].at)
		}
	}
	return end
}

// series is what a limit on the event's mean would have seen.
func (t *tally) series() *series {
	s := newSeries(Limit{Event: t.event, Kind: Mean}, true)
	for _, x := range t.samples {
		s.add(&Observation{At: x.at, Took: x.took, Failed: x.failed})
	}
	return s
}

// rarest is how often the event ended that ended least often.
func (v *visit) rarest() int {
	n := math.MaxInt
	for _, t := range v.order {
		if !t.part {
			n = min(n, t.count)
		}
	}
	return n
}

// figures sums up each event after the warm-up.
func (v *visit) figures() []Figures {
	warm := v.warm()
	out := make([]Figures, 0, len(v.order))
	for _, t := range v.order {
		out = append(out, t.figures(warm, v.now))
	}
	return out
}

// figures sums up the samples between two times.
func (t *tally) figures(from, to time.Duration) Figures {
	f := Figures{Event: t.event, Outer: t.outer, Part: t.part}
	ok := make([]time.Duration, 0, len(t.samples))
	var sum time.Duration
	for _, s := range t.samples {
		switch {
		case s.at <= from:
		case s.failed:
			f.Failures++
		default:
			ok = append(ok, s.took)
			sum += s.took
		}
	}
	f.Count = len(ok)
	slices.Sort(ok)
	f.sorted = ok
	f.P50, f.P95 = f.quantile(0.5), f.quantile(0.95)
	if len(ok) > 0 {
		f.Mean = (sum / time.Duration(len(ok))).Seconds()
		f.longest = ok[len(ok)-1]
	}
	f.Count *= t.stride
	f.Failures *= t.stride
	if d := (to - from).Seconds(); d > 0 {
		f.Rate = float64(f.Count+f.Failures) / d
	}
	return f
}

// value returns a limit's statistic, by the figures of a level. NaN: nothing
// was seen of it.
func (l Limit) value(all []Figures) float64 {
	if l.Event != "" || l.Kind == Errors {
		var ok, failed int
		for _, f := range all {
			if l.Event == f.Event || l.Event == "" && !f.Outer {
				ok += f.Count
				failed += f.Failures
				if l.Kind == Percentile {
					return f.quantile(l.Quantile)
				}
				if l.Kind == Mean && f.Count > 0 {
					return f.Mean
				}
			}
		}
		if l.Kind == Errors && ok+failed > 0 {
			return float64(failed) / float64(ok+failed)
		}
		return math.NaN()
	}
	// Over all events: by what is kept of each.
	var whole Figures
	var sum, n float64
	for _, f := range all {
		if f.Outer {
			continue
		}
		sum += f.Mean * float64(f.Count)
		n += float64(f.Count)
		whole.sorted = append(whole.sorted, f.sorted...)
		whole.Failures += f.Failures
		whole.Count += f.Count
	}
	slices.Sort(whole.sorted)
	if l.Kind == Mean {
		return sum / n // NaN without any
	}
	return whole.quantile(l.Quantile)
}

// Figures are those of one event at one level, after the warm-up.
type Figures struct {
	Event           string
	Outer, Part     bool    // as the observations
	Count, Failures int     // ok, failed
	Rate            float64 // ended a second, ok or not
	Mean            float64 // seconds, of the ok
	// P50 and P95 are in seconds, of the ok and the failed, a failure being
	// longer than any limit: then they are +Inf. NaN: there was none.
	P50, P95 float64

	sorted  []time.Duration // ok ones, as far as kept
	longest time.Duration
}

// quantile is the ⌈p·n⌉-th smallest in seconds.
func (f Figures) quantile(p float64) float64 {
	n := f.Count + f.Failures
	if n == 0 {
		return math.NaN()
	}
	if len(f.sorted) == 0 {
		return math.Inf(1)
	}
	kept := float64(len(f.sorted)) * float64(n) / float64(max(f.Count, 1))
	rank := int(math.Ceil(p*kept-1e-9*kept)) - 1
	if rank >= len(f.sorted) {
		return math.Inf(1)
	}
	return f.sorted[max(rank, 0)].Seconds()
}

// find returns the figures of an event, those of the most frequent for "".
func find(all []Figures, event string) (Figures, bool) {
	if event != "" {
		i := slices.IndexFunc(all, func(f Figures) bool { return f.Event == event })
		if i < 0 {
			return Figures{}, false
		}
		return all[i], true
	}
	if len(all) == 0 {
		return Figures{}, false
	}
	return slices.MaxFunc(all, func(a, b Figures) int {
		return cmp.Compare(a.Count+a.Failures, b.Count+b.Failures)
	}), true
}

package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
)

// When a sample is saturated. Both figures are measured, on the bundled app with
// 1 to 64 users, with and without other work on the machine: docs/timing.md.
const (
	// mostWaiting is the share of their wish to run in which main threads wait
	// for a core: at 0.8 they wait four times as long as they run, and an answer
	// that stands on an idle machine's page after 507 ms takes 25 ms longer.
	mostWaiting = 0.8
	// mostTimerLate is the p95 of the lateness of our own timers.
	mostTimerLate = 25 * time.Millisecond
	// mostDriver is the share of a core that a driver's one thread may use.
	mostDriver = 0.95
)

// When a run is not to be trusted.
const (
	// leastSaturated is how long it was saturated at least, in seconds.
	leastSaturated = 3
	// leastOfShort is the same of a run most of whose rows ended in saturated
	// samples: one may be over before it has been saturated for longer.
	leastOfShort = 2
	// mostRows is the share of the rows of an event that may have ended in
	// saturated samples: more, and its p95 may be one of them.
	mostRows = 0.05
	// mostOfAll is the share of all rows beyond which hardly a time is the app's.
	mostOfAll = 0.5
	// leastSteady is for how many seconds a number of users must have been
	// carried to be recommended.
	leastSteady = 3
)

// saturated says why the generator's times can't be believed; "" where they can.
// The machine has so many cores, and some of them may be used: fewer, where a
// container has a quota.
func (s Sample) saturated(cores, usable int) string {
	switch {
	case s.Driver.Known() && s.Driver >= mostDriver:
		return "a driver of browsers (one thread) had no time to spare"
	case s.Waiting.Known() && s.Waiting >= mostWaiting, s.Timers.Known() && float64(s.Timers) >= mostTimerLate.Seconds():
	case !s.Waiting.Known() && s.full(cores, usable):
		// Where no waiting is told, a machine with no idle core has to do.
	default:
		return ""
	}
	return s.culprit(cores, usable)
}

// full tells whether no core was idle, or the quota was used up by what this run
// has started.
func (s Sample) full(cores, usable int) bool {
	const all = 0.98
	ours := s.GeneratorCPU // no comparison holds of what is not known
	if s.App != nil && s.App.CPU.Known() {
		ours += s.App.CPU
	}
	return float64(s.MachineCPU) >= all*float64(cores) || float64(ours) >= all*float64(usable)
}

// culprit says who had the CPU that the generator wanted.
func (s Sample) culprit(cores, usable int) string {
	const own = "the generator had no CPU to spare"
	if !s.MachineCPU.Known() || !s.GeneratorCPU.Known() {
		return own
	}
	var app Figure
	told := s.App != nil && s.App.CPU.Known()
	if told {
		app = s.App.CPU
	}
	others := s.MachineCPU - s.GeneratorCPU - app
	if float64(others) <= float64(cores-usable) {
		others = 0 // on cores that a quota keeps from us anyway
	}
	switch {
	case s.GeneratorCPU >= app+others:
		return own
	case !told:
		return "other programs of this machine (the app, if it runs here) left the generator no CPU"
	case app >= others:
		return "the app, which runs on this machine too, left the generator no CPU"
	}
	return "other programs of this machine left the generator no CPU"
}

// Trust says what is known of the generator while an event ran: whether a
// sample that it lies in was saturated, or the last one before its end, since
// the sample under way is not there yet.
func (s *Sampler) Trust(e *event.Event) event.Trust {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.samples) == 0 {
		return event.TrustUnknown
	}
	newest := len(s.samples) - 1
	for i := newest; i >= 0; i-- {
		x := s.samples[i]
		if t := x.strain; t != nil && t.from < e.Stop && (t.to > e.Start || i == newest && t.to == x.ended) {
			return event.NotTrusted
		}
		if x.began <= e.Start {
			break
		}
	}
	return event.Trusted
}

// Saturated tells whether the last second was.
func (s *Sampler) Saturated() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest.Saturated != ""
}

// Latest is the sample of the last second; the zero Sample before the first.
func (s *Sampler) Latest() Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest
}

// Series are the samples of a load that began at an instant: those that ended
// before it are of the preparations.
func (s *Sampler) Series(began event.Instant) []Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	series := []Sample{}
	for _, x := range s.samples {
		if x.ended <= began {
			continue
		}
		x.Begin, x.End = x.began.Sub(began).Seconds(), x.ended.Sub(began).Seconds()
		series = append(series, x)
	}
	return series
}

// Verdict says whether the load generator was itself the bottleneck of a run.
type Verdict struct {
	// the run was long enough to be sampled, and to be told from one that was
	// saturated throughout
	Judged bool `json:"judged"`
	// its times are the app's; true unless judged otherwise
	Trusted bool `json:"trusted"`

	// What follows is zero where Trusted.

	// when the first saturated sample began, since the load began; this and what
	// follows says nothing where the run is trusted
	From float64 `json:"from_seconds"`
	// when the last saturated sample ended, since the load began
	To float64 `json:"to_seconds"`
	// that was the end of the run
	On bool `json:"to_the_end"`
	// how many users there were when that began
	Users int `json:"users"`
	// the most users that this machine carried; 0: not known
	AtMost int `json:"at_most"`
	// why the generator was saturated, for most of the time
	Reason string `json:"reason"`
	// those with more than 5 % of their rows in saturated samples
	Events []string `json:"events"`
	// the verdict in a sentence
	Text string `json:"text"`
}

// Judge draws the verdict from a load's samples, without those of its warm-up,
// which is in no statistic.
func Judge(series []Sample, warmUp time.Duration) Verdict {
	series = slices.DeleteFunc(slices.Clone(series), func(s Sample) bool { return s.End <= warmUp.Seconds() })
	v := Verdict{Judged: len(series) > 0, Trusted: true, Events: []string{}, Text: "trusted"}
	if !v.Judged {
		v.Text = tooSoon
		return v
	}
	var all *strain
	var first Sample // of those that were saturated
	rows := map[string]int{}
	for _, s := range series {
		add(rows, s.rows)
		if all == nil {
			first = s
		}
		all = all.joined(s.strain)
	}
	if all == nil {
		return v
	}
	hit := hitEvents(rows, all.rows)
	short := float64(total(all.rows)) > mostOfAll*float64(total(rows))
	switch bad := all.seconds(); {
	case len(hit) == 0, bad < leastSaturated && !short:
		return v
	case bad < leastOfShort:
		v.Judged, v.Text = false, tooSoon
		return v
	}
	v.Trusted = false
	since := func(t event.Instant) float64 { return first.Begin + t.Sub(first.began).Seconds() }
	v.From, v.To, v.Users = max(0, since(all.from)), since(all.to), all.users
	v.On = all.to == series[len(series)-1].ended
	v.Events = hit
	v.Reason = all.why()
	v.AtMost = carried(series, all.least)
	v.Text = v.sentence(len(hit) < len(rows))
	return v
}

const tooSoon = "not judged: the run was over too soon"

// hitEvents are the events with too many of their rows in saturated samples.
func hitEvents(rows, bad map[string]int) (hit []string) {
	for name, n := range bad {
		if float64(n) > mostRows*float64(rows[name]) {
			hit = append(hit, name)
		}
	}
	slices.Sort(hit)
	return hit
}

func total(rows map[string]int) (n int) {
	for _, of := range rows {
		n += of
	}
	return n
}

// carried is the largest number of users that were there for a while without
// saturation, if it is below that of every saturated sample, of which the fewest
// had least.
func carried(series []Sample, least int) int {
	steady := map[int]float64{}
	for _, s := range series {
		if s.Users < least {
			steady[s.Users] += s.End - s.Begin
		}
	}
	// Fewer users prove less: what was carried with more counts for fewer, too.
	at, long := 0, 0.0
	for users := least - 1; users > 0; users-- {
		if long += steady[users]; steady[users] > 0 && at == 0 {
			at = users
		}
		if long >= leastSteady {
			return at
		}
	}
	return 0
}

func (v Verdict) sentence(some bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "not to be trusted from %s ", clock(v.From))
	if v.On {
		b.WriteString("on")
	} else {
		fmt.Fprintf(&b, "to %s", clock(v.To))
	}
	if v.Users > 0 {
		fmt.Fprintf(&b, ", at %d user%s", v.Users, plural(v.Users))
	}
	fmt.Fprintf(&b, ": %s", v.Reason)
	if some {
		fmt.Fprintf(&b, " (%s)", strings.Join(v.Events, ", "))
	}
	if v.AtMost > 0 {
		fmt.Fprintf(&b, "; run at most %d user%s here", v.AtMost, plural(v.AtMost))
	} else {
		b.WriteString("; run fewer users here, or use a machine with more cores")
	}
	return b.String()
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// clock is a time since the load's begin, in seconds, as minutes and seconds.
func clock(seconds float64) string {
	return wording.Clock(time.Duration(seconds * float64(time.Second)))
}

package machine

import (
	"fmt"
	"runtime"
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
	// mostRows is the share of the rows of an event that may have ended in
	// saturated samples: more, and its p95 may be one of them.
	mostRows = 0.05
	// leastSteady is for how many seconds a number of users must have been
	// carried to be recommended.
	leastSteady = 3
)

// saturated says why the generator's times can't be believed; "" where they can.
func (s Sample) saturated() string {
	switch {
	case s.Driver.Known() && s.Driver >= mostDriver:
		return "a driver of browsers (one thread) had no time to spare"
	case s.Waiting.Known() && s.Waiting >= mostWaiting, s.Timers.Known() && float64(s.Timers) >= mostTimerLate.Seconds():
	case !s.Waiting.Known() && s.MachineCPU.Known() && float64(s.MachineCPU) >= 0.98*float64(runtime.NumCPU()):
		// Where no waiting is told, a machine with no idle core has to do.
	default:
		return ""
	}
	if s.MachineCPU.Known() && s.GeneratorCPU.Known() && s.GeneratorCPU < s.MachineCPU/2 {
		return "other programs of this machine (the app, if it runs here) left the generator no CPU"
	}
	return "the generator had no CPU to spare"
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
	for i := len(s.samples) - 1; i >= 0; i-- {
		x := s.samples[i]
		if x.began < e.Stop && x.Saturated != "" {
			return event.NotTrusted
		}
		if x.began <= e.Start {
			break
		}
	}
	return event.Trusted
}

// Saturated tells whether the last sample was.
func (s *Sampler) Saturated() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.samples) > 0 && s.samples[len(s.samples)-1].Saturated != ""
}

// Latest is the newest sample; the zero Sample before the first.
func (s *Sampler) Latest() Sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.samples) == 0 {
		return Sample{}
	}
	return s.samples[len(s.samples)-1]
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
	// the run was long enough to be sampled
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

// Judge draws the verdict from a load's samples.
func Judge(series []Sample) Verdict {
	v := Verdict{Judged: len(series) > 0, Trusted: true, Events: []string{}}
	v.Text = "trusted"
	if !v.Judged {
		v.Text = "not judged: the run was over too soon"
		return v
	}
	bad, first, last := 0.0, -1, -1
	reasons := map[string]float64{}
	for i, s := range series {
		if s.Saturated == "" {
			continue
		}
		bad += s.End - s.Begin
		reasons[s.Saturated] += s.End - s.Begin
		if first < 0 {
			first = i
		}
		last = i
	}
	hit, all := hitEvents(series)
	if bad < leastSaturated || len(hit) == 0 {
		return v
	}
	v.Trusted = false
	v.From, v.To, v.Users = max(0, series[first].Begin), series[last].End, series[first].Users
	v.On = last == len(series)-1
	v.Events = hit
	for reason, long := range reasons {
		if v.Reason == "" || long > reasons[v.Reason] || long == reasons[v.Reason] && reason < v.Reason {
			v.Reason = reason
		}
	}
	v.AtMost = carried(series)
	v.Text = v.sentence(len(hit) < all)
	return v
}

// hitEvents are the events with too many rows in saturated samples, and how
// many events there are.
func hitEvents(series []Sample) (hit []string, all int) {
	rows, bad := map[string]int{}, map[string]int{}
	for _, s := range series {
		for name, n := range s.rows {
			rows[name] += n
			if s.Saturated != "" {
				bad[name] += n
			}
		}
	}
	for name, n := range rows {
		if float64(bad[name]) > mostRows*float64(n) {
			hit = append(hit, name)
		}
	}
	slices.Sort(hit)
	return hit, len(rows)
}

// carried is the largest number of users that were there for a while without
// saturation, if it is below that of every saturated sample.
func carried(series []Sample) int {
	least := 0
	for _, s := range series {
		if s.Saturated != "" && (least == 0 || s.Users < least) {
			least = s.Users
		}
	}
	steady := map[int]float64{}
	for _, s := range series {
		if s.Saturated == "" && s.Users < least {
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

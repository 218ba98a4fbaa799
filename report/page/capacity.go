package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/loadwright/loadwright/internal/wording"
)

// Capacity is what a search found of how much the app can serve.
type Capacity struct {
	Unit string `json:"unit"` // of loads: "users", "arrivals/s"
	// Best is the load that the app can serve, Low to High its interval, 0 where
	// nothing is known of an end.
	Best *float64 `json:"best"` // null: not decided
	Low  float64  `json:"low"`
	High float64  `json:"high"`
	Sure float64  `json:"sure"` // of the interval: 0.95
	Knee *float64 `json:"knee"` // the load from which on users wait for each other; null: not seen

	Limits []CapacityLimit `json:"limits"`
	Curves []Curve         `json:"curves"` // of each event
	Levels []Level         `json:"levels"` // every stay, in order
	Event  string          `json:"event"`  // whose times the levels tell; "": the slowest's
	// Model is what the Universal Scalability Law makes of the levels; "": too few.
	Model string `json:"model"`
}

// CapacityLimit is a limit that had to hold.
type CapacityLimit struct {
	Text   string `json:"text"`
	Event  string `json:"event"` // "": all
	Broken bool   `json:"broken"`
	// Value is in seconds; null: it is about errors.
	Value *float64 `json:"value"`
}

// Curve is an event's durations against the load. Of a load that was tried
// several times it has the longest stay; stays at which the load generator was
// saturated, or that were to show what an overload leaves behind, are left out.
type Curve struct {
	Event  string     `json:"event"`
	Load   []float64  `json:"load"`
	P50    []*float64 `json:"p50"` // null: more than half failed
	P95    []*float64 `json:"p95"` // null: more than one in twenty failed
	Count  []int      `json:"count"`
	Failed []int      `json:"failed"`
}

// Level is one stay at a load.
type Level struct {
	Load       float64  `json:"load"`
	Took       float64  `json:"took"`
	Throughput float64  `json:"throughput"` // events a second
	P50        *float64 `json:"p50"`
	P95        *float64 `json:"p95"`
	Failed     int      `json:"failed"`
	Cores      *float64 `json:"cores"`   // of the app
	Verdict    string   `json:"verdict"` // holds, broken, saturated, aside, ""
	Why        string   `json:"why"`     // it is saturated
}

// found is what summary.json says of a search.
type found struct {
	Sentence string   `json:"sentence"`
	Unit     string   `json:"unit"`
	Capacity *float64 `json:"capacity"`
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
	Sure     float64  `json:"confidence"`
	Knee     *float64 `json:"knee"`
	Breaks   *struct {
		Limit string `json:"limit"`
	} `json:"breaks"`
	Limits []struct {
		Limit     string  `json:"limit"`
		Event     string  `json:"event"`
		Statistic string  `json:"statistic"`
		Value     float64 `json:"value"`
	} `json:"limits"`
	Levels []stay `json:"levels"`
	Model  *model `json:"universal_scalability_law"`
}

// model is a fit of the Universal Scalability Law: each parameter with half of its
// 95 % interval, null where it is not known.
type model struct {
	Gamma     *float64 `json:"gamma"`
	GammaHalf *float64 `json:"gamma_half_interval"`
	Sigma     *float64 `json:"sigma"`
	SigmaHalf *float64 `json:"sigma_half_interval"`
	Kappa     *float64 `json:"kappa"`
	KappaHalf *float64 `json:"kappa_half_interval"`
	Peak      *float64 `json:"peak_users"`
}

// text tells the parameters as the terminal does.
func (m *model) text() string {
	if m == nil {
		return ""
	}
	number := func(digits int, x *float64) string {
		if x == nil {
			return "?"
		}
		return fmt.Sprintf("%.*g", digits, *x)
	}
	peak := "no peak was seen"
	if m.Peak != nil {
		peak = fmt.Sprintf("the most gets done with %.0f users", *m.Peak)
	}
	return fmt.Sprintf("γ = %s ± %s events/s a user, σ = %s ± %s (waiting in line), κ = %s ± %s (coming to terms): %s",
		number(3, m.Gamma), number(2, m.GammaHalf), number(3, m.Sigma), number(2, m.SigmaHalf), number(2, m.Kappa), number(2, m.KappaHalf), peak)
}

type stay struct {
	Load       float64  `json:"load"`
	Took       float64  `json:"took_seconds"`
	Verdict    string   `json:"verdict"`
	Throughput float64  `json:"events_per_second"`
	Saturated  string   `json:"saturated"`
	Aside      bool     `json:"aside"`
	Cores      *float64 `json:"app_cpu_cores"`
	Events     []struct {
		Event    string   `json:"event"`
		Count    int      `json:"count"`
		Failures int      `json:"failures"`
		P50      *float64 `json:"p50_seconds"`
		P95      *float64 `json:"p95_seconds"`
		Outer    bool     `json:"has_others_inside"`
		Part     bool     `json:"part"`
	} `json:"events"`
}

// mostStays bounds how many stays a page shows.
const mostStays = 500

// capacity is what the page shows of a search.
func (f *found) capacity() *Capacity {
	c := &Capacity{
		Unit: wording.Cut(oneLine(f.Unit), longestName), Best: f.Capacity, Low: f.Low, High: f.High, Sure: f.Sure, Knee: f.Knee,
		Limits: []CapacityLimit{}, Curves: []Curve{}, Levels: []Level{}, Model: f.Model.text(),
	}
	for i, l := range f.Limits {
		limit := CapacityLimit{Text: wording.Cut(oneLine(l.Limit), longestMessage), Event: eventName(l.Event)}
		if l.Statistic != "errors" {
			limit.Value = &f.Limits[i].Value
		}
		limit.Broken = f.Breaks != nil && f.Breaks.Limit == l.Limit
		if limit.Broken || c.Event == "" && i == 0 {
			c.Event = limit.Event
		}
		c.Limits = append(c.Limits, limit)
	}
	stays := f.Levels[:min(len(f.Levels), mostStays)]
	for _, s := range stays {
		c.Levels = append(c.Levels, s.level(c.Event))
	}
	c.Curves = curves(stays)
	return c
}

// limit is that of an event's durations; nil without one.
func (c *Capacity) limit(event string) *float64 {
	for _, l := range c.Limits {
		if l.Event == event && l.Value != nil {
			return l.Value
		}
	}
	return nil
}

// level is a stay with the times of one event, of the slowest where none is
// named.
func (s stay) level(event string) Level {
	l := Level{Load: s.Load, Took: s.Took, Throughput: s.Throughput, Cores: s.Cores, Verdict: s.Verdict, Why: wording.Cut(oneLine(s.Saturated), longestMessage)}
	if s.Saturated != "" {
		l.Verdict = "saturated"
	} else if s.Aside {
		l.Verdict = "aside"
	}
	slowest := -1.0
	for _, e := range s.Events {
		if !e.Part {
			l.Failed += e.Failures
		}
		p95 := math.Inf(1) // too many failed
		if e.P95 != nil {
			p95 = *e.P95
		}
		slower := e.Count+e.Failures > 0 && p95 > slowest
		if eventName(e.Event) == event || event == "" && !e.Outer && !e.Part && slower {
			l.P50, l.P95, slowest = e.P50, e.P95, p95
		}
	}
	return l
}

// curves are those of each event, from the lowest load on.
func curves(stays []stay) []Curve {
	longest := map[float64]stay{}
	for _, s := range stays {
		if old, ok := longest[s.Load]; s.Saturated == "" && !s.Aside && (!ok || s.Took > old.Took) {
			longest[s.Load] = s
		}
	}
	var sorted []stay
	for _, s := range longest {
		sorted = append(sorted, s)
	}
	slices.SortFunc(sorted, func(a, b stay) int { return cmp.Compare(a.Load, b.Load) })
	all := []Curve{}
	for _, s := range sorted {
		for _, e := range s.Events {
			name := eventName(e.Event)
			i := slices.IndexFunc(all, func(c Curve) bool { return c.Event == name })
			if i < 0 {
				if len(all) >= mostEvents {
					continue
				}
				i = len(all)
				all = append(all, Curve{Event: name})
			}
			if e.Count+e.Failures == 0 {
				continue
			}
			c := &all[i]
			c.Load, c.P50, c.P95 = append(c.Load, s.Load), append(c.P50, e.P50), append(c.P95, e.P95)
			c.Count, c.Failed = append(c.Count, e.Count), append(c.Failed, e.Failures)
		}
	}
	return slices.DeleteFunc(all, func(c Curve) bool { return len(c.Load) == 0 })
}

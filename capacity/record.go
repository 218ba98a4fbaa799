package capacity

import (
	"math"
	"time"
)

// SchemaVersion is the version of a [Record] that stands alone. It grows when a
// field changes its meaning or goes; a new field leaves it as it is.
const SchemaVersion = 1

// Record is an answer as files keep it: summary.json has it, and `capacity
// --json` prints it. Times are in seconds; null is where there is no figure.
// docs/results.md describes it.
type Record struct {
	Sentence   string   `json:"sentence"`
	Unit       string   `json:"unit"`     // of loads: "users", "arrivals/s"
	Capacity   *float64 `json:"capacity"` // null: not decided
	Low        float64  `json:"low"`      // 0: nothing was shown to hold
	High       float64  `json:"high"`     // 0: nothing was shown to break
	Confidence float64  `json:"confidence"`
	AtLeast    bool     `json:"at_least"`
	// Ceiling is the load from which on the load generator was saturated, and
	// CeilingWhy its reason; null and "": it was at none.
	Ceiling    *float64 `json:"ceiling"`
	CeilingWhy string   `json:"ceiling_why"`
	Undecided  string   `json:"undecided"` // what is open; "": nothing
	Stopped    string   `json:"stopped"`   // what ended the search early; "": nothing
	// Needs is about how long all of it would have taken; null: not known.
	Needs      *float64       `json:"needs_seconds"`
	Limits     []LimitRecord  `json:"limits"`
	Implied    bool           `json:"limits_implied"`     // nobody gave them
	LeftOut    []string       `json:"limits_left_out"`    // thresholds of the scenario that took no part
	NotDecided []string       `json:"limits_not_decided"` // limits of which too little was seen, with how much
	Breaks     *BreakRecord   `json:"breaks"`
	Knee       *float64       `json:"knee"` // the load from which on users wait for each other
	Died       *DeathRecord   `json:"died"`
	Fell       *FallRecord    `json:"fell"`                        // null: nothing shows that the app gets slower with time
	Lasting    *LastingRecord `json:"lasting"`                     // null: nothing shows that an overload has a lasting effect
	Stuck      *StuckRecord   `json:"stuck"`                       // null: the app recovers with the least load
	Unstable   bool           `json:"depends_on_what_came_before"` // a level that held once was broken another time
	Unchecked  bool           `json:"drift_not_checked"`           // the search ended before an earlier level was tried again
	// Model is a fit of the Universal Scalability Law; null where the levels are
	// too few, and for arrivals.
	Model  *ModelRecord  `json:"universal_scalability_law"`
	Levels []LevelRecord `json:"levels"` // every stay, in order
}

// ModelRecord is a [Scalability]; the halves are of 95 % intervals.
type ModelRecord struct {
	Gamma     *float64 `json:"gamma"` // events a second of one user alone
	GammaHalf *float64 `json:"gamma_half_interval"`
	Sigma     *float64 `json:"sigma"`
	SigmaHalf *float64 `json:"sigma_half_interval"`
	Kappa     *float64 `json:"kappa"`
	KappaHalf *float64 `json:"kappa_half_interval"`
	Peak      *float64 `json:"peak_users"` // null: no fall was seen
}

// LimitRecord is a [Limit].
type LimitRecord struct {
	Limit     string  `json:"limit"` // as scenarios write it
	Event     string  `json:"event"` // "": all
	Statistic string  `json:"statistic"`
	Value     float64 `json:"value"` // seconds; of errors a share
}

// BreakRecord is a [Break].
type BreakRecord struct {
	Limit string   `json:"limit"`
	Load  float64  `json:"load"`
	Value *float64 `json:"value"` // null: too many failed
	Class string   `json:"class"` // of most failures; "": there were none, or none has a majority
}

// FallRecord is a [Fall].
type FallRecord struct {
	From   float64     `json:"from"` // the capacity at first, an estimate
	To     float64     `json:"to"`
	Within float64     `json:"within_seconds"`
	Seen   DriftRecord `json:"seen"`
}

// LastingRecord is a [Lasting].
type LastingRecord struct {
	After float64     `json:"after"` // the load that made it slow
	Seen  DriftRecord `json:"seen"`
}

// DriftRecord is a [Drift].
type DriftRecord struct {
	Load  float64 `json:"load"`
	Event string  `json:"event"` // "": all
	From  float64 `json:"from_mean_seconds"`
	To    float64 `json:"to_mean_seconds"`
}

// StuckRecord is a [Stuck].
type StuckRecord struct {
	After string   `json:"after"` // "after 48 users"
	Load  float64  `json:"load"`
	For   float64  `json:"for_seconds"`
	Limit string   `json:"limit"` // that stayed broken
	Value *float64 `json:"value"` // null: no event ended, or too many failed
}

// DeathRecord is a [Death].
type DeathRecord struct {
	Load         float64  `json:"load"`
	Said         string   `json:"said"`
	StartedAgain bool     `json:"started_again"`      // rather than to come back by itself
	Back         *float64 `json:"back_after_seconds"` // null: it did not come back
}

// LevelRecord is a [Level].
type LevelRecord struct {
	Load       float64         `json:"load"`
	At         float64         `json:"at_seconds"`
	Took       float64         `json:"took_seconds"`
	WarmUp     float64         `json:"warm_up_seconds"`
	Verdict    Verdict         `json:"verdict"` // holds, broken, "": not decided
	Throughput float64         `json:"events_per_second"`
	Saturated  string          `json:"saturated"` // why the load generator was not to be trusted
	Aside      bool            `json:"aside"`     // it was to show whether an overload has a lasting effect
	AppCores   *float64        `json:"app_cpu_cores"`
	AppMemory  int64           `json:"app_memory_bytes"` // 0: not known
	Events     []FiguresRecord `json:"events"`
}

// FiguresRecord is [Figures].
type FiguresRecord struct {
	Event    string   `json:"event"`
	Count    int      `json:"count"` // ok
	Failures int      `json:"failures"`
	Rate     float64  `json:"per_second"`
	Mean     *float64 `json:"mean_seconds"`
	P50      *float64 `json:"p50_seconds"` // null: there was none, or it failed
	P95      *float64 `json:"p95_seconds"`
	Outer    bool     `json:"has_others_inside"`
}

// Record is the answer as files keep it.
func (a Answer) Record() *Record {
	r := &Record{
		Sentence: a.Sentence(), Unit: a.Unit, Capacity: &a.Capacity, Low: a.Low, High: a.High, Confidence: a.Confidence,
		AtLeast: a.AtLeast, CeilingWhy: a.Ceiling, Undecided: a.Undecided, Stopped: a.Stopped,
		Limits: []LimitRecord{}, Implied: a.Implied, LeftOut: emptied(a.LeftOut), NotDecided: emptied(a.NotDecided),
		Unstable: a.Unstable, Unchecked: a.Unchecked, Levels: []LevelRecord{},
	}
	if a.CeilingAt > 0 {
		r.Ceiling = &a.CeilingAt
	}
	if a.Needs > 0 {
		r.Needs = known(a.Needs.Seconds())
	}
	if f := a.Fell; f != nil {
		r.Fell = &FallRecord{f.From, f.To, inSeconds(f.Within), f.Seen.record()}
	}
	if l := a.Lasting; l != nil {
		r.Lasting = &LastingRecord{l.After, l.Seen.record()}
	}
	if s := a.Stuck; s != nil {
		r.Stuck = &StuckRecord{s.What, s.Load, inSeconds(s.For), s.Limit.String(), known(s.Value)}
	}
	if a.Undecided != "" && a.Capacity == 0 {
		r.Capacity = nil
	}
	for _, l := range a.Limits {
		r.Limits = append(r.Limits, LimitRecord{l.String(), l.Event, l.statistic(), rounded(l.Value)})
	}
	if b := a.Breaks; b != nil {
		r.Breaks = &BreakRecord{b.Limit.String(), b.Load, known(b.Value), b.Class}
	}
	if a.Law != nil {
		r.Knee = known(a.Law.Knee)
	}
	if u := a.USL; u != nil {
		r.Model = &ModelRecord{Gamma: figure(u.Gamma), GammaHalf: figure(u.GammaHalf), Sigma: figure(u.Sigma), SigmaHalf: figure(u.SigmaHalf), Kappa: figure(u.Kappa), KappaHalf: figure(u.KappaHalf)}
		if u.Peak > 0 {
			r.Model.Peak = known(u.Peak)
		}
	}
	if d := a.Died; d != nil {
		r.Died = &DeathRecord{Load: d.Load, Said: d.Said, StartedAgain: d.StartedAgain}
		if d.Back > 0 {
			r.Died.Back = known(d.Back.Seconds())
		}
	}
	for _, l := range a.Levels {
		r.Levels = append(r.Levels, l.record())
	}
	return r
}

func (d Drift) record() DriftRecord {
	return DriftRecord{d.Load, d.Event, rounded(d.From), rounded(d.To)}
}

// emptied is a list that JSON writes as one, with nothing in it too.
func emptied(list []string) []string { return append([]string{}, list...) }

func (l Level) record() LevelRecord {
	r := LevelRecord{
		Load: l.Load, At: inSeconds(l.At), Took: inSeconds(l.Took), WarmUp: inSeconds(l.WarmUp), Verdict: l.Verdict,
		Throughput: rounded(l.Throughput), Saturated: l.Saturated, Aside: l.Aside, Events: []FiguresRecord{},
	}
	if l.App.Known {
		r.AppCores, r.AppMemory = known(l.App.Cores), l.App.Memory
	}
	for _, f := range l.Figures {
		r.Events = append(r.Events, FiguresRecord{f.Event, f.Count, f.Failures, rounded(f.Rate), known(f.Mean), known(f.P50), known(f.P95), f.Outer})
		if f.Count == 0 {
			r.Events[len(r.Events)-1].Mean = nil
		}
	}
	return r
}

// known is a figure, to a tenth of a thousandth; nil where there is none.
func known(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	f = rounded(f)
	return &f
}

// figure is a parameter as it is; nil where there is none.
func figure(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func rounded(f float64) float64 { return math.Round(f*1e4) / 1e4 }

func inSeconds(d time.Duration) float64 { return rounded(d.Seconds()) }

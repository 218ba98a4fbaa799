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
// What stands at its fields is their entry in docs/summary.md: `make docs`.
type Record struct {
	// the answer in words
	Sentence string `json:"sentence"`
	// what every load is counted in: users, arrivals/s
	Unit string `json:"unit"`
	// the load that the app can serve; null where that is not decided, and where the
	// smallest that was tried is too much, unless that is one user
	Capacity *float64 `json:"capacity" unit:"load"`
	// the largest load that was shown to hold: where the interval begins; 0: none
	// was
	Low float64 `json:"low" unit:"load"`
	// the load below the smallest that was shown to break: where the interval ends;
	// null: none was
	High *float64 `json:"high" unit:"load"`
	// how sure the interval is, like 0.95
	Confidence float64 `json:"confidence" unit:"share, 0 to 1"`
	// no limit broke up to capacity, which is as far as could be measured
	AtLeast bool `json:"at_least"`
	// the load from which on the load generator was saturated, or lacked something
	// else; null: it was not
	Ceiling *float64 `json:"ceiling" unit:"load"`
	// why it was saturated there, or what it lacked; empty: nothing
	CeilingWhy string `json:"ceiling_why"`
	// what is open; empty: nothing
	Undecided string `json:"undecided"`
	// what ended the search early; empty: nothing
	Stopped string `json:"stopped"`
	// about how long all of it would have taken; null: not known
	Needs *float64 `json:"needs_seconds"`
	// what had to hold
	Limits []LimitRecord `json:"limits"`
	// nobody gave the limits: they were taken, by what was seen under the smallest
	// load
	Implied bool `json:"limits_implied"`
	// thresholds of the scenario that took no part
	LeftOut []string `json:"limits_left_out"`
	// limits of which too little was seen, with how much
	NotDecided []string `json:"limits_not_decided"`
	// the limit that broke first; null: none did
	Breaks *BreakRecord `json:"breaks"`
	// the load from which on users wait for each other; null: it was not seen
	Knee *float64 `json:"knee" unit:"load"`
	// how the app died; null: it did not
	Died *DeathRecord `json:"died"`
	// what took longer when an earlier load was tried again; null: nothing did, or none
	// was
	Drift *DriftRecord `json:"drift"`
	// what was decided before the drift was seen, and is open since; null: nothing is
	Before *IntervalRecord `json:"before_drift"`
	// how the capacity fell during the search; null: nothing shows that the app gets
	// slower with time
	Fell *FallRecord `json:"fell"`
	// what an overload left behind; null: nothing shows that it has a lasting effect
	Lasting *LastingRecord `json:"lasting"`
	// how the app stayed slow when the load had gone; null: it recovers with the
	// least load
	Stuck *StuckRecord `json:"stuck"`
	// a load held that is larger than one that broke a limit
	Unstable bool `json:"depends_on_what_came_before"`
	// the search ended before an earlier level was tried again
	Unchecked bool `json:"drift_not_checked"`
	// a fit of the Universal Scalability Law; null with fewer than six levels, and
	// for arrivals
	Model *ModelRecord `json:"universal_scalability_law"`
	// every stay at a load, in order
	Levels []LevelRecord `json:"levels"`
}

// ModelRecord is a [Scalability].
type ModelRecord struct {
	// what one user alone gets done
	Gamma *float64 `json:"gamma" unit:"events a second"`
	// half of its 95 % interval
	GammaHalf *float64 `json:"gamma_half_interval" unit:"events a second"`
	// what is lost to waiting in line
	Sigma *float64 `json:"sigma" unit:"ratio"`
	// half of its 95 % interval
	SigmaHalf *float64 `json:"sigma_half_interval" unit:"ratio"`
	// what is lost to coming to terms with each other
	Kappa *float64 `json:"kappa" unit:"ratio"`
	// half of its 95 % interval
	KappaHalf *float64 `json:"kappa_half_interval" unit:"ratio"`
	// with how many users the most gets done; null: no fall was seen
	Peak *float64 `json:"peak_users" unit:"users"`
}

// LimitRecord is a [Limit].
type LimitRecord struct {
	// the limit as scenarios write it
	Limit string `json:"limit"`
	// whose rows it judges; empty: those of all events
	Event string `json:"event"`
	// what of them, like mean, median, p95, errors
	Statistic string `json:"statistic"`
	// what that may be at most
	Value float64 `json:"value" unit:"seconds; of errors a share, 0 to 1"`
}

// BreakRecord is a [Break].
type BreakRecord struct {
	// the limit as scenarios write it
	Limit string `json:"limit"`
	// the load at which it broke
	Load float64 `json:"load" unit:"load"`
	// what its statistic was there; null: too many failed
	Value *float64 `json:"value" unit:"seconds; of errors a share, 0 to 1"`
	// of what sort most failures were, as in failures_by_class; empty: there were
	// none, or none has a majority
	Class string `json:"class"`
}

// IntervalRecord is an [Interval].
type IntervalRecord struct {
	// the largest load that had been shown to hold; 0: none
	Low float64 `json:"low" unit:"load"`
	// the load below the smallest that had been shown to break; null: none
	High *float64 `json:"high" unit:"load"`
}

// FallRecord is a [Fall].
type FallRecord struct {
	// the capacity at first, an estimate
	From float64 `json:"from" unit:"load"`
	// the capacity at the end
	To float64 `json:"to" unit:"load"`
	// how long the search took until then
	Within float64 `json:"within_seconds"`
	// what showed it
	Seen DriftRecord `json:"seen"`
}

// LastingRecord is a [Lasting].
type LastingRecord struct {
	// the load that made it slow
	After float64 `json:"after" unit:"load"`
	// what showed it
	Seen DriftRecord `json:"seen"`
}

// DriftRecord is a [Drift].
type DriftRecord struct {
	// the load that was tried again
	Load float64 `json:"load" unit:"load"`
	// the event that took longer then; empty: all
	Event string `json:"event"`
	// its mean duration before
	From float64 `json:"from_mean_seconds"`
	// its mean duration then
	To float64 `json:"to_mean_seconds"`
}

// StuckRecord is a [Stuck].
type StuckRecord struct {
	// after what, like: after 48 users
	After string `json:"after"`
	// the load to which the search went back
	Load float64 `json:"load" unit:"load"`
	// how long it stayed there
	For float64 `json:"for_seconds"`
	// the limit that stayed broken
	Limit string `json:"limit"`
	// what its statistic was; null: no event ended, or too many failed
	Value *float64 `json:"value" unit:"seconds; of errors a share, 0 to 1"`
}

// DeathRecord is a [Death].
type DeathRecord struct {
	// the load at which it died
	Load float64 `json:"load" unit:"load"`
	// what it said last
	Said string `json:"said"`
	// it was started again, rather than to come back by itself
	StartedAgain bool `json:"started_again"`
	// how long it took to be as before; null: it did not, while it was waited for
	Back *float64 `json:"back_after_seconds"`
}

// LevelRecord is a [Level].
type LevelRecord struct {
	// the load at which it stayed
	Load float64 `json:"load" unit:"load"`
	// when that began, since the search began
	At float64 `json:"at_seconds"`
	// how long it took
	Took float64 `json:"took_seconds"`
	// its first stretch, which is in no figure
	WarmUp float64 `json:"warm_up_seconds"`
	// holds, broken; empty: not decided
	Verdict Verdict `json:"verdict"`
	// how much got done, events left out that have others inside them
	Throughput float64 `json:"events_per_second" unit:"events a second"`
	// why the load generator was not to be trusted; empty: it was
	Saturated string `json:"saturated"`
	// it was to show whether an overload has a lasting effect, and nothing else
	Aside bool `json:"aside"`
	// cores that the app used; null: not known
	AppCores *float64 `json:"app_cpu_cores"`
	// resident memory of the app; 0: not known
	AppMemory int64 `json:"app_memory_bytes"`
	// the figures of each event
	Events []FiguresRecord `json:"events"`
}

// FiguresRecord is [Figures].
type FiguresRecord struct {
	// the event's name
	Event string `json:"event"`
	// rows that are ok
	Count int `json:"count"`
	// rows with an error
	Failures int `json:"failures"`
	// how many ended, ok or not
	Rate float64 `json:"per_second" unit:"events a second"`
	// mean of the rows that are ok; null: there was none
	Mean *float64 `json:"mean_seconds"`
	// median of the rows that are ok or an error, an error being longer than any limit;
	// null: there was none, or more than half failed
	P50 *float64 `json:"p50_seconds"`
	// what 95 % of these took at most; null: there was none, or more than one in twenty failed
	P95 *float64 `json:"p95_seconds"`
	// it has other events inside it
	Outer bool `json:"has_others_inside"`
	// its rows are told once more, for a limit on one kind of user
	Part bool `json:"part"`
}

// Record is the answer as files keep it.
func (a Answer) Record() *Record {
	r := &Record{
		Sentence: a.Sentence(), Unit: a.Unit, Capacity: &a.Capacity, Low: a.Low, Confidence: a.Confidence,
		AtLeast: a.AtLeast, CeilingWhy: a.Ceiling, Undecided: a.Undecided, Stopped: a.Stopped,
		Limits: []LimitRecord{}, Implied: a.Implied, LeftOut: emptied(a.LeftOut), NotDecided: emptied(a.NotDecided),
		Unstable: a.Unstable, Unchecked: a.Unchecked, Levels: []LevelRecord{},
	}
	if a.High > 0 || a.TooMuch > 0 {
		r.High = &a.High
	}
	if a.CeilingAt > 0 {
		r.Ceiling = &a.CeilingAt
	}
	if a.Needs > 0 {
		r.Needs = known(a.Needs.Seconds())
	}
	if d := a.Drift; d != nil {
		seen := d.record()
		r.Drift = &seen
	}
	if b := a.Before; b != nil {
		r.Before = &IntervalRecord{Low: b.Low}
		if b.High > 0 {
			r.Before.High = &b.High
		}
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
	if a.Capacity == 0 && (a.Undecided != "" || a.High > 0) {
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
		r.Events = append(r.Events, FiguresRecord{f.Event, f.Count, f.Failures, rounded(f.Rate), known(f.Mean), known(f.P50), known(f.P95), f.Outer && !f.Part, f.Part})
		if f.Count == 0 {
			r.Events[len(r.Events)-1].Mean = nil
		}
	}
	return r
}

// known is a figure, to a tenth of a thousandth; nil where there is none.
func known(f float64) *float64 { return figure(rounded(f)) }

// figure is a parameter as it is; nil where there is none.
func figure(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

func rounded(f float64) float64 { return math.Round(f*1e4) / 1e4 }

func inSeconds(d time.Duration) float64 { return rounded(d.Seconds()) }

// Package page is the page of results: the model of a run that its plots draw,
// a file that holds it all (report.html), and a server on this machine for the
// runs of a folder. There is one page, whatever it is given by.
//
// Every figure on it is made here, by internal/stats; the page draws what it is
// given. The one exception is a stretch of time that the reader picks in a file
// that has no server behind it.
package page

// Run is what the page knows of a run. Its size is bounded, however long the
// run was. Times are seconds since the run's first event began, durations
// seconds, both to a tenth of a millisecond.
type Run struct {
	ID       string  `json:"id"`       // unique among the runs of a page
	Name     string  `json:"name"`     // of the scenario, or of the file
	File     string  `json:"file"`     // the events CSV
	Began    string  `json:"began"`    // UTC, RFC 3339; "" without an event
	Seconds  float64 `json:"seconds"`  // from the first event's begin to the last one's end
	Users    int     `json:"users"`    // that have a row
	Headline string  `json:"headline"` // what was found, in a sentence or two
	Verdict  Verdict `json:"verdict"`
	// Reading is the share of the file that was read, or 1.
	Reading float64 `json:"reading"`
	// Growing: the file may get longer.
	Growing bool `json:"growing"`
	// Summarised: there is a summary.json, which a plain CSV lacks.
	Summarised bool     `json:"summarised"`
	Notes      []string `json:"notes"` // what is wrong with the file

	// Capacity is what a search for it found, which the headline says in words;
	// null where the run was none.
	Capacity   *Capacity   `json:"capacity"`
	Thresholds []Threshold `json:"thresholds"`
	Events     []Event     `json:"events"` // in the order of their first rows
	All        Figures     `json:"all"`
	WarmUp     int64       `json:"warm_up_rows"` // which are in no figure
	Stretches  Stretches   `json:"stretches"`
	Active     Steps       `json:"active"`
	Phases     []Phase     `json:"phases"`
	Untrusted  []Untrusted `json:"untrusted"`
	Machine    Machine     `json:"machine"`
	Failures   []Failure   `json:"failures"`
	// OtherFailures is how many rows failed with messages beyond those.
	OtherFailures int64  `json:"other_failures"`
	Points        Points `json:"points"`
}

// Verdict is what came of a run.
type Verdict string

// The verdicts.
const (
	UnderWay     Verdict = "on"       // the run is
	Passed       Verdict = "passed"   // every threshold held
	Failed       Verdict = "failed"   // one did not
	NotTrusted   Verdict = "suspect"  // the load generator was saturated
	Unfinished   Verdict = "stopped"  // the run ended before its load was done
	Searched     Verdict = "searched" // the run was a search for the app's capacity
	NotJudged    Verdict = "none"     // no summary
	NothingThere Verdict = "empty"    // no event
)

// Threshold is one condition, and what came of it.
type Threshold struct {
	Text  string `json:"text"`
	Event string `json:"event"`
	OK    bool   `json:"ok"`
	Seen  string `json:"seen"`
	Note  string `json:"note"`
	// NoSample: there is nothing to judge, which is not OK; of a run under way,
	// nothing yet.
	NoSample bool `json:"no_sample"`
}

// Figures are the statistics of an event; null where there is nothing that they
// could be of.
type Figures struct {
	Count       int64    `json:"count"` // rows that are ok
	Failures    int64    `json:"failures"`
	Cancelled   int64    `json:"cancelled"`
	Mean        *float64 `json:"mean"`
	Min         *float64 `json:"min"`
	Median      *float64 `json:"median"`
	P95         *float64 `json:"p95"`
	P99         *float64 `json:"p99"`
	Max         *float64 `json:"max"`
	Approximate bool     `json:"approximate"` // percentiles may be too long by 0.8 %
}

// Event is what is known of one event.
type Event struct {
	Name string `json:"name"`
	Figures
	// Already is how many rows measure nothing: what was waited for was there.
	Already int64 `json:"already"`
	// Limit is the threshold's that speaks of single durations most nearly:
	// that on the max, else on the highest percentile, the mean, the min.
	Limit *float64 `json:"limit"`
	// Quantiles are the durations at the shares in [Shares].
	Quantiles []float64 `json:"quantiles"`
	Histogram Histogram `json:"histogram"`
	Slope     *Slope    `json:"slope"` // null: users never changed, or are not known
}

// Histogram counts the ok rows between edges: Counts[i] of them from Edges[i]
// to Edges[i+1].
type Histogram struct {
	Edges  []float64 `json:"edges"`
	Counts []int64   `json:"counts"`
}

// Slope is the straight line of durations over active users.
type Slope struct {
	PerUser float64 `json:"per_user"` // seconds
	Error   float64 `json:"error"`    // its standard error
	At0     float64 `json:"at_0"`
	From    float64 `json:"from"` // users
	To      float64 `json:"to"`
}

// Stretches are the figures of events over time.
type Stretches struct {
	Width  float64         `json:"width"`
	From   float64         `json:"from"`
	Count  int             `json:"count"`
	Events []StretchFigure `json:"events"` // of each of Run.Events
}

// StretchFigure has a value for each stretch; null where no row is.
type StretchFigure struct {
	Count  []int64    `json:"count"`  // ok rows that start in it; the durations are of these
	Ended  []int64    `json:"ended"`  // ok rows that stop in it
	Failed []int64    `json:"failed"` // failed rows that stop in it
	Mean   []*float64 `json:"mean"`
	Min    []*float64 `json:"min"`
	Median []*float64 `json:"median"`
	P90    []*float64 `json:"p90"`
	P95    []*float64 `json:"p95"`
	P99    []*float64 `json:"p99"`
	Max    []*float64 `json:"max"`
}

// Steps is a value that changes at times: Values[i] from Times[i] on.
type Steps struct {
	Times  []float64 `json:"times"`
	Values []int     `json:"values"`
}

// Phase is a part of the load.
type Phase struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Untrusted is a stretch in which the load generator was saturated.
type Untrusted struct {
	From   float64 `json:"from"`
	To     float64 `json:"to"`
	Reason string  `json:"reason"`
}

// Machine is what the machine did, sample by sample; all empty without a
// summary.
type Machine struct {
	Times []float64 `json:"times"` // the middle of each sample
	// In cores; null where unknown.
	MachineCPU   []*float64 `json:"machine_cpu"`
	GeneratorCPU []*float64 `json:"generator_cpu"`
	AppCPU       []*float64 `json:"app_cpu"`
	// In bytes; null where unknown.
	GeneratorMemory []*float64 `json:"generator_memory"`
	AppMemory       []*float64 `json:"app_memory"`
	Cores           int        `json:"cores"`
	Describe        string     `json:"describe"`
}

// Failure is what the failures with one message have in common.
type Failure struct {
	Message string    `json:"message"`
	Event   string    `json:"event"` // of the first one
	Count   int64     `json:"count"`
	First   []Failing `json:"first"`
}

// Failing is one failed row.
type Failing struct {
	Event     string     `json:"event"`
	User      int        `json:"user"`
	Iteration int        `json:"iteration"`
	At        float64    `json:"at"` // its stop
	Took      float64    `json:"took"`
	Artefacts []Artefact `json:"artefacts"`
}

// Artefact is a file that was kept of a failure.
type Artefact struct {
	Name string `json:"name"` // in the run's folder
	What string `json:"what"` // "screenshot" or "console"
	Link string `json:"link"` // relative to the page; "" where there is none
}

// Points are single rows, in columns, in the order of their starts. Times are
// in tenths of a millisecond, Start as the difference from the row before.
type Points struct {
	Rows     int64 `json:"rows"`     // that there are
	Failures int64 `json:"failures"` // of those
	// OneIn: of the rows that are neither a failure nor the longest or shortest
	// of their event in their time, one in so many is here. 1: all are.
	OneIn int64 `json:"one_in"`
	// FailuresOneIn is the same for failures; 1 unless they fill the room.
	FailuresOneIn int64 `json:"failures_one_in"`

	Event     []int   `json:"event"` // index in Run.Events
	User      []int   `json:"user"`
	Iteration []int   `json:"iteration"` // 0: unknown
	Start     []int64 `json:"start"`
	Duration  []int64 `json:"duration"`
	Users     []int   `json:"users"`  // active at the stop
	Status    []int   `json:"status"` // 0 ok, 1 error, 2 cancelled
	// Weight is how many rows a point stands for in a statistic: 0 where it is
	// here for being far out, or too many failed.
	Weight []int64 `json:"weight"`
	// Error has an index in Run.Failures for each failed point, −1: other.
	Error []int `json:"error"`
}

// shares are those that Quantiles are of.
func shares() []float64 {
	var s []float64
	for i := 0; i <= 200; i++ {
		s = append(s, float64(i)/200)
	}
	return s
}

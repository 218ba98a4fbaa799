package loadwright

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/report/page"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// Statistics are the figures of one event.
type Statistics = stats.Stats

// Histogram is how the durations of one event are spread.
type Histogram = stats.Histogram

// Verdict is what came of one threshold.
type Verdict = stats.Verdict

// Generator is the verdict on the load generator itself.
type Generator = machine.Verdict

// Sample is what the machine and the generator did in a second of a run.
type Sample = machine.Sample

// Event is one row of the events CSV.
type Event = event.Event

// Failure is an iteration that failed.
type Failure = runner.Failure

// Result is what a run found.
type Result struct {
	Name       string    // of the scenario
	Began      time.Time // UTC
	Elapsed    time.Duration
	Users      int  // that began; of an open load, how often one came
	Open       bool // whether users came by a rate, each for one iteration
	Iterations Iterations

	// Ended is why the run ended before its load was done; nil where it was done.
	Ended error

	// Generator says whether the load generator had the machine it needed: if
	// not, its times are not the app's.
	Generator Generator
	App       string // what the app needed of the machine, in words; "" where it was there already

	Thresholds []Verdict    // in the scenario's order, then those of Options
	Events     []Statistics // of each event, in the order of their first ends
	ByType     []Statistics // of each event of each kind of user, where there are several
	All        Statistics   // of all events
	Failures   []Failure    // the first ones
	Samples    []Sample     // of the machine, one a second
	Seed       int64        // that think times were drawn from

	Capacity *capacity.Record // what a search for it found; nil: the run was none

	CSV     string // the events
	Latest  string // the events, by the name that the next run takes over; "" where another run has it
	Dir     string // the folder of what goes with them
	Summary string // summary.json; "" where it could not be written
	// AppOutput is the file with what the app wrote; "" where it was there already.
	AppOutput string
	Report    string // report.html, the page of results; "" where there is none

	live *stats.Live
}

// Iterations counts iterations by how they ended.
type Iterations = runner.Iterations

// OK tells whether every threshold held.
func (r *Result) OK() bool {
	for _, v := range r.Thresholds {
		if !v.OK {
			return false
		}
	}
	return true
}

// Event returns the figures of one event; all zero where it was never recorded.
func (r *Result) Event(name string) Statistics {
	for _, e := range r.Events {
		if e.Name == name {
			return e
		}
	}
	return Statistics{Name: name}
}

// Quantile returns a quantile (0.95 for p95) of an event's durations, of all
// events where name is empty; 0 without any. Rows with an error are left out.
func (r *Result) Quantile(name string, q float64) time.Duration {
	return r.live.Quantile(name, q)
}

// Rows reads the run's events from its CSV, in the order in which they ended.
// After an error there are no more.
func (r *Result) Rows() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		f, err := os.Open(r.CSV)
		if err != nil {
			yield(Event{}, err)
			return
		}
		defer f.Close()
		rows, err := event.NewReader(f)
		if err != nil {
			yield(Event{}, err)
			return
		}
		for {
			e, err := rows.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (r *run) result(o runner.Outcome) *Result {
	res := r.soFar(o)
	if r.app != nil {
		res.AppOutput = r.files.Path(appOutput)
	}
	res.CSV, res.Latest, res.Summary = r.files.CSV, r.latest(), r.files.Path(summaryName)
	return res
}

// soFar is what an outcome, which may be that of a run under way, has led to.
// Only what the files are called is not in it.
func (r *run) soFar(o runner.Outcome) *Result {
	samples := r.sampler.Series(o.Began)
	var ended error
	if o.Reason != nil {
		ended = r.masked(o.Reason)
	}
	return &Result{
		App:        machine.AppLine(samples),
		Name:       r.mask.Hide((&Scenario{r.scenario}).Name()),
		Began:      o.Began.Time(),
		Elapsed:    o.Elapsed,
		Users:      o.Users,
		Open:       r.scenario.Load.Open(),
		Iterations: o.Iterations,
		Ended:      ended,
		Generator:  machine.Judge(samples, r.scenario.Load.WarmUp),
		Samples:    samples,
		Thresholds: r.live.Judge(r.scenario.Thresholds),
		Events:     r.live.Events(),
		ByType:     r.byType(),
		All:        r.live.All(),
		Failures:   o.Failures,
		Seed:       o.Seed,
		Dir:        r.files.Dir,
		live:       r.live,
	}
}

// byType are the figures by kinds of user, in the scenario's order of these.
func (r *run) byType() []Statistics {
	all := r.live.ByType()
	place := func(s Statistics) int {
		return slices.IndexFunc(r.scenario.UserTypes, func(t scenario.UserType) bool { return t.Name == s.UserType })
	}
	slices.SortStableFunc(all, func(a, b Statistics) int { return place(a) - place(b) })
	return all
}

// latest is the name of the latest run's events, where those are this run's.
func (r *run) latest() string {
	if r.files.NotLatest != nil {
		return ""
	}
	return latestOf(r.files.Latest, r.files.CSV)
}

// latestOf is the path of the latest run's events where those are a run's own.
func latestOf(path, csv string) string {
	latest, err := os.Stat(path)
	if err != nil {
		return ""
	}
	own, err := os.Stat(csv)
	if err != nil || !os.SameFile(latest, own) && latest.Size() != own.Size() { // a copy, where links fail
		return ""
	}
	return path
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

const (
	summaryName = "summary.json"
	reportName  = "report.html"
)

// summaryFile is summary.json: what the run found, and what it was found with.
// What stands at its fields is their reference: see [stats.Summary].
type summaryFile struct {
	stats.Summary
	// the scenario's name
	Scenario string `json:"scenario"`
	// when the load began, UTC
	Began time.Time `json:"began"`
	// how long the load took
	Seconds float64 `json:"elapsed_seconds"`
	// why the run ended before its load was done; empty where it was done
	Ended string `json:"ended"`
	// users that began; with arrivals, how often one came
	Users int `json:"users"`
	// how many iterations ended how
	Iterations iterations `json:"iterations"`
	// the first iterations that failed, at most 10
	Failures []failure `json:"first_failures"`
	// what the run was carried out with: the scenario, and what the command line
	// said instead
	Settings settings `json:"settings"`
	// of the programs; of browser and driver empty where no user needed a browser
	Versions versions `json:"versions"`
	// the machine on which the run was; what it does not tell is empty
	Machine machine.Machine `json:"machine"`
	// whether the load generator had the machine that it needed
	Generator generator `json:"generator"`
	// where the run's results were written
	Files summaryFiles `json:"files"`

	// what a search for the capacity found; null where the run was none
	Capacity *capacity.Record `json:"capacity"`
}

type iterations struct {
	// iterations that came to their end
	Completed int `json:"completed"`
	// iterations that a step's failure ended, or whose session could not be opened
	Failed int `json:"failed"`
	// iterations that the end of the run cut short
	Cancelled int `json:"cancelled"`
	// iterations that were planned and never began; 0 where only a duration was given
	NotStarted int `json:"not_started"`
}

type failure struct {
	// the innermost event around the step that failed, or the step as it is written
	Event string `json:"event"`
	// place, user, iteration, step, and why
	Error string `json:"error"`
	// the files that were kept of it
	Artefacts []string `json:"artefacts"`
}

type settings struct {
	// the address from which relative ones start
	URL string `json:"url"`
	// the most users at once
	Users int `json:"users"`
	// how much later the next user starts
	StartIntervalSeconds float64 `json:"start_interval_seconds"`
	// iterations of each user; 0: as many as fit the duration
	Iterations int `json:"iterations"`
	// how long users begin iterations; 0: until the iterations are done
	DurationSeconds float64 `json:"duration_seconds"`
	// how long iterations in flight might go on at the end
	GracefulStopSeconds float64 `json:"graceful_stop_seconds"`
	// rows that begin in this first stretch are in no figure
	WarmUpSeconds float64 `json:"warm_up_seconds"`
	// how long a browser context lasts: iteration, user
	Session string `json:"session"`
	// browsers have no windows
	Headless bool `json:"headless"`
	// whose clock times events: page, wall
	Timing string `json:"timing"`
	// what think times were drawn from
	Seed int64 `json:"seed"`

	// closed: so many users, who begin again when they are through; open: users
	// arrive by a rate, whether or not others have gone
	Model string `json:"model"`
	// the stretches of a load that changes; else empty
	Stages []stage `json:"stages"`
	// by what rate users come in an open load; null in a closed one
	Arrivals *arrivals `json:"arrivals"`
	// the kinds of user
	UserTypes []userType `json:"user_types"`
	// the words of the command that started the app; empty where it was there already
	Serve []string `json:"serve"`
}

type stage struct {
	// how many users it goes to; 0 in an open load
	Users int `json:"users"`
	// what rate it goes to; 0 in a closed load
	Rate float64 `json:"rate_per_second" unit:"arrivals a second"`
	// how long it takes to get there
	OverSeconds float64 `json:"over_seconds"`
	// how long it stays there
	HoldSeconds float64 `json:"hold_seconds"`
}

type arrivals struct {
	// how many come; 0 with stages
	Rate float64 `json:"rate_per_second" unit:"arrivals a second"`
	// even; poisson: at random, independent of each other
	Spacing string `json:"spacing"`
}

type userType struct {
	// the kind's name
	Name string `json:"name"`
	// its part of the users who are not counted out, beside the weights of the
	// other kinds; 0 with a count
	Weight float64 `json:"weight" unit:"ratio"`
	// how many users are of this kind; 0: as the weight has it
	Count int `json:"count"`
	// it needs a browser
	Pages bool `json:"pages"`
}

// settings are what the run was carried out with.
func (r *run) settings(seed int64) settings {
	load := r.scenario.Load
	s := settings{
		URL: r.mask.Hide(r.scenario.URL), Users: load.Most(), StartIntervalSeconds: load.StartInterval.Seconds(),
		Iterations: load.Iterations, DurationSeconds: load.Length().Seconds(), GracefulStopSeconds: load.GracefulStop.Seconds(),
		WarmUpSeconds: load.WarmUp.Seconds(), Session: string(load.Session),
		Headless: r.scenario.Headless, Timing: string(r.scenario.Timing), Seed: seed,
		Model: "closed", Stages: []stage{}, UserTypes: []userType{}, Serve: []string{},
	}
	if load.Open() {
		s.Model, s.Arrivals = "open", &arrivals{load.Arrivals.Rate, string(load.Arrivals.Spacing)}
	}
	for _, g := range load.Stages {
		s.Stages = append(s.Stages, stage{g.Users, g.Rate, g.Over.Seconds(), g.Hold.Seconds()})
	}
	for _, t := range r.scenario.UserTypes {
		s.UserTypes = append(s.UserTypes, userType{t.Name, t.Weight, t.Count, t.Pages})
	}
	if r.scenario.Serve != nil {
		for _, word := range r.scenario.Serve.Command {
			s.Serve = append(s.Serve, r.mask.Hide(word))
		}
	}
	return s
}

type versions struct {
	Loadwright string `json:"loadwright"`        // of this tool
	Driver     string `json:"playwright_driver"` // of the driver of the browser
	Node       string `json:"node"`              // of the Node.js that runs the driver
	Browser    string `json:"browser"`           // of the browser, as it says itself
	Kind       string `json:"browser_kind"`      // what browser it is: headless shell, Chromium, Chrome
}

// generator is the verdict on the load generator, and what it was drawn from.
type generator struct {
	machine.Verdict
	// what the machine did, in stretches of a second, or longer ones in a very long
	// run; a figure is null where the system does not tell it
	Samples []machine.Sample `json:"samples"`
}

type summaryFiles struct {
	// the path of the events CSV
	CSV string `json:"csv"`
	// the path of the folder with what goes with it
	Dir string `json:"dir"`
}

func (r *run) writeSummary(ctx context.Context, res *Result, browserVersion string) error {
	text, err := r.summary(ctx, res, browserVersion)
	if err != nil {
		return err
	}
	return r.files.WriteFile(summaryName, text)
}

// summary is the text of summary.json for a result.
func (r *run) summary(ctx context.Context, res *Result, browserVersion string) ([]byte, error) {
	s := summaryFile{
		Summary:    r.live.Summary(r.scenario.Thresholds),
		Scenario:   res.Name,
		Began:      res.Began,
		Seconds:    res.Elapsed.Seconds(),
		Users:      res.Users,
		Iterations: iterations(res.Iterations),
		Failures:   []failure{},
		Settings:   r.settings(res.Seed),
		Versions: versions{
			Loadwright: Version(), Driver: r.found.DriverVersion, Node: r.found.NodeVersion,
			Browser: firstOf(browserVersion, r.found.BrowserVersion), Kind: string(r.found.Kind),
		},
		Machine:   machine.Describe(context.WithoutCancel(ctx)),
		Generator: generator{res.Generator, res.Samples},
		Files:     summaryFiles{res.CSV, res.Dir},
		Capacity:  res.Capacity,
	}
	if res.Ended != nil {
		s.Ended = res.Ended.Error()
	}
	for _, f := range res.Failures {
		s.Failures = append(s.Failures, failure{f.Event, f.Err.Error(), ArtefactsOf(f)})
	}
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// writeReport writes report.html. It comes after the summary, which it reads.
func (r *run) writeReport() error {
	results, err := page.Read(r.files.CSV)
	if err != nil {
		return err
	}
	results.LinkArtefacts(r.files.Dir)
	var text bytes.Buffer
	if err := page.Report(&text, results); err != nil {
		return err
	}
	return r.files.WriteFile(reportName, text.Bytes())
}

// masked is err without the secrets in its text.
func (r *run) masked(err error) error {
	if text := r.mask.Hide(err.Error()); text != err.Error() {
		return maskedError{err, text}
	}
	return err
}

type maskedError struct {
	error
	text string
}

func (e maskedError) Error() string { return e.text }
func (e maskedError) Unwrap() error { return e.error }

// ArtefactsOf are the files that were kept of a failure.
func ArtefactsOf(f Failure) []string {
	files := []string{}
	if f.Artefacts == "" {
		return files
	}
	for _, extension := range []string{".png", ".console.txt", ".response.txt"} {
		if fileThere(f.Artefacts + extension) {
			files = append(files, filepath.Clean(f.Artefacts+extension))
		}
	}
	return files
}

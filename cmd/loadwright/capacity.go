package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/report"
)

// capacityOptions are what the capacity command is told.
type capacityOptions struct {
	loadwright.CapacityOptions
	run     runOptions
	atLeast int
}

func newCapacityCmd(s streams) *cobra.Command {
	o := &capacityOptions{}
	cmd := &cobra.Command{
		Use:   "capacity SCENARIO",
		Short: "Find how many users the app can serve",
		Long: `Find the largest number of users at which the scenario's thresholds still hold,
with an interval, what breaks first, and why. The users go through the
scenario's steps again and again; how many there are is changed until the answer
is decided or the time is up. Without thresholds of its own: the p95 of every
event at most 1s above its value with one user, and errors <= 1%.

Exit code 0: there is an answer; 1: it is less than --at-least; 2, 3: as for
run; 4: the load generator or the time left it undecided; 130, 143: it was
stopped by Ctrl-C, by SIGTERM.`,
		Example: `  loadwright capacity scenario.yaml
  loadwright capacity scenario.yaml --threshold 'interact p95 < 2s' --budget 5m`,
		Args:              oneFile,
		ValidArgsFunction: scenarioFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runCapacity(cmd.Context(), s, o, args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.Min, "min-users", 1, "begin with `N` users")
	f.IntVar(&o.Max, "max-users", 0, "try at most `N` users (default: as many as it takes)")
	f.DurationVar(&o.Budget, "budget", 15*time.Minute, "take at most `TIME`")
	f.DurationVar(&o.StepTime, "step-time", 0, "stay at a number of users for at most `TIME` (default: a third of the budget)")
	f.Float64Var(&o.Confidence, "confidence", 0.95, "be so sure of the interval: a `SHARE` below 1")
	f.StringArrayVar(&o.run.Thresholds, "threshold", nil, "judge by one more `THRESHOLD`, like 'interact p95 < 2s' (repeatable)")
	f.IntVar(&o.atLeast, "at-least", 0, "fail, with exit code 1, if the app can't serve `N` users")
	f.BoolVar(&o.AllowSaturated, "allow-saturated", false, "take a saturated load generator's times for the app's")
	f.StringVar(&o.run.URL, "url", "", "relative addresses start from `ADDRESS`")
	f.StringVar(&o.run.Serve, "serve", "", "start the app by `COMMAND`, like 'panel serve app.py --port ${port}'")
	f.StringSliceVar(&o.run.Only, "only", nil, "let there be users of these kinds only: `NAME,NAME`")
	f.Var((*assignments)(&o.run.Set), "set", "give a variable a value: `NAME=VALUE` (repeatable)")
	f.DurationVar(&o.run.Timeout, "timeout", 0, "give steps without a timeout of their own `TIME`")
	f.StringVar(&o.run.BrowserPath, "browser-path", "", "use the Chromium `FILE`")
	f.IntVar(&o.run.UsersPerBrowser, "users-per-browser", 0, "let `N` users share a browser and its driver (default: 40, where there are two cores for each browser)")
	f.BoolVar(&o.run.NoSandbox, "no-sandbox", false, "switch Chromium's sandbox off (as root it always is)")
	f.StringVar(&o.run.Out, "out", "test_results", "put the results into `FOLDER`")
	f.BoolVar(&o.run.json, "json", false, "print the answer as JSON, and nothing else, on standard output")
	f.BoolVar(&o.run.quiet, "quiet", false, "print nothing but the answer and errors")
	return cmd
}

// check refuses values that cannot be meant.
func (o *capacityOptions) check() error {
	wrong := func(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }
	switch {
	case o.Min < 1:
		return wrong("--min-users %d: it must be more than 0", o.Min)
	case o.Max < 0 || o.Max > 0 && o.Max < o.Min:
		return wrong("--max-users %d: it must be at least --min-users, %d", o.Max, o.Min)
	case o.Budget <= 0:
		return wrong("--budget %s: it must be more than 0", o.Budget)
	case o.StepTime < 0 || o.StepTime > o.Budget:
		return wrong("--step-time %s: it must be more than 0, and no longer than --budget, %s", o.StepTime, o.Budget)
	case o.Confidence <= 0.5 || o.Confidence >= 1:
		return wrong("--confidence %v: it must be between 0.5 and 1, like 0.95", o.Confidence)
	case o.atLeast < 0 || o.Max > 0 && o.atLeast > o.Max:
		return wrong("--at-least %d: it must be 0 or more, and no more than --max-users", o.atLeast)
	}
	return nil
}

func runCapacity(ctx context.Context, s streams, o *capacityOptions, file string) error {
	scenario, err := loadwright.Load(file)
	if err != nil {
		return err
	}
	progress := report.NewProgress(s.out)
	log := progress.Beside(s.err)
	quiet := o.run.quiet || o.run.json
	if !quiet {
		o.run.Log = log
		o.run.Watch = func(now func() loadwright.Progress) {
			progress.Start(func() report.Status { return report.Status(now()) })
		}
		o.Tried = func(l capacity.Level) { fmt.Fprintln(log, stayOf(l, "").Line()) }
	}
	ctx, interrupts := listenTwice(ctx, func() {
		if !quiet {
			fmt.Fprintln(log, "Stopping: the answer is what is known by now. Once more, and it ends at once.")
		}
	})
	o.run.Stop = interrupts.stop
	answer, result, err := loadwright.FindCapacity(ctx, scenario, o.run.Options, o.CapacityOptions)
	progress.Stop()
	if result != nil && len(answer.Levels) > 0 {
		if told := tellCapacity(s, o, answer, result); err == nil {
			err = told
		}
	}
	if err == nil {
		err = o.judge(answer)
	}
	return interrupted(interrupts.end(), err)
}

// judge is the exit code that an answer asks for.
func (o *capacityOptions) judge(a loadwright.Capacity) error {
	switch {
	case o.atLeast > 0 && a.Low >= o.atLeast:
		return nil
	case o.atLeast > 0 && a.High > 0 && a.High < o.atLeast, o.atLeast > 0 && a.Breaks != nil && a.Breaks.Users <= o.atLeast:
		return exitError{code: exitFailed, told: true}
	case a.Undecided != "", a.AtLeast && a.Ceiling != "", o.atLeast > 0:
		return exitError{code: exitSaturated, told: true}
	}
	return nil
}

// capacityName is the file, among a run's, that holds the answer.
const capacityName = "capacity.json"

// tellCapacity writes the answer, and keeps it among the run's files.
func tellCapacity(s streams, o *capacityOptions, a loadwright.Capacity, r *loadwright.Result) error {
	text, err := json.MarshalIndent(answerJSON(a), "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	path := filepath.Join(r.Dir, capacityName)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		return err
	}
	if o.run.json {
		_, err := s.out.Write(text)
		return err
	}
	event := ""
	if a.Breaks != nil {
		event = a.Breaks.Limit.Event
	} else if len(a.Limits) > 0 {
		event = a.Limits[0].Event
	}
	out := report.Capacity{Sentence: a.Sentence(), Event: event}
	for _, l := range a.Levels {
		out.Levels = append(out.Levels, stayOf(l, event))
	}
	if !o.run.quiet {
		out.Files = []report.File{{Path: r.CSV, What: "the events"}, {Path: path, What: "the answer"}}
	}
	return errors.Join(err, out.Write(s.out))
}

// stayOf is a level as the report has it, with the times of an event; of the
// slowest where none is named.
func stayOf(l capacity.Level, event string) report.Stay {
	stay := report.Stay{
		Users: l.Users, Took: l.Took, Throughput: l.Throughput, P50: math.NaN(), P95: math.NaN(),
		AppCores: math.NaN(), Verdict: string(l.Verdict), Saturated: l.Saturated != "",
	}
	if l.App.Known {
		stay.AppCores = l.App.Cores
	}
	for _, f := range l.Figures {
		stay.Failures += f.Failures
		named := f.Event == event
		if named || event == "" && !f.Outer && !(f.P95 <= stay.P95) {
			stay.P50, stay.P95 = f.P50, f.P95
		}
	}
	return stay
}

// number is a figure of the answer's JSON: null where there is none.
func number(f float64) *float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil
	}
	return &f
}

// answerJSON is capacity.json; docs/results.md describes it.
func answerJSON(a loadwright.Capacity) any {
	type figures struct {
		Event     string   `json:"event"`
		Count     int      `json:"count"`
		Failures  int      `json:"failures"`
		Rate      float64  `json:"per_second"`
		Mean      *float64 `json:"mean_seconds"`
		P50       *float64 `json:"p50_seconds"` // null: none, or it failed
		P95       *float64 `json:"p95_seconds"`
		HasOthers bool     `json:"has_others_inside"`
	}
	type level struct {
		Users      int       `json:"users"`
		At         float64   `json:"at_seconds"`
		Took       float64   `json:"took_seconds"`
		WarmUp     float64   `json:"warm_up_seconds"`
		Verdict    string    `json:"verdict"` // holds, broken, "": not decided
		Throughput float64   `json:"events_per_second"`
		Saturated  string    `json:"saturated"`
		AppCores   *float64  `json:"app_cpu_cores"`
		Events     []figures `json:"events"`
	}
	type broken struct {
		Limit string   `json:"limit"`
		Users int      `json:"users"`
		Value *float64 `json:"value"`
	}
	levels := []level{}
	for _, l := range a.Levels {
		out := level{
			Users: l.Users, At: l.At.Seconds(), Took: l.Took.Seconds(), WarmUp: l.WarmUp.Seconds(),
			Verdict: string(l.Verdict), Throughput: l.Throughput, Saturated: l.Saturated, Events: []figures{},
		}
		if l.App.Known {
			out.AppCores = &l.App.Cores
		}
		for _, f := range l.Figures {
			out.Events = append(out.Events, figures{f.Event, f.Count, f.Failures, f.Rate, number(f.Mean), number(f.P50), number(f.P95), f.Outer})
		}
		levels = append(levels, out)
	}
	limits := []string{}
	for _, l := range a.Limits {
		limits = append(limits, l.String())
	}
	var breaks *broken
	if a.Breaks != nil {
		breaks = &broken{a.Breaks.Limit.String(), a.Breaks.Users, number(a.Breaks.Value)}
	}
	return struct {
		SchemaVersion int      `json:"schema_version"`
		Sentence      string   `json:"sentence"`
		Users         int      `json:"users"`
		Low           int      `json:"low"`
		High          int      `json:"high"`
		Confidence    float64  `json:"confidence"`
		AtLeast       bool     `json:"at_least"`
		Undecided     string   `json:"undecided"`
		Limits        []string `json:"limits"`
		Implied       bool     `json:"limits_implied"`
		Breaks        *broken  `json:"breaks"`
		Levels        []level  `json:"levels"`
	}{1, a.Sentence(), a.Users, a.Low, a.High, a.Confidence, a.AtLeast, a.Undecided, limits, a.Implied, breaks, levels}
}

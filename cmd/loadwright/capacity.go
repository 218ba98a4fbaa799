package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/report"
)

// capacityOptions are what the capacity command is told.
type capacityOptions struct {
	loadwright.CapacityOptions
	run                runOptions
	minUsers, maxUsers int
	minRate, maxRate   float64
}

func newCapacityCmd(s streams) *cobra.Command {
	o := &capacityOptions{}
	cmd := &cobra.Command{
		Use:   "capacity SCENARIO",
		Short: "Find how many users the app can serve",
		Long: `Find the largest number of users at which the scenario's thresholds still hold,
with an interval, what breaks first, and why. The users go through the
scenario's steps again and again; how many there are is changed until the answer
is decided or the time is up. With --arrivals, and where the scenario's load has
arrivals: the most arrivals a second, each of a user who goes through the steps
once. Without thresholds of its own: the p95 of every event at most 1s above its
value under the smallest load, and errors <= 1%.

Exit code 0: there is an answer; 1: it is less than --at-least; 2, 3: as for
run; 4: the load generator or the time left it undecided; 130, 143: it was
stopped by Ctrl-C, by SIGTERM.`,
		Example: `  loadwright capacity scenario.yaml
  loadwright capacity scenario.yaml --threshold 'interact p95 < 2s' --budget 5m
  loadwright capacity scenario.yaml --arrivals --min-rate 0.5 --at-least 10`,
		Args:              oneFile,
		ValidArgsFunction: scenarioFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runCapacity(cmd.Context(), s, o, cmd.Flags(), args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.minUsers, "min-users", 1, "begin with `N` users (default where there are no thresholds: one of each kind)")
	f.IntVar(&o.maxUsers, "max-users", 0, "try at most `N` users (default: as many as it takes)")
	f.BoolVar(&o.Arrivals, "arrivals", false, "let users arrive by a rate, whatever the scenario's load, and find the highest")
	f.Float64Var(&o.minRate, "min-rate", 1, "begin with `RATE` arrivals a second, and go in steps of a tenth of it")
	f.Float64Var(&o.maxRate, "max-rate", 0, "try at most `RATE` arrivals a second (default: as many as it takes)")
	f.DurationVar(&o.Budget, "budget", 15*time.Minute, "take at most `TIME`")
	f.DurationVar(&o.StepTime, "step-time", 0, "stay at a load for at most `TIME` (default: a third of the budget)")
	f.Float64Var(&o.Confidence, "confidence", 0.95, "be so sure of the interval: a `SHARE` below 1")
	f.StringArrayVar(&o.run.Thresholds, "threshold", nil, "judge by one more `THRESHOLD`, like 'interact p95 < 2s' (repeatable)")
	f.Float64Var(&o.Wanted, "at-least", 0, "fail, with exit code 1, if the app can't serve `N` users, or arrivals a second")
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
	case o.minUsers < 1:
		return wrong("--min-users %d: it must be more than 0", o.minUsers)
	case o.maxUsers < 0 || o.maxUsers > 0 && o.maxUsers < o.minUsers:
		return wrong("--max-users %d: it must be at least --min-users, %d", o.maxUsers, o.minUsers)
	case !(o.minRate > 0) || math.IsInf(o.minRate, 0):
		return wrong("--min-rate %v: it must be more than 0", o.minRate)
	case o.maxRate != 0 && !(o.maxRate >= o.minRate):
		return wrong("--max-rate %v: it must be at least --min-rate, %v", o.maxRate, o.minRate)
	case o.Budget <= 0:
		return wrong("--budget %s: it must be more than 0", o.Budget)
	case o.StepTime < 0 || o.StepTime > o.Budget:
		return wrong("--step-time %s: it must be more than 0, and no longer than --budget, %s", o.StepTime, o.Budget)
	case o.Confidence <= 0.5 || o.Confidence >= 1:
		return wrong("--confidence %v: it must be between 0.5 and 1, like 0.95", o.Confidence)
	case !(o.Wanted >= 0):
		return wrong("--at-least %v: it must be 0 or more", o.Wanted)
	}
	return nil
}

// take puts the ends of the search into the options, by the kind of load.
func (o *capacityOptions) take(open bool, f *pflag.FlagSet) error {
	o.Min, o.Max = float64(o.minUsers), float64(o.maxUsers)
	if !f.Changed("min-users") {
		o.Min = 0
	}
	others, instead := []string{"min-rate", "max-rate"}, "it is for arrivals: add --arrivals, or give --min-users and --max-users"
	if open {
		o.Min, o.Max = o.minRate, o.maxRate
		others, instead = []string{"min-users", "max-users"}, "the load is one of arrivals: give --min-rate and --max-rate"
	}
	for _, name := range others {
		if f.Changed(name) {
			return usageError{fmt.Errorf("--%s: %s", name, instead)}
		}
	}
	if o.Max > 0 && o.Wanted > o.Max {
		return usageError{fmt.Errorf("--at-least %v: it is more than the most that is tried, %v", o.Wanted, o.Max)}
	}
	return nil
}

func runCapacity(ctx context.Context, s streams, o *capacityOptions, f *pflag.FlagSet, file string) error {
	scenario, err := loadwright.Load(file)
	if err != nil {
		return err
	}
	unit, open := "users", o.Arrivals || scenario.Open()
	if open {
		unit = "arrivals/s"
	}
	if err := o.take(open, f); err != nil {
		return err
	}
	progress := report.NewProgress(s.out)
	log := progress.Beside(s.err)
	quiet := o.run.quiet || o.run.json
	if !quiet {
		o.run.Log = log
		o.run.Follow = showing(progress)
		o.Tried = func(l capacity.Level) { fmt.Fprintln(log, stayOf(l, "").Line(unit)) }
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
	serves := a.Serves(o.Wanted)
	switch {
	case o.Wanted > 0 && serves == capacity.Holds:
		return nil
	case o.Wanted > 0 && serves == capacity.Broken:
		return exitError{code: exitFailed, told: true}
	case a.Undecided != "", a.AtLeast && a.Ceiling != "", o.Wanted > 0:
		return exitError{code: exitSaturated, told: true}
	}
	return nil
}

// tellCapacity writes the answer.
func tellCapacity(s streams, o *capacityOptions, a loadwright.Capacity, r *loadwright.Result) error {
	if o.run.json {
		text, err := json.MarshalIndent(struct {
			SchemaVersion int `json:"schema_version"`
			*capacity.Record
		}{capacity.SchemaVersion, a.Record()}, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s\n", text)
		return err
	}
	event := ""
	if a.Breaks != nil {
		event = a.Breaks.Limit.Event
	} else if len(a.Limits) > 0 {
		event = a.Limits[0].Event
	}
	out := report.Capacity{Sentence: a.Sentence(), Unit: a.Unit, Event: event}
	if a.USL != nil {
		out.Model = a.USL.String()
	}
	for _, l := range a.Levels {
		out.Levels = append(out.Levels, stayOf(l, event))
	}
	if !o.run.quiet {
		out.Files = []report.File{{Path: r.CSV, What: "the events"}, {Path: r.Summary, What: "the answer, for machines"}, {Path: r.Report, What: "the answer, and plots"}}
	}
	return out.Write(s.out)
}

// stayOf is a level as the report has it, with the times of an event; of the
// slowest where none is named.
func stayOf(l capacity.Level, event string) report.Stay {
	stay := report.Stay{
		Load: l.Load, Took: l.Took, Throughput: l.Throughput, P50: math.NaN(), P95: math.NaN(),
		AppCores: math.NaN(), Verdict: string(l.Verdict), Saturated: l.Saturated != "", Aside: l.Aside,
	}
	if l.App.Known {
		stay.AppCores = l.App.Cores
	}
	for _, f := range l.Figures {
		if !f.Part {
			stay.Failures += f.Failures
		}
		named := f.Event == event
		if named || event == "" && !f.Outer && !(f.P95 <= stay.P95) {
			stay.P50, stay.P95 = f.P50, f.P95
		}
	}
	return stay
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/report"
)

// runOptions are what the run command is told.
type runOptions struct {
	loadwright.Options
	files         []string
	headed        bool
	startInterval time.Duration
	json          bool
	quiet         bool
	verbose       bool
}

func newRunCmd(s streams, runF func(context.Context, *runOptions) error) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run SCENARIO",
		Short: "Run a scenario with many users at once",
		Long: `Run a scenario. Flags override what the scenario says; what neither says has its
default. Exit code 0: every threshold held; 1: one failed; 2: the scenario or the
command line has an error; 3: the run could not be carried out.`,
		Example: `  loadwright run examples/load_and_click.yaml --users 5
  loadwright run scenario.yaml --users 20 --duration 2m --threshold 'interact p95 < 1s'
  loadwright run scenario.yaml --users 1 --headed --slow-mo 200ms`,
		Args: oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			o.settle(cmd)
			if err := o.check(cmd); err != nil {
				return err
			}
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runRun(cmd.Context(), s, o)
		},
	}
	o.flags(cmd)
	return cmd
}

// flags are those of run; demo has them too.
func (o *runOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.Users, "users", 0, "how many `users`")
	f.IntVar(&o.Iterations, "iterations", 0, "`times` that each user runs the steps; drops the scenario's duration")
	f.DurationVar(&o.Duration, "duration", 0, "how long users begin iterations, like 2m; drops the scenario's iterations")
	f.DurationVar(&o.startInterval, "start-interval", 0, "the next user starts this much later")
	f.StringVar(&o.URL, "url", "", "what relative `addresses` start from")
	f.StringToStringVar(&o.Set, "set", nil, "give a variable a value: `name=value` (repeatable)")
	f.StringArrayVar(&o.Thresholds, "threshold", nil, "a further `threshold`, like 'interact p95 < 2s' (repeatable)")
	f.DurationVar(&o.Timeout, "timeout", 0, "of every step that has none of its own")
	f.BoolVar(&o.headed, "headed", false, "open windows, one a user, tiled")
	f.DurationVar(&o.SlowMo, "slow-mo", 0, "pause before each action, to watch")
	f.StringVar(&o.BrowserPath, "browser-path", "", "the Chromium to use; found if not given")
	f.BoolVar(&o.NoSandbox, "no-sandbox", false, "switch Chromium's own sandbox off (as root it is off anyway)")
	f.StringVar(&o.Out, "out", "test_results", "the `folder` of results")
	f.BoolVar(&o.NoArchive, "no-archive", false, "keep nothing but the latest run")
	f.IntVar(&o.Artefacts, "artefacts", 10, "of how many failing iterations to keep a screenshot and the console; 0: none")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but errors")
	f.BoolVar(&o.verbose, "verbose", false, "tell what drivers and browsers say")
}

// settle turns flags into options whose zero value has another meaning.
func (o *runOptions) settle(cmd *cobra.Command) {
	if cmd.Flags().Changed("start-interval") {
		o.StartInterval = &o.startInterval
	}
	if cmd.Flags().Changed("headed") {
		o.Headed = &o.headed
	}
	if o.Artefacts == 0 {
		o.Artefacts = -1
	}
}

// check refuses values that cannot be meant.
func (o *runOptions) check(cmd *cobra.Command) error {
	for name, positive := range map[string]bool{
		"users": o.Users > 0, "iterations": o.Iterations > 0, "duration": o.Duration > 0,
		"timeout": o.Timeout > 0, "start-interval": o.startInterval >= 0, "slow-mo": o.SlowMo >= 0,
	} {
		if cmd.Flags().Changed(name) && !positive {
			return usageError{fmt.Errorf("--%s %s: it must be more than 0", name, cmd.Flags().Lookup(name).Value)}
		}
	}
	return nil
}

func runRun(ctx context.Context, s streams, o *runOptions) error {
	scenario, err := loadwright.Load(o.files[0])
	if err != nil {
		return err
	}
	if !o.quiet {
		for _, note := range scenario.Notes() {
			fmt.Fprintln(s.err, note)
		}
	}
	return carryOut(ctx, s, o, scenario)
}

// carryOut runs a scenario, shows its progress and tells its result.
func carryOut(ctx context.Context, s streams, o *runOptions, scenario *loadwright.Scenario) error {
	ctx, interrupts := listen(ctx)
	o.Stop = interrupts.stop

	if !o.quiet {
		o.Log = s.err
	}
	if o.verbose {
		o.DriverLog = s.err
	}
	var progress *report.Progress
	if !o.quiet && !o.json {
		o.Watch = func(now func() loadwright.Progress) {
			progress = report.StartProgress(s.out, func() report.Status { return report.Status(now()) })
		}
	}
	result, err := loadwright.Run(ctx, scenario, o.Options)
	if progress != nil {
		progress.Stop()
	}
	code := interrupts.end()
	if result != nil {
		if told := tell(s, o, result); err == nil {
			err = told
		}
	}
	switch {
	case code != 0:
		return exitError{code: code, told: err == nil || errors.Is(err, context.Canceled), err: err}
	case err != nil:
		return err
	case !result.OK():
		return exitError{code: exitFailed, told: true}
	}
	return nil
}

// tell writes what a run found.
func tell(s streams, o *runOptions, r *loadwright.Result) error {
	switch {
	case o.json:
		text, err := os.ReadFile(r.Summary)
		if err != nil {
			return err
		}
		_, err = s.out.Write(text)
		return err
	case o.quiet:
		return nil
	}
	return summary(r).Write(s.out)
}

func summary(r *loadwright.Result) report.Summary {
	out := report.Summary{
		Name: r.Name, Users: r.Users, Elapsed: r.Elapsed,
		Events: r.Events, Thresholds: r.Thresholds,
		Cancelled: r.Iterations.Cancelled, NotStarted: r.Iterations.NotStarted, Failed: r.Iterations.Failed,
		Files: []report.File{{What: "latest run", Path: r.Latest}},
	}
	if r.Ended != nil {
		out.Ended = r.Ended.Error()
	}
	if r.CSV != r.Latest {
		out.Files = append(out.Files, report.File{What: "archived", Path: r.CSV})
	}
	out.Files = append(out.Files, report.File{What: "summary", Path: r.Summary})
	for _, e := range r.Events {
		if note := e.AlreadyNote(); note != "" {
			out.Notes = append(out.Notes, note)
		}
	}
	if r.All.ClockFaults > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d rows carry the runner's times, because the page's clock was impossible", r.All.ClockFaults))
	}
	for _, f := range r.Failures {
		out.Failures = append(out.Failures, report.Failure{Text: f.Err.Error(), Artefacts: loadwright.ArtefactsOf(f)})
	}
	return out
}

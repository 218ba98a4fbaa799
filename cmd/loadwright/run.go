package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/report"
)

// runOptions are what the run command is told.
type runOptions struct {
	loadwright.Options
	files          []string
	headed         bool
	startInterval  time.Duration
	slowMo         time.Duration
	reports        runReportOptions
	web            webOptions
	allowSaturated bool
	json           bool
	quiet          bool
	verbose        bool
}

func newRunCmd(s streams, runF func(context.Context, *runOptions) error) *cobra.Command {
	o := &runOptions{}
	cmd := &cobra.Command{
		Use:   "run SCENARIO…",
		Short: "Run a scenario with many users at once",
		Long: `Run a scenario. Flags override what the scenario says. Times have a unit: 500ms,
30s, 1m30s. Several scenarios run one after the other.

Exit code 0: every threshold held; 1: one failed; 2: the scenario or the command
line has an error; 3: the run could not be carried out; 4: the load generator
was saturated, so that its times are not the app's; 130, 143: it was stopped by
Ctrl-C, by SIGTERM.`,
		Example: `  loadwright run examples/load_and_click.yaml --users 5
  loadwright run scenario.yaml --users 20 --threshold 'interact p95 < 1s'
  loadwright run scenario.yaml --users 1 --headed --slow-mo 200ms
  loadwright run scenario.yaml --web`,
		Args:              atLeastOneFile,
		ValidArgsFunction: scenarioFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			if err := o.settle(cmd.Flags()); err != nil {
				return err
			}
			if runF != nil {
				return runF(cmd.Context(), o)
			}
			return runRun(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.URL, "url", "", "relative addresses start from `ADDRESS`")
	f.StringVar(&o.Serve, "serve", "", "start the app by `COMMAND`, like 'panel serve app.py --port ${port}'")
	f.StringSliceVar(&o.Only, "only", nil, "let there be users of these kinds only: `NAME,NAME`")
	o.flags(f)
	o.web.flags(f)
	o.reports.flags(f)
	return cmd
}

// flags are those of run; demo has them too.
func (o *runOptions) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.IntVar(&o.Users, "users", 0, "run `N` users")
	f.IntVar(&o.Iterations, "iterations", 0, "run the steps `N` times a user; drops the scenario's duration")
	f.DurationVar(&o.Duration, "duration", 0, "begin iterations for `TIME`; drops the scenario's iterations")
	f.DurationVar(&o.startInterval, "start-interval", 0, "start the next user `TIME` later")
	f.Var((*assignments)(&o.Set), "set", "give a variable a value: `NAME=VALUE` (repeatable)")
	f.StringArrayVar(&o.Thresholds, "threshold", nil, "judge the run by one more `THRESHOLD`, like 'interact p95 < 2s' (repeatable)")
	f.DurationVar(&o.Timeout, "timeout", 0, "give steps without a timeout of their own `TIME`")
	f.BoolVar(&o.headed, "headed", false, "open windows, one a user, tiled")
	f.DurationVar(&o.slowMo, "slow-mo", 0, "pause `TIME` before each action, to watch")
	f.StringVar(&o.BrowserPath, "browser-path", "", "use the Chromium `FILE`")
	f.IntVar(&o.UsersPerBrowser, "users-per-browser", 0, "let `N` users share a browser and its driver (default: 40, where there are two cores for each browser)")
	f.BoolVar(&o.NoSandbox, "no-sandbox", false, "switch Chromium's sandbox off (as root it always is)")
	f.StringVar(&o.Out, "out", "test_results", "put the results into `FOLDER`")
	f.BoolVar(&o.NoArchive, "no-archive", false, "keep nothing but the latest run")
	f.BoolVar(&o.NoReport, "no-report", false, "write no report.html")
	f.IntVar(&o.Artefacts, "artefacts", 10, "keep a screenshot and the console of `N` failing iterations")
	f.BoolVar(&o.allowSaturated, "allow-saturated", false, "take a saturated load generator for a warning, not for exit code 4")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but errors")
	f.BoolVar(&o.verbose, "verbose", false, "tell what drivers and browsers say")
}

// settle refuses values that cannot be meant, and turns flags into options whose
// zero value has another meaning.
func (o *runOptions) settle(f *pflag.FlagSet) error {
	for _, c := range []struct {
		name string
		ok   bool
		want string
	}{
		{"users", o.Users > 0, "more than 0"},
		{"iterations", o.Iterations > 0, "more than 0"},
		{"duration", o.Duration > 0, "more than 0"},
		{"start-interval", o.startInterval >= 0, "0 or more"},
		{"users-per-browser", o.UsersPerBrowser > 0, "more than 0"},
		{"timeout", o.Timeout > 0, "more than 0"},
		{"slow-mo", o.slowMo >= 0, "0 or more"},
		{"artefacts", o.Artefacts >= 0, "0 or more"},
	} {
		if f.Changed(c.name) && !c.ok {
			return usageError{fmt.Errorf("--%s %s: it must be %s", c.name, f.Lookup(c.name).Value, c.want)}
		}
	}
	if f.Changed("start-interval") {
		o.StartInterval = &o.startInterval
	}
	if f.Changed("slow-mo") {
		o.SlowMo = &o.slowMo
	}
	if f.Changed("headed") {
		o.Headed = &o.headed
	}
	if o.Artefacts == 0 {
		o.Artefacts = -1
	}
	return nil
}

// runRun runs the scenarios one after the other. What is wrong with any of them
// is told before the first begins.
func runRun(ctx context.Context, s streams, o *runOptions) error {
	var scenarios []*loadwright.Scenario
	var wrong []error
	for _, file := range o.files {
		scenario, err := loadwright.Load(file)
		if err == nil && len(o.files) > 1 {
			err = scenario.CheckRun(o.Options)
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		scenarios = append(scenarios, scenario)
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	if !o.quiet {
		for _, scenario := range scenarios {
			for _, note := range scenario.Notes() {
				fmt.Fprintln(s.err, note)
			}
		}
	}
	reports, err := openReports(o.reports)
	if err != nil {
		return err
	}
	page, err := openWeb(s, o.web, scenarios, o.Options)
	if err != nil {
		return errors.Join(err, reports.write())
	}
	defer page.close()
	if len(scenarios) > 1 {
		err = runSeveral(ctx, s, o, scenarios, page, reports)
	} else {
		var result *loadwright.Result
		result, err = carryOut(ctx, s, o, scenarios[0], page)
		reports.add(scenarios[0], o, result, err)
	}
	return page.stay(ctx, firstError(s, err, reports.write()))
}

// firstError is err, unless all that went wrong is that something could not be
// told: then it is that. Beside err that is told at once.
func firstError(s streams, err, telling error) error {
	if err == nil {
		return telling
	}
	tellError(s.err, telling)
	return err
}

// carryOut runs a scenario, shows its progress, on a page too where there is one,
// and tells its result, which is nil where there is none.
func carryOut(ctx context.Context, s streams, o *runOptions, scenario *loadwright.Scenario, page *web) (*loadwright.Result, error) {
	progress := report.NewProgress(s.out)
	if !o.quiet {
		o.Log = progress.Beside(s.err)
	}
	if o.verbose {
		o.DriverLog = progress.Beside(s.err)
	}
	o.Follow = nil
	if !o.quiet && !o.json {
		o.Follow = showing(progress)
	}
	ctx, interrupts := listenTwice(ctx, func() {
		if !o.quiet {
			fmt.Fprintln(o.Log, "Stopping: iterations in flight have at most 10s to end. Once more, and they end at once.")
		}
	})
	o.Stop = interrupts.stop
	page.begin(o, scenario, interrupts)
	result, err := loadwright.Run(ctx, scenario, o.Options)
	progress.Stop()
	page.end(result, err)
	if result != nil {
		err = firstError(s, err, tell(s, o, result))
		keepPanic(err, result)
	}
	if err == nil && !result.Generator.Trusted && !o.allowSaturated {
		err = exitError{code: exitSaturated, told: true}
	}
	if err == nil && !result.OK() {
		err = exitError{code: exitFailed, told: true}
	}
	return result, interrupted(interrupts.end(), err)
}

// showing shows a run's progress while it is under way.
func showing(progress *report.Progress) func(*loadwright.Running) {
	return func(r *loadwright.Running) {
		progress.Start(func() report.Status { return report.Status(r.Progress()) })
	}
}

// tell writes what a run found. That nobody reads it is no failure of the run.
func tell(s streams, o *runOptions, r *loadwright.Result) error {
	var err error
	switch {
	case o.json && r.Summary != "":
		var text []byte
		if text, err = os.ReadFile(r.Summary); err == nil {
			_, err = s.out.Write(text)
		}
	case !o.json && !o.quiet:
		err = summary(r).Write(s.out)
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// panicName is the file in a run's folder that a report of a bug wants.
const panicName = "panic.txt"

// keepPanic puts the stack of a panic that was recovered among the run's files.
func keepPanic(err error, r *loadwright.Result) {
	var bug *loadwright.PanicError
	if errors.As(err, &bug) {
		text := fmt.Sprintf("%s\n\n%v\n\n%s", versionLine(), bug, bug.Stack)
		// Where it can't be written, the error says what there is to say.
		_ = os.WriteFile(filepath.Join(r.Dir, panicName), []byte(text), 0o666)
	}
}

func summary(r *loadwright.Result) report.Summary {
	out := report.Summary{
		Name: r.Name, Users: r.Users, Open: r.Open, Elapsed: r.Elapsed,
		Events: r.Events, ByType: r.ByType, Thresholds: r.Thresholds,
		Cancelled: r.Iterations.Cancelled, NotStarted: r.Iterations.NotStarted, Failed: r.Iterations.Failed, Classes: r.All.Classes,
	}
	out.Generator, out.Trusted, out.App = r.Generator.Text, r.Generator.Trusted, r.App
	if r.Ended != nil {
		out.Ended, _, _ = strings.Cut(r.Ended.Error(), "\n") // an app's last lines are told with the error
	}
	file := func(path, what string) {
		if _, err := os.Stat(path); err == nil {
			out.Files = append(out.Files, report.File{Path: path, What: what})
		}
	}
	if r.Latest == "" || r.CSV == r.Latest {
		file(r.CSV, "the events")
	} else {
		file(r.Latest, "the events")
		file(r.CSV, "the same, kept")
	}
	file(r.Summary, "the summary")
	if r.AppOutput != "" {
		file(r.AppOutput, "what the app wrote")
	}
	file(r.Report, "the plots")
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

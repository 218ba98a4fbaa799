package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/sampleapp"
	"github.com/loadwright/loadwright/scenario"
)

type calibrateOptions struct {
	budget      time.Duration
	maxError    time.Duration
	maxUsers    int
	users       []int             // exactly these; nil: 1, 2, 4, …
	set         map[string]string // values of the scenario's variables
	perBrowser  int
	browserPath string
	noSandbox   bool
	json        bool

	kinds []scenario.Rhythm // what users do
}

// check refuses values that cannot be meant.
func (o *calibrateOptions) check() error {
	switch {
	case o.budget <= 0:
		return usageError{fmt.Errorf("--budget %s: it must be more than 0", o.budget)}
	case o.maxError <= 0:
		return usageError{fmt.Errorf("--max-error %s: it must be more than 0", o.maxError)}
	case o.maxUsers < 1:
		return usageError{fmt.Errorf("--max-users %d: it must be 1 or more", o.maxUsers)}
	}
	for _, n := range o.users {
		if n < 1 {
			return usageError{fmt.Errorf("--users %d: it must be 1 or more", n)}
		}
	}
	if o.perBrowser < 0 {
		return usageError{fmt.Errorf("--users-per-browser %d: it must be more than 0", o.perBrowser)}
	}
	if least := o.plan().least(); o.budget < least {
		return usageError{fmt.Errorf("--budget %s: %s and plain Playwright waits take at least %s", o.budget, countOf(max(1, len(o.users)), "level"), least.Round(time.Second)+time.Second)}
	}
	return nil
}

func (o *calibrateOptions) plan() *plan {
	return &plan{budget: o.budget, most: o.maxUsers, fixed: o.users, cores: runtime.GOMAXPROCS(0)}
}

func newCalibrateCmd(s streams) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate [SCENARIO]",
		Short: "Hold readings against the truth, on this machine",
		Long: `Run the bundled app at known delays with more and more users, and hold what
loadwright reads against the page's own record of when it was clicked and when
the answer stood on it. Says how many users this machine can carry before the
p95 of the error passes --max-error or the load generator is saturated: more
users while they pass, then numbers between, each for as long as a p95 takes.
Users click, wait for the answer, think for 100 to 300 ms, and click again; with
a SCENARIO they load, act and think as often and as long as its users do, each
kind that needs a browser with its weight (still on the bundled app).`,
		Example: `  loadwright calibrate
  loadwright calibrate scenario.yaml --budget 10m     # with its think times
  loadwright calibrate --users 20,30,40`,
		Args:              atMostOneFile,
		ValidArgsFunction: scenarioFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.check(); err != nil {
				return err
			}
			var err error
			if len(args) == 0 && len(o.set) > 0 {
				return usageError{errors.New("--set: only a SCENARIO has variables")}
			}
			if len(args) == 1 {
				o.kinds, err = beatsOfFile(args[0], o.set)
			} else {
				o.kinds, err = usualBeats()
			}
			if err != nil {
				return err
			}
			return runCalibrate(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&o.budget, "budget", 3*time.Minute, "take `TIME` at most")
	f.DurationVar(&o.maxError, "max-error", 25*time.Millisecond, "accept readings whose p95 of the error is `TIME`")
	f.IntVar(&o.maxUsers, "max-users", 64, "go no further than `N` users")
	f.IntSliceVar(&o.users, "users", nil, "try these numbers of users, whatever comes of each: `LIST` like 8,16,32")
	f.Var((*assignments)(&o.set), "set", "give a variable of the scenario a value: `NAME=VALUE` (repeatable)")
	f.IntVar(&o.perBrowser, "users-per-browser", 0, "let `N` users share a browser and its driver (default: 40, where there are two cores for each browser)")
	f.StringVar(&o.browserPath, "browser-path", "", "use the Chromium `FILE`")
	f.BoolVar(&o.noSandbox, "no-sandbox", false, "switch Chromium's sandbox off (as root it always is)")
	f.BoolVar(&o.json, "json", false, "print the figures as JSON, and nothing else, on standard output")
	return cmd
}

// runCalibrate measures plain Playwright waits with one user, then our own with
// more and more until the machine has enough or time is up.
func runCalibrate(ctx context.Context, s streams, o calibrateOptions) error {
	ctx, interrupts := listenTwice(ctx, func() {})
	plan := o.plan()
	plan.rate = rateOf(o.kinds)
	report, err := calibrateLevels(plan, o.maxError, func(a attempt, timing string) (level, time.Duration, error) {
		how := "the page's clock"
		if timing == "wall" {
			how = "plain Playwright waits"
		}
		if !o.json {
			fmt.Fprintf(s.err, "%s, %s, up to %s …\n", countOf(a.users, "user"), how, (a.warm + a.long).Round(time.Second))
		}
		return calibrateLevel(ctx, o, interrupts.stop, a, timing, plan.interval())
	})
	code := interrupts.end()
	// What has been measured is told, however it ended.
	if err == nil || len(report.Levels) > 0 {
		if failed := report.print(s.out, o.json); failed != nil {
			return failed
		}
	}
	if left := len(o.users) - len(report.Levels); err == nil && left > 0 && !o.json {
		fmt.Fprintf(s.err, "No time was left for the last %s: give it more with --budget.\n", countOf(left, "level"))
	}
	switch {
	case err != nil:
		return interrupted(code, err)
	case code != 0:
		return exitError{code: code, told: true}
	case report.Users == 0:
		return exitError{code: exitFailed, told: true}
	}
	return nil
}

// calibrateLevels takes the levels of a plan: take is told which, and whose clock
// times it, and tells how long its load was, too. With an error comes what had been
// found by then.
func calibrateLevels(plan *plan, maxError time.Duration, take func(a attempt, timing string) (level, time.Duration, error)) (*calibration, error) {
	report := &calibration{MaxError: maxError.Seconds(), Levels: []level{}}
	defer report.conclude()
	one := func(a attempt, timing string) (level, taken, error) {
		began := time.Now()
		l, load, err := take(a, timing)
		return l, taken{attempt: a, load: load, all: time.Since(began), events: l.Events, failed: report.tooMuch(l)}, err
	}
	var err error
	if report.Plain, plan.plain, err = one(plan.first(), "wall"); err != nil {
		return report, err
	}
	for a, more := plan.next(); more; a, more = plan.next() {
		l, t, err := one(a, "page")
		if err != nil {
			return report, err
		}
		report.Levels, plan.done = append(report.Levels, l), append(plan.done, t)
	}
	return report, nil
}

// errEnough ends a level that has the events that it needs.
var errEnough = fmt.Errorf("enough events: %w", loadwright.ErrStop)

// calibrateLevel runs the app with so many users, for so long, and compares.
func calibrateLevel(ctx context.Context, o calibrateOptions, stop <-chan error, a attempt, timing string, interval time.Duration) (level, time.Duration, error) {
	truths := &record{pages: map[string]sampleapp.Truth{}}
	url, end, err := serveSampleApp(sampleAppOptions{Options: sampleapp.Options{Truth: truths.keep}})
	if err != nil {
		return level{}, 0, err
	}
	defer end()
	out, err := os.MkdirTemp("", "loadwright-calibrate-")
	if err != nil {
		return level{}, 0, err
	}
	defer os.RemoveAll(out)
	clicks, err := loadwright.Parse("calibration.yaml", []byte(rehearsal(o.kinds, timing, a, interval)))
	if err != nil {
		return level{}, 0, err
	}
	readings := &readings{}
	if len(o.users) == 0 && timing == "page" {
		readings.enough = enoughEvents
	}
	result, err := loadwright.Run(ctx, clicks, loadwright.Options{
		URL: url, Out: out, NoArchive: true, NoReport: true, UsersPerBrowser: o.perBrowser,
		BrowserPath: o.browserPath, NoSandbox: o.noSandbox, Stop: stop, Artefacts: -1,
		Sinks: []loadwright.Sink{readings},
	})
	if err != nil {
		return level{}, 0, err
	}
	l := compare(a.users, readings.all, truths.pages)
	l.Failures = int(result.All.Failures)
	l.Generator = result.Generator
	l.cost(result.Samples, a.warm)
	if result.Ended != nil && !errors.Is(result.Ended, errEnough) {
		return level{}, 0, result.Ended
	}
	return l, result.Elapsed, nil
}

// record keeps what the pages reported, by name.
type record struct {
	mu    sync.Mutex
	pages map[string]sampleapp.Truth
}

func (r *record) keep(t sampleapp.Truth) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pages[t.As] = t
}

// readings keeps the events of a level, and ends it when there are enough.
type readings struct {
	all    []loadwright.Event
	enough int // interacts that count; 0: the level is not ended
	counts int // of them, so far
	since  event.Instant
}

// Event implements [loadwright.Sink].
func (r *readings) Event(e *loadwright.Event) error {
	r.all = append(r.all, *e)
	if e.Phase == event.WarmUp {
		return nil
	}
	if r.since == 0 {
		r.since = e.Start
	}
	if e.Name == "interact" && e.Status == event.OK {
		r.counts++
	}
	if r.enough > 0 && r.counts >= r.enough && e.Stop.Sub(r.since) >= leastLevel {
		return errEnough
	}
	return nil
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

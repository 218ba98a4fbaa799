package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/sampleapp"
	"github.com/loadwright/loadwright/scenario"
)

type calibrateOptions struct {
	budget      time.Duration
	maxError    time.Duration
	maxUsers    int
	users       []int // exactly these; nil: 1, 2, 4, …
	browserPath string
	noSandbox   bool
	json        bool

	beats []scenario.Beat // what users do
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
	return nil
}

func newCalibrateCmd(s streams) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate [SCENARIO]",
		Short: "Hold readings against the truth, on this machine",
		Long: `Run the bundled app at known delays with more and more users, and hold what
loadwright reads against the page's own record of when it was clicked and when
the answer stood on it. Says how many users this machine can carry before the
p95 of the error passes --max-error or the load generator is saturated. Users
click, wait for the answer, think for 100 to 300 ms, and click again; with a
SCENARIO they load, act and think as often and as long as its users do (still on
the bundled app).`,
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
			if len(args) == 1 {
				o.beats, err = beatsOfFile(args[0])
			} else {
				o.beats, err = usualBeats()
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
	f.StringVar(&o.browserPath, "browser-path", "", "use the Chromium `FILE`")
	f.BoolVar(&o.noSandbox, "no-sandbox", false, "switch Chromium's sandbox off (as root it always is)")
	f.BoolVar(&o.json, "json", false, "print the figures as JSON, and nothing else, on standard output")
	return cmd
}

const (
	// leastLevel is how long a level takes at least: shorter ones have too few
	// events to say anything.
	leastLevel = 8 * time.Second
	// levelOverhead is what a level takes beside its load.
	levelOverhead = 6 * time.Second
)

// runCalibrate measures plain Playwright waits with one user, then our own with
// 1, 2, 4, … users until the machine has enough or time is up.
func runCalibrate(ctx context.Context, s streams, o calibrateOptions) error {
	ctx, interrupts := listenTwice(ctx, func() {})
	report, err := calibrateLevels(ctx, s, o, interrupts.stop)
	code := interrupts.end()
	switch {
	case err != nil:
		return interrupted(code, err)
	case o.json:
		text, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(s.out, string(text))
	default:
		report.write(s.out)
	}
	switch {
	case code != 0:
		return exitError{code: code, told: true}
	case report.Users == 0:
		return exitError{code: exitFailed, told: true}
	}
	return nil
}

func calibrateLevels(ctx context.Context, s streams, o calibrateOptions, stop <-chan error) (*calibration, error) {
	report := &calibration{MaxError: o.maxError.Seconds()}
	began := time.Now()
	// The plain way and the levels get equal shares: the four up to 8 users, or
	// those that are asked for. Where more fit, they are tried too.
	levels := 4
	if len(o.users) > 0 {
		levels = len(o.users)
	}
	share := max(leastLevel, o.budget/time.Duration(levels+1)-levelOverhead)
	fits := func() bool { return time.Since(began)+share+levelOverhead < o.budget }
	progress := func(users int, how string) {
		if !o.json {
			fmt.Fprintf(s.err, "%s, %s, %s …\n", countOf(users, "user"), how, share.Round(time.Second))
		}
	}
	progress(1, "plain Playwright waits")
	var err error
	if report.Plain, err = calibrateLevel(ctx, o, stop, 1, "wall", share); err != nil {
		return nil, err
	}
	for users := range o.levels() {
		if len(o.users) == 0 && users > 1 && !fits() {
			break
		}
		progress(users, "the page's clock")
		level, err := calibrateLevel(ctx, o, stop, users, "page", share)
		if errors.Is(err, errCut) {
			return report, nil
		}
		if err != nil {
			return nil, err
		}
		if !report.add(level) && len(o.users) == 0 {
			break
		}
	}
	return report, nil
}

// levels are the numbers of users to try.
func (o calibrateOptions) levels() iter.Seq[int] {
	if len(o.users) > 0 {
		return slices.Values(o.users)
	}
	return func(yield func(int) bool) {
		for users := 1; users <= o.maxUsers && yield(users); users *= 2 {
		}
	}
}

// errCut says that a level did not run to its end.
var errCut = errors.New("cut short")

// calibrateLevel runs the app with so many users and compares.
func calibrateLevel(ctx context.Context, o calibrateOptions, stop <-chan error, users int, timing string, long time.Duration) (level, error) {
	truths := &record{pages: map[string]sampleapp.Truth{}}
	url, end, err := serveSampleApp(sampleAppOptions{Options: sampleapp.Options{Truth: truths.keep}})
	if err != nil {
		return level{}, err
	}
	defer end()
	out, err := os.MkdirTemp("", "loadwright-calibrate-")
	if err != nil {
		return level{}, err
	}
	defer os.RemoveAll(out)
	clicks, err := loadwright.Parse("calibration.yaml", []byte(rehearsal(o.beats, timing)))
	if err != nil {
		return level{}, err
	}
	none := time.Duration(0)
	readings := &readings{}
	result, err := loadwright.Run(ctx, clicks, loadwright.Options{
		Users: users, Duration: long, StartInterval: &none, URL: url, Out: out, NoArchive: true,
		BrowserPath: o.browserPath, NoSandbox: o.noSandbox, Stop: stop, Artefacts: -1,
		Sinks: []loadwright.Sink{readings},
	})
	if err != nil {
		return level{}, err
	}
	l := compare(users, readings.all, truths.pages)
	l.Failures = int(result.All.Failures)
	l.Generator = result.Generator
	l.cost(result.Samples)
	if result.Ended != nil {
		return l, errCut
	}
	return l, nil
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

// readings keeps the interact events that were ok.
type readings struct{ all []loadwright.Event }

// Event implements [loadwright.Sink].
func (r *readings) Event(e *loadwright.Event) error {
	r.all = append(r.all, *e)
	return nil
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

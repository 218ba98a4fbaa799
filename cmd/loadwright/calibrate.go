package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

type calibrateOptions struct {
	budget      time.Duration
	maxError    time.Duration
	maxUsers    int
	browserPath string
	noSandbox   bool
	json        bool
}

func newCalibrateCmd(s streams) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Hold readings against the truth, on this machine",
		Long: `Run the bundled app at known delays with more and more users, and hold what
loadwright reads against the page's own record of when it was clicked and when
the answer stood on it. Says how many users this machine can carry before the
p95 of the error passes --max-error. Users click, wait for the answer, think for
100 to 300 ms, and click again: those of most scenarios need less.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCalibrate(cmd.Context(), s, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&o.budget, "budget", 3*time.Minute, "take `TIME` at most")
	f.DurationVar(&o.maxError, "max-error", 25*time.Millisecond, "accept readings whose p95 of the error is `TIME`")
	f.IntVar(&o.maxUsers, "max-users", 64, "go no further than `N` users")
	f.StringVar(&o.browserPath, "browser-path", "", "use the Chromium `FILE`")
	f.BoolVar(&o.noSandbox, "no-sandbox", false, "switch Chromium's sandbox off (as root it always is)")
	f.BoolVar(&o.json, "json", false, "print the figures as JSON, and nothing else, on standard output")
	return cmd
}

// calibrationDelays are what the app is asked for, in turn, in an order that
// each level shuffles: those of most apps, and some that fall between the
// moments at which Playwright looks (0, 20, 70, 170, 270, 770 ms, …).
var calibrationDelays = []string{"0", "50ms", "120ms", "200ms", "340ms", "500ms", "900ms", "1500ms"}

const (
	// leastLevel is how long a level takes at least: shorter ones have too few
	// events to say anything.
	leastLevel = 8 * time.Second
	// levelOverhead is what a level takes beside its load.
	levelOverhead = 6 * time.Second
	// clicksAPage is after how many clicks a user gets a fresh page.
	clicksAPage = 8
)

// runCalibrate measures plain Playwright waits with one user, then our own with
// 1, 2, 4, … users until the error is too large, the machine's limit is given,
// or time is up.
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
	left := func() time.Duration { return o.budget - time.Since(began) }
	// The plain way and the levels 1, 2, 4, 8 get equal shares.
	share := max(leastLevel, o.budget/5-levelOverhead)
	progress := func(users int, how string) {
		if !o.json {
			fmt.Fprintf(s.err, "%s, %s, %s …\n", countOf(users, "user"), how, share.Round(time.Second))
		}
	}
	progress(1, "plain Playwright waits")
	plain, err := calibrateLevel(ctx, o, stop, 1, "wall", share)
	if err != nil {
		return nil, err
	}
	report.Plain = plain
	for users := 1; users <= o.maxUsers && (users == 1 || left() > share+levelOverhead); users *= 2 {
		progress(users, "the page's clock")
		level, err := calibrateLevel(ctx, o, stop, users, "page", share)
		if errors.Is(err, errCut) {
			return report, nil
		}
		if err != nil {
			return nil, err
		}
		report.Levels = append(report.Levels, level)
		if level.P95 == nil {
			continue // too few events to say: more users have more
		}
		if *level.P95 > o.maxError.Seconds() {
			break
		}
		report.Users = users
	}
	return report, nil
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
	scenario, err := loadwright.Parse("calibration.yaml", []byte(calibrationScenario(timing)))
	if err != nil {
		return level{}, err
	}
	none := time.Duration(0)
	readings := &readings{}
	result, err := loadwright.Run(ctx, scenario, loadwright.Options{
		Users: users, Duration: long, StartInterval: &none, URL: url, Out: out, NoArchive: true,
		BrowserPath: o.browserPath, NoSandbox: o.noSandbox, Stop: stop, Artefacts: -1,
		Sinks: []loadwright.Sink{readings},
	})
	if err != nil {
		return level{}, err
	}
	l := compare(users, readings.all, truths.pages)
	l.Failures = int(result.All.Failures)
	if result.Ended != nil {
		return l, errCut
	}
	return l, nil
}

// calibrationScenario is what each user does. The page reports its record
// before it goes.
func calibrationScenario(timing string) string {
	delays := append([]string(nil), calibrationDelays...)
	rand.Shuffle(len(delays), func(i, j int) { delays[i], delays[j] = delays[j], delays[i] })
	return fmt.Sprintf(`name: calibration
url: http://localhost
timing: %s
load: {users: 1, graceful_stop: 30s}
steps:
  - goto: /app?load_delay=0&as=u${user}-i${iteration}&run_delay=%s
  - wait_for: {role: button, name: Run}
  - repeat: %d
    steps:
      - sleep: {between: [100ms, 300ms]}
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run ${i} in"}
  - evaluate: window.report()
`, timing, strings.Join(delays, ","), clicksAPage)
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

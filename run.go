package loadwright

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/loadwright/loadwright/browser"
	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/data"
	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/internal/serve"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// ErrStop in the chain of a sink's error ends the run in order.
var ErrStop = runner.ErrStop

var errStopped = errors.New("the run was stopped")

// scenarioName is the file, among the run's, that keeps the scenario.
const scenarioName = "scenario.yaml"

// interruptGrace is how long iterations in flight may go on after [Options.Stop].
const interruptGrace = 10 * time.Second

// Run carries out a scenario and waits for its end. A failed threshold is no
// error: it is in the Result; nor is being stopped by ctx, [Options.Stop] or a
// sink once the users are under way: [Result.Ended] tells. The error is a
// [*ScenarioError] when nothing was started, has [ErrNotRun] in its chain when
// the run could not be carried out, or is a [*PanicError]. The Result is nil
// where there is no file of results, and else holds what ran until then. The end
// of ctx ends the run at once.
func Run(ctx context.Context, s *Scenario, o Options) (*Result, error) {
	bound, port, err := s.ready(o)
	if err != nil {
		return nil, err
	}
	return carryOut(ctx, bound, port, o)
}

// ready is the scenario as it is to be run, and the port of the app that the run
// starts.
func (s *Scenario) ready(o Options) (*scenario.Scenario, int, error) {
	port, err := s.freePort(o)
	if err != nil {
		return nil, 0, notRun{err}
	}
	bound, err := s.bind(o, port, false)
	return bound, port, err
}

// carryOut is Run for a scenario that is bound.
func carryOut(ctx context.Context, bound *scenario.Scenario, port int, o Options) (*Result, error) {
	r := &run{options: o, scenario: bound, port: port, clock: event.NewClock(), live: stats.NewLive(bound.Thresholds), mask: mask.New(bound.Secrets()...)}
	for _, said := range bound.Overridden {
		r.log("%s", said)
	}
	done := make(chan struct{})
	defer close(done)
	preparing := r.obey(ctx, done)
	if err := r.prepare(preparing); err != nil {
		if preparing.Err() != nil {
			err = context.Cause(preparing)
		}
		return nil, notRun{r.masked(err)}
	}
	return r.do(ctx, preparing)
}

// run is one run under way.
type run struct {
	options  Options
	scenario *scenario.Scenario
	found    provision.Found
	clock    event.Clock
	files    *event.RunFiles
	live     *stats.Live
	sampler  *machine.Sampler
	control  runner.Control
	mask     *mask.Mask

	port      int        // of the app that the run starts
	app       *serve.App // nil: it is not the run's
	appOutput *mask.Writer
	appFile   *appLog
	replaces  bool // there are files of an earlier run in the folder
	rows      []*data.Rows
}

// prepare looks whether the app and a browser are there, makes the files, and
// starts the app where that is the run's to do.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.scenario.URL != "" && r.scenario.Serve == nil {
		if err := httpuser.Probe(ctx, r.scenario.URL); err != nil {
			return err
		}
	}
	if r.scenario.NeedsBrowser() {
		look := provision.Options{BrowserPath: r.options.BrowserPath, Headed: !r.scenario.Headless}
		if r.found, err = provision.Find(ctx, look); err != nil {
			return err
		}
	}
	if err := r.openFiles(); err != nil {
		return err
	}
	err = r.startApp(ctx)
	if err == nil {
		err = r.begin()
	}
	if err != nil {
		r.stopApp()
		r.files.Discard()
		if r.appFile != nil {
			os.Remove(r.appFile.path)
		}
	}
	return err
}

// openFiles makes the run's files. Without an archive those with the names that
// runs share are left alone until [run.begin].
func (r *run) openFiles() error {
	out := r.options.Out
	if out == "" {
		out = defaultOut
	}
	err := r.checkOut(out)
	if err == nil {
		r.files, err = event.Create(out, !r.options.NoArchive, r.clock.Origin().Time())
	}
	return err
}

// checkOut refuses a folder in which a run without an archive would write over
// files that are no run's: there are no events beside them, or it is the scenario
// itself.
func (r *run) checkOut(out string) error {
	if !r.options.NoArchive {
		return nil
	}
	entries, _ := os.ReadDir(out) // without it there is nothing to lose
	r.replaces = slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		is, _ := filepath.Match("loadwright*.csv", e.Name())
		return is
	})
	own, _ := os.Stat(r.scenario.File) // it may come from memory
	for _, name := range []string{scenarioName, summaryName, reportName, appOutput} {
		info, err := os.Stat(filepath.Join(out, name))
		if err == nil && (!r.replaces || own != nil && os.SameFile(info, own)) {
			return fmt.Errorf("results can't be written to %s: its %s is no run's, and would be lost; choose another folder with --out", out, name)
		}
	}
	return nil
}

// begin gives the run the place of an earlier one in its folder, now that nothing
// keeps it from beginning.
func (r *run) begin() error {
	if r.replaces {
		if err := r.files.Clear(); err != nil {
			return err
		}
	}
	if r.appFile != nil {
		if err := r.appFile.move(r.files.Path(appOutput)); err != nil {
			return err
		}
	}
	return r.files.WriteFile(scenarioName, r.scenario.Source)
}

// do carries out what was prepared; preparing ends with the wish to stop.
func (r *run) do(ctx, preparing context.Context) (*Result, error) {
	pages := r.pages()
	r.sampler = machine.NewSampler(r.clock, func() []int {
		if pages == nil {
			return nil
		}
		return pages.Processes()
	}, func() int { return r.control.Progress().Active })
	if r.app != nil {
		r.sampler.SetApp(r.app.PID())
	}
	r.sampler.Start()
	if r.options.Follow != nil {
		r.options.Follow(&Running{r, r.files.CSV})
	}
	died := r.watchApp(ctx)
	outcome, err := r.users(ctx, preparing, pages)
	if why := died(); why != nil && err == nil {
		err = why
	}
	r.sampler.Stop()
	var found *capacity.Record
	if r.options.bench != nil {
		found = r.options.bench.answer(err)
	}
	browserVersion := ""
	if pages != nil {
		browserVersion = pages.Version()
		if closing := pages.Close(); closing != nil {
			r.log("closing the browsers: %v", closing)
		}
	}
	r.stopApp()
	// What fails from here on fails for the same reason, if something did before.
	if closing := r.files.Close(); err == nil {
		err = closing
	}
	if why := r.files.NotLatest; why != nil {
		r.log("%s is not this run's: %v. Its events are in %s.", r.files.Latest, why, r.files.CSV)
	}
	result := r.result(outcome)
	result.Capacity = found
	if errors.Is(result.Ended, errSearched) {
		result.Ended = nil
	}
	if summing := r.writeSummary(ctx, result, browserVersion); summing != nil {
		result.Summary = ""
		if err == nil {
			err = summing
		}
	}
	if !r.options.NoReport {
		// The results are there without it.
		if reporting := r.writeReport(); reporting != nil {
			r.log("%s is missing: %v", reportName, reporting)
		} else {
			result.Report = r.files.Path(reportName)
		}
	}
	var bug *runner.PanicError
	if err != nil && !errors.As(err, &bug) {
		err = notRun{r.masked(err)}
	}
	return result, err
}

// users lets the users do what the scenario says.
func (r *run) users(ctx, preparing context.Context, pages *browser.Pool) (runner.Outcome, error) {
	seed := r.seed()
	rows, err := r.openRows(seed)
	defer r.closeRows()
	if err != nil {
		return runner.Outcome{}, err
	}
	if pages != nil {
		// The load's time is not for the start of a browser. Who is stopped
		// meanwhile has a run that ends as it begins.
		if err := pages.Warm(preparing); err != nil && preparing.Err() == nil {
			return runner.Outcome{}, err
		}
	}
	artefacts := r.options.Artefacts
	if artefacts == 0 {
		artefacts = defaultArtefacts
	}
	sinks := []runner.Sink{r.files, r.live, r.sampler}
	if r.options.bench == nil { // a search goes on past what would end a run
		sinks = append(sinks, &aborter{live: r.live})
	}
	for _, s := range r.options.Sinks {
		sinks = append(sinks, s)
	}
	funcs := map[string]runner.Func{}
	for name, f := range r.options.UserFuncs {
		funcs[name] = func(h *runner.Hand) error { return f(&User{h}) }
	}
	requests := httpuser.NewUsers(httpuser.Options{BaseURL: r.scenario.URL, HTTP: r.scenario.HTTP, Clock: r.clock})
	defer requests.Close()
	return runner.Run(ctx, runner.Config{
		Scenario:      r.scenario,
		Opener:        sessions{pages, requests, r.sampler},
		Sinks:         sinks,
		Data:          rows,
		Funcs:         funcs,
		Seed:          &seed,
		Trust:         r.sampler.Trust,
		Clock:         r.clock,
		Artefacts:     max(0, artefacts),
		ArtefactDir:   r.files.Dir,
		ScreenshotDir: r.files.Dir,
		Mask:          r.mask,
		Control:       &r.control,
	})
}

// seed is the scenario's, or one that is drawn.
func (r *run) seed() int64 {
	if r.scenario.Seed != nil {
		return *r.scenario.Seed
	}
	return rand.Int64()
}

// pages is the pool of browsers; nil where no user needs one.
func (r *run) pages() *browser.Pool {
	if !r.scenario.NeedsBrowser() {
		return nil
	}
	noSandbox := r.options.NoSandbox
	if os.Geteuid() == 0 && !noSandbox {
		noSandbox = true
		r.log("Chromium's sandbox is off, because it cannot be used as root.")
	}
	if r.found.Slow && r.scenario.Headless {
		r.log("%s runs headless: it costs about three times as much as chromium-headless-shell (see: loadwright install).", r.found.Kind)
	}
	users := r.scenario.Load.Most()
	if r.scenario.Headless { // windows are tiled for those who come for sure
		users = max(users, r.options.MostUsers)
	}
	return browser.NewPool(browser.Options{
		Found:     r.found,
		Clock:     r.clock,
		Headless:  r.scenario.Headless,
		Timing:    r.scenario.Timing,
		BaseURL:   r.scenario.URL,
		Browser:   r.scenario.Browser,
		HTTP:      r.scenario.HTTP,
		Users:     users,
		PerPair:   r.options.UsersPerBrowser,
		NoSandbox: noSandbox,
		Mask:      r.mask,
		Log:       r.options.DriverLog,
	})
}

// obey waits for the wish to stop. It passes it on to the users, and ends the
// context that it returns: that of the preparations.
func (r *run) obey(ctx context.Context, done <-chan struct{}) context.Context {
	preparing, cancel := context.WithCancelCause(ctx)
	go func() {
		defer cancel(nil)
		stop := r.options.Stop
		var dial <-chan int
		var dialRate <-chan float64
		if b := r.options.bench; b != nil {
			dial, dialRate = b.users, b.rate
		}
		for {
			select {
			case users := <-dial:
				if err := r.control.Dial(users); err != nil {
					r.log("%v", err)
				}
			case rate := <-dialRate:
				if err := r.control.DialRate(rate); err != nil {
					r.log("%v", err)
				}
			case reason := <-stop:
				if reason == nil {
					reason = errStopped
				}
				r.control.Stop(reason, min(interruptGrace, r.scenario.Load.GracefulStop))
				cancel(reason)
				stop = nil // the first one counts
			case <-done:
				return
			}
		}
	}()
	return preparing
}

func (r *run) log(format string, args ...any) {
	if r.options.Log != nil {
		fmt.Fprintf(r.options.Log, format+"\n", args...)
	}
}

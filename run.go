package loadwright

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loadwright/loadwright/browser"
	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// ErrStop in the chain of a sink's error ends the run in order.
var ErrStop = runner.ErrStop

var errStopped = errors.New("the run was stopped")

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
	bound, err := s.bind(o, false)
	if err != nil {
		return nil, err
	}
	r := &run{options: o, scenario: bound, clock: event.NewClock()}
	done := make(chan struct{})
	defer close(done)
	preparing := r.obey(ctx, done)
	if err := r.prepare(preparing); err != nil {
		if preparing.Err() != nil {
			err = context.Cause(preparing)
		}
		return nil, notRun{r.masked(err)}
	}
	return r.do(ctx)
}

// run is one run under way.
type run struct {
	options  Options
	scenario *scenario.Scenario
	found    provision.Found
	clock    event.Clock
	files    *event.RunFiles
	live     stats.Live
	sampler  *machine.Sampler
	control  runner.Control
}

// prepare looks whether the app and a browser are there, and makes the files.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.scenario.URL != "" {
		if err := httpuser.Probe(ctx, r.scenario.URL); err != nil {
			return err
		}
	}
	look := provision.Options{BrowserPath: r.options.BrowserPath, Headed: !r.scenario.Headless}
	if r.found, err = provision.Find(ctx, look); err != nil {
		return err
	}
	return r.openFiles()
}

func (r *run) openFiles() error {
	out := r.options.Out
	if out == "" {
		out = defaultOut
	}
	files, err := event.Create(out, !r.options.NoArchive, r.clock.Origin().Time())
	if err != nil {
		return err
	}
	r.files = files
	err = files.WriteFile("scenario.yaml", r.scenario.Source)
	if err != nil {
		// A run that did not begin leaves nothing, and takes no other's place.
		os.Remove(files.CSV)
		if !r.options.NoArchive {
			os.Remove(files.Dir)
		}
		_ = files.Close()
	}
	return err
}

func (r *run) do(ctx context.Context) (*Result, error) {
	pool := r.pool()
	r.sampler = machine.NewSampler(r.clock, pool.Processes, func() int { return r.control.Progress().Active })
	r.sampler.Start()
	if r.options.Watch != nil {
		r.options.Watch(r.progress)
	}
	outcome, err := r.users(ctx, pool)
	r.sampler.Stop()
	browserVersion := pool.Version()
	if closing := pool.Close(); closing != nil {
		r.log("closing the browsers: %v", closing)
	}
	// What fails from here on fails for the same reason, if something did before.
	if closing := r.files.Close(); err == nil {
		err = closing
	}
	result := r.result(outcome, browserVersion)
	if summing := r.writeSummary(ctx, result); summing != nil {
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
func (r *run) users(ctx context.Context, pool *browser.Pool) (runner.Outcome, error) {
	artefacts := r.options.Artefacts
	if artefacts == 0 {
		artefacts = defaultArtefacts
	}
	sinks := []runner.Sink{r.files, &r.live, r.sampler}
	for _, s := range r.options.Sinks {
		sinks = append(sinks, s)
	}
	return runner.Run(ctx, runner.Config{
		Scenario:      r.scenario,
		Opener:        timedOpener{pool, r.sampler},
		Sinks:         sinks,
		Trust:         r.sampler.Trust,
		Clock:         r.clock,
		Artefacts:     max(0, artefacts),
		ArtefactDir:   r.files.Dir,
		ScreenshotDir: r.files.Dir,
		Control:       &r.control,
	})
}

// timedOpener tells the sampler how long sessions took to open.
type timedOpener struct {
	runner.Opener
	sampler *machine.Sampler
}

func (o timedOpener) Open(ctx context.Context, u runner.UserInfo, state *runner.State) (runner.Session, error) {
	began := time.Now()
	s, err := o.Opener.Open(ctx, u, state)
	o.sampler.Opened(time.Since(began))
	return s, err
}

func (r *run) pool() *browser.Pool {
	noSandbox := r.options.NoSandbox
	if os.Geteuid() == 0 && !noSandbox {
		noSandbox = true
		r.log("Chromium's sandbox is off, because it cannot be used as root.")
	}
	if r.found.Slow && r.scenario.Headless {
		r.log("%s runs headless: it costs about three times as much as chromium-headless-shell (see: loadwright install).", r.found.Kind)
	}
	return browser.NewPool(browser.Options{
		Found:     r.found,
		Clock:     r.clock,
		Headless:  r.scenario.Headless,
		Timing:    r.scenario.Timing,
		BaseURL:   r.scenario.URL,
		Browser:   r.scenario.Browser,
		HTTP:      r.scenario.HTTP,
		Users:     r.scenario.Load.Users,
		PerPair:   r.options.UsersPerBrowser,
		NoSandbox: noSandbox,
		Log:       r.options.DriverLog,
	})
}

// obey waits for the wish to stop. It passes it on to the users, and ends the
// context that it returns: that of the preparations.
func (r *run) obey(ctx context.Context, done <-chan struct{}) context.Context {
	preparing, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case reason := <-r.options.Stop:
			if reason == nil {
				reason = errStopped
			}
			r.control.Stop(reason, min(interruptGrace, r.scenario.Load.GracefulStop))
			cancel(reason)
			<-done
		case <-done:
		}
		cancel(nil)
	}()
	return preparing
}

func (r *run) log(format string, args ...any) {
	if r.options.Log != nil {
		fmt.Fprintf(r.options.Log, format+"\n", args...)
	}
}

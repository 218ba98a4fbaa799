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
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// ErrStop in the chain of a sink's error ends the run in order.
var ErrStop = runner.ErrStop

// interruptGrace is how long iterations in flight may go on after [Options.Stop].
const interruptGrace = 10 * time.Second

// Run carries out a scenario and waits for its end. A failed threshold is no
// error: it is in the Result. The error is a [*ScenarioError] when nothing was
// started, or has [ErrNotRun] in its chain; the Result is then nil, or holds
// what ran until then. The end of ctx ends the run at once.
func Run(ctx context.Context, s *Scenario, o Options) (*Result, error) {
	bound, err := s.bind(o)
	if err != nil {
		return nil, err
	}
	if bound.URL != "" {
		if err := httpuser.Probe(ctx, bound.URL); err != nil {
			return nil, notRun{err}
		}
	}
	found, err := provision.Find(ctx, provision.Options{BrowserPath: o.BrowserPath, Headed: !bound.Headless})
	if err != nil {
		return nil, notRun{err}
	}
	r := &run{options: o, scenario: bound, found: found, clock: event.NewClock()}
	if err := r.openFiles(); err != nil {
		return nil, notRun{err}
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
	control  runner.Control
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
	return files.WriteFile("scenario.yaml", r.scenario.Source)
}

func (r *run) do(ctx context.Context) (*Result, error) {
	pool := r.pool()
	if r.options.Watch != nil {
		r.options.Watch(r.progress)
	}
	done := make(chan struct{})
	go r.obey(done)
	outcome, err := r.users(ctx, pool)
	close(done)

	browserVersion := pool.Version()
	if closing := pool.Close(); closing != nil {
		r.log("closing the browsers: %v", closing)
	}
	err = errors.Join(err, r.files.Close())
	result := r.result(outcome, browserVersion)
	err = errors.Join(err, r.writeSummary(ctx, result))
	var bug *runner.PanicError
	if err != nil && !errors.As(err, &bug) {
		err = notRun{err}
	}
	return result, err
}

// users lets the users do what the scenario says.
func (r *run) users(ctx context.Context, pool *browser.Pool) (runner.Outcome, error) {
	artefacts := r.options.Artefacts
	if artefacts == 0 {
		artefacts = defaultArtefacts
	}
	sinks := []runner.Sink{r.files, &r.live}
	for _, s := range r.options.Sinks {
		sinks = append(sinks, s)
	}
	return runner.Run(ctx, runner.Config{
		Scenario:      r.scenario,
		Opener:        pool,
		Sinks:         sinks,
		Clock:         r.clock,
		Artefacts:     max(0, artefacts),
		ArtefactDir:   r.files.Dir,
		ScreenshotDir: r.files.Dir,
		Control:       &r.control,
	})
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
		NoSandbox: noSandbox,
		Log:       r.options.DriverLog,
	})
}

// obey passes a wish to stop on to the users.
func (r *run) obey(done <-chan struct{}) {
	select {
	case reason := <-r.options.Stop:
		r.control.Stop(reason, min(interruptGrace, r.scenario.Load.GracefulStop))
	case <-done:
	}
}

func (r *run) log(format string, args ...any) {
	if r.options.Log != nil {
		fmt.Fprintf(r.options.Log, format+"\n", args...)
	}
}

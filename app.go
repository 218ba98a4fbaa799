package loadwright

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/internal/serve"
)

// appOutput is the file, among the run's, that gets what the app writes.
const appOutput = "app.log"

// startApp starts the app under test, where the scenario says how.
func (r *run) startApp(ctx context.Context) error {
	if r.scenario.Serve == nil {
		return nil
	}
	path := r.files.Path(appOutput)
	if r.options.NoArchive {
		path = strings.TrimSuffix(r.files.CSV, ".csv") + "_" + appOutput
	}
	out, err := newAppLog(path)
	if err != nil {
		return err
	}
	r.appOutput, r.appFile = mask.NewWriter(out, r.mask), out
	r.app, err = r.serve(ctx)
	return err
}

// appLog is the file of what the app writes. Without an archive it has a name of
// its own until the run begins: an app that does not start takes nothing from an
// earlier run.
type appLog struct {
	path string

	mu   sync.Mutex
	file *os.File
}

func newAppLog(path string) (*appLog, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return &appLog{path: path, file: file}, err
}

func (l *appLog) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Write(text)
}

// move gives the file another name. It is closed meanwhile, since Windows moves no
// file that is open.
func (l *appLog) move(path string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.path == path {
		return nil
	}
	err := errors.Join(l.file.Close(), os.Rename(l.path, path))
	if err != nil {
		return err
	}
	l.path = path
	l.file, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	return err
}

func (l *appLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// serve starts the app, and waits until it answers.
func (r *run) serve(ctx context.Context) (*serve.App, error) {
	return serve.Start(ctx, serve.Options{
		Serve: *r.scenario.Serve, URL: r.scenario.URL, Port: r.port, Output: r.appOutput, Mask: r.mask.Hide,
		Ready: httpuser.Ready, Listening: machine.Listening,
	})
}

// stopApp ends the app with all its processes.
func (r *run) stopApp() {
	if r.app != nil {
		if err := r.app.Stop(); err != nil {
			r.log("the app under test: %v", err)
		}
	}
	if r.appOutput != nil {
		if err := errors.Join(r.appOutput.Close(), r.appFile.Close()); err != nil {
			r.log("what the app wrote: %v", err)
		}
	}
}

// watchApp ends the run when the app dies; where a search for the capacity is
// on, which takes that for a result, it starts the app again. It returns what
// tells, once the run is over, why the app is dead; nil where it is not.
func (r *run) watchApp(ctx context.Context) (died func() error) {
	if r.app == nil {
		return func() error { return nil }
	}
	ctx, over := context.WithCancel(ctx)
	done := make(chan struct{})
	var why error
	go func() {
		defer close(done)
		for why == nil {
			select {
			case <-r.app.Died():
				why = r.app.Err()
			case <-ctx.Done():
				return
			}
			switch b := r.options.bench; {
			case b == nil:
				r.control.Stop(why, 0)
			case r.revive(ctx, b, why):
				why = nil
			}
		}
	}()
	return func() error {
		over()
		<-done
		return why
	}
}

// mostStarts is how often a search tries to start an app again.
const mostStarts = 5

// revive starts an app again that has died; false: it can't be, and the search
// has been told.
func (r *run) revive(ctx context.Context, b *bench, why error) bool {
	r.sampler.SetApp(0)
	b.appDied(why)
	_ = r.app.Stop() // what is left of it
	var app *serve.App
	var err error
	for try := range mostStarts {
		// Users who are on their way at once when it is there may end it again.
		wait := time.NewTimer(time.Duration(try) * time.Second)
		select {
		case <-wait.C:
		case <-ctx.Done():
		}
		wait.Stop()
		if app, err = r.serve(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		if ctx.Err() == nil {
			r.log("The app could not be started again: %v", r.masked(err))
		}
		b.appStarted(true)
		return false
	}
	r.app = app
	r.sampler.SetApp(app.PID())
	b.appStarted(false)
	return true
}

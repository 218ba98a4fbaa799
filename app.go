package loadwright

import (
	"context"
	"errors"
	"os"

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
	out, err := os.Create(r.files.Path(appOutput))
	if err != nil {
		return err
	}
	r.appOutput, r.appFile = mask.NewWriter(out, r.mask), out
	r.app, err = serve.Start(ctx, serve.Options{
		Serve: *r.scenario.Serve, URL: r.scenario.URL, Port: r.port, Output: r.appOutput, Mask: r.mask.Hide,
		Ready: httpuser.Ready, Listening: machine.Listening,
	})
	return err
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

// watchApp ends the run when the app dies. It returns what tells, once the run
// is over, why it died; nil where it has not.
func (r *run) watchApp() (died func() error) {
	if r.app == nil {
		return func() error { return nil }
	}
	over, done := make(chan struct{}), make(chan struct{})
	var why error
	go func() {
		defer close(done)
		select {
		case <-r.app.Died():
			why = r.app.Err()
			r.control.Stop(why, 0)
		case <-over:
		}
	}()
	return func() error {
		close(over)
		<-done
		return why
	}
}

package loadwright

import (
	"context"
	"errors"
	"time"

	"github.com/loadwright/loadwright/internal/machine"
)

// Machine is what machine a run was carried out on.
type Machine = machine.Machine

// Running is a run under way, for whoever shows or steers it: see
// [Options.Follow]. Its methods may be called from any goroutine until Run has
// returned, whose Result says the rest.
type Running struct {
	run *run
	csv string
}

// Progress is where the run stands.
func (r *Running) Progress() Progress { return r.run.progress() }

// Result is what was found so far, made as the one at the end is. Began is zero
// until the load begins. Summary and Report are not there yet; Failures are in
// the events.
func (r *Running) Result() *Result {
	res := r.run.soFar(r.run.control.Outcome())
	if res.Began.UnixNano() == 0 {
		res.Began = time.Time{}
		res.Samples = nil // of the preparations
	}
	res.CSV = r.csv
	return res
}

// Summary is what summary.json would hold if the run ended now.
func (r *Running) Summary(ctx context.Context) ([]byte, error) {
	return r.run.summary(ctx, r.Result(), "")
}

// Machine looks what machine this is.
func (r *Running) Machine(ctx context.Context) Machine { return machine.Describe(ctx) }

// errStages is why stages can't be dialled.
var errStages = errors.New("the scenario's stages say how many users there are")

// errArrivals is why arrivals can't be.
var errArrivals = errors.New("the users of this load come by a rate, and each goes when it is done")

// Fixed says why SetUsers can't change the number of users; nil where it can.
func (r *Running) Fixed() error {
	switch load := r.run.scenario.Load; {
	case load.Open():
		return errArrivals
	case len(load.Stages) > 0:
		return errStages
	}
	return nil
}

// SetUsers changes the number of users of a closed load: new ones begin at once,
// those with the highest numbers leave in order. It returns when that is on its
// way.
func (r *Running) SetUsers(n int) error {
	if err := r.Fixed(); err != nil {
		return err
	}
	return r.run.control.Dial(n)
}

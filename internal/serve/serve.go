// Package serve runs the app under test: it starts it, waits until it answers,
// keeps what it says last, and ends it with all its processes.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/proc"
	"github.com/loadwright/loadwright/scenario"
)

// Options say what is started, and who is asked about it.
type Options struct {
	Serve scenario.Serve
	URL   string // where users find the app
	Port  int    // ${port}: what the command was given; 0: nothing

	// Output gets all that the app writes, at once. Where it fails, the app goes
	// on and Stop says so. nil: nobody does.
	Output io.Writer
	// Mask is applied to what errors tell of the app's output. nil leaves it.
	Mask func(line string) string

	// Ready asks an address once; nil is yes, an error why not.
	Ready func(ctx context.Context, address string) error
	// Listening names the ports that the tree below a process listens on. nil,
	// and an empty answer: it is not known.
	Listening func(ctx context.Context, pid int) []int
}

const (
	// nestPrefix is how the folders of apps' nests begin.
	nestPrefix = "loadwright-app-"
	// readyInterval is between two looks at whether the app is ready.
	readyInterval = 100 * time.Millisecond
	// stopGrace is how long the app may take to end when it is asked to.
	stopGrace = 5 * time.Second
	// cancelGrace is the same where the user does not want to wait.
	cancelGrace = time.Second
)

// App is an app under test that runs.
type App struct {
	o       Options
	address string // that says whether it is ready
	nest    *proc.Nest
	tree    *proc.Tree
	output  *tail

	died     chan struct{}
	watching sync.WaitGroup
	stop     func() error

	mu       sync.Mutex
	stopping bool
	err      error
}

// Start starts the app and returns once it is ready. The error is an [*Error],
// or the cause of ctx's end; nothing is left of the app then. Otherwise the
// caller calls Stop; however this process ends, the app ends with it.
func Start(ctx context.Context, o Options) (*App, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	address, err := readyAddress(o)
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	cmd, err := command(o.Serve)
	if err != nil {
		return nil, &Error{Reason: err.Error()}
	}
	if why := o.taken(ctx); why != "" {
		return nil, &Error{Reason: why}
	}
	_ = proc.SweepStale(nestPrefix) // of runs that were killed with their guards; it is tried again
	nest, err := proc.NewNest(nestPrefix)
	if err != nil {
		return nil, err
	}
	a := &App{o: o, address: address, nest: nest, output: newTail(o.Output), died: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = a.output, a.output
	if a.tree, err = nest.Start(cmd); err != nil {
		return nil, errors.Join(&Error{Reason: fmt.Sprintf("the app (%s) could not be started: %v", commandLine(o.Serve.Command), err)}, nest.Close())
	}
	a.stop = sync.OnceValue(func() error { return a.end(stopGrace) })
	if err := a.untilReady(ctx); err != nil {
		grace := stopGrace
		if ctx.Err() != nil {
			grace = cancelGrace
		}
		return nil, errors.Join(err, a.end(grace))
	}
	a.watching.Go(a.watch)
	return a, nil
}

// readyAddress is the address that says whether the app is ready.
func readyAddress(o Options) (string, error) {
	base, err := url.Parse(o.URL)
	if err != nil {
		return "", err
	}
	ready, err := base.Parse(o.Serve.Ready)
	if err != nil {
		return "", err
	}
	return ready.String(), nil
}

// untilReady waits until the app answers.
func (a *App) untilReady(ctx context.Context) error {
	waiting, cancel := context.WithTimeout(ctx, a.o.Serve.Timeout)
	defer cancel()
	go func() { // an answer is not waited for that nobody can give any more
		select {
		case <-a.tree.Done():
			cancel()
		case <-waiting.Done():
		}
	}()
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	var said error
	for {
		asked := time.Now()
		err := a.ask(waiting)
		if said == nil || waiting.Err() == nil || time.Since(asked) > readyInterval {
			said = err // else the end of the wait cut the answer short
		}
		if err == nil && !a.over() && ctx.Err() == nil {
			return a.another(ctx)
		}
		select {
		case <-tick.C:
			continue
		case <-waiting.Done():
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case a.over():
			return a.ended(false)
		}
		return a.late(said)
	}
}

// over tells whether the app has ended.
func (a *App) over() bool {
	select {
	case <-a.tree.Done():
		return true
	default:
		return false
	}
}

// ask looks once. A first answer may take long, because the app builds its pages
// with it; but a request that nobody will ever answer must not use up all the
// time there is.
func (a *App) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, a.o.Serve.Timeout/2)
	defer cancel()
	return a.o.Ready(ctx, a.address)
}

// PID is the id of the process that the command is; those that it starts are
// its descendants, or in its process group.
func (a *App) PID() int { return a.tree.PID() }

// Died is closed when the app has ended though nobody stopped it. [App.Err]
// then says more.
func (a *App) Died() <-chan struct{} { return a.died }

// Err says how the app ended, an [*Error]; nil as long as it runs, and where Stop
// ended it.
func (a *App) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

func (a *App) watch() {
	<-a.tree.Done()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.stopping {
		a.err = a.ended(true)
		close(a.died)
	}
}

// Stop asks the app and all its processes to end, kills what is left of them
// after 5 s, and waits for it. The error is about the app's output that could
// not be written, or processes that can't be ended.
func (a *App) Stop() error { return a.stop() }

func (a *App) end(grace time.Duration) error {
	a.mu.Lock()
	a.stopping = true
	a.mu.Unlock()
	_ = a.tree.Stop(grace) // how an app ends when told to is its own affair
	a.watching.Wait()
	return errors.Join(a.output.err(), a.nest.Close())
}

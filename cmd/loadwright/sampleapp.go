package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright/internal/sampleapp"
)

type sampleAppOptions struct {
	sampleapp.Options
	port int
	seed uint64
}

func newSampleAppCmd(s streams) *cobra.Command {
	var o sampleAppOptions
	cmd := &cobra.Command{
		Use:   "sample-app",
		Short: "Serve the bundled app, to try things on",
		Long: `Serve the bundled app: a page with a button whose load and whose runs take
exactly so long. The page keeps its own record of when it was clicked and when
the answer stood on it, which measurements can be held against. With --workers
it is a queue, whose response times theory knows: M/D/c, or M/M/c with --service
exponential.`,
		Example: `  loadwright sample-app --run-delay 200ms
  loadwright sample-app --workers 1     # one request at a time, like Panel
  loadwright sample-app --workers 2 --service exponential --load-delay 0`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.check(), o.checkService(cmd.Flags())); err != nil {
				return err
			}
			return runSampleApp(cmd.Context(), s, o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.port, "port", 5006, "listen on port `N`; 0 takes a free one")
	f.IntVar(&o.DieAt, "die-at", 0, "end with an error when `N` requests are there at once; 0: never")
	o.flags(f)
	f.StringVar((*string)(&o.Service), "service", string(sampleapp.Exact), "let runs take TIME `HOW`: exact, or exponential with that mean")
	f.Uint64Var(&o.seed, "seed", 0, "draw the same exponential times each time, by `N` (default: others each time)")
	return cmd
}

// flags are those of the app; demo has them too.
func (o *sampleAppOptions) flags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.DurationVar(&o.LoadDelay, "load-delay", 500*time.Millisecond, "let a page take `TIME` to load")
	f.DurationVar(&o.RunDelay, "run-delay", 500*time.Millisecond, "let a run take `TIME`")
	f.IntVar(&o.Workers, "workers", 0, "work on `N` requests at a time; 0: on all")
}

// check refuses values that cannot be meant.
func (o *sampleAppOptions) check() error {
	switch {
	case o.port < 0 || o.port > 65535:
		return usageError{fmt.Errorf("--port %d: a port is a number from 1 to 65535, or 0 for a free one", o.port)}
	case o.LoadDelay < 0:
		return usageError{fmt.Errorf("--load-delay %s: it must be 0 or more", o.LoadDelay)}
	case o.RunDelay < 0:
		return usageError{fmt.Errorf("--run-delay %s: it must be 0 or more", o.RunDelay)}
	case o.DieAt < 0:
		return usageError{fmt.Errorf("--die-at %d: it must be 0 or more", o.DieAt)}
	case o.Workers < 0:
		return usageError{fmt.Errorf("--workers %d: it must be 0 or more", o.Workers)}
	}
	return nil
}

// checkService refuses ways to take time that there aren't, and makes the seed
// the source of the times.
func (o *sampleAppOptions) checkService(f *pflag.FlagSet) error {
	switch seeded := f.Changed("seed"); {
	case o.Service != sampleapp.Exact && o.Service != sampleapp.Exponential:
		return usageError{fmt.Errorf("--service %s: it must be exact or exponential", o.Service)}
	case seeded && o.Service == sampleapp.Exact:
		return usageError{errors.New("--seed: with exact times nothing is drawn: add --service exponential")}
	case seeded:
		o.Source = rand.NewPCG(o.seed, 0)
	}
	return nil
}

func runSampleApp(ctx context.Context, s streams, o sampleAppOptions) error {
	ctx, interrupts := listen(ctx)
	defer interrupts.end()
	dead := make(chan error, 1)
	o.Die = func(requests int) {
		select {
		case dead <- fmt.Errorf("the sample app dies of %d requests at once", requests):
		default:
		}
	}
	url, stop, err := serveSampleApp(o)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintf(s.out, "The sample app is at %s/app (Ctrl-C ends it).\n", url)
	select {
	case err := <-dead:
		return err
	case <-ctx.Done():
		return nil
	}
}

// serveSampleApp serves the app on the loopback interface until stop is called.
func serveSampleApp(o sampleAppOptions) (url string, stop func(), err error) {
	server, err := sampleapp.New(o.Options).Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		err = fmt.Errorf("port %d is in use; choose another with --port, or 0 for a free one", o.port)
	}
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(ctx) // it ends with the context
	}()
	return server.URL(), func() { cancel(); <-ended }, nil
}

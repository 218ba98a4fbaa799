package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/internal/sampleapp"
)

type sampleAppOptions struct {
	sampleapp.Options
	port int
}

func newSampleAppCmd(s streams) *cobra.Command {
	var o sampleAppOptions
	cmd := &cobra.Command{
		Use:   "sample-app",
		Short: "Serve the bundled app, to try things on",
		Long: `Serve the bundled app: a page with a button whose load and whose runs take exactly
so long. The page keeps its own record of when it was clicked and when the answer
stood on it, which measurements can be held against.`,
		Example: `  loadwright sample-app --run-delay 200ms
  loadwright sample-app --workers 1     # one request at a time, as a Panel server does`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSampleApp(cmd.Context(), s, o) },
	}
	o.flags(cmd)
	cmd.Flags().IntVar(&o.port, "port", 5006, "listen on this `port`; 0 takes a free one")
	return cmd
}

// flags are those of the app; demo has them too.
func (o *sampleAppOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&o.LoadDelay, "load-delay", 500*time.Millisecond, "how long the page takes to load")
	f.DurationVar(&o.RunDelay, "run-delay", 500*time.Millisecond, "how long a run takes")
	f.IntVar(&o.Workers, "workers", 0, "how many `requests` are worked on at a time; 0: all")
}

func runSampleApp(ctx context.Context, s streams, o sampleAppOptions) error {
	ctx, interrupts := listen(ctx)
	url, stop, err := serveSampleApp(o)
	if err != nil {
		interrupts.end()
		return err
	}
	defer stop()
	fmt.Fprintf(s.out, "The sample app is at %s/app (Ctrl-C ends it).\n", url)
	select {
	case <-interrupts.stop:
	case <-ctx.Done():
	}
	interrupts.end()
	return nil
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

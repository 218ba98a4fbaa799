package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/report/page"
)

type viewOptions struct {
	port   int
	noOpen bool
}

func newViewCmd(s streams) *cobra.Command {
	var o viewOptions
	cmd := &cobra.Command{
		Use:   "view [FILE|FOLDER]…",
		Short: "Look at results in the browser",
		Long: `Serve the page of results on this machine, and open it: a list of the runs in a
folder (test_results unless another is named), or the files that are named, laid
over one another. Events CSVs of Python Loadwright can be looked at too. A file
that grows is followed. Ctrl-C ends it.`,
		Example: `  loadwright view
  loadwright view before.csv after.csv`,
		ValidArgsFunction: resultFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.port < 0 || o.port > 65535 {
				return usageError{fmt.Errorf("--port %d: a port is a number from 1 to 65535, or 0 for a free one", o.port)}
			}
			if len(args) == 0 {
				args = []string{"test_results"}
			}
			return runView(cmd.Context(), s, o, args)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.IntVar(&o.port, "port", 0, "listen on port `N`; 0 takes a free one")
	f.BoolVar(&o.noOpen, "no-open", false, "open no browser")
	return cmd
}

func runView(ctx context.Context, s streams, o viewOptions, paths []string) error {
	ctx, interrupts := listen(ctx)
	defer interrupts.end()
	found, missing := page.Find(paths...)
	if len(found) == 0 && missing != nil {
		return usageError{missing}
	}
	var err error
	for _, path := range found {
		if slices.Contains(paths, path) { // a file that was named
			err = errors.Join(err, page.Check(path))
		}
	}
	if err != nil {
		return usageError{err}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is in use; choose another with --port, or 0 for a free one", o.port)
	}
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	if missing != nil {
		fmt.Fprintln(s.err, missing)
	}
	if len(found) == 0 {
		fmt.Fprintf(s.err, "There is no run in %s yet.\n", paths[0])
	}
	fmt.Fprintf(s.out, "The results are at http://%s/ (Ctrl-C ends it).\n", address)
	if !o.noOpen {
		openInBrowser("http://" + address + "/")
	}
	site := startSite(listener, page.NewServer(paths...), page.Access{Address: address})
	select {
	case <-site.ended:
	case <-ctx.Done():
	}
	return site.close()
}

// openInBrowser shows an address in the user's browser. Where that fails, the
// address is on the terminal.
func openInBrowser(address string) {
	command := []string{"xdg-open", address}
	switch runtime.GOOS {
	case "darwin":
		command[0] = "open"
	case "windows":
		command = []string{"rundll32", "url.dll,FileProtocolHandler", address}
	}
	cmd := exec.Command(command[0], command[1:]...)
	setApart(cmd) // our Ctrl-C is not for a browser that this starts
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}

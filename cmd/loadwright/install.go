package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/browser/provision"
)

type installOptions struct {
	provision.Options
	check bool
}

func newInstallCmd(s streams) *cobra.Command {
	var o installOptions
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Bring the browser and its driver, or say what is there",
		Long: `Bring what a run needs beside loadwright: the Playwright driver (node and
playwright-core) and a Chromium, preferably the headless shell. What is there
already is used. With --check it only looks.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runInstall(cmd.Context(), s, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.check, "check", false, "only look; exit code 3 if anything is missing")
	f.BoolVar(&o.Headed, "headed", false, "for a browser that opens windows")
	f.StringVar(&o.BrowserPath, "browser-path", "", "look at the Chromium `FILE`, and no other")
	return cmd
}

func runInstall(ctx context.Context, s streams, o installOptions) error {
	ctx, interrupts := listen(ctx)
	o.Log = logTo(s.err)
	look := provision.Install
	if o.check {
		look = provision.Find
	}
	found, err := look(ctx, o.Options)
	if err = interrupted(interrupts.end(), err); err != nil {
		return err
	}
	_, err = fmt.Fprint(s.out, provision.Describe(found))
	return err
}

// bring finds the browser and its driver, and installs what is missing.
func bring(ctx context.Context, o provision.Options) error {
	ctx, interrupts := listen(ctx)
	_, err := provision.Find(ctx, o)
	var missing *provision.MissingError
	if errors.As(err, &missing) {
		_, err = provision.Install(ctx, o)
	}
	return interrupted(interrupts.end(), err)
}

func logTo(w io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
}

package main

import (
	"context"
	"fmt"

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
	f.BoolVar(&o.check, "check", false, "only look; exit code 3 if anything is missing")
	f.BoolVar(&o.Headed, "headed", false, "for a browser that opens windows")
	f.StringVar(&o.BrowserPath, "browser-path", "", "the Chromium to use")
	return cmd
}

func runInstall(ctx context.Context, s streams, o installOptions) error {
	o.Log = func(format string, args ...any) { fmt.Fprintf(s.err, format+"\n", args...) }
	look := provision.Install
	if o.check {
		look = provision.Find
	}
	found, err := look(ctx, o.Options)
	if err != nil {
		return exitError{code: exitNotRun, err: err}
	}
	_, err = fmt.Fprintln(s.out, provision.Describe(found))
	return err
}

package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/examples"
)

func newDemoCmd(s streams) *cobra.Command {
	o := &runOptions{}
	app := &sampleAppOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See it work: five browsers load the bundled app and click",
		Long: `Bring the browser and its driver if need be, start the bundled app on a free port,
and run examples/load_and_click.yaml against it with 5 users.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.settle(cmd)
			if err := o.check(cmd); err != nil {
				return err
			}
			return runDemo(cmd.Context(), s, o, *app)
		},
	}
	app.flags(cmd)
	o.flags(cmd)
	return cmd
}

func runDemo(ctx context.Context, s streams, o *runOptions, app sampleAppOptions) error {
	scenario, err := loadwright.Parse("examples/"+examples.LoadAndClick, examples.Read(examples.LoadAndClick))
	if err != nil {
		return err
	}
	log := func(format string, args ...any) {
		if !o.quiet {
			fmt.Fprintf(s.err, format+"\n", args...)
		}
	}
	if _, err := provision.Install(ctx, provision.Options{BrowserPath: o.BrowserPath, Headed: o.headed, Log: log}); err != nil {
		return exitError{code: exitNotRun, err: err}
	}
	url, stop, err := serveSampleApp(app)
	if err != nil {
		return err
	}
	defer stop()
	o.URL = url
	if o.Users == 0 {
		o.Users = 5
	}
	if !o.quiet && !o.json {
		fmt.Fprintf(s.out, "The bundled app is at %s/app: %s to load, %s a run.\n", url, app.LoadDelay, app.RunDelay)
		fmt.Fprintf(s.out, "%d users run examples/%s against it.\n\n", o.Users, examples.LoadAndClick)
	}
	return carryOut(ctx, s, o, scenario)
}

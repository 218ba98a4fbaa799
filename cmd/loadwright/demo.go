package main

import (
	"context"
	"errors"
	"fmt"
	"io"

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
		Long: `Bring the browser and its driver if need be, start the bundled app on a free
port, and run examples/load_and_click.yaml against it with 5 users.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(app.check(), o.settle(cmd.Flags())); err != nil {
				return err
			}
			return runDemo(cmd.Context(), s, o, *app)
		},
	}
	app.flags(cmd.Flags())
	o.flags(cmd.Flags())
	o.web.flags(cmd.Flags())
	return cmd
}

func runDemo(ctx context.Context, s streams, o *runOptions, app sampleAppOptions) error {
	scenario, err := loadwright.Parse("examples/"+examples.LoadAndClick, examples.Read(examples.LoadAndClick))
	if err != nil {
		return err
	}
	if err := scenario.Check(o.Options); err != nil {
		return err
	}
	log := s.err
	if o.quiet {
		log = io.Discard
	}
	if err := bring(ctx, provision.Options{BrowserPath: o.BrowserPath, Headed: o.headed, Log: logTo(log)}); err != nil {
		return err
	}
	url, stop, err := serveSampleApp(app)
	if err != nil {
		return err
	}
	defer stop()
	o.URL = url
	o.allowSaturated = true // it is for looking at
	if o.Users == 0 {
		o.Users = 5
	}
	if !o.quiet && !o.json {
		users := fmt.Sprintf("%d users run", o.Users)
		if o.Users == 1 {
			users = "1 user runs"
		}
		fmt.Fprintf(s.out, "The bundled app is at %s/app: %s to load, %s a run.\n", url, app.LoadDelay, app.RunDelay)
		fmt.Fprintf(s.out, "%s examples/%s against it.\n\n", users, examples.LoadAndClick)
	}
	page, err := openWeb(s, o.web, []*loadwright.Scenario{scenario}, o.Options)
	if err != nil {
		return err
	}
	defer page.close()
	_, err = carryOut(ctx, s, o, scenario, page)
	return page.stay(ctx, err)
}

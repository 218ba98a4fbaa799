package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// execute runs a command line and returns its exit code.
func execute(args []string, s streams) int {
	cmd := newRootCmd(s)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(context.Background())
	var code exitError
	if err != nil && !(errors.As(err, &code) && code.told) {
		fmt.Fprintln(s.err, "loadwright:", err)
	}
	return exitCode(err)
}

func newRootCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "loadwright",
		Short: "How many people can use your web app at once before it feels slow?",
		Long: `loadwright runs a scenario (a YAML file) with many real browsers at once, times
what each user feels on the browser's own clock, and says what it found.

  loadwright demo                            see it work, with a bundled app
  loadwright run scenario.yaml --users 5     run your own`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q%s", args[0], didYouMean(args[0], commandNames()))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetIn(s.in)
	cmd.SetOut(s.out)
	cmd.SetErr(s.err)
	cmd.SetFlagErrorFunc(explainFlag)
	cmd.AddCommand(
		newRunCmd(s, nil),
		newDemoCmd(s),
		newValidateCmd(s),
		newSchemaCmd(s),
		newInstallCmd(s),
		newSampleAppCmd(s),
		newVersionCmd(s),
	)
	return cmd
}

func commandNames() []string {
	return []string{"run", "demo", "validate", "schema", "install", "sample-app", "version", "completion", "help"}
}

func atLeastOneFile(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{fmt.Errorf("which scenario? For example: %s examples/load_and_click.yaml", cmd.CommandPath())}
	}
	return nil
}

func oneFile(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("one scenario at a time: what is %q?", args[1])}
	}
	return atLeastOneFile(cmd, args)
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments: what is %q?", cmd.CommandPath(), args[0])}
	}
	return nil
}

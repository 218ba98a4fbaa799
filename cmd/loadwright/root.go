package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
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
	tellError(s.err, err)
	return exitCode(err)
}

// tellError writes an error where it has not been told yet. One that begins
// with a place in a file stays as it is, so that editors and terminals know it.
func tellError(w io.Writer, err error) {
	var told exitError
	var placed *loadwright.ScenarioError
	var bug *loadwright.PanicError
	switch {
	case err == nil, errors.As(err, &told) && told.told:
	case errors.As(err, &placed):
		fmt.Fprintln(w, err)
	case errors.As(err, &bug):
		fmt.Fprintf(w, "loadwright: %v\nThis is a bug in loadwright, not in the app. What ran until then is kept. Please report\nit, with the file %s among the run's files.\n", bug, panicName)
	default:
		fmt.Fprintln(w, "loadwright:", err)
	}
}

// The groups that help lists commands in.
const (
	groupScenarios = "scenarios"
	groupResults   = "results"
	groupMachine   = "machine"
)

func newRootCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "loadwright COMMAND",
		Short: "How many people can use your web app at once before it feels slow?",
		Long: `loadwright runs a scenario (a YAML file) with many real browsers at once, times
what each user feels on the browser's own clock, and says what it found.

  loadwright demo                            see it work, with a bundled app
  loadwright run scenario.yaml --users 5     run your own`,
		Version:               versionLine(),
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetIn(s.in)
	cmd.SetOut(s.out)
	cmd.SetErr(s.err)
	cmd.SetFlagErrorFunc(explainFlag)
	cmd.SetUsageTemplate(usageTemplate)
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.Flags().Bool("version", false, "say which loadwright this is")
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.AddGroup(
		&cobra.Group{ID: groupScenarios, Title: "Scenarios:"},
		&cobra.Group{ID: groupResults, Title: "Results:"},
		&cobra.Group{ID: groupMachine, Title: "What a run needs:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			cmd.AddCommand(c)
		}
	}
	add(groupScenarios, newRunCmd(s, nil), newCapacityCmd(s), newDemoCmd(s), newValidateCmd(s), newSchemaCmd(s))
	add(groupResults, newViewCmd(s), newReportCmd(s), newCompareCmd(s), newArchiveCmd(s))
	add(groupMachine, newCalibrateCmd(s), newInstallCmd(s), newSampleAppCmd(s))
	add("", newVersionCmd(s), newCompletionCmd(s))
	cmd.SetHelpCommand(newHelpCmd())
	return cmd
}

func unknownCommand(root *cobra.Command, name string) error {
	return usageError{fmt.Errorf("there is no command %q%s\nSee: loadwright --help", name, didYouMean(name, commandNames(root)))}
}

func commandNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
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

func atMostOneFile(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return oneFile(cmd, args)
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments: what is %q?", cmd.CommandPath(), args[0])}
	}
	return nil
}

// scenarioFiles completes the names of scenarios.
func scenarioFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

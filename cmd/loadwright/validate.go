package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
)

func newValidateCmd(s streams) *cobra.Command {
	var o loadwright.Options
	cmd := &cobra.Command{
		Use:   "validate SCENARIO…",
		Short: "Check scenarios without running them",
		Long: `Check scenarios without running them: all that is wrong is told at once, each
with its place. What only a run knows (the environment, variables without a
value) is left open. Exit code 0: all is well; 2: something is wrong.`,
		Example: `  loadwright validate scenario.yaml
  loadwright validate examples/*.yaml`,
		Args:              atLeastOneFile,
		ValidArgsFunction: scenarioFiles,
		RunE:              func(_ *cobra.Command, files []string) error { return runValidate(s, files, o) },
	}
	cmd.Flags().Var((*assignments)(&o.Set), "set", "give a variable a value: `NAME=VALUE` (repeatable)")
	return cmd
}

// runValidate checks every file, so that one run shows all there is to mend.
func runValidate(s streams, files []string, o loadwright.Options) error {
	bad := 0
	for _, file := range files {
		sc, err := loadwright.Load(file)
		if err == nil {
			err = sc.Check(o)
		}
		var wrong *loadwright.ScenarioError
		switch {
		case errors.As(err, &wrong):
			bad++
			fmt.Fprintln(s.err, wrong)
		case err != nil:
			return err
		default:
			for _, note := range sc.Notes() {
				fmt.Fprintln(s.out, note)
			}
			fmt.Fprintf(s.out, "%s: ok\n", file)
		}
	}
	if bad > 0 {
		return exitError{code: exitUsage, told: true}
	}
	return nil
}

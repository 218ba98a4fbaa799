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
		Use:     "validate FILE…",
		Short:   "Check scenarios without running them",
		Example: "  loadwright validate scenario.yaml",
		Args:    atLeastOneFile,
		RunE:    func(_ *cobra.Command, files []string) error { return runValidate(s, files, o) },
	}
	cmd.Flags().StringToStringVar(&o.Set, "set", nil, "give a variable a value: `name=value`")
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

package main

import (
	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

func newSchemaCmd(s streams) *cobra.Command {
	var summary bool
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the scenario language, for editors",
		Long: `Print the JSON Schema of the scenario language. With it an editor completes and
checks as you type. In VS Code with the YAML extension:

  loadwright schema > scenario.schema.json
  "yaml.schemas": {"./scenario.schema.json": "*.loadwright.yaml"}

With --summary, that of a run's summary.json, for programs that read it.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			text := scenario.Schema()
			if summary {
				text = loadwright.SummarySchema()
			}
			_, err := s.out.Write(text)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&summary, "summary", false, "print that of summary.json instead")
	return cmd
}

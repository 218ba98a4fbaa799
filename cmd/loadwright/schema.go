package main

import (
	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/scenario"
)

func newSchemaCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the scenario language, for editors",
		Long: `Print the JSON Schema of the scenario language. With it an editor completes and
checks as you type. In VS Code with the YAML extension:

  loadwright schema > scenario.schema.json
  "yaml.schemas": {"./scenario.schema.json": "*.loadwright.yaml"}`,
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := s.out.Write(scenario.Schema())
			return err
		},
	}
}

package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
)

func newVersionCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Say which loadwright this is",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			line := "loadwright " + loadwright.Version()
			if info, ok := debug.ReadBuildInfo(); ok {
				line += " " + info.GoVersion
			}
			_, err := fmt.Fprintln(s.out, line)
			return err
		},
	}
}

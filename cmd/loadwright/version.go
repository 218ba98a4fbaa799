package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright"
)

func newVersionCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:                   "version",
		Short:                 "Say which loadwright this is",
		DisableFlagsInUseLine: true,
		Args:                  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(s.out, versionLine())
			return err
		},
	}
}

func versionLine() string {
	return fmt.Sprintf("loadwright %s (%s, %s/%s)", loadwright.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

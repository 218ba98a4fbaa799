package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletionCmd(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print what makes a shell complete loadwright's commands and flags",
		Long: `Print a script that makes a shell (bash, zsh, fish or powershell) complete
loadwright's commands and flags. To have it in every new shell, put the line for
yours where its settings are:

  bash         source <(loadwright completion bash)
  zsh          source <(loadwright completion zsh)
  fish         loadwright completion fish | source
  powershell   loadwright completion powershell | Out-String | Invoke-Expression`,
		DisableFlagsInUseLine: true,
		ValidArgs:             []string{"bash", "zsh", "fish", "powershell"},
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(cmd.ValidArgs, args[0]) {
				return usageError{fmt.Errorf("which shell? One of %s", strings.Join(cmd.ValidArgs, ", "))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runCompletion(cmd.Root(), s.out, args[0]) },
	}
}

func runCompletion(root *cobra.Command, w io.Writer, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}

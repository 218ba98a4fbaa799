package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/report/page"
)

type reportOptions struct {
	out   string
	force bool
}

func newReportCmd(s streams) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report FILE…",
		Short: "Write the page of a run's results as one file",
		Long: `Write a page of results that is one file: it opens from the disk, offline, and
can be sent on. Several runs are laid over one another. A folder of results
means its newest run.`,
		Example: `  loadwright report test_results
  loadwright report before.csv after.csv --out compared.html`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("which run? For example: %s test_results/loadwright.csv", cmd.CommandPath())}
			}
			return nil
		},
		ValidArgsFunction: resultFiles,
		RunE:              func(_ *cobra.Command, args []string) error { return runReport(s, o, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.out, "out", "report.html", "write the page to `FILE`")
	f.BoolVar(&o.force, "force", false, "replace a page of results that is there")
	return cmd
}

func runReport(s streams, o reportOptions, paths []string) error {
	if info, err := os.Stat(o.out); err == nil && info.Mode().IsRegular() && !o.force {
		return usageError{fmt.Errorf("%s is there already: choose another name with --out, or replace it with --force", o.out)}
	}
	out, err := openOutput("out", o.out, page.Mark)
	if err != nil {
		return err
	}
	defer out.drop()
	var runs []*page.Run
	for _, path := range paths {
		found, err := page.Find(path)
		if err != nil {
			return usageError{err}
		}
		if len(found) == 0 {
			return usageError{fmt.Errorf("%s: there is no run in this folder", path)}
		}
		run, err := page.Read(found[0])
		if err != nil {
			return usageError{err}
		}
		run.LinkArtefacts(filepath.Dir(o.out))
		for _, note := range run.Notes {
			fmt.Fprintf(s.err, "%s: %s\n", found[0], note)
		}
		runs = append(runs, run)
	}
	if err := out.write(func(w io.Writer) error { return page.Report(w, runs...) }); err != nil {
		return err
	}
	fmt.Fprintln(s.out, o.out)
	return nil
}

// resultFiles completes the names of events CSVs.
func resultFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"csv"}, cobra.ShellCompDirectiveFilterFileExt
}

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/report"
)

// archiveOptions are what the archive commands are told.
type archiveOptions struct {
	out  string
	json bool
	keep int
	yes  bool
}

func newArchiveCmd(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "archive list|show|prune",
		Short: "List the runs that were kept, show one again, remove old ones",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("archive has no %q%s\nSee: loadwright archive --help", args[0], didYouMean(args[0], commandNames(cmd)))}
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE:                  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newArchiveListCmd(s), newArchiveShowCmd(s), newArchivePruneCmd(s))
	return cmd
}

// outFlag is the folder whose archive it is.
func (o *archiveOptions) outFlag(cmd *cobra.Command) {
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVar(&o.out, "out", "test_results", "take the archive of `FOLDER`")
}

func newArchiveListCmd(s streams) *cobra.Command {
	o := &archiveOptions{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the runs that were kept, the newest first",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return runArchiveList(s, o) },
	}
	o.outFlag(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the list as JSON")
	return cmd
}

func newArchiveShowCmd(s streams) *cobra.Command {
	o := &archiveOptions{}
	cmd := &cobra.Command{
		Use:   "show [RUN]",
		Short: "Show what a run found, again; the latest one's without a name",
		Example: `  loadwright archive show
  loadwright archive show 20260131_155303`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("one run at a time: what is %q?", args[1])}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return runArchiveShow(s, o, args) },
	}
	o.outFlag(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the run's summary as JSON")
	return cmd
}

func newArchivePruneCmd(s streams) *cobra.Command {
	o := &archiveOptions{}
	cmd := &cobra.Command{
		Use:   "prune --keep N",
		Short: "Remove all runs but the newest N",
		Long: `Remove all runs but the newest N, after saying which. The latest run stays in
any case, and so does one that may be under way, and what is no file of a run.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.keep < 1 {
				return usageError{errors.New("how many runs are to be kept? --keep N, at least 1")}
			}
			return runArchivePrune(s, o, time.Now())
		},
	}
	o.outFlag(cmd)
	cmd.Flags().IntVar(&o.keep, "keep", 0, "keep the newest `N` runs")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "don't ask")
	return cmd
}

// runsOf are the runs of an archive, the oldest first; no run is an error.
func runsOf(out string) ([]event.Archived, error) {
	runs, err := event.Archive(out)
	if err == nil && len(runs) == 0 {
		err = usageError{fmt.Errorf("there is no run in the archive of %s (another folder: --out)", out)}
	}
	return runs, err
}

func runArchiveList(s streams, o *archiveOptions) error {
	runs, err := runsOf(o.out)
	if err != nil {
		return err
	}
	list := make([]listedRun, len(runs))
	for i, run := range runs {
		list[len(runs)-1-i] = listed(run)
	}
	if o.json {
		text, err := json.MarshalIndent(list, "", "  ")
		if err == nil {
			_, err = s.out.Write(append(text, '\n'))
		}
		return err
	}
	var all report.Archive
	for _, r := range list {
		all = append(all, r.row())
	}
	return all.Write(s.out)
}

// listedRun is a run as the list says it in JSON.
type listedRun struct {
	Name       string    `json:"name"`
	Began      time.Time `json:"began"`
	Latest     bool      `json:"latest"`
	CSV        string    `json:"csv"`
	Size       int64     `json:"bytes"`
	Scenario   string    `json:"scenario"` // "" where there is no summary
	Users      int       `json:"users"`
	Thresholds int       `json:"thresholds"`
	Held       int       `json:"thresholds_held"`
	Verdict    string    `json:"verdict"` // ok, or what is wrong
}

func listed(run event.Archived) listedRun {
	l := listedRun{Name: run.Name, Began: run.Began, Latest: run.Latest, CSV: run.CSV, Size: run.Size}
	r, err := loadwright.OpenSummary(run.CSV)
	switch {
	case errors.Is(err, os.ErrNotExist):
		l.Verdict = "no summary"
		return l
	case err != nil:
		l.Verdict = "unreadable"
		return l
	}
	l.Scenario, l.Users = r.Name, r.Users
	if r.Capacity != nil { // thresholds of all its levels together say nothing
		l.Verdict = "capacity"
		return l
	}
	l.Thresholds = len(r.Thresholds)
	for _, v := range r.Thresholds {
		if v.OK {
			l.Held++
		}
	}
	switch {
	case !r.Generator.Trusted:
		l.Verdict = "saturated"
	case !r.OK():
		l.Verdict = "failed"
	case r.Ended != nil:
		l.Verdict = "ended early"
	default:
		l.Verdict = "ok"
	}
	return l
}

func (l listedRun) row() report.ArchivedRun {
	row := report.ArchivedRun{
		Name: strings.TrimPrefix(l.Name, "loadwright_"), Latest: l.Latest,
		Scenario: l.Scenario, Users: l.Users, Verdict: l.Verdict, Size: l.Size,
	}
	if l.Thresholds > 0 {
		row.Thresholds = fmt.Sprintf("%d of %d", l.Held, l.Thresholds)
	}
	return row
}

func runArchiveShow(s streams, o *archiveOptions, args []string) error {
	var path string
	if len(args) == 1 {
		var err error
		if path, err = event.Locate(o.out, args[0]); err != nil {
			return usageError{err}
		}
	} else {
		runs, err := runsOf(o.out)
		if err != nil {
			return err
		}
		path = runs[len(runs)-1].CSV
	}
	r, err := loadwright.Open(path)
	if err != nil {
		return usageError{err}
	}
	if o.json {
		if r.Summary == "" {
			return usageError{fmt.Errorf("%s: %w", path, r.Ended)}
		}
		text, err := os.ReadFile(r.Summary)
		if err == nil {
			_, err = s.out.Write(text)
		}
		return err
	}
	if r.Capacity != nil {
		fmt.Fprintf(s.out, "%s\n\n", r.Capacity.Sentence)
	}
	return summary(r).Write(s.out)
}

// runArchivePrune removes old runs. now is for those that may be under way.
func runArchivePrune(s streams, o *archiveOptions, now time.Time) error {
	runs, err := event.Archive(o.out)
	if err != nil {
		return err
	}
	var old []event.Archived
	size := int64(0)
	for i, run := range runs {
		switch {
		case i >= len(runs)-o.keep, run.Latest:
			// It is to be kept.
		case underWay(run, now):
			fmt.Fprintf(s.out, "%s may still be under way: it has no summary yet, and stays\n", run.Stamp())
		default:
			old = append(old, run)
			size += run.Size
		}
	}
	if len(old) == 0 {
		fmt.Fprintln(s.out, "There is nothing to remove.")
		return nil
	}
	for _, run := range old {
		fmt.Fprintf(s.out, "%s  %s\n", run.CSV, report.Size(run.Size))
	}
	what := fmt.Sprintf("%d runs", len(old))
	if len(old) == 1 {
		what = "1 run"
	}
	if ok, err := o.agreed(s, fmt.Sprintf("Remove %s (%s)?", what, report.Size(size))); err != nil || !ok {
		return err
	}
	var failed error
	for _, run := range old {
		kept, err := run.Remove()
		failed = errors.Join(failed, err)
		for _, path := range kept {
			fmt.Fprintf(s.out, "%s stays: it is not a file of a run\n", path)
		}
	}
	if failed == nil {
		fmt.Fprintf(s.out, "Removed %s, %s.\n", what, report.Size(size))
	}
	return failed
}

// quiet is for how long a run without a summary that writes nothing is still
// taken to be under way.
const quiet = time.Hour

func underWay(run event.Archived, now time.Time) bool {
	_, err := loadwright.OpenSummary(run.CSV)
	return errors.Is(err, os.ErrNotExist) && now.Sub(run.Touched) < quiet
}

// agreed asks, where somebody is there to be asked.
func (o *archiveOptions) agreed(s streams, question string) (bool, error) {
	if o.yes {
		return true, nil
	}
	if f, ok := s.in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return false, usageError{errors.New("nothing was removed: say --yes to remove these")}
	}
	fmt.Fprintf(s.out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil {
		return false, nil
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	}
	return false, nil
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/report"
)

// compareOptions are what the compare command is told.
type compareOptions struct {
	a, b     []string // runs
	out      string
	least    share
	markdown string
	html     string
	json     bool
}

// share is the value of a flag like 10%.
type share struct {
	value float64 // 0.1
	given bool
}

func (s *share) Set(text string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || !(v >= 0 && v <= 1e6) {
		return errors.New("it is no percentage")
	}
	s.value, s.given = v/100, true
	return nil
}

const shareType = "percentage"

func (s *share) Type() string { return shareType }

func (s *share) String() string {
	if !s.given {
		return ""
	}
	return strconv.FormatFloat(s.value*100, 'f', -1, 64) + "%"
}

func newCompareCmd(s streams) *cobra.Command {
	o := &compareOptions{}
	cmd := &cobra.Command{
		Use:   "compare A B | A… -- B…",
		Short: "Say what changed between runs, and how sure that is",
		Long: `Say of each event whether it is slower or faster in B than in A, by how much,
and how sure that is. A run is named by its events CSV, by its folder, or by its
name in the archive; Python Loadwright's CSVs will do, too. Runs of one app
differ: whether the app changed, only several runs a side can tell.

Exit code 0: compared; 1: an event is slower, as --fail-if-slower asks; 2: there
is nothing to compare.`,
		Example: `  loadwright compare before.csv test_results
  loadwright compare 20260131_155303 20260201_101500 --fail-if-slower 10%
  loadwright compare a1.csv a2.csv a3.csv -- b1.csv b2.csv b3.csv`,
		Args: func(cmd *cobra.Command, args []string) error { return o.sides(args, cmd.ArgsLenAtDash()) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return []string{"csv"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(*cobra.Command, []string) error { return runCompare(s, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.Var(&o.least, "fail-if-slower", "end with exit code 1 when an event is slower by `PERCENT` or more, like 10%")
	f.StringVar(&o.markdown, "markdown", "", "write what was found to `FILE`, for a pull request")
	f.StringVar(&o.html, "html", "", "write what was found to `FILE`, as a page")
	f.BoolVar(&o.json, "json", false, "print what was found as JSON, and nothing else, on standard output")
	f.StringVar(&o.out, "out", "test_results", "look for runs by name in the archive of `FOLDER`")
	return cmd
}

// sides deals the arguments out to the two sides; dash is how many stand before
// the --, or −1.
func (o *compareOptions) sides(args []string, dash int) error {
	switch {
	case dash < 0 && len(args) == 2:
		o.a, o.b = args[:1], args[1:]
	case dash < 0 && len(args) > 2:
		return usageError{errors.New("which runs are to be compared with which? Put -- between the sides: compare A1 A2 -- B1 B2")}
	case dash < 0:
		return usageError{errors.New("which runs? For example: loadwright compare before.csv after.csv")}
	case dash == 0, dash == len(args):
		return usageError{errors.New("there is no run on one side of the --: compare A1 A2 -- B1 B2")}
	default:
		o.a, o.b = args[:dash], args[dash:]
	}
	for _, run := range o.b {
		if strings.HasPrefix(run, "--") {
			return usageError{fmt.Errorf("%s stands behind the --, where runs stand: put it before them, as in compare %s … A1 A2 -- B1 B2", run, run)}
		}
	}
	return nil
}

func runCompare(s streams, o *compareOptions) error {
	c := report.Comparison{A: o.a, B: o.b}
	if o.least.given {
		c.Least = &o.least.value
	}
	// A run that stands on both sides would find itself unchanged.
	seen := map[string]string{}
	a, err := o.side("A", o.a, seen, &c.Notes)
	if err != nil {
		return usageError{err}
	}
	b, err := o.side("B", o.b, seen, &c.Notes)
	if err != nil {
		return usageError{err}
	}
	markdown, err := openOutput("markdown", o.markdown, report.ComparisonMark)
	if err != nil {
		return err
	}
	defer markdown.drop()
	html, err := openOutput("html", o.html, report.ComparisonPageMark, markdown)
	if err != nil {
		return err
	}
	defer html.drop()
	c.Found = stats.Compare(a, b)
	if len(c.Found.Events) == 0 {
		return usageError{fmt.Errorf("the two sides have no event in common: A has %s, B has %s", names(c.Found.OnlyA), names(c.Found.OnlyB))}
	}
	c.Notes = append(c.Notes, compareNotes(c.Found)...)
	write := c.Write
	if o.json {
		write = c.JSON
	}
	err = write(s.out)
	if errors.Is(err, syscall.EPIPE) {
		err = nil // nobody reads it
	}
	if err := errors.Join(err, markdown.write(c.Markdown), html.write(c.HTML)); err != nil {
		return err
	}
	if len(c.Broken()) > 0 {
		return exitError{code: exitFailed, told: true}
	}
	return nil
}

// side reads the runs of one side.
func (o *compareOptions) side(name string, runs []string, seen map[string]string, notes *[]string) (*stats.Side, error) {
	side := stats.NewSide()
	for _, run := range runs {
		path, err := event.Locate(o.out, run)
		if err != nil {
			return nil, err
		}
		if other, ok := findSame(seen, path); ok {
			*notes = append(*notes, fmt.Sprintf("%s and %s are the same run.", other, run))
		}
		seen[path] = run
		side.Begin()
		note, err := readRun(path, side)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if note != "" {
			*notes = append(*notes, fmt.Sprintf("%s: %s: %s.", name, path, note))
		}
	}
	return side, nil
}

// findSame finds the name of a run that is the same file as path.
func findSame(seen map[string]string, path string) (string, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	for other, name := range seen {
		if same, err := os.Stat(other); err == nil && os.SameFile(info, same) {
			return name, true
		}
	}
	return "", false
}

// readRun reads a run's rows. The note says what could not be read of them.
func readRun(path string, side *stats.Side) (note string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", errors.New("it can't be read: " + plainReason(err))
	}
	defer f.Close()
	rows, err := event.NewReader(f)
	if err != nil {
		return "", errors.New(plainReason(err))
	}
	var first error
	good, bad := 0, 0
	for {
		e, err := rows.Read()
		var row *event.RowError
		var cut *event.CutError
		switch {
		case errors.Is(err, io.EOF) && good == 0 && bad > 0:
			return "", fmt.Errorf("no row of it can be read: %w", first)
		case errors.Is(err, io.EOF) && good == 0:
			return "", errors.New("it holds no events, only a header")
		case errors.Is(err, io.EOF) && bad > 0:
			return fmt.Sprintf("%d of %d rows can't be read and are left out; the first: %v", bad, good+bad, first), nil
		case errors.Is(err, io.EOF):
			return "", nil
		case errors.As(err, &row), errors.As(err, &cut):
			if bad++; first == nil {
				first = err
			}
		case err != nil:
			return "", errors.New("it can't be read: " + plainReason(err))
		default:
			good++
			side.Event(&e)
		}
	}
}

// plainReason is an error of the file system without the call and the path.
func plainReason(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// compareNotes say what a reader of a comparison has to know.
func compareNotes(c stats.Comparison) []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if c.A.Users*c.B.Runs != c.B.Users*c.A.Runs {
		aRun := func(t stats.SideTally) float64 { return float64(t.Users) / float64(t.Runs) }
		note("Users of a run: %.4g in A, %.4g in B. The load was not the same.", aRun(c.A), aRun(c.B))
	}
	for _, side := range []struct {
		name string
		stats.SideTally
	}{{"A", c.A}, {"B", c.B}} {
		if side.NotTrusted > 0 {
			note("%s: %d of %d rows are not to be trusted: the load generator was saturated.", side.name, side.NotTrusted, side.Rows)
		}
		if side.Already > 0 {
			note("%s: %d of %d rows measure nothing: what was waited for was there before.", side.name, side.Already, side.Rows)
		}
		if side.WarmUp+side.Cancelled > 0 {
			note("%s: %d rows of the warm-up and %d that were cancelled are left out.", side.name, side.WarmUp, side.Cancelled)
		}
	}
	if len(c.OnlyA) > 0 {
		note("Only in A: %s.", names(c.OnlyA))
	}
	if len(c.OnlyB) > 0 {
		note("Only in B: %s.", names(c.OnlyB))
	}
	return notes
}

// names joins a few names of events.
func names(all []string) string {
	const most = 5
	if len(all) == 0 {
		return "none"
	}
	short := slices.Clone(all[:min(len(all), most)])
	for i, name := range short {
		short[i] = strconv.Quote(name)
	}
	text := strings.Join(short, ", ")
	if len(all) > most {
		text += fmt.Sprintf(" and %d more", len(all)-most)
	}
	return text
}

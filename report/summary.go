package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/stats"
)

// Summary is what a run has to say at its end.
type Summary struct {
	Name    string
	Users   int // that began
	Elapsed time.Duration
	// Ended says why the run ended before its load was done; "" where it was done.
	Ended string

	Events     []stats.Stats
	Cancelled  int // iterations cut short by the end of the run
	NotStarted int // iterations that the scenario wanted and that never began
	Thresholds []stats.Verdict
	Failures   []Failure
	Failed     int // iterations that failed, in all
	Files      []File
	Notes      []string // sentences worth a line of their own
}

// Failure is an iteration that failed.
type Failure struct {
	Text      string // with its place, user, iteration and step
	Artefacts []string
}

// File is a file of the run and, in a word or two, what it is.
type File struct{ What, Path string }

// Write writes the summary for a terminal or a file.
func (s Summary) Write(w io.Writer) error {
	p := &printer{r: lipgloss.NewRenderer(w)}
	p.bold = p.r.NewStyle().Bold(true)
	s.head(p)
	s.table(p)
	s.thresholds(p)
	s.failures(p)
	s.files(p)
	_, err := io.WriteString(w, p.String())
	return err
}

// printer gathers what is written, in the colours that its writer can show.
type printer struct {
	strings.Builder
	r    *lipgloss.Renderer
	bold lipgloss.Style
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

func (p *printer) good(s string) string {
	return p.r.NewStyle().Foreground(lipgloss.Color("2")).Render(s)
}
func (p *printer) bad(s string) string {
	return p.r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true).Render(s)
}

func (s Summary) head(p *printer) {
	p.line("%s", p.bold.Render(fmt.Sprintf("%s: %s in %s", printable(s.Name), count(s.Users, "user"), clock(s.Elapsed))))
	if s.Ended != "" {
		p.line("ended early: %s", printable(s.Ended))
	}
	p.line("")
}

// nameWidth is the widest that the column of names gets: the table fits 80
// columns.
const nameWidth = 24

func (s Summary) table(p *printer) {
	if len(s.Events) == 0 {
		p.line("No event was recorded.")
		p.line("")
		return
	}
	rows := [][]string{{"event", "count", "failed", "mean", "min", "median", "p95", "p99", "max"}}
	marked := false
	for _, e := range s.Events {
		mark := func(q float64) string {
			if e.Count > 0 && stats.TooFew(q, e.Count) {
				marked = true
				return "*"
			}
			return ""
		}
		rows = append(rows, []string{
			ansi.Truncate(printable(e.Name), nameWidth, "…"),
			fmt.Sprint(e.Count), fmt.Sprint(e.Failures),
			tookOf(e, e.Mean), tookOf(e, e.Min), tookOf(e, e.Median),
			tookOf(e, e.P95) + mark(0.95), tookOf(e, e.P99) + mark(0.99), tookOf(e, e.Max),
		})
	}
	for i, line := range columns(rows) {
		if i == 0 {
			line = p.r.NewStyle().Faint(true).Render(line)
		}
		p.line("%s", line)
	}
	if marked {
		p.line("%s", p.r.NewStyle().Faint(true).Render("* of so few values, the percentile is the largest"))
	}
	for _, n := range s.Notes {
		p.line("%s", printable(n))
	}
	p.line("")
}

// columns lays out rows: the first column to the left, the others to the right.
// A mark behind a figure stands outside of it.
func columns(rows [][]string) []string {
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], ansi.StringWidth(strings.TrimSuffix(c, "*")))
		}
	}
	lines := make([]string, len(rows))
	for n, r := range rows {
		var b strings.Builder
		for i, c := range r {
			bare := strings.TrimSuffix(c, "*")
			pad := strings.Repeat(" ", widths[i]-ansi.StringWidth(bare))
			if i == 0 {
				b.WriteString(bare + pad)
				continue
			}
			b.WriteString("  " + pad + bare)
			if c != bare {
				b.WriteString("*")
			}
		}
		lines[n] = alignMarks(b.String())
	}
	return lines
}

// alignMarks takes the mark's place from the space behind it, so that the
// columns stay in line.
func alignMarks(line string) string { return strings.ReplaceAll(line, "*  ", "* ") }

func (s Summary) thresholds(p *printer) {
	if len(s.Thresholds) == 0 {
		return
	}
	p.line("%s", p.bold.Render("Thresholds"))
	width := 0
	for _, v := range s.Thresholds {
		width = max(width, ansi.StringWidth(v.Threshold.Text))
	}
	for _, v := range s.Thresholds {
		state := p.good("pass")
		if !v.OK {
			state = p.bad("FAIL")
		}
		line := fmt.Sprintf("  %s  %s%s  %s", state, printable(v.Threshold.Text), strings.Repeat(" ", width-ansi.StringWidth(v.Threshold.Text)), v.Seen)
		if v.Note != "" {
			line += "  (" + v.Note + ")"
		}
		if v.Threshold.Implied {
			line += "  (implied)"
		}
		p.line("%s", line)
	}
	p.line("")
}

func (s Summary) failures(p *printer) {
	if s.Cancelled > 0 {
		p.line("%s cut short by the end of the run", count(s.Cancelled, "iteration"))
	}
	if s.NotStarted > 0 {
		p.line("%s never began", count(s.NotStarted, "iteration"))
	}
	if s.Cancelled+s.NotStarted > 0 {
		p.line("")
	}
	if len(s.Failures) == 0 {
		return
	}
	title := fmt.Sprintf("%s failed", count(s.Failed, "iteration"))
	if s.Failed > len(s.Failures) {
		title += fmt.Sprintf("; the first %d", len(s.Failures))
	}
	p.line("%s", p.bold.Render(title))
	for _, f := range s.Failures {
		p.line("  %s", printable(f.Text))
		for _, a := range f.Artefacts {
			p.line("    %s", a)
		}
	}
	p.line("")
}

func (s Summary) files(p *printer) {
	if len(s.Files) == 0 {
		return
	}
	p.line("%s", p.bold.Render("Files"))
	width := 0
	for _, f := range s.Files {
		width = max(width, ansi.StringWidth(f.What))
	}
	for _, f := range s.Files {
		p.line("  %s%s  %s", p.r.NewStyle().Faint(true).Render(f.What), strings.Repeat(" ", width-ansi.StringWidth(f.What)), f.Path)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

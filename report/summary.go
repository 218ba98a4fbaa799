package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
)

// Summary is what a run has to say at its end.
type Summary struct {
	Name    string
	Users   int // that began; with Open how often one came
	Open    bool
	Elapsed time.Duration
	// Ended says why the run ended before its load was done; "" where it was done.
	Ended string

	Events     []stats.Stats
	ByType     []stats.Stats // of each kind of user, where there are several
	Cancelled  int           // iterations cut short by the end of the run
	NotStarted int           // iterations that the scenario wanted and that never began
	Thresholds []stats.Verdict
	// Generator is the verdict on the load generator; "" leaves it out.
	Generator string
	Trusted   bool
	App       string // what the app under test needed of the machine; "" leaves it out
	Failures  []Failure
	Failed    int // iterations that failed, in all
	// Classes are the failures by their class; nil where none is known.
	Classes map[event.Class]int64
	Files   []File
	Notes   []string // sentences worth a line of their own
}

// Failure is an iteration that failed.
type Failure struct {
	Text      string // with its place, user, iteration and step
	Artefacts []string
}

// File is a file of the run and what it is.
type File struct{ Path, What string }

// Write writes the summary for a terminal or a file.
func (s Summary) Write(w io.Writer) error {
	p := newPrinter(w)
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.width = widthOf(f)
	}
	return s.write(w, p)
}

func (s Summary) write(w io.Writer, p *printer) error {
	s.head(p)
	s.table(p)
	s.thresholds(p)
	s.generator(p)
	s.failures(p)
	s.files(p)
	_, err := io.WriteString(w, p.String())
	return err
}

// printer gathers what is written, in the colours that its writer can show.
type printer struct {
	strings.Builder
	bold, faint, good, bad lipgloss.Style
	width                  int  // of the terminal; 0: sentences stay on one line
	ascii                  bool // there are no other letters
}

func newPrinter(w io.Writer) *printer {
	r := lipgloss.NewRenderer(w)
	return &printer{
		bold:  r.NewStyle().Bold(true),
		faint: r.NewStyle().Faint(true),
		good:  r.NewStyle().Foreground(lipgloss.Color("2")),
		bad:   r.NewStyle().Foreground(lipgloss.Color("1")).Bold(true),
	}
}

func (p *printer) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

// sentence writes a text of any length, behind so many spaces.
func (p *printer) sentence(indent int, text string) { p.sentenceIn(lipgloss.NewStyle(), indent, text) }

func (p *printer) sentenceIn(style lipgloss.Style, indent int, text string) {
	p.wrapped(style, indent, cut(printable(text), mostText))
}

func (p *printer) wrapped(style lipgloss.Style, indent int, text string) {
	if p.width > indent+leastName {
		text = ansi.Wordwrap(text, p.width-indent-2, "")
	}
	space := strings.Repeat(" ", indent)
	for i, line := range strings.Split(text, "\n") {
		if i == 1 {
			space += "  "
		}
		p.line("%s%s", space, style.Render(line))
	}
}

// Names and texts that a scenario or a page can make as long as it likes are
// cut to so many columns.
const (
	mostName      = 60
	mostThreshold = 60
	mostText      = 600
	mostAnswer    = 4000 // whose end says what is not known

	// endOfThreshold is the statistic and the value.
	endOfThreshold = 20
)

func (s Summary) head(p *printer) {
	who := "user"
	if s.Open {
		who = "arrival"
	}
	p.line("%s", p.bold.Render(fmt.Sprintf("%s: %s in %s", cut(printable(s.Name), mostName), count(s.Users, who), lasted(s.Elapsed))))
	if s.Ended != "" {
		p.sentence(0, "ended early: "+s.Ended)
	}
	p.line("")
}

// lasted is how long a run took: to the second, and to the tenth where it is short.
func lasted(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func (s Summary) table(p *printer) {
	if len(s.Events) == 0 {
		p.line("No event was recorded.")
		p.line("")
		return
	}
	var head []cell
	for _, title := range []string{"event", "count", "failed", "mean", "min", "median", "p95", "p99", "max"} {
		head = append(head, cell{text: title, style: func(s string) string { return p.faint.Render(s) }})
	}
	rows := [][]cell{head}
	marked := false
	add := func(e stats.Stats, indent string) {
		percentile := func(d time.Duration, q float64) cell {
			c := cell{text: tookOf(e, d)}
			if e.Count > 0 && stats.TooFew(q, e.Count) {
				marked, c.mark = true, "*"
			}
			return c
		}
		failed := cell{text: fmt.Sprint(e.Failures)}
		if e.Failures > 0 {
			failed.style = func(s string) string { return p.bad.Render(s) }
		}
		rows = append(rows, []cell{
			{text: indent + printable(e.Name)}, {text: fmt.Sprint(e.Count)}, failed,
			{text: tookOf(e, e.Mean)}, {text: tookOf(e, e.Min)}, {text: tookOf(e, e.Median)},
			percentile(e.P95, 0.95), percentile(e.P99, 0.99), {text: tookOf(e, e.Max)},
		})
	}
	if len(s.ByType) == 0 {
		for _, e := range s.Events {
			add(e, "")
		}
	}
	for _, part := range s.parts() {
		title := make([]cell, len(head))
		title[0] = cell{text: part.title, style: func(s string) string { return p.bold.Render(s) }}
		rows = append(rows, title)
		for _, e := range part.events {
			add(e, "  ")
		}
	}
	for _, line := range columns(rows) {
		p.line("%s", line)
	}
	if marked {
		p.line("%s", p.faint.Render("* with so few values this percentile is the maximum"))
	}
	for _, n := range s.Notes {
		p.sentence(0, n)
	}
	p.line("")
}

// part is the events of a kind of user.
type part struct {
	title  string
	events []stats.Stats
}

// parts are the kinds of user, each with its events, and last the events that
// several kinds have, added up.
func (s Summary) parts() []part {
	var parts []part
	kinds := map[string]int{} // that have an event
	for i, e := range s.ByType {
		if i == 0 || e.UserType != s.ByType[i-1].UserType {
			parts = append(parts, part{title: printable(e.UserType)})
		}
		last := &parts[len(parts)-1]
		last.events = append(last.events, e)
		kinds[e.Name]++
	}
	all := part{title: "all kinds of user"}
	for _, e := range s.Events {
		if kinds[e.Name] > 1 {
			all.events = append(all.events, e)
		}
	}
	if len(all.events) > 0 {
		parts = append(parts, all)
	}
	return parts
}

func (s Summary) thresholds(p *printer) {
	if len(s.Thresholds) == 0 {
		return
	}
	p.line("%s", p.bold.Render("Thresholds"))
	texts, width := make([]string, len(s.Thresholds)), 0
	for i, v := range s.Thresholds {
		texts[i] = cutMiddle(printable(v.Threshold.Text), mostThreshold, endOfThreshold)
		width = max(width, ansi.StringWidth(texts[i]))
	}
	for i, v := range s.Thresholds {
		state := p.good.Render("pass")
		if !v.OK {
			state = p.bad.Render("FAIL")
		}
		line := fmt.Sprintf("  %s  %s  %s", state, padded(texts[i], width), v.Seen)
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

func (s Summary) generator(p *printer) {
	if s.Generator == "" {
		return
	}
	if s.Trusted {
		p.line("%s  %s", p.bold.Render("Load generator"), s.Generator)
	} else {
		p.line("%s", p.bold.Render("Load generator"))
		p.sentenceIn(p.bad, 2, s.Generator)
	}
	if s.App != "" {
		p.line("%s  %s", p.bold.Render("App under test"), s.App)
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
	if len(s.Classes) > 0 {
		title += ": " + byClass(s.Classes)
	}
	if s.Failed > len(s.Failures) {
		title += fmt.Sprintf("; the first %d", len(s.Failures))
	}
	p.line("%s", p.bold.Render(title))
	for _, f := range s.Failures {
		p.sentence(2, f.Text)
		for _, a := range f.Artefacts {
			p.line("    %s", printable(a))
		}
	}
	p.line("")
}

// byClass is "8 refused, 3 timeout, 1 other", the most first.
func byClass(classes map[event.Class]int64) string {
	names := slices.Sorted(maps.Keys(classes))
	slices.SortStableFunc(names, func(a, b event.Class) int { return cmp.Compare(classes[b], classes[a]) })
	var parts []string
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%d %s", classes[name], name))
	}
	return strings.Join(parts, ", ")
}

func (s Summary) files(p *printer) {
	if len(s.Files) == 0 {
		return
	}
	p.line("%s", p.bold.Render("Files"))
	width := 0
	for _, f := range s.Files {
		width = max(width, ansi.StringWidth(printable(f.Path)))
	}
	for _, f := range s.Files {
		p.line("  %s  %s", padded(printable(f.Path), width), p.faint.Render(f.What))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

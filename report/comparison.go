package report

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
)

// Comparison is what was found when runs were compared.
type Comparison struct {
	Found stats.Comparison
	A, B  []string // the files of each side, as they were named
	Notes []string // what a reader has to know
	// Least is by how much an event may be slower; nil where that was not asked.
	Least *float64
}

// Broken names the events that are slower by at least Least, each once.
func (c Comparison) Broken() []string {
	var broken []string
	if c.Least == nil {
		return nil
	}
	for i := range c.Found.Events {
		if e := &c.Found.Events[i]; len(e.Slower(*c.Least)) > 0 {
			broken = append(broken, e.Event)
		}
	}
	return broken
}

// mostTold bounds how many events a sentence names.
const mostTold = 3

// Sentence says what was found.
func (c Comparison) Sentence() string {
	var told []string
	for i := range c.Found.Events {
		told = append(told, changeOf(&c.Found.Events[i])...)
	}
	if n := len(told); n > mostTold {
		told = append(told[:mostTold], fmt.Sprintf("and %d more", n-mostTold))
	}
	who := c.who()
	if len(told) == 0 {
		return who + ": no change can be told."
	}
	return who + ": " + strings.Join(told, ", ") + "."
}

// who is what the finding is about: the app only where it is known how its runs
// differ from each other.
func (c Comparison) who() string {
	switch {
	case c.Found.Unit == stats.ByRun:
		return "The app"
	case c.Found.A.Runs+c.Found.B.Runs == 2:
		return "These two runs"
	}
	return "These runs"
}

// Advice says what would be needed to say more; "" where nothing would.
func (c Comparison) Advice() string {
	if c.Found.Unit == stats.ByRun {
		return ""
	}
	return "Whether the app changed, only several runs a side can tell: A1 A2 -- B1 B2."
}

// changeOf says what is known to have changed of an event: of its durations the
// first of mean, median and p95.
func changeOf(e *stats.EventChange) []string {
	var told []string
	name := cut(printable(e.Event), mostName)
	for _, c := range []stats.Change{e.Mean, e.Median, e.P95} {
		if c.Finding != stats.CannotTell {
			by := change(c)
			if by == "" {
				by = "from " + amount(c, c.A) + " to " + amount(c, c.B)
			}
			told = append(told, fmt.Sprintf("%s is %s (%s %s)", name, c.Finding, c.Statistic, by))
			break
		}
	}
	switch e.Failures.Finding {
	case stats.More:
		told = append(told, fmt.Sprintf("%s fails more often (%s against %s)", name, amount(e.Failures, e.Failures.B), amount(e.Failures, e.Failures.A)))
	case stats.Fewer:
		told = append(told, fmt.Sprintf("%s fails less often (%s against %s)", name, amount(e.Failures, e.Failures.B), amount(e.Failures, e.Failures.A)))
	}
	return told
}

// amount writes a value of a change: a duration, or a share.
func amount(c stats.Change, x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case math.IsInf(x, 1):
		return "none"
	case c.Statistic == "failures":
		return strconv.FormatFloat(math.Round(1000*x)/10, 'f', -1, 64) + "%"
	}
	return stats.Duration(time.Duration(x * 1e9))
}

// change writes by how much; "" where that is unknown.
func change(c stats.Change) string { return percent(c, c.Change) }

// interval writes from where to where the change may reach, or why that is
// unknown.
func interval(c stats.Change) string {
	if math.IsNaN(c.Low) {
		return c.Why
	}
	return percent(c, c.Low) + " … " + percent(c, c.High)
}

func percent(c stats.Change, x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	digits := 1
	switch {
	case math.Abs(x) >= 10:
		digits = 0
	case x != 0 && math.Abs(x) < 0.0005:
		digits = 2 // on which side of 0 it is, matters
	}
	s := strconv.FormatFloat(100*x, 'f', digits, 64)
	if !strings.HasPrefix(s, "-") {
		s = "+" + s
	}
	if c.Statistic == "failures" {
		return s + "pt" // points of percentage
	}
	return s + "%"
}

// shown are the changes of an event that are worth a line.
func shown(e *stats.EventChange) []stats.Change {
	all := []stats.Change{e.Mean, e.Median, e.P95}
	if e.Failures.A > 0 || e.Failures.B > 0 {
		all = append(all, e.Failures)
	}
	return all
}

// side says what a side consists of.
func side(t stats.SideTally) string {
	text := count(t.Users, "user") + ", " + count(int(t.Rows), "row")
	if t.Runs > 1 {
		text = count(t.Runs, "run") + ", " + text
	}
	return text
}

// Write writes the comparison for a terminal or a file.
func (c Comparison) Write(w io.Writer) error {
	p := newPrinter(w)
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.width = widthOf(f)
	}
	return c.write(w, p)
}

func (c Comparison) write(w io.Writer, p *printer) error {
	p.heading(c.Sentence())
	p.line("")
	p.line("A  %s: %s", cut(printable(strings.Join(c.A, " ")), mostName), side(c.Found.A))
	p.line("B  %s: %s", cut(printable(strings.Join(c.B, " ")), mostName), side(c.Found.B))
	p.line("")
	faint := func(s string) string { return p.faint.Render(s) }
	var rows [][]cell
	for i := range c.Found.Events {
		e := &c.Found.Events[i]
		head := []cell{{text: printable(e.Event)}}
		for _, title := range []string{"A", "B", "change", "interval", ""} {
			if i > 0 {
				title = ""
			}
			head = append(head, cell{text: title, style: faint})
		}
		rows = append(rows, head)
		for _, change := range shown(e) {
			rows = append(rows, changeCells(p, change))
		}
	}
	for _, line := range columns(rows) {
		p.line("%s", line)
	}
	p.line("")
	for _, n := range c.Notes {
		p.sentence(0, n)
	}
	if advice := c.Advice(); advice != "" {
		p.sentence(0, advice)
	}
	if c.Least != nil {
		p.line("")
		p.sentence(0, c.limit())
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// heading writes a sentence in bold.
func (p *printer) heading(text string) {
	at := p.Len()
	p.sentence(0, text)
	written := strings.TrimSuffix(p.String()[at:], "\n")
	all := p.String()[:at]
	p.Reset()
	p.WriteString(all)
	for _, line := range strings.Split(written, "\n") {
		p.line("%s", p.bold.Render(line))
	}
}

func changeCells(p *printer, c stats.Change) []cell {
	finding := cell{text: string(c.Finding), style: func(s string) string { return p.faint.Render(s) }}
	switch c.Finding {
	case stats.Slower, stats.More:
		finding.style = func(s string) string { return p.bad.Render(s) }
	case stats.Faster, stats.Fewer:
		finding.style = func(s string) string { return p.good.Render(s) }
	}
	return []cell{
		{text: "  " + c.Statistic}, {text: amount(c, c.A)}, {text: amount(c, c.B)},
		{text: change(c)}, {text: interval(c)}, finding,
	}
}

// limit says whether an event is slower by at least Least.
func (c Comparison) limit() string {
	least := strconv.FormatFloat(*c.Least*100, 'f', -1, 64) + "%"
	broken := c.Broken()
	if len(broken) == 0 {
		return fmt.Sprintf("No event is known to be slower by %s or more.", least)
	}
	return fmt.Sprintf("Slower by %s or more: %s.", least, strings.Join(broken, ", "))
}

// comparisonJSON is a comparison for machines. Numbers that there are not, or
// that are longer than any limit, are null.
type comparisonJSON struct {
	SchemaVersion int         `json:"schema_version"`
	Sentence      string      `json:"sentence"`
	Unit          stats.Unit  `json:"compared_by"` // user, run
	Tests         int         `json:"tests"`       // over which 5 % of false alarms are held
	A             sideJSON    `json:"a"`
	B             sideJSON    `json:"b"`
	Events        []eventJSON `json:"events"`
	OnlyA         []string    `json:"only_a"`
	OnlyB         []string    `json:"only_b"`
	Notes         []string    `json:"notes"`
	Least         *float64    `json:"fail_if_slower"`
	Broken        []string    `json:"slower_by_that"`
}

type sideJSON struct {
	Files []string `json:"files"`
	stats.SideTally
}

type eventJSON struct {
	Event   string       `json:"event"`
	Changes []changeJSON `json:"changes"`
}

type changeJSON struct {
	Statistic string        `json:"statistic"` // mean, median, p95, failures
	A         *float64      `json:"a"`         // seconds; failures: a share from 0 to 1
	B         *float64      `json:"b"`
	Change    *float64      `json:"change"` // B/A − 1; failures: B − A
	Low       *float64      `json:"low"`
	High      *float64      `json:"high"`
	P         *float64      `json:"p"`
	Finding   stats.Finding `json:"finding"`
	Why       string        `json:"why"`
}

// JSON writes the comparison for machines.
func (c Comparison) JSON(w io.Writer) error {
	out := comparisonJSON{
		SchemaVersion: 1, Sentence: c.Sentence(), Unit: c.Found.Unit, Tests: c.Found.Tests,
		A: sideJSON{c.A, c.Found.A}, B: sideJSON{c.B, c.Found.B}, Events: []eventJSON{},
		OnlyA: orEmpty(c.Found.OnlyA), OnlyB: orEmpty(c.Found.OnlyB), Notes: orEmpty(c.Notes),
		Least: c.Least, Broken: orEmpty(c.Broken()),
	}
	for i := range c.Found.Events {
		e := &c.Found.Events[i]
		event := eventJSON{Event: e.Event}
		for _, c := range e.All() {
			event.Changes = append(event.Changes, changeJSON{
				Statistic: c.Statistic, A: known(c.A), B: known(c.B), Change: known(c.Change),
				Low: known(c.Low), High: known(c.High), P: known(c.P), Finding: c.Finding, Why: c.Why,
			})
		}
		out.Events = append(out.Events, event)
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// known is x, or nil where JSON has no such number.
func known(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

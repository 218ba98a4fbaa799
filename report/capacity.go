package report

import (
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/charmbracelet/lipgloss"

	"github.com/loadwright/loadwright/internal/stats"
)

// Capacity is what a search for an app's capacity found.
type Capacity struct {
	Sentence string
	Unit     string // of the loads: users, arrivals/s
	Levels   []Stay // in the order in which they were tried
	Event    string // whose times the levels tell
	Model    string // the Universal Scalability Law's parameters; "": none
	Files    []File
}

// Stay is a load that was tried.
type Stay struct {
	Load       float64
	Took       time.Duration
	Throughput float64 // events a second
	P50, P95   float64 // seconds; +Inf: more failed; NaN: there was none
	Failures   int
	AppCores   float64 // NaN: not known
	Verdict    string  // holds, broken, ""
	Saturated  bool    // the load generator's times are not the app's
	Aside      bool    // it was to show what an overload leaves behind
}

// Write writes the answer, first its figure, then a line for each level.
func (c Capacity) Write(w io.Writer) error {
	p := newPrinter(w)
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.width = widthOf(f)
	}
	p.wrapped(p.bold, 0, cut(printable(c.Sentence), mostAnswer))
	p.line("")
	if len(c.Levels) > 0 {
		c.levels(p)
	}
	if c.Model != "" {
		p.sentence(0, "A model, the Universal Scalability Law: "+c.Model+".")
		p.line("")
	}
	if len(c.Files) > 0 {
		Summary{Files: c.Files}.files(p)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func (c Capacity) levels(p *printer) {
	faint := func(s string) string { return p.faint.Render(s) }
	if c.Event != "" {
		p.line("%s", faint("p50 and p95 of "+cut(printable(c.Event), mostName)))
	}
	var head []cell
	for _, title := range []string{c.Unit, "for", "events/s", "p50", "p95", "failed", "app cores", "verdict"} {
		head = append(head, cell{text: title, style: faint})
	}
	rows := [][]cell{head}
	for _, l := range c.Levels {
		verdict, style := l.verdict(p)
		rows = append(rows, []cell{
			{text: fmt.Sprint(l.Load)}, {text: lasted(l.Took)}, {text: fmt.Sprintf("%.1f", l.Throughput)},
			{text: tookSeconds(l.P50)}, {text: tookSeconds(l.P95)}, {text: fmt.Sprint(l.Failures)},
			{text: cores(l.AppCores)}, {text: verdict, style: style},
		})
	}
	for _, line := range columns(rows) {
		p.line("%s", line)
	}
	p.line("")
}

// Line is a level as it is told while the search is on.
func (l Stay) Line(unit string) string {
	verdict, _ := l.verdict(newPrinter(io.Discard))
	if l.Load == 1 && unit == "users" {
		unit = "user"
	}
	return fmt.Sprintf("%v %s for %s: p50 %s, p95 %s, %d failed: %s",
		l.Load, unit, lasted(l.Took), tookSeconds(l.P50), tookSeconds(l.P95), l.Failures, verdict)
}

func (l Stay) verdict(p *printer) (text string, style func(string) string) {
	paint := func(s lipgloss.Style) func(string) string {
		return func(text string) string { return s.Render(text) }
	}
	switch {
	case l.Saturated:
		return "generator saturated", paint(p.bad)
	case l.Aside:
		return "aside", paint(p.faint)
	case l.Verdict == "broken":
		return "broken", paint(p.bad)
	case l.Verdict == "holds":
		return "holds", paint(p.good)
	}
	return "not decided", paint(p.faint)
}

func tookSeconds(s float64) string {
	switch {
	case math.IsNaN(s):
		return "-"
	case math.IsInf(s, 1):
		return "failed"
	}
	return stats.Duration(time.Duration(math.Round(s * 1e9)))
}

func cores(c float64) string {
	if math.IsNaN(c) {
		return "-"
	}
	return fmt.Sprintf("%.2f", c)
}

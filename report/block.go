package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
)

// What is smaller than this has room for one line.
const (
	leastBlockWidth  = 36
	leastBlockHeight = 4
)

// block is a status on at most so many lines of so many columns. Where there is
// too little room, what matters least goes first: lines between the parts, the
// older failures, events, the processors.
func (s Status) block(width, height int, p *printer) []string {
	if s.Stage == "preparing" || width < leastBlockWidth || height < leastBlockHeight {
		return p.plainLetters([]string{s.line(width)})
	}
	lines := []string{p.bold.Render(s.head(width))}
	if s.Saturated {
		lines = append(lines, p.bad.Render(cut("not to be trusted: the load generator has no CPU to spare", width)))
	}
	room := height - len(lines)
	events, failures, processors := 0, 0, s.processors()
	if len(s.Events) > 0 { // with a line of titles
		events, room = 1, room-2
	}
	if processors != "" && room > 0 {
		lines, room = append(lines, cut(processors, width)), room-1
	}
	if len(s.Failures) > 0 && room >= 2 {
		failures, room = 1, room-2
	}
	more := min(max(0, len(s.Events)-1), room)
	events, room = events+more, room-more
	if failures > 0 {
		more = min(len(s.Failures)-1, room)
		failures, room = failures+more, room-more
	}
	airy := room >= 2
	if events > 0 {
		if airy {
			lines = append(lines, "")
		}
		lines = append(lines, s.table(width, events, p)...)
	}
	if failures > 0 {
		if airy {
			lines = append(lines, "")
		}
		lines = append(lines, p.faint.Render("failed last"))
		for _, f := range s.Failures[:failures] {
			lines = append(lines, "  "+cutMiddle(printable(f), width-2, width/2))
		}
	}
	return p.plainLetters(lines)
}

// head is a status without what a block has lines of their own for.
func (s Status) head(width int) string {
	s.Events, s.Saturated = nil, false
	return s.line(width)
}

// processors are the cores that are in use; "" where nothing is known of them.
func (s Status) processors() string {
	if s.Sample.End == 0 {
		return ""
	}
	var parts []string
	add := func(whose string, cores machine.Figure) {
		if cores.Known() {
			parts = append(parts, fmt.Sprintf("%s %.2f", whose, float64(cores)))
		}
	}
	if s.Sample.App != nil {
		add("app", s.Sample.App.CPU)
	}
	add("generator", s.Sample.GeneratorCPU)
	add("machine", s.Sample.MachineCPU)
	if len(parts) == 0 {
		return ""
	}
	return "CPU cores: " + strings.Join(parts, ", ")
}

// The columns of the table of events, and those that narrow terminals have.
var blockColumns = [...][]string{
	{"event", "count", "failed", "median", "p95", "min", "spread", "max"},
	{"event", "count", "failed", "median", "p95", "spread"},
	{"event", "count", "failed", "median", "p95"},
	{"event", "failed", "median", "p95"},
	{"event", "failed", "p95"},
}

// table is titles and, on n lines, the events: the first ones, and on the last
// line how many more there are.
func (s Status) table(width, n int, p *printer) []string {
	shown := s.Events
	if n < len(shown) {
		shown = shown[:max(1, n-1)]
	}
	var lines []string
	for _, titles := range blockColumns {
		head := make([]cell, len(titles))
		for i, t := range titles {
			if t == "spread" {
				t = padded(t, len(stats.Histogram{}))
			}
			// A column that is as wide as most durations stays so.
			head[i] = cell{text: fmt.Sprintf("%5s", t), style: func(s string) string { return p.faint.Render(s) }}
		}
		rows := [][]cell{head}
		for i, e := range shown {
			rows = append(rows, s.row(titles, e, i, p))
		}
		if rest := s.Events[len(shown):]; len(rest) > 0 && n > 1 {
			all := stats.Stats{Name: fmt.Sprintf("%d more", len(rest))}
			for _, e := range rest {
				all.Count += e.Count
				all.Failures += e.Failures
			}
			rows = append(rows, s.row(titles, all, -1, p))
		}
		lines = columnsWithin(width, rows)
		if !slices.ContainsFunc(lines, func(l string) bool { return ansi.StringWidth(l) > width }) {
			return lines
		}
	}
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, width, "")
	}
	return lines
}

// row is an event in some columns; at −1 it stands for several, which have no
// times.
func (s Status) row(titles []string, e stats.Stats, at int, p *printer) []cell {
	var row []cell
	for _, t := range titles {
		var c cell
		switch {
		case t == "event":
			c.text = printable(e.Name)
		case t == "count":
			c.text = fmt.Sprint(e.Count)
		case t == "failed":
			c.text = fmt.Sprint(e.Failures)
			if e.Failures > 0 {
				c.style = func(s string) string { return p.bad.Render(s) }
			}
		case at < 0:
		case t == "median":
			c.text = tookOf(e, e.Median)
		case t == "p95":
			c.text = tookOf(e, e.P95)
		case t == "min":
			c.text = tookOf(e, e.Min)
		case t == "max":
			c.text = tookOf(e, e.Max)
		case t == "spread" && at < len(s.Histograms):
			c.text = p.bars(s.Histograms[at])
		}
		row = append(row, c)
	}
	return row
}

// bars draws a histogram on one line. What is there at all can be seen.
func (p *printer) bars(h stats.Histogram) string {
	levels := []rune(" ▁▂▃▄▅▆▇█")
	if p.ascii {
		levels = []rune(" .:-=+*%#")
	}
	most := max(1, slices.Max(h[:]))
	var b strings.Builder
	for _, n := range h {
		highest := int64(len(levels) - 1)
		b.WriteRune(levels[(n*highest+most-1)/most])
	}
	return b.String()
}

// plainLetters leaves no others where there are none.
func (p *printer) plainLetters(lines []string) []string {
	if !p.ascii {
		return lines
	}
	for i, l := range lines {
		var b strings.Builder
		for _, r := range l {
			switch {
			case r == '…':
				b.WriteByte('~')
			case r == 'µ':
				b.WriteByte('u')
			case r > '~':
				b.WriteString(strings.Repeat("?", ansi.StringWidth(string(r))))
			default:
				b.WriteRune(r)
			}
		}
		lines[i] = b.String()
	}
	return lines
}

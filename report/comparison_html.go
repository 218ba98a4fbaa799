package report

import (
	_ "embed"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/report/page"
)

//go:embed comparison.html
var comparisonPage string

//go:embed comparison.css
var comparisonStyle string

// ComparisonPageMark is how a comparison's page begins.
const ComparisonPageMark = "<!doctype html>\n<!-- loadwright: what changed between runs -->\n"

// HTML writes the comparison as a page that needs no other file, and looks like
// that of results.
func (c Comparison) HTML(w io.Writer) error {
	written, err := template.New("comparison").Parse(comparisonPage)
	if err != nil {
		return err
	}
	type data struct {
		Sentence, Advice, Limit string
		A, B, SideA, SideB      string
		Notes                   []string
		Events                  []htmlEvent
		Style                   template.CSS
		Hash                    string // of Style, for the page's policy
	}
	style := page.Style() + comparisonStyle
	d := data{
		Sentence: c.Sentence(), Advice: c.Advice(),
		A: printable(strings.Join(c.A, " ")), B: printable(strings.Join(c.B, " ")),
		SideA: side(c.Found.A), SideB: side(c.Found.B),
		Style: template.CSS(style), Hash: page.Hash(style), // ours, and no text of a scenario in it
	}
	if c.Least != nil {
		d.Limit = c.limit()
	}
	for _, n := range c.Notes {
		d.Notes = append(d.Notes, cut(printable(n), mostText))
	}
	widest := c.widest()
	for i := range c.Found.Events {
		e := &c.Found.Events[i]
		event := htmlEvent{Name: cut(printable(e.Event), mostText)}
		for _, x := range shown(e) {
			event.Changes = append(event.Changes, htmlChange{
				Statistic: x.Statistic, A: amount(x, x.A), B: amount(x, x.B), Change: change(x), Interval: interval(x),
				Finding: string(x.Finding), Class: findingClass(x.Finding), Bar: bar(x, widest),
			})
		}
		d.Events = append(d.Events, event)
	}
	if _, err := io.WriteString(w, ComparisonPageMark); err != nil {
		return err
	}
	return written.Execute(w, d)
}

type htmlEvent struct {
	Name    string
	Changes []htmlChange
}

type htmlChange struct {
	Statistic, A, B, Change, Interval, Finding, Class string
	Bar                                               *htmlBar // nil: there is no interval
}

// htmlBar is an interval as it is drawn, in a box that is 200 wide with no
// change in its middle.
type htmlBar struct{ From, Width, At string }

// widest is the farthest from 0 that an interval reaches, at most 200 %.
func (c Comparison) widest() float64 {
	widest := 0.01
	for i := range c.Found.Events {
		for _, x := range c.Found.Events[i].All() {
			for _, end := range []float64{x.Low, x.High} {
				if !math.IsNaN(end) {
					widest = max(widest, math.Abs(end))
				}
			}
		}
	}
	return min(widest, 2)
}

func bar(c stats.Change, widest float64) *htmlBar {
	if math.IsNaN(c.Low) || math.IsNaN(c.Change) {
		return nil
	}
	at := func(x float64) float64 { return 100 + 96*min(max(x/widest, -1), 1) }
	place := func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
	from, to := at(c.Low), at(c.High)
	return &htmlBar{From: place(from), Width: place(max(to-from, 0.5)), At: place(at(c.Change))}
}

func findingClass(f stats.Finding) string {
	switch f {
	case stats.Slower, stats.More:
		return "worse"
	case stats.Faster, stats.Fewer:
		return "better"
	}
	return "unknown"
}

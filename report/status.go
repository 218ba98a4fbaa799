// Package report puts results before people: on the terminal while a run is on,
// and after it.
package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

// Status is where a run stands.
type Status struct {
	Stage      string // preparing, loading, stopping, ended
	Active     int    // users begun and not ended
	Most       int    // the most there will be
	Iterations int    // ended
	Planned    int    // in all; 0: unknown
	Elapsed    time.Duration
	Left       time.Duration // unknown unless LeftKnown
	LeftKnown  bool
	All        stats.Stats       // of all events
	Events     []stats.Stats     // of each
	Histograms []stats.Histogram // of each of Events
	Failures   []string          // of the iterations that failed last, the newest first

	Saturated bool           // the load generator has no CPU to spare
	Waiting   int            // arrivals that are due and have no place yet
	Sample    machine.Sample // the newest
}

// shownEvents bounds the events of a line that has no width.
const shownEvents = 10

// line is a status on one line of at most width columns; 0: as long as it is.
// Where there is too little room, what matters least goes first.
func (s Status) line(width int) string {
	if s.Stage == "preparing" {
		return cut("opening browsers …", width)
	}
	at := clock(s.Elapsed) + s.rest()
	users := fmt.Sprintf("users %d/%d", s.Active, s.Most)
	iterations := "iterations " + ofPlanned(s.Iterations, s.Planned)
	events := fmt.Sprintf("events %d", s.All.Count+s.All.Failures)
	failed := fmt.Sprintf("failed %d", s.All.Failures)
	if s.Waiting > 0 {
		users += "  more in line"
	}
	if s.Saturated {
		failed += "  no CPU to spare"
	}
	fits := func(parts ...string) (string, bool) {
		line := strings.TrimRight(strings.Join(parts, "  "), " ")
		return line, width <= 0 || ansi.StringWidth(line) <= width
	}
	if line, ok := fits(at, users, iterations, events, failed, s.percentiles(shownEvents)); ok {
		return line
	}
	for n := max(1, min(len(s.Events), shownEvents)); n > 0; n-- {
		if line, ok := fits(at, users, iterations, failed, s.percentiles(n)); ok {
			return line
		}
	}
	if line, ok := fits(at, users, failed, s.percentiles(1)); ok {
		return line
	}
	if line, ok := fits(at, users, iterations, failed); ok {
		return line
	}
	line, _ := fits(at, users, failed)
	return cut(line, width)
}

// rest is what is left to do, as far as that is known.
func (s Status) rest() string {
	switch {
	case s.Stage == "stopping" && s.LeftKnown:
		return fmt.Sprintf("  stopping, at most %s more", clock(s.Left))
	case s.Stage == "stopping":
		return "  stopping"
	case s.Stage == "ended":
		return "  closing browsers"
	case s.LeftKnown:
		return fmt.Sprintf("  %s left", clock(s.Left))
	}
	return ""
}

// percentiles are those of the first n events.
func (s Status) percentiles(n int) string {
	if len(s.Events) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("p95")
	for i, e := range s.Events[:min(n, len(s.Events))] {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %s %s", cut(printable(e.Name), leastName), tookOf(e, e.P95))
	}
	if n < len(s.Events) {
		b.WriteString(", …")
	}
	return b.String()
}

func ofPlanned(n, planned int) string {
	if planned > 0 {
		return fmt.Sprintf("%d/%d", n, planned)
	}
	return fmt.Sprint(n)
}

// tookOf is a duration of an event's, or a dash where no row is ok.
func tookOf(e stats.Stats, d time.Duration) string {
	if e.Count == 0 {
		return "-"
	}
	return stats.Duration(d)
}

// clock is a duration as minutes and seconds, rounded: 1:05, 1:00:05.
func clock(d time.Duration) string { return wording.Clock(d.Round(time.Second)) }

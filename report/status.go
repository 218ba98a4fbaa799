// Package report puts results before people: on the terminal while a run is on,
// and after it.
package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
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
	All        stats.Stats   // of all events
	Events     []stats.Stats // of each
}

// line is a status on one line.
func (s Status) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  users %d/%d  iterations %s", clock(s.Elapsed), s.Active, s.Most, ofPlanned(s.Iterations, s.Planned))
	fmt.Fprintf(&b, "  events %d  failed %d", s.All.Count+s.All.Failures, s.All.Failures)
	if len(s.Events) > 0 {
		b.WriteString("  p95")
		for _, e := range s.Events {
			fmt.Fprintf(&b, " %s %s", printable(e.Name), tookOf(e, e.P95))
		}
	}
	switch {
	case s.Stage == "stopping" && s.LeftKnown:
		fmt.Fprintf(&b, "  stopping, at most %s more", clock(s.Left))
	case s.Stage == "stopping":
		b.WriteString("  stopping")
	case s.LeftKnown:
		fmt.Fprintf(&b, "  %s left", clock(s.Left))
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

// clock is a duration as minutes and seconds: 1:05, 1:00:05.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// printable is a name from a scenario or a page as a terminal may see it: one
// line, and no control characters that could move its cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return '·'
		}
		return r
	}, s)
}

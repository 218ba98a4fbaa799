package page

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

// longestSentence bounds what is shown of the answer of a search.
const longestSentence = 4000

// headline says in a few sentences what was found: verdict, thresholds, slowest
// event, first failure.
func headline(r *Run, s *summary) string {
	if s != nil && s.Capacity != nil {
		return wording.Cut(oneLine(s.Capacity.Sentence), longestSentence)
	}
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	first, message := firstFailure(r)
	if len(r.Events) == 0 {
		if r.Verdict == UnderWay {
			return "No event has ended yet."
		}
		add("There is no event")
	}
	if s != nil {
		if s.Generator.Judged && !s.Generator.Trusted {
			add("The times are %s", s.Generator.Text)
		}
		if s.Ended != "" {
			add("The run ended early: %s", wording.Cut(oneLine(s.Ended), 300))
		}
		if r.Verdict == UnderWay {
			add("%s", thresholdsSoFar(r.Thresholds))
		} else {
			add("%s", thresholdsSentence(r.Thresholds))
		}
	}
	if e := slowest(r.Events); e != nil {
		add("Slowest event: %s, where 19 of 20 took at most %s", wording.Cut(e.Name, 60), written(*e.P95))
	}
	switch rows := r.Points; {
	case rows.Failures > 0 && first != nil:
		add("%s failed, first at %s: user %d, %s: %s", counted(rows.Failures, rows.Rows), clock(first.At), first.User, wording.Cut(first.Event, 60), wording.Cut(message, 160))
	case len(r.Events) > 0:
		add("No failures")
	}
	return strings.Join(parts, ". ") + "."
}

func thresholdsSentence(all []Threshold) string {
	var broken []string
	for _, t := range all {
		if !t.OK {
			broken = append(broken, fmt.Sprintf("%s (seen: %s)", t.Text, t.Seen))
		}
	}
	const most = 3
	switch n := len(all); {
	case n == 0:
		return "No thresholds were set"
	case len(broken) == 0 && n == 1:
		return "The threshold held"
	case len(broken) == 0:
		return fmt.Sprintf("All %d thresholds held", n)
	case len(broken) > most:
		return fmt.Sprintf("%d of %d thresholds failed, among them %s", len(broken), n, strings.Join(broken[:most], ", "))
	case n == 1:
		return "The threshold failed: " + broken[0]
	default:
		return fmt.Sprintf("%d of %d thresholds failed: %s", len(broken), n, strings.Join(broken, ", "))
	}
}

// thresholdsSoFar is what can be said of them while the run is on.
func thresholdsSoFar(all []Threshold) string {
	var judged []Threshold
	for _, t := range all {
		if !t.NoSample {
			judged = append(judged, t)
		}
	}
	if len(all) > 0 && len(judged) == 0 {
		return "No threshold has a sample yet"
	}
	return "So far: " + strings.ToLower(thresholdsSentence(judged)[:1]) + thresholdsSentence(judged)[1:]
}

func slowest(events []Event) *Event {
	var s *Event
	for i := range events {
		if e := &events[i]; e.P95 != nil && (s == nil || *e.P95 > *s.P95) {
			s = e
		}
	}
	return s
}

func counted(n, of int64) string {
	if of == 1 {
		return "The only row"
	}
	return fmt.Sprintf("%d of %d rows", n, of)
}

func written(s float64) string { return stats.Duration(time.Duration(s * 1e9)) }

// clock is a time since the run's begin, in seconds, as minutes and seconds.
func clock(s float64) string { return wording.Clock(time.Duration(s * float64(time.Second))) }

package stats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// Verdict is what came of a threshold.
type Verdict struct {
	Threshold scenario.Threshold
	OK        bool
	// NoSample: there was nothing to judge, which is never ok.
	NoSample bool
	// TooFew: a percentile of fewer than 1/(1−p) rows. It was judged all the same.
	TooFew bool
	// Value is what was seen, in the threshold's own terms: seconds, a share
	// from 0 to 1, or a number. It is +Inf for a percentile that falls among
	// the failures, and NaN with NoSample.
	Value float64
	// Seen is Value as the user would write it: "1.93s", "0.4%", "25". It is
	// never rounded to the other side of the limit, nor onto it.
	Seen string
	// When is the stretch of the run that Seen is of, where it is not all of it:
	// "from 0:12 to 0:22", counted as start_seconds are.
	When string
	// Note qualifies Seen where need be: "2 of 50 failed". When is in it.
	Note string
	// Windows is about the windows of a threshold that has one. Value and Seen
	// are then those of the worst window, and OK is that every window held.
	Windows Windows
}

// Windows is what came of a threshold's windows.
type Windows struct {
	Judged, Failed int
	From, To       time.Duration // of the worst, since the run's origin
}

// note puts a text before or after the others of the note.
func (v *Verdict) note(before, after string) {
	texts := slices.DeleteFunc([]string{before, v.Note, after}, func(s string) bool { return s == "" })
	v.Note = strings.Join(texts, "; ")
}

// Judge judges each of the thresholds by the rows so far.
//
// Mean, min and max, and the count, are of the rows that are ok. Percentiles
// are of the ok and the failed, a failed row being longer than any limit: an
// app that fails one user in ten has no p95.
//
// A threshold that ends the run and has no window keeps the verdict that it was
// broken with, whatever the iterations in flight bring. One with a window must
// be among those that [NewLive] was given.
func (l *Live) Judge(thresholds []scenario.Threshold) []Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	verdicts := make([]Verdict, len(thresholds))
	for i, t := range thresholds {
		verdicts[i] = l.verdict(t)
	}
	return verdicts
}

func (l *Live) verdict(t scenario.Threshold) Verdict {
	if v, ok := l.watch.verdict(t); ok {
		return v
	}
	if t.Window > 0 {
		panic("stats: the windows of " + strconv.Quote(t.Text) + " were not watched from the first row on")
	}
	return l.judge(t)
}

// judge judges a threshold by all rows so far.
func (l *Live) judge(t scenario.Threshold) Verdict {
	if seen := l.find(key{t.UserType, t.Event}); seen != nil {
		return judge(t, &seen.sample)
	}
	return judge(t, new(sample))
}

func judge(t scenario.Threshold, seen *sample) Verdict {
	v := Verdict{Threshold: t, Value: math.NaN(), Seen: "no sample"}
	ok, rows := seen.took.n, seen.took.n+seen.failures
	var notes []string
	if seen.failures > 0 && t.Statistic.Kind != "count" {
		notes = append(notes, fmt.Sprintf("%d of %d failed", seen.failures, rows))
	}
	value, limit, in := math.NaN(), t.Value, number
	switch kind := t.Statistic.Kind; {
	case rows == 0:
		// Nothing, and no failures either.
	case kind == "count":
		value = float64(ok)
	case kind == "errors" && t.Share:
		value, in = float64(seen.failures)/float64(rows), share
	case kind == "errors":
		value = float64(seen.failures)
	case kind == "percentile":
		// Durations are compared in whole nanoseconds, as limits are.
		value, limit, in = seen.judged(t.Statistic.Quantile), math.Round(limit*1e9), span
		if v.TooFew = TooFew(t.Statistic.Quantile, rows); v.TooFew {
			have := fmt.Sprintf("%d rows", rows)
			if rows == 1 {
				have = "1 row"
			}
			notes = append(notes, fmt.Sprintf("%s where %s needs %d",
				have, percentile(t.Statistic.Quantile), needed(t.Statistic.Quantile)))
		}
	case ok > 0:
		value, limit, in = seen.took.statistic(kind), math.Round(limit*1e9), span
	}
	v.Note = strings.Join(notes, "; ")
	if v.NoSample = math.IsNaN(value); v.NoSample {
		return v
	}
	v.OK = holds(value, t.Op, limit)
	v.Value = value / in.per
	v.Seen = in.show(value, func(rounded float64) bool {
		return holds(rounded, t.Op, limit) == v.OK && (rounded == limit) == (value == limit)
	})
	return v
}

// judged returns the ⌈p·n⌉-th smallest of the ok and failed rows in
// nanoseconds, a failed one being longer than anything.
func (s *sample) judged(p float64) float64 {
	if r := rank(p, s.took.n+s.failures); r <= s.took.n {
		return float64(s.took.at(r))
	}
	return math.Inf(1)
}

// statistic returns the mean, min or max in nanoseconds.
func (d *distribution) statistic(kind string) float64 {
	switch kind {
	case "mean":
		return d.mean()
	case "min":
		return float64(d.min)
	case "max":
		return float64(d.max)
	}
	panic("stats: no statistic " + strconv.Quote(kind))
}

func holds(value float64, op string, limit float64) bool {
	switch op {
	case "<":
		return value < limit
	case "<=":
		return value <= limit
	case ">":
		return value > limit
	case ">=":
		return value >= limit
	}
	panic("stats: no comparison " + strconv.Quote(op))
}

// percentile names a quantile as scenarios do.
func percentile(p float64) string {
	if p == 0.5 {
		return "the median"
	}
	return "p" + strconv.FormatFloat(roundTo(100*p, 10), 'f', -1, 64)
}

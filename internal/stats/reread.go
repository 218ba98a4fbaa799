package stats

import (
	"math"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// Stats are the figures that e was made of.
func (e EventSummary) Stats() Stats {
	return Stats{
		Name: e.Event, UserType: e.UserType, Count: e.Count, Failures: e.Failures, Classes: e.Classes, Cancelled: e.Cancelled,
		Already: e.Already, ClockFaults: e.ClockFaults, Approximate: e.Approximate,
		Mean: spanOf(e.Mean), Min: spanOf(e.Min), Max: spanOf(e.Max),
		Median: spanOf(e.Median), P95: spanOf(e.P95), P99: spanOf(e.P99),
		Harness: Harness{Count: e.Harness.Count, Median: spanOf(e.Harness.Median), P95: spanOf(e.Harness.P95)},
	}
}

// Verdict is the one that t was made of, but for what only the threshold's
// grammar knows: its statistic, operator and limit.
func (t ThresholdSummary) Verdict() Verdict {
	v := Verdict{
		Threshold: scenario.Threshold{Text: t.Threshold, Event: t.Event, UserType: t.UserType, Abort: t.Abort, Implied: t.Implied},
		OK:        t.OK, NoSample: t.NoSample, TooFew: t.TooFew, Value: math.Inf(1), Seen: t.Seen, Note: t.Note,
	}
	switch {
	case t.NoSample:
		v.Value = math.NaN()
	case t.Value != nil:
		v.Value = *t.Value
	}
	if w := t.Windows; w != nil {
		v.Threshold.Window = spanOf(&w.Length)
		v.Windows = Windows{Judged: w.Judged, Failed: w.Failed, From: spanOf(w.From), To: spanOf(w.To)}
	}
	return v
}

// spanOf is a number of seconds as a duration, and 0 where there is none.
func spanOf(seconds *float64) time.Duration {
	if seconds == nil {
		return 0
	}
	return time.Duration(math.Round(*seconds * 1e9))
}

package stats

import (
	"fmt"
	"math"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// SchemaVersion is the version of summary.json. It grows when a field changes
// its meaning or goes; a new field leaves it as it is.
const SchemaVersion = 1

// Summary is what summary.json says of a run's results. Durations are in
// seconds, and null where there is nothing that they could be of.
//
// What stands at a field of this and of all that summary.json is made of is its
// entry in docs/summary.md and in the JSON Schema: `make docs`. A tag tells the
// unit of a number whose name does not.
type Summary struct {
	// the version of this form: it grows when a field changes its meaning or
	// goes; a new field leaves it as it is
	SchemaVersion int `json:"schema_version"`
	// every threshold held
	OK bool `json:"ok"`
	// what came of each threshold, in the scenario's order, then those of the command line
	Thresholds []ThresholdSummary `json:"thresholds"`
	// the figures of each event, in the order of their first rows
	Events []EventSummary `json:"events"`
	// the figures of each event of each kind of user; empty with one kind
	ByType []EventSummary `json:"events_by_user_type"`
	// the figures of all events, those left out that have others inside them
	All EventSummary `json:"all_events"`
	// how many rows are of the warm-up: they are in no other figure
	WarmUp int64 `json:"warm_up_rows"`
}

// EventSummary is the JSON form of [Stats].
type EventSummary struct {
	// the event's name; empty where the figures are of all events
	Event string `json:"event"`
	// the kind of user; not there where the figures are of all kinds
	UserType string `json:"user_type,omitempty"`
	// rows that are ok: the durations are of these
	Count int64 `json:"count"`
	// rows with an error
	Failures int64 `json:"failures"`
	// failures ÷ (count + failures)
	ErrorShare float64 `json:"error_share" unit:"share, 0 to 1"`
	// how many failures are of which sort: refused, reset, timeout, dns, tls,
	// unreachable, proxy, status, check failed, bad answer, redirects, bad
	// request, local (this machine allows no further connection), other; not
	// there without failures
	Classes map[event.Class]int64 `json:"failures_by_class,omitempty"`
	// rows that the end of the run cut short: they are in no other figure
	Cancelled int64 `json:"cancelled"`
	// of count: rows that measure nothing, since what was waited for was there
	// before
	Already int64 `json:"already"`
	// rows that carry the runner's times, because the page's clock was impossible
	ClockFaults int64 `json:"clock_faults"`
	// mean duration; with arrivals, durations have in them what the arrival waited in line
	Mean *float64 `json:"mean_seconds"`
	// shortest duration
	Min *float64 `json:"min_seconds"`
	// median duration
	Median *float64 `json:"median_seconds"`
	// what 95 % took at most
	P95 *float64 `json:"p95_seconds"`
	// what 99 % took at most
	P99 *float64 `json:"p99_seconds"`
	// longest duration
	Max *float64 `json:"max_seconds"`
	// there were so many rows that median, p95 and p99 may be too long by up to
	// 0.8 %
	Approximate bool `json:"approximate"`
	// what the tool itself took around events
	Harness HarnessSummary `json:"harness_seconds"`
}

// HarnessSummary is the JSON form of [Harness].
type HarnessSummary struct {
	// rows of which it is known
	Count int64 `json:"count"`
	// median of these; null without any
	Median *float64 `json:"median" unit:"seconds"`
	// what 95 % of these took at most; null without any
	P95 *float64 `json:"p95" unit:"seconds"`
}

// ThresholdSummary is the JSON form of [Verdict].
type ThresholdSummary struct {
	// the threshold as it was written
	Threshold string `json:"threshold"`
	// whose rows it judges; empty: those of all events
	Event string `json:"event"`
	// whose rows it judges; empty: those of all kinds of user
	UserType string `json:"user_type"`
	// the run ends when it fails
	Abort bool `json:"abort"`
	// nobody gave it: errors <= 1% is judged where no threshold is about errors
	Implied bool `json:"implied"`
	// it held
	OK bool `json:"ok"`
	// what was seen; null without a sample, and for a percentile that falls among
	// the failures, which are longer than any limit
	Value *float64 `json:"value" unit:"seconds; of errors in % a share, 0 to 1; or a number: as the threshold has it"`
	// the same in words: 1.93s, 0.4%, 25
	Seen string `json:"seen"`
	// what to know of that, like 2 of 50 failed; or empty
	Note string `json:"note"`
	// there was nothing to judge: it failed
	NoSample bool `json:"no_sample"`
	// it is of a percentile p, and of fewer than 1/(1−p) rows; it was judged all
	// the same
	TooFew bool `json:"too_few"`
	// what came of its windows, value and seen being those of the worst; null
	// where it has none
	Windows *WindowsSummary `json:"windows"`
}

// WindowsSummary is the JSON form of [Windows].
type WindowsSummary struct {
	// how long each is
	Length float64 `json:"window_seconds"`
	// windows with a sample
	Judged int `json:"judged"`
	// of these: windows in which the threshold did not hold
	Failed int `json:"failed"`
	// when the worst began, since the first event began, like start_seconds in the
	// CSV; null where none was judged
	From *float64 `json:"worst_from_seconds"`
	// when the worst ended
	To *float64 `json:"worst_to_seconds"`
}

// Summary sums up the rows so far.
func (l *Live) Summary(thresholds []scenario.Threshold) Summary {
	s := Summary{
		SchemaVersion: SchemaVersion,
		OK:            true,
		Thresholds:    []ThresholdSummary{},
		Events:        []EventSummary{},
		ByType:        []EventSummary{},
		All:           l.All().summary(),
		WarmUp:        l.WarmUp(),
	}
	for _, v := range l.Judge(thresholds) {
		s.OK = s.OK && v.OK
		s.Thresholds = append(s.Thresholds, v.Summary())
	}
	for _, e := range l.Events() {
		s.Events = append(s.Events, e.summary())
	}
	for _, e := range l.ByType() {
		s.ByType = append(s.ByType, e.summary())
	}
	return s
}

func (s Stats) summary() EventSummary {
	e := EventSummary{
		Event: s.Name, UserType: s.UserType, Count: s.Count, Failures: s.Failures, Classes: s.Classes, ErrorShare: s.ErrorShare(), Cancelled: s.Cancelled,
		Already: s.Already, ClockFaults: s.ClockFaults, Approximate: s.Approximate,
		Harness: HarnessSummary{Count: s.Harness.Count},
	}
	if s.Count > 0 {
		e.Mean, e.Min, e.Max = seconds(s.Mean), seconds(s.Min), seconds(s.Max)
		e.Median, e.P95, e.P99 = seconds(s.Median), seconds(s.P95), seconds(s.P99)
	}
	if s.Harness.Count > 0 {
		e.Harness.Median, e.Harness.P95 = seconds(s.Harness.Median), seconds(s.Harness.P95)
	}
	return e
}

// Summary is the verdict's JSON form.
func (v Verdict) Summary() ThresholdSummary {
	t := ThresholdSummary{
		Threshold: v.Threshold.Text, Event: v.Threshold.Event, UserType: v.Threshold.UserType,
		Abort: v.Threshold.Abort, Implied: v.Threshold.Implied, OK: v.OK,
		Seen: v.Seen, Note: v.Note, NoSample: v.NoSample, TooFew: v.TooFew,
	}
	// JSON has neither NaN nor infinity.
	if !v.NoSample && !math.IsInf(v.Value, 0) {
		t.Value = &v.Value
	}
	if v.Threshold.Window > 0 {
		t.Windows = &WindowsSummary{Length: v.Threshold.Window.Seconds(), Judged: v.Windows.Judged, Failed: v.Windows.Failed}
		if v.Windows.Judged > 0 {
			t.Windows.From, t.Windows.To = seconds(v.Windows.From), seconds(v.Windows.To)
		}
	}
	return t
}

func seconds(d time.Duration) *float64 {
	s := float64(d) / 1e9
	return &s
}

// AlreadyNote says that waits held before the action, or "" where none did:
// such rows measure nothing.
func (s Stats) AlreadyNote() string {
	switch s.Already {
	case 0:
		return ""
	case s.Count:
		return fmt.Sprintf("%s: %d of %d waits held before the click; this measures nothing", s.Name, s.Already, s.Count)
	}
	return fmt.Sprintf("%s: %d of %d waits held before the click; those measure nothing", s.Name, s.Already, s.Count)
}

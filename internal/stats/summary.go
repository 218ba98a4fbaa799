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
type Summary struct {
	SchemaVersion int                `json:"schema_version"`
	OK            bool               `json:"ok"` // every threshold held
	Thresholds    []ThresholdSummary `json:"thresholds"`
	Events        []EventSummary     `json:"events"` // in the order of their first rows
	// ByType is of each event of each kind of user; empty with one kind.
	ByType []EventSummary `json:"events_by_user_type"`
	// All is of all events, those left out that have others inside them.
	All EventSummary `json:"all_events"`
	// WarmUp is the number of rows of the warm-up, which are in no other figure.
	WarmUp int64 `json:"warm_up_rows"`
}

// EventSummary is the JSON form of [Stats].
type EventSummary struct {
	Event      string  `json:"event"`               // "" for all
	UserType   string  `json:"user_type,omitempty"` // "" for all kinds of user
	Count      int64   `json:"count"`               // rows that are ok
	Failures   int64   `json:"failures"`
	ErrorShare float64 `json:"error_share"` // failures ÷ (count + failures)
	// Classes are the failures by their class, where one has any.
	Classes     map[event.Class]int64 `json:"failures_by_class,omitempty"`
	Cancelled   int64                 `json:"cancelled"`
	Already     int64                 `json:"already"`
	ClockFaults int64                 `json:"clock_faults"`
	Mean        *float64              `json:"mean_seconds"`
	Min         *float64              `json:"min_seconds"`
	Median      *float64              `json:"median_seconds"`
	P95         *float64              `json:"p95_seconds"`
	P99         *float64              `json:"p99_seconds"`
	Max         *float64              `json:"max_seconds"`
	// Approximate: the median, p95 and p99 may be too long by up to 0.8 %.
	Approximate bool           `json:"approximate"`
	Harness     HarnessSummary `json:"harness_seconds"`
}

// HarnessSummary is the JSON form of [Harness].
type HarnessSummary struct {
	Count  int64    `json:"count"`
	Median *float64 `json:"median"`
	P95    *float64 `json:"p95"`
}

// ThresholdSummary is the JSON form of [Verdict].
type ThresholdSummary struct {
	Threshold string `json:"threshold"` // as written
	Event     string `json:"event"`     // "" for all
	UserType  string `json:"user_type"` // "" for all kinds of user
	Abort     bool   `json:"abort"`     // ends the run
	Implied   bool   `json:"implied"`
	OK        bool   `json:"ok"`
	// Value is in seconds, a share from 0 to 1, or a number; null without a
	// sample, and where it is longer than any limit.
	Value    *float64 `json:"value"`
	Seen     string   `json:"seen"`
	Note     string   `json:"note"`
	NoSample bool     `json:"no_sample"`
	TooFew   bool     `json:"too_few"`
	// Windows is null without a window. Value and Seen are those of the worst.
	Windows *WindowsSummary `json:"windows"`
}

// WindowsSummary is the JSON form of [Windows].
type WindowsSummary struct {
	Length float64 `json:"window_seconds"`
	Judged int     `json:"judged"`
	Failed int     `json:"failed"`
	// From and To are of the worst, counted as start_seconds are; null where none
	// was judged.
	From *float64 `json:"worst_from_seconds"`
	To   *float64 `json:"worst_to_seconds"`
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

package capacity

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
)

// Kind is the statistic that a limit is about.
type Kind string

// The statistics that have a limit which more users can break.
const (
	Mean       Kind = "mean"       // of the ok events' durations
	Percentile Kind = "percentile" // of durations, a failure being longer than any limit
	Errors     Kind = "errors"     // failures ÷ events
)

// Limit is what has to hold for a number of users to count as served: a
// statistic of an event stays below a value, or at it unless Below.
type Limit struct {
	Event    string // "" is all events
	Kind     Kind
	Quantile float64 // of a Percentile: 0.95
	Below    bool    // < rather than <=
	Value    float64 // seconds, or a share from 0 to 1 with Errors
}

// String writes a limit as scenarios do: "interact p95 < 2s".
func (l Limit) String() string {
	op := "<="
	if l.Below {
		op = "<"
	}
	value := stats.Duration(seconds(l.Value))
	if l.Kind == Errors {
		value = percent(l.Value)
	}
	return strings.TrimSpace(l.Event + " " + l.statistic() + " " + op + " " + value)
}

func (l Limit) statistic() string {
	switch {
	case l.Kind != Percentile:
		return string(l.Kind)
	case l.Quantile == 0.5:
		return "median"
	default:
		return "p" + strconv.FormatFloat(math.Round(l.Quantile*1e6)/1e4, 'f', -1, 64)
	}
}

// of is the limit's statistic in a sentence: "the p95 of interact".
func (l Limit) of() string {
	of := l.Event
	if of == "" {
		of = "all events"
	}
	if l.Kind == Errors {
		return "the share of failures of " + of
	}
	return "the " + l.statistic() + " of " + of
}

// write puts a value of the limit's statistic in words.
func (l Limit) write(v float64) string {
	switch {
	case l.Kind == Errors:
		return percent(v)
	case math.IsInf(v, 1):
		return fmt.Sprintf("more than %s of them failed", percent(1-l.Quantile))
	default:
		return stats.Duration(seconds(v))
	}
}

func (l Limit) check() error {
	switch {
	case l.Kind != Mean && l.Kind != Percentile && l.Kind != Errors:
		return fmt.Errorf("%q is no statistic that more users break: give a mean, a percentile or a share of errors", l.Kind)
	case l.Kind == Percentile && (l.Quantile <= 0 || l.Quantile >= 1):
		return fmt.Errorf("%s: the percentile is not between 0 and 100", l)
	case l.Kind == Errors && (l.Value < 0 || l.Value >= 1):
		return fmt.Errorf("%s: a limit on errors is a share like 1%%", l)
	case l.Kind != Errors && l.Value <= 0:
		return fmt.Errorf("%s: no duration is that short", l)
	}
	return nil
}

// share is the share of events that may lie beyond the limit, for the limits
// that are about such a share.
func (l Limit) share() float64 {
	if l.Kind == Errors {
		return l.Value
	}
	// Rounded, since 1 − 0.95 is a little more than 0.05.
	return math.Round((1-l.Quantile)*1e9) / 1e9
}

// enough is how many events a limit on errors needs before it is decided:
// three ÷ limit of them without a failure put the share below the limit with
// 95 % confidence (the rule of three: Hanley, Lippman-Hand, JAMA 249, 1983).
func (l Limit) enough() int {
	if l.Kind != Errors || l.Value == 0 {
		return 0
	}
	return int(math.Ceil(3/l.Value - 1e-6))
}

// beyond tells whether an event lies beyond a limit on a percentile or on errors.
func (l Limit) beyond(o *Observation) bool {
	switch {
	case o.Failed:
		return true
	case l.Kind == Errors:
		return false
	case l.Below:
		return o.Took.Seconds() >= l.Value
	default:
		return o.Took.Seconds() > l.Value
	}
}

// over tells whether v breaks the limit.
func (l Limit) over(v float64) bool { return v > l.Value || l.Below && v == l.Value }

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e5)/1e3, 'f', -1, 64) + "%"
}

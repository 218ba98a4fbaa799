package runner

import (
	"math/bits"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// staged is a number of users that changes in straight lines.
type staged []leg

// leg is a stretch of stages: a ramp, or what holds.
type leg struct {
	begin, end time.Duration // of the load's time
	from, to   float64       // users, or arrivals a second
}

// legs are the ramps and holds of stages, one after another. value is what a
// stage is about.
func legs(stages []scenario.Stage, value func(scenario.Stage) float64) []leg {
	var all []leg
	at, was := time.Duration(0), 0.0
	for _, s := range stages {
		to := value(s)
		if s.Over > 0 {
			all = append(all, leg{at, at + s.Over, was, to})
			at += s.Over
		}
		if s.Hold > 0 {
			all = append(all, leg{at, at + s.Hold, to, to})
			at += s.Hold
		}
		was = to
	}
	return all
}

// phaseOf returns the phase that elapsed lies in.
func phaseOf(all []leg, elapsed time.Duration) event.Phase {
	for _, l := range all {
		switch {
		case elapsed >= l.end:
		case l.to > l.from:
			return event.RampUp
		case l.to < l.from:
			return event.RampDown
		default:
			return event.Steady
		}
	}
	return event.RampDown
}

func newStaged(stages []scenario.Stage) staged {
	return legs(stages, func(s scenario.Stage) float64 { return float64(s.Users) })
}

// wanted implements [shape]. A user comes, or goes, when the line reaches its
// number: whole users only, never more than the line is high on the way up, nor
// fewer on the way down.
func (s staged) wanted(elapsed time.Duration) (int, time.Duration) {
	for i, l := range s {
		if elapsed >= l.end {
			continue
		}
		from, to := int64(l.from), int64(l.to)
		if from == to {
			return int(from), s.change(i+1, int(from))
		}
		sign, distance := int64(1), to-from
		if distance < 0 {
			sign, distance = -1, -distance
		}
		done := mulDiv(distance, int64(elapsed-l.begin), int64(l.end-l.begin), false)
		next := l.begin + time.Duration(mulDiv(done+1, int64(l.end-l.begin), distance, true))
		users := int(from + sign*done)
		if next >= l.end {
			next = s.change(i+1, users)
		}
		return users, next
	}
	return int(s[len(s)-1].to), never
}

// change is the first time from leg i on at which another number than users is
// wanted.
func (s staged) change(i, users int) time.Duration {
	for ; i < len(s); i++ {
		if int(s[i].from) != users {
			return s[i].begin
		}
		if s[i].to != s[i].from {
			_, next := s.wanted(s[i].begin)
			return next
		}
	}
	if last := s[len(s)-1]; int(last.to) != users {
		return last.end
	}
	return never
}

func (s staged) phase(elapsed time.Duration) event.Phase { return phaseOf(s, elapsed) }

// mulDiv returns a·b/c for numbers of at least 0, c above it, and a·b/c within
// range; rounded down, or up.
func mulDiv(a, b, c int64, up bool) int64 {
	high, low := bits.Mul64(uint64(a), uint64(b))
	quotient, rest := bits.Div64(high, low, uint64(c))
	if up && rest > 0 {
		quotient++
	}
	return int64(quotient)
}

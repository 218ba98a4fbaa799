package capacity

import (
	"context"
	"math"
	"slices"
)

// back returns to a level of the way up. What takes longer there than it did
// shows an app that gets slower with time, not with users: then what is known
// is of the past, and the search is done again with what is left of the budget;
// done tells that it was.
func (s *search) back(ctx context.Context) (done bool, err error) {
	low, high := s.decided()
	then := s.early(nil)
	if then == nil || low == 0 && high == 0 && s.first == 0 {
		s.checked = true // there is nothing to compare with
		return false, nil
	}
	if err := s.recover(ctx); err != nil {
		return false, err
	}
	if _, err := s.stay(ctx, then.n, again); err != nil {
		return false, err
	}
	if s.busy {
		return false, nil // and it is not known
	}
	s.checked = true
	drift := s.drifted(then)
	if drift == nil {
		return false, nil
	}
	s.doubted = true
	s.answer.Drift = drift
	confirmed := false
	if other := s.early(then); other != nil {
		if _, err := s.stay(ctx, other.n, again); err != nil {
			return false, err
		}
		confirmed = !s.busy && s.drifted(other) != nil
	}
	levels, before, was := s.levels, s.interval(), max(s.first, low)
	start := max(low, s.o.least)
	if low == 0 {
		start = max(then.n, s.o.least)
	}
	s.levels, s.order, s.last = map[int]*level{}, nil, nil
	l, err := s.stay(ctx, start, confirm)
	if held := levels[low]; err == nil && !s.busy && held != nil {
		confirmed = confirmed || s.alsoSlower(held, l)
		if l.verdict == Holds || l.verdict == Unclear && !confirmed {
			if !confirmed {
				s.answer.Drift = nil
			}
			held.visited = append(held.visited, l.visited...)
			s.levels = levels // what was found still holds
			return false, nil
		}
	}
	if err == nil {
		err = s.closeIn(ctx)
	}
	now, ok := s.point()
	switch again, broken := s.decided(); {
	case again == 0 && broken != s.o.least || broken == 0:
		// It may have fallen; by how much is open.
		s.answer.Before = before
	case ok && now < was:
		s.answer.Fell = &Fall{From: s.o.load(was), To: s.o.load(now), Within: s.now - s.began, Seen: *drift}
	}
	return true, err
}

// early is the level of the way up, other than one, that a later stay had best be
// compared with: one that the app served with ease. nil: there is none.
func (s *search) early(other *level) *level {
	low, _ := s.decided()
	var best *level
	for _, l := range s.levels {
		early := len(l.visited) > 0 && l.visited[0].goal <= climb
		if early && l != other && (l.n <= low || l.n == s.o.least || low == 0 && l.n <= s.first/2) && (best == nil || s.tellsMore(l, best)) {
			best = l
		}
	}
	return best
}

// tellsMore tells which of two levels of the way up a later stay had better be
// compared with: the higher, of those of which enough was seen.
func (s *search) tellsMore(a, b *level) bool {
	if x, y := anyComparable(s.o.Limits, a.visited[0]), anyComparable(s.o.Limits, b.visited[0]); x != y {
		return x
	}
	return a.n > b.n
}

// interval is what is decided of both ends; nil: neither.
func (s *search) interval() *Interval {
	low, high := s.decided()
	if low == 0 && high == 0 {
		return nil
	}
	i := &Interval{Low: s.o.load(low)}
	if high > 0 {
		i.High = s.o.load(high - 1)
	}
	return i
}

// contradicted tells whether a level took clearly longer than one with as many
// users, or more, did before it.
func (s *search) contradicted() bool {
	if len(s.order) == 0 {
		return false
	}
	last := s.order[len(s.order)-1]
	now := s.levels[last.n] // nil: the load generator was saturated there since
	for _, v := range s.order[:len(s.order)-1] {
		if v.n < last.n {
			continue
		}
		if slower(s.o.Limits, v, last) >= 0 || v.score <= -0.5 && now != nil && now.verdict == Broken {
			return true
		}
	}
	return false
}

// drifted compares the last visit to a level with the first.
func (s *search) drifted(l *level) *Drift {
	first, last := l.visited[0], l.visited[len(l.visited)-1]
	i := slower(s.o.Limits, first, last)
	if i < 0 {
		return nil
	}
	return &Drift{Load: s.o.load(l.n), Event: s.o.Limits[i].Event, From: first.seen[i].mean, To: last.seen[i].mean}
}

// alsoSlower tells whether a level takes longer now than when it was decided. The
// stays of the way up are short, and one in sixty was not itself: what one of them
// shows has to be seen at another, or at a level that was watched for longer.
func (s *search) alsoSlower(then, now *level) bool {
	for _, v := range slices.Backward(then.visited) {
		if v.goal > climb && v.goal != again {
			return slower(s.o.Limits, v, now.visited[len(now.visited)-1]) >= 0
		}
	}
	return false
}

// muchSlower is the share by which an event has to take longer to be worth a word.
const muchSlower = 0.2

// slower returns a limit whose event took clearly longer at b than at a, by
// Welch's test at 0.1 %; −1: none did. Who looks again and again until it is so errs
// more often.
func slower(limits []Limit, a, b visited) int {
	for i := range limits {
		if !comparable(limits, a, b, i) || b.seen[i].mean <= (1+muchSlower)*a.seen[i].mean {
			continue
		}
		x, y := a.seen[i], b.seen[i]
		v := x.variance + y.variance
		if v == 0 {
			return i
		}
		freedom := v * v / (x.variance*x.variance/x.meanFreedom + y.variance*y.variance/y.meanFreedom)
		if studentTail((y.mean-x.mean)/math.Sqrt(v), freedom) < 0.001 {
			return i
		}
	}
	return -1
}

func looksSlower(limits []Limit, a, b visited) bool {
	for i := range limits {
		if comparable(limits, a, b, i) && b.seen[i].mean > (1+muchSlower)*a.seen[i].mean {
			return true
		}
	}
	return false
}

func anyComparable(limits []Limit, v visited) bool {
	for i := range limits {
		if comparable(limits, v, v, i) {
			return true
		}
	}
	return false
}

// comparable tells whether two visits have seen enough of a limit's event.
func comparable(limits []Limit, a, b visited, i int) bool {
	const enough = 8
	return limits[i].Kind != Errors && i < len(a.seen) && i < len(b.seen) && a.seen[i].events >= enough && b.seen[i].events >= enough
}

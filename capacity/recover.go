package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// recover waits, after a level that looks broken, until events with as few
// users as there may be take no longer than before it all.
func (s *search) recover(ctx context.Context) error {
	if s.last == nil || s.last.leans != Broken && s.last.score <= 0 {
		return nil
	}
	if s.last.n == s.o.least {
		return nil // there is no less to go back to
	}
	overloaded := s.last
	s.last = nil
	took := s.over[len(s.over)-1].Took
	return s.wait(ctx, fmt.Sprintf("after %s", s.count(overloaded.n)), min(max(leastWait, 3*took), mostWait))
}

const (
	inARow    = 3               // events have to be as they were
	leastWait = 2 * time.Minute // before an app is given up
	mostWait  = 5 * time.Minute
)

// wait waits with as few users as there may be. When they are not as before, it
// takes most to say that the app does not recover: where the budget ends sooner,
// that is what ended the search. What is slower than before, and still within the
// limits, will do after half of what the budget leaves.
func (s *search) wait(ctx context.Context, what string, most time.Duration) error {
	v, err := s.set(ctx, s.o.least)
	if err != nil {
		return err
	}
	if f, ok := find(s.base, ""); ok && f.Rate > 0 { // or too few would end in it
		most = max(most, seconds(2*inARow/f.Rate))
	}
	enough := min(most, (s.o.Budget-(s.now-s.began))/2)
	good := 0
	for {
		r, err := s.pause(ctx, v)
		if err != nil {
			return err
		}
		for i := range r.Events {
			o := &r.Events[i]
			if o.At-o.Took < v.began || o.Part {
				continue
			}
			if s.asBefore(o) {
				good++
			} else {
				good = 0
			}
		}
		v.add(&r)
		switch died := s.answer.Died; {
		case r.Gone != "" && died != nil && died.Load == s.o.load(s.o.least):
			died.Again = true
			return errGone // with as little load as there may be
		case r.Gone != "":
			good = 0 // once more
		case v.fewer():
			return s.tooFew(v, &r)
		}
		if good >= inARow {
			s.answer.Died.back(s.now)
			return nil
		}
		if v.elapsed() < enough {
			continue
		}
		limit, value, over := s.passed(v)
		switch {
		case !over:
			s.answer.Died.back(s.now)
			return nil
		case v.elapsed() < most:
		case s.distrusts(v):
			return unmeasured(what + " it could not be measured whether the app recovers: " + v.why)
		default:
			s.answer.Stuck = &Stuck{What: what, For: v.elapsed(), Load: s.o.load(s.o.least), Limit: limit, Value: value}
			return errStuck
		}
	}
}

// passed returns a limit that a visit has passed, and the value of its statistic:
// NaN where no event was ok. An event that is rare may not have come.
func (s *search) passed(v *visit) (limit Limit, value float64, over bool) {
	figures := v.figures()
	for _, l := range s.o.Limits {
		if value = l.value(figures); !math.IsNaN(value) && l.over(value) {
			return l, value, true
		}
	}
	if slices.ContainsFunc(figures, func(f Figures) bool { return f.Count > 0 }) {
		return limit, 0, false
	}
	if len(s.o.Limits) > 0 {
		limit = s.o.Limits[0]
	}
	return limit, math.NaN(), true
}

// asBefore tells whether an event took no longer than at the baseline.
func (s *search) asBefore(o *Observation) bool {
	f, ok := find(s.base, o.Event)
	return !o.Failed && (!ok || o.Event == "" || o.Took <= f.longest+f.longest/4)
}

// died puts down that the app ended at a level, or on the way back from one: with
// the least load it is an earlier one's doing, unless that was being looked at.
func (s *search) died(n int, r *Report) {
	l := s.levels[n]
	own := n > s.o.least || l != nil && l == s.last
	if l != nil && own {
		l.verdict, l.leans, l.score, l.weight = Broken, Broken, 2, max(l.weight, 1)
	}
	d := &Death{Load: s.o.load(n), Said: r.Gone, StartedAgain: r.StartedAgain, at: s.now}
	if s.answer.Died == nil || own && d.Load <= s.answer.Died.Load {
		s.answer.Died = d
	}
}

// gone deals with an app that ended: it waits for it to be as before.
func (s *search) gone(ctx context.Context, n int, r *Report) error {
	s.died(n, r)
	least := n == s.o.least && s.last != nil
	s.last = nil
	if err := s.comeBack(ctx); err != nil || !least {
		return err
	}
	return errGone // with as little load as there may be: nothing is left to try
}

// comeBack waits for an app that ended to be as before.
func (s *search) comeBack(ctx context.Context) error {
	began, d := s.now, s.answer.Died
	err := s.wait(ctx, "after it had gone", leastWait)
	if !errors.Is(err, ErrLost) {
		d.Waited = s.now - began
	}
	if errors.Is(err, errStuck) || errors.Is(err, ErrLost) {
		s.answer.Stuck = nil
		d.Back = 0
		return errGone
	}
	return err
}

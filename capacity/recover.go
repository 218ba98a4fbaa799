package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
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

func (s *search) wait(ctx context.Context, what string, most time.Duration) error {
	v, err := s.set(ctx, s.o.least)
	if err != nil {
		return err
	}
	most = min(most, (s.o.Budget-(s.now-s.began))/2)
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
		if r.Gone != "" {
			good = 0 // once more
		}
		v.add(&r)
		if good >= inARow {
			s.answer.Died.back(s.now)
			return nil
		}
		if v.elapsed() < most {
			continue
		}
		// Slower than before, and still within the limits: go on from here.
		figures := v.figures()
		for _, limit := range s.o.Limits {
			if value := limit.value(figures); math.IsNaN(value) || limit.over(value) {
				s.answer.Stuck = &Stuck{What: what, For: v.elapsed(), Load: s.o.load(s.o.least), Limit: limit, Value: value}
				return errStuck
			}
		}
		s.answer.Died.back(s.now)
		return nil
	}
}

// asBefore tells whether an event took no longer than at the baseline.
func (s *search) asBefore(o *Observation) bool {
	f, ok := find(s.base, o.Event)
	return !o.Failed && (!ok || o.Event == "" || o.Took <= f.longest+f.longest/4)
}

// died puts down that the app ended at a level, or on the way back from one.
func (s *search) died(n int, r *Report) {
	if l := s.levels[n]; l != nil && (n > s.o.least || l == s.last) {
		l.verdict, l.leans, l.score, l.weight = Broken, Broken, 2, max(l.weight, 1)
	}
	d := &Death{Load: s.o.load(n), Said: r.Gone, StartedAgain: r.StartedAgain, at: s.now}
	if s.answer.Died == nil || d.Load <= s.answer.Died.Load && n > s.o.least {
		s.answer.Died = d
	}
}

// gone deals with an app that ended: it waits for it to be as before.
func (s *search) gone(ctx context.Context, n int, r *Report) error {
	s.died(n, r)
	if n == s.o.least && s.last != nil {
		return errGone // with as little load as there may be
	}
	s.last = nil
	return s.comeBack(ctx)
}

// comeBack waits for an app that ended to be as before.
func (s *search) comeBack(ctx context.Context) error {
	err := s.wait(ctx, "it had gone", leastWait)
	if errors.Is(err, errStuck) || errors.Is(err, ErrLost) {
		s.answer.Stuck = nil
		s.answer.Died.Back = 0
		return errGone
	}
	return err
}

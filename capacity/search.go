package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Why a search ends before it is decided. ctx's own error is another.
var (
	errBudget = errors.New("the budget is used up")
	errGone   = errors.New("the app is gone")
	errStuck  = errors.New("the app did not recover")
	errNone   = errors.New("no event ended")
	// errDoubt: what held before takes longer now.
	errDoubt = errors.New("the app has changed")
)

// unmeasured is why nothing more can be measured, though there is time left.
type unmeasured string

func (e unmeasured) Error() string { return string(e) }

// search is the state of one. What it does is in files of its own: which level
// is next (next.go), a stay at one (stay.go), what that decides (judge.go), the
// way back to an app at rest (recover.go), whether the app is still the same at
// the end (back.go), and whether an overload leaves anything behind (linger.go).
type search struct {
	b     Bench
	o     Options
	began time.Duration // bench's clock
	now   time.Duration
	known bool // the clock
	at    int  // the level in force

	levels   map[int]*level
	over     []Level   // every stay, in order
	order    []visited // of this part of the search
	last     *level
	first    int  // the first estimate; 0: none yet
	doubted  bool // that the app stays the same; looked into
	busy     bool // the load generator was, in all of the last stay's tries
	strained int  // the level at which linger overloads
	checked  bool // whether it gets slower with time
	ceiling  int  // lowest level at which the generator was saturated; 0: none
	why      string
	unable   bool   // rather: it failed to do its part there
	most     int    // users who were there at once
	fewer    string // why there will be no more than o.most; empty: it is as was asked
	timeUp   bool   // the search was ended, by its budget or by who asked for it
	base     []Figures
	answer   Answer
}

// Search finds the largest load at which every limit holds. What
// it could find out by the end of its budget, or of ctx, it returns without an
// error: [Answer].Undecided then says what is open. An error is the bench's
// own, or says what is wrong with the options; the answer is what was known
// before it.
func Search(ctx context.Context, b Bench, o Options) (Answer, error) {
	if err := o.settle(); err != nil {
		return Answer{}, err
	}
	s := &search{b: b, o: o, levels: map[int]*level{}}
	s.answer = Answer{Unit: o.unit(), Confidence: o.Confidence, Limits: o.Limits, LeftOut: o.LeftOut, Open: o.Open, Wanted: o.Wanted}
	err := s.run(ctx)
	var lacking unmeasured
	switch {
	case errors.As(err, &lacking):
		s.answer.Stopped = string(lacking)
		err = nil
	case errors.Is(err, ErrLost):
		if s.answer.Died != nil {
			s.answer.Died.Back = 0
		}
		err = nil
	case err == nil, errors.Is(err, errGone), errors.Is(err, errStuck), errors.Is(err, errNone):
		err = nil
	case errors.Is(err, errBudget):
		s.answer.Stopped, s.timeUp = "the budget of "+short(o.Budget)+" ran out", true
		err = nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.answer.Stopped, s.timeUp = "it was stopped after "+short(s.now-s.began), true
		err = nil
	}
	s.conclude()
	return s.answer, err
}

func (s *search) run(ctx context.Context) error {
	lowest, err := s.baseline(ctx)
	if err != nil || lowest.verdict == Broken {
		return err
	}
	for {
		doubt := s.closeIn(ctx)
		if doubt != nil && !errors.Is(doubt, errDoubt) {
			return doubt
		}
		if done, err := s.back(ctx); err != nil || done {
			return err
		}
		if doubt == nil {
			changed, err := s.finish(ctx)
			switch {
			case err != nil:
				return err
			case !changed:
				return s.linger(ctx)
			}
		}
	}
}

// finish stays at the highest level that holds until enough was seen for the
// limits on errors, which take the longest: by then the rest is decided.
// changed: it does not hold after all.
func (s *search) finish(ctx context.Context) (changed bool, err error) {
	low, _ := s.decided()
	l := s.levels[low]
	if l == nil || !l.pending || l.exhausted {
		return false, nil
	}
	if err := s.recover(ctx); err != nil {
		return false, err
	}
	l.verdict = Unclear
	_, err = s.stay(ctx, low, finish)
	// Limits on errors that are as open as before leave the others decided; one that
	// was passed, if not clearly, is no level to name.
	if l.verdict == Unclear && (s.busy || l.leans != Broken && l.score <= 0) {
		l.verdict = Holds
	}
	return l.verdict != Holds, err
}

// baseline measures with as few users as there may be.
func (s *search) baseline(ctx context.Context) (*level, error) {
	l, err := s.stay(ctx, s.o.least, baseline)
	if err != nil {
		return l, err
	}
	if s.ceiling > 0 {
		return l, errNone
	}
	s.base = l.figures
	s.answer.Baseline = l.figures
	if len(s.base) == 0 {
		s.answer.Undecided = fmt.Sprintf("no event ended within %s at %s: an iteration takes longer than a step may: give more --step-time", short(s.o.StepTime), s.count(s.o.least))
		return l, errNone
	}
	if len(s.o.Limits) == 0 {
		for _, f := range s.base {
			if !f.Part && !math.IsInf(f.P95, 0) && !math.IsNaN(f.P95) {
				s.o.Limits = append(s.o.Limits, Limit{Event: f.Event, Kind: Percentile, Quantile: 0.95, Value: f.P95 + 1})
			}
		}
		s.o.Limits = append(s.o.Limits, Limit{Kind: Errors, Value: 0.01})
		s.answer.Limits, s.answer.Implied = s.o.Limits, true
		l.seen = make([]evidence, len(s.o.Limits))
		s.score(l)
		// What failed has been held against no limit yet.
		if slices.ContainsFunc(s.base, func(f Figures) bool { return f.Failures > 0 }) {
			return s.stay(ctx, s.o.least, baseline)
		}
	}
	return l, nil
}

// closeIn tries level after level until the interval is narrow enough, or
// nothing more can be done for it.
func (s *search) closeIn(ctx context.Context) error {
	for {
		if at, ok := s.estimate(); ok && s.first == 0 {
			s.first = int(at)
		}
		if !s.doubted && s.contradicted() {
			s.doubted = true
			return errDoubt
		}
		n, g, ok := s.next()
		if !ok {
			return nil
		}
		if err := s.recover(ctx); err != nil {
			return err
		}
		if _, err := s.stay(ctx, n, g); err != nil {
			return err
		}
	}
}

// count is the load of a level in words: "1 user", "12.5 arrivals/s".
func (s *search) count(n int) string { return count(s.o.load(n), s.o.unit()) }

package loadwright

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/scenario"
)

// Capacity is what a search for an app's capacity found.
type Capacity = capacity.Answer

// CapacityOptions say what is searched for and how long.
type CapacityOptions struct {
	// Arrivals: the load is arrivals a second, whatever the scenario says. A
	// scenario with arrivals needs no telling.
	Arrivals bool
	// Min and Max are users, or arrivals a second in steps of Min ÷ 10. Max 0: no
	// end. Min 0: 1, or, where limits have to be taken from the baseline, so many
	// users that there is one of each kind.
	Min, Max       float64
	Wanted         float64       // a load whose side of the capacity is to be decided; 0: none
	Budget         time.Duration // for all of it; 0: 15 minutes
	StepTime       time.Duration // the longest stay at a load; 0: a third of the budget
	Confidence     float64       // of the interval; 0: 0.95
	AllowSaturated bool          // take a saturated load generator's times for the app's

	// Tried, where there is one, is told of each stay at a load at its end.
	Tried func(capacity.Level)
}

// FindCapacity finds the largest number of users, or of arrivals a second, at
// which the scenario's thresholds still hold. It runs the scenario once, in a
// load whose size it changes; the size of o's and of the scenario's is not
// looked at. Thresholds that more load cannot break (min, max, count, and such
// as are about a window) are left out, and o.Log and the answer say so.
// Without any, see [capacity.Options].
//
// The errors are those of [Run]. Where ctx, o.Stop or the budget end the search
// early, its answer says what was known by then. The Result is of the run.
func FindCapacity(ctx context.Context, s *Scenario, o Options, c CapacityOptions) (Capacity, *Result, error) {
	if c.Budget == 0 {
		c.Budget = capacity.DefaultBudget
	}
	first := c.Min == 0
	if first {
		c.Min = 1
	}
	open := c.Arrivals || s.Open() && o.Users == 0
	b := newBench(o, c, open)
	bound, port, err := s.ready(b.options)
	if err != nil {
		return Capacity{}, nil, err
	}
	limits, left := limitsOf(bound)
	if n := oneOfEach(bound.UserTypes); first && len(limits) == 0 && !open && n > 1 {
		c.Min = float64(n)
		if c.Max > 0 {
			c.Min = min(c.Min, c.Max)
		}
		b = newBench(o, c, open)
		if bound, port, err = s.ready(b.options); err != nil {
			return Capacity{}, nil, err
		}
	}
	for _, t := range left {
		if o.Log != nil {
			fmt.Fprintf(o.Log, "The threshold %q does not take part: a search looks at means, percentiles and shares of errors, over a whole stay at a load.\n", t)
		}
	}
	if most := scenario.Counted(bound.UserTypes); most > 0 && !open && (c.Max == 0 || c.Max > float64(most)) {
		c.Max = float64(most) // there are no others
	}
	searching, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	go func() {
		select {
		case why := <-o.Stop:
			if why == nil {
				why = errStopped
			}
			stop(why)
		case <-searching.Done():
		}
	}()
	b.watchParts(bound.Thresholds)
	b.watchData(bound.Data)
	if err := b.start(ctx, searching, bound, port); err != nil {
		return Capacity{}, b.result, err
	}
	answer, err := capacity.Search(searching, b, capacity.Options{
		Limits: limits, LeftOut: left, Open: open, Min: c.Min, Max: c.Max, Wanted: c.Wanted, Budget: c.Budget, StepTime: c.StepTime,
		Confidence: c.Confidence, AllowSaturated: c.AllowSaturated, Tried: c.Tried,
	})
	result, ran := b.end(answer)
	var bug *PanicError
	switch {
	case errors.As(ran, &bug):
		err = ran
	case err == nil && ran != nil && answer.Died == nil:
		err = ran
	}
	return answer, result, err
}

// Open tells whether users arrive by a rate, each for one iteration, rather than
// begin again when they are through.
func (s *Scenario) Open() bool { return s.parsed.Load.Open() }

// oneOfEach is how many users it takes until there is one of each kind, but not
// so many that they are a load.
func oneOfEach(types []scenario.UserType) int {
	const most = 20
	deal, seen, all := scenario.NewDeal(types), map[int]bool{}, 0
	for _, t := range types {
		if t.Weight > 0 || t.Count > 0 {
			all++
		}
	}
	n := 0
	for i := deal.Next(); i >= 0 && len(seen) < all && n < most; i = deal.Next() {
		n++
		seen[i] = true
	}
	if len(seen) < all {
		return 1
	}
	return n
}

// partOf names an event as one kind of user has it; "" of the kind: all have it.
func partOf(name, userType string) string {
	switch {
	case userType == "":
		return name
	case name == "":
		return "what " + userType + " does"
	default:
		return name + " by " + userType
	}
}

// limitsOf are the thresholds that more load can break, and the texts of the
// others. Without one of the scenario's own there are none.
func limitsOf(s *scenario.Scenario) (limits []capacity.Limit, left []string) {
	own := false
	for _, t := range s.Thresholds {
		l := capacity.Limit{Event: partOf(t.Event, t.UserType), Below: t.Op == "<", Value: t.Value}
		switch t.Statistic.Kind {
		case "mean":
			l.Kind = capacity.Mean
		case "percentile":
			l.Kind, l.Quantile = capacity.Percentile, t.Statistic.Quantile
		case "errors":
			l.Kind = capacity.Errors
		}
		if l.Kind == "" || l.Kind == capacity.Errors && !t.Share || t.Op == ">" || t.Op == ">=" || t.Window > 0 {
			left = append(left, t.Text)
			continue
		}
		own = own || !t.Implied
		limits = append(limits, l)
	}
	if !own {
		return nil, left
	}
	return limits, left
}

package loadwright

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// Capacity is what a search for an app's capacity found.
type Capacity = capacity.Answer

// CapacityOptions say what is searched for and how long.
type CapacityOptions struct {
	Min, Max       int           // numbers of users; 0: 1, and no end
	Budget         time.Duration // for all of it; 0: 15 minutes
	StepTime       time.Duration // the longest stay at a number; 0: a third of the budget
	Confidence     float64       // of the interval; 0: 0.95
	AllowSaturated bool          // take a saturated load generator's times for the app's

	// Tried, where there is one, is told of each stay at a number at its end.
	Tried func(capacity.Level)
}

// FindCapacity finds the largest number of users at which the scenario's
// thresholds still hold. It runs the scenario once, in a closed load whose
// number of users it changes; o's load is not looked at. Thresholds that more
// users cannot break (min, max, count, and such as are about one kind of user
// or a window) are left out, and o.Log is told. Without any, see
// [capacity.Options].
//
// The errors are those of [Run]. Where ctx, o.Stop or the budget end the search
// early, its answer says what was known by then. The Result is of the run.
func FindCapacity(ctx context.Context, s *Scenario, o Options, c CapacityOptions) (Capacity, *Result, error) {
	if err := s.closedOnly(o); err != nil {
		return Capacity{}, nil, err
	}
	bound, err := s.bind(o, 0, true)
	if err != nil {
		return Capacity{}, nil, err
	}
	limits, left := limitsOf(bound)
	for _, t := range left {
		if o.Log != nil {
			fmt.Fprintf(o.Log, "The threshold %q does not take part: it is not one that more users break.\n", t)
		}
	}
	budget := c.Budget
	if budget == 0 {
		budget = 15 * time.Minute
	}
	b := newBench(s, o, c, budget)
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
	if err := b.start(ctx); err != nil {
		return Capacity{}, b.result, err
	}
	answer, err := capacity.Search(searching, b, capacity.Options{
		Limits: limits, Min: c.Min, Max: c.Max, Budget: budget, StepTime: c.StepTime,
		Confidence: c.Confidence, AllowSaturated: c.AllowSaturated, Tried: c.Tried,
	})
	result, ran := b.end()
	var bug *PanicError
	switch {
	case errors.As(ran, &bug):
		err = ran
	case err == nil && ran != nil && answer.Died == nil:
		err = ran
	}
	return answer, result, err
}

// closedOnly refuses what the search has no use for.
func (s *Scenario) closedOnly(o Options) error {
	if s.parsed.Load.Open() && o.Users == 0 {
		return &ScenarioError{errors.New("the capacity of an open load is not searched for yet: give the load users, or the command --users 1 to replace its arrivals")}
	}
	return nil
}

// limitsOf are the thresholds that more users can break, and the texts of the
// others. Without one of the scenario's own there are none.
func limitsOf(s *scenario.Scenario) (limits []capacity.Limit, left []string) {
	own := false
	for _, t := range s.Thresholds {
		l := capacity.Limit{Event: t.Event, Below: t.Op == "<", Value: t.Value}
		switch t.Statistic.Kind {
		case "mean":
			l.Kind = capacity.Mean
		case "percentile":
			l.Kind, l.Quantile = capacity.Percentile, t.Statistic.Quantile
		case "errors":
			l.Kind = capacity.Errors
		}
		if l.Kind == "" || l.Kind == capacity.Errors && !t.Share || t.Op == ">" || t.Op == ">=" || t.UserType != "" || t.Window > 0 {
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

// bench is a run whose number of users is changed. It implements
// [capacity.Bench].
type bench struct {
	scenario *Scenario
	options  Options
	began    time.Time
	dial     chan int
	finish   chan error
	now      func() Progress
	ready    chan struct{} // closed when now is there
	over     chan struct{} // closed when the run is over

	result *Result // valid once over is closed
	err    error

	mu     sync.Mutex
	events []capacity.Observation
	told   bool // that the app is gone
}

// runTime is how much longer than the search its run may last.
const runTime = time.Hour

func newBench(s *Scenario, o Options, c CapacityOptions, budget time.Duration) *bench {
	b := &bench{
		scenario: s, began: time.Now(),
		dial: make(chan int), finish: make(chan error, 1),
		ready: make(chan struct{}), over: make(chan struct{}),
	}
	none := time.Duration(0)
	o.Users, o.Duration, o.Iterations, o.StartInterval = max(1, c.Min), budget+runTime, 0, &none
	o.Dial, o.Stop = b.dial, b.finish
	o.MostUsers = c.Max
	if o.MostUsers == 0 {
		o.MostUsers = manyUsers
	}
	o.NoAborts = true
	o.Sinks = append(append([]Sink(nil), o.Sinks...), b)
	watch := o.Watch
	o.Watch = func(now func() Progress) {
		b.now = now
		close(b.ready)
		if watch != nil {
			watch(func() Progress {
				p := now()
				p.Left = max(0, p.Left-runTime) // of the search
				return p
			})
		}
	}
	b.options = o
	return b
}

// manyUsers is how many users browsers are prepared for where nobody says.
const manyUsers = 1000

// start starts the run; its error is that of a run that did not begin.
func (b *bench) start(ctx context.Context) error {
	go func() {
		defer close(b.over)
		b.result, b.err = Run(ctx, b.scenario, b.options)
	}()
	select {
	case <-b.ready:
		return nil
	case <-b.over:
		return b.err
	}
}

// end ends the run in order, and returns what it found.
func (b *bench) end() (*Result, error) {
	b.finish <- errSearched
	<-b.over
	if b.result != nil && errors.Is(b.result.Ended, errSearched) {
		b.result.Ended = nil
	}
	return b.result, b.err
}

var errSearched = errors.New("the search is over")

// Set implements [capacity.Bench].
func (b *bench) Set(ctx context.Context, users int) error {
	select {
	case b.dial <- users:
		return nil
	case <-b.over:
		return nil // Watch tells
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pollInterval is how often the machine's newest sample is looked at.
const pollInterval = 500 * time.Millisecond

// Watch implements [capacity.Bench].
func (b *bench) Watch(ctx context.Context, d time.Duration) (capacity.Report, error) {
	var r capacity.Report
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	enough := time.NewTimer(d)
	defer enough.Stop()
	samples, cores := 0, 0.0
	look := func() {
		s := b.now().Sample
		if s.Saturated != "" {
			r.Saturated = s.Saturated
		}
		if s.App != nil && s.App.CPU.Known() {
			samples++
			cores += float64(s.App.CPU)
			r.App.Memory = int64(s.App.Memory)
		}
	}
	for waiting := true; waiting; {
		select {
		case <-poll.C:
			look()
		case <-enough.C:
			waiting = false
		case <-b.over:
			if !b.told && b.err != nil {
				b.told = true
				r.Gone = b.err.Error()
			} else if !b.told {
				return r, errors.New("the run ended before the search")
			}
			waiting = false
			select { // not to be asked again and again
			case <-enough.C:
			case <-ctx.Done():
			}
		case <-ctx.Done():
			waiting = false
		}
	}
	if samples > 0 {
		r.App.Known, r.App.Cores, r.App.Of = true, cores/float64(samples), runtime.NumCPU()
	}
	r.Now = time.Since(b.began)
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Events, b.events = b.events, nil
	return r, nil
}

// Event implements [Sink].
func (b *bench) Event(e *event.Event) error {
	if e.Status == event.Cancelled || e.Already {
		return nil
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.events = append(b.events, capacity.Observation{
		At: e.Stop.Time().Sub(b.began), Event: e.Name, User: e.User, Took: took,
		Failed: e.Status == event.Error, Outer: e.Outer,
	})
	return nil
}

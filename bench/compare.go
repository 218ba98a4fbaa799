package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/loadwright/loadwright/internal/proc"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// comparison holds loadwright beside its peers: each figure is taken of one
// tool after the other, several times over, so that what else the machine does
// falls on all of them alike.
type comparison struct {
	ctx     context.Context // when it ends, what is not measured yet is left out
	nest    *proc.Nest
	tools   []*tool
	effort  effort
	figures map[string]*figures // by tool
	asked   map[string]bool     // tools that were to be compared
}

// effort is how much is measured.
type effort struct {
	rounds      int           // of speed
	window      time.Duration // of speed
	errorRounds int
	ourErrors   int // clicks a round
	theirErrors int
	level       time.Duration // how long a level of users is looked at
}

var (
	full  = effort{rounds: 3, window: 5 * time.Second, errorRounds: 2, ourErrors: 105, theirErrors: 25, level: 6 * time.Second}
	quick = effort{rounds: 1, window: 3 * time.Second, errorRounds: 1, ourErrors: 20, theirErrors: 10, level: 4 * time.Second}
)

// figures are what is known of one tool.
type figures struct {
	errors []float64         // ms, 1 user, the app takes 500 ms
	rates  map[int][]float64 // iterations/s by users, a figure a round
	cpu    map[int][]float64 // CPU seconds an iteration, likewise
	memory float64           // MB a user
	usual  []float64         // ms: errors with 1 user in the guide's scenario
	honest int               // users
	found  bool              // honest is the answer; otherwise more users may do
	page   float64           // ms: the p95 of what the page itself took with so many
	failed []string
}

// speedLevels are the numbers of users at which iterations are counted, and
// cpuLevel the one of them at which CPU time is.
var speedLevels = []int{1, 4, 10}

const cpuLevel = 4

func newComparison(ctx context.Context, nest *proc.Nest, tools []*tool, e effort) *comparison {
	c := &comparison{ctx: ctx, nest: nest, effort: e, figures: map[string]*figures{}, asked: map[string]bool{}}
	for _, t := range tools {
		c.asked[t.name] = t.missing != notAsked
		c.figures[t.name] = &figures{rates: map[int][]float64{}, cpu: map[int][]float64{}}
		if t.missing == "" {
			c.tools = append(c.tools, t)
		}
	}
	return c
}

// do drives a tool; that it fails is noted and stops nothing.
func (c *comparison) do(t *tool, what string, j job, during func(*driven) error, then func(*driven, readings)) {
	if c.ctx.Err() != nil {
		return
	}
	fmt.Fprintf(os.Stderr, "%s %s: %s …\n", time.Now().Format(time.TimeOnly), t.name, what)
	var d *driven
	r, err := drive(c.nest, t, j, func(there *driven) error {
		d = there
		return during(d)
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "  %v\n", err)
		if f := c.figures[t.name]; !slices.Contains(f.failed, what) {
			f.failed = append(f.failed, what)
		}
		return
	}
	then(d, r)
}

// half is an app that takes half a second for each answer.
var half = sampleapp.Options{RunDelay: 500 * time.Millisecond}

// errors takes how far readings are off with one user.
func (c *comparison) errors() {
	for range c.effort.errorRounds {
		for _, t := range c.tools {
			want := c.effort.theirErrors
			if t.name == ours {
				want = c.effort.ourErrors
			}
			began := time.Now()
			var clicks []click
			c.do(t, "error at 500 ms", job{users: 1, report: true, delay: half}, func(d *driven) error {
				for {
					clicks = d.app.between(began, time.Now())
					if d.app.reported(clicks) >= want || c.ctx.Err() != nil {
						return nil
					}
					if time.Since(began) > time.Minute+time.Duration(want)*2*time.Second {
						return fmt.Errorf("%d of %d clicks in %v", len(clicks), want, time.Since(began))
					}
					time.Sleep(50 * time.Millisecond)
				}
			}, func(d *driven, r readings) {
				f := c.figures[t.name]
				f.errors = append(f.errors, errorsOf(d.app, r, clicks)...)
			})
		}
	}
}

// settling is how long after the arrival of the last user nothing is counted.
const settling = time.Second

// speed counts iterations and CPU time while all users are at it and the app
// answers at once.
func (c *comparison) speed() {
	for range c.effort.rounds {
		for _, users := range speedLevels {
			for _, t := range c.tools {
				f := c.figures[t.name]
				c.do(t, fmt.Sprintf("iterations/s, users: %d", users), job{users: users}, func(d *driven) error {
					time.Sleep(settling)
					from, before := time.Now(), d.used()
					time.Sleep(c.effort.window)
					to, after := time.Now(), d.used()
					iterations := float64(len(d.app.between(from, to))) / clicksAnIteration
					if iterations == 0 {
						return fmt.Errorf("nothing was clicked in %v", c.effort.window)
					}
					f.rates[users] = append(f.rates[users], iterations/to.Sub(from).Seconds())
					if after > before {
						f.cpu[users] = append(f.cpu[users], (after-before).Seconds()/iterations)
					}
					return nil
				}, func(*driven, readings) {})
			}
		}
	}
}

// used is the CPU time of the tool so far; 0 where nobody tells.
func (d *driven) used() time.Duration {
	if d.meter == nil {
		return treeTime(int32(d.tree.PID()))
	}
	used, err := d.meter.used()
	if err != nil {
		return 0
	}
	return used
}

// The guide's scenario: an app that takes half a second for each answer, and
// users who think for half a second.
const (
	guideThink = 500 * time.Millisecond
	// guideIteration is about what an iteration takes: the users' starts are
	// spread over it, so that they don't move in step.
	guideIteration = 6500 * time.Millisecond
	// honestError is what the p95 of the error may be, in ms, less the tool's
	// own median with one user.
	honestError = 25
)

var guideApp = sampleapp.Options{LoadDelay: 500 * time.Millisecond, RunDelay: 500 * time.Millisecond}

// honest looks for the most users at which each tool's readings can be believed.
func (c *comparison) honest() {
	searches := map[string]*search{}
	for _, t := range c.tools {
		if t.name != floor {
			c.guide(t, 1)
		}
	}
	for more := true; more && c.ctx.Err() == nil; {
		more = false
		for _, t := range c.tools {
			f := c.figures[t.name]
			if len(f.usual) == 0 {
				continue // it is no load tester, or can't even do it with one user
			}
			s := searches[t.name]
			if s == nil {
				s = newSearch()
				searches[t.name] = s
			}
			users, again := s.next()
			if !again {
				continue
			}
			more = true
			p95, page := c.guide(t, users)
			if p95 > honestError && p95 < 2*honestError { // once more, against a chance
				p95, page = c.guide(t, users)
			}
			if c.ctx.Err() != nil {
				return // it may not have been measured
			}
			s.tell(users, p95 <= honestError)
			if p95 <= honestError {
				f.page = page
			}
			_, again = s.next()
			f.honest, f.found = s.best(), !again
		}
	}
}

// guide lets users go through the guide's scenario. The answer is the p95 of
// the error, less the tool's usual one, infinite where the tool could not do
// it; and the p95 of what the page itself took from click to answer. In ms.
func (c *comparison) guide(t *tool, users int) (p95, page float64) {
	f := c.figures[t.name]
	var clicks []click
	p95 = math.Inf(1)
	j := job{users: users, interval: guideIteration / time.Duration(users), think: guideThink, report: true, delay: guideApp}
	c.do(t, "the guide's scenario with "+count(users, "user"), j, func(d *driven) error {
		time.Sleep(settling)
		from := time.Now()
		// Few users click less often, and a p95 of few clicks says little.
		time.Sleep(max(c.effort.level, min(3*c.effort.level, 5*c.effort.level/time.Duration(users))))
		clicks = d.app.between(from, time.Now())
		// Each page hands in its record at its end.
		for end := time.Now().Add(2 * guideIteration); d.app.reported(clicks) < len(clicks) && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
		return nil
	}, func(d *driven, r readings) {
		off := errorsOf(d.app, r, clicks)
		if len(off) == 0 || len(off) < len(clicks)*9/10 {
			fmt.Fprintf(os.Stderr, "  only %d of %d clicks are known\n", len(off), len(clicks))
			return
		}
		if len(f.usual) == 0 {
			f.usual = slices.Clone(off)
		}
		usual, _ := spread(f.usual)
		for i := range off {
			off[i] -= usual
		}
		_, p95 = spread(off)
		var took []float64
		for _, c := range clicks {
			if truth, known := d.app.truth(c); known {
				took = append(took, truth*1000)
			}
		}
		_, page = spread(took)
		fmt.Fprintf(os.Stderr, "  p95 of %d: %.1f ms; the page itself took %.0f\n", len(off), p95, page)
	})
	return p95, page
}

// levels are the numbers of users that are tried.
var levels = []int{1, 2, 4, 6, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64}

// search finds the last level that is good, from the 8 on by doubling or
// halving, then between.
type search struct{ good, bad int } // indices in levels

func newSearch() *search { return &search{good: -1, bad: len(levels)} }

func (s *search) next() (users int, again bool) {
	var i int
	switch {
	case s.bad-s.good <= 1:
		return 0, false
	case s.good < 0 && s.bad == len(levels):
		i = slices.Index(levels, 8)
	case s.bad == len(levels):
		i, _ = slices.BinarySearch(levels, 2*levels[s.good])
		i = min(i, len(levels)-1)
	case s.good < 0:
		i = max(0, slices.Index(levels, levels[s.bad]/2))
	default:
		i = (s.good + s.bad) / 2
	}
	return levels[i], true
}

func (s *search) tell(users int, ok bool) {
	i := slices.Index(levels, users)
	if ok {
		s.good = i
	} else {
		s.bad = i
	}
}

// best is 0 where no level was good.
func (s *search) best() int {
	if s.good < 0 {
		return 0
	}
	return levels[s.good]
}

// perCore is users divided by the cores.
func perCore(users int) float64 { return float64(users) / float64(runtime.NumCPU()) }

// spread is the median of errors, and the p95 of their absolute values: the
// ⌈p·n⌉-th smallest.
func spread(errors []float64) (median, p95 float64) {
	n := len(errors)
	sorted := slices.Sorted(slices.Values(errors))
	median = sorted[(n+1)/2-1]
	for i, e := range sorted {
		sorted[i] = math.Abs(e)
	}
	slices.Sort(sorted)
	return median, sorted[int(math.Ceil(0.95*float64(n)))-1]
}

// middle is the median of what the rounds gave; NaN of nothing.
func middle(rounds []float64) float64 {
	if len(rounds) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(rounds))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// load is a load whose rows are made up.
type load struct {
	runs, users, rows int
	events            int
	base              time.Duration
	noise             float64 // of a row, the deviation of its logarithm
	user, run         float64 // likewise, of what all rows of a user, of a run, share
	slow              float64 // share of rows that take three times as long
	fail              float64 // share of rows that fail, of a user from none to twice that
}

// side makes a side of a load, each time another.
func (l load) side(random *rand.Rand) *Side {
	s := NewSide()
	for range max(l.runs, 1) {
		s.Begin()
		run := l.run * random.NormFloat64()
		for user := range l.users {
			own := run + l.user*random.NormFloat64()
			fails := l.fail * 2 * random.Float64()
			for range l.rows {
				for e := range l.events {
					took := float64(l.base) * math.Exp(own+l.noise*random.NormFloat64())
					if random.Float64() < l.slow {
						took *= 3
					}
					row := event.Event{Name: fmt.Sprintf("e%d", e), User: user, Stop: event.Instant(took), Status: event.OK}
					if random.Float64() < fails {
						row.Status = event.Error
					}
					s.Event(&row)
				}
			}
		}
	}
	return s
}

// changed tells whether anything was found to have changed.
func (c Comparison) changed() bool {
	for i := range c.Events {
		for _, change := range c.Events[i].All() {
			if change.Finding != CannotTell {
				return true
			}
		}
	}
	return false
}

// simulations is how often each pair is drawn; LOADWRIGHT_SIMULATIONS=5000 looks
// closer than the tests do every time.
func simulations(t *testing.T, n int) int {
	s := os.Getenv("LOADWRIGHT_SIMULATIONS")
	if s == "" {
		return n
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("LOADWRIGHT_SIMULATIONS=%s is no number", s)
	}
	return n
}

// Where nothing changed, at most one comparison in twenty says that something
// did, whatever the times look like.
func TestFalseAlarms(t *testing.T) {
	usual := load{users: 20, rows: 10, events: 1, base: 500 * ms, noise: 0.05, user: 0.05}
	with := func(change func(l *load)) load {
		l := usual
		change(&l)
		return l
	}
	pairs := []struct {
		name string
		a, b load
	}{
		{"usual", usual, usual},
		{"three events", with(func(l *load) { l.events = 3 }), with(func(l *load) { l.events = 3 })},
		{"users differ much", with(func(l *load) { l.user = 0.5 }), with(func(l *load) { l.user = 0.5 })},
		{"long tail", with(func(l *load) { l.noise = 1 }), with(func(l *load) { l.noise = 1 })},
		{"two kinds of answers", with(func(l *load) { l.slow = 0.1 }), with(func(l *load) { l.slow = 0.1 })},
		{"eight users", with(func(l *load) { l.users, l.rows = 8, 5 }), with(func(l *load) { l.users, l.rows = 8, 5 })},
		{"more users on one side", with(func(l *load) { l.users, l.noise = 8, 0.5 }), with(func(l *load) { l.users, l.noise = 60, 0.5 })},
		{"one row a user", with(func(l *load) { l.rows = 1 }), with(func(l *load) { l.rows = 1 })},
		{"few failures", with(func(l *load) { l.fail = 0.02 }), with(func(l *load) { l.fail = 0.02 })},
		{"as many failures as take the p95", with(func(l *load) { l.fail = 0.05 }), with(func(l *load) { l.fail = 0.05 })},
		{"half of all fails", with(func(l *load) { l.fail = 0.5 }), with(func(l *load) { l.fail = 0.5 })},
		{"three users", with(func(l *load) { l.users = 3 }), with(func(l *load) { l.users = 3 })},
		{"two runs", with(func(l *load) { l.runs, l.run = 2, 0.1 }), with(func(l *load) { l.runs, l.run = 2, 0.1 })},
		{"four runs with failures", with(func(l *load) { l.runs, l.run, l.fail = 4, 0.1, 0.05 }), with(func(l *load) { l.runs, l.run, l.fail = 4, 0.1, 0.05 })},
		{"eight users who differ much", with(func(l *load) { l.users, l.user = 8, 0.5 }), with(func(l *load) { l.users, l.user = 8, 0.5 })},
		{"ten runs", with(func(l *load) { l.runs, l.users, l.run = 10, 5, 0.1 }), with(func(l *load) { l.runs, l.users, l.run = 10, 5, 0.1 })},
	}
	each := simulations(t, 30)
	total := 0
	for i, pair := range pairs {
		t.Run(pair.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			alarms := 0
			for range each {
				if Compare(pair.a.side(random), pair.b.side(random)).changed() {
					alarms++
				}
			}
			total += alarms
			t.Logf("%d of %d: %.1f %%", alarms, each, 100*float64(alarms)/float64(each))
			if most := binomialMost(each); alarms > most {
				t.Errorf("%d false alarms in %d comparisons, more than %d", alarms, each, most)
			}
		})
	}
	all := each * len(pairs)
	t.Logf("all: %d of %d: %.1f %%", total, all, 100*float64(total)/float64(all))
	if most := binomialMost(all); total > most {
		t.Errorf("%d false alarms in %d comparisons, more than %d", total, all, most)
	}
}

// A shift of 10 % is found, with 20 users who have 10 events each, and a noise of
// 5 %; so is one of the share of failures from none to a fifth.
func TestShiftIsFound(t *testing.T) {
	each := simulations(t, 100)
	usual := load{users: 20, rows: 10, events: 1, base: 500 * ms, noise: 0.05}
	slower, failing := usual, usual
	slower.base, failing.fail = 550*ms, 0.2
	random := rand.New(rand.NewPCG(1, 7))
	found := map[string]int{}
	for range each {
		e := Compare(usual.side(random), slower.side(random)).Events[0]
		for _, c := range e.All() {
			if c.Finding == Slower {
				found[c.Statistic]++
				if c.Low <= 0 || c.Low > 0.1 || c.High < 0.1 {
					found[c.Statistic+" beside 10 %"]++
				}
			}
		}
		e = Compare(usual.side(random), failing.side(random)).Events[0]
		if e.Failures.Finding == More {
			found["failures"]++
		}
		if e.P95.Finding == Slower && math.IsInf(e.P95.B, 1) {
			found["no p95 any more"]++
		}
	}
	t.Logf("of %d: %v", each, found)
	for _, statistic := range []string{"mean", "median", "p95", "failures", "no p95 any more"} {
		if n := found[statistic]; float64(n) < 0.95*float64(each) {
			t.Errorf("%s: found %d of %d times", statistic, n, each)
		}
		if n := found[statistic+" beside 10 %"]; n > binomialMost(each) {
			t.Errorf("%s: the interval leaves out 10 %% in %d of %d", statistic, n, each)
		}
	}
}

// binomialMost is what a rate of 5 % gives at most, but once in a thousand times.
func binomialMost(n int) int {
	mean := falseAlarms * float64(n)
	return int(math.Ceil(mean + 3.1*math.Sqrt(mean*(1-falseAlarms))))
}

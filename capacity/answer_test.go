package capacity

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// What the smallest load breaks is less than that load, and 0 only of users who
// can't be fewer.
func TestTheSmallestIsTooMuch(t *testing.T) {
	slow := func() *queue { return newQueue(1, 1, exact(1.9)) }
	arrivals := slow()
	arrivals.open = true
	dying := newQueue(1, 1, exact(0.1))
	dying.dies, dying.failFor = 1, 0.01
	for _, c := range []struct {
		name     string
		queue    *queue
		o        Options
		want     string
		capacity bool // 0
		high     float64
	}{
		{"one user", slow(), Options{Min: 1}, "0 users: with 1 user already, the mean of interact passes 1s: it is 1.9s. ", true, 0},
		{"twenty users", slow(), Options{Min: 20}, "Fewer than 20 users: with 20 users already, the mean of interact passes 1s: it is 38s; give less --min-users. ", false, 19},
		{"an arrival a second", arrivals, Options{Min: 1, Open: true}, "Fewer than 1 arrival/s: with 1 arrival/s already, the mean of interact passes 1s: ", false, 0.9},
		{"a death", dying, Options{Min: 1}, "0 users. The app died at 1 user and did not come back", true, 0},
	} {
		c.o.Limits, c.o.Budget = []Limit{mean(1)}, time.Hour
		a, err := Search(context.Background(), c.queue, c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Sentence(); !strings.HasPrefix(got, c.want) || strings.Contains(got, "At 1 ") {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
		r := a.Record()
		if a.Undecided != "" || (r.Capacity != nil) != c.capacity || c.capacity && *r.Capacity != 0 || r.High == nil || *r.High != c.high {
			t.Errorf("%s: capacity %v, high %v, open: %q", c.name, r.Capacity, r.High, a.Undecided)
		}
	}
}

// Where nothing broke there is no upper end.
func TestNoUpperEnd(t *testing.T) {
	q := newQueue(1, 50, exact(0.1))
	q.think = exponential(2)
	a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(1)}, Budget: time.Hour, Max: 8})
	if err != nil {
		t.Fatal(err)
	}
	if r := a.Record(); r.High != nil || *r.Capacity != 8 {
		t.Errorf("%v to %v", r.Capacity, r.High)
	}
}

// Levels that contradict each other, as those of an app with a cache do that was
// cold once: the interval spans them, and the answer says why.
func TestLevelsContradictEachOther(t *testing.T) {
	decided := func(all map[int]Verdict) Answer {
		s := &search{levels: map[int]*level{}, checked: true, o: Options{Limits: []Limit{mean(1)}}}
		if err := s.o.settle(); err != nil {
			t.Fatal(err)
		}
		s.answer = Answer{Unit: "users", Limits: s.o.Limits, Confidence: 0.95}
		for n, v := range all {
			s.levels[n] = &level{n: n, verdict: v, seen: make([]evidence, 1)}
		}
		s.conclude()
		return s.answer
	}
	for _, c := range []struct {
		levels map[int]Verdict
		low    float64
		high   float64
		want   bool
	}{
		{map[int]Verdict{1: Holds, 6: Holds, 8: Broken, 10: Holds, 14: Broken}, 6, 13, true},
		{map[int]Verdict{8: Broken, 10: Holds, 14: Broken}, 0, 13, true},
		{map[int]Verdict{6: Holds, 8: Broken, 10: Holds}, 6, 0, true},
		{map[int]Verdict{6: Holds, 10: Holds, 12: Unclear, 14: Broken, 20: Broken}, 10, 13, false},
	} {
		a := decided(c.levels)
		if a.Low != c.low || a.High != c.high || a.Unstable != c.want || strings.Contains(a.Sentence(), "It depends on what came before") != c.want {
			t.Errorf("%v: %v to %v, %v: %s", c.levels, a.Low, a.High, a.Unstable, a.Sentence())
		}
	}
}

// An app that fails in 1.5 % never holds 1 % for good: whatever little of it was
// seen, the answer says what failed, or names no level of which more failed than of
// the app as a whole.
func TestFailsTooOftenToHold(t *testing.T) {
	named, clean := 0, 0
	const times = 60
	for seed := range uint64(times) {
		q := newQueue(seed, 1, exact(0.5))
		q.think = exponential(2)
		q.fails = func(q *queue, _ int) bool { return q.random.Float64() < 0.015 }
		a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(2), {Kind: Errors, Value: 0.01}}, Budget: time.Hour, StepTime: 4 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		switch got := a.Sentence(); {
		case strings.Contains(got, "Not decided is errors <= 1%: ") && strings.Contains(got, " events failed, which are too few to tell."):
			named++
			var failed, of int
			if _, err := fmt.Sscanf(a.NotDecided[0], "errors <= 1%%: %d of %d events", &failed, &of); err != nil || 100*failed > 3*of/2 {
				t.Errorf("a level of which %d of %d failed is one that holds: %v", failed, of, err)
			}
		case a.Low > 1 && len(a.NotDecided) == 0:
			clean++
			t.Log(got)
		}
	}
	if clean > times/20 || named == 0 {
		t.Errorf("of %d answers %d are clean, and %d tell what failed", times, clean, named)
	}
}

// A level at which the load generator was saturated later keeps what it had shown.
func TestContradictedByALevelThatIsGone(t *testing.T) {
	s := &search{levels: map[int]*level{}, o: Options{Limits: []Limit{mean(1)}}}
	s.order = []visited{{n: 8, score: -0.9, seen: make([]evidence, 1)}, {n: 4, score: 1, seen: make([]evidence, 1)}}
	if s.contradicted() {
		t.Error("by a level of which nothing is known")
	}
	s.levels[4] = &level{n: 4, verdict: Broken}
	if !s.contradicted() {
		t.Error("a level broke below one that was far from its limits")
	}
}

// What the app is to serve is decided where the interval would leave it open.
func TestWanted(t *testing.T) {
	const capacity = 22 // by theory, see knownQueues
	k := knownQueues()[1]
	if k.capacity() != capacity {
		t.Fatal(k.name)
	}
	asked := 0
	for seed := range uint64(20) {
		for wanted, want := range map[float64]Verdict{capacity - 2: Holds, capacity + 2: Broken} {
			o := k.patient()
			before, err := Search(context.Background(), k.queue(seed), o)
			if err != nil {
				t.Fatal(err)
			}
			o.Wanted = wanted
			a, err := Search(context.Background(), k.queue(seed), o)
			if err != nil {
				t.Fatal(err)
			}
			if before.Serves(wanted) == Unclear {
				asked++
			}
			if got := a.Serves(wanted); got != want && a.Low <= capacity && a.High >= capacity {
				t.Errorf("seed %d: %v: %q: %s", seed, wanted, got, a.Sentence())
			}
		}
	}
	if asked == 0 {
		t.Error("every interval had it outside: nothing was tried")
	}
	a, err := Search(context.Background(), k.queue(1), Options{Limits: []Limit{k.limit}, Budget: 2 * time.Minute, Wanted: 20})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sentence(); a.Serves(20) != Unclear || !strings.Contains(got, " Whether it serves 20 users is not decided. ") {
		t.Error(got)
	}
}

// Levels that took too long: with what they would not have.
func TestStepTooShort(t *testing.T) {
	q := newQueue(2, 1, exponential(0.1))
	q.think = exponential(2)
	a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(0.5)}, Budget: 10 * time.Hour, StepTime: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sentence(); a.Stopped != "" || !strings.Contains(got, ", not decided closer: the interval is wide: a stay of 30s did not decide 20 to 31 users: give more --step-time. ") {
		t.Error(got)
	}
}

// A limit on what a rare kind of user does, of whom there is none yet.
func TestNobodyOfItsKind(t *testing.T) {
	q := newQueue(3, 1, exponential(0.1))
	q.think = exponential(2)
	q.event = func(user int) string {
		if user == 49 {
			return "pay"
		}
		return "interact"
	}
	pay := Limit{Event: "pay", Kind: Percentile, Quantile: 0.95, Value: 1}
	a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(0.5), pay}, Budget: 3 * time.Hour, StepTime: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sentence(); a.Low != 0 || !strings.Contains(got, "Not decided is pay p95 <= 1s: no pay that counts was seen with 1 to ") || !strings.Contains(got, " users: give more --min-users, so that one of its kind is there.") {
		t.Error(got)
	}
}

// An app's last words may be long; what is said after them is not lost.
func TestLastWordsAreShortened(t *testing.T) {
	said := strings.Repeat("goroutine 1 [running] ", 100)
	a := Answer{Unit: "users", Died: &Death{Load: 5, Said: said}, NotDecided: []string{"errors <= 1%: 3 events of the 300 it takes"}}
	if got := a.Sentence(); len(got) > 700 || !strings.HasSuffix(got, "…. Not decided is errors <= 1%: 3 events of the 300 it takes.") {
		t.Error(got)
	}
	if got := a.Record().Died.Said; got != said {
		t.Errorf("%q", got)
	}
}

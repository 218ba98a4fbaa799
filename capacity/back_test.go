package capacity

import (
	"context"
	"strings"
	"testing"
	"time"
)

// leaking is an app whose service takes twice as long after so many seconds.
func leaking(seed uint64, twice float64) *queue {
	q := newQueue(seed, 1, nil)
	q.serve = func(q *queue) float64 { return 0.1 * (1 + q.now/twice) * (0.5 + q.random.Float64()) }
	q.think = exponential(2)
	return q
}

// An app that is seen to get slower when little time is left: what was decided by
// then is said, and what is open since.
func TestDriftSeenLate(t *testing.T) {
	nothing, something := 0, 0
	for seed := range uint64(16) {
		for _, budget := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour} {
			a, err := Search(context.Background(), leaking(seed, 900), Options{Limits: []Limit{mean(1)}, Budget: budget})
			if err != nil {
				t.Fatal(err)
			}
			if a.Before == nil {
				continue
			}
			got := a.Sentence()
			for _, want := range []string{" not decided", " since the app got slower. ", " The app gets slower with time, not only with users: with ", " Before that was seen it was "} {
				if !strings.Contains(" "+strings.ToLower(got[:1])+got[1:], want) {
					t.Errorf("no %q: %s", want, got)
				}
			}
			if strings.HasPrefix(got, "Not decided: ") {
				nothing++
			} else {
				something++
			}
			r := a.Record()
			if r.Drift == nil || r.Drift.To <= 1.2*r.Drift.From || r.Before == nil || r.Before.High != nil && *r.Before.High < r.Before.Low || r.Fell != nil {
				t.Errorf("drift %+v, before %+v, fell %+v", r.Drift, r.Before, r.Fell)
			}
			if a.USL != nil || a.Law != nil {
				t.Error("a model of levels at which the app was not the same")
			}
		}
	}
	if nothing == 0 || something == 0 {
		t.Errorf("after %d searches nothing was decided, after %d something was: this proves little", nothing, something)
	}
}

// A leak that took the app to many times its time is told, whatever the search
// has seen.
func TestLeakIsTold(t *testing.T) {
	told := 0
	const times = 40
	for seed := range uint64(times) {
		a, err := Search(context.Background(), leaking(seed, 900), Options{Limits: []Limit{mean(1)}, Budget: 3 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if a.Drift != nil {
			told++
		}
	}
	if told < times*85/100 {
		t.Errorf("it is told after %d of %d searches", told, times)
	}
}

// An app that gets slower, and serves as many all the same.
func TestDriftThatLeavesTheAnswer(t *testing.T) {
	q := newQueue(1, 1, nil)
	q.serve = func(q *queue) float64 {
		if q.now < 170 {
			return 0.05
		}
		return 0.15
	}
	q.think = exponential(2)
	q.fails = func(q *queue, _ int) bool { return q.users >= 12 }
	a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(1), {Kind: Errors, Value: 0.01}}, Budget: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sentence(); a.Low != 11 || a.High != 11 || a.Drift == nil || a.Fell != nil || a.Before != nil || !strings.Contains(got, "The app gets slower with time, not only with users: with ") || !strings.Contains(got, "; this is the answer as it is now.") {
		t.Errorf("%s\n%+v", got, a.Drift)
	}
}

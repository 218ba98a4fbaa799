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
	for _, c := range []struct {
		budget time.Duration
		want   string
	}{
		{15 * time.Minute, "Not decided: the budget of 15m ran out, and no level is decided since the app got slower. "},
		{30 * time.Minute, "At most 18 users (95%), not decided: the budget of 30m ran out, and no level that holds is decided since the app got slower. "},
	} {
		a, err := Search(context.Background(), leaking(2, 1800), Options{Limits: []Limit{mean(1)}, Budget: c.budget})
		if err != nil {
			t.Fatal(err)
		}
		const seen = " The app gets slower with time, not only with users: with 16 users interact took 155ms at first, and 392ms later. Before that was seen it was 24 to 28 users (95%). "
		if got := a.Sentence(); !strings.HasPrefix(got, c.want) || !strings.Contains(got, seen) {
			t.Errorf("%s\nwant %s…%s", got, c.want, seen)
		}
		if r := a.Record(); r.Drift == nil || r.Drift.Load != 16 || r.Before == nil || r.Before.Low != 24 || *r.Before.High != 28 || r.Fell != nil {
			t.Errorf("drift %+v, before %+v, fell %+v", r.Drift, r.Before, r.Fell)
		}
		if a.USL != nil || a.Law != nil {
			t.Error("a model of levels at which the app was not the same")
		}
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

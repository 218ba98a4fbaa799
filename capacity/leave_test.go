package capacity

import (
	"context"
	"testing"
	"time"
)

// Users who are let go end their iteration, and until then the app serves them
// too: that is no part of the level that comes after, and no app that does not
// recover.
func TestUsersWhoLeave(t *testing.T) {
	want := app{limit: mean(0.5), value: func(n float64) float64 { return machineRepair{int(n), 1, 0.1, 1}.mean() }}.capacity()
	for _, requests := range []int{20, 400} { // of a second each, or more
		in := 0
		const times = 20
		for seed := range uint64(times) {
			q := newQueue(seed, 1, exponential(0.1))
			q.think = exponential(1)
			q.requests = requests
			a, err := Search(context.Background(), q, Options{Limits: []Limit{mean(0.5)}, Budget: 10 * time.Hour, StepTime: time.Hour})
			if err != nil {
				t.Fatal(err)
			}
			if a.Low <= want && want <= a.High {
				in++
			}
			if a.Lasting != nil || a.Stuck != nil || a.Fell != nil {
				t.Errorf("iterations of %d requests, seed %d: %s", requests, seed, a.Sentence())
			}
		}
		if in < times-2 {
			t.Errorf("iterations of %d requests: %d of %d intervals hold %v", requests, in, times, want)
		}
	}
}

// What users do who were to go takes no part, even when as many are there as
// were asked for.
func TestWhoWasToGo(t *testing.T) {
	v := newVisit(2, 0, []Limit{mean(1)}, false)
	v.add(&Report{Now: time.Second, Active: 2, Events: []Observation{
		{At: time.Second, Event: "interact", User: 1, Took: time.Millisecond},
		{At: time.Second, Event: "interact", User: 2, Took: time.Millisecond},
	}})
	if n := v.most(); n != 1 {
		t.Errorf("%d events count", n)
	}
}

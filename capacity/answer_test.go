package capacity

import (
	"context"
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
		{"a death", dying, Options{Min: 1}, "0 users: with 1 user already, the app died. The app died at 1 user and did not come back", true, 0},
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

package runner

import (
	"testing"
	"time"
)

func TestClosed(t *testing.T) {
	type point struct {
		elapsed time.Duration
		users   int
		next    time.Duration
	}
	for name, test := range map[string]struct {
		shape  closed
		points []point
	}{
		"one":         {closed{1, time.Second}, []point{{0, 1, never}, {time.Hour, 1, never}}},
		"all at once": {closed{40, 0}, []point{{0, 40, never}, {time.Hour, 40, never}}},
		"one after another": {closed{3, time.Second}, []point{
			{0, 1, time.Second},
			{time.Second - 1, 1, time.Second},
			{time.Second, 2, 2 * time.Second},
			{2*time.Second - 1, 2, 2 * time.Second},
			{2 * time.Second, 3, never},
			{time.Hour, 3, never},
			{never, 3, never},
		}},
		"as slow as can be": {closed{1000, never}, []point{{0, 1, never}, {never - 1, 1, never}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range test.points {
				if users, next := test.shape.wanted(p.elapsed); users != p.users || next != p.next {
					t.Errorf("wanted(%v) = %d until %v; want %d until %v", p.elapsed, users, next, p.users, p.next)
				}
			}
		})
	}
}

// Every shape has to tell the next change exactly: what wants users between
// two changes would never be seen.
func TestClosedChangesWhenItSays(t *testing.T) {
	shape := closed{50, 70 * time.Millisecond}
	at, users := time.Duration(0), 0
	for at < never {
		n, next := shape.wanted(at)
		if n != users+1 {
			t.Fatalf("at %v: %d users after %d", at, n, users)
		}
		if next <= at {
			t.Fatalf("at %v: the next change is at %v", at, next)
		}
		if next < never {
			if m, _ := shape.wanted(next - 1); m != n {
				t.Fatalf("just before %v: %d users, not %d", next, m, n)
			}
		}
		at, users = next, n
	}
	if users != shape.users {
		t.Errorf("%d users in the end, not %d", users, shape.users)
	}
}

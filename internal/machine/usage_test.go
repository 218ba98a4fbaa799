package machine

import (
	"maps"
	"slices"
	"testing"
	"time"
)

func TestBelow(t *testing.T) {
	parents := map[int]int{2: 1, 3: 1, 4: 2, 5: 4, 9: 8, 8: 9, 6: 6}
	for _, test := range []struct{ roots, want []int }{
		{[]int{1}, []int{1, 2, 3, 4, 5}},
		{[]int{2, 3}, []int{2, 3, 4, 5}},
		{[]int{4, 2}, []int{2, 4, 5}},
		{[]int{8}, []int{8, 9}}, // each is the other's parent
		{[]int{6}, []int{6}},
		{[]int{7}, []int{7}},
		{nil, nil},
	} {
		if got := slices.Sorted(maps.Keys(below(parents, test.roots...))); !slices.Equal(got, test.want) {
			t.Errorf("below %v: %v, want %v", test.roots, got, test.want)
		}
	}
}

// Where the system tells nothing of processes that have ended, one that ends takes
// nothing from what the others used.
func TestProcessesThatEnd(t *testing.T) {
	before := map[int]time.Duration{1: 5 * time.Second, 2: time.Minute}
	now := map[int]time.Duration{1: 6 * time.Second, 3: time.Second}
	if got := (usage{generator: now}).generated(usage{generator: before}); got != 2*time.Second {
		t.Errorf("the generator used %v, want 2s", got)
	}
	app := &tree{used: -1, own: now}
	if got := app.since(&tree{used: -1, own: before}); got != 2*time.Second {
		t.Errorf("the app used %v, want 2s", got)
	}
	if got := app.sample(&tree{used: -1, own: before}, time.Second); got.CPU != 2 || got.Busiest != 1 {
		t.Errorf("%+v", got)
	}
}

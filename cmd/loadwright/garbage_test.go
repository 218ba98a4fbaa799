package main

import "testing"

func TestPercentFor(t *testing.T) {
	for _, c := range []struct {
		name  string
		often bool
		live  uint64
		want  int
	}{
		{"seldom collected", false, 1 << 20, 100},
		{"often, next to nothing is live", true, 0, 400},
		{"often, 4 MB are live", true, 4 << 20, 400},
		{"often, 64 MB are live", true, 64 << 20, 200},
		{"often, between two steps", true, 70 << 20, 150},
		{"often, 300 MB are live", true, 300 << 20, 100},
	} {
		if got := percentFor(c.often, c.live); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

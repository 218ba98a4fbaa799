package main

import (
	"math"
	"testing"
)

func TestSearchFindsTheLastGoodLevel(t *testing.T) {
	for limit := 0; limit <= levels[len(levels)-1]+1; limit++ {
		want := 0
		for _, l := range levels {
			if l <= limit {
				want = l
			}
		}
		s, tries := newSearch(), 0
		for users, again := s.next(); again; users, again = s.next() {
			s.tell(users, users <= limit)
			if tries++; tries > 7 {
				t.Fatalf("limit %d: %d levels were tried", limit, tries)
			}
		}
		if s.best() != want {
			t.Errorf("limit %d: found %d, want %d", limit, s.best(), want)
		}
	}
}

func TestSpread(t *testing.T) {
	var errors []float64
	for i := range 20 {
		errors = append(errors, float64(-i)) // 0 to -19
	}
	if median, p95 := spread(errors); median != -10 || p95 != 18 {
		t.Errorf("median %v and p95 %v, want -10 and 18", median, p95)
	}
	if m := middle([]float64{3, 1, 2, 10}); m != 2.5 {
		t.Errorf("the middle is %v, want 2.5", m)
	}
	if m := middle(nil); !math.IsNaN(m) {
		t.Errorf("the middle of nothing is %v", m)
	}
}

func TestReadingsThatPeersPrint(t *testing.T) {
	r, err := printed([]string{"INFO something", "reading u0-i1 1 0.5125", "reading u0-i1 2 0.5", "reading u3-i12 1 0.75", ""}, "")
	if err != nil || len(r) != 2 || r["u0-i1"][1] != 0.5125 || r["u0-i1"][2] != 0.5 || r["u3-i12"][1] != 0.75 {
		t.Errorf("read %v, %v", r, err)
	}
	if _, err := printed([]string{"reading u0-i1 one 0.5"}, ""); err == nil {
		t.Error("a run without a number was taken")
	}
}

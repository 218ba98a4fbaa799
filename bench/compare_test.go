package main

import (
	"math"
	"slices"
	"strings"
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

// A bar that was to be measured and was not is shown, and is not met.
func TestBarsNotMeasured(t *testing.T) {
	tools := []*tool{{name: ours}, {name: plain}, {name: floor}, {name: k6, missing: "no such program"}, {name: python, missing: notAsked}}
	c := newComparison(t.Context(), nil, tools, full)
	c.figures[ours].rates[4] = []float64{8}
	c.figures[floor].rates[4] = []float64{10}
	c.figures[ours].errors = []float64{1, 2, 3}
	all := func(...string) bool { return true }
	var table strings.Builder
	missed := writeBars(&table, c.bars(all))
	want := `| what | measured | bar | |
|---|---|---|---|
| error of an interact of 500 ms, 1 user: median | 2.0 ms | ≤ 5 ms | ok |
| the same: p95 of 200 | – | ≤ 12 ms | **not measured** |
| iterations/s at saturation, against raw CDP (chromedp) | 0.80 (8 / 10) | ≥ 0.8 | ok |
| iterations/s at saturation, against k6 browser | – | ≥ 2 | **not measured** |
| CPU seconds an iteration, against plain playwright-go | – | ≤ 0.8 | **not measured** |
| memory of 40 thinking users, browser and driver included | – | ≤ 25 MB | **not measured** |
| honest users a core, against the best peer | – | ≥ 1.5 | **not measured** |
`
	if got := table.String(); got != want || missed != 5 {
		t.Errorf("%d not met:\n%s\nwant:\n%s", missed, got, want)
	}
	if rows := c.bars(func(parts ...string) bool { return slices.Contains(parts, "errors") }); len(rows) != 2 {
		t.Errorf("bars of what is not wanted: %v", rows)
	}
	c.figures[ours].honest, c.figures[ours].found = 20, true
	c.figures[plain].honest, c.figures[plain].found = 8, true
	if rows := c.bars(func(parts ...string) bool { return slices.Contains(parts, "honest") }); len(rows) != 1 || !rows[0].ok || rows[0].measured != "2.50 (20 / 8)" {
		t.Errorf("honest users: %v", rows)
	}
}

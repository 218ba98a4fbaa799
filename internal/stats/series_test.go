package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// at is a row that starts some time after the epoch and takes some time.
func at(start, took time.Duration) *event.Event {
	from := event.Instant(1e18).Add(start)
	return &event.Event{Name: "a", Status: event.OK, Start: from, Stop: from.Add(took)}
}

// Whatever the order and however far apart: each row is in one stretch, and the
// figures are those of its rows.
func TestSeriesHoldsEveryRow(t *testing.T) {
	for _, long := range []time.Duration{time.Second, 119 * time.Second, 3 * time.Minute, 19 * time.Minute, time.Hour, 50 * time.Hour, 24 * 365 * time.Hour} {
		random := rand.New(rand.NewPCG(uint64(long), 1))
		var s Series
		s.Begin(1e18)
		var rows []*event.Event
		for range 3000 {
			e := at(time.Duration(random.Int64N(int64(long)))-long/4, time.Duration(random.Int64N(int64(10*time.Second))))
			if random.IntN(10) == 0 {
				e.Status = event.Error
			}
			rows = append(rows, e)
			s.Event(e)
		}
		width, from, n := s.Width()
		if n > mostStretches || width < time.Second || time.Duration(n)*width > 12*(long+10*time.Second)+2*time.Second {
			t.Errorf("%v: %d stretches of %v", long, n, width)
		}
		if from%width != 0 {
			t.Errorf("%v: the first stretch of %v begins at %v", long, width, from)
		}
		took, ended, failed := make([][]time.Duration, n), make([]int64, n), make([]int64, n)
		index := func(i event.Instant) int {
			return int(math.Floor(float64(i.Sub(1e18)-from) / float64(width)))
		}
		for _, e := range rows {
			if e.Status == event.Error {
				failed[index(e.Stop)]++
				continue
			}
			ended[index(e.Stop)]++
			took[index(e.Start)] = append(took[index(e.Start)], e.Duration())
		}
		for i, got := range s.Of("a") {
			if got.Count != int64(len(took[i])) || got.Ended != ended[i] || got.Failed != failed[i] {
				t.Fatalf("%v, stretch %d: %+v; want %d, %d, %d", long, i, got, len(took[i]), ended[i], failed[i])
			}
			if len(took[i]) == 0 {
				continue
			}
			slices.Sort(took[i])
			last := len(took[i])
			if got.Min != took[i][0] || got.Max != took[i][last-1] || got.P90 != took[i][rank(0.9, int64(last))-1] {
				t.Fatalf("%v, stretch %d: %+v", long, i, got)
			}
		}
	}
}

// Stretches that are put together keep their figures, also beyond what is kept
// exactly.
func TestSeriesWidens(t *testing.T) {
	var s Series
	for i := range 130 {
		for k := range 200 {
			s.Event(at(time.Duration(i)*time.Second, time.Duration(k+1)*time.Millisecond))
		}
	}
	width, _, n := s.Width()
	if width != 2*time.Second || n != 65 {
		t.Errorf("%d stretches of %v", n, width)
	}
	first := s.Of("a")[0]
	if first.Count != 400 || first.Median != 100*time.Millisecond || first.P99 != 198*time.Millisecond || first.Mean != 100500*time.Microsecond {
		t.Errorf("%+v", first)
	}
	if got := s.Quantile("a", 0.5); math.Abs(float64(got)/float64(100*time.Millisecond)-1) > 0.008 { // of 26,000 rows
		t.Error(got)
	}
	counts := s.Histogram("a", []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond})
	if sum := counts[0] + counts[1] + counts[2]; sum != 26_000 || math.Abs(float64(counts[0])/(49*130)-1) > 0.03 {
		t.Error(counts)
	}
}

// R's lm(c(2.1, 3.9, 6.2, 7.8, 10.1) ~ c(1, 2, 3, 4, 5)): the slope and its
// standard error worked out by hand from the sums of squares.
func TestSlope(t *testing.T) {
	var s Slope
	for i, y := range []float64{2.1, 3.9, 6.2, 7.8, 10.1} {
		s.Add(float64(i+1), y)
	}
	f, ok := s.Fit()
	// Σ(x−3)² = 10, Σ(x−3)(y−6.02) = 19.9, Σ(y−6.02)² = 39.708.
	if want := math.Sqrt((39.708 - 19.9*19.9/10) / 3 / 10); !ok || math.Abs(f.Slope-1.99) > 1e-12 || math.Abs(f.At0-0.05) > 1e-12 || math.Abs(f.Error-want) > 1e-12 || f.From != 1 || f.To != 5 || f.N != 5 {
		t.Errorf("%+v, want an error of %v", f, want)
	}
	// The same points twice, those at one x together.
	var alone, together Slope
	for i, y := range []float64{2.1, 3.9, 6.2, 7.8, 10.1} {
		for _, off := range []float64{-0.3, 0.1, 0.2} {
			alone.Add(float64(i+1), y+off)
		}
		together.AddAll(float64(i+1), 3, y, 0.3*0.3+0.1*0.1+0.2*0.2)
	}
	a, _ := alone.Fit()
	b, _ := together.Fit()
	if a.N != b.N || math.Abs(a.Slope-b.Slope) > 1e-12 || math.Abs(a.At0-b.At0) > 1e-12 || math.Abs(a.Error-b.Error) > 1e-12 || a.From != b.From || a.To != b.To {
		t.Errorf("together %+v, one by one %+v", b, a)
	}
	var none Slope
	for range 5 {
		none.Add(3, 1)
	}
	if _, ok := none.Fit(); ok {
		t.Error("a line through one x")
	}
}

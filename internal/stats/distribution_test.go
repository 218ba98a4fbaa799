package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestRank(t *testing.T) {
	for _, c := range []struct {
		p    float64
		n    int64
		want int64
	}{
		{0.5, 1, 1}, {0.5, 2, 1}, {0.5, 3, 2}, {0.5, 4, 2},
		{0.95, 1, 1}, {0.95, 19, 19}, {0.95, 20, 19}, {0.95, 21, 20}, {0.95, 100, 95}, {0.95, 101, 96},
		{0.99, 100, 99}, {0.999, 1000, 999}, {0.999, 1001, 1000}, {0.9999, 10_000, 9999},
		{0.55, 100, 55}, {0.07, 100, 7}, {0.29, 100, 29}, {0.9, 10, 9}, // not whole in floating point
		{0, 5, 1}, {1, 5, 5}, {0.95, 10_000_000, 9_500_000},
	} {
		if got := rank(c.p, c.n); got != c.want {
			t.Errorf("p %v of %d: %d, want %d", c.p, c.n, got, c.want)
		}
	}
}

func TestTooFew(t *testing.T) {
	for p, enough := range map[float64]int64{0.5: 2, 0.9: 10, 0.95: 20, 0.99: 100, 0.999: 1000, 0.9999: 10_000} {
		if !TooFew(p, enough-1) || TooFew(p, enough) {
			t.Errorf("p %v: %d suffices", p, needed(p))
		}
	}
}

// Percentiles are the ⌈p·n⌉-th smallest: exactly up to exactUpTo, and beyond
// never too short nor more than 1 % too long.
func TestQuantiles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	shapes := map[string]func() float64{
		"uniform":   func() float64 { return 1e9 * r.Float64() },
		"lognormal": func() float64 { return 5e8 * math.Exp(r.NormFloat64()) },
		"all alike": func() float64 { return 515e6 },
		"two peaks": func() float64 { return []float64{6e6, 30e9}[r.IntN(2)] * (1 + r.Float64()/10) },
		"tiny":      func() float64 { return 3000 * r.Float64() },
		"huge":      func() float64 { return float64(longest) * r.Float64() },
		"any scale": func() float64 { return math.Exp(r.Float64() * math.Log(float64(longest))) },
	}
	for name, draw := range shapes {
		for _, n := range []int{1, 2, 7, 100, exactUpTo, exactUpTo + 1, 3 * exactUpTo} {
			var d distribution
			all := make([]time.Duration, n)
			sum := 0.0
			for i := range all {
				all[i] = time.Duration(draw())
				d.add(all[i])
				sum += float64(all[i])
				if i%(n/3+1) == 0 {
					d.quantile(0.5) // asking in between changes nothing
				}
			}
			if (d.rest != nil) != (n > exactUpTo) || d.rest != nil && d.exact != nil {
				t.Errorf("%s, %d: %d kept, histogram %v", name, n, len(d.exact), d.rest != nil)
			}
			slices.Sort(all)
			if d.min != all[0] || d.max != all[n-1] || d.n != int64(n) || math.Abs(d.mean()-sum/float64(n)) > 1e-9*sum {
				t.Errorf("%s, %d: %+v", name, n, d)
			}
			for p := 0.001; p < 1; p += 0.001 {
				got, want := d.quantile(p), all[rank(p, int64(n))-1]
				if n <= exactUpTo && got != want {
					t.Fatalf("%s, %d, p %v: %v, want %v", name, n, p, got, want)
				}
				if got < want || float64(got-want) > 0.008*float64(want) {
					t.Fatalf("%s, %d, p %v: %v, want %v", name, n, p, got, want)
				}
			}
			if d.quantile(1) != all[n-1] {
				t.Errorf("%s, %d: p100 %v, max %v", name, n, d.quantile(1), all[n-1])
			}
		}
	}
}

// Distributions that are put together are as one that was given all of it.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, sizes := range [][]int{{0, 0}, {5, 0}, {0, 5}, {1, 2, 3}, {100, 50, 1000}, {exactUpTo - 10, 10, 1}, {exactUpTo + 1, 7}, {7, exactUpTo + 1}, {2 * exactUpTo, 2 * exactUpTo}} {
		var one, merged distribution
		for _, n := range sizes {
			var part distribution
			for range n {
				v := time.Duration(5e8 * math.Exp(r.NormFloat64()))
				one.add(v)
				part.add(v)
			}
			merged.merge(&part)
			for _, p := range []float64{0, 0.5, 0.95, 0.999, 1} {
				if got, want := merged.quantile(p), one.quantile(p); got != want {
					t.Errorf("%v, p %v: %v, want %v", sizes, p, got, want)
				}
			}
			if merged.n != one.n || merged.sum != one.sum || merged.min != one.min || merged.max != one.max || len(merged.exact) != len(one.exact) {
				t.Errorf("%v: %d values, %v in all, %v to %v", sizes, merged.n, merged.sum, merged.min, merged.max)
			}
		}
		merged.clear()
		if merged.n != 0 || merged.quantile(1) != 0 {
			t.Errorf("%v: something is left", sizes)
		}
	}
}

// What lies outside of the histogram still counts.
func TestOutOfRange(t *testing.T) {
	var d distribution
	for range exactUpTo {
		d.add(-time.Millisecond)
		d.add(2 * longest)
	}
	if d.n != 2*exactUpTo || d.min != -time.Millisecond || d.max != 2*longest {
		t.Errorf("n %d, min %v, max %v", d.n, d.min, d.max)
	}
	if got := d.quantile(0.5); got < -time.Millisecond || got > time.Millisecond {
		t.Errorf("median %v", got)
	}
	if got := d.quantile(0.95); got < longest {
		t.Errorf("p95 %v", got)
	}
}

func BenchmarkDistribution(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]time.Duration, 1<<12)
	for i := range values {
		values[i] = time.Duration(5e8 * math.Exp(r.NormFloat64()))
	}
	var d distribution
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		d.add(values[i%len(values)])
	}
}

package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"
)

func TestHistograms(t *testing.T) {
	for name, c := range map[string]struct {
		took []time.Duration
		want Histogram
	}{
		"nothing":      {},
		"one":          {[]time.Duration{500 * ms}, Histogram{0: 1}},
		"all alike":    {[]time.Duration{500 * ms, 500 * ms, 500 * ms}, Histogram{0: 3}},
		"no time":      {[]time.Duration{0, 0}, Histogram{0: 2}},
		"a nanosecond": {[]time.Duration{0, 1, 2}, Histogram{0: 2, 11: 1}},
		"each step":    {powers(12), Histogram{2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
		"one far out":  {[]time.Duration{100 * ms, 110 * ms, 120 * ms, 100_000 * ms}, Histogram{0: 3, 11: 1}},
		"a long way":   {[]time.Duration{0, 1, 90 * time.Microsecond, time.Second}, Histogram{0: 3, 11: 1}},
	} {
		l := new(Live)
		if name == "nothing" {
			e := failed("load", ms)
			_ = l.Event(&e)
		}
		for _, d := range c.took {
			e := ok("load", d)
			_ = l.Event(&e)
		}
		if got := l.Histograms(); !slices.Equal(got, []Histogram{c.want}) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := new(Live).Histograms(); len(got) != 0 {
		t.Errorf("histograms of nothing: %v", got)
	}
}

// powers are 1 and 2^steps ms, and what lies amid the steps of twice as long
// from the one to the other.
func powers(steps int) []time.Duration {
	all := []time.Duration{ms, ms << steps}
	for i := range steps {
		all = append(all, (14*ms/10)<<i)
	}
	return all
}

// Whatever the durations, each is in one step, also when there are too many to
// keep; and then the steps are about the same.
func TestHistogramsLoseNothing(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		few, many := new(distribution), new(distribution)
		for range 1 + r.IntN(300) {
			d := time.Duration(math.Exp(r.Float64() * 30))
			few.add(d)
			many.add(d)
		}
		many.spill()
		exact, rough := few.histogram(), many.histogram()
		for _, h := range []Histogram{exact, rough} {
			sum := int64(0)
			for _, n := range h {
				sum += n
			}
			if sum != few.n {
				t.Fatalf("seed %d: %d in %v, want %d", seed, sum, h, few.n)
			}
		}
		moved := int64(0)
		for i := range exact {
			moved += max(0, exact[i]-rough[i])
		}
		if moved > 3+few.n/20 {
			t.Errorf("seed %d: %v and %v", seed, exact, rough)
		}
	}
}

// What a terminal asks for five times a second.
func BenchmarkLive(b *testing.B) {
	for _, rows := range []int{1000, 10_000, 100_000} {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			l := new(Live)
			r := rand.New(rand.NewPCG(1, 1))
			for range rows {
				for _, name := range []string{"one", "two", "three", "four", "five"} {
					e := ok(name, time.Duration(100*math.Exp(r.NormFloat64()))*ms)
					_ = l.Event(&e)
				}
			}
			for b.Loop() {
				l.All()
				l.Events()
				l.Histograms()
			}
		})
	}
}

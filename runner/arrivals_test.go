package runner

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

func dues(l scenario.LoadModel, seed int64) []time.Duration {
	var all []time.Duration
	a := newArrivals(l, seed)
	for {
		due, ok := a.due()
		if !ok {
			return all
		}
		all = append(all, due)
		a.came()
	}
}

func TestEvenArrivals(t *testing.T) {
	ms := func(all ...int) (out []time.Duration) {
		for _, m := range all {
			out = append(out, time.Duration(m)*time.Millisecond)
		}
		return out
	}
	for name, test := range map[string]struct {
		load scenario.LoadModel
		want []time.Duration
	}{
		"constant": {scenario.LoadModel{Duration: 2 * time.Second, Arrivals: &scenario.Arrivals{Rate: 2}}, ms(0, 500, 1000, 1500)},
		// 1/s², so the k-th where t²/2 = k.
		"ramp": {scenario.LoadModel{Arrivals: &scenario.Arrivals{}, Stages: []scenario.Stage{{Rate: 4, Over: 4 * time.Second}}},
			ms(0, 1414, 2000, 2449, 2828, 3162, 3464, 3742)},
		"ramp down": {scenario.LoadModel{Arrivals: &scenario.Arrivals{}, Stages: []scenario.Stage{{Rate: 2, Hold: time.Second}, {Rate: 0, Over: 2 * time.Second}}},
			ms(0, 500, 1000, 1586)},
		"a pause": {scenario.LoadModel{Arrivals: &scenario.Arrivals{}, Stages: []scenario.Stage{{Rate: 1, Hold: time.Second}, {Rate: 0, Hold: time.Hour}, {Rate: 1, Hold: 2 * time.Second}}},
			ms(0, 3601000, 3602000)},
	} {
		t.Run(name, func(t *testing.T) {
			got := dues(test.load, 1)
			for i := range got {
				got[i] = got[i].Round(time.Millisecond)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %v\nwant %v", got, test.want)
			}
		})
	}
}

// The times between Poisson arrivals are exponential: their mean and their
// standard deviation are 1/rate, and the numbers in stretches vary as much as
// they are large.
func TestPoissonArrivals(t *testing.T) {
	load := scenario.LoadModel{Duration: 1000 * time.Second, Arrivals: &scenario.Arrivals{Rate: 20, Spacing: scenario.Poisson}}
	all := dues(load, 7)
	var sum, squares float64
	for i := 1; i < len(all); i++ {
		gap := (all[i] - all[i-1]).Seconds()
		if gap < 0 {
			t.Fatal("arrivals run backwards")
		}
		sum += gap
		squares += gap * gap
	}
	n := float64(len(all) - 1)
	mean := sum / n
	sd := math.Sqrt(squares/n - mean*mean)
	if math.Abs(n/20000-1) > 0.03 || math.Abs(mean*20-1) > 0.03 || math.Abs(sd*20-1) > 0.03 {
		t.Errorf("%v arrivals, mean gap %v, deviation %v", n, mean, sd)
	}
	if !slices.Equal(all, dues(load, 7)) || slices.Equal(all, dues(load, 8)) {
		t.Error("the seed does not decide")
	}
}

// A rate that changes changes when those to come are due, in proportion, and
// nobody who was due before.
func TestChangedRate(t *testing.T) {
	a := newArrivals(scenario.LoadModel{Duration: 20 * time.Second, Arrivals: &scenario.Arrivals{Rate: 1}}, 1)
	var got []time.Duration
	come := func(n int) {
		for range n {
			due, _ := a.due()
			got = append(got, due)
			a.came()
		}
	}
	come(2)
	a.change(1500*time.Millisecond, 20*time.Second, 10) // half way to the next
	come(3)
	a.change(1800*time.Millisecond, 20*time.Second, 0.5)
	come(2)
	// Those of 6.8 s to 16.8 s are in line when the rate changes at 18 s.
	a.change(18*time.Second, 20*time.Second, 4)
	come(9)
	ms := []int{0, 1000, 1550, 1650, 1750, 2800, 4800, 6800, 8800, 10800, 12800, 14800, 16800, 18100, 18350, 18600}
	for i, want := range ms {
		if got[i].Round(time.Millisecond) != time.Duration(want)*time.Millisecond {
			t.Errorf("arrival %d is due at %v, want %d ms", i, got[i], want)
		}
	}
	come(5)
	if due, more := a.due(); more {
		t.Errorf("one more is due at %v, after the end", due)
	}
}

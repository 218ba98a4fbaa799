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
		due, ok := a.next()
		if !ok {
			return all
		}
		all = append(all, due)
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

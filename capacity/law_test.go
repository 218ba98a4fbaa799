package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// scaled are levels with a throughput by the law.
func scaled(gamma, sigma, kappa, noise float64) []Level {
	random := rand.New(rand.NewPCG(1, 9))
	var all []Level
	for _, n := range []int{1, 2, 4, 8, 16, 24, 32, 48, 64} {
		x := float64(n)
		rate := gamma * x / (1 + sigma*(x-1) + kappa*x*(x-1)) * (1 + noise*random.NormFloat64())
		all = append(all, Level{Load: x, Took: time.Minute, Figures: []Figures{{Event: "interact", Count: 1000, Rate: rate, Mean: x / rate}}})
	}
	return all
}

func TestScalability(t *testing.T) {
	u := fit(&Answer{Levels: scaled(10, 0.05, 0.001, 0)})
	if u == nil || math.Abs(u.Gamma-10) > 1e-6 || math.Abs(u.Sigma-0.05) > 1e-8 || math.Abs(u.Kappa-0.001) > 1e-9 || math.Abs(u.Peak-math.Sqrt(950)) > 1e-3 {
		t.Fatalf("%+v", u)
	}
	u = fit(&Answer{Levels: scaled(10, 0.05, 0.001, 0.03)})
	if math.Abs(u.Sigma-0.05) > u.SigmaHalf || math.Abs(u.Kappa-0.001) > u.KappaHalf || u.SigmaHalf > 0.05 {
		t.Errorf("%+v", u)
	}
	if u = fit(&Answer{Levels: scaled(10, 0.05, 0, 0.03)}); u.Peak != 0 {
		t.Errorf("a peak at %v that is not there", u.Peak)
	}
	if u = fit(&Answer{Levels: scaled(10, 0.05, 0, 0)[:5]}); u != nil {
		t.Error("five levels are too few")
	}
}

// A level that mostly fails, fast, gets much done; and one of an app that has
// changed meanwhile is another app's.
func TestScalabilityOfWhatIsThere(t *testing.T) {
	levels := scaled(10, 0.05, 0.001, 0)
	failing := Level{Load: 80, Figures: []Figures{{Event: "interact", Count: 1000, Failures: 9000, Rate: 5000}}}
	u := fit(&Answer{Levels: append(levels, failing)})
	if u == nil || math.Abs(u.Kappa-0.001) > 1e-9 {
		t.Errorf("with failures: %+v", u)
	}
	if u := fit(&Answer{Levels: levels, Drift: &Drift{Load: 8, From: 1, To: 2}}); u != nil {
		t.Errorf("of an app that changed: %+v", u)
	}
	if u := fit(&Answer{Levels: levels, Open: true}); u != nil {
		t.Errorf("of arrivals: %+v", u)
	}
}

// Two workers who take 0.5 s each, with users who think for 2 s.
func TestScalabilityIsTold(t *testing.T) {
	u := &Scalability{Gamma: 0.5, Sigma: 0.1, Kappa: 0.001, GammaHalf: 0.01, SigmaHalf: 0.02, KappaHalf: 0.0002, Peak: 30}
	want := "γ = 0.5 ± 0.01 events/s a user, σ = 0.1 ± 0.02 (waiting in line), κ = 0.001 ± 0.0002 (coming to terms): the most gets done with 30 users"
	if got := u.String(); got != want {
		t.Error(got)
	}
	r := Answer{USL: u}.Record().Model
	if r == nil || *r.Gamma != 0.5 || *r.KappaHalf != 0.0002 || *r.Peak != 30 {
		t.Errorf("%+v", r)
	}
	u.Peak = 0
	if r := (Answer{USL: u}).Record().Model; r.Peak != nil {
		t.Errorf("%v", *r.Peak)
	}
}

func TestQueueModel(t *testing.T) {
	a := Answer{Breaks: &Break{Limit: p95(1)}, Unit: "users"}
	for _, n := range []int{1, 2, 4, 8, 16, 24} {
		rate := math.Min(float64(n)/2.5, 4)
		a.Levels = append(a.Levels, Level{Load: float64(n), Figures: []Figures{{Event: "interact", Count: 500, Rate: rate, Mean: float64(n)/rate - 2}}})
	}
	m := law(&a)
	if m == nil || math.Abs(m.Demand-0.25) > 1e-9 || math.Abs(m.AtATime-2) > 1e-9 || math.Abs(m.Knee-10) > 1e-9 || m.From != 16 || m.To != 24 {
		t.Fatalf("%+v", m)
	}
	a.Law = m
	want := "From 16 to 24 users no more gets done, 4 interact a second: a queue in front of what takes 250ms for each, at most 2 at a time."
	if got := a.why(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	// With other events beside it, nothing is known of what one takes.
	for i := range a.Levels {
		a.Levels[i].Throughput = 1.2 * a.Levels[i].Figures[0].Rate
	}
	a.Law = law(&a)
	if want := "From 16 to 24 users no more gets done, 4.8 events a second."; a.why() != want || math.Abs(a.Law.Knee-10) > 1e-9 {
		t.Errorf("%s\nwant %s", a.why(), want)
	}
	a.Levels = a.Levels[:4]
	if m := law(&a); m != nil {
		t.Errorf("a plateau from %v to %v that is not there", m.From, m.To)
	}
	a.Levels = append(a.Levels, Level{Load: 16, Saturated: "no CPU", Figures: []Figures{{Event: "interact", Count: 500, Rate: 3.2}}})
	if m := law(&a); m != nil {
		t.Error("a plateau of the load generator")
	}
}

func TestMemoryIsTold(t *testing.T) {
	at := func(load float64, memory int64, aside bool) Level {
		return Level{Load: load, App: Usage{Known: true, Memory: memory}, Aside: aside}
	}
	a := Answer{Unit: "users", Levels: []Level{{Load: 1}, at(1, 120e6, false), at(20, 700e6, false), at(40, 3100e6, false), at(1, 900e6, false), at(60, 5000e6, true)}}
	if got, want := a.memory(), "The app's memory grew from 120 MB with 1 to 3100 MB with 40."; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for _, few := range [][]Level{nil, a.Levels[:2], {at(1, 20e6, false), at(20, 60e6, false)}, {at(1, 500e6, false), at(20, 800e6, false)}} {
		if got := (Answer{Unit: "users", Levels: few}).memory(); got != "" {
			t.Error(got)
		}
	}
}

// A worker who takes 0.1 s for each of two events of an arrival: of 5 arrivals a
// second on, as many get through, and no more.
func TestQueueModelOfArrivals(t *testing.T) {
	a := Answer{Breaks: &Break{Limit: p95(1)}, Unit: "arrivals/s", Open: true}
	for _, rate := range []float64{1, 2, 4, 6, 8} {
		a.Levels = append(a.Levels, Level{Load: rate, Figures: []Figures{{Event: "interact", Count: 500, Rate: math.Min(2*rate, 10), Mean: 0.1}}})
	}
	m := law(&a)
	if m == nil || math.Abs(m.Demand-0.1) > 1e-9 || math.Abs(m.AtATime-1) > 1e-9 || math.Abs(m.Knee-5) > 1e-9 || m.From != 6 || m.To != 8 {
		t.Fatalf("%+v", m)
	}
	a.Levels = a.Levels[:4]
	if m := law(&a); m != nil {
		t.Errorf("a plateau from %v to %v that is not there", m.From, m.To)
	}
}

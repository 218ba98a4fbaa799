package capacity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// fill adds durations of so many users in turn.
func fill(s *series, users int, took ...float64) {
	for i, v := range took {
		s.add(&Observation{At: time.Duration(s.n+1) * time.Second, User: i % users, Took: at(v)})
	}
}

func TestWarmUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	s := newSeries(mean(1), true)
	for i := range 600 {
		v := 1 + 0.1*random.NormFloat64()
		if i < 100 {
			v += 2 * float64(100-i) / 100
		}
		fill(s, 1, v)
	}
	cut, settled, _ := s.warmUp()
	if !settled || cut < 80 || cut > 130 {
		t.Errorf("the warm-up of 100 events is taken to be %d, settled %v", cut, settled)
	}

	s = newSeries(mean(1), true)
	for range 600 {
		fill(s, 1, 1)
	}
	if cut, settled, _ := s.warmUp(); cut != 0 || !settled {
		t.Errorf("what never changes has a warm-up of %d", cut)
	}

	s = newSeries(mean(1), true)
	for i := range 600 {
		fill(s, 1, float64(i)+random.NormFloat64())
	}
	if _, settled, slope := s.warmUp(); settled || slope <= 0 {
		t.Errorf("what rises for good is settled %v, with a slope of %v", settled, slope)
	}
}

// An autoregression's mean has (1+φ)÷(1−φ) times the variance that it would
// have if its values did not depend on each other.
func TestDependence(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 0.9} {
		var sum float64
		const times = 200
		for seed := range times {
			random := rand.New(rand.NewPCG(uint64(seed), 2))
			s := newSeries(mean(10), true)
			x := 0.0
			for range 4000 {
				x = phi*x + math.Sqrt(1-phi*phi)*random.NormFloat64()
				fill(s, 1, 10+x)
			}
			e, ok := s.weigh(0, false)
			if !ok {
				t.Fatal("too few")
			}
			sum += e.design / times
		}
		// It errs to the safe side, by a half at most.
		want := (1 + phi) / (1 - phi)
		if sum < want || sum > 1.6*want+0.3 {
			t.Errorf("φ %v: a design effect of %.2f, want %.2f", phi, sum, want)
		}
	}
}

// Twenty users who differ for good say as much as twenty events.
func TestUsersDiffer(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	s := newSeries(mean(10), false)
	var slow [20]float64
	for u := range slow {
		slow[u] = random.NormFloat64()
	}
	for i := range 4000 {
		u := i % 20
		s.add(&Observation{User: u, Took: at(10 + slow[u] + 0.1*random.NormFloat64())})
	}
	e, _ := s.weigh(0, false)
	if e.n < 15 || e.n > 25 {
		t.Errorf("4,000 events of 20 users count as %.1f", e.n)
	}
}

func TestBounded(t *testing.T) {
	v := newVisit(7, 0, []Limit{p95(1)}, false)
	r := Report{Events: make([]Observation, 1)}
	for i := range 300_000 {
		r.Now = time.Duration(i) * time.Millisecond
		r.Events[0] = Observation{At: r.Now, Event: "interact", User: i % 7, Took: time.Duration(i % 1000)}
		v.add(&r)
	}
	if n := len(v.limits[0].batches); n > mostBatches {
		t.Errorf("%d batches are kept", n)
	}
	f := v.figures()[0]
	if len(f.sorted) > mostSamples || math.Abs(float64(f.Count)-300_000) > 10_000 {
		t.Errorf("%d samples are kept, of %d events", len(f.sorted), f.Count)
	}
	if math.Abs(f.P50-500e-9) > 50e-9 {
		t.Errorf("the median is %v", f.P50)
	}
}

// A failure is longer than any limit.
func TestFailuresInPercentiles(t *testing.T) {
	v := newVisit(1, 0, nil, false)
	var r Report
	for i := range 100 {
		r.Events = append(r.Events, Observation{At: time.Second + time.Duration(i), Event: "a", Took: time.Millisecond, Failed: i%10 == 0})
	}
	r.Now = 2 * time.Second
	v.add(&r)
	f := v.figures()
	if f[0].P50 != 0.001 || !math.IsInf(f[0].P95, 1) || f[0].Failures != 10 {
		t.Errorf("%+v", f[0])
	}
	if v := (Limit{Kind: Errors}).value(f); v != 0.1 {
		t.Errorf("a share of failures of %v", v)
	}
}

func TestTails(t *testing.T) {
	near := func(what string, have, want float64) {
		t.Helper()
		if math.Abs(have-want) > 1e-3*want+1e-6 {
			t.Errorf("%s: %v, want %v", what, have, want)
		}
	}
	near("none of 59 beyond 5 %", binomialAtMost(0, 59, 0.05), math.Pow(0.95, 59))
	near("10 of 100 at least, at 5 %", binomialAtLeast(10, 100, 0.05), 0.028188)
	near("t of 10", studentQuantile(0.025, 10), 2.228139)
	near("its tail", studentTail(2.228139, 10), 0.025)
	near("z", normalQuantile(0.025), 1.959964)
}

// Two visits to a level tell of its design effect what the worse one has shown:
// levels near by go by it.
func TestPool(t *testing.T) {
	a := evidence{n: 10, events: 40, design: 4, calm: true}
	b := evidence{n: 30, events: 60, design: 2}
	for _, e := range []evidence{a.pool(b), b.pool(a)} {
		if e.design != 4 || e.calm || e.n != 40 {
			t.Errorf("%+v", e)
		}
	}
	if e := a.pool(a); !e.calm {
		t.Errorf("%+v", e)
	}
}

// It is the time that counts in which the load generator was saturated, however
// many reports tell of it.
func TestSaturatedTime(t *testing.T) {
	second := func(saturated time.Duration) Report {
		r := Report{SaturatedFor: saturated}
		if saturated > 0 {
			r.Saturated = "busy"
		}
		return r
	}
	for _, c := range []struct {
		name string
		each time.Duration // a report is about
		all  []Report
		want bool
	}{
		{"a fifth, told in few of many reports", 250 * time.Millisecond, append(make([]Report, 38), second(time.Second), second(time.Second)), true},
		{"a second in each of long reports", 6 * time.Second, []Report{second(time.Second), second(time.Second), second(time.Second)}, false},
		{"a single second of a short stay", time.Second, []Report{second(time.Second), {}}, false},
	} {
		v := newVisit(1, 0, nil, false)
		for i := range c.all {
			c.all[i].Now = v.now + c.each
			v.add(&c.all[i])
		}
		if got := v.saturatedTooLong(); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

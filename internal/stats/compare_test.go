package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// row is an ok row of a user.
func row(name string, user int, took time.Duration) event.Event {
	return event.Event{Name: name, User: user, Stop: event.Instant(took), Status: event.OK}
}

// sideOf is a side of several runs.
func sideOf(runs ...[]event.Event) *Side {
	s := NewSide()
	for _, rows := range runs {
		s.Begin()
		for i := range rows {
			s.Event(&rows[i])
		}
	}
	return s
}

// users are rows of one event: of each user, the milliseconds.
func users(name string, times ...[]float64) []event.Event {
	var rows []event.Event
	for user, took := range times {
		for _, t := range took {
			rows = append(rows, row(name, user, time.Duration(t*1e6)))
		}
	}
	return rows
}

// spreadOut are n users with one row each, evenly between low and high.
func spreadOut(n int, low, high float64) [][]float64 {
	var times [][]float64
	for i := range n {
		times = append(times, []float64{low + (high-low)*float64(i)/float64(n-1)})
	}
	return times
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// With few users it is Welch's test of the users' means: the t, the degrees of
// freedom are those of the textbook, since logarithms are nearly linear here.
func TestFewUsersAreWelchsTest(t *testing.T) {
	a := users("e", []float64{1000.0, 1000.2}, []float64{1000.3}, []float64{1000.2}, []float64{1000.6, 1000.6, 1000.6})
	b := users("e", []float64{1000.4}, []float64{1000.9}, []float64{1000.7})
	c := Compare(sideOf(a), sideOf(b))
	e := c.Events[0]
	x, y := []float64{1000.1, 1000.3, 1000.2, 1000.6}, []float64{1000.4, 1000.9, 1000.7}
	wantT, wantDF := welch(x, y)
	near(t, "t", e.Mean.estimate/e.Mean.se, -wantT, 1e-2)
	near(t, "df", e.Mean.df, wantDF, 1e-2)
	near(t, "A", e.Mean.A, 1.0003, 1e-9)
	for _, percentile := range []Change{e.Median, e.P95} {
		if percentile.Finding != CannotTell || percentile.Why != "fewer than 8 users" || !math.IsNaN(percentile.P) {
			t.Errorf("%+v", percentile)
		}
	}
	if c.Tests != 1 || c.Unit != ByUser {
		t.Errorf("%d tests by %s", c.Tests, c.Unit)
	}

	// Far enough apart, three users are enough.
	far := Compare(sideOf(a), sideOf(users("e", []float64{2000}, []float64{2001}, []float64{1999.5})))
	if m := far.Events[0].Mean; m.Finding != Slower || m.Low < 0.99 || m.High > 1.01 {
		t.Errorf("%+v", m)
	}
	// One user is not.
	if m := Compare(sideOf(a), sideOf(users("e", []float64{5000, 5001}))).Events[0].Mean; m.Finding != CannotTell || m.Why != "a single user" {
		t.Errorf("%+v", m)
	}
}

// welch is the textbook's formula.
func welch(x, y []float64) (t, df float64) {
	var a, b moments
	for _, v := range x {
		a.add(v)
	}
	for _, v := range y {
		b.add(v)
	}
	va, vb := a.squares/(a.n-1)/a.n, b.squares/(b.n-1)/b.n
	return (a.mean - b.mean) / math.Sqrt(va+vb), (va + vb) * (va + vb) / (va*va/(a.n-1) + vb*vb/(b.n-1))
}

// The bootstrap's standard error of a mean is the one that is known in closed
// form, where each user has one row; and rows of one user count for one, not for
// many.
func TestStandardErrorOfAMean(t *testing.T) {
	one := spreadOut(30, 900, 1100)
	var m moments
	var many [][]float64
	for _, u := range one {
		m.add(u[0])
		many = append(many, slices.Repeat(u, 50))
	}
	want := m.deviation() / math.Sqrt(m.n) / m.mean
	for what, times := range map[string][][]float64{"one row a user": one, "fifty alike": many} {
		s := newPool(sideOf(users("e", times...)).events["e"], ByUser, drawing("e"))
		near(t, what, s.resampled().mean.se, want, 0.07*want) // three deviations of a thousand resamples
	}
}

// Holm's procedure: of 0.005, 0.011, 0.02 and 0.04 at 5 % all four are held
// against 0.0125, 0.0167, 0.025 and 0.05.
func TestHolm(t *testing.T) {
	for _, test := range []struct {
		ps      []float64
		changed []bool
	}{
		{[]float64{0.04, 0.005, 0.02, 0.011}, []bool{true, true, true, true}},
		{[]float64{0.04, 0.005, 0.03, 0.011}, []bool{false, true, false, true}},
		{[]float64{0.02, 0.02, 0.02, 0.02}, []bool{false, false, false, false}},
		{[]float64{0.001, math.NaN(), math.NaN(), 0.04}, []bool{true, false, false, true}},
	} {
		c := Comparison{Events: make([]EventChange, 1)}
		for i, change := range c.Events[0].All() {
			change.P, change.df, change.Finding = test.ps[i], 10, CannotTell
			if !math.IsNaN(change.P) {
				change.se, change.finish = 1, math.Expm1
				change.estimate = student(10).Quantile(1 - change.P/2)
			}
		}
		c.judge(0.05)
		for i, change := range c.Events[0].All() {
			if got := change.Finding != CannotTell; got != test.changed[i] {
				t.Errorf("%v: %d: %v", test.ps, i, change.Finding)
			}
			// The interval says what the finding says.
			if !math.IsNaN(change.P) && (change.Low > 0) != test.changed[i] {
				t.Errorf("%v: %d: from %v", test.ps, i, change.Low)
			}
		}
	}
}

// The percentiles of a resample are those of the rows written out one by one.
func TestQuantilesOfResamples(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var rows []event.Event
		for user := range 1 + random.IntN(6) {
			for range 1 + random.IntN(8) {
				r := row("e", user, time.Duration(random.IntN(20))*time.Second)
				if random.IntN(5) == 0 {
					r.Status = event.Error
				}
				rows = append(rows, r)
			}
		}
		s := newPool(sideOf(rows).events["e"], ByUser, random)
		w := s.draw()
		var all []float64
		for _, r := range rows {
			took := r.Duration().Seconds()
			if r.Status == event.Error {
				took = math.Inf(1)
			}
			all = append(all, slices.Repeat([]float64{took}, int(w[r.User]))...)
		}
		slices.Sort(all)
		for _, p := range []float64{0.01, 0.5, 0.95, 1} {
			want := all[rank(p, int64(len(all)))-1]
			if got := s.quantiles(w, p)[0]; got != want {
				t.Fatalf("p %v of %v: %v, want %v", p, all, got, want)
			}
		}
	}
}

// A comparison is the same every time; turned around it says the opposite;
// and interval, change and finding agree.
func TestCompareProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 20 {
		l := load{users: 1 + random.IntN(20), rows: 1 + random.IntN(10), events: 2, base: 500 * ms, noise: 0.3, user: 0.2, fail: 0.1 * random.Float64()}
		faster := l
		faster.base = 250 * ms
		a, b := l.side(random), faster.side(random)
		there, again, back := Compare(a, b), Compare(a, b), Compare(b, a)
		if fmt.Sprint(there) != fmt.Sprint(again) {
			t.Fatalf("not the same: %v\n%v", there, again)
		}
		for i := range there.Events {
			for j, x := range there.Events[i].All() {
				y := back.Events[i].All()[j]
				opposite := map[Finding]Finding{Slower: Faster, Faster: Slower, More: Fewer, Fewer: More, CannotTell: CannotTell}
				if y.Finding != opposite[x.Finding] || !same(x.P, y.P) || !same(x.A, y.B) || !same(x.estimate, -y.estimate) {
					t.Errorf("there %+v\nback %+v", *x, *y)
				}
				inside := x.Finding == CannotTell
				if !math.IsNaN(x.Low) && (x.Low <= 0 && x.High >= 0) != inside {
					t.Errorf("interval and finding: %+v", *x)
				}
				if !math.IsNaN(x.Low) && (x.Low > x.Change || x.High < x.Change) {
					t.Errorf("the change is beside its interval: %+v", *x)
				}
			}
		}
	}
}

func same(x, y float64) bool {
	return math.IsNaN(x) && math.IsNaN(y) || x == y || math.Abs(x-y) < 1e-9
}

// What is no measurement of the app is left out; what failed counts.
func TestRowsThatCount(t *testing.T) {
	with := func(e event.Event, change func(*event.Event)) event.Event { change(&e); return e }
	s := sideOf([]event.Event{
		row("e", 0, time.Second),
		with(row("e", 1, time.Hour), func(e *event.Event) { e.Phase = event.WarmUp }),
		with(row("e", 2, time.Hour), func(e *event.Event) { e.Status = event.Cancelled }),
		with(row("not started", 3, time.Hour), func(e *event.Event) { e.Status = event.Error }),
		with(row("e", 3, time.Second), func(e *event.Event) { e.Late, e.LateKnown = time.Second, true }),
		with(row("e", 4, time.Second), func(e *event.Event) { e.Already, e.Trusted = true, event.NotTrusted }),
	})
	want := SideTally{Runs: 1, Users: 3, Rows: 4, Failures: 1, Cancelled: 1, WarmUp: 1, NotTrusted: 1, Already: 1}
	if got := s.Tally(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	c := Compare(s, s)
	if len(c.Events) != 2 || c.Events[1].Event != "not started" || c.Events[1].Failures.A != 1 {
		t.Fatalf("%+v", c.Events)
	}
	near(t, "mean", c.Events[0].Mean.A, 4.0/3, 1e-9)
	if m := c.Events[1].Mean; !math.IsNaN(m.A) || m.Why != "no row is ok" {
		t.Errorf("%+v", m)
	}
}

func TestEventsOfOneSide(t *testing.T) {
	c := Compare(
		sideOf([]event.Event{row("a", 0, 1), row("both", 0, 1)}),
		sideOf([]event.Event{row("both", 0, 1), row("b", 0, 1)}))
	if !reflect.DeepEqual(c.OnlyA, []string{"a"}) || !reflect.DeepEqual(c.OnlyB, []string{"b"}) || len(c.Events) != 1 {
		t.Errorf("%+v", c)
	}
}

// With several runs on both sides, runs are what is compared, however many rows
// each has.
func TestByRun(t *testing.T) {
	run := func(took float64) []event.Event { return users("e", spreadOut(50, took-1, took+1)...) }
	differ := Compare(sideOf(run(500), run(600), run(550)), sideOf(run(560), run(650), run(590)))
	if e := differ.Events[0]; differ.Unit != ByRun || e.Mean.Finding != CannotTell || e.Mean.df > 4 {
		t.Errorf("by %s: %+v", differ.Unit, e.Mean)
	}
	alike := Compare(sideOf(run(500), run(501), run(500.5)), sideOf(run(560), run(561), run(560.7)))
	if e := alike.Events[0]; e.Mean.Finding != Slower || e.Median.Finding != Slower || e.P95.Finding != Slower {
		t.Errorf("%+v", e)
	}
	// With one run on a side nothing is known of how runs differ.
	if c := Compare(sideOf(run(500), run(600)), sideOf(run(560))); c.Unit != ByUser {
		t.Errorf("by %s", c.Unit)
	}
	// Few runs that are all the same leave nothing to judge by.
	if e := Compare(sideOf(run(500), run(500)), sideOf(run(560), run(560))).Events[0]; e.Mean.Finding != CannotTell || e.Mean.Why != "no spread" {
		t.Errorf("%+v", e.Mean)
	}
}

// Of a user with more rows than are kept, a sample speaks for all.
func TestMoreRowsThanAreKept(t *testing.T) {
	const n = 20 * mostKept
	s := NewSide()
	s.Begin()
	for i := range n {
		e := row("e", 0, time.Duration(i)*time.Millisecond)
		if i%10 == 9 {
			e.Status = event.Error
		}
		s.Event(&e)
	}
	rows := s.events["e"].users[userKey{1, 0}]
	if len(rows.kept) != mostKept || rows.ok != n*9/10 {
		t.Fatalf("%d kept of %d", len(rows.kept), rows.ok)
	}
	all := newPool(s.events["e"], ByUser, drawing("e"))
	near(t, "mean", all.mean(all.once()), n/2e3, 0.01)
	// The 0.45th of all rows is the half of the ok ones.
	q := all.quantiles(all.once(), 0.45, 0.95)
	near(t, "p45", q[0], n/2e3, 0.03*n/1e3)
	if !math.IsInf(q[1], 1) {
		t.Errorf("p95: %v", q[1])
	}
}

func TestSlowerByAtLeast(t *testing.T) {
	e := EventChange{
		Mean:   Change{Finding: Slower, Change: 0.099},
		Median: Change{Finding: CannotTell, Change: 0.5},
		P95:    Change{Finding: Slower, Change: math.NaN(), B: math.Inf(1)},
	}
	if got := e.Slower(0.1); len(got) != 1 || !math.IsInf(got[0].B, 1) {
		t.Errorf("%+v", got)
	}
	if got := e.Slower(0.09); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkCompare is a comparison of a million rows a side; bytes are what the
// two sides keep.
func BenchmarkCompare(b *testing.B) {
	l := load{users: 1000, rows: 500, events: 2, base: 500 * ms, noise: 0.3, user: 0.1}
	random := rand.New(rand.NewPCG(1, 2))
	x, y := l.side(random), l.side(random)
	b.ReportAllocs()
	for b.Loop() {
		Compare(x, y)
	}
}

// A percentile is as uncertain as the users are few whose rows are beyond it.
func TestTail(t *testing.T) {
	all := newPool(sideOf(users("e", []float64{1000, 2000, 3000, 4000}, []float64{1000, 1000, 3000}, []float64{1000})).events["e"], ByUser, drawing("e"))
	for limit, want := range map[float64]float64{1: 64.0 / 26, 1.5: 16.0 / 10, 3: 9.0 / 5, 4: 1} {
		near(t, fmt.Sprint(limit), all.tail(limit), want, 1e-9)
	}
	// All that is slow is one user's.
	a, b := spreadOut(20, 500, 501), spreadOut(20, 600, 601)
	a[3], b[3] = []float64{900, 901, 902}, []float64{990, 991, 992}
	e := Compare(sideOf(users("e", a...)), sideOf(users("e", b...))).Events[0]
	if e.P95.Finding != CannotTell || e.P95.Why != "the tail of one user" || !math.IsNaN(e.P95.P) {
		t.Errorf("%+v", e.P95)
	}
	if e.Median.Finding != Slower {
		t.Errorf("%+v", e.Median)
	}
}

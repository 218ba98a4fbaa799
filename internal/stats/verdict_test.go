package stats

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// limit is a threshold, written as in a scenario but for its spaces.
func limit(name, statistic, op string, value float64) scenario.Threshold {
	t := scenario.Threshold{Text: name, Event: name, Op: op, Value: value}
	switch statistic {
	case "median":
		t.Statistic = scenario.Statistic{Kind: "percentile", Quantile: 0.5}
	case "p95":
		t.Statistic = scenario.Statistic{Kind: "percentile", Quantile: 0.95}
	case "p99.9":
		t.Statistic = scenario.Statistic{Kind: "percentile", Quantile: 0.999}
	case "errors%":
		t.Statistic, t.Share = scenario.Statistic{Kind: "errors"}, true
	default:
		t.Statistic = scenario.Statistic{Kind: statistic}
	}
	return t
}

func TestJudge(t *testing.T) {
	// 100 rows of 10, 20, … ms, of which as many fail as are asked for.
	hundred := func(failures int) *Live {
		var events []event.Event
		for i := range 100 {
			took := time.Duration(i+1) * 10 * ms
			if i < failures {
				events = append(events, failed("interact", ms)) // fails fast
			} else {
				events = append(events, ok("interact", took))
			}
		}
		events = append(events, with(ok("interact", time.Hour), func(e *event.Event) { e.Status = event.Cancelled }))
		return live(events...)
	}
	few := live(ok("load", 1*time.Second), ok("load", 2*time.Second), ok("load", 2000400*time.Microsecond))
	nested := live(
		failed("inner", ms), with(failed("outer", ms), func(e *event.Event) { e.Outer = true }),
		ok("inner", ms), with(ok("outer", ms), func(e *event.Event) { e.Outer = true }), ok("inner", ms), ok("inner", ms),
	)
	none := live(with(ok("load", ms), func(e *event.Event) { e.Status = event.Cancelled }))
	inf, nan := math.Inf(1), math.NaN()

	for _, c := range []struct {
		l         *Live
		name      string
		statistic string
		op        string
		limit     float64
		ok        bool
		value     float64
		seen      string
		note      string
	}{
		{hundred(0), "interact", "p95", "<", 1, true, 0.95, "950ms", ""},
		{hundred(0), "interact", "p95", "<=", 0.95, true, 0.95, "950ms", ""},
		{hundred(0), "interact", "p95", "<", 0.95, false, 0.95, "950ms", ""},
		{hundred(0), "interact", "p95", ">=", 0.95, true, 0.95, "950ms", ""},
		{hundred(0), "interact", "p95", ">", 0.95, false, 0.95, "950ms", ""},
		{hundred(0), "interact", "median", "<", 1, true, 0.5, "500ms", ""},
		{hundred(0), "interact", "p99.9", "<", 2, true, 1, "1s", "100 rows where p99.9 needs 1000"},
		{hundred(0), "interact", "mean", "<", 1, true, 0.505, "505ms", ""},
		{hundred(0), "interact", "min", "<", 1, true, 0.01, "10ms", ""},
		{hundred(0), "interact", "max", "<", 1, false, 1, "1s", ""},
		{hundred(0), "interact", "count", ">=", 100, true, 100, "100", ""},
		{hundred(0), "interact", "errors", "<=", 0, true, 0, "0", ""},
		{hundred(0), "interact", "errors%", "<=", 0.01, true, 0, "0%", ""},
		{hundred(0), "", "p95", "<", 1, true, 0.95, "950ms", ""},
		// A failure is longer than anything: with 5 of 100 there is still a p95,
		// the largest; with 6 there is none.
		{hundred(5), "interact", "p95", "<", 2, true, 1, "1s", "5 of 100 failed"},
		{hundred(6), "interact", "p95", "<", 2, false, inf, "longer than any limit", "6 of 100 failed"},
		{hundred(6), "interact", "median", "<", 2, true, 0.56, "560ms", "6 of 100 failed"},
		{hundred(6), "interact", "mean", "<", 2, true, 0.535, "535ms", "6 of 100 failed"},
		{hundred(6), "interact", "min", "<", 2, true, 0.07, "70ms", "6 of 100 failed"},
		{hundred(6), "interact", "count", ">=", 95, false, 94, "94", ""},
		{hundred(6), "interact", "errors", "<", 6, false, 6, "6", "6 of 100 failed"},
		{hundred(6), "interact", "errors%", "<=", 0.05, false, 0.06, "6%", "6 of 100 failed"},
		{hundred(1), "", "errors%", "<=", 0.01, true, 0.01, "1%", "1 of 100 failed"},
		{hundred(100), "interact", "median", "<", 2, false, inf, "longer than any limit", "100 of 100 failed"},
		{hundred(100), "interact", "mean", "<", 2, false, nan, "no sample", "100 of 100 failed"},
		{hundred(100), "interact", "count", "<", 5, true, 0, "0", ""},
		// What is seen is not rounded onto the limit, nor past it.
		{few, "load", "max", "<=", 2, false, 2.0004, "2.0004s", ""},
		{few, "load", "max", "<=", 2.1, true, 2.0004, "2s", ""},
		{few, "load", "max", "<", 2.0005, true, 2.0004, "2s", ""},
		{few, "load", "max", "<=", 2.0003, false, 2.0004, "2.0004s", ""},
		{few, "load", "max", "<=", 2.0004, true, 2.0004, "2.0004s", ""},
		{few, "load", "mean", "<", 2, true, 5.0004 / 3, "1.67s", ""},
		{live(ok("once", time.Second)), "once", "p95", "<", 3, true, 1, "1s", "1 row where p95 needs 20"},
		{few, "load", "p95", "<", 3, true, 2.0004, "2s", "3 rows where p95 needs 20"},
		{few, "load", "median", "<=", 2, true, 2, "2s", ""},
		// Of nested events the innermost only.
		{nested, "", "errors%", "<=", 0.25, true, 0.25, "25%", "1 of 4 failed"},
		{nested, "outer", "errors%", "<=", 0.25, false, 0.5, "50%", "1 of 2 failed"},
		{nested, "", "count", "<=", 3, true, 3, "3", ""},
		// Nothing to judge is never good enough.
		{none, "load", "p95", "<", 2, false, nan, "no sample", ""},
		{none, "load", "p95", ">", 2, false, nan, "no sample", ""},
		{none, "load", "mean", "<", 2, false, nan, "no sample", ""},
		{none, "load", "count", "<", 2, false, nan, "no sample", ""},
		{none, "load", "errors", "<=", 1, false, nan, "no sample", ""},
		{none, "load", "errors%", "<=", 0.01, false, nan, "no sample", ""},
		{none, "", "errors%", "<=", 0.01, false, nan, "no sample", ""},
		{none, "unheard of", "max", "<", 2, false, nan, "no sample", ""},
		{new(Live), "", "errors%", "<=", 0.01, false, nan, "no sample", ""},
	} {
		got := c.l.Judge([]scenario.Threshold{limit(c.name, c.statistic, c.op, c.limit)})[0]
		same := math.Abs(got.Value-c.value) < 1e-9 || got.Value == c.value || math.IsNaN(got.Value) && math.IsNaN(c.value)
		if got.OK != c.ok || !same || got.Seen != c.seen || got.Note != c.note ||
			got.NoSample != math.IsNaN(c.value) || got.TooFew != strings.Contains(c.note, "needs") {
			t.Errorf("%s %s %s %v:\n got %+v\nwant %v %v %q %q", c.name, c.statistic, c.op, c.limit, got, c.ok, c.value, c.seen, c.note)
		}
	}
}

func TestNotesTogether(t *testing.T) {
	l := live(ok("load", ms), failed("load", ms))
	got := l.Judge([]scenario.Threshold{limit("load", "p95", "<", 1)})[0]
	if want := "1 of 2 failed; 2 rows where p95 needs 20"; got.Note != want || !got.TooFew || got.OK {
		t.Errorf("%+v, want %q", got, want)
	}
}

func TestPercentileNames(t *testing.T) {
	for p, want := range map[float64]string{0.5: "the median", 0.95: "p95", 0.999: "p99.9", 0.07: "p7", 0.29: "p29", 0.9999: "p99.99"} {
		if got := percentile(p); got != want {
			t.Errorf("%v: %s, want %s", p, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                          "0s",
		7:                          "7ns",
		123_456:                    "123µs",
		515_223_100:                "515ms",
		999_600_000:                "1s",
		1_234_567_890:              "1.23s",
		61_234 * ms:                "1m1.2s",
		2 * time.Minute:            "2m",
		125_400 * ms:               "2m5s",
		time.Hour:                  "1h",
		time.Hour + 61*time.Second: "1h1m",
		10 * time.Minute:           "10m",
		100 * time.Hour:            "100h",
		-1500 * ms:                 "-1.5s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
		// As a scenario would be understood.
		if back, err := time.ParseDuration(want); err != nil || (back-d).Abs() > d.Abs()/100 {
			t.Errorf("%s reads back as %v, %v", want, back, err)
		}
	}
}

// FuzzSeen: what is shown is on the same side of the limit as what was seen.
func FuzzSeen(f *testing.F) {
	f.Add(int64(2_000_400_000), int64(2_000_000_000), uint8(0))
	f.Add(int64(999_999_999), int64(1_000_000_000), uint8(1))
	f.Add(int64(59_999_999_999), int64(60_000_000_000), uint8(2))
	f.Add(int64(1), int64(1), uint8(3))
	ops := []string{"<", "<=", ">", ">="}
	f.Fuzz(func(t *testing.T, took, most int64, which uint8) {
		const day = int64(24 * time.Hour)
		took, most = max(took, -took)%day, max(most, -most)%day
		if took < 0 || most < 0 {
			t.Skip()
		}
		op := ops[int(which)%len(ops)]
		l := live(ok("load", time.Duration(took)))
		v := l.Judge([]scenario.Threshold{limit("load", "max", op, float64(most)/1e9)})[0]
		if want := holds(float64(took), op, float64(most)); v.OK != want {
			t.Fatalf("%d %s %d: %v", took, op, most, v.OK)
		}
		shown, err := time.ParseDuration(v.Seen)
		if err != nil {
			t.Fatal(err)
		}
		if holds(float64(shown), op, float64(most)) != v.OK || (int64(shown) == most) != (took == most) {
			t.Fatalf("%d %s %d is shown as %s", took, op, most, v.Seen)
		}
	})
}

// A threshold's verdict is that of all its rows in a list: sorted, counted.
func TestJudgeAgainstList(t *testing.T) {
	l := new(Live)
	var list []float64
	for i := range 2000 {
		e := ok("a", time.Duration(i*7919%2003)*ms)
		if i%13 == 0 {
			e = failed("a", time.Duration(i)*ms)
			list = append(list, math.Inf(1))
		} else {
			list = append(list, float64(e.Duration())/1e9)
		}
		l.Event(&e)
	}
	slices.Sort(list)
	for p := 0.01; p < 1; p += 0.01 {
		th := scenario.Threshold{Event: "a", Op: "<", Value: 1, Statistic: scenario.Statistic{Kind: "percentile", Quantile: p}}
		got := l.Judge([]scenario.Threshold{th})[0]
		want := list[int(math.Ceil(p*2000-1e-6))-1]
		if got.Value != want || got.OK != (want < 1) {
			t.Errorf("p %v: %v, want %v", p, got.Value, want)
		}
	}
}

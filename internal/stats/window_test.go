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
	"github.com/loadwright/loadwright/scenario"
)

// began is where the runs of these tests begin.
const began = event.Instant(1e18)

// ended is an event of 5 ms that ended so long after the run's begin.
func ended(name string, after time.Duration) event.Event {
	return event.Event{Name: name, Start: began.Add(after - 5*ms), Stop: began.Add(after), Status: event.OK}
}

func failing(e event.Event) event.Event {
	return with(e, func(e *event.Event) { e.Status = event.Error })
}

// watching is a Live that was told of a threshold and of these events.
func watching(t scenario.Threshold, events ...event.Event) *Live {
	l := NewLive([]scenario.Threshold{t})
	l.Begin(began)
	for i := range events {
		l.Event(&events[i])
	}
	return l
}

func inWindows(t scenario.Threshold, window time.Duration) scenario.Threshold {
	t.Window = window
	return t
}

func TestWindows(t *testing.T) {
	const s = time.Second
	errors := inWindows(limit("", "errors%", "<=", 0.2), 10*s)
	every := func(step, from, to time.Duration, make func(after time.Duration) event.Event) []event.Event {
		var events []event.Event
		for at := from; at < to; at += step {
			events = append(events, make(at))
		}
		return events
	}
	good := func(after time.Duration) event.Event { return ended("a", after) }
	bad := func(after time.Duration) event.Event { return failing(ended("a", after)) }
	later := func(e event.Event) event.Event {
		return with(e, func(e *event.Event) { e.Phase = event.WarmUp })
	}
	outage := slices.Concat(every(s/2, s/2, 20*s, good), every(s/2, 20*s, 24*s, bad), every(s/2, 24*s, 60*s, good))

	for _, c := range []struct {
		what   string
		limit  scenario.Threshold
		events []event.Event
		ok     bool
		seen   string
		note   string
		want   Windows
	}{
		{"all is well", errors, every(s/2, s/2, 30*s, good), true, "0%", "from 0:00 to 0:10; the worst of 21 windows", Windows{21, 0, 0, 10 * s}},
		// Of [12,22) a fifth failed, which is no more than is allowed, and so of [22,32).
		{"an outage", errors, outage, false, "40%", "from 0:14 to 0:24; 8 of 20 failed; 9 of 51 windows failed", Windows{51, 9, 14 * s, 24 * s}},
		{"shorter than the window", errors, []event.Event{good(s), bad(1400 * ms)}, false, "50%", "from 0:00 to 0:02; 1 of 2 failed", Windows{1, 1, 0, 1400 * ms}},
		{"one row", errors, []event.Event{bad(10 * ms)}, false, "100%", "from 0:00 to 0:01; 1 of 1 failed", Windows{1, 1, 0, 10 * ms}},
		{"no row", errors, nil, false, "no sample", "", Windows{}},
		{"nothing of its own", inWindows(limit("b", "max", "<", 1), 10*s), every(s, s, 30*s, good), false, "no sample", "", Windows{}},
		// A row at the first instant after a window is not in it.
		{"to the end", errors, append(every(s, 0, 10*s, good), bad(10*s-1)), true, "9.09%", "from 0:00 to 0:10; 1 of 11 failed", Windows{1, 0, 0, 10*s - 1}},
		{"after the end", inWindows(limit("", "errors", "<=", 0), 10*s), append(every(s, 0, 10*s, good), bad(10*s)), false, "1",
			"from 0:01 to 0:10; 1 of 10 failed; 1 of 2 windows failed", Windows{2, 1, s, 10 * s}},
		// Before the last, which is cut short, every window has one or two.
		{"most of a number", inWindows(limit("", "count", "<", 3), 10*s), []event.Event{good(s), good(10 * s), good(11 * s), good(12 * s)}, false, "3",
			"from 0:03 to 0:12; 1 of 4 windows failed", Windows{4, 1, 3 * s, 12 * s}},
		// Of a number that has to be reached, whole windows alone are asked.
		{"least of a number", inWindows(limit("", "count", ">=", 10), 10*s), every(s, 0, 60*s, good), true, "10", "from 0:00 to 0:10; the worst of 50 windows", Windows{50, 0, 0, 10 * s}},
		{"least of a number in a short run", inWindows(limit("", "count", ">=", 10), 10*s), every(s, 0, 4*s, good), false, "4", "from 0:00 to 0:03", Windows{1, 1, 0, 3 * s}},
		// A minute's silence is not judged.
		{"a gap", inWindows(limit("", "count", ">=", 1), 10*s), []event.Event{good(s), good(61 * s)}, true, "1", "from 0:00 to 0:10; the worst of 2 windows", Windows{2, 0, 0, 10 * s}},
		// Windows in which every row failed have no mean.
		{"no mean", inWindows(limit("", "mean", "<", 1), 10*s), every(s, 0, 30*s, bad), false, "no sample", "", Windows{}},
		{"but a percentile", inWindows(limit("", "p95", "<", 1), 10*s), every(s, 0, 10*s, bad), false, "longer than any limit",
			"from 0:00 to 0:09; 10 of 10 failed; 10 rows where p95 needs 20", Windows{1, 1, 0, 9 * s}},
		// What ended before an earlier row counts with it.
		{"out of order", inWindows(limit("", "count", "<", 2), 10*s), []event.Event{good(9 * s), good(10 * s), good(9500 * ms)}, false, "3",
			"from 0:01 to 0:10; 1 of 2 windows failed", Windows{2, 1, s, 10 * s}},
		// Rows of the warm-up are left out, and so is its time.
		{"warm-up", inWindows(limit("", "count", ">=", 10), 10*s), append(append(every(s, 0, 30*s, func(at time.Duration) event.Event { return later(bad(at)) }),
			later(good(31*s))), every(s, 30*s+17*ms, 52*s, good)...), true, "10", "from 0:30 to 0:40; the worst of 12 windows", Windows{12, 0, 30*s + 12*ms, 40*s + 12*ms}},
		{"a fraction", inWindows(limit("", "errors", "<=", 0), 5*s), append(every(s/2, 0, 10*s, good), bad(10*s+ms)), false, "1",
			"from 0:05.5 to 0:10.1; 1 of 10 failed; 1 of 12 windows failed", Windows{12, 1, 5500 * ms, 10*s + ms}},
		{"hours", errors, []event.Event{good(s), bad(2*time.Hour + 61*s)}, false, "100%",
			"from 2:00:52 to 2:01:01; 1 of 1 failed; 1 of 3 windows failed", Windows{3, 1, 2*time.Hour + 52*s, 2*time.Hour + 61*s}},
	} {
		got := watching(c.limit, c.events...).Judge([]scenario.Threshold{c.limit})[0]
		if got.OK != c.ok || got.Seen != c.seen || got.Note != c.note || got.Windows != c.want || got.NoSample != (c.want.Judged == 0) {
			t.Errorf("%s:\n got %v %q %q %+v\nwant %v %q %q %+v", c.what, got.OK, got.Seen, got.Note, got.Windows, c.ok, c.seen, c.note, c.want)
		}
	}
}

// Without a Begin the time of the windows is that of the first row.
func TestWindowsWithoutBegin(t *testing.T) {
	th := inWindows(limit("", "count", ">", 1), 10*time.Second)
	l := NewLive([]scenario.Threshold{th})
	for _, after := range []time.Duration{time.Minute, time.Minute + 10*time.Second - 6*ms, time.Minute + 10*time.Second} {
		e := ended("a", after)
		l.Event(&e)
	}
	if v := l.Judge([]scenario.Threshold{th})[0]; !v.OK || v.Note != "from 0:00 to 0:10" || v.Seen != "2" {
		t.Errorf("%+v", v)
	}
}

func TestUnwatchedWindow(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a window that was not watched was judged")
		}
	}()
	new(Live).Judge([]scenario.Threshold{inWindows(limit("", "max", "<", 1), time.Second)})
}

// reference judges a threshold in windows by lists of rows.
type reference struct {
	limit   scenario.Threshold
	slots   [][]event.Event
	started bool
	warm    bool
	first   event.Instant
	now     event.Instant
}

func (r *reference) add(e event.Event) {
	if e.Phase == event.WarmUp {
		r.warm = true
		return
	}
	if !r.started {
		r.started, r.first = true, began
		if r.warm {
			r.first = e.Start
		}
		r.now = r.first
	}
	r.now = max(r.now, e.Stop)
	slot := 0
	for r.begin(slot+1) <= r.now.Sub(r.first) {
		slot++
	}
	for len(r.slots) <= slot {
		r.slots = append(r.slots, nil)
	}
	l := r.limit
	if e.Status != event.Cancelled && (l.UserType == "" || l.UserType == e.UserType) && (l.Event == e.Name || l.Event == "" && !e.Outer) {
		r.slots[slot] = append(r.slots[slot], e)
	}
}

func (r *reference) begin(slot int) time.Duration {
	return time.Duration(math.Ceil(float64(slot) * float64(r.limit.Window) / 10))
}

// value is a statistic of rows as the threshold means it; NaN where there is none.
func (r *reference) value(rows []event.Event) float64 {
	var took []float64
	sum, failures := time.Duration(0), 0
	for _, e := range rows {
		if e.Status == event.Error {
			failures++
			continue
		}
		d := e.Stop.Sub(e.Start) + e.Late
		took = append(took, float64(d))
		sum += d
	}
	slices.Sort(took)
	switch kind := r.limit.Statistic.Kind; {
	case len(rows) == 0:
		return math.NaN()
	case kind == "count":
		return float64(len(took))
	case kind == "errors" && r.limit.Share:
		return float64(failures) / float64(len(rows))
	case kind == "errors":
		return float64(failures)
	case kind == "percentile":
		nth := int(math.Ceil(r.limit.Statistic.Quantile*float64(len(rows)) - 1e-6))
		if nth > len(took) {
			return math.Inf(1)
		}
		return took[nth-1] / 1e9
	case len(took) == 0:
		return math.NaN()
	case kind == "mean":
		return float64(sum) / float64(len(took)) / 1e9
	case kind == "min":
		return took[0] / 1e9
	default:
		return took[len(took)-1] / 1e9
	}
}

// verdict returns the worst value, the windows, and when the first whole one failed.
func (r *reference) verdict() (worst float64, w Windows, firstFailed time.Duration) {
	worst, firstFailed = math.NaN(), -1
	offset := r.first.Sub(began)
	for first := 0; first == 0 || first+10 <= len(r.slots); first++ {
		last := min(first+10, len(r.slots))
		whole := first+10 < len(r.slots)
		number := r.limit.Statistic.Kind == "count" || r.limit.Statistic.Kind == "errors" && !r.limit.Share
		if !whole && len(r.slots) > 10 && number && r.limit.Op[0] == '>' {
			continue
		}
		v := r.value(slices.Concat(r.slots[first:last]...))
		if math.IsNaN(v) {
			continue
		}
		end := r.begin(first + 10)
		if !whole {
			end = r.now.Sub(r.first)
		}
		w.Judged++
		if !holds(math.Round(v*1e9), r.limit.Op, math.Round(r.limit.Value*1e9)) {
			w.Failed++
			if whole && firstFailed < 0 {
				firstFailed = offset + end
			}
		}
		if math.IsNaN(worst) || r.limit.Op[0] == '<' && v > worst || r.limit.Op[0] == '>' && v < worst {
			worst, w.From, w.To = v, offset+r.begin(first), offset+end
		}
	}
	return worst, w, firstFailed
}

// randomRow is a row that ends about so long after the run's begin.
func randomRow(r *rand.Rand, after time.Duration) event.Event {
	took := time.Duration(r.Int64N(int64(2 * time.Second)))
	e := event.Event{
		Name: []string{"a", "b", "c"}[r.IntN(3)], UserType: []string{"x", "y"}[r.IntN(2)], Status: event.OK,
		Stop: began.Add(after - time.Duration(r.Int64N(int64(100*ms)))),
	}
	e.Start = e.Stop.Add(-took)
	e.Outer = e.Name == "c"
	switch r.IntN(12) {
	case 0, 1:
		e.Status = event.Error
	case 2:
		e.Status = event.Cancelled
	case 3:
		e.Late, e.LateKnown = time.Duration(r.Int64N(int64(time.Second))), true
	}
	return e
}

// Windows are judged as lists of their rows are, in random runs.
func TestWindowsAgainstLists(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	statistics := []struct {
		name   string
		limits []float64
	}{
		{"mean", []float64{0.5, 1, 1.5}}, {"min", []float64{0.01, 0.2, 1}}, {"max", []float64{1, 1.9, 2.5}}, {"median", []float64{0.6, 1, 1.2}},
		{"p95", []float64{1.5, 1.8, 3}}, {"count", []float64{0, 5, 20}}, {"errors", []float64{0, 1, 4}}, {"errors%", []float64{0, 0.1, 0.3}},
	}
	judged, failed := 0, 0
	for n := range 500 {
		s := statistics[r.IntN(len(statistics))]
		th := limit([]string{"", "a", "c"}[r.IntN(3)], s.name, []string{"<", "<=", ">", ">="}[r.IntN(4)], s.limits[r.IntN(3)])
		th.UserType = []string{"", "y"}[r.IntN(2)]
		th.Window = []time.Duration{time.Second, 10 * time.Second, 3333333333, time.Duration(1 + r.Int64N(int64(20*time.Second)))}[r.IntN(4)]
		th.Abort = true
		pause := float64(th.Window) * []float64{0.01, 0.1, 0.5}[r.IntN(3)]
		want := reference{limit: th}
		l := NewLive([]scenario.Threshold{th})
		l.Begin(began)
		after := 2 * time.Second
		if th.Window < 100*ms {
			after = 0 // else there would be millions of slots before the first row
		}
		rows, warm := 1+r.IntN(200), r.IntN(4) == 0
		for i := range rows {
			step := pause * r.ExpFloat64()
			if r.IntN(30) == 0 {
				step *= 40
			}
			after += time.Duration(step)
			e := randomRow(r, after)
			if warm && i < rows/4 {
				e.Phase = event.WarmUp
			}
			l.Event(&e)
			want.add(e)
			if i < rows-1 && r.IntN(20) > 0 {
				continue
			}
			worst, windows, broke := want.verdict()
			judged, failed = judged+windows.Judged, failed+windows.Failed
			got := l.Judge([]scenario.Threshold{th})[0]
			same := got.Value == worst || math.Abs(got.Value-worst) < 1e-12 || math.IsNaN(got.Value) && math.IsNaN(worst)
			if !same || got.Windows != windows || got.OK != (windows.Judged > 0 && windows.Failed == 0) {
				t.Fatalf("run %d, %d rows, %+v:\n got %v %v %+v\nwant %v %+v", n, i+1, th, got.OK, got.Value, got.Windows, worst, windows)
			}
			first, broken := l.Broken()
			if broken != (broke >= 0) || broken && (first.OK || first.When != stretch(broke-th.Window, broke, th.Window/slots)) {
				t.Fatalf("run %d, %d rows, %+v: broken %v %q; first at %v", n, i+1, th, broken, first.When, broke)
			}
		}
	}
	if failed < judged/10 || judged-failed < judged/10 {
		t.Errorf("of %d windows %d failed: the test says little", judged, failed)
	}
}

// A window with more rows than are kept as they are has percentiles as near as
// those of a run.
func TestLargeWindows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{exactUpTo / 2, exactUpTo, exactUpTo + 1, 3 * exactUpTo, 15 * exactUpTo} {
		th := inWindows(limit("a", "p95", "<", 1), time.Minute)
		l := watching(th)
		var took []time.Duration
		for i := range rows {
			e := ended("a", time.Duration(i)*time.Minute/time.Duration(rows))
			d := time.Duration(5e8 * math.Exp(r.NormFloat64()))
			e.Start = e.Stop.Add(-d)
			took = append(took, d)
			l.Event(&e)
		}
		slices.Sort(took)
		want := took[rank(0.95, int64(rows))-1].Seconds()
		got := l.Judge([]scenario.Threshold{th})[0]
		if got.Windows.Judged != 1 || got.Value < want-1e-12 || got.Value > 1.008*want || rows <= exactUpTo && got.Value != want {
			t.Errorf("%d rows: %v in %d windows, want %v", rows, got.Value, got.Windows.Judged, want)
		}
		if kept := len(l.watch.sliding[0].merged.took.exact); kept > exactUpTo {
			t.Errorf("%d rows: %d of them are kept", rows, kept)
		}
	}
}

// A threshold that needs no durations keeps none.
func TestWindowsWithoutDurations(t *testing.T) {
	l := watching(inWindows(limit("a", "errors%", "<", 1), time.Second))
	for i := range 1000 {
		e := ended("a", time.Duration(i)*10*ms)
		l.Event(&e)
	}
	for i, slot := range l.watch.sliding[0].slots {
		if slot.took.n == 0 || len(slot.took.exact) > 0 {
			t.Errorf("slot %d: %d rows, %d kept", i, slot.took.n, len(slot.took.exact))
		}
	}
}

func TestBroken(t *testing.T) {
	const s = time.Second
	aborts := func(t scenario.Threshold) scenario.Threshold {
		t.Abort = true
		return t
	}
	whole := aborts(limit("", "errors%", "<=", 0.2))
	window := aborts(inWindows(limit("", "errors%", "<=", 0.2), 5*s))
	quiet := inWindows(limit("", "errors%", "<=", 0.2), 5*s)
	others := aborts(limit("b", "errors%", "<=", 0.2))
	for _, c := range []struct {
		what  string
		limit scenario.Threshold
		after []time.Duration // of rows; negative: failed
		at    int             // the row after which it is broken; -1: never
		seen  string
		when  string
	}{
		{"no row", whole, nil, -1, "", ""},
		{"well", whole, []time.Duration{1 * s, 2 * s, 3 * s}, -1, "", ""},
		{"no row of its own", others, []time.Duration{-1 * s, -3 * s}, -1, "", ""},
		{"not looked at within a second", whole, []time.Duration{-500 * ms, 600 * ms, -700 * ms}, -1, "", ""},
		{"looked at after a second", whole, []time.Duration{-500 * ms, 600 * ms, -700 * ms, s}, 3, "50%", "at 0:01"},
		{"with the row itself", whole, []time.Duration{500 * ms, -s}, 1, "50%", "at 0:01"},
		{"once a second", whole, []time.Duration{s, -1100 * ms, 1999 * ms, 2 * s}, 3, "25%", "at 0:02"},
		{"over when it is looked at", whole, []time.Duration{s, -1100 * ms, 1200 * ms, 1300 * ms, 1400 * ms, 2 * s}, -1, "", ""},
		{"within the window", window, []time.Duration{-1 * s, -2 * s, -4900 * ms}, -1, "", ""},
		{"a window is over", window, []time.Duration{-1 * s, -2 * s, 5 * s}, 2, "100%", "from 0:00 to 0:05"},
		{"a later window", window, []time.Duration{1 * s, 2 * s, 3 * s, 4 * s, 5 * s, -6 * s, -6100 * ms, 8 * s}, 7, "33.3%", "from 0:01.5 to 0:06.5"},
		{"a window that ends nothing", quiet, []time.Duration{-1 * s, -2 * s, 5 * s}, -1, "", ""},
	} {
		l := watching(c.limit)
		for i, after := range c.after {
			e := ended("a", after.Abs())
			if after < 0 {
				e = failing(e)
			}
			l.Event(&e)
			v, broken := l.Broken()
			if want := c.at >= 0 && i >= c.at; broken != want || broken && (v.Seen != c.seen || v.When != c.when || v.OK || v.Threshold != c.limit) {
				t.Errorf("%s: after row %d: %v %q %q", c.what, i, broken, v.Seen, v.When)
			}
		}
	}
}

// What ended the run stays broken, though it would hold by the end.
func TestBrokenStays(t *testing.T) {
	th := limit("", "errors%", "<=", 0.2)
	th.Abort = true
	l := watching(th, failing(ended("a", time.Second)))
	for i := range 10 {
		e := ended("a", time.Duration(2+i)*time.Second)
		l.Event(&e)
	}
	got := l.Judge([]scenario.Threshold{th})[0]
	if got.OK || got.Seen != "100%" || got.Note != "at 0:01; 1 of 1 failed" {
		t.Errorf("%+v", got)
	}
	th.Abort = false
	if got := l.Judge([]scenario.Threshold{th})[0]; !got.OK {
		t.Errorf("without abort: %+v", got)
	}
}

// Of several that are broken the first is told.
func TestBrokenFirst(t *testing.T) {
	all := []scenario.Threshold{
		inWindows(limit("a", "errors", "<=", 1), 20*time.Second),
		inWindows(limit("a", "errors", "<=", 0), 10*time.Second),
		limit("a", "errors", "<=", 2),
	}
	for i := range all {
		all[i].Abort = true
	}
	l := NewLive(all)
	l.Begin(began)
	want := []string{"", "from 0:00 to 0:10", "from 0:00 to 0:10", "from 0:00 to 0:10"}
	for i, after := range []time.Duration{1, 11, 12, 30} {
		e := failing(ended("a", after*time.Second))
		l.Event(&e)
		if v, _ := l.Broken(); v.When != want[i] {
			t.Errorf("after row %d: %q, want %q", i, v.When, want[i])
		}
	}
	for i, v := range l.Judge(all) {
		if v.OK {
			t.Errorf("threshold %d: %+v", i, v)
		}
	}
}

// Arrivals that never began are rows like others: errors of all events.
func TestNotStarted(t *testing.T) {
	whole, window := limit("", "errors%", "<=", 0.2), inWindows(limit("", "errors", "<=", 1), 10*time.Second)
	l := NewLive([]scenario.Threshold{window})
	l.Begin(began)
	for i := range 4 {
		e := ended("load", time.Duration(i)*time.Second)
		if i%2 == 1 {
			e = event.Event{Name: "not started", Start: e.Stop, Stop: e.Stop, Status: event.Error, Error: "all 5 users were busy until the end"}
		}
		l.Event(&e)
	}
	got := l.Judge([]scenario.Threshold{whole, window})
	if got[0].Seen != "50%" || got[1].Seen != "2" || got[0].OK || got[1].OK {
		t.Errorf("%+v", got)
	}
	if load := l.Events()[0]; load.Failures != 0 || load.Count != 2 {
		t.Errorf("%+v", load)
	}
}

func TestClock(t *testing.T) {
	for at, want := range map[time.Duration]string{
		0: "0:00", 42 * time.Second: "0:42", 12500 * ms: "0:12.5", 70*time.Second + 50*ms: "1:10.05",
		time.Hour: "1:00:00", 100*time.Hour + 5*time.Second: "100:00:05", 59*time.Minute + 59*time.Second: "59:59",
	} {
		if got := clock(at); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
	for _, c := range []struct {
		from, to, step time.Duration
		want           string
	}{
		{0, 10 * time.Second, time.Second, "from 0:00 to 0:10"},
		{30*time.Second + 12*ms, 40*time.Second + 12*ms, time.Second, "from 0:30 to 0:40"},
		{0, ms, time.Second, "from 0:00 to 0:01"},
		{0, ms, time.Minute, "from 0:00 to 0:01"},
		{1500 * ms, 6500 * ms, 500 * ms, "from 0:01.5 to 0:06.5"},
		{25 * ms, 275 * ms, 25 * ms, "from 0:00.025 to 0:00.275"},
		{334, 334 + 3333*time.Microsecond, 333300, "from 0:00 to 0:00.004"},
	} {
		if got := stretch(c.from, c.to, c.step); got != c.want {
			t.Errorf("%v to %v in steps of %v: %s, want %s", c.from, c.to, c.step, got, c.want)
		}
	}
}

// Figures by kind of user are those of the kind's rows alone, in random runs.
func TestByType(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		kinds := [][]string{{"x"}, {"x", "y", "z"}, {"x", "x", "x", "x", "x", "x", "y"}, {"", "x"}, {"x", "", "y"}, {""}}[r.IntN(6)]
		l, all, alone := new(Live), new(Live), map[string]*Live{}
		var order []string
		for range 1 + r.IntN(300) {
			e := randomRow(r, time.Second)
			e.UserType = kinds[r.IntN(len(kinds))]
			e.Harness, e.HarnessKnown = time.Duration(r.IntN(1000)), r.IntN(2) == 0
			l.Event(&e)
			one := e
			one.UserType = "any"
			all.Event(&one)
			if e.UserType == "" {
				continue
			}
			if alone[e.UserType] == nil {
				alone[e.UserType] = new(Live)
				order = append(order, e.UserType)
			}
			alone[e.UserType].Event(&e)
		}
		var want []Stats
		for _, kind := range order {
			for _, s := range alone[kind].Events() {
				s.UserType = kind
				want = append(want, s)
			}
			for _, name := range []string{"", "a", "c"} {
				th := limit(name, "p95", "<", 1)
				want := alone[kind].Judge([]scenario.Threshold{th})[0]
				th.UserType = kind
				got := l.Judge([]scenario.Threshold{th})[0]
				if got.Seen != want.Seen || got.Note != want.Note || got.OK != want.OK {
					t.Fatalf("run %d, %s %s: %+v, want %+v", n, kind, name, got, want)
				}
			}
		}
		if len(order) < 2 {
			want = nil
		}
		if got := l.ByType(); !reflect.DeepEqual(got, want) {
			t.Fatalf("run %d, %q:\n got %+v\nwant %+v", n, order, got, want)
		}
		if !reflect.DeepEqual(l.Events(), all.Events()) || !reflect.DeepEqual(l.All(), all.All()) {
			t.Fatalf("run %d, %q: all:\n got %+v\nwant %+v", n, order, l.Events(), all.Events())
		}
		nobody := limit("", "count", ">=", 0)
		nobody.UserType = "nobody"
		if got := l.Judge([]scenario.Threshold{nobody})[0]; !got.NoSample {
			t.Fatalf("a kind that is not there: %+v", got)
		}
	}
}

// What is kept of the first kind when the second comes is its own, also where a
// histogram has taken over.
func TestByTypeOfMany(t *testing.T) {
	l := new(Live)
	for i := range 2*exactUpTo + 1 {
		e := ok("a", time.Duration(i%100)*ms)
		e.UserType = "x"
		l.Event(&e)
	}
	for range 5 * exactUpTo {
		e := ok("a", 10*time.Second)
		e.UserType = "y"
		l.Event(&e)
	}
	got := l.ByType()
	if len(got) != 2 || got[0].Count != 2*exactUpTo+1 || got[0].Median > 51*ms || got[1].Count != 5*exactUpTo || got[1].Min != 10*time.Second {
		t.Errorf("%+v", got)
	}
	if all := l.All(); all.Count != 7*exactUpTo+1 || all.Median < 10*time.Second {
		t.Errorf("%+v", all)
	}
}

func TestManyKinds(t *testing.T) {
	l := new(Live)
	for i := range maxNames + 200 {
		for j := range 3 {
			e := ok(fmt.Sprint(j), ms)
			e.UserType = fmt.Sprint(i)
			l.Event(&e)
		}
	}
	got := l.ByType()
	if len(got) > 2*(maxNames+1) {
		t.Errorf("%d figures", len(got))
	}
	var count int64
	for _, s := range got {
		count += s.Count
	}
	if last := got[len(got)-1]; count != 3*(maxNames+200) || last.UserType != Others || last.Count != 600 {
		t.Errorf("%d rows, the last %+v", count, last)
	}
}

package stats

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

const ms = time.Millisecond

// ok is an event that took so long.
func ok(name string, took time.Duration) event.Event {
	return event.Event{Name: name, Start: 1e18, Stop: event.Instant(1e18).Add(took), Status: event.OK}
}

func failed(name string, took time.Duration) event.Event {
	e := ok(name, took)
	e.Status, e.Error = event.Error, "x"
	return e
}

func with(e event.Event, f func(e *event.Event)) event.Event { f(&e); return e }

func live(events ...event.Event) *Live {
	l := new(Live)
	for i := range events {
		if err := l.Event(&events[i]); err != nil {
			panic(err)
		}
	}
	return l
}

func TestStats(t *testing.T) {
	cancelled := func(e *event.Event) {
		e.Status = event.Cancelled
		e.ClockFault = true
		e.Harness, e.HarnessKnown = 1, true
	}
	l := live(
		ok("load", 100*ms),
		with(ok("load", 300*ms), func(e *event.Event) { e.Harness, e.HarnessKnown = 3*ms, true }),
		failed("load", 9000*ms),
		with(ok("load", 200*ms), func(e *event.Event) { e.Harness, e.HarnessKnown = 1*ms, true }),
		with(ok("load", 7000*ms), cancelled),
		with(ok("interact", 1*ms), func(e *event.Event) { e.Already = true }),
		with(ok("interact", 2*ms), func(e *event.Event) { e.Late, e.LateKnown = 500*ms, true }),
		with(ok("interact", 3*ms), func(e *event.Event) { e.ClockFault = true }),
		with(ok("interact", 999*ms), func(e *event.Event) { e.Phase = event.WarmUp }),
		with(failed("warm only", 999*ms), func(e *event.Event) { e.Phase = event.WarmUp }),
		with(ok("whole", 5000*ms), func(e *event.Event) { e.Outer = true }),
		with(failed("whole", 5000*ms), func(e *event.Event) { e.Outer = true }),
		with(ok("cut", 5000*ms), cancelled),
	)
	want := []Stats{
		{Name: "load", Count: 3, Failures: 1, Cancelled: 1, Mean: 200 * ms, Min: 100 * ms, Median: 200 * ms, P95: 300 * ms, P99: 300 * ms, Max: 300 * ms,
			Harness: Harness{Count: 2, Median: 1 * ms, P95: 3 * ms}},
		{Name: "interact", Count: 3, Already: 1, ClockFaults: 1, Mean: 506 * ms / 3, Min: 1 * ms, Median: 3 * ms, P95: 502 * ms, P99: 502 * ms, Max: 502 * ms},
		{Name: "whole", Count: 1, Failures: 1, Mean: 5000 * ms, Min: 5000 * ms, Median: 5000 * ms, P95: 5000 * ms, P99: 5000 * ms, Max: 5000 * ms},
		{Name: "cut", Cancelled: 1},
	}
	if got := l.Events(); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	all := Stats{Count: 6, Failures: 1, Cancelled: 2, Already: 1, ClockFaults: 1, Mean: 1106 * ms / 6, Min: 1 * ms, Median: 100 * ms, P95: 502 * ms, P99: 502 * ms, Max: 502 * ms,
		Harness: Harness{Count: 2, Median: 1 * ms, P95: 3 * ms}}
	if got := l.All(); !reflect.DeepEqual(got, all) {
		t.Errorf("all:\n got %+v\nwant %+v", got, all)
	}
	if got := l.All().ErrorShare(); got != 1.0/7 {
		t.Errorf("share of errors %v", got)
	}
	if l.WarmUp() != 2 {
		t.Errorf("%d rows of the warm-up", l.WarmUp())
	}
	for _, c := range []struct {
		name string
		p    float64
		want time.Duration
	}{{"load", 0.3, 100 * ms}, {"load", 0.34, 200 * ms}, {"", 1, 502 * ms}, {"cut", 0.5, 0}, {"unheard of", 0.5, 0}} {
		if got := l.Quantile(c.name, c.p); got != c.want {
			t.Errorf("%s p %v: %v, want %v", c.name, c.p, got, c.want)
		}
	}
}

func TestNothing(t *testing.T) {
	l := new(Live)
	if got := l.Events(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if got := l.All(); !reflect.DeepEqual(got, Stats{}) || got.ErrorShare() != 0 {
		t.Errorf("%+v", got)
	}
}

func TestFailuresByClass(t *testing.T) {
	l := new(Live)
	add := func(status event.Status, class event.Class, phase event.Phase) {
		_ = l.Event(&event.Event{Name: "x", Status: status, Class: class, Phase: phase})
	}
	add(event.Error, "", event.Steady)
	if got := l.All().Classes; got != nil {
		t.Errorf("nothing is known of the failures: %v", got)
	}
	add(event.Error, event.ClassRefused, event.Steady)
	add(event.Error, event.ClassRefused, event.Steady)
	add(event.Error, event.ClassTimeout, event.WarmUp)
	add(event.OK, "", event.Steady)
	add(event.Cancelled, "", event.Steady)
	want := map[event.Class]int64{event.ClassRefused: 2, event.ClassOther: 1}
	if d := cmp.Diff(want, l.All().Classes); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, l.Summary(nil).Events[0].Stats().Classes); d != "" {
		t.Error(d)
	}
}

func TestManyNames(t *testing.T) {
	l := new(Live)
	for i := range maxNames + 500 {
		e := ok(fmt.Sprint(i), ms)
		l.Event(&e)
	}
	got := l.Events()
	if len(got) != maxNames+1 {
		t.Fatalf("%d events", len(got))
	}
	if last := got[maxNames]; last.Name != Others || last.Count != 500 {
		t.Errorf("the last is %+v", last)
	}
	if l.All().Count != maxNames+500 {
		t.Errorf("all: %d", l.All().Count)
	}
}

func TestAlreadyNote(t *testing.T) {
	already := func(e *event.Event) { e.Already = true }
	for _, c := range []struct {
		l    *Live
		want string
	}{
		{live(ok("interact", ms), ok("interact", ms)), ""},
		{live(failed("interact", ms)), ""},
		{live(with(ok("interact", ms), already), with(ok("interact", ms), already), failed("interact", ms)),
			"interact: 2 of 2 waits held before the click; this measures nothing"},
		{live(with(ok("interact", ms), already), ok("interact", ms)),
			"interact: 1 of 2 waits held before the click; those measure nothing"},
	} {
		if got := c.l.Events()[0].AlreadyNote(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// One goroutine adds, others look; nobody sees half an event.
func TestLookWhileItRuns(t *testing.T) {
	l := new(Live)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, s := range append(l.Events(), l.All()) {
					if s.Count > 0 && (s.Min > s.Median || s.Median > s.P95 || s.P95 > s.P99 || s.P99 > s.Max) {
						t.Errorf("%+v", s)
						return
					}
				}
				l.Summary(nil)
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 3 * exactUpTo {
		e := ok([]string{"load", "interact"}[r.IntN(2)], time.Duration(r.Int64N(1e9)))
		l.Event(&e)
	}
	close(done)
	wg.Wait()
	if got := l.All().Count; got != 3*exactUpTo {
		t.Errorf("%d", got)
	}
}

// collector is what a run's events go through.
type collector struct {
	live  *Live
	csv   *event.Writer
	kinds int64 // of user
	n     int64
}

func (c *collector) add(e *event.Event) error {
	// As of 40 users who take turns with three events.
	c.n++
	e.Name = [...]string{"load", "interact", "click role=button \"Run\""}[c.n%3]
	e.User = int(c.n % 40)
	e.UserType = [...]string{"clicker", "requester"}[c.n%c.kinds]
	e.Stop += event.Instant(1_000_003)
	e.Start = e.Stop.Add(-time.Duration(c.n*7_919_311) % 3e9)
	if err := c.live.Event(e); err != nil {
		return err
	}
	return c.csv.Event(e)
}

// threeThresholds are one of each sort: on the run, on a kind of user that ends
// the run, and in windows.
func threeThresholds(window time.Duration) []scenario.Threshold {
	byType := limit("load", "p95", "<", 3600)
	byType.UserType, byType.Abort = "clicker", true
	return []scenario.Threshold{limit("interact", "p95", "<", 1), byType, inWindows(limit("", "p95", "<", 1), window)}
}

func newCollector(w io.Writer, kinds int64, thresholds []scenario.Threshold) (*collector, *event.Event, error) {
	csv, err := event.NewWriter(w)
	e := &event.Event{
		Iteration: 3, Start: 1769874783e9, Stop: 1769874784e9, Status: event.OK,
		Harness: 1523 * time.Microsecond, HarnessKnown: true, Users: 40, Phase: event.Steady,
	}
	return &collector{live: NewLive(thresholds), csv: csv, kinds: kinds}, e, err
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// growth returns how much larger the heap is after many events than after few.
func growth(tb testing.TB, few, many int64) int64 {
	c, e, err := newCollector(io.Discard, 2, threeThresholds(20*time.Second))
	if err != nil {
		tb.Fatal(err)
	}
	defer c.csv.Close()
	var first uint64
	for c.n < many {
		if err := c.add(e); err != nil {
			tb.Fatal(err)
		}
		if c.n == few {
			c.live.Events()
			first = heap()
		}
	}
	c.live.Events()
	last := heap()
	runtime.KeepAlive(c)
	return int64(last) - int64(first)
}

// The heap does not grow with the number of events. The benchmark has the full
// number.
func TestHeapIsBounded(t *testing.T) {
	// What the runtime itself takes and gives back in between.
	const slack = 64 << 10
	if g := growth(t, 50_000, 150_000); g > slack {
		t.Errorf("%d bytes more after 150,000 events than after 50,000", g)
	}
}

// BenchmarkTenMillion is the heap after 10 million events against that after
// 100,000.
func BenchmarkTenMillion(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(growth(b, 100_000, 10_000_000)), "heap-growth-bytes")
	}
}

// BenchmarkCollect is statistics and CSV together: the bar is 300,000 events/s
// on one core.
func BenchmarkCollect(b *testing.B) {
	for _, c := range []struct {
		name       string
		kinds      int64
		thresholds []scenario.Threshold
	}{
		{"plain", 1, nil},
		{"two kinds", 2, nil},
		{"two kinds, three thresholds, window 1s", 2, threeThresholds(time.Second)},
		{"two kinds, three thresholds, window 10s", 2, threeThresholds(10 * time.Second)},
		{"two kinds, three thresholds, window 1m", 2, threeThresholds(time.Minute)},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkCollect(b, c.kinds, c.thresholds) })
	}
}

func benchmarkCollect(b *testing.B, kinds int64, thresholds []scenario.Threshold) {
	f, err := os.Create(filepath.Join(b.TempDir(), "x.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	c, e, err := newCollector(f, kinds, thresholds)
	if err != nil {
		b.Fatal(err)
	}
	defer c.csv.Close()
	b.ReportAllocs()
	for b.Loop() {
		if err := c.add(e); err != nil {
			b.Fatal(err)
		}
		if _, broken := c.live.Broken(); broken {
			b.Fatal("the run ended")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkLook is what a line of progress costs, with as many samples kept
// exactly as there can be and new ones since the last look.
func BenchmarkLook(b *testing.B) {
	for _, n := range []int{exactUpTo, 3 * exactUpTo} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := new(Live)
			r := rand.New(rand.NewPCG(1, 2))
			for range n - 1 {
				e := ok("interact", time.Duration(r.Int64N(1e9)))
				l.Event(&e)
			}
			t := l.find(key{name: "interact"})
			for b.Loop() {
				for _, d := range []*distribution{&t.took, &l.all.took} {
					if d.rest == nil {
						d.exact[len(d.exact)-1] = time.Duration(r.Int64N(1e9))
						d.sorted = false
					}
				}
				l.Events()
				l.All()
			}
		})
	}
}

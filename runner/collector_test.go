package runner

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadwright/loadwright/event"
)

// sink answers with functions.
type sink struct {
	begin func(event.Instant)
	event func(*event.Event) error
}

func (s *sink) Begin(first event.Instant) {
	if s.begin != nil {
		s.begin(first)
	}
}

func (s *sink) Event(e *event.Event) error { return s.event(e) }

// plainSink is no Beginner.
type plainSink func(*event.Event) error

func (s plainSink) Event(e *event.Event) error { return s(e) }

func TestCollectorTellsTheBeginFirst(t *testing.T) {
	var told []string
	s := &sink{
		begin: func(event.Instant) { told = append(told, "begin") },
		event: func(e *event.Event) error { told = append(told, e.Name); return nil },
	}
	plain := plainSink(func(e *event.Event) error { told = append(told, "plain "+e.Name); return nil })
	c := newCollector(event.NewClock(), []Sink{s, plain}, nil, nil)
	go c.run()
	c.begun()
	c.add(&event.Event{Name: "a"}, 0)
	c.add(&event.Event{Name: "b"}, 0)
	c.finish()
	if want := []string{"begin", "a", "plain a", "b", "plain b"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// Seconds are counted from the first row's start, unless an event that began
// earlier is still under way.
func TestCollectorOrigin(t *testing.T) {
	for _, test := range []struct {
		name   string
		others int // events begun before the one that ends first, and under way
		start  time.Duration
		want   time.Duration
	}{
		{"alone", 0, 90 * time.Millisecond, 90 * time.Millisecond},
		{"others began before", 2, 90 * time.Millisecond, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := event.NewClock()
				zero := clock.Now()
				var origin event.Instant
				s := &sink{
					begin: func(at event.Instant) { origin = at },
					event: func(*event.Event) error { return nil },
				}
				c := newCollector(clock, []Sink{s}, nil, nil)
				go c.run()
				for range test.others {
					c.begun()
				}
				time.Sleep(50 * time.Millisecond)
				begun := c.begun()
				c.add(&event.Event{Name: "a", Start: zero.Add(test.start)}, begun)
				if got := c.notBefore(zero.Add(-time.Second)); got != zero.Add(test.want) {
					t.Errorf("a row may start at %s", got.Sub(zero))
				}
				c.begun()
				c.finish()
				if got := origin.Sub(zero); got != test.want {
					t.Errorf("the origin is %s, want %s", got, test.want)
				}
			})
		})
	}
}

func TestCollectorGoesOnWithoutAFailedSink(t *testing.T) {
	full := errors.New("disk full")
	for name, fail := range map[string]func() error{
		"error": func() error { return full },
		"panic": func() error { panic(full) },
	} {
		t.Run(name, func(t *testing.T) {
			var bad, good int
			var aborted []error
			c := newCollector(event.NewClock(), []Sink{
				plainSink(func(*event.Event) error { bad++; return fail() }),
				plainSink(func(*event.Event) error { good++; return nil }),
			}, nil, func(err error) { aborted = append(aborted, err) })
			go c.run()
			for range 3 * inFlight {
				c.add(new(event.Event), 0)
			}
			c.finish()
			if bad != 1 || good != 3*inFlight {
				t.Errorf("the failed sink was told %d times, the other %d times", bad, good)
			}
			if len(aborted) != 1 || !errors.Is(aborted[0], full) {
				t.Errorf("aborted with %v", aborted)
			}
		})
	}
}

func TestCollectorStops(t *testing.T) {
	var stops, rows int
	c := newCollector(event.NewClock(), []Sink{
		plainSink(func(*event.Event) error { rows++; return fmt.Errorf("enough: %w", ErrStop) }),
	}, func(error) { stops++ }, func(err error) { t.Errorf("aborted: %v", err) })
	go c.run()
	c.add(new(event.Event), 0)
	c.add(new(event.Event), 0)
	c.finish()
	if stops != 2 || rows != 2 {
		t.Errorf("%d stops, %d rows: a sink that asks for an end in order still takes rows", stops, rows)
	}
}

func TestCollectorCounts(t *testing.T) {
	c := newCollector(event.NewClock(), nil, nil, nil)
	go c.run()
	c.add(&event.Event{Name: "a", Status: event.Cancelled}, 0)
	c.add(&event.Event{Name: "a", Status: event.Cancelled, ClockFault: true}, 0)
	c.add(&event.Event{Name: "b", Status: event.Cancelled}, 0)
	c.add(&event.Event{Name: "b", Status: event.Error}, 0)
	c.finish()
	if c.cancelled["a"] != 2 || c.cancelled["b"] != 1 || c.clockFaults != 1 {
		t.Errorf("cancelled %v, %d clock faults", c.cancelled, c.clockFaults)
	}
}

// BenchmarkCollector is what the channel and the collector's own work cost an
// event: the sinks' work comes on top.
func BenchmarkCollector(b *testing.B) {
	c := newCollector(event.NewClock(), []Sink{plainSink(func(*event.Event) error { return nil })}, nil, nil)
	go c.run()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			c.add(&event.Event{Name: "interact", Status: event.OK}, 0)
		}
	})
	c.finish()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

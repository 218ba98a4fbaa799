package runner

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

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
	first := c.begun()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if c.begun() != first {
				t.Error("a second begin")
			}
		})
	}
	wg.Wait()
	c.add(&event.Event{Name: "a"})
	c.add(&event.Event{Name: "b"})
	c.finish()
	if want := []string{"begin", "a", "plain a", "b", "plain b"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
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
				c.add(new(event.Event))
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
	c.add(new(event.Event))
	c.add(new(event.Event))
	c.finish()
	if stops != 2 || rows != 2 {
		t.Errorf("%d stops, %d rows: a sink that asks for an end in order still takes rows", stops, rows)
	}
}

func TestCollectorCounts(t *testing.T) {
	c := newCollector(event.NewClock(), nil, nil, nil)
	go c.run()
	c.add(&event.Event{Name: "a", Status: event.Cancelled})
	c.add(&event.Event{Name: "a", Status: event.Cancelled, ClockFault: true})
	c.add(&event.Event{Name: "b", Status: event.Cancelled})
	c.add(&event.Event{Name: "b", Status: event.Error})
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
			c.add(&event.Event{Name: "interact", Status: event.OK})
		}
	})
	c.finish()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

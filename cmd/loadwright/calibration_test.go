package main

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

func interact(user, iteration int, took time.Duration, status event.Status) loadwright.Event {
	return loadwright.Event{Name: "interact", User: user, Iteration: iteration, Stop: event.Instant(took), Status: status}
}

func TestCompare(t *testing.T) {
	pages := map[string]sampleapp.Truth{
		"u0-i1-p1": {Inserted: 40, Runs: []sampleapp.Run{{Clicked: 100, Answered: 600, Delay: 500}, {Clicked: 1000, Answered: 1050, Delay: 50}}},
		"u1-i1-p1": {Runs: []sampleapp.Run{{Clicked: 1, Answered: 9, Delay: 8}, {Clicked: 10, Answered: 510, Delay: 500}}},
	}
	warm := interact(1, 1, time.Minute, event.OK)
	warm.Phase = event.WarmUp
	l := compare(2, []loadwright.Event{
		warm, // the first of its page: no reading, and the next is the second
		{Name: "load", Stop: event.Instant(43 * time.Millisecond), Iteration: 1, Status: event.OK},
		{Name: "load", User: 2, Stop: 7, Iteration: 1, Status: event.OK}, // its page never reported
		interact(0, 1, 502*time.Millisecond, event.OK),
		interact(1, 1, 504*time.Millisecond, event.OK),
		interact(0, 1, 49*time.Millisecond, event.OK),
		interact(1, 1, time.Second, event.Cancelled), // has no record
		interact(2, 1, time.Second, event.OK),        // its page never reported
	}, pages)
	if l.Users != 2 || l.Events != 3 || l.P95 != nil {
		t.Errorf("got %+v, want 3 events and no p95 of so few", l)
	}
	if l.Load.Events != 1 || math.Abs(*l.Load.Median-0.003) > 1e-9 {
		t.Errorf("loads %+v, want one with an error of 3 ms", l.Load)
	}
	for _, want := range []struct {
		delay  float64
		events int
		median float64
	}{{0.05, 1, -0.001}, {0.5, 2, 0.002}} {
		found := false
		for _, d := range l.Delays {
			if d.Seconds == want.delay {
				found = d.Events == want.events && math.Abs(*d.Median-want.median) < 1e-9
			}
		}
		if !found {
			t.Errorf("at %v s: want %d events with a median error of %v s, got %+v", want.delay, want.events, want.median, l.Delays)
		}
	}
}

func TestSpread(t *testing.T) {
	var errors []float64
	for i := range 100 {
		errors = append(errors, float64(i-50)) // -50 … 49
	}
	median, p95 := spread(errors)
	if *median != -1 || *p95 != 47 {
		t.Errorf("median %v, p95 %v of the absolute values; want -1 and 47", *median, *p95)
	}
	if _, p95 := spread(errors[:99]); p95 != nil {
		t.Error("a p95 of 99 events")
	}
	if median, _ := spread(nil); median != nil {
		t.Error("a median of nothing")
	}
}

func TestCalibrationSentence(t *testing.T) {
	small, large := 0.002, 0.04
	good, bad := loadwright.Generator{Trusted: true}, loadwright.Generator{Reason: "the generator had no CPU to spare"}
	levels := []level{{Users: 1, P95: &small, Generator: good}, {Users: 2, P95: &large, Generator: good}}
	full := level{Users: 2, P95: &small, Generator: bad}
	for _, c := range []struct {
		c    calibration
		want string
	}{
		{calibration{MaxError: 0.025, Levels: levels}, "carries 1 user like these with a p95 error of at most 25ms; with 2, the p95 of the error is above 25ms."},
		{calibration{MaxError: 0.025, Levels: []level{levels[0], full}}, "at most 25ms; with 2, the generator had no CPU to spare."},
		{calibration{MaxError: 0.025, Levels: levels[:1]}, "carries at least 1 user like these"},
		// Out of order, and one of them against all sense.
		{calibration{MaxError: 0.025, Levels: []level{{Users: 16, P95: &small, Generator: good}, {Users: 8, P95: &large, Generator: good}, {Users: 4, P95: &small, Generator: good}}},
			"carries 4 users like these with a p95 error of at most 25ms; with 8, the p95"},
		// Tried twice.
		{calibration{MaxError: 0.025, Levels: []level{{Users: 2, P95: &small, Generator: good}, levels[1], levels[0]}}, "carries 1 user like these with a p95 error of at most 25ms; with 2, the p95"},
		{calibration{MaxError: 0.025, Levels: []level{levels[0], {Users: 2, Generator: good}}}, "carries at least 1 user like these"},
		{calibration{MaxError: 0.025, Levels: levels[1:]}, "With 2 users, the p95 of the error is above 25ms"},
		{calibration{MaxError: 0.025, Levels: []level{{Users: 1, Generator: good}}}, "Too few events"},
	} {
		var b strings.Builder
		c.c.conclude()
		c.c.write(&b)
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("got\n%s\nwant %q", b.String(), c.want)
		}
	}
}

func TestCost(t *testing.T) {
	l := level{Events: 10}
	l.cost([]loadwright.Sample{{Begin: 0, End: 1, GeneratorCPU: 9, Driver: 9}, {Begin: 1, End: 3, GeneratorCPU: 2, Driver: 0.2}, {Begin: 3, End: 5, GeneratorCPU: 0.5, Driver: 0.1}}, 2*time.Second)
	if l.CPU == nil || *l.CPU != 0.3 || math.Abs(*l.Driver-0.04) > 1e-9 {
		t.Errorf("cost %v and %v an event, want 0.3 and 0.04", l.CPU, l.Driver)
	}
	nothing := level{}
	nothing.cost([]loadwright.Sample{{End: 1, GeneratorCPU: 2, Driver: 0.2}}, 0)
	if nothing.CPU != nil {
		t.Error("nothing happened, and cost something")
	}
}

// A level ends when its p95 can be told, and not before a while is over.
func TestReadings(t *testing.T) {
	r := readings{enough: 3}
	at := func(begin, end time.Duration, phase event.Phase) error {
		return r.Event(&loadwright.Event{Name: "interact", Start: event.Instant(begin), Stop: event.Instant(end), Phase: phase, Status: event.OK})
	}
	for range 5 {
		if err := at(time.Second, time.Minute, event.WarmUp); err != nil {
			t.Fatal("ended in its warm-up")
		}
	}
	begin := 2 * time.Minute
	for i := range 3 {
		if err := at(begin, begin+time.Duration(i)*time.Second, event.Steady); err != nil {
			t.Fatal("ended at once")
		}
	}
	if err := at(begin, begin+leastLevel, event.Steady); !errors.Is(err, errEnough) {
		t.Errorf("not ended: %v", err)
	}
	if len(r.all) != 9 {
		t.Errorf("%d events kept", len(r.all))
	}
}

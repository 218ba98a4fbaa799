package browser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
)

//go:embed instrument.js
var instrumentJS string

// instrument is what runs first in every document: see instrument.js. The key
// under which it stands on window is not enumerable and not guessable.
func instrument(key string) string {
	return fmt.Sprintf("(%s)(%q)", instrumentJS, key)
}

// snapshot is what the instrument tells of one document. Times are in
// milliseconds since the document's origin.
type snapshot struct {
	Origin  float64   // performance.timeOrigin, ms since the Unix epoch: tells documents apart
	Now     float64   // when the snapshot was taken
	Changes int       // how many changes there were
	Times   []float64 // of the last len(Times) changes
	Inputs  []input   // not acknowledged yet
	Marks   marks
}

// input is a row of what was done to the page; several of the same kind in a
// row are one.
type input struct {
	Number      int
	Kind        inputKind
	First, Last float64
}

type inputKind string

// marks are the times of a document's own loading; 0: not yet.
type marks struct{ Response, DOMContentLoaded, Load float64 }

func parseSnapshot(v any) (snapshot, error) {
	var s snapshot
	var inputs [][4]json.RawMessage
	var m [3]float64
	if err := answerOf(v, &s.Origin, &s.Now, &s.Changes, &s.Times, &inputs, &m); err != nil {
		return snapshot{}, err
	}
	s.Marks = marks{m[0], m[1], m[2]}
	for _, row := range inputs {
		var in input
		for i, field := range []any{&in.Number, &in.Kind, &in.First, &in.Last} {
			if err := json.Unmarshal(row[i], field); err != nil {
				return snapshot{}, fmt.Errorf("the page's clock answered %.40q: %w", v, err)
			}
		}
		s.Inputs = append(s.Inputs, in)
	}
	if s.Origin <= 0 || s.Changes < len(s.Times) {
		return snapshot{}, fmt.Errorf("the page's clock answered %.40q", v)
	}
	return s, nil
}

// answerOf reads the instrument's answer, a JSON list, into its fields.
func answerOf(v any, fields ...any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("the page's clock answered %T", v)
	}
	want := len(fields)
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		return fmt.Errorf("the page's clock answered %.40q: %w", text, err)
	}
	if len(fields) != want {
		return fmt.Errorf("the page's clock answered %.40q", text)
	}
	return nil
}

// acknowledged is the number of the last input that the snapshot holds.
func (s *snapshot) acknowledged() int {
	if n := len(s.Inputs); n > 0 {
		return s.Inputs[n-1].Number
	}
	return 0
}

// seenInput is an input on the run's clock.
type seenInput struct {
	kind        inputKind
	first, last event.Instant
}

// find returns when the first input of a kind began and the last one ended.
// Where the begin was seen, but no end after it, the page went away or took the
// target away: then it ends with the last input of all, and is not complete.
func find(inputs []seenInput, begin, end []inputKind) (first, last event.Instant, seen, complete bool) {
	first, last = math.MaxInt64, math.MinInt64
	latest := last
	for _, in := range inputs {
		latest = max(latest, in.last)
		if slices.Contains(begin, in.kind) {
			first, seen = min(first, in.first), true
		}
		if slices.Contains(end, in.kind) {
			last = max(last, in.last)
		}
	}
	if complete = seen && first <= last; !complete {
		last = latest
	}
	return first, last, seen, complete
}

// pageClock turns a document's times into instants of the run. Chromium reads
// the wall clock once a process and counts monotonically from there, as the
// run's clock does: the two agree unless the system clock was set in between.
// Every snapshot bounds their difference, by when it was asked for and when it
// arrived; it is taken as zero as long as the bounds allow it.
type pageClock struct {
	origin    float64
	low, high float64 // bounds of (run's clock − page's clock), ms
}

func newPageClock(origin float64) pageClock {
	return pageClock{origin, math.Inf(-1), math.Inf(1)}
}

// saw takes note that the page's time now lay between two instants.
func (c *pageClock) saw(now float64, asked, arrived event.Instant) {
	at := c.origin + now
	c.low = max(c.low, float64(asked)/1e6-at)
	c.high = min(c.high, float64(arrived)/1e6-at)
}

// skew is what is added to the page's time, in milliseconds.
func (c *pageClock) skew() float64 {
	switch {
	case c.low > 0:
		return c.low
	case c.high < 0:
		return c.high
	}
	return 0
}

// instant converts a time of the document, in milliseconds since its origin.
func (c *pageClock) instant(ms float64) event.Instant {
	return event.Instant(math.Round((c.origin + ms + c.skew()) * 1e6))
}

// began is when the document's navigation started.
func (c *pageClock) began() event.Instant { return c.instant(0) }

// slack is how far a converted time may be off: as far as the bounds are apart,
// where the clocks do not agree.
func (c *pageClock) slack() time.Duration {
	if c.skew() == 0 || c.high < c.low {
		return clockSlack
	}
	return clockSlack + time.Duration(min(c.high-c.low, 1e6)*1e6)
}

package browser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"

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
	text, ok := v.(string)
	if !ok {
		return snapshot{}, fmt.Errorf("the page's clock answered %T", v)
	}
	var s snapshot
	var inputs [][4]json.RawMessage
	var m [3]float64
	err := json.Unmarshal([]byte(text), &[]any{&s.Origin, &s.Now, &s.Changes, &s.Times, &inputs, &m})
	if err != nil {
		return s, fmt.Errorf("the page's clock answered %.40q: %w", text, err)
	}
	s.Marks = marks{m[0], m[1], m[2]}
	for _, row := range inputs {
		var in input
		for i, field := range []any{&in.Number, &in.Kind, &in.First, &in.Last} {
			if err := json.Unmarshal(row[i], field); err != nil {
				return s, fmt.Errorf("the page's clock answered %.40q: %w", text, err)
			}
		}
		s.Inputs = append(s.Inputs, in)
	}
	return s, nil
}

// acknowledged is the number of the last input that the snapshot holds.
func (s *snapshot) acknowledged() int {
	if n := len(s.Inputs); n > 0 {
		return s.Inputs[n-1].Number
	}
	return 0
}

// find returns when the first input of a kind began and the last one ended.
func (s *snapshot) find(begin, end []inputKind) (first, last float64, ok bool) {
	first, last = math.Inf(1), math.Inf(-1)
	for _, in := range s.Inputs {
		if contains(begin, in.Kind) {
			first = min(first, in.First)
		}
		if contains(end, in.Kind) {
			last = max(last, in.Last)
		}
	}
	return first, last, !math.IsInf(first, 0) && !math.IsInf(last, 0) && first <= last
}

func contains(kinds []inputKind, k inputKind) bool {
	for _, c := range kinds {
		if c == k {
			return true
		}
	}
	return false
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

// instant converts a time of the document, in milliseconds since its origin.
func (c *pageClock) instant(ms float64) event.Instant {
	skew := 0.0
	if c.low > 0 {
		skew = c.low
	} else if c.high < 0 {
		skew = c.high
	}
	return event.Instant(math.Round((c.origin + ms + skew) * 1e6))
}

package runner

import (
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// measure gathers what one event's time is made of. An event runs from the
// begin of its first step other than sleep or set to the end of its last step
// other than sleep, set, screenshot or evaluate; where it has no such step, the
// runner's clock stands in.
type measure struct {
	begin event.Instant // of the event as a whole, on the runner's clock
	sent  event.Instant // the last hand-over of a stretch that could hold the first step; 0: none yet

	first, last edge
	waits       int
	already     int

	input      time.Duration // the longest click
	inputKnown bool
}

// edge is one end of an event.
type edge struct {
	at     event.Instant // as the session told it
	runner event.Instant // the runner's clock on its outer side
	onPage bool
	known  bool
}

// hand notes that a stretch is handed over.
func (m *measure) hand(stretch []scenario.Action, sent event.Instant) {
	if beginsEvent(stretch[0].Op) {
		m.sent = sent
	}
}

// add takes in the spans of a stretch, or of the part of it that ran, which was
// handed over at sent and came back at back.
func (m *measure) add(stretch []scenario.Action, spans []Span, sent, back event.Instant) {
	for i, s := range spans {
		op := stretch[i].Op
		if s.Skipped {
			continue
		}
		if !m.first.known && beginsEvent(op) {
			m.first = edge{s.Begin, sent, s.OnPage, true}
		}
		if endsEvent(op) {
			m.last = edge{s.End, outerEnd(spans[i+1:], s.End, back), s.OnPage, true}
		}
		if c, ok := op.(*scenario.Click); ok && c.Times == 1 && s.OnPage {
			m.input, m.inputKnown = max(m.input, s.End.Sub(s.Begin)), true
		}
		if isWait(op) {
			m.waits++
			if s.Already {
				m.already++
			}
		}
	}
}

// direct notes that the session is handed out: what is done with it nobody here
// sees, so that it may begin the event, and end it.
func (m *measure) direct() {
	if !m.first.known {
		m.first = edge{at: m.begin, runner: m.begin, known: true}
	}
	m.last = edge{}
}

// outerEnd is when, on the runner's clock, a step was over at the latest: when
// the stretch came back, or when a later step that keeps the runner's clock
// began. What a screenshot took is not to count as the harness's time.
func outerEnd(later []Span, end, back event.Instant) event.Instant {
	for _, s := range later {
		if !s.Skipped && !s.OnPage && end <= s.Begin && s.Begin <= back {
			return s.Begin
		}
	}
	return back
}

// close fills in the row's times. The event has ended now: by itself, or, where
// cut, in the middle of a step, and then on the runner's clock.
func (m *measure) close(row *event.Event, now event.Instant, cut bool) {
	first, last := m.first, m.last
	if !first.known {
		first = edge{at: m.begin, runner: m.begin}
		if cut && m.sent != 0 {
			first = edge{at: m.sent, runner: m.sent}
		}
	}
	if !last.known || cut {
		last = edge{at: now, runner: now}
	}
	row.Start, row.Stop = first.at, last.at
	if row.Start < first.runner || row.Stop < row.Start || last.runner < row.Stop {
		row.Start, row.Stop = first.runner, last.runner
		row.ClockFault = true
		return
	}
	if first.onPage && last.onPage {
		row.Harness = last.runner.Sub(first.runner) - row.Duration()
		row.HarnessKnown = true
	}
	row.Input, row.InputKnown = m.input, m.inputKnown
	row.Already = !cut && m.waits > 0 && m.already == m.waits
}

func beginsEvent(op scenario.Op) bool {
	_, set := op.(*scenario.Set)
	return !set
}

func endsEvent(op scenario.Op) bool {
	switch op.(type) {
	case *scenario.Set, *scenario.Screenshot, *scenario.Evaluate:
		return false
	}
	return true
}

func isWait(op scenario.Op) bool {
	switch op.(type) {
	case *scenario.WaitFor, *scenario.WaitForURL, *scenario.WaitForLoadState, *scenario.WaitForFunction,
		*scenario.WaitForResponse, *scenario.WaitForQuiet, *scenario.Expect:
		return true
	}
	return false
}

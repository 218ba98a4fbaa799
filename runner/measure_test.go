package runner

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// stretchAt is a stretch that was handed over at sent and came back at back.
type stretchAt struct {
	sent, back event.Instant
	ops        []scenario.Op
	spans      []Span
}

func TestMeasure(t *testing.T) {
	var (
		click  scenario.Op = &scenario.Click{}
		wait   scenario.Op = &scenario.WaitFor{}
		set    scenario.Op = &scenario.Set{}
		eval   scenario.Op = &scenario.Evaluate{}
		shot   scenario.Op = &scenario.Screenshot{}
		expect scenario.Op = &scenario.Expect{}
	)
	ops := func(o ...scenario.Op) []scenario.Op { return o }
	page := func(begin, end event.Instant) Span { return Span{Begin: begin, End: end, OnPage: true} }
	here := func(begin, end event.Instant) Span { return Span{Begin: begin, End: end} }
	already := func(at event.Instant) Span { return Span{Begin: at, End: at, OnPage: true, Already: true} }
	row := func(start, stop event.Instant) event.Event { return event.Event{Start: start, Stop: stop} }
	known := func(start, stop event.Instant, harness time.Duration) event.Event {
		return event.Event{Start: start, Stop: stop, Harness: harness, HarnessKnown: true}
	}
	fault := func(start, stop event.Instant) event.Event {
		return event.Event{Start: start, Stop: stop, ClockFault: true}
	}

	// The event begins at 100 and ends at 900 on the runner's clock.
	for name, test := range map[string]struct {
		stretches []stretchAt
		cut       bool
		want      event.Event
	}{
		"on the page": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(210, 215), page(215, 650)}}},
			false, known(210, 650, 60),
		},
		"the last step counts though it ended before another": {
			[]stretchAt{{200, 900, ops(&scenario.Goto{}, wait), []Span{page(210, 860), page(210, 257)}}},
			false, known(210, 257, 653),
		},
		"sleeps around the steps are no harness": {
			[]stretchAt{{500, 600, ops(click, wait), []Span{page(505, 510), page(510, 580)}}},
			false, known(505, 580, 25),
		},
		"two stretches": {
			[]stretchAt{
				{200, 300, ops(click), []Span{page(210, 215)}},
				{500, 700, ops(wait), []Span{page(500, 650)}},
			},
			false, known(210, 650, 60),
		},
		"on the runner's clock": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{here(200, 240), here(240, 700)}}},
			false, row(200, 700),
		},
		"one end on the page": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(210, 215), here(240, 700)}}},
			false, row(210, 700),
		},
		"set begins nothing": {
			[]stretchAt{
				{110, 150, ops(set), []Span{here(110, 150)}},
				{200, 700, ops(click, wait), []Span{page(210, 215), page(215, 650)}},
			},
			false, known(210, 650, 60),
		},
		"evaluate begins, but ends nothing": {
			[]stretchAt{{200, 700, ops(eval, click, eval), []Span{here(200, 210), page(220, 225), here(230, 700)}}},
			false, row(200, 225),
		},
		"a screenshot's time is not the harness's": {
			[]stretchAt{{200, 800, ops(click, wait, shot), []Span{page(210, 215), page(215, 600), here(610, 800)}}},
			false, known(210, 600, 20),
		},
		"a screenshot that tells nonsense is not believed": {
			[]stretchAt{{200, 800, ops(click, wait, shot), []Span{page(210, 215), page(215, 600), here(20, 30)}}},
			false, known(210, 600, 210),
		},
		"evaluate alone": {
			[]stretchAt{{200, 700, ops(eval), []Span{here(205, 695)}}},
			false, row(205, 900),
		},
		"nothing but sleeps": {nil, false, row(100, 900)},
		"a skipped step has no time": {
			[]stretchAt{{200, 700, ops(click, click, wait, wait), []Span{
				{Skipped: true, Begin: 1, End: 1}, page(300, 305), page(305, 600), {Skipped: true},
			}}},
			false, known(300, 600, 200),
		},
		"all skipped": {
			[]stretchAt{{200, 210, ops(click), []Span{{Skipped: true}}}},
			false, row(100, 900),
		},
		"already": {
			[]stretchAt{{200, 700, ops(click, wait, expect), []Span{page(210, 215), already(210), already(210)}}},
			false, event.Event{Start: 210, Stop: 210, Harness: 500, HarnessKnown: true, Already: true},
		},
		"one wait of two already": {
			[]stretchAt{{200, 700, ops(click, wait, wait), []Span{page(210, 215), already(210), page(210, 650)}}},
			false, known(210, 650, 60),
		},

		"cut after the first step": {
			[]stretchAt{{200, 800, ops(click, wait), []Span{page(210, 215)}}},
			true, row(210, 900),
		},
		"cut in the first step": {
			[]stretchAt{{200, 800, ops(click, wait), nil}},
			true, row(200, 900),
		},
		"cut in the first step after a set": {
			[]stretchAt{
				{110, 150, ops(set), []Span{here(110, 150)}},
				{200, 800, ops(click), nil},
			},
			true, row(200, 900),
		},
		"cut in a set": {
			[]stretchAt{{200, 800, ops(set), nil}},
			true, row(100, 900),
		},
		"cut in a later stretch": {
			[]stretchAt{
				{200, 300, ops(click, wait), []Span{page(210, 215), page(215, 290)}},
				{500, 900, ops(click), nil},
			},
			true, row(210, 900),
		},
		"cut although all waits were already": {
			[]stretchAt{{200, 700, ops(click, wait, click), []Span{page(210, 215), already(210)}}},
			true, row(210, 900),
		},

		"begin before the hand-over": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(199, 205), page(205, 650)}}},
			false, fault(200, 700),
		},
		"end after the return": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(210, 215), page(215, 701)}}},
			false, fault(200, 700),
		},
		"end before the begin": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(300, 305), page(215, 299)}}},
			false, fault(200, 700),
		},
		"the bounds themselves": {
			[]stretchAt{{200, 700, ops(click, wait), []Span{page(200, 205), page(215, 700)}}},
			false, known(200, 700, 0),
		},
		"begin after the cut": {
			[]stretchAt{{200, 800, ops(click, wait), []Span{page(901, 902)}}},
			true, fault(200, 900),
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := measure{begin: 100}
			for _, s := range test.stretches {
				actions := make([]scenario.Action, len(s.ops))
				for i, op := range s.ops {
					actions[i].Op = op
				}
				m.hand(actions, s.sent)
				m.add(actions, s.spans, s.sent, s.back)
			}
			var got event.Event
			m.close(&got, 900, test.cut)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

package browser

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// origin is a document's, in ms since the Unix epoch; instants are given in
// milliseconds after it.
const origin = 1_800_000_000_000.0

func instant(ms float64) event.Instant { return event.Instant(math.Round((origin + ms) * 1e6)) }

func TestPageClock(t *testing.T) {
	type sight struct{ now, asked, arrived float64 }
	for _, c := range []struct {
		name   string
		sights []sight
		want   float64 // what 100 ms of the page's are on the run's clock
	}{
		{"nothing seen", nil, 100},
		{"the clocks agree", []sight{{50, 49, 51}}, 100},
		{"the clocks agree, the answer was slow", []sight{{50, 10, 900}}, 100},
		{"the page's is behind by 3 at least", []sight{{50, 53, 60}}, 103},
		{"the page's is behind, the closest bound counts", []sight{{50, 53, 60}, {70, 74, 80}, {90, 91, 99}}, 104},
		{"the page's is ahead by 5 at least", []sight{{50, 40, 45}}, 95},
		{"the page's is ahead, the closest bound counts", []sight{{50, 40, 45}, {70, 60, 64}, {90, 80, 89}}, 94},
		{"the system clock was set on by an hour between the two", []sight{{50, 3_600_049, 3_600_052}}, 3_600_099},
		{"the system clock was set back by an hour between the two", []sight{{50, -3_599_951, -3_599_948}}, -3_599_898},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := newPageClock(origin)
			for _, s := range c.sights {
				clock.saw(s.now, instant(s.asked), instant(s.arrived))
			}
			if got, want := clock.instant(100), instant(c.want); got.Sub(want).Abs() > time.Microsecond {
				t.Errorf("%s off", got.Sub(want))
			}
		})
	}
}

func TestFromSystem(t *testing.T) {
	at := time.UnixMilli(int64(origin) + 1000)
	for _, c := range []struct {
		name      string
		run, want float64 // ms after origin
	}{
		{"the clocks agree", 1000, 400},
		{"the system clock was set on by an hour", 1000 - 3_600_000, 400 - 3_600_000},
		{"the system clock was set back by an hour", 1000 + 3_600_000, 400 + 3_600_000},
	} {
		if got, want := fromSystem(origin+400, at, instant(c.run)), instant(c.want); got.Sub(want).Abs() > time.Microsecond {
			t.Errorf("%s: %s off", c.name, got.Sub(want))
		}
	}
}

func TestParseSnapshot(t *testing.T) {
	got, err := parseSnapshot(`[1800000000000.1,250.5,3,[100,200.25],[[1,"pointerdown",90,90],[7,"edit",95,99.5]],[10,20,0]]`)
	if err != nil {
		t.Fatal(err)
	}
	want := snapshot{
		Origin: 1800000000000.1, Now: 250.5, Changes: 3, Times: []float64{100, 200.25},
		Inputs: []input{{1, "pointerdown", 90, 90}, {7, "edit", 95, 99.5}},
		Marks:  marks{10, 20, 0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := got.acknowledged(); n != 7 {
		t.Errorf("the last input is %d", n)
	}
	empty, err := parseSnapshot(`[1,0,0,[],[],[0,0,0]]`)
	if err != nil || empty.acknowledged() != 0 {
		t.Errorf("%v, %v", empty, err)
	}
	for _, bad := range []any{
		nil, 7, "", "null", "{}", "[]", "[1]", `[1,2,3,[],[],[0,0,0],4]`, `["x",0,0,[],[],[0,0,0]]`, `[1,0,0,[],[[1,"click",2]],[0,0,0]`,
		`[1,0,0,[],[["1","click",2,3]],[0,0,0]]`, `[1,0,0,[5],[],[0,0,0]]`, `[0,0,0,[],[],[0,0,0]]`, `[1,0,0,[],[],[0,0,0]] x`,
	} {
		if s, err := parseSnapshot(bad); err == nil {
			t.Errorf("%v: no error, but %v", bad, s)
		} else if !strings.HasPrefix(err.Error(), "the page's clock answered ") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func FuzzParseSnapshot(f *testing.F) {
	f.Add(`[1800000000000.1,250.5,3,[100,200.25],[[1,"pointerdown",90,90]],[10,20,0]]`)
	f.Add(`[1,0,0,[],[],[0,0,0]]`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseSnapshot(text)
		if err != nil {
			return
		}
		p := &post{}
		p.accept(answer{snapshot: s, asked: instant(0), arrived: instant(1)})
		p.lastChange(0, instant(0))
		p.inputs()
		p.forget()
	})
}

func TestLastChange(t *testing.T) {
	p := &post{clock: newPageClock(origin), last: snapshot{Origin: origin, Now: 500, Changes: 10, Times: []float64{100, 200, 300}}} // numbers 8, 9, 10
	for _, c := range []struct {
		name   string
		since  int
		before float64
		want   float64 // 0: none
	}{
		{"the last one", 0, 400, 300},
		{"the last before the look", 0, 250, 200},
		{"one at the look itself", 0, 200, 200},
		{"none so early", 0, 50, 0},
		{"only what came after number 9", 9, 400, 300},
		{"only what came after number 9, none before the look", 9, 250, 0},
		{"nothing since", 10, 400, 0},
		{"the oldest that is kept", 7, 150, 100},
		{"older ones are not known any more", 3, 50, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			at, ok := p.lastChange(c.since, instant(c.before))
			if ok != (c.want != 0) || ok && at != instant(c.want) {
				t.Errorf("%v %t, want %v ms", at, ok, c.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	inputs := []seenInput{
		{"pointermove", 1, 4}, {"pointerdown", 10, 10}, {"pointerup", 11, 11}, {"click", 12, 12},
		{"pointerdown", 20, 20}, {"click", 22, 23}, {"keydown", 30, 30},
	}
	for _, c := range []struct {
		begin, end     []inputKind
		first, last    event.Instant
		seen, complete bool
	}{
		{pointer, clicks, 10, 23, true, true},
		{moves, moves, 1, 4, true, true},
		{keyDown, keyUp, 30, 30, true, false},
		{scrolls, scrolls, 0, 0, false, false},
		{scrolls, clicks, 0, 0, false, false},
		{keyDown, clicks, 30, 30, true, false}, // an end before the begin
		{released, scrolls, 11, 30, true, false},
	} {
		first, last, seen, complete := find(inputs, c.begin, c.end)
		if seen != c.seen || complete != c.complete || seen && (first != c.first || last != c.last) {
			t.Errorf("%v to %v: %d to %d, %t %t", c.begin, c.end, first, last, seen, complete)
		}
	}
}

// answered is an answer that a post gets, asked for and arrived around its now.
func answered(origin, now float64, inputs ...input) answer {
	return answer{
		snapshot: snapshot{Origin: origin, Now: now, Inputs: inputs},
		asked:    event.Instant((origin + now - 1) * 1e6), arrived: event.Instant((origin + now + 1) * 1e6),
	}
}

func TestPostKeepsInputsAcrossDocuments(t *testing.T) {
	p := &post{}
	p.accept(answered(origin, 100, input{1, "pointerdown", 90, 90}))
	p.accept(answered(origin+500, 10, input{1, "keydown", 5, 5}))
	got := p.inputs()
	want := []seenInput{{"pointerdown", instant(90), instant(90)}, {"keydown", instant(505), instant(505)}}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(seenInput{})); d != "" {
		t.Error(d)
	}
	if len(p.docs) != 2 || p.docs[0].began() != instant(0) || p.docs[1].began() != instant(500) {
		t.Errorf("documents: %v", p.docs)
	}
	p.forget()
	if len(p.inputs()) != 0 || len(p.docs) != 0 {
		t.Errorf("left: %v, %v", p.inputs(), p.docs)
	}
}

func TestPostPassesOverOldAnswers(t *testing.T) {
	p := &post{}
	old := answered(origin, 100, input{1, "pointerdown", 90, 90})
	p.accept(answered(origin, 200, input{1, "pointerdown", 90, 90}, input{2, "click", 95, 95}))
	p.accept(old)
	if len(p.inputs()) != 2 || p.last.Now != 200 {
		t.Errorf("an older answer was taken: %v", p.last)
	}
	p.accept(answered(origin+500, 10))
	p.accept(old) // the last words of the document before
	if p.clock.origin != origin+500 {
		t.Error("back in the document before")
	}
	p.forget()
	p.accept(answered(origin+500, 20, input{1, "keydown", 15, 15}))
	p.forget()
	// A question that was out already brings what was acknowledged meanwhile.
	p.accept(answered(origin+500, 30, input{1, "keydown", 15, 15}, input{2, "keyup", 25, 25}))
	if got := p.inputs(); len(got) != 1 || got[0].kind != "keyup" {
		t.Errorf("inputs of an earlier step: %v", got)
	}
}

// An answer that was on its way when an action was sent brings inputs of the step
// before; what began by itself before, and goes on, begins with the action.
func TestInputsFromBeforeTheAction(t *testing.T) {
	for _, c := range []struct {
		name        string
		inputs      []input
		ahead       float64 // the page's clock, ms
		seen        bool
		begin, last float64
	}{
		{"an older one", []input{{1, "scroll", 50, 90}}, 0, false, 0, 0},
		{"an older one and the action's", []input{{1, "scroll", 50, 90}, {2, "scroll", 110, 120}}, 0, true, 110, 120},
		{"one that goes on", []input{{1, "scroll", 50, 120}}, 0, true, 100, 120},
		{"both, by a page whose clock is ahead", []input{{1, "scroll", 50, 90}, {2, "scroll", 110, 120}}, 3_600_000, true, 110, 120},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &post{}
			a := answered(origin+c.ahead, 200, c.inputs...)
			a.asked, a.arrived = instant(199), instant(200)
			p.accept(a)
			r := &running{act: act{begin: scrolls, end: scrolls}, post: p, sent: instant(100), outcome: outcome{at: instant(150)}}
			s := &session{posts: map[string]*post{"": p}}
			if got := s.begun(r); got != c.seen {
				t.Errorf("begun: %t", got)
			}
			if !c.seen {
				return
			}
			got := s.span(t.Context(), r)
			if !got.OnPage || got.Begin.Sub(instant(c.begin)).Abs() > time.Microsecond || got.End.Sub(instant(c.last)).Abs() > time.Microsecond {
				t.Errorf("from %v to %v of %v ms", got.Begin.Sub(instant(0)), got.End.Sub(instant(0)), c)
			}
		})
	}
}

func TestReached(t *testing.T) {
	p := &post{last: snapshot{Marks: marks{1, 2, 3}}}
	for state, want := range map[string]float64{"commit": 1, "domcontentloaded": 2, "load": 3, "networkidle": 3, "": 3} {
		if got := p.reached(scenario.LoadState(state)); got != want {
			t.Errorf("%s: %v, want %v", state, got, want)
		}
	}
}

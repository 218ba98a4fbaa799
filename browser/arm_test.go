package browser

import (
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// leaf makes an action one step of a scenario, by which a session knows it again.
func leaf(a scenario.Action) scenario.Action {
	a.Leaf = scenario.NewLeaf("a step", scenario.Pos{})
	return a
}

// What an event waits for counts from its begin, though its steps are handed
// over in several stretches: while one is carried out, and between two.
func TestArmed(t *testing.T) {
	t.Parallel()
	const site = `<p id=out>x</p><p id=busy hidden>busy</p><p id=late hidden>x</p><iframe srcdoc="<p id=busy hidden>busy"></iframe><script>
	  const show = (yes, d = document) => { d.getElementById('busy').hidden = !yes };
	  const inner = () => document.querySelector('iframe').contentDocument;
	  const ask = path => fetch(path).then(r => r.text()).then(() => {});
	  run.onclick = () => { show(true); out.textContent = 'y' }</script>`
	busy, out := css("#busy"), css("#out")
	// seen waits until the session has seen the opposite while nothing was
	// carried out.
	seen := func(t *testing.T, v *visitor) {
		for i := range 100 {
			v.stopLookingOut()
			saw := !v.ahead.waits[0].unseen()
			v.lookOut()
			if saw {
				return
			}
			time.Sleep(time.Duration(i) * 10 * time.Millisecond)
		}
		t.Error("nobody looked")
	}
	late := func(t *testing.T, v *visitor) {
		v.eval("late.hidden = false")
		seen(t, v)
		v.eval("late.hidden = true")
	}
	for _, c := range []struct {
		name    string
		timing  scenario.Timing
		wait    scenario.Action
		between func(t *testing.T, v *visitor) // after a click, before the wait
	}{
		{"what was there after the click", scenario.PageTiming, becomes(busy, "hidden"), func(_ *testing.T, v *visitor) { v.eval("show(false)") }},
		{"what was there while nothing was done", scenario.PageTiming, becomes(css("#late"), "hidden"), late},
		{"the same, the old way", scenario.WallTiming, becomes(css("#late"), "hidden"), late},
		{"in a frame", scenario.PageTiming, becomes(inFrame(css("iframe"), busy), "hidden"), func(t *testing.T, v *visitor) {
			v.eval("show(true, inner())")
			seen(t, v)
			v.eval("show(false, inner())")
		}},
		{"a text from before the click", scenario.PageTiming, becomes(out, "changed"), func(*testing.T, *visitor) {}},
		{"a response from before the wait", scenario.PageTiming, step(&scenario.WaitForResponse{Glob: "/api/1"}), func(_ *testing.T, v *visitor) { v.eval("ask('/api/1')") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(t, page(button(site)), func(o *Options) { o.Timing = c.timing })
			v.do(goTo("/"))
			wait := leaf(c.wait)
			disarm := v.Arm(t.Context(), []scenario.Action{wait})
			defer disarm()
			before := v.clock.Now()
			spans := v.do(click(run))
			c.between(t, v)
			spans = append(spans, v.do(step(&scenario.Set{From: &out}))...)
			handed := v.clock.Now()
			spans = append(spans, v.do(wait)...)
			inOrder(t, spans, before, v.clock.Now())
			if spans[2].Begin < handed || spans[2].Already {
				t.Errorf("it began %s before it was handed over; already: %t", handed.Sub(spans[2].Begin), spans[2].Already)
			}
		})
	}
}

// A wait that was armed with another value of its names, or for an event that is
// over, looks back to its own stretch.
func TestArmedForSomethingElse(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<p id=out>x<p id=other>x<script>run.onclick = () => { out.textContent += 'y'; other.textContent += 'y' }</script>`)))
	v.do(goTo("/"))
	const limit = 200 * time.Millisecond
	wait := within(limit, leaf(becomes(css("#out"), "changed")))
	other := wait
	other.Op = becomes(css("#other"), "changed").Op

	disarm := v.Arm(t.Context(), []scenario.Action{wait})
	v.do(click(run))
	v.fail(0, other)
	v.do(wait)
	v.fail(0, wait) // its turn has come, once
	disarm()

	v.Arm(t.Context(), []scenario.Action{wait})()
	v.do(click(run))
	v.fail(0, wait)
	if n := len(v.ahead.waits); n != 0 {
		t.Errorf("%d waits are still armed", n)
	}

	// Closing the session ends the looking out for what nobody disarmed.
	v.Arm(t.Context(), []scenario.Action{leaf(becomes(css("#never"), "hidden"))})
	if v.ahead.rest == nil {
		t.Error("nobody looks out")
	}
}

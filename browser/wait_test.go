package browser

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

func TestAlready(t *testing.T) {
	out := css("#out")
	for _, c := range []struct {
		name, change string
		wait         scenario.Action
		already      bool
	}{
		{"held before and after", ``, waitFor(out), true},
		{"held before, another time after", `out.hidden = true; setTimeout(() => { out.hidden = false; done() }, 150)`, waitFor(out), false},
		{"did not hold before", `out.textContent = 'y'; done()`, expectText(out, "y"), false},
		{"an edge is never already", `out.hidden = true; setTimeout(() => { out.hidden = false; done() }, 150)`, becomes(out, "visible"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(t, page(answers(`<p id=out>x`, 0, c.change)))
			v.do(goTo("/"))
			before := v.clock.Now()
			spans := v.do(clicked(c.wait)...)
			inOrder(t, spans, before, v.clock.Now())
			if spans[1].Already != c.already {
				t.Errorf("already: %t, want %t", spans[1].Already, c.already)
			}
			if c.already && spans[1].End != spans[0].Begin {
				t.Errorf("ends %s after the action began, want 0", spans[1].End.Sub(spans[0].Begin))
			}
			if !c.already {
				compare(t, "end", spans[1].End, v.truth("").end, early, late)
			}
		})
	}
}

// A wait with no action before it begins when it is handed over, however long
// what it waits for has been there.
func TestWaitAloneDoesNotEndInThePast(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p id=out>x`))
	v.do(goTo("/"))
	time.Sleep(300 * time.Millisecond)
	for _, w := range []scenario.Action{
		waitFor(css("#out")),
		step(&scenario.WaitForURL{Glob: "**"}),
		step(&scenario.WaitForFunction{JS: "true"}),
		step(&scenario.WaitForQuiet{Quiet: 10 * time.Millisecond}),
		step(&scenario.WaitForQuiet{Quiet: 10 * time.Millisecond, Within: new(css("#out"))}),
	} {
		before := v.clock.Now()
		spans := v.do(w)
		inOrder(t, spans, before, v.clock.Now())
	}
}

func TestEdges(t *testing.T) {
	out := css("#out")
	visitBusy := func(t *testing.T, html string) *visitor {
		v := visit(t, page(answers(html, 0, ``)))
		v.do(goTo("/"))
		return v
	}
	t.Run("what never ceased to be", func(t *testing.T) {
		err := visitBusy(t, `<p id=out>x`).fail(1, clicked(within(300*time.Millisecond, becomes(out, "visible")))...)
		if want := "not within 300ms: it never ceased to be so"; err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
	t.Run("what never changed", func(t *testing.T) {
		err := visitBusy(t, `<p id=out>x y`).fail(1, clicked(within(300*time.Millisecond, becomes(out, "changed")))...)
		if want := `not within 300ms: its text is still "x y"`; err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	})
	t.Run("changed, of what was not there", func(t *testing.T) {
		v := visit(t, page(answers(``, delay, `document.body.insertAdjacentHTML('beforeend', '<p id=out>y')`)))
		v.do(goTo("/"))
		v.timed(timed{steps: clicked(becomes(out, "changed")), onPage: on(2)})
	})
	t.Run("hidden, from before the first action on", func(t *testing.T) {
		// The spinner is there before and goes with the second of two actions.
		v := visit(t, page(answers(`<button id=other>Other</button><p id=out>busy`, delay, `out.hidden = true`)))
		v.do(goTo("/"))
		v.do(click(role("button", "Other")), click(run), becomes(out, "hidden"))
	})
	t.Run("hidden, from the first of two actions to the second", func(t *testing.T) {
		v := visit(t, page(button(`<p id=out hidden>busy<script>run.onclick = () => { out.hidden = false }</script>`)))
		v.do(goTo("/"))
		v.do(click(run), step(&scenario.Evaluate{JS: "out.hidden = true"}), becomes(out, "hidden"))
	})
}

// A look that comes before the page's own answer must not settle anything: the
// page is looked at after the action has begun.
func TestLooksBeforeTheActionDoNotCount(t *testing.T) {
	// The button can't be clicked before 300 ms have passed; until then the
	// answer of an earlier run stands there, which the click takes away.
	v := visit(t, page(button(`<p id=out>Finished</p><div id=veil style="position:fixed;inset:0"></div><script>
	  addEventListener('pointerdown', e => began(e.timeStamp), true);
	  setTimeout(() => { out.textContent = ''; setTimeout(() => { out.textContent = 'Finished' }, 50); setTimeout(() => { out.textContent = ''; veil.remove() }, 200) }, 100);
	  run.onclick = () => setTimeout(() => { out.textContent = 'Finished'; done() }, 130)</script>`)))
	v.do(goTo("/"))
	v.timed(timed{steps: clicked(waitFor(byText("Finished"))), onPage: on(2)})
}

func TestWaitForResponse(t *testing.T) {
	site := http.NewServeMux()
	site.Handle("/", page(button(`<script>
	  fetch('/api/slow?before');
	  run.onclick = () => { for (const n of [1, 2, 3]) fetch('/api/' + n).then(r => r.text()) }</script>`)))
	site.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		if n := strings.TrimPrefix(r.URL.Path, "/api/"); n == "3" {
			time.Sleep(200 * time.Millisecond)
			w.WriteHeader(http.StatusTeapot)
		} else if n == "2" {
			time.Sleep(100 * time.Millisecond)
		}
		fmt.Fprint(w, "x")
	})
	v := visit(t, site)
	response := func(glob string, codes ...int) scenario.Action {
		return step(&scenario.WaitForResponse{Glob: glob, Status: scenario.StatusRule{Codes: codes}})
	}
	v.do(goTo("/"))
	before := v.clock.Now()
	// Backwards: what came while another was waited for is not lost.
	spans := v.do(clicked(response("/api/3", 418), response("/api/1"), response("**/api/2", 200))...)
	inOrder(t, spans, before, v.clock.Now())
	for i, path := range []string{1: "/api/3", 2: "/api/1", 3: "/api/2"} {
		if !spans[i].OnPage {
			t.Errorf("step %d is not on the browser's clock", i)
		}
		if path == "" {
			continue
		}
		// Playwright and the page take the same time from the browser.
		truth := number(v.eval(fmt.Sprintf("performance.timeOrigin + performance.getEntriesByName(location.origin + %q).at(-1).responseStart", path)))
		want := max(event.Instant(truth*1e6), spans[i-1].End) // no wait ends before the one before it
		compare(t, path, spans[i].End, want, 5*time.Millisecond, 5*time.Millisecond)
	}
	// The responses so far are none of this stretch's.
	err := v.fail(0, within(400*time.Millisecond, response("/api/1")))
	if want := "not within 400ms: no such response"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for _, r := range []scenario.Action{response("/api/3", 200), response("/api/3")} { // below 400 unless told
		err = v.fail(1, clicked(within(time.Second, r))...)
		if want := "not within 1s: " + v.site + "/api/3 answered 418"; err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		var c event.Classified
		if !errors.As(err, &c) || c.FailureClass() != event.ClassStatus {
			t.Errorf("it is no error of a status: %v", err)
		}
	}
	v.do(clicked(response("/api/3", 418, 200))...)
	v.do(clicked(step(&scenario.WaitForResponse{Glob: "/api/3", Status: scenario.StatusRule{Any: true}}))...)
}

func TestWaitForQuiet(t *testing.T) {
	// Mutations at 0, 60, … 240 ms after the click, and a clock that never stops.
	busy := answers(`<p id=out>x<p id=clock>x`, 240, `out.textContent = 'last'`) + `<script>
	  run.addEventListener('click', () => { for (const ms of [0, 60, 120, 180]) setTimeout(() => out.append(ms), ms) });
	  const ticks = () => setInterval(() => { clock.textContent = performance.now() }, 20)</script>`
	quiet := &scenario.WaitForQuiet{Quiet: 200 * time.Millisecond}
	v := visit(t, page(busy))
	v.do(goTo("/"))
	begin := v.clock.Now()
	v.timed(timed{steps: clicked(step(quiet)), onPage: on(2)})
	if took := v.clock.Now().Sub(begin); took < 440*time.Millisecond {
		t.Errorf("it was quiet for %s at most", took-240*time.Millisecond)
	}

	// An answer that comes later than the quiet lasts is not waited for, but one
	// that comes within it is, however long it was quiet before.
	v.do(goTo("/"))
	time.Sleep(300 * time.Millisecond)
	v.timed(timed{steps: clicked(step(quiet)), onPage: on(2)})

	v.do(goTo("/"))
	v.eval("ticks()")
	err := v.fail(0, within(600*time.Millisecond, step(quiet)))
	if want := "not within 600ms: the page did not become quiet"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	v.timed(timed{
		steps: clicked(step(&scenario.WaitForQuiet{Quiet: quiet.Quiet, Within: new(css("#out"))})), onPage: on(2),
	})
}

// A wait for quiet that gave up leaves nothing behind in the page, which would
// go on looking for as long as it changes.
func TestWaitForQuietThatGaveUp(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p id=out>x<script>
	  const later = setTimeout;
	  let timers = 0;
	  setTimeout = function (f, ms) { timers++; return later(f, ms) };
	  </script>`))
	v.do(goTo("/"))
	v.pool.key = "counted" // an instrument that has the page's counting setTimeout
	v.eval(`{ ` + instrument("counted") + `; setInterval(() => { out.textContent = performance.now() }, 10); 0 }`)
	for _, quiet := range []*scenario.WaitForQuiet{{Quiet: 100 * time.Millisecond}, {Quiet: 100 * time.Millisecond, Within: new(css("#out"))}} {
		v.fail(0, within(300*time.Millisecond, step(quiet)))
		v.eval("new Promise(done => later(done, 200)).then(() => { timers = 0 })")
		if n := number(v.eval("new Promise(done => later(done, 300)).then(() => timers)")); n != 0 {
			t.Errorf("it looked %v times more", n)
		}
	}
}

func TestWaitForFunctionUnderAStrictPolicy(t *testing.T) {
	const policy = "default-src 'none'; script-src 'nonce-x'"
	v := visit(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		html := answers(`<p id=out>`, delay, `out.textContent = 'Finished'`) + `<script>try { new Function('1'); var strict = 'none' } catch (e) { strict = e.name }</script>`
		page(strings.ReplaceAll(html, "<script>", "<script nonce=x>"))(w, r)
	}))
	v.do(goTo("/"))
	if got := v.eval("strict"); got != "EvalError" {
		t.Fatalf("the policy is not strict: %v", got)
	}
	v.timed(timed{
		steps:  clicked(step(&scenario.WaitForFunction{JS: "() => out.textContent == 'Finished'"}), waitFor(byText("Finished")), step(&scenario.WaitForQuiet{Quiet: 20 * time.Millisecond})),
		onPage: on(4),
	})
}

func TestWaitForFunctionTakesWhatJavaScriptTakesForTrue(t *testing.T) {
	t.Parallel()
	v := visit(t, page(``))
	v.do(goTo("/"))
	for _, js := range []string{"true", "1", "'x'", "[]", "({})", "() => 2", "async () => 1.5", "document.body", "() => -1"} {
		v.do(step(&scenario.WaitForFunction{JS: js}))
	}
	for _, js := range []string{"false", "0", "''", "null", "undefined", "NaN", "() => {}"} {
		v.fail(0, within(50*time.Millisecond, step(&scenario.WaitForFunction{JS: js})))
	}
	err := v.fail(0, step(&scenario.WaitForFunction{JS: "() => missing.value"}))
	if !strings.Contains(err.Error(), "missing is not defined") {
		t.Error(err)
	}
}

func TestOptionalAndIf(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<p id=out>x`)))
	v.do(goTo("/"))
	missing := css("#missing")
	const limit = 200 * time.Millisecond
	check := func(name string, got []runner.Span, skipped ...bool) {
		t.Helper()
		for i, want := range skipped {
			if got[i].Skipped != want {
				t.Errorf("%s: step %d skipped: %t, want %t", name, i, got[i].Skipped, want)
			}
		}
	}
	check("if", v.do(ifVisible(missing, click(missing)), ifVisible(missing, waitFor(missing)), click(run)), true, true, false)
	check("if of a wait after an action", v.do(click(run), ifVisible(missing, waitFor(missing)), waitFor(css("#out"))), false, true, false)
	check("if that holds", v.do(ifVisible(run, click(run)), ifVisible(run, waitFor(css("#out")))), false, false)
	check("all of several", v.do(ifVisible(run, ifVisible(missing, click(missing)))), true)

	before := v.clock.Now()
	spans := v.do(optional(within(limit, click(missing))), optional(within(limit, waitFor(missing))), click(run))
	inOrder(t, spans, before, v.clock.Now())
	for i := range 2 {
		// The looks before an action count in its time.
		if d := spans[i].End.Sub(spans[i].Begin); d == 0 || d > limit+5*time.Second {
			t.Errorf("optional step %d took %s, its timeout is %s", i, d, limit)
		}
		if spans[i].OnPage {
			t.Errorf("optional step %d failed on the page's clock", i)
		}
	}
	// What fails for another reason than its time is optional as well.
	v.do(optional(step(&scenario.Fill{Target: css("p"), Value: "x"})), optional(waitFor(css("p, button"))), optional(step(&scenario.WaitForFunction{JS: "missing"})))
	v.fail(1, optional(within(limit, click(missing))), within(limit, click(missing)))
}

// What is optional is so with its "if", which may not be to be told.
func TestOptionalIf(t *testing.T) {
	t.Parallel()
	two := css("p")
	for _, timing := range []scenario.Timing{scenario.PageTiming, scenario.WallTiming} {
		t.Run(string(timing), func(t *testing.T) {
			v := visit(t, page(button(`<p>x<p>y`)), func(o *Options) { o.Timing = timing })
			v.do(goTo("/"))
			before := v.clock.Now()
			spans := v.do(optional(ifVisible(two, click(run))), optional(ifVisible(two, waitFor(run))), click(run))
			inOrder(t, spans, before, v.clock.Now())
			for i := range 2 {
				if spans[i].Skipped || spans[i].OnPage || spans[i].Begin == 0 {
					t.Errorf("step %d: %+v", i, spans[i])
				}
			}
			v.fail(0, ifVisible(two, click(run)))
			v.fail(0, ifVisible(two, waitFor(run)))
		})
	}
}

// The error of a wait is the wait's, also when the page shows it while the
// action before is still under way.
func TestErrorsAreTheStepsOwn(t *testing.T) {
	t.Parallel()
	v := visit(t, page(answers(`<p id=out>`, 0, `out.innerHTML = '<p class=two>x<p class=two>y'`)+`<p class=early><p class=early>`))
	v.do(goTo("/"))
	for _, selector := range []string{".two", ".early"} {
		err := v.fail(1, clicked(waitFor(css(selector)))...)
		if want := "2 elements match: add nth, or within"; err.Error() != want {
			t.Errorf("%s: %v, want %s", selector, err, want)
		}
	}
	err := v.fail(0, waitFor(css("a[")))
	if !strings.Contains(err.Error(), "a[") {
		t.Errorf("a selector that can't be read: %v", err)
	}
	v.fail(2, click(run), waitFor(css("#out")), within(100*time.Millisecond, waitFor(byText("never"))), click(run))
}

// Strictness counts from the action's return: what is doubled for a moment
// before is none of the wait's business.
func TestDoubledForAMoment(t *testing.T) {
	v := visit(t, page(answers(`<p class=out>x</p><p class=out id=old>y</p>`, 0, `old.remove(); document.querySelector('.out').textContent = 'Finished'`)))
	v.do(goTo("/"))
	v.timed(timed{steps: clicked(expectText(css(".out"), "Finished")), onPage: on(2)})
}

func TestStepValues(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<a id=a href=/x?y=1>Read <b>me</b></a><input id=i value=v>`))
	v.do(goTo("/"))
	set := func(s scenario.Set) scenario.Action { return step(&s) }
	target := css("#a")
	spans := v.do(
		set(scenario.Set{From: &target}),
		set(scenario.Set{From: &target, Attribute: "href"}),
		set(scenario.Set{JS: "() => ({a: [1, 'x']})"}),
		set(scenario.Set{JS: "a => a.n + 1", Args: map[string]any{"n": 41}}),
		set(scenario.Set{JS: "null"}),
		set(scenario.Set{JS: "'plain'"}),
		step(&scenario.Evaluate{JS: "a => { document.title = a.t }", Args: map[string]any{"t": "new"}}),
		step(&scenario.Look{Target: target}),
		step(&scenario.Look{Target: css("#missing")}),
		step(&scenario.Look{Target: css("#missing")}),
	)
	for i, want := range []string{"Read me", "/x?y=1", `{"a":[1,"x"]}`, "42", "", "plain", "", "true", "false"} {
		if spans[i].Value != want {
			t.Errorf("step %d: %q, want %q", i, spans[i].Value, want)
		}
		if spans[i].OnPage {
			t.Errorf("step %d is timed by the runner", i)
		}
	}
	if got := v.eval("document.title"); got != "new" {
		t.Errorf("title %v", got)
	}
}

package browser

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// record is what every page of these tests begins with: the page's own record
// of the truth, in milliseconds since the Unix epoch on its own clock.
const record = `<script>
const truth = {};
const at = t => performance.timeOrigin + t;
const began = t => truth.begin ??= at(t);
const done = () => { truth.end = at(performance.now()) };
// begin and end of an action: the first and the last of some events
const input = (...types) => { for (const t of types) addEventListener(t, e => { began(e.timeStamp); truth.end = at(e.timeStamp) }, true) };
// an answer, so many milliseconds after a click began
const answer = (ms, f) => addEventListener('pointerdown', e => { began(e.timeStamp); addEventListener('click', () => {
  if (ms) setTimeout(() => { f(); done() }, ms); else { f(); done() }
}, {once: true}) }, true);
</script>`

// delay lies between two of the moments at which Playwright's own wait looks:
// some 40 ms for the click, then 0, 20, 70, 170, 270 and 770 ms. Whoever looks
// only then reads 40 ms too much or more.
const delay = 130

// What a reading may differ from the truth. Both are on the page's clock, so a
// busy machine does not spoil them.
const (
	early = 2 * time.Millisecond
	late  = 25 * time.Millisecond
	// Where no change announces a wait's end, it is looked for this often.
	lateUnannounced = fallback + 150*time.Millisecond
)

type timed struct {
	name  string
	html  string // after record
	steps []scenario.Action
	// where the truth is: the page, or the frame that this selector finds
	frame string
	// what timing.md promises of each step: on the page's clock
	onPage      []bool
	early, late time.Duration // instead of the package's
}

var run = role("button", "Run")

func button(rest string) string { return record + `<button id=run>Run</button>` + rest }

func answers(rest string, ms int, f string) string {
	return button(fmt.Sprintf("%s<script>answer(%d, () => { %s })</script>", rest, ms, f))
}

// clicked is a click on Run and the waits for what comes of it.
func clicked(waits ...scenario.Action) []scenario.Action {
	return append([]scenario.Action{click(run)}, waits...)
}

func on(n int) []bool {
	all := make([]bool, n)
	for i := range all {
		all[i] = true
	}
	return all
}

func timings() []timed {
	var all []timed
	add := func(c timed) { all = append(all, c) }
	out := css("#out")

	for _, ms := range []int{0, 5, 50, 300, 900} {
		add(timed{
			name: fmt.Sprintf("click, answer after %d ms", ms), html: answers(`<p id=out></p>`, ms, `out.textContent = 'Finished'`),
			steps: clicked(waitFor(byText("Finished"))), onPage: on(2),
		})
	}
	// What a wait can wait for.
	for _, w := range []struct {
		name, body, change string
		wait               scenario.Action
	}{
		{"hidden", `<p id=out>busy`, `out.style.display = 'none'`, waitState(out, "hidden")},
		{"hidden because gone", `<p id=out>busy`, `out.remove()`, waitState(out, "hidden")},
		{"attached", ``, `document.body.insertAdjacentHTML('beforeend', '<p id=out hidden>')`, waitState(out, "attached")},
		{"detached", `<p id=out hidden>`, `out.remove()`, waitState(out, "detached")},
		{"enabled", `<button id=out disabled>`, `out.disabled = false`, waitState(out, "enabled")},
		{"a class", `<style>.off{display:none}</style><p id=out class=off>x`, `out.className = ''`, waitFor(out)},
		{"a name by ARIA", `<button id=out>x</button>`, `out.setAttribute('aria-label', 'Stop')`, waitFor(role("button", "Stop"))},
		{"characters", `<p id=out>x`, `out.firstChild.data = 'Finished'`, waitFor(byText("Finished"))},
		{"the whole body", `<p id=out>x`, `document.body.innerHTML = '<p>Finished'`, waitFor(byText("Finished"))},
		{"a style sheet added", `<p id=out hidden>x`, `document.head.insertAdjacentHTML('beforeend', '<style>#out{display:block}</style>')`, waitFor(out)},
		{"details", `<details id=more><p id=out>x</details>`, `more.open = true`, waitFor(out)},
		{"dialog", `<dialog id=more><p id=out>x</dialog>`, `more.showModal()`, waitFor(out)},
		{"an open shadow root", `<div id=host></div>`, `host.attachShadow({mode: 'open'}).innerHTML = '<p>Finished'`, waitFor(byText("Finished"))},
		{"within a shadow root", `<div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = '<p>x'</script>`,
			`host.shadowRoot.querySelector('p').textContent = 'Finished'`, waitFor(byText("Finished"))},
		{"within a declarative shadow root", `<div id=host><template shadowrootmode=open><p>x</p></template></div>`,
			`host.shadowRoot.querySelector('p').textContent = 'Finished'`, waitFor(byText("Finished"))},
		{"within a root that came late", `<div id=host></div><script>
		  addEventListener('load', () => { host.setHTMLUnsafe('<div id=inner><template shadowrootmode=open><p>x</p></template></div>') })</script>`,
			`inner.shadowRoot.querySelector('p').textContent = 'Finished'`, waitFor(byText("Finished"))},
		{"document.write", ``, `document.write('<p>Finished'); document.close()`, waitFor(byText("Finished"))},
		{"becomes visible", `<p id=out hidden>x`, `out.hidden = false`, becomes(out, "visible")},
		{"becomes changed", `<p id=out>x`, `out.textContent = 'y'`, becomes(out, "changed")},
		{"to_have_text", `<p id=out>x`, `out.textContent = 'Finished'`, expectText(out, "Finished")},
		{"to_contain_text", `<p id=out>x`, `out.textContent = 'It is Finished'`,
			step(&scenario.Expect{Target: out, Assertion: "to_contain_text", Text: literally("Finished")})},
		{"to_contain_text, regular expression", `<p id=out>x`, `out.textContent = 'It is finished 12'`,
			step(&scenario.Expect{Target: out, Assertion: "to_contain_text", Text: like(`/FINISHED \d+/i`)})},
		{"to_have_value", `<input id=out value=x>`, `out.setAttribute('value', 'y')`,
			step(&scenario.Expect{Target: out, Assertion: "to_have_value", Text: literally("y")})},
		{"to_have_count", `<ul id=out><li>1</ul>`, `out.insertAdjacentHTML('beforeend', '<li>2<li>3')`,
			step(&scenario.Expect{Target: css("#out li"), Assertion: "to_have_count", Count: 3})},
		{"to_have_count 0", `<ul id=out><li>1</ul>`, `out.innerHTML = ''`,
			step(&scenario.Expect{Target: css("#out li"), Assertion: "to_have_count"})},
		{"to_be_enabled", `<button id=out disabled>`, `out.disabled = false`,
			step(&scenario.Expect{Target: out, Assertion: "to_be_enabled", Want: true})},
		{"not to_be_enabled", `<button id=out>`, `out.disabled = true`,
			step(&scenario.Expect{Target: out, Assertion: "to_be_enabled"})},
		{"to_be_checked", `<div id=out role=checkbox aria-checked=false>x</div>`, `out.setAttribute('aria-checked', 'true')`,
			step(&scenario.Expect{Target: out, Assertion: "to_be_checked", Want: true})},
		{"to_have_attribute", `<a id=out href=/x>x</a>`, `out.href = '/y'`,
			step(&scenario.Expect{Target: out, Assertion: "to_have_attribute", Name: "href", Text: literally("/y")})},
		{"wait_for_url, pushState", ``, `history.pushState({}, '', '/result?n=1')`, step(&scenario.WaitForURL{Glob: "/result?n=*"})},
		{"wait_for_url, fragment", ``, `location.hash = 'result'`, step(&scenario.WaitForURL{Glob: "**/*#result"})},
		{"wait_for_function", ``, `window.ready = 3; document.body.append('x')`, step(&scenario.WaitForFunction{JS: "n => window.ready === n", Args: nil})},
	} {
		if f, ok := w.wait.Op.(*scenario.WaitForFunction); ok {
			f.JS, f.Args = "a => window.ready === a.n", map[string]any{"n": 3}
		}
		add(timed{name: w.name, html: answers(w.body, delay, w.change), steps: clicked(w.wait), onPage: on(2)})
	}
	add(timed{
		name: "becomes hidden, of a spinner that comes late", html: answers(`<p id=out hidden>busy`, 300, `out.hidden = true`) +
			`<script>run.addEventListener('click', () => setTimeout(() => { out.hidden = false }, 100))</script>`,
		steps: clicked(becomes(out, "hidden")), onPage: on(2),
	})
	add(timed{
		name: "two waits, the second one true first", html: answers(`<p id=out>x<p id=b>x`, delay, `out.textContent = 'Finished'`) +
			`<script>run.addEventListener('click', () => setTimeout(() => { b.textContent = 'Ready' }, 50))</script>`,
		steps: clicked(waitFor(byText("Finished")), waitFor(byText("Ready"))), onPage: on(3),
	})
	add(timed{
		name: "other things change all the time", html: answers(`<p id=out>x<p id=b>x`, 300, `out.textContent = 'Finished'`) +
			`<script>setInterval(() => { b.textContent = performance.now() }, 20)</script>`,
		// The last change before the look may be one of the others, and a look
		// takes its time on a busy machine.
		late: 500 * time.Millisecond, steps: clicked(waitFor(byText("Finished"))), onPage: on(2),
	})
	// What nothing announces.
	for _, w := range []struct{ name, body, change string }{
		{"insertRule", `<style id=s></style><p id=out hidden>x`, `s.sheet.insertRule('#out{display:block}')`},
		{"a script's value", `<style>#f:placeholder-shown+#out{display:none}</style><input id=f placeholder=x><p id=out>x`, `f.value = 'y'`},
	} {
		add(timed{name: w.name, html: answers(w.body, delay, w.change), steps: clicked(waitFor(out)), onPage: []bool{true, false}, late: lateUnannounced})
	}
	add(timed{
		name: "canvas", html: answers(`<canvas id=out width=9 height=9></canvas>`, delay, `out.getContext('2d').fillRect(0, 0, 9, 9)`),
		steps:  clicked(step(&scenario.WaitForFunction{JS: "() => out.getContext('2d').getImageData(4, 4, 1, 1).data[3] > 0"})),
		onPage: []bool{true, false}, late: lateUnannounced,
	})
	add(timed{
		name: "a CSS transition's end", html: answers(`<style>#out{visibility:hidden;transition:visibility 0s .1s}#out.on{visibility:visible}</style><p id=out>x`, 20,
			`out.className = 'on'; out.ontransitionend = done`),
		early: 15 * time.Millisecond, // its own handler is the last to know
		steps: clicked(waitFor(out)), onPage: on(2),
	})

	// Actions, as the page sees them: alone, and some with a wait for what the
	// page does 130 ms after the first of the last kind of event.
	withWait := []string{"click right", "dblclick", "hover", "press", "fill", "select", "scroll", "drag by"}
	for _, a := range []struct {
		name, body string
		events     []string
		step       scenario.Action
	}{
		{"click three times", `<button id=f>x</button>`, []string{"pointerdown", "click"}, step(&scenario.Click{Target: css("#f"), Times: 3})},
		{"click right", `<button id=f>x</button>`, []string{"pointerdown", "auxclick", "contextmenu"}, step(&scenario.Click{Target: css("#f"), Button: "right"})},
		{"dblclick", `<button id=f>x</button>`, []string{"pointerdown", "click"}, step(&scenario.DblClick{Target: css("#f")})},
		{"check", `<input type=checkbox id=f>`, []string{"pointerdown", "click"}, step(&scenario.Check{Target: css("#f")})},
		{"uncheck", `<input type=checkbox id=f checked>`, []string{"pointerdown", "click"}, step(&scenario.Uncheck{Target: css("#f")})},
		{"hover", `<button id=f>x</button>`, []string{"pointermove"}, step(&scenario.Hover{Target: css("#f")})},
		{"press", `<input id=f>`, []string{"keydown", "keyup"}, step(&scenario.Press{Target: css("#f"), Key: "a", Times: 3})},
		{"press_sequentially", `<input id=f>`, []string{"keydown", "keyup"}, step(&scenario.PressSequentially{Target: css("#f"), Value: "hello"})},
		{"keyboard", ``, []string{"keydown", "keyup"}, step(&scenario.Keyboard{Key: "Control+A", Times: 2})},
		{"fill", `<input id=f>`, []string{"focus", "beforeinput", "change", "input"}, step(&scenario.Fill{Target: css("#f"), Value: "hello"})},
		{"select", `<select id=f><option>a<option>b</select>`, []string{"input", "change"}, step(&scenario.Select{Target: css("#f"), Values: []string{"b"}})},
		{"upload", `<input type=file id=f>`, []string{"input", "change"}, step(&scenario.Upload{Target: css("#f"), Files: []string{"timing_test.go"}})},
		{"focus", `<input id=f>`, []string{"focus"}, step(&scenario.Focus{Target: css("#f")})},
		{"scroll", `<div style=height:9000px>`, []string{"scroll"}, step(&scenario.Scroll{By: 800})},
		{"scroll to", `<div style=height:9000px></div><p id=f>x`, []string{"scroll"}, step(&scenario.Scroll{Target: new(css("#f"))})},
		{"drag by", `<div id=f style=width:50px;height:50px>`, []string{"pointerdown", "pointerup"}, step(&scenario.Drag{Target: css("#f"), By: &scenario.Point{X: 40, Y: 30}})},
		{"drag to", `<p id=f>x<p id=to>y`, []string{"pointerdown", "pointerup"}, step(&scenario.Drag{Target: css("#f"), To: new(css("#to"))})},
		{"drag what is draggable", `<p id=f draggable=true>x<p id=to ondragover="event.preventDefault()">y`, []string{"pointerdown", "drop", "dragend"},
			step(&scenario.Drag{Target: css("#f"), To: new(css("#to"))})},
	} {
		add(timed{
			name: a.name, html: record + a.body + `<script>input('` + strings.Join(a.events, "', '") + `')</script>`,
			steps: []scenario.Action{a.step}, onPage: on(1),
		})
		if !slices.Contains(withWait, a.name) {
			continue
		}
		add(timed{
			name: a.name + ", then a wait", html: record + a.body + `<p id=out>x</p><script>
			  addEventListener('` + a.events[0] + `', e => began(e.timeStamp), true);
			  addEventListener('` + a.events[len(a.events)-1] + `', () => setTimeout(() => { out.textContent = 'Finished'; done() }, 130), {capture: true, once: true})</script>`,
			steps: []scenario.Action{a.step, waitFor(byText("Finished"))}, onPage: on(2),
		})
	}
	return all
}

func TestTimings(t *testing.T) {
	var v *visitor // who goes from page to page, as users do
	all := t
	cases := timings()
	site := http.NewServeMux()
	for i, c := range cases {
		site.Handle(fmt.Sprintf("/%d/", i), page(c.html))
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if v == nil {
				v = visit(all, site)
			}
			v.t = t
			defer func() {
				if t.Failed() {
					v = nil
				}
			}()
			v.do(goTo(fmt.Sprintf("/%d/", i)))
			v.timed(c)
		})
	}
}

// What a page has told of is not told again: the same action, once more, has a
// time of its own.
func TestTheSameActionAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, events string
		step               func(i int) scenario.Op
	}{
		{"scroll", `<div style=height:9000px>`, `'scroll'`, func(int) scenario.Op { return &scenario.Scroll{By: 800} }},
		{"hover", `<p class=f>a<p class=f>b`, `'pointermove'`, func(i int) scenario.Op { return &scenario.Hover{Target: css(fmt.Sprintf(".f >> nth=%d", i%2))} }},
		{"focus", `<input class=f><input class=f>`, `'focus'`, func(i int) scenario.Op { return &scenario.Focus{Target: css(fmt.Sprintf(".f >> nth=%d", i%2))} }},
		{"fill", `<input class=f>`, `'focus', 'beforeinput', 'input', 'change'`, func(i int) scenario.Op {
			return &scenario.Fill{Target: css(".f"), Value: strconv.Itoa(i)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(t, page(record+c.body+"<script>input("+c.events+")</script>"))
			v.do(goTo("/"))
			for i := range 4 {
				v.eval("delete truth.begin")
				v.timed(timed{steps: []scenario.Action{step(c.step(i))}, onPage: on(1)})
			}
		})
	}
}

// The parser may take its time between an element and its declarative root.
func TestShadowRootThatIsParsedLate(t *testing.T) {
	v := visit(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page(answers(``, delay, `host.shadowRoot.querySelector('p').textContent = 'Finished'`)+`<div id=host>`)(w, r)
		w.(http.Flusher).Flush()
		time.Sleep(100 * time.Millisecond)
		fmt.Fprint(w, `<template shadowrootmode=open><p>x</p></template></div>`)
	}))
	v.do(goTo("/"))
	v.timed(timed{steps: clicked(waitFor(byText("Finished"))), onPage: on(2)})
}

// document.open takes every listener of the page away, and ours with them.
func TestPageThatIsWrittenAnew(t *testing.T) {
	v := visit(t, page(answers(``, 0, `document.open(); document.write(`+"`"+`<button id=run>Run</button><p id=out>New</p><script>
	  run.onpointerdown = e => { truth.begin = at(e.timeStamp) };
	  run.onclick = () => setTimeout(() => { out.textContent = 'Finished'; done() }, 130);
	  <\/script>`+"`"+`); document.close()`)))
	v.do(goTo("/"))
	v.do(clicked(waitFor(byText("New")))...)
	v.timed(timed{steps: clicked(waitFor(byText("Finished"))), onPage: on(2)})
}

// timed carries out the steps of a case on the page that it is on, and compares
// readings and truth.
func (v *visitor) timed(c timed) {
	t := v.t
	t.Helper()
	before := v.clock.Now()
	spans := v.do(c.steps...)
	inOrder(t, spans, before, v.clock.Now())
	for i, want := range c.onPage {
		if spans[i].OnPage != want {
			t.Errorf("step %d: on the page's clock: %t, want %t", i, spans[i].OnPage, want)
		}
	}
	truth := v.truth(c.frame)
	compare(t, "begin", spans[0].Begin, truth.begin, early, early)
	compare(t, "end", spans[len(spans)-1].End, truth.end, max(early, c.early), max(late, c.late))
}

type truth struct{ begin, end event.Instant }

// truth is the page's own record.
func (v *visitor) truth(frame string) truth {
	v.t.Helper()
	var got any
	var err error
	if frame == "" {
		got, err = v.page.Evaluate("truth")
	} else {
		got, err = v.page.FrameLocator(frame).Locator(":root").Evaluate("() => truth", nil)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	m := got.(map[string]any)
	return truth{event.Instant(number(m["begin"]) * 1e6), event.Instant(number(m["end"]) * 1e6)}
}

func compare(t testing.TB, what string, got, want event.Instant, early, late time.Duration) {
	t.Helper()
	if want == 0 {
		t.Errorf("%s: the page has no record of it", what)
		return
	}
	if d := got.Sub(want); d < -early || d > late {
		t.Errorf("%s is %s off, allowed are -%s to +%s", what, d, early, late)
	} else {
		t.Logf("%s: %+.1f ms", what, float64(d)/1e6)
	}
}

// inOrder checks what holds of all spans: within the call, begin before end.
func inOrder(t testing.TB, spans []runner.Span, before, after event.Instant) {
	t.Helper()
	for i, s := range spans {
		if s.Skipped {
			continue
		}
		if s.Begin > s.End {
			t.Errorf("step %d ends %s before it begins", i, s.Begin.Sub(s.End))
		}
		if s.Begin < before || s.End > after {
			t.Errorf("step %d: from %s to %s of a call that took %s", i, s.Begin.Sub(before), s.End.Sub(before), after.Sub(before))
		}
	}
}

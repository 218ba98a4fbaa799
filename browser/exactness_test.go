package browser

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// What can be asked for in the environment.
const (
	// TestExactness: "full" drives each way with each kind of target in each
	// state, which takes minutes; else each way meets five kinds, each kind in a
	// pair of states, and all kinds meet all states in one way or another.
	fullMatrix = "LOADWRIGHT_EXACTNESS"
	// TestRandomPages: how many there are, and the seed of the first one.
	howMany   = "LOADWRIGHT_EXACTNESS_ROUNDS"
	firstSeed = "LOADWRIGHT_EXACTNESS_SEED"
)

const (
	// How late a single reading may be, announced or seen by the fallback only:
	// a machine may take the processor from the page in between, or from a look.
	// What is promised is checked of their quantiles: see readings.
	busyMachine = 100 * time.Millisecond
	stated      = time.Second
	changeAfter = 30 // ms from the order to the change
	neverWithin = 250 * time.Millisecond
	// noHang bounds what returns at once unless the machine is very busy.
	noHang = 15 * time.Second
)

// condition is a wait, and how to ask Playwright the same.
type condition struct {
	name string
	step scenario.Action
	// holds looks once; lasts is Playwright's own wait for it.
	holds func() (bool, error)
	lasts func(timeout float64) error
}

// states are the pairs of a target's coming and going.
var states = [][2]string{{"visible", "hidden"}, {"attached", "detached"}, {"becomes visible", "becomes hidden"}}

// stateOf is a wait for a state of a target.
func (v *visitor) stateOf(a aim, w way, state string) condition {
	t, root := a.target, v.root(w)
	if w.frame != "" {
		frame := css("iframe")
		if w.nested {
			frame = inFrame(frame, frame)
		}
		t = inFrame(frame, t)
	}
	l := a.plain(root)
	c := condition{name: a.name + " " + state, step: waitState(t, state)}
	state, edge := strings.CutPrefix(state, "becomes ")
	if edge {
		c.step = becomes(t, state)
	}
	c.holds = func() (bool, error) {
		switch state {
		case "visible":
			return l.IsVisible()
		case "hidden":
			visible, err := l.IsVisible()
			return !visible, err
		}
		n, err := l.Count()
		return (n > 0) == (state == "attached"), err
	}
	c.lasts = func(timeout float64) error {
		return l.WaitFor(playwright.LocatorWaitForOptions{State: (*playwright.WaitForSelectorState)(&state), Timeout: &timeout})
	}
	return c
}

// root is the root of the document that a way is about.
func (v *visitor) root(w way) playwright.Locator {
	if w.frame == "" {
		return v.page.Locator(":root")
	}
	frame := v.page.FrameLocator("iframe")
	if w.nested {
		frame = frame.FrameLocator("iframe")
	}
	return frame.Locator(":root")
}

// TestExactness is the matrix: every kind of target and every state, on pages on
// which they come true in every way.
func TestExactness(t *testing.T) {
	t.Parallel()
	full := os.Getenv(fullMatrix) == "full"
	site := http.NewServeMux()
	site.HandleFunc("/show.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		fmt.Fprint(w, "#out{display:block}")
	})
	var tests []visiting
	var r readings
	for i, w := range ways() {
		path := fmt.Sprintf("/%d/", i)
		w.serve(site, path)
		tests = append(tests, visiting{w.name, func(t *testing.T, v *visitor) { v.drive(t, w, path, i, full, &r) }})
	}
	for i, e := range expectations() {
		path := fmt.Sprintf("/expect%d/", i)
		way{html: e.html, show: e.change}.serve(site, path)
		tests = append(tests, visiting{"expect: " + e.name, func(t *testing.T, v *visitor) {
			v.t = t
			v.do(goTo(path))
			c := condition{name: e.name, step: e.step, lasts: func(timeout float64) error { return e.plain(v.page, timeout) }}
			c.holds = func() (bool, error) { return c.lasts(1) == nil, nil }
			v.exact(c, way{unannounced: e.unannounced}, "show", false, false, &r)
		}})
	}
	crowd(t, site, tests)
	quantile(t, "announced", r.announced, 0.5, 2*time.Millisecond)
	quantile(t, "announced", r.announced, 0.95, late)
	// docs/timing.md: every 100 ms; a look comes on top.
	quantile(t, "unannounced", r.unannounced, 0.5, 150*time.Millisecond)
	quantile(t, "crowded", r.crowded, 0.5, 100*time.Millisecond) // a look's length
}

// readings are how late the waits of a matrix were.
type readings struct {
	mu                              sync.Mutex
	announced, unannounced, crowded []time.Duration
}

func (r *readings) add(w way, off time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case w.crowded:
		r.crowded = append(r.crowded, off)
	case w.unannounced:
		r.unannounced = append(r.unannounced, off)
	case !w.anyClock && !w.navigates:
		r.announced = append(r.announced, off)
	}
}

// quantile checks a quantile of readings.
func quantile(t *testing.T, what string, all []time.Duration, q float64, most time.Duration) {
	t.Helper()
	if len(all) < 10 {
		return // only a part of the matrix was driven
	}
	slices.Sort(all)
	if off := all[int(q*float64(len(all)-1))]; off > most {
		t.Errorf("%s: %s off at the quantile %v of %d, allowed are %s", what, off, q, len(all), most)
	} else {
		t.Logf("%s: %s off at the quantile %v of %d", what, off, q, len(all))
	}
}

// visiting is what a visitor does.
type visiting struct {
	name string
	run  func(t *testing.T, v *visitor)
}

// crowd has several visitors at once. Most of the time they wait: there are more
// of them than cores.
func crowd(t *testing.T, site http.Handler, all []visiting) {
	queue := make(chan visiting)
	var visitors sync.WaitGroup
	for range 4 {
		v := visit(t, site)
		visitors.Go(func() {
			for c := range queue {
				t.Run(c.name, func(t *testing.T) { c.run(t, v) })
			}
		})
	}
	for _, c := range all {
		queue <- c
	}
	close(queue)
	visitors.Wait()
}

// serve answers with the pages of a way.
func (w way) serve(site *http.ServeMux, path string) {
	const end = "</script>"
	changes := "<script>const show = () => {" + w.show + "}, hide = () => {" + w.hide + "}" + end
	if w.show == "" {
		changes = ""
	}
	inner := func(rw http.ResponseWriter, r *http.Request) {
		html := w.html
		if r.URL.RawQuery == "on" {
			html = w.on
		}
		page(exactly+changes+html)(rw, r)
	}
	if w.frame == "" {
		site.HandleFunc(path, inner)
		return
	}
	forward := "<script>go = (name, ms) => frames[0].postMessage([name, ms], '*')" + end
	if w.nested {
		forward = strings.Replace(forward, "frames[0]", "frames[0].frames[0]", 1)
	}
	if w.show == "" {
		forward = ""
	}
	site.Handle(path, page(exactly+forward+w.frame))
	changes += "<script>addEventListener('message', e => go(...e.data))" + end
	site.HandleFunc(path+"inner", inner)
}

// drive takes a way's target to and fro, in all kinds.
func (v *visitor) drive(t *testing.T, w way, path string, number int, full bool, r *readings) {
	v.t = t
	v.do(goTo(path))
	pairs := states
	if w.stays {
		pairs = [][2]string{states[0], states[2]}
	}
	kinds := w.aims
	if kinds == nil {
		kinds = aims
	}
	n := len(kinds)
	if !full {
		n = min(n, cmp.Or(w.few, 5))
	}
	for i := range n {
		a := kinds[(number+i)%len(kinds)]
		chosen := pairs
		if !full {
			k := i % len(pairs)
			chosen = pairs[k : k+1]
		}
		for j, pair := range chosen {
			never := w.misses != nil && w.misses(a)
			// A wait whose first look holds has no evidence of when that began but
			// what was announced: without, it needs a look before the action.
			alone := (i+j)%2 == 0 && !w.unannounced
			for k, change := range []string{"show", "hide"} {
				if never && k == 1 {
					v.eval("hide()") // it was gone all the time
					break
				}
				c := v.stateOf(a, w, pair[k])
				t.Run(c.name, func(t *testing.T) {
					v.t = t
					v.exact(c, w, change, never, alone, r)
				})
				if t.Failed() {
					return
				}
			}
		}
	}
}

// exact waits for a condition that a change makes true, and holds what the wait
// says against what the plain locator says and against the page's own record.
func (v *visitor) exact(c condition, w way, change string, never, alone bool, r *readings) {
	t := v.t
	t.Helper()
	if held, err := c.holds(); held || err != nil {
		t.Fatalf("before the change it holds: %t, %v", held, err)
	}
	order := fmt.Sprintf("go(%q, %d)", change, changeAfter)
	if never {
		c.step = within(neverWithin, c.step)
	}
	steps := []scenario.Action{step(&scenario.Evaluate{JS: order}), c.step}
	if alone && c.step.Op.(*scenario.WaitFor).Becomes == "" {
		v.eval(order)
		steps = steps[1:]
	}
	before := v.clock.Now()
	spans, err := v.Do(t.Context(), steps)
	returned := v.clock.Now()
	inOrder(t, spans, before, returned)
	if never {
		if err == nil || !strings.HasPrefix(err.Error(), "not within 250ms: ") {
			t.Errorf("error %v", err)
		}
		if held, err := c.holds(); held || err != nil {
			t.Errorf("the plain locator: it holds: %t, %v", held, err)
		}
		if err := c.lasts(100); err == nil {
			t.Error("Playwright's own wait holds")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if held, err := c.holds(); !held {
		t.Errorf("after the change the plain locator does not hold: %v", err)
	}
	if err := c.lasts(float64(noHang.Milliseconds())); err != nil {
		t.Errorf("after the change Playwright's own wait: %v", err)
	}
	span := spans[len(spans)-1]
	truth := max(v.recorded(w), span.Begin) // a wait that comes late begins late
	bound := busyMachine
	if w.unannounced || w.crowded {
		bound = stated
	}
	ahead := early
	if w.gradual {
		ahead += max(0, truth.Sub(v.instantOf(w, "from"))-w.takes)
	}
	if w.navigates {
		bound = stated
		if change == "hide" {
			ahead += truth.Sub(v.instantOf(w, "performance.timeOrigin"))
		}
	}
	compare(t, "end", span.End, truth, ahead, bound)
	r.add(w, span.End.Sub(truth))
	if !w.anyClock && !w.navigates && span.OnPage == w.unannounced {
		t.Errorf("on the page's clock: %t", span.OnPage)
	}
	if d := returned.Sub(truth); d > noHang {
		t.Errorf("it returned %s after the change", d)
	}
}

// recorded is when the change was made, as the page has it.
func (v *visitor) recorded(w way) event.Instant {
	v.t.Helper()
	for range 100 {
		if at := v.instantOf(w, "truth"); at > 0 {
			return at
		}
		time.Sleep(20 * time.Millisecond)
	}
	v.t.Fatal("the page has no record of the change")
	return 0
}

// instantOf reads a time of the page's; 0 where there is none yet.
func (v *visitor) instantOf(w way, js string) event.Instant {
	var got any
	var err error
	if w.frame != "" && w.show != "" {
		got, err = v.root(w).Evaluate("() => "+js, nil)
	} else {
		got, err = v.page.Evaluate(js)
	}
	if err != nil {
		v.t.Log(err) // the page may be on its way
	}
	return event.Instant(number(got) * 1e6)
}

// A flash is seen or it is not: a look takes some milliseconds, as long as the
// flash. What is said of it must be true in either case, and soon. How many are
// seen where the machine has time for it is in docs/timing.md.
func TestFlash(t *testing.T) {
	t.Parallel()
	for name, besides := range map[string]string{
		"nothing else changes":               ``,
		"other things change every 5 ms too": `setInterval(() => { other.textContent = performance.now() }, 5)`,
	} {
		t.Run(name, func(t *testing.T) { flash(t, besides) })
	}
}

func flash(t *testing.T, besides string) {
	v := visit(t, page(exactly+`<p id=out hidden>x</p><p id=other>x</p><script>
	  let began = 0;
	  `+besides+`;
	  const flash = f => { f(); done(); began = truth; return new Promise(over => setTimeout(() => { f(); over() }, 10)) };
	  const show = () => flash(() => { out.hidden = !out.hidden }), hide = () => { out.hidden = false };
	  </script>`))
	out := css("#out")
	const soon = 500 * time.Millisecond
	all, flashes := 0, 0
	for _, c := range []struct {
		state   string
		visible bool // before and after the flash
	}{{"visible", false}, {"hidden", false}, {"visible", true}, {"hidden", true}} {
		seen := 0
		const times = 5
		for range times {
			v.do(goTo("/"))
			if c.visible {
				v.eval("hide()")
			}
			before := v.clock.Now()
			spans, err := v.Do(t.Context(), []scenario.Action{step(&scenario.Evaluate{JS: fmt.Sprintf("go('show', %d)", changeAfter)}), within(soon, becomes(out, c.state))})
			returned := v.clock.Now()
			inOrder(t, spans, before, returned)
			if err != nil {
				if !strings.HasPrefix(err.Error(), "not within 500ms: ") {
					t.Error(err)
				}
				continue
			}
			seen++
			over := v.recorded(way{})
			began := v.instantOf(way{}, "began")
			want, bound := over, busyMachine
			if c.visible != (c.state == "visible") {
				want, bound = began, busyMachine+over.Sub(began) // it may be over when the look's answer comes
			}
			compare(t, c.state, spans[1].End, want, early, bound)
		}
		t.Logf("becomes %s, visible before: %t: seen %d of %d times", c.state, c.visible, seen, times)
		all += seen
		flashes += times
	}
	if all < flashes/2 {
		t.Errorf("%d of %d flashes were seen", all, flashes)
	}
}

// A page may be without the instrument (one of the browser's own, say): every
// question fails at once, and only the fallback sees anything.
func TestPageWithoutTheInstrument(t *testing.T) {
	t.Parallel()
	w := way{html: `<div id=box></div>`, show: `add(box)`, hide: `out.remove()`, unannounced: true}
	site := http.NewServeMux()
	w.serve(site, "/")
	v := visit(t, site)
	v.pool.key = "none"
	v.drive(t, w, "/", 0, false, &readings{})
}

// What a busy page tells late, of changes from before a look that did not hold,
// must not be taken for what ended the wait.
func TestFirstAnswerThatComesLate(t *testing.T) {
	t.Parallel()
	w := way{
		frame: `<iframe src=inner></iframe>`, html: `<style id=s></style>` + button9,
		show: `busy(300); s.sheet.insertRule('#out{visibility:hidden}')`, unannounced: true,
	}
	site := http.NewServeMux()
	w.serve(site, "/")
	// The frame is first asked some milliseconds after the first look.
	for ms := 0; ms < 24; ms += 3 {
		v := visit(t, site)
		v.do(goTo("/"))
		c := v.stateOf(aims[0], w, "hidden")
		if held, err := c.holds(); held || err != nil { // it makes the next look fast
			t.Fatalf("before the change it holds: %t, %v", held, err)
		}
		before := v.clock.Now()
		spans := v.do(step(&scenario.Evaluate{JS: fmt.Sprintf("go('show', %d)", ms)}), c.step)
		inOrder(t, spans, before, v.clock.Now())
		compare(t, "end", spans[1].End, v.recorded(w), early, stated)
	}
}

// A wait ends no earlier than the one before it: an event whose last wait holds
// from the beginning has taken as long as the others took.
func TestWaitsEndOneAfterAnother(t *testing.T) {
	t.Parallel()
	v := visit(t, page(answers(`<p id=out>x`, delay, `document.body.append('Finished')`)))
	v.do(goTo("/"))
	before := v.clock.Now()
	spans := v.do(clicked(waitFor(byText("Finished")), waitFor(css("#out")))...)
	inOrder(t, spans, before, v.clock.Now())
	compare(t, "end", spans[2].End, v.truth("").end, early, late)
	if !spans[2].Already || spans[1].Already {
		t.Error("the last wait held already, and only that")
	}
}

package browser

import (
	"context"
	"fmt"
	"github.com/playwright-community/playwright-go"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// after each of these the session closes in order (visit sees to it) and the
// browser serves the next one.

func TestDialogs(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<p id=out></p><script>
	  alert('on load');
	  run.onclick = () => { alert('a'); out.textContent = confirm('b') + ' ' + prompt('c', 'd') + ' Finished' };
	  addEventListener('beforeunload', e => { e.preventDefault(); return 'stay' })</script>`)))
	v.do(goTo("/"), waitFor(run))
	v.do(clicked(expectText(css("#out"), "false null Finished"))...)
	v.do(goTo("/away"), waitFor(run), click(run), step(&scenario.Reload{WaitUntil: scenario.Load}), waitFor(run))
}

func TestPopUps(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<p id=out></p><script>
	  run.onclick = () => { for (let i = 0; i < 12; i++) open('/pop'); out.textContent = 'Finished' }</script>`)))
	v.do(goTo("/"))
	v.do(clicked(waitFor(byText("Finished")))...)
	if left := settled(func() string {
		if pages := len(v.context.Pages()); pages != 1+otherPages {
			return fmt.Sprintf("%d pages are open, want one and %d pop-ups", pages, otherPages)
		}
		return ""
	}); left != "" {
		t.Error(left)
	}
	v.do(clicked(waitFor(byText("Finished")))...)
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	site.Handle("/", page(`<a id=a href=/file>File</a>`))
	site.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="x.bin"`)
		w.Write(make([]byte, 1<<20))
	})
	v := visit(t, site)
	v.do(goTo("/"), click(css("#a")), click(css("#a")), waitFor(css("#a")))
	err := v.fail(0, goTo("/file"))
	if want := "the address answers with a download, not with a page"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	v.do(goTo("/"), waitFor(css("#a")))
	saved, _ := filepath.Glob(filepath.Join(temp, "*", "tmp", "playwright-artifacts*", "*"))
	if len(saved) > 0 {
		t.Errorf("downloads were kept: %v", saved)
	}
}

func TestEndlessRedirects(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	site.Handle("/", page(`<p>here`))
	site.Handle("/http", http.RedirectHandler("/http", http.StatusFound))
	site.Handle("/script", page(`<script>setTimeout(() => location.replace('/script?' + Math.random()))</script><p>here`))
	site.Handle("/reload", page(`<script>location.reload()</script><p>here`))
	v := visit(t, site)
	err := v.fail(0, goTo("/http"))
	if want := "the page redirects without end (net::ERR_TOO_MANY_REDIRECTS)"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	soon := 700 * time.Millisecond
	for _, url := range []string{"/script", "/reload"} {
		v.fail(1, optional(within(soon, goTo(url))), within(soon, waitFor(byText("never"))))
		v.fail(1, optional(within(soon, goTo(url))), within(soon, waitFor(byText("never"))))
	}
	// That page goes on with it, and so interrupts what comes next.
	next := open(t, v.site)
	next.do(goTo("/"), waitFor(byText("here")))
}

func TestPageThatNeverLoads(t *testing.T) {
	t.Parallel()
	never := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	site := http.NewServeMux()
	site.HandleFunc("/never", never)
	site.Handle("/", page(`<p>here<img src=/never>`))
	site.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		page(`<p>here`)(w, r)
		w.(http.Flusher).Flush()
		never(w, r)
	})
	v := visit(t, site)
	soon := 500 * time.Millisecond
	for _, url := range []string{"/", "/never", "/half"} {
		err := v.fail(0, within(soon, goTo(url)))
		if want := "not within 500ms: "; !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", url, err, want)
		}
	}
	// What is there already can be waited for.
	const long = 3 * time.Second
	spans := v.do(optional(within(long, goTo("/"))), waitFor(byText("here")))
	if d := spans[1].End.Sub(spans[0].Begin); d > long-time.Second {
		t.Errorf("the wait took %s", d)
	}
	v.do(step(&scenario.Goto{URL: "/half", WaitUntil: scenario.Commit}), waitFor(byText("here")))
}

func TestMegabytesOnTheConsole(t *testing.T) {
	t.Parallel()
	var before, after runtime.MemStats
	v := visit(t, page(button(`<p id=out></p><script>run.onclick = () => {
	  for (let i = 0; i < 4; i++) console.log('x'.repeat(1e6), {i}); console.error('the end'); out.textContent = 'Finished' }</script>`)))
	v.do(goTo("/"))
	runtime.ReadMemStats(&before)
	v.do(clicked(waitFor(byText("Finished")))...)
	base := filepath.Join(t.TempDir(), "failure")
	if err := v.Capture(t.Context(), base, asIs); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 100<<20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
	text := read(t, base+".console.txt")
	if len(text) > 300_000 || !strings.HasSuffix(text, "error: the end\n") {
		t.Errorf("%d bytes of console, ending in %.100q", len(text), text[max(0, len(text)-100):])
	}
}

func TestEndlessLoop(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<script>console.log('the last words'); const loop = () => setTimeout(() => { for (;;); }, 100)</script>`)))
	v.do(goTo("/"))
	v.eval("loop()")
	time.Sleep(500 * time.Millisecond)
	soon := 200 * time.Millisecond
	const busy = 5 * time.Second // the loop has one core to itself
	for _, steps := range [][]scenario.Action{
		{optional(within(soon, click(run))), within(soon, waitFor(byText("never")))},
		{within(soon, waitFor(byText("never")))},
		{within(soon, step(&scenario.WaitForFunction{JS: "false"}))},
		{within(soon, step(&scenario.WaitForQuiet{Quiet: time.Millisecond}))},
		{within(soon, step(&scenario.Keyboard{Key: "a"}))},
		{within(soon, step(&scenario.Evaluate{JS: "1"}))},
		{within(soon, step(&scenario.Scroll{By: 10}))},
		{within(soon, step(&scenario.Look{Target: run}))},
		{within(soon, ifVisible(run, click(run)))},
		{within(soon, becomes(run, "hidden"))},
		{within(soon, click(run)), within(soon, waitFor(byText("never")))},
	} {
		begin := time.Now()
		at := len(steps) - 1
		if !steps[0].Optional {
			at = 0
		}
		err := v.fail(at, steps...)
		// A look before the action and the grace for Playwright come on top.
		if took, most := time.Since(begin), 3*soon+grace+busy; took > most {
			t.Errorf("%T took %s, allowed are %s", steps[at].Op, took, most)
		}
		if !strings.HasPrefix(err.Error(), "not within 200ms: ") {
			t.Errorf("%T: %v", steps[at].Op, err)
		}
	}
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	base := filepath.Join(t.TempDir(), "failure")
	if err := v.Capture(ctx, base, asIs); err != nil {
		t.Errorf("the console was not kept: %v", err)
	}
	if got := read(t, base+".console.txt"); got != "log: the last words\n" {
		t.Errorf("console: %q", got)
	}
	if _, err := os.Stat(base + ".png"); !os.IsNotExist(err) {
		t.Errorf("a page caught in a loop has a picture: %v", err)
	}
	if took := time.Since(begin); took > time.Second+busy {
		t.Errorf("Capture took %s", took)
	}
}

func TestPageThatStallsForAWhile(t *testing.T) {
	t.Parallel()
	v := visit(t, page(answers(`<p id=out>`, 50, `out.textContent = 'Finished'; done(); for (const t = performance.now(); performance.now() < t + 2000; );`)))
	v.do(goTo("/"))
	// What the page has written is seen once its script is over: 2 s later.
	v.do(clicked(waitFor(byText("Finished")))...)
	spans := v.do(clicked(waitFor(byText("Finished")))...)
	if !spans[1].Already {
		t.Error("it stood there already")
	}
}

// A page that replaces what the instrument is made of is timed like any other.
func TestPageThatOverrides(t *testing.T) {
	const breaks = `<script>
	const real = { now: performance.now.bind(performance), timeout: setTimeout.bind(window), origin: performance.timeOrigin };
	const no = function () { throw new Error('overridden') };
	for (const name of ['MutationObserver', 'JSON', 'setTimeout', 'setInterval', 'requestAnimationFrame', 'Proxy', 'Reflect'])
	  Object.defineProperty(window, name, { value: no, writable: true, configurable: true });
	Object.defineProperty(window, 'performance', { value: { now: () => 42, timeOrigin: 7 }, configurable: true });
	window.Promise = class extends Promise {};
	Array.prototype.toJSON = no;
	Array.prototype.filter = Array.prototype.reduce = no;
	EventTarget.prototype.addEventListener = new Proxy(EventTarget.prototype.addEventListener, {});
	</script>`
	attach := `<script>
	const shadow = Element.prototype.attachShadow;
	Element.prototype.attachShadow = function (init) { return shadow.call(this, init) };
	</script>`
	site := http.NewServeMux()
	add := func(path, first string) {
		site.Handle(path, page(first+`<button id=run>Run</button><div id=host></div><script>
		const truth = {};
		document.addEventListener('pointerdown', e => { truth.begin = origin() + e.timeStamp });
		run.onclick = () => later(() => { host.attachShadow({mode: 'open'}).innerHTML = '<p>Finished'; truth.end = origin() + clock() }, 130);
		</script>`))
	}
	add("/all", strings.Replace(breaks, "new Proxy(EventTarget.prototype.addEventListener, {})", "EventTarget.prototype.addEventListener", 1)+attach+
		`<script>const later = real.timeout, clock = real.now, origin = () => real.origin</script>`)
	add("/none", `<script>const later = setTimeout, clock = () => performance.now(), origin = () => performance.timeOrigin</script>`)
	v := visit(t, site)
	for _, url := range []string{"/none", "/all"} {
		v.do(goTo(url))
		v.timed(timed{steps: clicked(waitFor(byText("Finished")), step(&scenario.WaitForQuiet{Quiet: 50 * time.Millisecond})), onPage: on(3)})
	}
}

// What a page can count up without looking for it is the same with the
// instrument and without.
func TestNothingOfOursIsEnumerable(t *testing.T) {
	t.Parallel()
	const enumerate = `<script>const keys = []; for (const k in window) keys.push(k);
	  const others = []; for (const o of [document, Element.prototype, EventTarget.prototype, Node.prototype]) for (const k in o) others.push(k);
	  const f = Object.getOwnPropertyDescriptor(Element.prototype, 'attachShadow');
	  const attach = [f.value.name, f.value.length, f.enumerable, f.writable, f.configurable].join(), own = Object.keys(window).length</script>`
	with := visit(t, page("<p>here"+enumerate))
	with.do(goTo("/"), waitFor(byText("here")))
	plain := visit(t, page("<p>here"+enumerate), func(o *Options) { o.Timing = scenario.WallTiming })
	plain.do(goTo("/"), waitFor(byText("here")))
	for _, what := range []string{"keys.join()", "others.join()", "own", "attach"} {
		if a, b := with.eval(what), plain.eval(what); a != b {
			t.Errorf("%s: the page sees %.3000v with the instrument, and %.3000v without", what, a, b)
		}
	}
	if got := with.eval("Object.keys(window).filter(k => /playwright|pwinit|lw[A-Z0-9]{26}/i.test(k)).join()"); got != "" {
		t.Errorf("the page can count up %v", got)
	}
	if got := with.eval(fmt.Sprintf("typeof window[%q]", with.pool.key)); got != "object" {
		t.Errorf("the instrument is not there: %v", got)
	}
}

func TestFiveThousandMutationsASecond(t *testing.T) {
	v := visit(t, page(answers(`<p id=out>x<p id=b>x`, 300, `out.textContent = 'Finished'`)+
		`<script>setInterval(() => { for (let i = 0; i < 50; i++) setTimeout(() => { b.textContent = performance.now() }, i / 5) }, 10)</script>`))
	v.do(goTo("/"))
	v.timed(timed{steps: clicked(waitFor(byText("Finished"))), onPage: nil, late: 500 * time.Millisecond})
	begin := time.Now()
	v.fail(0, within(500*time.Millisecond, waitFor(byText("never"))))
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("a wait of 500 ms took %s", took)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	site.HandleFunc("/500", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		page(`<p>sorry`)(w, r)
	})
	v := visit(t, site)
	err := v.fail(0, goTo("/500"), waitFor(byText("sorry")))
	if want := v.site + "/500 answered 500 Internal Server Error"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	for _, rule := range []scenario.StatusRule{{Any: true}, {Codes: []int{200, 500}}} {
		v.do(step(&scenario.Goto{URL: "/500", WaitUntil: scenario.Load, Status: rule}), waitFor(byText("sorry")))
	}
	v.fail(0, step(&scenario.Goto{URL: "/404", WaitUntil: scenario.Load, Status: scenario.StatusRule{Codes: []int{500}}}))
	v.fail(0, step(&scenario.Reload{WaitUntil: scenario.Load}))
}

func TestPageThatIsClosedUnderTheUser(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<script>run.onclick = () => console.log('clicked')</script>`)))
	v.do(goTo("/"))
	// Not before the click is done, however busy the machine is.
	v.page.OnConsole(func(playwright.ConsoleMessage) { time.AfterFunc(time.Second, func() { v.page.Close() }) })
	begin := time.Now()
	err := v.fail(1, clicked(waitFor(byText("never")))...)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s: %v", took, err)
	}
	if want := "the page was closed"; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestPageThatSetsItsClock(t *testing.T) {
	v := visit(t, page(`<script>Date.now = () => 0; Object.defineProperty(performance, 'timeOrigin', { value: 1 })</script>`+answers(``, delay, `document.body.append('Finished')`)))
	v.do(goTo("/"))
	before := v.clock.Now()
	spans := v.do(clicked(waitFor(byText("Finished")))...)
	inOrder(t, spans, before, v.clock.Now())
	if d := spans[1].End.Sub(spans[0].Begin); d < delay*time.Millisecond || d > (delay+25)*time.Millisecond {
		t.Errorf("the page answers after %d ms, not %s", delay, d)
	}
}

// The page is asked one question at a time, however much it changes.
func TestOneQuestionAtATime(t *testing.T) {
	t.Parallel()
	var instrumentKey string
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page(answers(`<p id=out>x<p id=b>x`, 300, `out.textContent = 'Finished'`)+fmt.Sprintf(`<script>{
		  let out = 0;
		  const real = window[%q];
		  window.asked = {all: 0, most: 0};
		  window.counted = {...real, next: (...of) => {
		    asked.all++;
		    asked.most = Math.max(asked.most, ++out);
		    const answer = Promise.resolve(real.next(...of));
		    answer.finally(() => { out-- });
		    return answer;
		  }};
		  run.addEventListener('click', () => setInterval(() => { b.textContent = performance.now() }, 5));
		}</script>`, instrumentKey))(w, r)
	})
	v := visit(t, site)
	instrumentKey, v.pool.key = v.pool.key, "counted"
	v.do(goTo("/"))
	v.do(clicked(waitFor(byText("Finished")))...)
	v.do(waitFor(css("#out")), becomes(css("#b"), "changed"))
	got := v.eval("asked").(map[string]any)
	if all, most := number(got["all"]), number(got["most"]); all < 3 || most != 1 {
		t.Errorf("%v questions, %v at a time; want some, 1 at a time", all, most)
	}
}

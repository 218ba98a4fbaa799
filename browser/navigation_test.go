package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// comes is a page on which a button comes 100 ms after its parsing, and then
// leaves the rest of its loading to a slow image.
const comes = record + `<script>
began(0);
setTimeout(() => { document.body.insertAdjacentHTML('beforeend', '<button>Run</button>'); done() }, 100);
</script><img src=/slow?%s>`

// slowly answers an image, late.
func slowly(after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(after):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	}
}

func TestWaitEndsWhenItHoldsNotWhenThePageHasLoaded(t *testing.T) {
	const slow = 700 * time.Millisecond
	site := http.NewServeMux()
	site.Handle("/", page(comes))
	site.Handle("/slow", slowly(slow))
	v := visit(t, site)
	for range 2 { // the second time, a document was there before
		before := v.clock.Now()
		spans := v.do(goTo("/"), waitFor(run))
		inOrder(t, spans, before, v.clock.Now())
		truth := v.truth("")
		compare(t, "begin", spans[0].Begin, truth.begin, early, early)
		compare(t, "wait", spans[1].End, truth.end, early, late)
		load := event.Instant(1e6 * number(v.eval("performance.timeOrigin + performance.getEntriesByType('navigation')[0].loadEventEnd")))
		compare(t, "load", spans[0].End, load, early, early)
		if d := spans[0].End.Sub(spans[0].Begin); d < slow {
			t.Errorf("the page has loaded after %s, before its image came", d)
		}
		if !spans[0].OnPage || !spans[1].OnPage {
			t.Errorf("not on the page's clock: %v", spans)
		}
	}
}

func TestNavigations(t *testing.T) {
	// origin keeps the start of the first document where a redirect can't lose it.
	const first = record + `<script>
sessionStorage.first ??= performance.timeOrigin;
truth.begin = +sessionStorage.first;
</script>`
	const loaded = first + `<p>here</p><script>addEventListener('load', () => setTimeout(() => {
  truth.end = at(performance.getEntriesByType('navigation')[0].loadEventEnd) }))</script>`
	ready := `truth.end = at(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd)`
	site := http.NewServeMux()
	site.Handle("/", page(loaded))
	site.Handle("/fresh", page(strings.Replace(loaded, "sessionStorage.first ??=", "sessionStorage.first =", 1)))
	site.Handle("/script", page(first+`<script>setTimeout(() => location.replace('/'), 50)</script><img src=/slow>`))
	site.HandleFunc("/inline", func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(200 * time.Millisecond)
		page(first+`<script>location.replace('/')</script>`)(w, r)
	})
	site.Handle("/http", http.RedirectHandler("/hop", http.StatusFound))
	site.Handle("/hop", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(50 * time.Millisecond)
		http.Redirect(w, r, "/", http.StatusFound)
	}))
	site.Handle("/parsed", page(first+`<script>addEventListener('load', () => {`+ready+`})</script><img src=/slow>`))
	site.Handle("/committed", page(first+`<script>truth.end = at(performance.getEntriesByType('navigation')[0].responseStart)</script><img src=/slow>`))
	site.Handle("/idle", page(first+`<script>addEventListener('load', () => setTimeout(() => fetch('/slow').then(r => r.text()).then(() => setTimeout(() => {
	  truth.end = at(performance.getEntriesByType('resource').at(-1).responseEnd) }))))</script>`))
	site.Handle("/slow", slowly(300*time.Millisecond))
	until := func(url string, s scenario.LoadState) scenario.Action {
		return step(&scenario.Goto{URL: url, WaitUntil: s})
	}
	for _, c := range []struct {
		name    string
		setUp   []scenario.Action
		step    scenario.Action
		settled string // what to wait for before asking for the truth
		late    time.Duration
	}{
		{"goto", nil, goTo("/"), "", early},
		{"goto, another", []scenario.Action{goTo("/")}, goTo("/fresh"), "", early},
		{"goto, redirected by a script", nil, goTo("/script"), "", early},
		// The first document is gone before it was seen: known is its request.
		{"goto, redirected by a script at once", nil, goTo("/inline"), "", 60 * time.Millisecond},
		{"goto, redirected by the server", nil, goTo("/http"), "", early},
		{"goto until domcontentloaded", nil, until("/parsed", scenario.DOMContentLoaded), "truth.end", early},
		{"goto until commit", nil, until("/committed", scenario.Commit), "truth.end", early},
		{"goto until networkidle", nil, until("/idle", scenario.NetworkIdle), "truth.end", early},
		{"reload", []scenario.Action{goTo("/fresh")}, step(&scenario.Reload{WaitUntil: scenario.Load}), "", early},
		{"back", []scenario.Action{goTo("/fresh"), goTo("/")}, step(&scenario.Back{WaitUntil: scenario.Load}), "", early},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(t, site)
			if c.setUp != nil {
				v.do(c.setUp...)
			}
			before := v.clock.Now()
			spans := v.do(c.step)
			inOrder(t, spans, before, v.clock.Now())
			if c.settled != "" {
				v.do(step(&scenario.WaitForFunction{JS: c.settled}))
			}
			truth := v.truth("")
			compare(t, "begin", spans[0].Begin, truth.begin, early, c.late)
			compare(t, "end", spans[0].End, truth.end, early, early)
			if !spans[0].OnPage {
				t.Error("not on the page's clock")
			}
		})
	}
}

func TestGotoFragmentMakesNoDocument(t *testing.T) {
	v := visit(t, page(record+`<script>addEventListener('hashchange', () => setTimeout(() => {
	  document.body.append('Finished'); done() }, 130))</script>`))
	v.do(goTo("/app"))
	before := v.clock.Now()
	spans := v.do(goTo("/app#x"), waitFor(byText("Finished")))
	inOrder(t, spans, before, v.clock.Now())
	if spans[0].OnPage {
		t.Error("there is no document whose clock could time it")
	}
	compare(t, "begin", spans[0].Begin, before, 0, 50*time.Millisecond)
	compare(t, "end", spans[1].End, v.truth("").end, early, late)
}

// A click that leads to another document is timed by both: it begins on the
// clock of the one and the wait ends on that of the other.
func TestClickThatNavigates(t *testing.T) {
	site := http.NewServeMux()
	site.Handle("/", page(record+`<script>addEventListener('pointerdown', e => sessionStorage.begin = at(e.timeStamp))</script>
	  <a href=/next>Next</a> <button onclick="setTimeout(() => location = '/next', 300)">Later</button>
	  <form action=/next><button>Send</button></form>`))
	site.Handle("/next", page(record+`<script>truth.begin = +sessionStorage.begin;
	  setTimeout(() => { document.body.append('Finished'); done() }, 100)</script>`))
	v := visit(t, site)
	for _, name := range []string{"Next", "Later", "Send"} {
		target := role("button", name)
		if name == "Next" {
			target = role("link", name)
		}
		t.Run(name, func(t *testing.T) {
			v.t = t
			v.do(goTo("/"))
			v.timed(timed{steps: []scenario.Action{click(target), waitFor(byText("Finished"))}, onPage: on(2)})
			v.do(goTo("/"))
			v.timed(timed{
				steps: []scenario.Action{click(target), step(&scenario.WaitForURL{Glob: "/next*"}), waitFor(byText("Finished"))}, onPage: on(3),
			})
		})
	}
	// What takes the page away before its end was seen begins on the page, too.
	site.Handle("/early", page(record+`<input id=f><button onpointerdown="location = '/next'">Down</button><script>
	  addEventListener('pointerdown', e => sessionStorage.begin = at(e.timeStamp), true);
	  addEventListener('keydown', e => sessionStorage.begin = at(e.timeStamp), true);
	  f.onkeydown = () => { location = '/next' }</script>`))
	site.Handle("/gone", page(record+`<button onpointerdown="began(event.timeStamp); this.remove(); setTimeout(() => { document.body.append('Finished'); done() }, 130)">Down</button>`))
	for name, steps := range map[string][]scenario.Action{
		"pointer": {goTo("/early"), click(role("button", "Down"))},
		"key":     {goTo("/early"), step(&scenario.Press{Target: css("#f"), Key: "Enter"})},
		"target":  {goTo("/gone"), click(role("button", "Down"))},
	} {
		t.Run(name, func(t *testing.T) {
			v.t = t
			v.do(steps[0])
			v.timed(timed{steps: []scenario.Action{steps[1], waitFor(byText("Finished"))}, onPage: on(2)})
		})
	}
	// Without a wait: the document that saw the click is gone when it returns.
	v.t = t
	v.do(goTo("/"))
	if spans := v.do(click(role("link", "Next"))); !spans[0].OnPage {
		t.Error("the click is not on the page's clock")
	}
}

func TestWaitForLoadState(t *testing.T) {
	site := http.NewServeMux()
	site.Handle("/", page(`<a href=/next>Next</a>`))
	site.Handle("/next", page(record+`<img src=/slow><script>addEventListener('load', () => setTimeout(() => {
	  truth.end = at(performance.getEntriesByType('navigation')[0].loadEventEnd) }))</script>`))
	site.Handle("/slow", slowly(300*time.Millisecond))
	v := visit(t, site)
	v.do(goTo("/"))
	before := v.clock.Now()
	spans := v.do(click(role("link", "Next")), step(&scenario.WaitForURL{Glob: "/next"}), step(&scenario.WaitForLoadState{State: scenario.Load}))
	inOrder(t, spans, before, v.clock.Now())
	compare(t, "end", spans[2].End, v.truth("").end, early, early)
	// What holds already ends where it begins, not in the past.
	before = v.clock.Now()
	spans = v.do(step(&scenario.WaitForLoadState{State: scenario.Load}))
	inOrder(t, spans, before, v.clock.Now())
}

func TestFrames(t *testing.T) {
	inner := record + `<button>Run</button><p id=out></p><script>answer(130, () => { out.textContent = 'Finished' })</script>`
	site := http.NewServeMux()
	site.Handle("/inner", page(inner))
	site.Handle("/same", page(`<iframe src=/inner></iframe>`))
	site.HandleFunc("/cross", func(w http.ResponseWriter, r *http.Request) {
		page(`<iframe src="http://`+strings.Replace(r.Host, "127.0.0.1", "localhost", 1)+`/inner"></iframe>`)(w, r)
	})
	site.Handle("/late", page(`<script>setTimeout(() => document.body.innerHTML = '<iframe src=/inner></iframe>', 200)</script>`))
	site.Handle("/nested", page(`<iframe src=/same></iframe>`))
	frame := css("iframe")
	v := visit(t, site)
	for _, c := range []struct {
		url   string
		frame scenario.Target
		truth string
	}{
		{"/same", frame, "iframe"},
		{"/cross", frame, "iframe"},
		{"/late", frame, "iframe"},
		{"/nested", inFrame(frame, frame), ""},
	} {
		t.Run(c.url, func(t *testing.T) {
			v.t = t
			spans := v.do(goTo(c.url), waitFor(inFrame(c.frame, run)))
			if !spans[1].OnPage {
				t.Error("the wait in the frame is not on a page's clock")
			}
			if c.truth == "" {
				v.do(click(inFrame(c.frame, run)), waitFor(inFrame(c.frame, byText("Finished"))))
				return
			}
			v.timed(timed{
				steps: []scenario.Action{click(inFrame(c.frame, run)), waitFor(inFrame(c.frame, byText("Finished")))},
				frame: c.truth, onPage: on(2),
			})
		})
	}
	t.Run("an answer in another frame", func(t *testing.T) {
		site.Handle("/both", page(record+`<button id=run>Run</button><iframe src=/inner></iframe><script>
		  answer(130, () => { frames[0].out.textContent = 'Finished' })</script>`))
		v.t = t
		v.do(goTo("/both"))
		v.timed(timed{steps: []scenario.Action{click(run), waitFor(inFrame(frame, byText("Finished")))}, onPage: on(2)})
	})
	t.Run("a frame that never comes", func(t *testing.T) {
		v.t = t
		v.do(goTo("/inner"))
		err := v.fail(0, within(300*time.Millisecond, waitFor(inFrame(frame, run))))
		if !strings.Contains(err.Error(), "not within 300ms") {
			t.Error(err)
		}
	})
}

// The browser keeps 250 requests, and the page may clear even those.
func TestNetworkIdleAfterManyRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, then string
		requests   int
	}{{"more than the browser keeps", "", 300}, {"and the page clears them", "performance.clearResourceTimings()", 3}} {
		t.Run(c.name, func(t *testing.T) {
			site := http.NewServeMux()
			site.Handle("/", page(record+fmt.Sprintf(`<script>(async () => {
			  const ask = path => fetch(path).then(r => r.text());
			  await Promise.all(Array.from({length: %d}, (_, i) => ask('/api/' + i)));
			  await ask('/api/last');
			  done();
			  setTimeout(() => { %s }, 100);
			})()</script>`, c.requests, c.then)))
			site.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/last" {
					time.Sleep(200 * time.Millisecond)
				}
				fmt.Fprint(w, "x")
			})
			v := visit(t, site)
			before := v.clock.Now()
			spans := v.do(step(&scenario.Goto{URL: "/", WaitUntil: scenario.NetworkIdle}))
			inOrder(t, spans, before, v.clock.Now())
			compare(t, "end", spans[0].End, v.truth("").end, late, early)
		})
	}
}

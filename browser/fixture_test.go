package browser

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// stepTimeout is what a step of the tests may take: much, for a busy machine.
const stepTimeout = 20 * time.Second

// visitor is a session together with the site that it visits.
type visitor struct {
	*session
	t    testing.TB
	site string
}

// needsBrowser fails a test where there is none to run it with.
func needsBrowser(t testing.TB) {
	t.Helper()
	if foundErr != nil {
		t.Fatalf("run make setup first\n%v", foundErr)
	}
}

// shared is the package's pool with other options: its sessions live in the one
// browser of the tests.
func shared(t testing.TB, change ...func(*Options)) *Pool {
	t.Helper()
	needsBrowser(t)
	if err := pool.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool.mu.Lock()
	started := pool.pairs[0]
	pool.mu.Unlock()
	o := options()
	for _, f := range change {
		f(&o)
	}
	p := NewPool(o)
	p.pairs = []*pair{{
		o: o, started: started.started, pw: started.pw, browser: started.browser, pid: started.pid, nest: started.nest,
		over: make(chan struct{}),
	}}
	return p
}

// ownPool is a pool with a driver and a browser of its own, to be killed.
func ownPool(t *testing.T) *Pool {
	t.Helper()
	needsBrowser(t)
	p := NewPool(options())
	if err := p.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// visit opens a session for a site.
func visit(t testing.TB, site http.Handler, change ...func(*Options)) *visitor {
	t.Helper()
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return open(t, server.URL, change...)
}

func open(t testing.TB, site string, change ...func(*Options)) *visitor {
	t.Helper()
	p := shared(t, append([]func(*Options){func(o *Options) { o.BaseURL = site }}, change...)...)
	s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{s.(*session), t, site}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the session: %v", err)
		}
	})
	return v
}

// page is a site of one page, whatever the address. %s is for text, as in any
// format.
func page(html string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>test</title>\n", html)
	}
}

// asIs hides nothing.
func asIs(text string) string { return text }

// do carries out a stretch that must succeed.
func (v *visitor) do(steps ...scenario.Action) []runner.Span {
	v.t.Helper()
	spans, err := v.Do(v.t.Context(), steps)
	if err != nil {
		v.t.Fatalf("step %d: %v", len(spans), err)
	}
	if len(spans) != len(steps) {
		v.t.Fatalf("%d spans of %d steps", len(spans), len(steps))
	}
	return spans
}

// fail carries out a stretch that must fail at step number at.
func (v *visitor) fail(at int, steps ...scenario.Action) error {
	v.t.Helper()
	begin := time.Now()
	spans, err := v.Do(v.t.Context(), steps)
	if err == nil {
		v.t.Fatalf("no error; spans %v", spans)
	}
	if len(spans) != at {
		v.t.Errorf("step %d failed instead of %d: %v", len(spans), at, err)
	}
	if took := time.Since(begin); took > stepTimeout {
		v.t.Errorf("it took %s to fail: %v", took, err)
	}
	return err
}

// eval asks the page, past everything that is being tested.
func (v *visitor) eval(js string) any {
	v.t.Helper()
	got, err := v.page.Evaluate(js)
	if err != nil {
		v.t.Fatal(err)
	}
	return got
}

// step is an action with room to breathe.
func step(op scenario.Op) scenario.Action { return scenario.Action{Op: op, Timeout: stepTimeout} }

// within gives an action another timeout.
func within(d time.Duration, a scenario.Action) scenario.Action {
	a.Timeout = d
	return a
}

func optional(a scenario.Action) scenario.Action {
	a.Optional = true
	return a
}

func ifVisible(t scenario.Target, a scenario.Action) scenario.Action {
	a.If = append(a.If, t)
	return a
}

func goTo(url string) scenario.Action {
	return step(&scenario.Goto{URL: url, WaitUntil: scenario.Load})
}

func click(t scenario.Target) scenario.Action {
	return step(&scenario.Click{Target: t, Times: 1})
}

func waitFor(t scenario.Target) scenario.Action {
	return step(&scenario.WaitFor{Target: t, State: "visible"})
}

func waitState(t scenario.Target, state string) scenario.Action {
	return step(&scenario.WaitFor{Target: t, State: state})
}

func becomes(t scenario.Target, what string) scenario.Action {
	return step(&scenario.WaitFor{Target: t, Becomes: what})
}

func expectText(t scenario.Target, text string) scenario.Action {
	return step(&scenario.Expect{Target: t, Assertion: "to_have_text", Text: scenario.Text{Value: text}})
}

func literally(s string) scenario.Text { return scenario.Text{Value: s} }

// like is a regular expression, written /…/ or /…/i.
func like(s string) scenario.Text {
	source, flags, _ := strings.Cut(strings.TrimPrefix(s, "/"), "/")
	return scenario.Text{Value: source, Regex: true, Flags: flags}
}

func role(role, name string) scenario.Target {
	n := literally(name)
	return scenario.Target{By: scenario.ByRole, Value: literally(role), Name: &n}
}

func css(selector string) scenario.Target {
	return scenario.Target{By: scenario.ByCSS, Value: literally(selector)}
}

func byText(text string) scenario.Target {
	return scenario.Target{By: scenario.ByText, Value: literally(text)}
}

// inFrame is a target in the document of a frame.
func inFrame(frame, t scenario.Target) scenario.Target {
	t.Frame = &frame
	return t
}

// cancelled is a context that ends after a while, without a deadline.
func cancelled(t testing.TB, after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(after, cancel)
	t.Cleanup(func() { timer.Stop(); cancel() })
	return ctx
}

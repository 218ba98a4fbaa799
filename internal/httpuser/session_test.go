package httpuser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

func peer(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RemoteAddr) }

func TestConnectionsBelongToTheUser(t *testing.T) {
	v := visit(t, site(t, peer))
	ask := func(s runner.Session) string {
		spans, err := s.Do(t.Context(), actions(t, v.url, "request: GET /"+all))
		if err != nil {
			t.Fatal(err)
		}
		return spans[0].Captured["all"]
	}
	first := ask(v.session)
	if again := ask(v.session); again != first {
		t.Errorf("the second request came from %s, the first from %s", again, first)
	}
	next := v.open(0, nil) // before the one before it is closed
	v.session.Close()
	if again := ask(next); again != first {
		t.Errorf("the next iteration came from %s, the first from %s", again, first)
	}
	next.Close()
	if again := ask(v.open(0, nil)); again != first {
		t.Errorf("the third iteration came from %s, the first from %s", again, first)
	}
	if other := ask(v.open(1, nil)); other == first {
		t.Errorf("another user came from %s, too", other)
	}
}

func TestConnectionsOfAUserWhoIsGoneAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := NewUsers(Options{Clock: event.NewClock()})
		defer u.Close()
		open := func() runner.Session {
			s, err := u.Open(t.Context(), runner.UserInfo{User: 3}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		known := func() int {
			synctest.Wait()
			u.mu.Lock()
			defer u.mu.Unlock()
			return len(u.users)
		}
		s := open()
		time.Sleep(time.Hour)
		s.Close()
		s.Close()
		time.Sleep(betweenSessions - time.Nanosecond)
		s = open()
		time.Sleep(time.Hour)
		if known() != 1 {
			t.Error("a user who has a session is forgotten")
		}
		s.Close()
		time.Sleep(betweenSessions - time.Nanosecond)
		if known() != 1 {
			t.Error("a user between two sessions is forgotten")
		}
		time.Sleep(time.Nanosecond)
		if known() != 0 {
			t.Error("a user without a session is not forgotten")
		}
	})
}

func TestCloseCutsARequestShort(t *testing.T) {
	asked, left := make(chan struct{}), make(chan struct{})
	v := visit(t, raw(t, func(c net.Conn) {
		close(asked)
		io.Copy(io.Discard, c)
		close(left)
	}))
	done := make(chan error)
	go func() {
		_, err := v.session.Do(context.Background(), actions(t, v.url, "request: GET /\noptional: true\ntimeout: 1h"))
		done <- err
	}()
	<-asked
	go v.session.Close()
	select {
	case err := <-done:
		if !errors.Is(err, errSessionClosed) {
			t.Errorf("Do: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("Close did not cut the request short")
	}
	v.session.Close()
	<-left
	if _, err := v.session.Do(context.Background(), actions(t, v.url, "request: GET /")); !errors.Is(err, errSessionClosed) {
		t.Errorf("Do after Close: %v", err)
	}
}

// slow is cookies that are not there before their client is closed.
type slow struct {
	client *Client
	done   atomic.Bool
}

func (*slow) SetCookies(*url.URL, []*http.Cookie) {}

func (s *slow) Cookies(*url.URL) []*http.Cookie {
	for !s.client.isClosed() {
		runtime.Gosched()
	}
	time.Sleep(20 * time.Millisecond) // either way the test holds; this way it shows more
	s.done.Store(true)
	return nil
}

func TestCloseWaitsForTheRequestUnderWay(t *testing.T) {
	u := NewUsers(Options{BaseURL: "http://app.test", Clock: event.NewClock()})
	defer u.Close()
	var cookies slow
	c := u.Client(runner.UserInfo{}, &cookies)
	cookies.client = c
	step := actions(t, "http://app.test", "request: GET /")[0]
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Do(t.Context(), step)
	}()
	for c.doing.TryLock() { // until the request is under way
		c.doing.Unlock()
		runtime.Gosched()
	}
	c.Close()
	if !cookies.done.Load() {
		t.Error("Close returned while a request was under way")
	}
	<-ended
}

func TestNoSessionAfterTheEnd(t *testing.T) {
	u := NewUsers(Options{Clock: event.NewClock()})
	u.Close()
	if _, err := u.Open(t.Context(), runner.UserInfo{}, nil); !errors.Is(err, errUsersClosed) {
		t.Errorf("%v", err)
	}
}

func TestStepsThatNeedAPage(t *testing.T) {
	v := visit(t, "http://app.test")
	for _, a := range []scenario.Action{
		{Op: &scenario.Goto{URL: "/"}, Timeout: time.Second},
		{Op: &scenario.Request{Method: "GET", URL: "/"}, If: []scenario.Target{{}}, Timeout: time.Second},
	} {
		if _, err := v.session.Do(t.Context(), []scenario.Action{a}); !errors.Is(err, errNoPage) {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestAStretchStopsWhereItFails(t *testing.T) {
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	stretch := append(actions(t, v.url, "request: GET /"), actions(t, v.url, "request: GET /gone\noptional: true")...)
	stretch = append(stretch, actions(t, v.url, "request: GET /gone")...)
	stretch = append(stretch, stretch[0])
	spans, err := v.session.Do(t.Context(), stretch)
	if len(spans) != 2 || err == nil || err.Error() != "status 410 Gone" {
		t.Fatalf("%d spans, %v", len(spans), err)
	}
	for i, s := range spans {
		if s.Begin <= 0 || s.End < s.Begin {
			t.Errorf("span %d: %+v", i, s)
		}
	}
	if spans[1].Begin < spans[0].End {
		t.Errorf("the second begins before the first has ended: %+v", spans)
	}
}

func TestWhatIsKeptOfAFailure(t *testing.T) {
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("X-Request-Id", "r-17")
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s3cret"})
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, "short and t0psecret")
		case "/large":
			w.WriteHeader(http.StatusTeapot)
			io.WriteString(w, strings.Repeat("x", 3*keptBody))
		case "/half":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half of it")
		}
	}))
	hide := func(s string) string { return strings.ReplaceAll(s, "t0psecret", "***") }
	base := filepath.Join(t.TempDir(), "failure-u0-i1")
	kept := func() string {
		t.Helper()
		if err := v.session.Capture(t.Context(), base, hide); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(base + ".response.txt")
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if err := v.session.Capture(t.Context(), base, hide); err == nil {
		t.Error("something is kept before any request")
	}
	v.fail("request: GET /?token=t0psecret")
	text := kept()
	for _, want := range []string{"GET " + v.url + "/?token=***\nHTTP/1.1 418 I'm a teapot\n", "\nSet-Cookie: ***\n", "\nX-Request-Id: r-17\n", "\n\nshort and ***"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(text, "s3cret") || strings.Contains(text, "t0psecret") {
		t.Errorf("a secret is kept: %s", text)
	}
	v.fail("request: GET /large")
	if text := kept(); !strings.HasSuffix(text, "\n\n"+strings.Repeat("x", keptBody)+"\n(cut here: the first 64 KB are kept)\n") {
		t.Errorf("%d bytes are kept of a large body", len(text))
	}
	v.fail("request: GET /half")
	if text := kept(); !strings.HasSuffix(text, "\n\nhalf of it") {
		t.Errorf("of half a body is kept: %s", text)
	}
	v.do("request: GET /well")
	if err := v.session.Capture(t.Context(), base, hide); err == nil {
		t.Error("something is kept of a request that went well")
	}
}

func TestCookies(t *testing.T) {
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		for _, c := range r.URL.Query()["set"] {
			w.Header().Add("Set-Cookie", c)
		}
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, r.Header.Get("Cookie"))
	})
	v := visit(t, address)
	sent := func(path string) string {
		return v.do("request: GET " + strings.ReplaceAll(path, ";", "%3B") + all).Captured["all"]
	}
	if got := sent("/deep/in?set=a=1&set=b=2;+Path=/&set=c=3;+Max-Age=100&set=d=4;+Path=/other&set=e=5;+Max-Age=0&set=f=6;+Domain=other.test"); got != "" {
		t.Errorf("cookies before any was set: %q", got)
	}
	if got := sent("/deep/in"); got != "a=1; c=3; b=2" {
		t.Errorf("/deep/in: %q", got)
	}
	if got := sent("/"); got != "b=2" {
		t.Errorf("/: %q", got)
	}
	if got := sent("/login?set=user=ada;+Path=/&to=/app"); got != "b=2; user=ada" {
		t.Errorf("after a redirect that sets one: %q", got)
	}
	if got := sent("/out?set=b=;+Path=/;+Max-Age=0&to=/app"); got != "user=ada" {
		t.Errorf("after a redirect that takes one away: %q", got)
	}
	state, err := v.session.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []*http.Cookie{
		{Name: "a", Value: "1", Domain: "127.0.0.1", Path: "/deep"},
		{Name: "c", Value: "3", Domain: "127.0.0.1", Path: "/deep"},
		{Name: "d", Value: "4", Domain: "127.0.0.1", Path: "/other"},
		{Name: "user", Value: "ada", Domain: "127.0.0.1", Path: "/"},
	}
	if diff := cmp.Diff(want, state.Cookies, cmpopts.IgnoreFields(http.Cookie{}, "Expires", "RawExpires")); diff != "" {
		t.Errorf("state: (-want +got)\n%s", diff)
	}
	if expires := time.Until(state.Cookies[1].Expires); expires < 90*time.Second || expires > 100*time.Second {
		t.Errorf("a cookie of 100 seconds expires in %v", expires)
	}
	v.session = v.open(0, nil)
	if got := sent("/deep/in"); got != "" {
		t.Errorf("a fresh session has cookies: %q", got)
	}
	v.session = v.open(7, state)
	if got := sent("/deep/in"); got != "a=1; c=3; user=ada" {
		t.Errorf("after a login: %q", got)
	}
	if again, _ := v.session.State(t.Context()); len(again.Cookies) != 4 {
		t.Errorf("what a login left is not told of again: %v", again.Cookies)
	}
}

func TestCookiesOfOtherOpeners(t *testing.T) {
	j := &jar{}
	j.restore([]*http.Cookie{
		{Name: "host", Value: "1", Domain: "app.test", Path: "/"},
		{Name: "all", Value: "2", Domain: ".app.test", Path: "/", Secure: true},
		{Name: "old", Value: "3", Domain: "app.test", Path: "/", Expires: time.Unix(1, 0)},
		{Name: "six", Value: "4", Domain: "[::1]", Path: "/"},
	})
	for address, want := range map[string]string{
		"https://app.test/":     "host=1; all=2",
		"http://app.test/":      "host=1",
		"https://www.app.test/": "all=2",
		"http://[::1]:80/":      "six=4",
	} {
		u, _ := url.Parse(address)
		var got []string
		for _, c := range j.Cookies(u) {
			got = append(got, c.Name+"="+c.Value)
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%s: %v, want %s", address, got, want)
		}
	}
	var domains []string
	for _, c := range j.state() {
		domains = append(domains, c.Domain)
	}
	if got := strings.Join(domains, " "); got != "app.test .app.test ::1" {
		t.Errorf("domains %s", got)
	}
}

func TestCookiesAreBounded(t *testing.T) {
	j := &jar{}
	u, _ := url.Parse("http://app.test/")
	for i := range 10 * mostCookies {
		j.SetCookies(u, []*http.Cookie{{Name: fmt.Sprintf("n%d", i), Value: "v"}})
	}
	j.SetCookies(u, []*http.Cookie{{Name: "large", Value: strings.Repeat("x", largestCookie)}})
	if n, m := len(j.Cookies(u)), len(j.state()); n != mostCookies || m != mostCookies {
		t.Errorf("%d cookies are sent, %d kept, want %d", n, m, mostCookies)
	}
	if last := j.state()[mostCookies-1].Name; last != fmt.Sprintf("n%d", 10*mostCookies-1) {
		t.Errorf("the last one kept is %s", last)
	}
}

func TestRequestsBesideAPageShareItsCookies(t *testing.T) {
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "from", Value: "request", Path: "/"})
		fmt.Fprint(w, r.Header.Get("Cookie"))
	}))
	page, _ := cookiejar.New(nil)
	u, _ := url.Parse(v.url)
	page.SetCookies(u, []*http.Cookie{{Name: "of", Value: "page"}})
	c := v.users.Client(runner.UserInfo{User: 2}, page)
	defer c.Close()
	span, err := c.Do(t.Context(), actions(t, v.url, "request: GET /"+all)[0])
	if err != nil || span.Captured["all"] != "of=page" {
		t.Errorf("%v, %v", span, err)
	}
	if got := page.Cookies(u); len(got) != 2 {
		t.Errorf("the page has %v", got)
	}
}

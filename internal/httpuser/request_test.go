package httpuser

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
)

// echo answers with what it was asked, a header a line.
func echo(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s\nHost: %s\n", r.Method, r.URL, r.Host)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "%s: %s\n", name, strings.Join(r.Header[name], "|"))
	}
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "\n%s", body)
}

const all = `
capture: {all: {regex: "(?s).*"}}`

func TestWhatIsSent(t *testing.T) {
	v := visit(t, site(t, echo)+"/base/page?x=1")
	host := strings.TrimPrefix(strings.TrimSuffix(v.url, "/base/page?x=1"), "http://")
	head := func(line string, more ...string) string {
		lines := append([]string{"Accept-Encoding: gzip", "User-Agent: loadwright"}, more...)
		slices.Sort(lines)
		return line + "\nHost: " + host + "\n" + strings.Join(lines, "\n") + "\n\n"
	}
	for _, c := range []struct{ step, want string }{
		{"request: GET /app", head("GET /app")},
		{"request: GET app", head("GET /base/app")},
		{"request: GET ?y=2", head("GET /base/page?y=2")},
		{"request: GET /app?a=1#part\nquery: {q: \"a b&c\", n: 2}", head("GET /app?a=1&n=2&q=a+b%26c")},
		{"request: 'GET /a b?q=c d&r=\"<ä>&s=%20+é'", head("GET /a%20b?q=c%20d&r=%22%3C%C3%A4%3E&s=%20+%C3%A9")},
		{"request: GET http://ada:pass@" + host + "/me", head("GET /me", "Authorization: Basic YWRhOnBhc3M=")},
		{"request: DELETE /items/1", head("DELETE /items/1")},
		{"request: POST /items", head("POST /items", "Content-Length: 0")},
		{
			"request: POST /items\njson: {name: \"a<b & ä\", n: 2, list: [1.5, true, null]}",
			head("POST /items", "Content-Length: 48", "Content-Type: application/json") + `{"list":[1.5,true,null],"n":2,"name":"a<b & ä"}`,
		},
		{
			"request: POST /ids\njson: [12345678901234567, -1, 123456789012345678901, +7, 1e3, 1.50]",
			head("POST /ids", "Content-Length: 55", "Content-Type: application/json") + `[12345678901234567,-1,123456789012345678901,7,1000,1.5]`,
		},
		{"request: PUT /items\njson: null", head("PUT /items", "Content-Length: 4", "Content-Type: application/json") + "null"},
		{
			"request: POST /login\nform: {user: ada, password: \"p&=ä\"}",
			head("POST /login", "Content-Length: 31", "Content-Type: application/x-www-form-urlencoded") + "password=p%26%3D%C3%A4&user=ada",
		},
		{"request: PATCH /t\nbody: just text", head("PATCH /t", "Content-Length: 9", "Content-Type: text/plain; charset=utf-8") + "just text"},
		{
			"request: POST /t\nbody: <a/>\nheaders: {content-type: text/xml, X-Odd: \"ä 1\"}",
			head("POST /t", "Content-Length: 4", "Content-Type: text/xml", "X-Odd: ä 1") + "<a/>",
		},
	} {
		got := v.do(c.step + all).Captured["all"]
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.step, diff)
		}
	}
	if got := v.do("request: GET /\nheaders: {Host: other.test}" + all).Captured["all"]; !strings.Contains(got, "\nHost: other.test\n") {
		t.Errorf("a Host of the step's own: %s", got)
	}
}

func TestRequestsThatCannotBeSent(t *testing.T) {
	v := visit(t, "")
	v.url = "http://app.test"
	for step, want := range map[string]string{
		"request: GET /app": `bad request: "/app" is no address that begins with http:// or https://`,
		"request: GET http://app.test\nheaders: {X-A: \"a\\nb\"}": `bad request: the value of the header X-A holds a line break or another control character`,
	} {
		if e := v.fail(step); e.Error() != want || e.Class != event.ClassUnsendable {
			t.Errorf("%s: %v, want %s", step, e, want)
		}
	}
}

func TestTimesLieAroundTheExchange(t *testing.T) {
	var asked, answered time.Time
	address := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			asked = time.Now()
			http.Redirect(w, r, "/second", http.StatusFound)
			return
		}
		io.WriteString(w, "be")
		w.(http.Flusher).Flush()
		time.Sleep(30 * time.Millisecond)
		io.WriteString(w, "gun")
		answered = time.Now()
	})
	v := visit(t, address)
	clock := v.users.o.Clock
	before := clock.Now()
	span := v.do("request: GET /first")
	after := clock.Now()
	if span.OnPage || span.Begin < before || span.End > after {
		t.Errorf("span %+v is not between %d and %d on the run's clock", span, before, after)
	}
	if took, least := span.End.Sub(span.Begin), answered.Sub(asked)-time.Millisecond; took < least {
		t.Errorf("%v, though the server needed %v from the first request to the last byte", took, least)
	}
}

func TestRedirects(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/to", echo)
	mux.HandleFunc("/{status}", func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscan(r.PathValue("status"), &status)
		w.Header().Set("Location", "to")
		w.WriteHeader(status)
	})
	mux.HandleFunc("/n/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		if n > 0 {
			http.Redirect(w, r, fmt.Sprintf("/n/%d", n-1), http.StatusFound)
		}
	})
	mux.HandleFunc("/mail", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "mailto:ada@app.test", http.StatusFound)
	})
	mux.HandleFunc("/nowhere", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusFound) })
	v := visit(t, site(t, mux.ServeHTTP))
	for _, c := range []struct{ method, status, want string }{
		{"POST", "301", "GET"}, {"POST", "302", "GET"}, {"POST", "303", "GET"}, {"POST", "307", "POST"}, {"POST", "308", "POST"},
		{"PUT", "301", "PUT"}, {"PUT", "302", "PUT"}, {"PUT", "303", "GET"}, {"PUT", "307", "PUT"},
		{"GET", "302", "GET"}, {"GET", "303", "GET"}, {"GET", "308", "GET"},
	} {
		body := ""
		if c.method != "GET" {
			body = "\nbody: text\nheaders: {Content-Type: text/odd}"
		}
		got := v.do("request: " + c.method + " /" + c.status + body + all).Captured["all"]
		kept := c.want == c.method && body != ""
		if !strings.HasPrefix(got, c.want+" /to\n") || strings.HasSuffix(got, "\n\ntext") != kept || strings.Contains(got, "Content-Type: text/odd") != kept {
			t.Errorf("%s, answered with %s: %s", c.method, c.status, got)
		}
	}
	v.do("request: HEAD /303")
	v.do("request: GET /n/20")
	if e := v.fail("request: GET /n/21"); e.Class != event.ClassRedirects || e.Error() != "redirects: more than 20" {
		t.Errorf("21 redirects: %v", e)
	}
	if e := v.fail("request: GET /mail"); e.Error() != `bad answer: it redirects to "mailto:ada@app.test", which is no address of the web` {
		t.Errorf("a redirect to elsewhere: %v", e)
	}
	v.do("request: GET /nowhere")
	if got := v.do("request: GET /302\nexpect_status: 302\ncapture: {to: {header: location}}").Captured["to"]; got != "to" {
		t.Errorf("a redirect that is expected leads to %q", got)
	}
}

func TestHeadersOfTheOriginGoNowhereElse(t *testing.T) {
	var home, abroad string
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			http.Redirect(w, r, home+"/echo", http.StatusFound)
			return
		}
		echo(w, r)
	}
	abroad = site(t, elsewhere)
	home = site(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		echo(w, r)
	})
	v := visit(t, home, func(o *Options) {
		o.HTTP.Headers = map[string]string{"x-token": "t0p"}
		o.HTTP.Username, o.HTTP.Password = "ada", "pass"
	})
	const basic, token = "Authorization: Basic YWRhOnBhc3M=", "X-Token: t0p"
	for _, c := range []struct {
		address string
		own     bool
	}{
		{"/echo", true},
		{home + "/echo", true},
		{abroad + "/echo", false},
		{"/?to=" + abroad + "/echo", false},
		{"/?to=" + abroad + "/back", true},
		{abroad + "/back", true},
		{strings.Replace(home, "127.0.0.1", "localhost", 1) + "/echo", false},
	} {
		got := v.do("request: GET " + c.address + all).Captured["all"]
		if strings.Contains(got, basic) != c.own || strings.Contains(got, token) != c.own {
			t.Errorf("%s: %s", c.address, got)
		}
	}
	if got := v.do("request: GET /echo\nheaders: {X-Token: mine, authorization: none}" + all).Captured["all"]; !strings.Contains(got, "X-Token: mine") || !strings.Contains(got, "Authorization: none") {
		t.Errorf("a step's own headers: %s", got)
	}
	own := "\nheaders: {Authorization: mine, X-Mine: m}" + all
	if got := v.do("request: GET /?to=" + abroad + "/echo" + own).Captured["all"]; strings.Contains(got, "Authorization") || !strings.Contains(got, "X-Mine: m") {
		t.Errorf("after a redirect to another origin: %s", got)
	}
}

func TestGzip(t *testing.T) {
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip is not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, "unpacked")
		if r.URL.Path == "/whole" {
			z.Close()
		} else {
			z.Flush()
		}
	}))
	v.do("request: GET /whole\nexpect_body: unpacked")
	v.do("request: GET /whole")
	if e := v.fail("request: GET /half"); e.Error() != "bad answer: it ended in the middle" {
		t.Errorf("half of it: %v", e)
	}
}

func TestHTTP2AndCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s from %s", r.Proto, r.RemoteAddr)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	v := visit(t, s.URL, func(o *Options) { o.HTTP.IgnoreHTTPSErrors = true })
	first := v.do("request: GET /" + all).Captured["all"]
	if !strings.HasPrefix(first, "HTTP/2.0 from 127.0.0.1:") {
		t.Errorf("answered %q", first)
	}
	if again := v.do("request: POST /\njson: {}" + all).Captured["all"]; again != first {
		t.Errorf("answered %q, then %q: not the same connection", first, again)
	}

	address := strings.TrimPrefix(s.URL, "https://")
	want := "tls: the certificate of " + address + " is signed by nobody whom this machine trusts; http.ignore_https_errors takes it all the same"
	if e := visit(t, s.URL).fail("request: GET /"); e.Class != event.ClassTLS || e.Error() != want {
		t.Errorf("an unknown authority: %v", e)
	}
	plain := site(t, echo)
	plainHost := strings.TrimPrefix(plain, "http://")
	if e := visit(t, "https://"+plainHost).fail("request: GET /"); e.Error() != "tls: "+plainHost+" does not speak TLS; did you mean http://?" {
		t.Errorf("no TLS: %v", e)
	}
	if e := visit(t, "http://"+address).fail("request: GET /"); e.Error() != "status 400 Bad Request" {
		t.Errorf("TLS, asked without: %v", e)
	}
}

func TestTLSWithHTTP1(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
	t.Cleanup(s.Close)
	v := visit(t, s.URL, func(o *Options) { o.HTTP.IgnoreHTTPSErrors = true })
	if got := v.do("request: GET /" + all).Captured["all"]; got != "HTTP/1.1" {
		t.Errorf("answered by %q", got)
	}
}

func TestProxy(t *testing.T) {
	target := httptest.NewTLSServer(http.HandlerFunc(echo))
	t.Cleanup(target.Close)
	through := 0
	proxy := site(t, func(w http.ResponseWriter, r *http.Request) {
		through++
		if r.Method != http.MethodConnect {
			fmt.Fprintf(w, "proxied %s", r.URL)
			return
		}
		if strings.HasPrefix(r.Host, "forbidden") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		to, err := net.Dial("tcp", target.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		c, _, _ := w.(http.Hijacker).Hijack()
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(to, c); to.Close() }()
		io.Copy(c, to)
		c.Close()
	})
	by := func(proxy string) func(*Options) {
		u, _ := url.Parse(proxy)
		return func(o *Options) {
			o.Proxy = http.ProxyURL(u)
			o.HTTP.IgnoreHTTPSErrors = true
		}
	}
	v := visit(t, "http://app.test", by(proxy))
	if got := v.do("request: GET /a" + all).Captured["all"]; got != "proxied http://app.test/a" {
		t.Errorf("answered %q", got)
	}
	if got := v.do("request: GET https://app.test/b" + all).Captured["all"]; !strings.HasPrefix(got, "GET /b\nHost: app.test\n") {
		t.Errorf("answered %q", got)
	}
	if e := v.fail("request: GET https://forbidden.test"); e.Error() != "proxy: it answers 403 Forbidden" {
		t.Errorf("%v", e)
	}
	if through != 3 {
		t.Errorf("%d requests went through the proxy, want 3", through)
	}
	gone := listen(t)
	gone.Close()
	if e := visit(t, "http://app.test", by("http://"+gone.Addr().String())).fail("request: GET /"); e.Class != event.ClassProxy || e.Error() != "proxy: refused: nothing listens at its address" {
		t.Errorf("no proxy: %v", e)
	}
}

package browser

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

// seen keeps the requests that came to a site, by path.
type seen struct {
	mu  sync.Mutex
	all map[string][]http.Header
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = map[string][]http.Header{}
	}
	s.all[r.URL.Path] = append(s.all[r.URL.Path], r.Header.Clone())
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Headers", "*")
	w.Header().Set("Cache-Control", "max-age=3600")
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "s3cret"})
	page(`<p>here`)(w, r)
}

func (s *seen) of(path string) []http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[path]
}

func TestHeadersGoToTheScenariosOriginOnly(t *testing.T) {
	t.Parallel()
	own, other := &seen{}, &seen{}
	elsewhere := httptest.NewServer(other)
	t.Cleanup(elsewhere.Close)
	site := http.NewServeMux()
	site.Handle("/app", page(fmt.Sprintf(`<p>here<img src=/image><img src=%[1]s/image><iframe src=/inner></iframe><iframe src=%[1]s/frame></iframe>
	  <script>fetch('/api', {headers: {'X-Own': 'page', 'x-token': 'from the page'}}); fetch('%[1]s/api'); fetch('/away').catch(() => {});
	  new Worker(URL.createObjectURL(new Blob(["fetch('" + location.origin + "/worker')"])))</script>`, elsewhere.URL)))
	site.Handle("/away", http.RedirectHandler(elsewhere.URL+"/redirected", http.StatusFound))
	site.Handle("/gone", http.RedirectHandler(elsewhere.URL+"/gone", http.StatusFound))
	site.Handle("/", own)
	v := visit(t, site, func(o *Options) { o.HTTP.Headers = map[string]string{"X-Token": "t0p secret", "X-Other": "ä"} })
	v.do(goTo("/first"), goTo("/app"), step(&scenario.WaitForLoadState{State: scenario.NetworkIdle}))
	v.do(goTo("/gone"), waitFor(byText("here")))
	for _, path := range []string{"/first", "/image", "/inner", "/api"} {
		requests := own.of(path)
		if len(requests) == 0 {
			t.Errorf("%s was not asked for", path)
		}
		for _, h := range requests {
			if got := h["X-Token"]; len(got) != 1 || got[0] != "t0p secret" {
				t.Errorf("%s: X-Token %q", path, got)
			}
		}
	}
	if h := own.of("/api"); len(h) > 0 && (h[0].Get("X-Own") != "page" || h[0].Get("Cookie") != "session=s3cret" || h[0].Get("User-Agent") == "") {
		t.Errorf("the browser's own headers are missing: %v", h[0])
	}
	for _, path := range []string{"/image", "/frame", "/api", "/redirected", "/gone"} {
		requests := other.of(path)
		if len(requests) == 0 {
			t.Errorf("%s was not asked for elsewhere", path)
		}
		for _, h := range requests {
			if len(h["X-Token"]) != 0 || len(h["X-Other"]) != 0 {
				t.Errorf("%s elsewhere saw %v %v", path, h["X-Token"], h["X-Other"])
			}
		}
	}
	t.Logf("a worker's requests: %v", own.of("/worker"))
}

// Headers and blocking leave the browser's cache as it is.
func TestHeadersKeepTheCache(t *testing.T) {
	t.Parallel()
	own := &seen{}
	site := http.NewServeMux()
	site.Handle("/app", page(`<p>here<img src=/image>`))
	site.Handle("/", own)
	v := visit(t, site, func(o *Options) {
		o.HTTP.Headers = map[string]string{"X-Token": "t"}
		o.Browser.Block = []string{"**/blocked"}
	})
	v.do(goTo("/app"), goTo("/app"), goTo("/app"))
	if n := len(own.of("/image")); n != 1 {
		t.Errorf("an image that may be kept for an hour was asked for %d times", n)
	}
}

func TestBlock(t *testing.T) {
	t.Parallel()
	own := &seen{}
	site := http.NewServeMux()
	site.Handle("/app", page(`<p>here<img src=/a.png><img src=/b.jpg><img src=/deep/er/c.png?x=1><img src=/d.gif><iframe src=/inner></iframe>
	  <script>fetch('/track/1').catch(() => document.body.append('Blocked'))</script>`))
	site.Handle("/inner", page(`<img src=/inner.png>`))
	site.Handle("/", own)
	v := visit(t, site, func(o *Options) { o.Browser.Block = []string{"**/*.{png,jpg}*", "**/track/**"} })
	v.do(goTo("/app"), waitFor(byText("Blocked")))
	for path, want := range map[string]bool{"/a.png": false, "/b.jpg": false, "/deep/er/c.png": false, "/inner.png": false, "/track/1": false, "/d.gif": true} {
		if got := len(own.of(path)) > 0; got != want {
			t.Errorf("%s was asked for: %t, want %t", path, got, want)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	asks := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "pass" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		page(`<p>welcome`)(w, r)
	})
	with := func(o *Options) { o.HTTP.Username, o.HTTP.Password = "me", "pass" }
	v := visit(t, asks, with)
	v.do(goTo("/"), waitFor(byText("welcome")))
	elsewhere := httptest.NewServer(asks)
	t.Cleanup(elsewhere.Close)
	v.fail(0, goTo(elsewhere.URL))
	without := visit(t, asks)
	without.fail(0, goTo("/"))
}

func TestIgnoreHTTPSErrors(t *testing.T) {
	t.Parallel()
	site := httptest.NewUnstartedServer(page(`<p>here`))
	site.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of the browser's refusal
	site.StartTLS()
	t.Cleanup(site.Close)
	v := open(t, site.URL, func(o *Options) { o.HTTP.IgnoreHTTPSErrors = true })
	v.do(goTo("/"), waitFor(byText("here")))
	strict := open(t, site.URL)
	err := strict.fail(0, goTo("/"))
	if want := "net::ERR_CERT_AUTHORITY_INVALID"; !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestBrowserOptions(t *testing.T) {
	t.Parallel()
	v := visit(t, page(``), func(o *Options) {
		o.Browser.Viewport = &scenario.Size{Width: 801, Height: 602}
		o.Browser.Locale = "de-AT"
		o.Browser.Timezone = "Asia/Tokyo"
		o.Browser.ColorScheme = "dark"
		o.Browser.UserAgent = "loadwright test"
		o.Browser.Permissions = []string{"geolocation"}
	})
	v.do(goTo("/"))
	for js, want := range map[string]any{
		"innerWidth + 'x' + innerHeight":                                        "801x602",
		"navigator.language":                                                    "de-AT",
		"(1234.5).toLocaleString()":                                             "1 234,5",
		"Intl.DateTimeFormat().resolvedOptions().timeZone":                      "Asia/Tokyo",
		"matchMedia('(prefers-color-scheme: dark)').matches":                    true,
		"navigator.userAgent":                                                   "loadwright test",
		"navigator.permissions.query({name: 'geolocation'}).then(p => p.state)": "granted",
	} {
		got := v.eval(js)
		if s, ok := got.(string); ok {
			got = strings.ReplaceAll(s, "\u00a0", " ")
		}
		if got != want {
			t.Errorf("%s is %v, want %v", js, got, want)
		}
	}
	fresh := visit(t, page(``))
	fresh.do(goTo("/"))
	if got := fresh.eval("innerWidth + 'x' + innerHeight"); got != "1280x720" {
		t.Errorf("without a viewport it is %v", got)
	}
}

// Each session begins with nothing of an earlier one.
func TestSessionsAreFresh(t *testing.T) {
	t.Parallel()
	first := visit(t, page(`<script>document.cookie = 'a=1'; localStorage.a = 1</script>`))
	first.do(goTo("/"))
	second := open(t, first.site)
	second.do(goTo("/"))
	if got := second.eval("document.cookie + localStorage.length"); got != "a=11" {
		t.Errorf("%v", got)
	}
	third := open(t, first.site)
	if _, err := third.page.Goto(first.site + "/x"); err != nil {
		t.Fatal(err)
	}
	cookies, err := third.context.Cookies()
	if err != nil || len(cookies) != 1 {
		t.Errorf("%d cookies, %v", len(cookies), err)
	}
	if pages := third.context.Pages(); !slices.Equal(pages, []playwright.Page{third.page}) {
		t.Errorf("%d pages", len(pages))
	}
}

package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/runner"
)

// pageState is what a login leaves in a browser context beside its cookies.
type pageState struct {
	storage []byte // Playwright's storage state, cookies included, as JSON; nil: there is nothing but cookies
	cookies []playwright.OptionalCookie
	session string // session storage, as JSON: by origin, by key; "" where there is none
}

// State implements [runner.Session].
func (s *session) State(ctx context.Context) (*runner.State, error) {
	type result struct {
		state *runner.State
		err   error
	}
	done := make(chan result, 1)
	if !s.spawn(func() {
		state, err := s.state()
		done <- result{state, err}
	}) {
		return nil, errSessionClosed
	}
	select {
	case r := <-done:
		return r.state, s.pair.explain(r.err)
	case <-ctx.Done():
		s.close()
		return nil, context.Cause(ctx)
	}
}

func (s *session) state() (*runner.State, error) {
	// Only the file has IndexedDB: the library's own type leaves it out.
	file := filepath.Join(s.pair.nest.Dir(), fmt.Sprintf("state-%p.json", s))
	defer os.Remove(file)
	stored, err := s.context.StorageState(playwright.BrowserContextStorageStateOptions{
		IndexedDB: playwright.Bool(true), Path: playwright.String(file),
	})
	if err != nil {
		return nil, plain(err)
	}
	page := &pageState{}
	state := &runner.State{Page: page}
	for _, c := range stored.Cookies {
		page.cookies = append(page.cookies, playwright.OptionalCookie{
			Name: c.Name, Value: c.Value, Domain: &c.Domain, Path: &c.Path, Expires: &c.Expires,
			HttpOnly: &c.HttpOnly, Secure: &c.Secure, SameSite: c.SameSite, PartitionKey: c.PartitionKey,
		})
		state.Cookies = append(state.Cookies, httpCookie(c))
	}
	if len(stored.Origins) > 0 {
		if page.storage, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	page.session = s.sessionStorage()
	return state, nil
}

// sessionStorage is the session storage of the page and its frames. A frame
// that has none, or does not let us look, is left out.
func (s *session) sessionStorage() string {
	all := map[string]map[string]string{}
	for _, f := range s.page.Frames() {
		v, err := f.Evaluate("() => [location.origin, JSON.stringify(Object.fromEntries(Object.entries(sessionStorage)))]")
		if pair, ok := v.([]any); err == nil && ok && len(pair) == 2 {
			origin, _ := pair[0].(string)
			text, _ := pair[1].(string)
			var items map[string]string
			if json.Unmarshal([]byte(text), &items) == nil && len(items) > 0 {
				all[origin] = items
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	text, err := json.Marshal(all)
	if err != nil {
		return ""
	}
	return string(text)
}

// restore puts a login's state into a fresh context, before its page is made.
func (s *session) restore(state *runner.State) error {
	if state == nil {
		return nil
	}
	page, _ := state.Page.(*pageState)
	switch {
	case page == nil: // of a login without a browser
		var cookies []playwright.OptionalCookie
		for _, c := range state.Cookies {
			cookies = append(cookies, optionalCookie(c))
		}
		page = &pageState{cookies: cookies}
		fallthrough
	case page.storage == nil:
		if len(page.cookies) > 0 {
			if err := s.context.AddCookies(page.cookies); err != nil {
				return fmt.Errorf("the login's cookies: %w", plain(err))
			}
		}
	default:
		file := filepath.Join(s.pair.nest.Dir(), fmt.Sprintf("state-%p.json", s))
		defer os.Remove(file)
		if err := os.WriteFile(file, page.storage, 0o600); err != nil {
			return err
		}
		if err := s.context.SetStorageState(file); err != nil {
			return fmt.Errorf("the login's state: %w", plain(err))
		}
	}
	if page.session == "" {
		return nil
	}
	// Not over what the app itself has put there since: a script like this runs
	// in every document.
	return s.context.AddInitScript(playwright.Script{Content: playwright.String(`(() => {
	try {
		const items = (` + page.session + `)[location.origin];
		if (items && sessionStorage.length === 0) {
			for (const [key, value] of Object.entries(items)) { sessionStorage.setItem(key, value); }
		}
	} catch {}
})()`)})
}

func httpCookie(c playwright.Cookie) *http.Cookie {
	h := &http.Cookie{Name: c.Name, Value: c.Value, Domain: c.Domain, Path: c.Path, Secure: c.Secure, HttpOnly: c.HttpOnly}
	if c.Expires > 0 {
		h.Expires = time.Unix(int64(c.Expires), 0)
	}
	return h
}

// optionalCookie is a cookie that has its domain and its path.
func optionalCookie(c *http.Cookie) playwright.OptionalCookie {
	o := playwright.OptionalCookie{
		Name: c.Name, Value: c.Value, Domain: playwright.String(c.Domain), Path: playwright.String(c.Path),
		HttpOnly: playwright.Bool(c.HttpOnly), Secure: playwright.Bool(c.Secure),
	}
	if !c.Expires.IsZero() {
		o.Expires = playwright.Float(float64(c.Expires.Unix()))
	}
	return o
}

// CookieJar is the cookies of a session's browser context: requests that are
// sent beside its page share them. nil where the session is not of this room.
func CookieJar(s runner.Session) http.CookieJar {
	own, ok := s.(*session)
	if !ok {
		return nil
	}
	return jar{own}
}

type jar struct{ *session }

// Cookies implements [http.CookieJar]. A context that is being closed has none.
func (j jar) Cookies(u *url.URL) []*http.Cookie {
	found, err := j.context.Cookies(u.String())
	if err != nil {
		return nil
	}
	var all []*http.Cookie
	own, _ := cookieDomain(u.Hostname(), "")
	for _, c := range found {
		if c.Domain == own || strings.HasPrefix(c.Domain, ".") { // Playwright gives a host's own to those below it too
			all = append(all, &http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
	return all
}

// SetCookies implements [http.CookieJar].
func (j jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	var all []playwright.OptionalCookie
	for _, c := range cookies {
		if domain, ok := cookieDomain(u.Hostname(), c.Domain); ok {
			all = append(all, cookieOf(u, domain, c))
		}
	}
	if len(all) == 0 || j.context.AddCookies(all) == nil {
		return
	}
	// One that the browser does not take rejects the others with it. Of a context
	// that is being closed, they are nobody's.
	for _, c := range all {
		_ = j.context.AddCookies([]playwright.OptionalCookie{c})
	}
}

// cookieDomain is the domain of a cookie as the browser has it, with a dot before
// it where those below it are meant too; false: the host may not set it.
func cookieDomain(host, domain string) (string, bool) {
	host, domain = strings.ToLower(host), strings.ToLower(strings.TrimPrefix(domain, "."))
	isIP := net.ParseIP(host) != nil
	switch {
	case domain == "" || domain == host && (isIP || !strings.Contains(host, ".")):
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return host, true
	case domain == host || !isIP && strings.HasSuffix(host, "."+domain):
		return "." + domain, true
	}
	return "", false
}

// cookieOf is a cookie that an answer from u sets.
func cookieOf(u *url.URL, domain string, c *http.Cookie) playwright.OptionalCookie {
	at := c.Path
	if !strings.HasPrefix(at, "/") { // RFC 6265, section 5.1.4
		at = path.Dir("/" + strings.TrimPrefix(u.Path, "/") + "x")
	}
	o := playwright.OptionalCookie{
		Name: c.Name, Value: c.Value, Domain: &domain, Path: &at,
		HttpOnly: playwright.Bool(c.HttpOnly), Secure: playwright.Bool(c.Secure),
	}
	switch {
	case c.MaxAge < 0:
		o.Expires = playwright.Float(1)
	case c.MaxAge > 0:
		o.Expires = playwright.Float(float64(time.Now().Unix()) + float64(c.MaxAge))
	case !c.Expires.IsZero():
		o.Expires = playwright.Float(float64(c.Expires.Unix()))
	}
	return o
}

// PageOf is the page of a session; nil where the session is not of this room.
func PageOf(s runner.Session) Page {
	if own, ok := s.(*session); ok {
		return own.page
	}
	return nil
}

package httpuser

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// Bounds on the cookies of one session; browsers have them too.
const (
	mostCookies   = 180
	largestCookie = 4096 // bytes of name and value
)

// jar is the cookies of one session. The library's jar knows which of them go
// where, but does not tell what it holds: that is kept beside it. Its methods
// are called by one goroutine at a time, as those of a session are.
type jar struct {
	cookies *cookiejar.Jar // nil until there is one: many apps have none
	kept    []keptCookie   // the oldest first
}

// keptCookie is a cookie with its domain and path filled in. A domain with a
// dot before it takes in those below it.
type keptCookie struct {
	*http.Cookie
	from *url.URL // the address that the jar has it by
}

func (k keptCookie) is(o keptCookie) bool {
	return k.Name == o.Name && k.Domain == o.Domain && k.Path == o.Path
}

// Cookies implements [http.CookieJar].
func (j *jar) Cookies(u *url.URL) []*http.Cookie {
	if j.cookies == nil {
		return nil
	}
	return j.cookies.Cookies(u)
}

// SetCookies implements [http.CookieJar].
func (j *jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	for _, c := range cookies {
		if len(c.Name)+len(c.Value) > largestCookie {
			continue
		}
		j.set(u, c)
	}
}

func (j *jar) set(u *url.URL, c *http.Cookie) {
	if j.cookies == nil {
		j.cookies, _ = cookiejar.New(nil) // fails never
	}
	k := keep(u, c)
	j.cookies.SetCookies(u, []*http.Cookie{c})
	j.kept = slices.DeleteFunc(j.kept, k.is)
	if c.MaxAge < 0 {
		return
	}
	j.kept = append(j.kept, k)
	if len(j.kept) > mostCookies {
		j.forget(j.kept[0])
		j.kept = slices.Delete(j.kept, 0, 1)
	}
}

func (j *jar) forget(k keptCookie) {
	gone := *k.Cookie
	gone.Domain, gone.MaxAge = attribute(gone.Domain), -1
	j.cookies.SetCookies(k.from, []*http.Cookie{&gone})
}

// state returns the cookies that are still good.
func (j *jar) state() []*http.Cookie {
	var all []*http.Cookie
	for _, k := range j.kept {
		held := slices.ContainsFunc(j.cookies.Cookies(k.from), func(c *http.Cookie) bool {
			return c.Name == k.Name && c.Value == k.Value
		})
		if held {
			all = append(all, k.Cookie)
		}
	}
	return all
}

// restore takes in cookies that each have a domain and a path.
func (j *jar) restore(cookies []*http.Cookie) {
	for _, c := range cookies {
		own := *c
		own.Domain = attribute(c.Domain)
		j.set(secure(strings.Trim(c.Domain, ".[]"), c.Path), &own)
	}
}

// attribute is what a cookie with this domain says of it: nothing where it is
// for one host alone.
func attribute(domain string) string {
	if strings.HasPrefix(domain, ".") {
		return domain
	}
	return ""
}

// keep fills in what a cookie that was set by u leaves to be understood (RFC
// 6265, sections 5.1.4 and 5.3), and makes its age a time.
func keep(u *url.URL, c *http.Cookie) keptCookie {
	own := *c
	own.Raw, own.Unparsed = "", nil
	host := strings.ToLower(u.Hostname())
	switch domain := strings.ToLower(strings.TrimPrefix(c.Domain, ".")); {
	case domain == "" || net.ParseIP(domain) != nil:
		own.Domain = host
	default:
		own.Domain, host = "."+domain, domain
	}
	if !strings.HasPrefix(own.Path, "/") {
		own.Path = "/"
		if strings.HasPrefix(u.Path, "/") {
			own.Path = path.Dir(u.Path + "x")
		}
	}
	if c.MaxAge > 0 {
		own.Expires, own.MaxAge = time.Now().Add(time.Duration(c.MaxAge)*time.Second), 0
	}
	return keptCookie{&own, secure(host, own.Path)}
}

// secure is an address of a host to which each of its cookies goes. The
// library's jar takes [::1] without a port for another host than with one.
func secure(host, path string) *url.URL {
	return &url.URL{Scheme: "https", Host: net.JoinHostPort(host, "443"), Path: path}
}

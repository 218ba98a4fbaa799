package page

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Access says whom a server answers.
//
// A server on this machine answers whoever asks for it by its address or as
// localhost: a name that was made to mean this machine must not open it to a
// stranger's page. It answers no request that another page sends.
//
// With a token it may be reached from other machines, by any numeric address and
// by the names in Hosts, and answers only who has the token: in the address of
// the page ("/?token=…"), which then keeps it in a cookie.
type Access struct {
	Address string // that it listens at, "127.0.0.1:8099"
	Hosts   []string
	Token   string
}

// policy lets only scripts and styles of the server itself in.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// tokenKey is what the token is called in an address.
const tokenKey = "token"

// guard refuses what does not come from the server's own page, and says what
// that page may do.
func (a Access) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !a.names(r.Host):
			http.Error(w, "this server answers at "+a.Address+" only", http.StatusForbidden)
		case !ownPage(r):
			http.Error(w, "this server answers its own page only", http.StatusForbidden)
		case a.Token == "" || a.bears(r):
			next.ServeHTTP(w, r)
		case !a.same(r.URL.Query().Get(tokenKey)):
			http.Error(w, "the address of this page ends in a token: take the one that loadwright printed", http.StatusForbidden)
		case r.URL.Path == "/" && r.Method == http.MethodGet:
			// A strict one would not come along after a click on another site, where the
			// address may stand in a mail. What that site's pages can have sent with it
			// is a look at "/", which tells them nothing: see ownPage.
			http.SetCookie(w, &http.Cookie{Name: a.cookie(), Value: a.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
			http.Redirect(w, r, "/", http.StatusSeeOther) // which takes the token out of sight
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// names tells whether a Host means this server.
func (a Access) names(host string) bool {
	_, own, err := net.SplitHostPort(a.Address)
	if err != nil {
		return false
	}
	name, port, err := net.SplitHostPort(strings.ToLower(host))
	if err != nil {
		name, port = strings.Trim(strings.ToLower(host), "[]"), "80"
	}
	if port != own {
		return false
	}
	ip, err := netip.ParseAddr(name)
	if numeric := err == nil; numeric && a.Token != "" {
		return true // no name that could be made to mean another
	}
	if listening, wrong := netip.ParseAddrPort(a.Address); err == nil && wrong == nil {
		return ip == listening.Addr()
	}
	return name == "localhost" || slices.ContainsFunc(a.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// ownPage tells whether a request is the page's own, as far as browsers tell. It
// must be, where it changes something.
func ownPage(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	switch {
	case origin != "" && origin != "http://"+r.Host:
		return false
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return origin != "" && (site == "" || site == "same-origin")
	}
	return r.URL.Path == "/" || site != "cross-site" && site != "same-site"
}

// cookie is named by the port: cookies are shared by all ports of a host.
func (a Access) cookie() string {
	_, port, _ := net.SplitHostPort(a.Address)
	return "loadwright_" + port
}

// bears tells whether a request has the token in its cookie.
func (a Access) bears(r *http.Request) bool {
	c, err := r.Cookie(a.cookie())
	return err == nil && a.same(c.Value)
}

// same compares in a time that does not depend on where the texts differ.
func (a Access) same(token string) bool {
	x, y := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(a.Token))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// Package httpuser does what a request step says: for users without a browser,
// who cost kilobytes, and beside the page of those who have one. It also knows
// whether anybody listens before a run.
//
// # Connections and cookies
//
// Each user has connections of its own, as each has a browser of its own. They
// belong to the user and stay open from one iteration to the next; cookies
// belong to the session and are fresh in each. So a first request pays for
// its connection once a user, as with Locust and k6, and as with people who
// come back to a tab, and a server sees as many connections as there are users.
// Who wants each iteration to connect anew says so with the header
// "Connection: close".
//
// A request that an idle connection swallowed, because the server had just
// closed it, is sent again on a fresh one whatever its method, as Chromium
// does. Nothing else is sent twice.
//
// # net/http
//
// Each user has an http.Transport. That costs two goroutines a connection; an
// own client that reads and writes on the user's goroutine would be smaller,
// and would have to bring HTTP/2, proxies and the many ways in which an answer
// can be wrong. Measured with 10,000 users who think with their connection
// open, heap and stacks on linux/amd64, go1.26 (BenchmarkUserMemory):
//
//	HTTP/1.1            22.8 KB
//	HTTP/1.1 over TLS   29.0 KB
//	HTTP/2 over TLS     33.9 KB
//
// With what a run keeps of a user beside it is 29 and 37 KB (docs/scale.md).
//
// The buffers of a connection are smaller than the library's (3 KB instead of
// 8). A request takes 57 allocations, as many as one of a plain http.Client
// (BenchmarkRequest), and as long.
package httpuser

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// Options are what all users of a run share.
type Options struct {
	BaseURL string        // what relative addresses start from; "" where there is nothing
	HTTP    scenario.HTTP // headers and credentials go to BaseURL's origin only
	Clock   event.Clock

	UserAgent string // "loadwright" where it is empty

	// Proxy tells through which proxy a request goes; nil: as the environment
	// says, in HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
	Proxy func(*http.Request) (*url.URL, error)
}

// Users are the users of a run that have no browser, and the requests of those
// that have one. It implements [runner.Opener].
type Users struct {
	o      Options
	base   *url.URL    // nil where there is none
	own    http.Header // for base's origin
	tls    *tls.Config // is never changed
	dialer net.Dialer
	bodies sync.Pool // of *bytes.Buffer

	mu     sync.Mutex
	closed bool
	users  map[int]*connections
}

// connections are what one user has open. They outlive its sessions.
type connections struct {
	http.Transport
	user     int
	sessions int         // that are open; guarded by Users.mu
	idle     *time.Timer // ends them; made when the user first has no session
}

const (
	// betweenSessions is how long the connections of a user without a session
	// stay open. The next session of a user who goes on comes at once, or a few
	// seconds later where the one before could not be opened.
	betweenSessions = 10 * time.Second

	// largestHeader bounds what an answer's headers may take, in bytes, as
	// Chromium does.
	largestHeader = 256 << 10

	// Buffers of a connection, in bytes: what is read and written is small, and
	// there are ten thousand of them. A larger body is read past the buffer.
	readBuffer, writeBuffer = 2 << 10, 1 << 10

	// Idle connections of one user, as in a browser: to one host, to all.
	idlePerHost, idleInAll = 6, 32
)

var errUsersClosed = errors.New("the run's connections are closed")

// NewUsers returns the users of a run. Close ends them.
func NewUsers(o Options) *Users {
	if o.UserAgent == "" {
		o.UserAgent = "loadwright"
	}
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	u := &Users{
		o: o,
		tls: &tls.Config{
			InsecureSkipVerify: o.HTTP.IgnoreHTTPSErrors,
			NextProtos:         []string{"h2", "http/1.1"},
		},
		bodies: sync.Pool{New: func() any { return new(bytes.Buffer) }},
		users:  map[int]*connections{},
	}
	if base, err := url.Parse(o.BaseURL); err == nil && base.Host != "" {
		u.base = base
		u.own = ownHeader(o.HTTP)
	}
	return u
}

// ownHeader is what goes to the scenario's own origin, and to no other.
func ownHeader(h scenario.HTTP) http.Header {
	header := http.Header{}
	if h.Username != "" {
		header.Set("Authorization", basic(h.Username, h.Password))
	}
	for _, name := range slices.Sorted(maps.Keys(h.Headers)) {
		header.Set(name, h.Headers[name])
	}
	return header
}

func basic(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// Open implements [runner.Opener]. Nothing is sent yet.
func (u *Users) Open(ctx context.Context, info runner.UserInfo, state *runner.State) (runner.Session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	j := &jar{}
	if state != nil {
		j.restore(state.Cookies)
	}
	c := u.Client(info, j)
	if c.conns == nil {
		return nil, errUsersClosed
	}
	return &session{c, j}, nil
}

// Client returns what sends the requests of a user who has a page, too, with
// the cookies of its browser context. Close ends it.
func (u *Users) Client(info runner.UserInfo, jar http.CookieJar) *Client {
	return &Client{users: u, conns: u.join(info.User), jar: jar}
}

// join returns the connections of a user, for one session more; nil after Close.
func (u *Users) join(user int) *connections {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil
	}
	c := u.users[user]
	if c == nil {
		c = u.connect(user)
		u.users[user] = c
	}
	c.sessions++
	return c
}

func (u *Users) connect(user int) *connections {
	return &connections{
		user: user,
		Transport: http.Transport{
			Proxy:                  u.o.Proxy,
			OnProxyConnectResponse: proxyAnswered,
			DialContext:            u.dialer.DialContext,
			TLSClientConfig:        u.tls.Clone(), // the transport writes into it
			ForceAttemptHTTP2:      true,
			MaxIdleConns:           idleInAll,
			MaxIdleConnsPerHost:    idlePerHost,
			MaxResponseHeaderBytes: largestHeader,
			ReadBufferSize:         readBuffer,
			WriteBufferSize:        writeBuffer,
		},
	}
}

// leave is the end of a session.
func (u *Users) leave(c *connections) {
	u.mu.Lock()
	defer u.mu.Unlock()
	c.sessions--
	switch {
	case c.sessions > 0:
	case u.closed:
		c.CloseIdleConnections()
	case c.idle == nil:
		c.idle = time.AfterFunc(betweenSessions, func() { u.forget(c) })
	default:
		c.idle.Reset(betweenSessions)
	}
}

// forget closes the connections of a user who has had no session for long.
func (u *Users) forget(c *connections) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if c.sessions == 0 && !u.closed {
		delete(u.users, c.user)
		c.CloseIdleConnections()
	}
}

// Close closes the connections of all users. Those of a session that is still
// open go with it.
func (u *Users) Close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	for _, c := range u.users {
		if c.idle != nil {
			c.idle.Stop()
		}
		c.CloseIdleConnections()
	}
	u.users = nil
}

func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, r *http.Response) error {
	if r.StatusCode == http.StatusOK {
		return nil
	}
	return failure(event.ClassProxy, nil, "it answers %d %s", r.StatusCode, http.StatusText(r.StatusCode))
}

// sameOrigin tells whether two addresses have scheme, host and port in common.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

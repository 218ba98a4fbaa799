package httpuser

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

const ok = "HTTP/1.1 200 OK\r\n"

func TestHostileAnswers(t *testing.T) {
	reset := func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) } // closing it then sends a reset
	for _, c := range []struct {
		name   string
		answer func(net.Conn)
		class  event.Class
		want   string // HOST: the server's address
	}{
		{"garbage", func(c net.Conn) { io.WriteString(c, "\x00\xff\x01 SSH-2.0 hello\r\n\r\n") }, event.ClassBadAnswer, "bad answer: what came is no HTTP: malformed HTTP"},
		{"another protocol", func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n") }, event.ClassBadAnswer, `bad answer: what came is no HTTP: malformed HTTP response "SSH-2.0-OpenSSH_9.6"`},
		{"nothing", func(net.Conn) {}, event.ClassReset, "reset: HOST closed the connection without an answer"},
		{"a reset", reset, event.ClassReset, "reset: HOST cut the connection"},
		{"half a status line", func(c net.Conn) { io.WriteString(c, "HTTP/1.") }, event.ClassBadAnswer, `bad answer: what came is no HTTP: malformed HTTP response "HTTP/1."`},
		{"half the headers", func(c net.Conn) { io.WriteString(c, ok+"Content-Type: te") }, event.ClassBadAnswer, "bad answer: it ended in the middle"},
		{"half a body", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: 100\r\n\r\nhalf") }, event.ClassBadAnswer, "bad answer: it ended in the middle"},
		{"half a body, then a reset", func(c net.Conn) {
			io.WriteString(c, ok+"Content-Length: 100\r\n\r\nhalf")
			time.Sleep(50 * time.Millisecond) // a reset overtakes what is not read yet
			reset(c)
		}, event.ClassReset, "reset: HOST cut the connection"},
		{"half a chunk", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\na\r\nhalf") }, event.ClassBadAnswer, "bad answer: it ended in the middle"},
		{"no last chunk", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n") }, event.ClassBadAnswer, "bad answer: it ended in the middle"},
		{"a chunk that is none", func(c net.Conn) { io.WriteString(c, ok+"Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n") }, event.ClassBadAnswer, "bad answer: invalid byte in chunk length"},
		{"a length that is none", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: many\r\n\r\n") }, event.ClassBadAnswer, `bad answer: bad Content-Length "many"`},
		{"two lengths", func(c net.Conn) { io.WriteString(c, ok+"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab") }, event.ClassBadAnswer, "bad answer: message cannot contain multiple Content-Length headers"},
		{"a status that is none", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 abc OK\r\n\r\n") }, event.ClassBadAnswer, `bad answer: what came is no HTTP: malformed HTTP status code "abc"`},
		{"gzip that is none", func(c net.Conn) {
			io.WriteString(c, ok+"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nthis is not any gzip")
		}, event.ClassBadAnswer, "bad answer: gzip: invalid header"},
		{"endless headers", func(c net.Conn) {
			io.WriteString(c, ok)
			for i := 0; ; i++ {
				if _, err := fmt.Fprintf(c, "X-Header-%d: %s\r\n", i, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, event.ClassBadAnswer, "bad answer: its headers are longer than 256 KB"},
		{"an endless header", func(c net.Conn) {
			io.WriteString(c, ok+"X-Header: ")
			for {
				if _, err := io.WriteString(c, strings.Repeat("x", 1000)); err != nil {
					return
				}
			}
		}, event.ClassBadAnswer, "bad answer: its headers are longer than 256 KB"},
		{"endless news of an answer", func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"); err != nil {
					return
				}
			}
		}, event.ClassBadAnswer, "bad answer: its headers are longer than 256 KB"},
		{"another protocol instead", func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
			io.Copy(io.Discard, c)
		}, event.ClassBadAnswer, "bad answer: it switches to another protocol, which nobody asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := visit(t, raw(t, c.answer))
			for _, step := range []string{"request: GET /", "request: POST /\njson: {}\nexpect_body: all"} {
				e := v.fail(step)
				want := strings.ReplaceAll(c.want, "HOST", strings.TrimPrefix(v.url, "http://"))
				if e.Class != c.class || !strings.HasPrefix(e.Error(), want) {
					t.Errorf("%s: %s: %v, want %s", step, e.Class, e, want)
				}
			}
		})
	}
}

func TestNoConnection(t *testing.T) {
	gone := listen(t)
	gone.Close()
	address := gone.Addr().String()
	if e := visit(t, "http://"+address).fail("request: GET /"); e.Class != event.ClassRefused || e.Error() != "refused: nothing listens at "+address {
		t.Errorf("%v", e)
	}
	if e := visit(t, "http://no-such-host.invalid").fail("request: GET /"); e.Class != event.ClassDNS || !strings.HasPrefix(e.Error(), `dns: the host name "no-such-host.invalid"`) {
		t.Errorf("%v", e)
	}
}

func TestTLSThatFails(t *testing.T) {
	l := listen(t)
	// No certificate: every handshake ends with an alert.
	s := &http.Server{TLSConfig: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }}}
	go s.ServeTLS(l, "", "")
	t.Cleanup(func() { s.Close() })
	e := visit(t, "https://"+l.Addr().String()).fail("request: GET /")
	if e.Class != event.ClassTLS || !strings.HasPrefix(e.Error(), "tls: "+l.Addr().String()+" ended the handshake: ") {
		t.Errorf("%s: %v", e.Class, e)
	}
}

func TestHostileHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/half":
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		case "/nothing":
			panic(http.ErrAbortHandler)
		case "/headers":
			for i := range 300 {
				w.Header().Set(fmt.Sprintf("X-Header-%d", i), strings.Repeat("x", 1000))
			}
		}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	v := visit(t, s.URL, func(o *Options) { o.HTTP.IgnoreHTTPSErrors = true })
	host := strings.TrimPrefix(s.URL, "https://")
	for path, want := range map[string]string{
		"/half":    "reset: " + host + " cut the stream: INTERNAL_ERROR; received from peer",
		"/nothing": "reset: " + host + " cut the stream: INTERNAL_ERROR; received from peer",
		"/headers": "bad answer: it breaks the rules of HTTP/2, or its headers are longer than 256 KB: connection error: PROTOCOL_ERROR",
	} {
		for range 2 { // the second one is another stream
			if e := v.fail("request: GET " + path); e.Error() != want {
				t.Errorf("%s: %v, want %s", path, e, want)
			}
		}
	}
}

func TestAConnectionThatComesTooLateIsGivenUp(t *testing.T) {
	l := listen(t)
	left := make(chan struct{})
	go func() {
		defer close(left)
		c, err := l.Accept()
		if err != nil {
			return
		}
		io.Copy(io.Discard, c) // no word of TLS
		c.Close()
	}()
	v := visit(t, "https://"+l.Addr().String())
	v.fail("request: GET /\ntimeout: 100ms")
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("a connection is still being made for nobody")
		l.Close()
	}
}

func TestTooLate(t *testing.T) {
	silent := func(c net.Conn) { io.Copy(io.Discard, c) }
	drip := func(c net.Conn) {
		io.WriteString(c, ok+"Content-Length: 1000000\r\n\r\n")
		for {
			if _, err := c.Write([]byte("x")); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	endless := func(c net.Conn) {
		io.WriteString(c, ok+"\r\n")
		for {
			if _, err := io.WriteString(c, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}
	for _, c := range []struct {
		name   string
		answer func(net.Conn)
		want   string
	}{
		{"no answer", silent, "timeout: no answer within 100ms"},
		{"a slow drip", drip, "timeout: the answer was not complete within 100ms"},
		{"an endless body", endless, "timeout: the answer was not complete within 100ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := visit(t, raw(t, c.answer)).fail("request: GET /\ntimeout: 100ms")
			if e.Class != event.ClassTimeout || e.Error() != c.want {
				t.Errorf("%v, want %s", e, c.want)
			}
		})
	}
	t.Run("no connection", func(t *testing.T) {
		l := listen(t) // accepts, by the system, and says nothing
		e := visit(t, "https://"+l.Addr().String()).fail("request: GET /\ntimeout: 100ms")
		if e.Error() != "timeout: no answer within 100ms" {
			t.Errorf("%v", e)
		}
	})
}

func TestBodiesTakeNoMemory(t *testing.T) {
	const size = 2 * largestBody
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		var to io.Writer = w
		if r.URL.Path == "/bomb" {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			to = z
		}
		part := make([]byte, 1<<16)
		for range size / len(part) {
			if _, err := to.Write(part); err != nil {
				return
			}
		}
	}))
	for _, path := range []string{"/large", "/bomb"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v.do("request: GET " + path)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > size/4 {
			t.Errorf("%s: %d MB were allocated for a body of %d MB that nobody looks into", path, used>>20, size>>20)
		}
		e := v.fail("request: GET " + path + "\nexpect_body: needle")
		if e.Error() != "check failed: the body is larger than 16 MB, which is too much to look into" {
			t.Errorf("%s: %v", path, e)
		}
	}
}

func TestALargeBodyIsLookedIntoToItsEnd(t *testing.T) {
	v := visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, strings.Repeat("x", largestBody-len("needle"))+"needle")
	}))
	v.do("request: GET /\nexpect_body: needle")
}

func TestAConnectionThatTheServerClosedIsMadeAnew(t *testing.T) {
	var connections atomic.Int32
	l := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			buf := make([]byte, 1<<10)
			c.Read(buf)
			io.WriteString(c, ok+"Content-Length: 2\r\n\r\nok")
			c.Read(buf) // the next request is swallowed
			c.Close()
		}
	}()
	v := visit(t, "http://"+l.Addr().String())
	v.do("request: POST /\njson: {n: 1}")
	v.do("request: POST /\njson: {n: 2}")
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestCancellationIsTheContexts(t *testing.T) {
	asked := make(chan struct{})
	v := visit(t, raw(t, func(c net.Conn) { close(asked); io.Copy(io.Discard, c) }))
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	spans, err := v.session.Do(ctx, actions(t, v.url, "request: GET /\noptional: true"))
	var own *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &own) || len(spans) != 0 {
		t.Errorf("%v, %v", spans, err)
	}
}

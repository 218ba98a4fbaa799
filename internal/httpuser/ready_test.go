package httpuser

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestReady(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/ready" || r.URL.RawQuery != "a=b" {
				code = 500
			}
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(code)
		}
	}
	plain := func(h http.Handler) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewTLSServer(status(200))
	t.Cleanup(secure.Close)
	gone := listen(t)
	gone.Close()
	mute := listen(t) // the system takes the connection, and nobody the request
	garbage := listen(t)
	go func() {
		for {
			c, err := garbage.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1<<10)) // the request
			_, _ = c.Write([]byte("SSH-2.0-OpenSSH\r\n\r\n"))
			c.Close()
		}
	}()
	at := func(l net.Listener) string { return "http://" + l.Addr().String() }
	for _, c := range []struct{ name, url, want string }{
		{"ok", plain(status(200)), ""},
		{"elsewhere", plain(status(302)), ""},
		{"not found", plain(status(404)), ""},
		{"own certificate", secure.URL, ""},
		{"error", plain(status(503)), "it answers with status 503 Service Unavailable"},
		{"refused", at(gone), "nothing listens there"},
		{"mute", at(mute), "it does not answer"},
		{"garbage", at(garbage), "what answers there is no HTTP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			limit := time.Minute
			if c.name == "mute" {
				limit = 10 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			got := ""
			if err := Ready(ctx, c.url+"/ready?a=b"); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

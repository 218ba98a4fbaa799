package httpuser

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestProbe(t *testing.T) {
	open := listen(t)
	gone := listen(t)
	gone.Close()
	for _, c := range []struct{ name, address, want string }{
		{"listening", "http://" + open.Addr().String() + "/app", ""},
		{"refused", "http://" + gone.Addr().String(), "nothing listens at " + gone.Addr().String() + "; start the app"},
		{"unknown host", "http://no-such-host.invalid/", `the host name "no-such-host.invalid" does not resolve; check the spelling, or give another address with --url; behind a proxy, name it in HTTP_PROXY and HTTPS_PROXY`},
		{"no host", "/app", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Probe(context.Background(), c.address)
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var unreachable *UnreachableError
			if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

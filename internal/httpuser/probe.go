package httpuser

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// probeTimeout bounds the one connection of a [Probe].
const probeTimeout = 10 * time.Second

// Probe opens one TCP connection to the host of an address and closes it, so
// that an app that is not there is known before any browser starts. Behind a
// proxy it does nothing: the proxy answers for everybody.
func Probe(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if u.Hostname() == "" {
		return nil
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	host := net.JoinHostPort(u.Hostname(), port(u))
	c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return &UnreachableError{Address: address, Err: reason(err, host)}
	}
	return c.Close()
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

// UnreachableError says that the app does not answer.
type UnreachableError struct {
	Address string
	Err     error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("the app at %s cannot be reached: %v", e.Address, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

func reason(err error, host string) error {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return fmt.Errorf("the host name %q does not resolve; check the spelling, or give another address with --url", dns.Name)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s does not answer within %s", host, probeTimeout)
	case refused(err):
		return fmt.Errorf("nothing listens at %s; start the app, or give its address with --url", host)
	}
	return err
}

func refused(err error) bool { return errors.Is(err, errnoRefused) }

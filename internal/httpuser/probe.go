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
	host, err := hostOf(address)
	if err != nil || host == "" {
		return err
	}
	if err := connect(ctx, host); err != nil {
		return &UnreachableError{Address: address, Err: reason(err, host)}
	}
	return nil
}

// Missing is an error where connections to the host of an address are refused:
// the app that was there has gone. Whatever else may be wrong is none.
func Missing(ctx context.Context, address string) error {
	host, err := hostOf(address)
	if err != nil || host == "" {
		return nil
	}
	if err := connect(ctx, host); refused(err) {
		return fmt.Errorf("nothing listens at %s any more", host)
	}
	return nil
}

// hostOf is the host and port of an address; "" where a proxy, or nobody, is
// to be asked.
func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", err
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil || proxy != nil {
		return "", err
	}
	return net.JoinHostPort(u.Hostname(), port(u)), nil
}

// connect opens a TCP connection and closes it.
func connect(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
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
		return fmt.Errorf("the host name %q does not resolve; check the spelling, or give another address with --url; %s", dns.Name, behindProxy)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s does not answer within %s; %s", host, probeTimeout, behindProxy)
	case refused(err):
		return fmt.Errorf("nothing listens at %s; start the app, or give its address with --url", host)
	}
	return fmt.Errorf("%w; %s", err, behindProxy)
}

// behindProxy is the way out where only a proxy gets there. One that is only in the
// system's settings, as on macOS and Windows, browsers know, and we do not.
const behindProxy = "behind a proxy, name it in HTTP_PROXY and HTTPS_PROXY (NO_PROXY: the hosts that it is not for)"

func refused(err error) bool { return errors.Is(err, errnoRefused) }

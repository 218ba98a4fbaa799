package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// FreePort is a TCP port that is free at this moment, on 127.0.0.1 and, where
// the machine has it, on ::1: an app may listen on either, or on both.
func FreePort() (int, error) {
	for range mostPorts {
		four, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("there is no free port for the app: %w", err)
		}
		port := four.Addr().(*net.TCPAddr).Port
		free := listens("[::1]:"+strconv.Itoa(port)) || !listens("[::1]:0")
		four.Close()
		if free {
			return port, nil
		}
	}
	return 0, errors.New("there is no port for the app that is free on 127.0.0.1 and on ::1")
}

// mostPorts bounds the search for a port.
const mostPorts = 100

// listens tells whether we could listen on an address of IPv6.
func listens(address string) bool {
	six, err := net.Listen("tcp6", address)
	if err != nil {
		return false
	}
	six.Close()
	return true
}

// place is where the app is to listen. It is known where it is on this machine
// for certain.
func (o Options) place() (host string, port int, known bool) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return "", 0, false
	}
	port, err = strconv.Atoi(u.Port())
	switch {
	case u.Port() == "" && u.Scheme == "http":
		port = 80
	case u.Port() == "" && u.Scheme == "https":
		port = 443
	case err != nil:
		return "", 0, false
	}
	host = u.Hostname()
	ip := net.ParseIP(host)
	return host, port, port == o.Port || host == "localhost" || ip != nil && ip.IsLoopback()
}

// dialLimit bounds a look at whether anybody listens, on this machine.
const dialLimit = time.Second

// taken says that somebody listens where the app is to; "" where nobody does.
func (o Options) taken(ctx context.Context) string {
	host, port, known := o.place()
	if !known {
		return ""
	}
	c, err := (&net.Dialer{Timeout: dialLimit}).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return ""
	}
	c.Close()
	if port == o.Port {
		return fmt.Sprintf("another program has taken port %d meanwhile, which was free when it was chosen for the app: run again", port)
	}
	return fmt.Sprintf("another program listens at port %d, where the app is to: end it; or give the command ${port} and the scenario no url; or load what is there with --url", port)
}

// listeningLimit bounds a look at the ports of the app.
const listeningLimit = 5 * time.Second

// elsewhere are the ports that the app listens on, where its own is not among
// them.
func (a *App) elsewhere(ctx context.Context) []int {
	_, port, known := a.o.place()
	if !known || a.o.Listening == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, listeningLimit)
	defer cancel()
	ports := a.o.Listening(ctx, a.PID())
	if slices.Contains(ports, port) {
		return nil
	}
	return ports
}

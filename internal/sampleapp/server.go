package sampleapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Server is an app on an address of its own.
type Server struct {
	listener net.Listener
	app      *App
}

// Listen takes an address for the app, like "localhost:5006", or
// "localhost:0" for a free port. Connections are accepted from then on and
// answered once [Server.Serve] runs.
func (a *App) Listen(addr string) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the sample app can't have %s: %w", addr, err)
	}
	return &Server{l, a}, nil
}

// URL is the app's address, without a slash at its end.
func (s *Server) URL() string {
	addr := s.listener.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", addr.Port)
	}
	return "http://" + addr.String()
}

// headerLimit bounds how long a client may take to ask.
const headerLimit = 10 * time.Second

// Serve answers requests until ctx ends, and then returns nil; requests that
// wait out their delay are cut short. It is called once.
func (s *Server) Serve(ctx context.Context) error {
	server := &http.Server{
		Handler:           s.app,
		ReadHeaderTimeout: headerLimit,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	err := server.Serve(s.listener)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/loadwright/loadwright/report/page"
)

// shutdownTime is how long pages have to read the last that they are told.
const shutdownTime = time.Second

// site is a page of results that is being served.
type site struct {
	results *page.Server
	server  *http.Server
	ended   chan struct{} // closed when it no longer is
	err     error         // why; valid once ended is closed
}

// startSite serves results to those who are let in. The caller calls close.
func startSite(listener net.Listener, results *page.Server, access page.Access) *site {
	s := &site{
		results: results,
		server:  &http.Server{Handler: results.Guarded(access), ReadHeaderTimeout: 10 * time.Second},
		ended:   make(chan struct{}),
	}
	go func() { defer close(s.ended); s.err = s.server.Serve(listener) }()
	return s
}

// close ends the serving. Its error is why it ended before.
func (s *site) close() error {
	s.results.Close() // who follows a run is told
	closing, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if s.server.Shutdown(closing) != nil {
		_ = s.server.Close() // somebody still reads
	}
	<-s.ended
	if errors.Is(s.err, http.ErrServerClosed) {
		return nil
	}
	return s.err
}

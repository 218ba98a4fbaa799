package main

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/sampleapp"
)

// app is the bundled app, served by the bench itself, so that what it costs is
// no part of what a tool costs. It remembers who came and clicked when: that is
// seen in the same way for every tool.
type app struct {
	url    string
	server *http.Server

	mu     sync.Mutex
	users  map[string]bool // who have loaded the page
	runs   map[string]int  // so far, by page
	clicks []click
	truths map[string]sampleapp.Truth
}

// click is a run that a page asked for.
type click struct {
	at   time.Time
	page string // "u0-i1": the name in its address
	run  int    // from 1
}

func serveApp(delay sampleapp.Options) (*app, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &app{
		url:    "http://" + l.Addr().String(),
		users:  map[string]bool{},
		runs:   map[string]int{},
		truths: map[string]sampleapp.Truth{},
	}
	delay.Truth = a.keep
	pages := sampleapp.New(delay)
	a.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.see(r)
		pages.ServeHTTP(w, r)
	})}
	go a.server.Serve(l) //nolint:errcheck // it ends when it is closed
	return a, nil
}

func (a *app) close() { _ = a.server.Close() }

// see takes down who asks for what.
func (a *app) see(r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch r.URL.Path {
	case "/app":
		user, _, _ := strings.Cut(r.URL.Query().Get("as"), "-")
		a.users[user] = true
	case "/run":
		page := ""
		if from, err := url.Parse(r.Referer()); err == nil {
			page = from.Query().Get("as")
		}
		a.runs[page]++
		a.clicks = append(a.clicks, click{at: time.Now(), page: page, run: a.runs[page]})
	}
}

func (a *app) keep(t sampleapp.Truth) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.truths[t.As] = t
}

// there is how many users have loaded the page.
func (a *app) there() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.users)
}

// between is what was clicked from one moment to another.
func (a *app) between(from, to time.Time) []click {
	a.mu.Lock()
	defer a.mu.Unlock()
	var in []click
	for _, c := range a.clicks {
		if !c.at.Before(from) && c.at.Before(to) {
			in = append(in, c)
		}
	}
	return in
}

// reported is how many of the clicks are on pages that have handed in their record.
func (a *app) reported(clicks []click) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, c := range clicks {
		if _, ok := a.truths[c.page]; ok {
			n++
		}
	}
	return n
}

// truth is how long the page itself took from a click to its answer, in seconds.
func (a *app) truth(c click) (seconds float64, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.truths[c.page].Runs {
		if r.Run == c.run {
			return (r.Answered - r.Clicked) / 1000, true
		}
	}
	return 0, false
}

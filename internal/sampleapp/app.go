// Package sampleapp is the app under test that comes with loadwright: pages
// whose delays are known exactly, and that keep their own record of the truth,
// so that what a load tester reads can be held against what happened.
//
// # Pages
//
//   - / leads to /app.
//   - /app has a button "Run". A click shows "Running …", asks the server,
//     and shows "Finished run N in X sec" with the X that the server measured.
//   - /form has fields of every common kind and shows "Saved …" when they are
//     sent.
//   - /login takes a name and "secret of" that name, and leads to /reports, which
//     wants a cookie, as do /reports/1 to /reports/9 and, as JSON, /api/reports.
//   - /run takes the delay of a run and answers how long that was, as JSON. It
//     is what a click on "Run" asks for, and what users without a browser can:
//     by GET or POST.
//   - /error answers 500, or what ?status= says.
//
// Query parameters change the delays of one page and of what it asks for
// later: load_delay; run_delay, one delay or several with commas between,
// taken in turn (/app?run_delay=0,50ms,200ms), beginning with that of number
// turn, from 0 and over again (turn=7); and local=1, with which the
// page waits by itself and asks nobody. Delay 0 with local=1 is answered
// within the click's own handler. With Options.Service Exponential a run's
// delay is the mean of what the server takes for one; a page that waits by
// itself takes the delay.
//
// Nothing comes from other hosts, and a strict Content-Security-Policy allows
// no inline script or style and no eval.
//
// # Truth
//
// Times are the page's own, in milliseconds since navigation start, as
// performance.now() and Event.timeStamp give them. The button Run is inserted
// by script; the instant right after that is in <body data-inserted>. The
// element with role status tells of the last run that finished, in attributes
// that are written in the same task as the answer:
//
//	data-run       its number, from 1
//	data-pressed   timeStamp of the pointerdown before the click; empty for a key
//	data-clicked   timeStamp of the click
//	data-answered  right after the answer was written
//	data-delay     the delay that was asked for, in milliseconds
//	data-seconds   what the server measured (with local=1: the page)
//
// The function truth() of the page's global scope returns all of it, runs in
// the order in which they finished:
//
//	{inserted: 41.3, runs: [{run: 1, pressed: …, clicked: …, answered: …, delay: 500, seconds: 0.5002}, …]}
//
// The function report() posts it to /truth, with the name that the page's
// address gives (/app?as=NAME), and the app hands it to Options.Truth.
package sampleapp

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// Options say how an app behaves. The zero value answers at once.
type Options struct {
	LoadDelay time.Duration // how long the server takes for a page
	RunDelay  time.Duration // how long it takes for a run, or to save the form
	// Workers is how many requests the server works on at a time; the others
	// wait in line, first come, first served. 1 is what an app on Panel's,
	// Bokeh's or Streamlit's single thread does; 0 is no limit.
	Workers int
	// Service is how runs' times lie around their delay; Source, what
	// Exponential draws them from, nil being one that nobody can foresee.
	Service Service
	Source  rand.Source
	// DieAt is how many requests at once are one too many; 0: none are. Die is
	// called then, once for each of them, with their number.
	DieAt int
	Die   func(requests int)
	// Truth is told of every record that a page reports. It may be called from
	// several goroutines at once; nil: nobody is told.
	Truth func(Truth)
}

// Truth is a page's own record of what happened on it. Times are in
// milliseconds since its navigation start.
type Truth struct {
	As       string  // the page's name, from its address
	Inserted float64 // when the button Run was inserted
	Runs     []Run   // in the order in which they finished
}

// Run is what a page recorded of one run.
type Run struct {
	Run      int     // from 1
	Pressed  float64 // timeStamp of the pointerdown before the click; 0 for a key
	Clicked  float64 // timeStamp of the click
	Answered float64 // right after the answer was written
	Delay    float64 // asked for, in milliseconds; with Exponential the mean
	Seconds  float64 // as the server measured it
}

// App is the app under test: an [http.Handler].
type App struct {
	options Options
	line    line
	clerk   *clerk
	inside  atomic.Int64 // requests, those in line too
	mux     *http.ServeMux
}

//go:embed pages
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// New returns an app.
func New(o Options) *App {
	a := &App{options: o, line: newLine(o.Workers), clerk: newClerk(o), mux: http.NewServeMux()}
	a.mux.Handle("GET /{$}", http.RedirectHandler("/app", http.StatusFound))
	a.mux.HandleFunc("GET /app", a.page("app.html"))
	a.mux.HandleFunc("GET /form", a.page("form.html"))
	a.mux.HandleFunc("GET /run", a.run)
	a.mux.HandleFunc("POST /run", a.run)
	a.mux.HandleFunc("POST /form", a.save)
	a.mux.HandleFunc("GET /login", a.page("login.html"))
	a.mux.HandleFunc("POST /login", a.signIn)
	reports := a.page("reports.html")
	a.mux.HandleFunc("GET /reports", a.signedIn(func(w http.ResponseWriter, r *http.Request, _ string) { reports(w, r) }))
	a.mux.HandleFunc("GET /api/reports", a.signedIn(a.listReports))
	a.mux.HandleFunc("GET /reports/{id}", a.signedIn(a.showReport))
	a.mux.HandleFunc("GET /error", fail)
	a.mux.HandleFunc("POST /truth", a.truth)
	static, _ := fs.Sub(staticFiles, "static") // fails for an invalid path only
	a.mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	return a
}

// policy lets the page load its own files and talk to its own server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := int(a.inside.Add(1))
	defer a.inside.Add(-1)
	if a.options.DieAt > 0 && n >= a.options.DieAt {
		a.options.Die(n)
	}
	a.line.enter()
	defer a.line.leave()
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	a.mux.ServeHTTP(w, r)
}

// page serves a page after its delay.
func (a *App) page(name string) http.HandlerFunc {
	page := template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/"+name))
	return func(w http.ResponseWriter, r *http.Request) {
		load, run, err := a.delays(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if wait(r.Context(), load[0]) != nil {
			cutShort(w)
			return
		}
		local := r.URL.Query().Get("local") == "1"
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = page.ExecuteTemplate(w, "layout.html", map[string]any{ // fails where the client has gone
			"Load":  load,
			"Run":   run,
			"Local": local,
			"Mean":  a.options.Service == Exponential && !local,
		})
	}
}

// run takes its delay and tells how long that was.
func (a *App) run(w http.ResponseWriter, r *http.Request) {
	_, run, err := a.delays(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	began := time.Now()
	if wait(r.Context(), a.clerk.takes(run[0])) != nil {
		cutShort(w)
		return
	}
	answer(w, map[string]any{"seconds": time.Since(began).Seconds()})
}

// largestRecord bounds what a page may report, in bytes.
const largestRecord = 8 << 20

// truth takes a page's record.
func (a *App) truth(w http.ResponseWriter, r *http.Request) {
	var t Truth
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestRecord)).Decode(&t); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if a.options.Truth != nil {
		a.options.Truth(t)
	}
	w.WriteHeader(http.StatusNoContent)
}

// delays are those of one request: the app's own unless its query says otherwise.
func (a *App) delays(r *http.Request) (load, run Delays, err error) {
	load, run = Delays{a.options.LoadDelay}, Delays{a.options.RunDelay}
	query := r.URL.Query()
	for name, d := range map[string]*Delays{"load_delay": &load, "run_delay": &run} {
		if !query.Has(name) {
			continue
		}
		if *d, err = ParseDelays(query.Get(name)); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if turn := query.Get("turn"); turn != "" {
		n, err := strconv.ParseUint(turn, 10, 64)
		if err != nil {
			return nil, nil, fmt.Errorf("turn: %q is no number", turn)
		}
		first := int(n % uint64(len(run)))
		run = append(run[first:len(run):len(run)], run[:first]...)
	}
	return load, run, nil
}

// fail answers with an error, for scenarios that expect one.
func fail(w http.ResponseWriter, r *http.Request) {
	status := http.StatusInternalServerError
	if s, err := strconv.Atoi(r.URL.Query().Get("status")); err == nil && s >= 400 && s <= 599 {
		status = s
	}
	http.Error(w, http.StatusText(status), status)
}

// cutShort answers a request whose client has gone, or whose server ends.
func cutShort(w http.ResponseWriter) {
	http.Error(w, "the app ends", http.StatusServiceUnavailable)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // fails where the client has gone
}

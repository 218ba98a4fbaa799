package page

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
)

const (
	// mostOpened is how many runs a server keeps in memory; the one that was not
	// asked for longest goes. While pages ask for more than those it keeps
	// mostAsked: to read one anew each time would never end.
	mostOpened = 8
	mostAsked  = 32
	// lately is how long ago a page has asked at most that still shows a run.
	lately = 10 * time.Second
	// firstWait is how long the first answer waits for a file to be read, and
	// nextWait the others: a picture of a part costs time that the rest wants.
	firstWait = 250 * time.Millisecond
	nextWait  = time.Second
)

// Server serves the page for the runs of some files and folders. It answers
// nobody but pages that it has served itself; see [Server.Handler].
type Server struct {
	paths []string
	live  *live // nil: there are files only

	mu     sync.Mutex
	opened map[string]*opened
	order  []string // of opened, the longest unused first
	closed bool

	stretch sync.Mutex // one file is read for a stretch at a time
}

// NewServer returns a server for files and folders. The caller calls Close.
func NewServer(paths ...string) *Server {
	return &Server{paths: paths, opened: map[string]*opened{}}
}

// Close ends the following of files, and tells pages of a run under way that it
// does. Closing again is harmless.
func (s *Server) Close() {
	s.live.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, o := range s.opened {
		o.close()
	}
	s.opened, s.order = nil, nil
}

// Handler serves at an address on this machine, "127.0.0.1:8099": see [Access].
func (s *Server) Handler(address string) http.Handler { return s.Guarded(Access{Address: address}) }

// Guarded serves those who are let in.
func (s *Server) Guarded(a Access) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		text(w, "text/html", skeleton("loadwright", "",
			`<link rel="stylesheet" href="/page.css">`,
			`<script src="/echarts.js"></script>`+"\n"+`<script type="module" src="/page.js"></script>`))
	})
	for path, file := range map[string]struct {
		kind string
		text func() string
	}{
		"/page.css":   {"text/css", Style},
		"/page.js":    {"text/javascript", script},
		"/echarts.js": {"text/javascript", func() string { return asset(chartLibrary) }},
	} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { text(w, file.kind, file.text()) })
	}
	if s.live != nil {
		mux.HandleFunc("GET /api/live", s.listen)
		mux.HandleFunc("POST /api/stop", s.stop)
		mux.HandleFunc("POST /api/users", s.setUsers)
		mux.HandleFunc("GET /api/csv", s.csv)
		mux.HandleFunc("GET /api/summary", s.summary)
	}
	mux.HandleFunc("GET /api/start", s.start)
	mux.HandleFunc("GET /api/runs", s.runs)
	mux.HandleFunc("GET /api/run", s.run)
	mux.HandleFunc("GET /api/stretch", s.between)
	mux.HandleFunc("GET /api/report", s.report)
	mux.HandleFunc("GET /files/{run}/{name}", s.artefact)
	return a.guard(mux)
}

func text(w http.ResponseWriter, kind, content string) {
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	_, _ = w.Write([]byte(content)) // nobody to tell
}

// id names a run by its file's path.
func id(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:8])
}

// where is what the server was started for, and runs that it has shown.
func (s *Server) where() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.paths)
}

// find returns the path of a run: only such as the server was started for.
func (s *Server) find(name string) (string, error) {
	all, other, _ := find(s.where()) // what is wrong with another one is told in the list
	for _, path := range all {
		if id(path) == name {
			return path, nil
		}
	}
	for path, own := range other {
		if id(path) == name {
			return own, nil
		}
	}
	return "", errors.New("there is no such run: its file is gone")
}

// open returns a run, read or being read. The caller hands it back by
// [Server.leave]; until then it is not closed.
func (s *Server) open(name string) (*opened, error) {
	path, err := s.find(name)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("the server is being closed")
	}
	o := s.opened[path]
	if o != nil && o.stale() {
		s.drop(path)
		o = nil
	}
	if o == nil {
		if o, err = openRun(path); err != nil {
			return nil, err
		}
	}
	s.opened[path] = o
	s.order = append(slices.DeleteFunc(s.order, func(p string) bool { return p == path }), path)
	o.uses++
	o.asked = time.Now()
	for n := len(s.order); n > mostOpened; n-- {
		oldest := s.opened[s.order[0]]
		if wanted := oldest.uses > 0 || o.asked.Sub(oldest.asked) < lately; wanted && n <= mostAsked {
			break // those after it were asked for later
		}
		s.drop(s.order[0])
	}
	return o, nil
}

// leave hands back a run from [Server.open].
func (s *Server) leave(o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.uses--; o.dropped && o.uses == 0 {
		o.close()
	}
}

// drop keeps a run no longer: it is closed when nobody has it any more. The
// caller has the lock.
func (s *Server) drop(path string) {
	o := s.opened[path]
	delete(s.opened, path)
	s.order = slices.DeleteFunc(s.order, func(p string) bool { return p == path })
	if o.dropped = true; o.uses == 0 {
		o.close()
	}
}

// answer writes JSON.
func answer(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip")
	_ = pack(w, gzip.BestSpeed, what) // nobody to tell
}

func refuse(w http.ResponseWriter, err error) {
	http.Error(w, err.Error(), http.StatusUnprocessableEntity)
}

// start names the runs that the page opens with: those that were asked for by
// their files.
func (s *Server) start(w http.ResponseWriter, _ *http.Request) {
	only := []string{}
	if s.live != nil {
		only = append(only, liveID)
	} else {
		_, other, _ := find(s.paths)
		for _, path := range s.paths {
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				if name := id(cmp.Or(other[path], path)); !slices.Contains(only, name) {
					only = append(only, name)
				}
			}
		}
	}
	answer(w, map[string]any{"only": only, "live": s.live != nil, "shares": shares()})
}

// listed is a run in the list.
type listed struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Began      string  `json:"began"`
	Users      int     `json:"users"`
	Verdict    Verdict `json:"verdict"`
	Thresholds string  `json:"thresholds"`
	File       string  `json:"file"`
}

func (s *Server) runs(w http.ResponseWriter, _ *http.Request) {
	paths := s.where()
	all, err := Find(paths...)
	wrong := ""
	if err != nil {
		wrong = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	list := []listed{}
	where := strings.Join(paths, ", ")
	if s.live != nil {
		list, where = append(list, s.live.listed()), "the runs of this command"
	}
	for _, path := range all {
		list = append(list, list1(path))
	}
	answer(w, map[string]any{"runs": list, "where": where, "wrong": wrong})
}

func list1(path string) listed {
	l := listed{
		ID: id(path), Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), File: path,
		Began: dateOf(path).Format(time.RFC3339), Verdict: NotJudged,
	}
	s, err := filesOf(path).summary()
	if err != nil || s == nil {
		return l
	}
	l.Name, l.Began, l.Users, l.Verdict = wording.Cut(oneLine(s.Scenario), longestName), s.Began.UTC().Format(time.RFC3339), s.Users, s.verdict()
	if len(s.Events) == 0 {
		l.Verdict = NothingThere
	}
	if c := s.Capacity; c != nil {
		l.Thresholds = "not decided"
		if c.Capacity != nil {
			l.Thresholds = fmt.Sprintf("%v %s", *c.Capacity, wording.Cut(oneLine(c.Unit), longestName))
		}
		return l
	}
	held := 0
	for _, t := range s.Thresholds {
		if t.OK {
			held++
		}
	}
	l.Thresholds = fmt.Sprintf("%d of %d held", held, len(s.Thresholds))
	return l
}

// run answers with what is known of a run, unless the page knows it.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	o, err := s.open(r.FormValue("run"))
	if err != nil {
		refuse(w, err)
		return
	}
	defer s.leave(o)
	since := r.FormValue("since")
	if since == "" {
		o.wait(r.Context(), firstWait)
	} else {
		o.wait(r.Context(), nextWait)
	}
	version := o.version()
	if version == since {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	run, err := o.run()
	if err != nil {
		refuse(w, err)
		return
	}
	run.ID = r.FormValue("run")
	linkArtefacts(run)
	answer(w, map[string]any{"version": version, "runs": []*Run{run}, "shares": shares()})
}

// linkArtefacts makes the artefacts of a run links to the server.
func linkArtefacts(run *Run) {
	for i := range run.Failures {
		for j := range run.Failures[i].First {
			for k := range run.Failures[i].First[j].Artefacts {
				a := &run.Failures[i].First[j].Artefacts[k]
				a.Link = "/files/" + url.PathEscape(run.ID) + "/" + url.PathEscape(a.Name)
			}
		}
	}
}

// unlink takes them back: a file that is kept can't rely on the server.
func (r *Run) unlink() {
	for i := range r.Failures {
		for j := range r.Failures[i].First {
			for k := range r.Failures[i].First[j].Artefacts {
				r.Failures[i].First[j].Artefacts[k].Link = ""
			}
		}
	}
}

// between answers with the statistics of the rows that start in a stretch, made
// of all rows of the file.
func (s *Server) between(w http.ResponseWriter, r *http.Request) {
	path, err := s.find(r.FormValue("run"))
	from, err1 := strconv.ParseFloat(r.FormValue("from"), 64)
	to, err2 := strconv.ParseFloat(r.FormValue("to"), 64)
	if err = errors.Join(err, err1, err2); err != nil {
		refuse(w, err)
		return
	}
	s.stretch.Lock()
	defer s.stretch.Unlock()
	part := &part{ctx: r.Context(), from: from, to: to, build: NewBuilder(1)}
	file, err := os.Open(path)
	if err == nil {
		defer file.Close()
		err = take(file, part, func(error) {}, func([]string) {})
	}
	if err != nil {
		refuse(w, err)
		return
	}
	run := part.build.Run()
	type figure struct {
		Name string `json:"name"`
		Figures
	}
	events := []figure{}
	for _, e := range run.Events {
		events = append(events, figure{e.Name, e.Figures})
	}
	answer(w, map[string]any{"events": events})
}

// part takes the rows that start in a stretch.
type part struct {
	ctx      context.Context
	from, to float64
	origin   event.Instant
	build    *Builder
}

func (p *part) Begin(at event.Instant) { p.origin = max(0, at); p.build.Begin(at) }

func (p *part) Event(e *event.Event) error {
	p.build.meet(e.Name)
	at := seconds(due(e).Sub(p.origin))
	if at < p.from || at > p.to {
		return p.ctx.Err() // nobody may wait any more, and gigabytes follow
	}
	row := *e
	row.Phase = "" // the reader has picked it, warm-up or not
	return errors.Join(p.ctx.Err(), p.build.Event(&row))
}

// report answers with the page of runs as one file.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	var runs []*Run
	names := r.URL.Query()["run"]
	if s.live != nil && slices.Contains(names, liveID) {
		page, err := s.liveReport()
		if err != nil {
			refuse(w, fmt.Errorf("the report can't be made: %w", plain(err)))
			return
		}
		attach(w, "report.html")
		text(w, "text/html", string(page))
		return
	}
	for _, name := range names {
		run, err := s.whole(r.Context(), name)
		if err != nil {
			refuse(w, err)
			return
		}
		runs = append(runs, run)
	}
	var page bytes.Buffer
	if err := Report(&page, runs...); err != nil {
		refuse(w, err)
		return
	}
	attach(w, "report.html")
	text(w, "text/html", page.String())
}

// whole returns a run when all of its file was read, or after a minute.
func (s *Server) whole(ctx context.Context, name string) (*Run, error) {
	o, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer s.leave(o)
	o.wait(ctx, time.Minute)
	return o.run()
}

// artefact serves what was kept of a failure, and nothing else of a run's folder.
func (s *Server) artefact(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	dir, err := s.folder(r.PathValue("run"))
	if err != nil || dir == "" || !artefactName.MatchString(name) {
		http.NotFound(w, r)
		return
	}
	file, err := os.OpenInRoot(dir, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	kind := "image/png"
	if !strings.HasSuffix(name, ".png") {
		kind = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	http.ServeContent(w, r, "", time.Time{}, file)
}

// folder returns where the files of a run lie, beside its events; "" where there
// are none.
func (s *Server) folder(run string) (string, error) {
	if s.live != nil && run == liveID {
		return s.live.now().State().Dir, nil
	}
	path, err := s.find(run)
	return filesOf(path).dir, err
}

// Check tells what is wrong with a file that is no events CSV.
func Check(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%s can't be read: %w", path, plain(err))
	}
	defer file.Close()
	if _, err := event.NewReader(file); err != nil {
		return fmt.Errorf("%s: %w", path, plain(err))
	}
	return nil
}

package page

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

const (
	// liveID is how a page names the run that is shown while it is on.
	liveID = "live"
	// newsInterval is how often a page is told what is new.
	newsInterval = time.Second
	// newsAge is how old the figures may be that a page is told: several pages
	// share them.
	newsAge = newsInterval - 100*time.Millisecond
	// quietInterval is how often a page is told that nothing is new any more, so
	// that it can tell an idle server from one that is gone.
	quietInterval = 15 * time.Second
	// patience is how long a page may take to read what it is told.
	patience = 10 * time.Second
	// mostListeners bounds the pages that are told.
	mostListeners = 32
	// mostRequest bounds what a page may send.
	mostRequest = 4 << 10
)

// Running is a run under way: what its owner tells of it, and how it is
// steered. The functions are called by several goroutines, until another run is
// shown.
type Running struct {
	Events *Builder // a sink of the run
	State  func() State
	// Summary is what summary.json would say now. Stop ends the run in order.
	// SetUsers changes the number of users. nil: it can't be done now.
	Summary  func() ([]byte, error)
	Stop     func()
	SetUsers func(users int) error
}

// State is where a run stands, which its events alone don't tell.
type State struct {
	Scenario string
	Place    string // among the runs of a command: "2 of 3"; "" where it is the only one
	Stage    Stage
	Ended    string // why it ended before its load was done
	Failed   string // why it could not be carried out

	Active, Most        int // users
	Iterations, Planned int // Planned is 0 where as many are done as fit
	Waiting             int // arrivals that have no place yet
	Elapsed, Left       time.Duration
	LeftKnown           bool
	Fixed               string // why the number of users can't be changed; "" where it can
	MostUsers           int    // that may be asked for

	Began      time.Time // of the load: samples count from it
	Thresholds []stats.Verdict
	Generator  machine.Verdict
	Samples    []machine.Sample
	Machine    machine.Machine

	CSV, Dir string // the events, and the folder of what goes with them; "" before there are any
	Report   string // report.html; "" before it is written
}

// Stage is how far a run has come.
type Stage string

// The stages of a run, in order.
const (
	Preparing Stage = "preparing"
	Loading   Stage = "loading"
	Stopping  Stage = "stopping"
	Ended     Stage = "ended"
)

// NewLive returns a server of runs under way, one after the other, of which this
// is the first: see [Server.Show]. The caller calls Close.
func NewLive(first Running) *Server {
	s := NewServer()
	s.live = &live{running: first, shown: 1, changed: make(chan struct{}), closing: make(chan struct{})}
	return s
}

// Show shows a run from now on, or another state of it, at once. A run that was
// shown before, and left events, goes into the list of runs.
func (s *Server) Show(r Running) {
	before := s.live.show(r)
	if before == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths = append(s.paths, before)
}

// live is the run that is shown, and what the pages are told of it.
type live struct {
	mu        sync.Mutex
	running   Running
	shown     int           // how many runs were
	changed   chan struct{} // closed when it is shown in another state
	latest    *news         // nil: to be made
	listeners int

	closing chan struct{} // closed when the server goes
	once    sync.Once
}

// show returns the events of the run that is no longer shown.
func (l *live) show(r Running) (before string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Events != l.running.Events {
		if !l.running.Events.empty() {
			before = l.running.State().CSV
		}
		l.shown++
	}
	l.running, l.latest = r, nil
	close(l.changed)
	l.changed = make(chan struct{})
	return before
}

func (l *live) now() Running {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running
}

func (l *live) close() {
	if l != nil {
		l.once.Do(func() { close(l.closing) })
	}
}

// listed is the run in the list.
func (l *live) listed() listed {
	running := l.now()
	state := running.State()
	r := running.complete(state, running.Events.figures(0))
	held := 0
	for _, t := range r.Thresholds {
		if t.OK {
			held++
		}
	}
	return listed{
		ID: liveID, Name: r.Name, Began: r.Began, Users: r.Users, Verdict: r.Verdict,
		Thresholds: fmt.Sprintf("%d of %d held", held, len(r.Thresholds)), File: state.CSV,
	}
}

// news is what all pages are told alike.
type news struct {
	made    time.Time
	run     int             // counted by live.shown
	events  *Builder        // of the run
	rows    int64           // that the figures are of
	figures json.RawMessage // the run without single rows and samples of the machine
	state   json.RawMessage
	machine Machine
	over    bool // there will be no other news of this run
}

// news returns the latest, made anew where they are too old, and what tells
// when there are others at once.
func (l *live) news() (*news, <-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := l.latest; n != nil && (n.over || time.Since(n.made) < newsAge) {
		return n, l.changed, nil
	}
	n := &news{made: time.Now(), run: l.shown, events: l.running.Events}
	state := l.running.State()
	r := l.running.complete(state, n.events.figures(state.there()))
	n.rows, n.machine, n.over = r.Points.Rows, r.Machine, state.Stage == Ended
	r.Points, r.Machine = Points{}, Machine{}
	var err1, err2 error
	n.figures, err1 = json.Marshal(r)
	n.state, err2 = json.Marshal(state.told(l.running))
	l.latest = n
	return n, l.changed, errors.Join(err1, err2)
}

// figures is the run without its points, as of now.
func (b *Builder) figures(still int) *Run {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.soFar(still)
}

// between returns the points of some rows, and how often points were thinned.
func (b *Builder) between(from, to int64) points {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.points.between(from, to)
}

// whole is the run with everything that is known of it.
func (r Running) whole() *Run { return r.complete(r.State(), r.Events.Run()) }

// complete puts what the owner knows into a run, as [finish] does with what the
// files of a run tell that is over.
func (r Running) complete(s State, to *Run) *Run {
	to.ID, to.Growing, to.File = liveID, s.Stage != Ended, s.CSV
	said := s.summary()
	said.complete(to)
	switch {
	case to.Growing:
		to.Verdict = UnderWay
	case len(to.Events) == 0:
		to.Verdict = NothingThere
	}
	kept := files{csv: s.CSV, dir: s.Dir}
	kept.tellFailures(to)
	linkArtefacts(to)
	switch {
	case s.Stage == Preparing:
		to.Headline = "The run is being prepared."
	case s.Failed != "" && len(to.Events) == 0:
		to.Headline = "The run could not be carried out: " + wording.Cut(oneLine(s.Failed), longestMessage)
	case s.Failed != "":
		to.Headline = "The run could not be carried out to its end: " + wording.Cut(oneLine(s.Failed), longestMessage) + ". " + headline(to, said)
	default:
		to.Headline = headline(to, said)
	}
	return to
}

// there is how many users have not gone yet.
func (s State) there() int {
	if s.Stage == Ended {
		return 0
	}
	return s.Active
}

// summary is what summary.json would tell the page.
func (s State) summary() *summary {
	to := &summary{OK: true, Scenario: s.Scenario, Began: s.Began, Ended: s.Ended, Machine: s.Machine}
	for _, v := range s.Thresholds {
		to.OK = to.OK && v.OK
		to.Thresholds = append(to.Thresholds, v.Summary())
	}
	to.Generator.Judged, to.Generator.Trusted, to.Generator.Text = s.Generator.Judged, s.Generator.Trusted, s.Generator.Text
	for _, x := range s.Samples {
		to.Generator.Samples = append(to.Generator.Samples, sampleOf(x))
	}
	return to
}

// sampleOf is a sample as summary.json has it.
func sampleOf(x machine.Sample) sample {
	figure := func(f machine.Figure) *float64 {
		if !f.Known() {
			return nil
		}
		v := math.Round(float64(f)*1e4) / 1e4
		return &v
	}
	to := sample{
		Begin: x.Begin, End: x.End, Saturated: x.Saturated,
		MachineCPU: figure(x.MachineCPU), GeneratorCPU: figure(x.GeneratorCPU), GeneratorMemory: figure(x.GeneratorMemory),
	}
	if x.App != nil {
		to.App = &appSample{figure(x.App.CPU), nil}
		memory := float64(x.App.Memory)
		to.App.Memory = &memory
	}
	return to
}

// told is the state as the page takes it.
type told struct {
	Stage      Stage    `json:"stage"`
	Place      string   `json:"place"`
	Ended      string   `json:"ended"`
	Failed     string   `json:"failed"`
	Active     int      `json:"active"`
	Most       int      `json:"most"`
	Iterations int      `json:"iterations"`
	Planned    int      `json:"planned"`
	Waiting    int      `json:"waiting"`
	Elapsed    float64  `json:"elapsed"`
	Left       *float64 `json:"left"` // null: not known
	Fixed      string   `json:"fixed"`
	MostUsers  int      `json:"most_users"`
	Stops      bool     `json:"stops"` // it can be stopped
	Dials      bool     `json:"dials"` // the number of users can be changed
	Summary    bool     `json:"summary"`
	CSV        bool     `json:"csv"`
	Dir        string   `json:"dir"`
}

func (s State) told(r Running) told {
	t := told{
		Stage: s.Stage, Place: s.Place, Ended: wording.Cut(oneLine(s.Ended), longestMessage), Failed: wording.Cut(oneLine(s.Failed), longestMessage),
		Active: s.Active, Most: s.Most, Iterations: s.Iterations, Planned: s.Planned, Waiting: s.Waiting,
		Elapsed: seconds(s.Elapsed), Fixed: s.Fixed, MostUsers: s.MostUsers,
		Stops: r.Stop != nil && (s.Stage == Preparing || s.Stage == Loading), Dials: r.SetUsers != nil && s.Stage == Loading,
		Summary: r.Summary != nil, CSV: s.CSV != "", Dir: s.Dir,
	}
	if s.LeftKnown {
		t.Left = known(s.Left)
	}
	return t
}

// listener is a page that is told what is new, and what it has been told.
type listener struct {
	run, thinned  int
	rows          int64
	samples       int
	firstSampleAt float64 // changes when samples are put together
}

// tell writes the news as a server-sent event: everything that is known the
// first time, then what has come since.
func (p *listener) tell(w io.Writer, n *news) error {
	more := n.events.between(p.rows, n.rows)
	whole := p.run != n.run || p.thinned != more.thinned
	if whole {
		*p = listener{run: n.run}
		more = n.events.between(0, n.rows)
	}
	p.thinned, p.rows = more.thinned, n.rows
	at := math.NaN()
	if len(n.machine.Times) > 0 {
		at = n.machine.Times[0]
	}
	if len(n.machine.Times) < p.samples || at != p.firstSampleAt {
		p.samples = 0
	}
	before, rest := p.samples, n.machine.from(p.samples)
	p.samples, p.firstSampleAt = len(n.machine.Times), at
	points, err := json.Marshal(more.columns())
	if err != nil {
		return err
	}
	samples, err := json.Marshal(rest)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, `data: {"number":%d,"whole":%t,"run":%s,"live":%s,"points":%s,"samples_before":%d,"machine":%s}`+"\n\n", n.run, whole, n.figures, n.state, points, before, samples)
	_, err = w.Write(text.Bytes())
	return err
}

// from is the machine's samples from one on.
func (m Machine) from(n int) Machine {
	m.Times = m.Times[n:]
	for _, of := range []*[]*float64{&m.MachineCPU, &m.GeneratorCPU, &m.AppCPU, &m.GeneratorMemory, &m.AppMemory} {
		*of = (*of)[n:]
	}
	return m
}

// join makes room for a page that listens.
func (l *live) join() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.listeners >= mostListeners {
		return false
	}
	l.listeners++
	return true
}

func (l *live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listeners--
}

// listen tells a page what is new, once a second, until it goes or the server
// does. While nobody listens, nothing is made.
func (s *Server) listen(w http.ResponseWriter, r *http.Request) {
	l := s.live
	if !l.join() {
		http.Error(w, fmt.Sprintf("%d pages show this run already: close some", mostListeners), http.StatusServiceUnavailable)
		return
	}
	defer l.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(write func(io.Writer) error) error {
		// Where it can't be set, the page is one of a test.
		_ = out.SetWriteDeadline(time.Now().Add(patience))
		return errors.Join(write(w), out.Flush())
	}
	tick := time.NewTicker(newsInterval)
	defer tick.Stop()
	page := &listener{}
	var last *news
	var said time.Time
	for {
		n, changed, err := l.news()
		switch {
		case err != nil:
			return
		case n != last:
			last, said = n, time.Now()
			err = send(func(w io.Writer) error { return page.tell(w, n) })
		case time.Since(said) > quietInterval:
			said = time.Now()
			err = send(func(w io.Writer) error { _, err := io.WriteString(w, ":\n\n"); return err })
		}
		if err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-changed:
		case <-r.Context().Done():
			return
		case <-l.closing:
			_ = send(func(w io.Writer) error { return page.bye(w, l) }) // who is gone needs none
			return
		}
	}
}

// bye tells the last news, and that there will be no others.
func (p *listener) bye(w io.Writer, l *live) error {
	n, _, err := l.news()
	if err != nil {
		return err
	}
	if err := p.tell(w, n); err != nil {
		return err
	}
	_, err = io.WriteString(w, "event: bye\ndata:\n\n")
	return err
}

// stop ends the run in order.
func (s *Server) stop(w http.ResponseWriter, _ *http.Request) {
	stop := s.live.now().Stop
	if stop == nil {
		refuse(w, errors.New("the run is over"))
		return
	}
	stop()
	w.WriteHeader(http.StatusNoContent)
}

// setUsers changes the number of users of a closed load.
func (s *Server) setUsers(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostRequest)
	users, err := strconv.Atoi(r.PostFormValue("users"))
	running := s.live.now()
	state := running.State()
	switch {
	case state.Fixed != "":
		err = fmt.Errorf("the number of users can't be changed: %s", state.Fixed)
	case running.SetUsers == nil || state.Stage != Loading:
		err = fmt.Errorf("the number of users can be changed while the load is on; it is %s", state.Stage)
	case err != nil || users < 0 || users > state.MostUsers:
		err = fmt.Errorf("the number of users must be a whole number from 0 to %d", state.MostUsers)
	default:
		err = running.SetUsers(users)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// csv answers with the events so far.
func (s *Server) csv(w http.ResponseWriter, _ *http.Request) {
	path := s.live.now().State().CSV
	if path == "" {
		refuse(w, errors.New("there is no event yet"))
		return
	}
	file, err := os.Open(path)
	if err != nil {
		refuse(w, fmt.Errorf("the events can't be read: %w", plain(err)))
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		refuse(w, fmt.Errorf("the events can't be read: %w", plain(err)))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	attach(w, filepath.Base(path))
	_, _ = io.CopyN(w, file, info.Size()) // what comes meanwhile is another's
}

// summary answers with what summary.json says, or would say now.
func (s *Server) summary(w http.ResponseWriter, _ *http.Request) {
	summary := s.live.now().Summary
	if summary == nil {
		refuse(w, errors.New("there is no summary yet"))
		return
	}
	text, err := summary()
	if err != nil {
		refuse(w, fmt.Errorf("there is no summary: %w", plain(err)))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	attach(w, summaryName)
	_, _ = w.Write(text) // nobody to tell
}

// attach makes an answer a file to be kept.
func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
}

// liveReport answers with report.html: the one that was written, or one of what
// is known so far.
func (s *Server) liveReport() ([]byte, error) {
	running := s.live.now()
	if path := running.State().Report; path != "" {
		return os.ReadFile(path)
	}
	run := running.whole()
	run.unlink()
	var page bytes.Buffer
	err := Report(&page, run)
	return page.Bytes(), err
}

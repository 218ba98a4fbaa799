package loadwright

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/capacity"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/serve"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// bench is a run whose load is changed by a search. It implements
// [capacity.Bench].
type bench struct {
	options Options
	open    bool
	began   time.Time
	users   chan int     // that the run of a closed load is to have from now on
	rate    chan float64 // the arrivals a second of an open one
	first   float64      // the rate that it begins with; 0: the load is closed
	finish  chan error
	now     func() Progress

	ready    chan struct{} // closed when now is there
	idle     chan struct{} // closed when the users have ended
	searched chan struct{} // closed when found is there
	over     chan struct{} // closed when the run is over

	found  *capacity.Record // valid once searched is closed; nil: nothing
	failed error            // why the users ended; valid once idle is closed
	result *Result          // valid once over is closed, as err is
	err    error

	sampled float64 // the end of the newest sample that was looked at
	cores   int     // of the machine; 0: a quota leaves this program fewer

	parts map[part]string // the names of what limits on one kind of user are about

	url  string        // of an app that the run has not started: it may go without a word
	died chan struct{} // has a value when the run's own app has died, or is lost

	load float64 // that was set last

	mu      sync.Mutex
	events  []capacity.Observation
	lacking lacking       // since somebody looked
	without map[int]bool  // users who got no row of data
	fewer   string        // why they did not, or may not; empty: nothing is known
	failing bool          // an event has failed since somebody looked
	gone    error         // the app is, and it has not been told yet
	lost    bool          // it can't be started again
	away    bool          // told; no event has been ok since
	again   chan struct{} // closed when the app that is being started again is there, or lost
}

// runTime is how much longer than the search its run may last.
const runTime = time.Hour

func newBench(o Options, c CapacityOptions, open bool) *bench {
	b := &bench{
		open: open, began: time.Now(), users: make(chan int), rate: make(chan float64), finish: make(chan error, 1),
		ready: make(chan struct{}), idle: make(chan struct{}), searched: make(chan struct{}), over: make(chan struct{}),
		died: make(chan struct{}, 1), without: map[int]bool{},
	}
	if !machine.Limited() {
		b.cores = runtime.NumCPU()
	}
	o.Duration, o.Iterations = c.Budget+runTime, 0
	o.Stop = b.finish
	if open {
		o.Users, b.first = 0, c.Min
	} else {
		none := time.Duration(0)
		o.Users, o.StartInterval = max(1, int(c.Min)), &none
		o.MostUsers = int(c.Max)
		if o.MostUsers == 0 {
			o.MostUsers = manyUsers
		}
	}
	o.Sinks = append(append([]Sink(nil), o.Sinks...), b)
	follow := o.Follow
	o.Follow = func(r *Running) {
		b.now = r.Progress
		close(b.ready)
		if follow != nil {
			follow(r)
		}
	}
	o.bench = b
	b.options = o
	return b
}

// firstRate is the arrivals a second that its run begins with, whatever load the
// scenario has; 0: as it has.
func (b *bench) firstRate() float64 {
	if b == nil {
		return 0
	}
	return b.first
}

// manyUsers is how many users browsers are prepared for where nobody says.
const manyUsers = 1000

// start starts the run; its error is that of a run that did not begin. When
// searching ends while the run is being prepared, it does not begin.
func (b *bench) start(ctx, searching context.Context, s *scenario.Scenario, port int) error {
	if s.Serve == nil {
		b.url = s.URL
	}
	go func() {
		defer close(b.over)
		b.result, b.err = carryOut(ctx, s, port, b.options)
	}()
	select {
	case <-b.ready:
		return nil
	case <-b.over:
		return b.err
	case <-searching.Done():
		b.finish <- context.Cause(searching)
	}
	select {
	case <-b.ready: // it was about to
		_, _ = b.end(capacity.Answer{})
		return notRun{context.Cause(searching)}
	case <-b.over:
		return b.err
	}
}

// answer is asked by the run when its users have ended, for whatever reason. It
// returns when the search is over, with what that has found.
func (b *bench) answer(why error) *capacity.Record {
	b.failed = why
	close(b.idle)
	<-b.searched
	return b.found
}

// end ends the run in order, and returns what it found.
func (b *bench) end(a capacity.Answer) (*Result, error) {
	if len(a.Levels) > 0 {
		b.found = a.Record()
	}
	close(b.searched)
	select {
	case b.finish <- errSearched:
	case <-b.over:
	}
	<-b.over
	return b.result, b.err
}

var errSearched = errors.New("the search is over")

// Set implements [capacity.Bench].
func (b *bench) Set(ctx context.Context, load float64) error {
	select {
	case <-b.idle: // Follow tells
		return nil
	default:
	}
	if load > b.load {
		b.awaitStart(ctx)
	}
	b.load = load
	users, rate := b.users, chan float64(nil)
	if b.open {
		users, rate = nil, b.rate
	}
	select {
	case users <- int(load):
	case rate <- load:
	case <-b.idle:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// awaitStart waits for an app that is being started again: more users might end
// it before it is ready.
func (b *bench) awaitStart(ctx context.Context) {
	b.mu.Lock()
	again := b.again
	b.mu.Unlock()
	if again == nil {
		return
	}
	select {
	case <-again:
	case <-b.idle:
	case <-ctx.Done():
	}
}

// pollInterval is how often it is looked at the machine's newest sample, and
// whether the app is still there.
const pollInterval = 500 * time.Millisecond

// Watch implements [capacity.Bench].
func (b *bench) Watch(ctx context.Context, d time.Duration) (capacity.Report, error) {
	var r capacity.Report
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	enough := time.NewTimer(d)
	defer enough.Stop()
	samples, cores, busiest := 0, 0.0, 0.0
	look := func() {
		s := b.now().Sample
		if s.End == b.sampled {
			return
		}
		b.sampled = s.End
		if s.Saturated != "" {
			r.Saturated = s.Saturated
			r.SaturatedFor += time.Duration((s.End - s.Begin) * float64(time.Second))
		}
		if s.App != nil && s.App.CPU.Known() {
			samples++
			cores += float64(s.App.CPU)
			busiest += float64(s.App.Busiest)
			r.App.Memory = int64(s.App.Memory)
		}
	}
	for waiting := true; waiting; {
		select {
		case <-poll.C:
			look()
			waiting = !b.missing(ctx)
		case <-enough.C:
			look()
			b.missing(ctx)
			waiting = false
		case <-b.died:
			waiting = false
		case <-b.idle:
			if b.failed != nil {
				return r, b.failed
			}
			return r, errors.New("the run ended before the search")
		case <-ctx.Done():
			waiting = false
		}
	}
	if samples > 0 {
		r.App.Known, r.App.Of = true, b.cores
		r.App.Cores, r.App.Busiest = cores/float64(samples), busiest/float64(samples)
	}
	r.Now = time.Since(b.began)
	active := b.now().Active
	b.mu.Lock()
	defer b.mu.Unlock()
	r.Events, b.events = b.events, nil
	r.Unable, r.UnableFor = b.lacking.why, b.lacking.seconds
	b.lacking.why, b.lacking.seconds = "", 0
	r.Active, r.Fewer = active, b.fewer
	for user := range b.without {
		if float64(user) < b.load {
			r.Active--
		}
	}
	if b.gone != nil {
		r.Gone, b.gone = lastWords(b.gone), nil
		r.StartedAgain = b.url == ""
		return r, nil
	}
	if b.lost {
		return r, capacity.ErrLost
	}
	return r, nil
}

// missing tells whether nothing listens any more where an app is that the run
// has not started. It looks where an event has failed, and tells it once.
func (b *bench) missing(ctx context.Context) bool {
	b.mu.Lock()
	look := b.url != "" && b.failing && !b.away
	b.failing = false
	b.mu.Unlock()
	if !look {
		return false
	}
	err := httpuser.Missing(ctx, b.url)
	if err == nil {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone, b.away = err, true
	return true
}

// appDied is told by the run that its app is gone, and is being started again.
func (b *bench) appDied(why error) {
	b.mu.Lock()
	b.gone, b.again = why, make(chan struct{})
	b.mu.Unlock()
	b.wake()
}

// appStarted is told when that is over; lost: it can't be.
func (b *bench) appStarted(lost bool) {
	b.mu.Lock()
	b.lost = lost
	close(b.again)
	b.mu.Unlock()
	if lost {
		b.wake()
	}
}

func (b *bench) wake() {
	select {
	case b.died <- struct{}{}:
	default:
	}
}

// lastWords is what an app said last, else how it ended.
func lastWords(why error) string {
	var e *serve.Error
	if errors.As(why, &e) {
		if n := len(e.Last); n > 0 {
			return e.Last[n-1]
		}
		return e.Reason
	}
	return why.Error()
}

// Event implements [Sink].
func (b *bench) Event(e *event.Event) error {
	if e.Status == event.Cancelled || e.Already {
		return nil
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	at := e.Stop.Time().Sub(b.began)
	b.mu.Lock()
	defer b.mu.Unlock()
	if why, data := notOfTheApp(e); data && !b.open {
		b.without[e.User] = true
		if b.fewer == "" {
			b.fewer = why
		}
		return nil
	} else if why != "" {
		b.lacking.add(at, why)
		return nil
	}
	if len(b.without) > 0 {
		delete(b.without, e.User)
	}
	failed := e.Status == event.Error
	b.failing = b.failing || failed
	b.away = b.away && failed
	o := capacity.Observation{
		At: at, Event: e.Name, User: e.User, Took: took,
		Failed: failed, Class: string(e.Class), Outer: e.Outer,
	}
	b.events = append(b.events, o)
	again := func(p part) {
		if name, ok := b.parts[p]; ok {
			o.Event, o.Outer, o.Part = name, true, true
			b.events = append(b.events, o)
		}
	}
	again(part{e.Name, e.UserType})
	if !e.Outer {
		again(part{"", e.UserType})
	}
	return nil
}

// lacking is what the load generator failed to do.
type lacking struct {
	why     string
	seconds time.Duration // in which it did, together
	last    time.Duration // the latest of them, and how long it took to begin
}

func (l *lacking) add(at time.Duration, why string) {
	l.why = why
	if second := at.Truncate(time.Second) + time.Second; second != l.last {
		l.last = second
		l.seconds += time.Second
	}
}

// notOfTheApp says why an event failed, when it was this side that could not do
// its part; empty: the app had one in it. data: the user got no row.
func notOfTheApp(e *event.Event) (why string, data bool) {
	rest, own := strings.CutPrefix(e.Error, e.Name+": ")
	own = own && e.Place == ""
	switch {
	case e.Status != event.Error:
		return "", false
	case own && e.Name == runner.ReadData:
		return "users can't read their data: " + rest, true
	case own && e.Name == runner.OpenSession:
		return "sessions could not be opened: " + rest, false
	case e.Class == event.ClassLocal, e.Class == event.ClassProxy, e.Class == event.ClassUnsendable:
		return e.Error, false
	}
	return "", false
}

// watchData notes the files whose rows can be used up.
func (b *bench) watchData(all []scenario.Data) {
	var files []string
	for _, d := range all {
		if d.Exhausted != scenario.RepeatRows {
			files = append(files, filepath.Base(d.File))
		}
	}
	if len(files) > 0 {
		b.fewer = "the rows of " + strings.Join(files, " and ") + " are used up"
	}
}

// part is an event of one kind of user; all its events, without a name.
type part struct{ event, userType string }

// watchParts has events told once more where a threshold is about one kind of user.
func (b *bench) watchParts(all []scenario.Threshold) {
	b.parts = map[part]string{}
	for _, t := range all {
		if t.UserType != "" {
			b.parts[part{t.Event, t.UserType}] = partOf(t.Event, t.UserType)
		}
	}
}

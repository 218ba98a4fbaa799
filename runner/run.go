package runner

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// Run carries out the load of a scenario and returns when every user has
// ended, every session is closed and every row is with the sinks.
//
// Its error says that the run could not be carried out: it wraps [ErrFatal],
// is a sink's that does not wrap [ErrStop], or a *[PanicError]. The outcome
// holds what was done until then. Being stopped, through c.Control, a sink or
// ctx, is no error but the outcome's reason; the end of ctx cuts at once.
func Run(ctx context.Context, c Config) (Outcome, error) {
	if err := c.settle(); err != nil {
		return Outcome{}, err
	}
	r := newRun(ctx, c)
	go r.collector.run()
	c.Control.attach(r)
	if r.load.Open() {
		r.arrive(ctx)
	} else {
		r.come()
	}
	r.over.Store(true)
	r.collector.finish()
	fatal, reason := r.conclude(ctx)
	return r.outcome(reason), fatal
}

// run is a run under way.
type run struct {
	Config
	*ending
	collector  *collector
	load       scenario.LoadModel
	shape      shape         // of a closed load
	rates      []leg         // of an open one
	line       *line         // of who arrives
	iterations int           // of each user; 0: as many as fit
	duration   time.Duration // never: until the iterations are done
	gate       *gate
	opened     chan struct{} // an opening has ended
	changed    chan struct{} // a user of a closed load has ended
	dialled    chan int      // how many users are wanted from now on
	wish       *int          // how many were dialled before; nil: nobody did
	rated      chan float64  // arrivals a second that are wanted from now on
	rateWish   float64       // the rate that was dialled before; 0: nobody did
	ended      chan struct{} // nobody dials any more
	logins     logins

	users sync.WaitGroup // and openings
	zero  chan struct{}  // closed when the load has begun
	began event.Instant  // valid once zero is closed

	// What the progress is made of.
	over                         atomic.Bool
	dial                         atomic.Int64 // the number of users that was dialled, of an open load its most; -1: none was
	alive                        atomic.Int64 // users of a closed load who are on their way
	toDo                         atomic.Int64 // iterations of users who have begun: all that are wanted of them, or were begun by who was sent away
	usersBegun, usersEnded       atomic.Int64
	iterationsBegun              atomic.Int64
	notStarted                   atomic.Int64 // arrivals of an open load that never began
	completed, failed, cancelled atomic.Int64

	mu       sync.Mutex
	lastEnd  event.Instant // of a user
	kept     int           // failing iterations of which something is kept
	failures []*Failure
	latest   []Failure // the newest first
}

func newRun(ctx context.Context, c Config) *run {
	load := c.Scenario.Load
	r := &run{
		Config:     c,
		ending:     newEnding(ctx),
		load:       load,
		iterations: load.Iterations,
		duration:   load.Length(),
		gate:       newGate(c.Opens),
		opened:     make(chan struct{}, 1),
		changed:    make(chan struct{}, 1),
		dialled:    make(chan int),
		rated:      make(chan float64),
		ended:      make(chan struct{}),
		zero:       make(chan struct{}),
	}
	r.dial.Store(-1)
	if load.Open() {
		r.rates = rateLegs(load)
		r.line = newLine(load, c.Scenario.UserTypes, *c.Seed)
	} else {
		r.shape = shapeOf(load)
	}
	if r.duration <= 0 {
		r.duration = never
		r.iterations = max(1, r.iterations)
	}
	r.collector = newCollector(c.Clock, c.Sinks,
		func(why error) { r.stop(why, load.GracefulStop) }, r.abort)
	r.collector.trust = c.Trust
	return r
}

// come brings and sends away the users as the shape of a closed load wants
// them, or whoever dials another number, and returns when all have ended.
func (r *run) come() {
	c := &coming{run: r, deal: scenario.NewDeal(r.Scenario.UserTypes)}
	c.plan(ahead)
	r.awaitOpenings(c.first)
	r.begin()
	if r.wish != nil {
		c.want(max(0, *r.wish), 0)
		r.dial.Store(int64(max(0, *r.wish)))
	}
	for c.await() {
		c.plan(c.at)
	}
	close(r.ended)
	r.users.Wait()
}

// coming is a closed load under way.
type coming struct {
	*run
	deal  *scenario.Deal
	at    time.Duration // the next time at which another number is wanted
	users []*user       // by number: the latest that had it
	there int           // how many of them are wanted
	first []*opening    // of those wanted at once, or else of the first: a browser starts before the load begins
}

// plan brings and sends away those whose time is until then.
func (c *coming) plan(until time.Duration) {
	for c.at <= until && c.at < c.duration && c.at < never {
		wanted, next := c.shape.wanted(c.at)
		c.want(wanted, c.at)
		c.at = next
	}
}

// want brings or sends away users at a moment of the load's time, until so many
// are wanted.
func (c *coming) want(wanted int, at time.Duration) {
	for ; c.there < wanted; c.there++ {
		if c.there == len(c.users) {
			kind := c.deal.Next()
			if kind < 0 {
				break // all kinds have the users that they count
			}
			c.users = append(c.users, &user{run: c.run, number: c.there, kind: &c.Scenario.UserTypes[kind]})
		} else {
			c.users[c.there] = c.users[c.there].again()
		}
		if o := c.bring(c.users[c.there], at); o != nil && (at == 0 || len(c.first) == 0) {
			c.first = append(c.first, o)
		}
	}
	for ; c.there > wanted; c.there-- {
		if c.there <= len(c.users) {
			c.users[c.there-1].leaveAt(at)
		}
	}
}

// await sleeps until there is something to plan, and sees to who is dialled
// meanwhile; false: there is nothing more to come.
func (c *coming) await() bool {
	for {
		left := never
		if c.at < c.duration && c.at < never && !c.hasDialled() {
			if left = c.at - ahead - c.Clock.Now().Sub(c.began); left <= 0 {
				return c.soft.Err() == nil
			}
		} else if c.alive.Load() == 0 && c.done() {
			return false
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case n := <-c.dialled:
			c.dial.Store(int64(n)) // the shape no longer counts
			c.want(n, c.Clock.Now().Sub(c.began))
		case <-c.changed:
		case <-c.soft.Done():
		}
		timer.Stop()
		if c.soft.Err() != nil {
			return false
		}
	}
}

// done tells whether there is nothing more to do once every user has gone. While
// somebody has dialled none at all, more may be wanted.
func (c *coming) done() bool {
	if c.hasDialled() {
		return c.iterations > 0 && c.there > 0
	}
	return len(c.load.Stages) == 0
}

// begin begins the load.
func (r *run) begin() {
	r.began = r.Clock.Now()
	close(r.zero)
	if r.duration < never {
		// Nothing is left to stop once the run is over.
		over := time.AfterFunc(r.duration, func() { r.loadOver(r.load.GracefulStop) })
		context.AfterFunc(r.hard, func() { over.Stop() })
	}
}

// bring puts a user on its way, whose turn is due after the load's begin. What
// it returns is its first session, where that is opened ahead.
func (r *run) bring(u *user, due time.Duration) *opening {
	u.due = due
	u.prepare()
	if u.kind.Pages && u.before == nil && u.login == nil && u.refused == nil {
		u.next = u.open(u.iteration + 1)
	}
	first := u.next // from now on it is the user's own
	r.alive.Add(1)
	r.users.Go(func() {
		defer func() {
			r.alive.Add(-1)
			select {
			case r.changed <- struct{}{}:
			default: // it is known already that something has
			}
		}()
		u.live()
	})
	return first
}

// until sleeps until the load is as old as elapsed; false: the run is ending.
func (r *run) until(elapsed time.Duration) bool {
	select {
	case <-r.zero:
	case <-r.soft.Done():
		return false
	}
	return pause(r.soft, elapsed-r.Clock.Now().Sub(r.began)) == nil
}

// phase is the phase of an event that begins now.
func (r *run) phase() event.Phase {
	if r.soft.Err() != nil {
		return event.RampDown
	}
	elapsed := time.Duration(0)
	select {
	case <-r.zero:
		elapsed = r.Clock.Now().Sub(r.began)
	default:
	}
	switch phase := r.planned(elapsed); {
	case elapsed < r.load.WarmUp:
		return event.WarmUp
	case phase != "":
		return phase
	case r.usersBegun.Load() < int64(r.load.Most()):
		return event.RampUp
	case r.usersEnded.Load() > 0:
		return event.RampDown
	}
	return event.Steady
}

// hasDialled tells whether somebody has changed the load.
func (r *run) hasDialled() bool { return r.dial.Load() >= 0 }

// most is the largest number of users that is wanted as things are.
func (r *run) most() int {
	if r.hasDialled() {
		return int(r.dial.Load())
	}
	return r.load.Most()
}

// wantedIterations is how many iterations are wanted as things are; 0 where it is as
// many as fit.
func (r *run) wantedIterations() int {
	if r.hasDialled() {
		return int(r.toDo.Load())
	}
	return r.iterations * r.load.Most()
}

// planned is the phase as the load plans it; "" where users make it.
func (r *run) planned(elapsed time.Duration) event.Phase {
	switch {
	case r.hasDialled():
		return event.Steady
	case r.load.Open():
		return phaseOf(r.rates, elapsed)
	}
	return r.shape.phase(elapsed)
}

// active is how many users have begun and not ended.
func (r *run) active() int {
	ended := r.usersEnded.Load() // first: whoever is counted out was counted in before
	return int(r.usersBegun.Load() - ended)
}

// userEnded counts a user out. The closing of its last session is not its own.
func (r *run) userEnded() {
	r.usersEnded.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastEnd = r.Clock.Now()
}

// elapsed is the length of the load so far; once it is over, to the end of its
// last user.
func (r *run) elapsed() time.Duration {
	if !r.over.Load() {
		return r.Clock.Now().Sub(r.began)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, r.lastEnd.Sub(r.began))
}

// keepFailure tells whether something is to be kept of one more failing
// iteration.
func (r *run) keepFailure() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept >= r.Artefacts {
		return false
	}
	r.kept++
	return true
}

// noteFailure remembers f as the latest, and if it is one of the first. What it returns is read
// by nobody else before the run is over.
func (r *run) noteFailure(f Failure) *Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.failures) < MaxFailures {
		r.failures = append(r.failures, &f)
	}
	r.latest = slices.Insert(r.latest, 0, f)
	r.latest = r.latest[:min(len(r.latest), MaxLatest)]
	return &f
}

// recovered ends the run if what it is deferred in panics.
func (r *run) recovered() {
	if v := recover(); v != nil {
		r.abort(&PanicError{v, debug.Stack()})
	}
}

func (r *run) outcome(reason error) Outcome {
	o := r.soFar()
	o.CancelledEvents = r.collector.cancelled
	o.ClockFaults = r.collector.clockFaults
	o.Reason = reason
	for _, f := range r.failures {
		o.Failures = append(o.Failures, *f)
	}
	switch {
	case r.load.Open():
		o.Iterations.NotStarted = int(r.notStarted.Load())
	case r.iterations > 0:
		o.Iterations.NotStarted = max(0, r.wantedIterations()-int(r.iterationsBegun.Load()))
	}
	return o
}

// soFar is what can be told of the outcome while the run is on.
func (r *run) soFar() Outcome {
	o := Outcome{
		Seed:  *r.Seed,
		Users: int(r.usersBegun.Load()),
		Iterations: Iterations{
			Completed: int(r.completed.Load()),
			Failed:    int(r.failed.Load()),
			Cancelled: int(r.cancelled.Load()),
		},
	}
	select {
	case <-r.zero:
		o.Began, o.Elapsed = r.began, r.elapsed()
	default:
	}
	return o
}

func (r *run) progress() Progress {
	p := Progress{
		Stage:      Preparing,
		Phase:      r.phase(),
		Users:      int(r.usersBegun.Load()),
		Active:     r.active(),
		Most:       r.most(),
		Iterations: int(r.completed.Load() + r.failed.Load() + r.cancelled.Load()),
		Planned:    r.wantedIterations(),
		Latest:     r.latestFailures(),
	}
	select {
	case <-r.zero:
		p.Stage = Loading
		p.Elapsed = r.elapsed()
		if r.shape != nil {
			if p.Wanted, _ = r.shape.wanted(p.Elapsed); r.hasDialled() {
				p.Wanted = r.most()
			}
		}
		if r.line != nil && r.soft.Err() == nil {
			p.Waiting = r.line.waiting(p.Elapsed)
		}
		if r.duration < never {
			p.Left, p.LeftKnown = max(0, r.duration-p.Elapsed), true
		}
	default:
	}
	if r.soft.Err() != nil {
		p.Stage, p.Wanted = Stopping, 0
		p.Left, p.LeftKnown = r.untilCut()
	}
	if r.over.Load() {
		p.Stage, p.Wanted = Ended, 0
		p.Left, p.LeftKnown = 0, true
	}
	return p
}

func (r *run) latestFailures() []Failure {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.latest)
}

// pause sleeps for d, and returns ctx's cause if that ends before.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

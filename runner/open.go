package runner

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// arrival is how late a user of an open load began. The zero arrival is that of
// a closed load.
type arrival struct {
	due   event.Instant
	late  time.Duration
	known bool
}

// until is the arrival of a user who begins at an instant.
func (a arrival) until(now event.Instant) arrival {
	if a.due != 0 {
		a.late, a.known = max(0, now.Sub(a.due)), true
	}
	return a
}

// notStarted names the rows of arrivals that never began.
const notStarted = "not started"

// arrive brings the users of an open load when they are due, as long as there
// is a place for them; who finds none waits in line. It returns when all have
// ended.
//
// A user who has gone may come again, for a later arrival of its kind: so the
// numbers of users stay as few as were there at once. The last who has gone is
// the first to come: its connection is still open, and so is its goroutine's
// stack.
func (r *run) arrive() {
	var (
		load  = &arriving{run: r, schedule: newArrivals(r.load, *r.Seed), places: make(chan struct{}, r.load.MaxUsers)}
		deal  = scenario.NewDeal(r.Scenario.UserTypes)
		idle  = make([]idlers, len(r.Scenario.UserTypes))
		users []*comer
	)
	r.begin()
	if r.rateWish > 0 {
		load.change(r.rateWish)
	}
	for number := 1; ; number++ {
		kind := deal.Next()
		early := time.Duration(0) // a session without a page costs nothing to open
		if r.Scenario.UserTypes[kind].Pages {
			early = ahead
		}
		due, ok := load.next(early)
		if !ok {
			break
		}
		c := idle[kind].take()
		if c == nil {
			// Those whose answer is there may be done before a further one is made.
			runtime.Gosched()
			c = idle[kind].take()
		}
		if c == nil {
			c = &comer{user: &user{run: r, number: len(users), kind: &r.Scenario.UserTypes[kind]}, sent: make(chan sending, 1)}
			c.prepare()
			users = append(users, c)
			r.users.Go(func() {
				for s := range c.sent {
					c.due, c.arrived = s.due, s.number
					c.visit()
					idle[kind].give(c)
					<-load.places
				}
				c.end()
			})
		}
		c.sent <- sending{due, number}
	}
	for _, c := range users {
		close(c.sent)
	}
	// No iteration begins any more: nobody who is due from now on was to come.
	close(r.ended)
	over := r.Clock.Now().Sub(r.began)
	for due, more := load.schedule.due(); more && due < min(over, r.duration); due, more = load.schedule.due() {
		r.neverStarted(due, nil)
		load.schedule.came()
	}
	r.users.Wait()
}

// arriving is an open load under way.
type arriving struct {
	*run
	schedule *arrivals
	places   chan struct{}
	sent     time.Duration // when the last who was sent for is due
}

// next waits until it is time to send for the user who is due next, so much
// early, and takes a place for it. A rate that is dialled meanwhile changes when
// that is. false: nobody comes any more.
func (a *arriving) next(early time.Duration) (due time.Duration, ok bool) {
	for {
		due, more := a.schedule.due()
		if !more || a.soft.Err() != nil {
			return due, false
		}
		if left := due - early - a.Clock.Now().Sub(a.began); left > 0 {
			turn := time.NewTimer(left)
			select {
			case <-turn.C:
			case rate := <-a.rated:
				a.change(rate)
			case <-a.soft.Done():
			}
			turn.Stop()
			continue
		}
		if a.place(due) {
			a.sent = due
			a.schedule.came()
			return due, true
		}
	}
}

// change has users come at another rate, from now on or, where some were sent
// for already, after these.
func (a *arriving) change(rate float64) {
	a.schedule.change(max(a.sent, a.Clock.Now().Sub(a.began)), a.duration, rate)
	a.dial.Store(int64(a.load.MaxUsers)) // the stages no longer count
}

// comer is a user of an open load, who comes each time that it is sent for.
type comer struct {
	*user
	sent chan sending // it never blocks the sender
}

// sending sends for a user.
type sending struct {
	due    time.Duration
	number int // of the arrival, from 1
}

// idlers are users of an open load who have gone and may come again.
type idlers struct {
	mu    sync.Mutex
	users []*comer
}

// take returns the last who has gone; nil where there is nobody.
func (i *idlers) take() *comer {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := len(i.users) - 1
	if last < 0 {
		return nil
	}
	u := i.users[last]
	i.users = i.users[:last]
	return u
}

func (i *idlers) give(u *comer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.users = append(i.users, u)
}

// place waits for one of the places, or for what makes it worth another look:
// the end of the run, another rate. false: it has none.
func (a *arriving) place(due time.Duration) bool {
	select {
	case a.places <- struct{}{}:
		return true
	default:
	}
	late := time.AfterFunc(max(0, due-a.Clock.Now().Sub(a.began)), func() { a.waiting.Store(1) })
	defer a.waiting.Store(0)
	defer late.Stop()
	select {
	case a.places <- struct{}{}:
		return true
	case rate := <-a.rated:
		a.change(rate)
		return false
	case <-a.soft.Done():
		return false
	}
}

// visit is one arrival of a user: one iteration.
func (u *user) visit() {
	defer u.recovered()
	if u.next == nil && u.login == nil && u.refused == nil {
		u.next = u.open(u.iteration + 1)
	}
	if !u.until(u.due) {
		return // the load was over before
	}
	u.usersBegun.Add(1)
	due := u.began.Add(u.due)
	u.begin = u.Clock.Now()
	if u.paced == 0 {
		u.paced = u.begin
	}
	before := u.iteration
	defer u.userEnded()
	u.gone = func() {}
	if !u.iterate(arrival{due: due}) && u.iteration == before && !errors.Is(u.refused, ErrUserDone) {
		u.neverStarted(u.due, u)
	}
}

// neverStarted records an arrival that found no place until the load was over.
// It counts as an error: in what the app could not serve it is foremost.
func (r *run) neverStarted(due time.Duration, u *user) {
	r.notStarted.Add(1)
	at := r.began.Add(due)
	now := max(r.Clock.Now(), at)
	row := &event.Event{
		Name: notStarted, Start: r.collector.notBefore(at), Stop: now, Status: event.Error,
		Error: fmt.Sprintf("the load was over before one of %d users had time for it", r.load.MaxUsers),
		Users: max(1, r.active()), Phase: phaseOf(r.rates, due),
		Late: now.Sub(at), LateKnown: true,
	}
	row.Stop = max(row.Stop, row.Start)
	if due < r.load.WarmUp {
		row.Phase = event.WarmUp
	}
	if u != nil {
		row.User, row.UserType = u.number, u.kind.Name
	}
	// Its time is in late_seconds: a row of it would count it twice.
	row.Start = row.Stop
	r.collector.add(row, row.Start)
}

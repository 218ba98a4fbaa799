package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
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
func (r *run) arrive(ctx context.Context) {
	var (
		places = make(chan struct{}, r.load.MaxUsers)
		idle   = make([]idlers, len(r.Scenario.UserTypes))
		users  []*comer
	)
	r.begin()
	if r.rateWish > 0 {
		r.change(r.rateWish)
	}
	for {
		s, ok := r.next(places)
		if !ok {
			break
		}
		c := idle[s.kind].take()
		if c == nil {
			// Those whose answer is there may be done before a further one is made.
			runtime.Gosched()
			c = idle[s.kind].take()
		}
		if c == nil {
			c = &comer{user: &user{run: r, number: len(users), kind: &r.Scenario.UserTypes[s.kind]}, sent: make(chan sending, 1)}
			c.prepare()
			users = append(users, c)
			r.users.Go(func() {
				for s := range c.sent {
					c.due, c.arrived = s.due, s.number
					c.visit()
					idle[s.kind].give(c)
					<-places
				}
				c.end()
			})
		}
		c.sent <- s
	}
	for _, c := range users {
		close(c.sent)
	}
	// No iteration begins any more: nobody who is due from now on was to come.
	close(r.ended)
	over := min(r.Clock.Now().Sub(r.began), r.duration)
	// The rows of a long line take their time: nobody waits for them who wants the
	// end at once.
	for ctx.Err() == nil && !r.aborted() {
		due, ok := r.line.rest(over)
		if !ok {
			break
		}
		r.neverStarted(due, nil)
	}
	r.users.Wait()
}

// next waits until there is somebody to be sent for and a place for it, which it
// takes. A rate that is dialled meanwhile changes when that is. false: nobody
// comes any more.
func (r *run) next(places chan struct{}) (sending, bool) {
	for r.soft.Err() == nil {
		now := r.Clock.Now().Sub(r.began)
		at, more := r.line.look(now)
		if !more {
			break
		}
		if left := at - now; left > 0 {
			turn := time.NewTimer(left)
			select {
			case <-turn.C:
			case rate := <-r.rated:
				r.change(rate)
			case <-r.soft.Done():
			}
			turn.Stop()
			continue
		}
		select {
		case places <- struct{}{}:
		case rate := <-r.rated:
			r.change(rate)
			continue
		case <-r.soft.Done():
			continue
		}
		// Whoever was due first meanwhile.
		if s, ok := r.line.take(r.Clock.Now().Sub(r.began)); ok {
			return s, true
		}
		<-places
	}
	return sending{}, false
}

// change has users come at another rate.
func (r *run) change(rate float64) {
	r.line.change(r.Clock.Now().Sub(r.began), r.duration, rate)
	r.dial.Store(int64(r.load.MaxUsers)) // the stages no longer count
}

// comer is a user of an open load, who comes each time that it is sent for.
type comer struct {
	*user
	sent chan sending // it never blocks the sender
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

// visit is one arrival of a user: one iteration.
func (u *user) visit() {
	defer u.recovered()
	if u.kind.Pages && u.next == nil && u.login == nil && u.refused == nil {
		u.next = u.open(u.iteration + 1)
	}
	if !u.until(u.due) {
		return // the load was over before
	}
	u.usersBegun.Add(1)
	u.begin = u.Clock.Now()
	u.paced = u.begin
	before := u.iteration
	defer u.userEnded()
	u.gone = func() {}
	// What it waited in line: what it waits for from here on, its session and its
	// login, is the tool's own or has rows of its own.
	a := arrival{due: u.began.Add(u.due)}.until(u.begin)
	if why := u.iterate(a); why != nil && u.iteration == before && !errors.Is(why, ErrUserDone) {
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

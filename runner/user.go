package runner

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// user is one user of the load, from its first session's opening to its last
// one's end. It lives on a goroutine of its own.
type user struct {
	*run
	number int
	kind   *scenario.UserType
	due    time.Duration // of the load's time: its turn
	// arrived is the number of the arrival that it has come for, from 1; 0 in a
	// closed load.
	arrived int
	before  *user  // who had the number before it, and may still be there
	rows    rowsOf // of data, that it keeps
	login   *login // nil: it needs none, or none any more
	state   *State // what its login left

	next      *opening      // the session of its next iteration; nil: not asked for
	begin     event.Instant // its turn, on the runner's clock
	paced     event.Instant // its last pace; at first its begin
	misses    int           // iterations that failed one after another before they could begin
	refused   error         // why no iteration of it can begin; nil: they can
	iteration int           // the number of the latest

	failedLogins int // of which something was kept

	soft, hard context.Context // end with the run's, or when a ramp takes the user away
	leave      context.CancelCauseFunc
	cut        context.CancelCauseFunc
	gone       func()        // counts it out, once
	done       chan struct{} // closed when it has ended
}

var errTakenAway = errors.New("the load's ramp took the user away")

// prepare is called once, before the user is put on its way.
func (u *user) prepare() {
	u.done = make(chan struct{})
	u.hard, u.cut = u.run.hard, func(error) {}
	u.soft, u.leave = u.run.soft, func(error) {}
	if !u.load.Open() {
		u.hard, u.cut = context.WithCancelCause(u.run.hard)
		soft, leave := context.WithCancelCause(u.hard)
		// The run's own end is told to it too.
		stop := context.AfterFunc(u.run.soft, func() { leave(context.Cause(u.run.soft)) })
		u.soft, u.leave = soft, func(why error) { stop(); leave(why) }
	}
	if u.before != nil {
		// Its login and what that left are not settled before it has ended.
		u.rows, u.refused = u.before.rows, u.before.refused
		return
	}
	u.rows, u.refused = u.keep()
	u.login = u.loginOf()
}

// again is a user who takes over the number of one who was sent away.
func (u *user) again() *user {
	return &user{run: u.run, number: u.number, kind: u.kind, before: u}
}

// leaveAt sends the user away at a moment of the load's time: no iteration
// begins any more, and the one in flight has the graceful stop.
func (u *user) leaveAt(at time.Duration) {
	u.users.Go(func() {
		if !u.until(at) {
			return
		}
		if u.load.GracefulStop <= 0 {
			u.cut(errTakenAway)
			return
		}
		u.leave(errTakenAway)
		select {
		case <-u.done:
		case <-time.After(u.load.GracefulStop):
			u.cut(errTakenAway)
		}
	})
}

func (u *user) info(iteration int) UserInfo {
	return UserInfo{User: u.number, UserType: u.kind.Name, Iteration: iteration, Pages: u.kind.Pages}
}

// live is a user's life in a closed load.
func (u *user) live() {
	defer u.recovered()
	defer u.end()
	if u.before != nil {
		select {
		case <-u.before.done:
		case <-u.soft.Done():
			return
		}
		u.iteration, u.login, u.state = u.before.iteration, u.before.login, u.before.state
		u.before = nil // or a load that goes up and down would keep them all
	}
	if !u.until(u.due) || errors.Is(u.refused, ErrUserDone) {
		u.drop()
		return
	}
	u.usersBegun.Add(1)
	u.gone = sync.OnceFunc(u.userEnded)
	defer u.gone()
	u.begin = u.Clock.Now()
	u.paced = u.begin
	u.toDo.Add(int64(max(0, u.iterations-u.iteration)))
	defer u.leaveToDo()
	for u.soft.Err() == nil && (u.iterations == 0 || u.iteration < u.iterations) {
		if u.misses > 0 {
			_ = pause(u.soft, retryPause(u.misses))
		}
		if u.soft.Err() != nil || u.iterate(arrival{}) != nil {
			break
		}
	}
}

// leaveToDo takes back what was wanted of a user who was sent away: somebody may
// come in its place.
func (u *user) leaveToDo() {
	if errors.Is(context.Cause(u.soft), errTakenAway) {
		u.toDo.Add(-int64(max(0, u.iterations-u.iteration)))
	}
}

// end is called when the user has ended, with what it still has.
func (u *user) end() {
	u.drop()
	u.leave(nil)
	u.cut(nil)
	close(u.done)
}

// drop gives up a session that was asked for and is not needed.
func (u *user) drop() {
	if u.next == nil {
		return
	}
	s, _ := u.next.wait()
	u.close(s)
	u.next = nil
}

// iterate is the user's next iteration. It returns why there is none, and no more
// will be: [ErrUserDone] of its data, or what ended the run.
func (u *user) iterate(a arrival) (why error) {
	n := u.iteration + 1
	rows, err := u.rowsFor()
	switch {
	case errors.Is(err, ErrUserDone):
		return err
	case err != nil:
		u.begun(n)
		u.notBegun(n, ReadData, err, a)
		return nil
	}
	if u.login != nil {
		if err := u.logIn(); err != nil {
			if u.soft.Err() == nil {
				u.begun(n)
				u.misses++
				u.failed.Add(1) // its row is the login's
			}
			return nil
		}
	}
	if u.next == nil {
		u.next = u.open(n)
	}
	o := u.next
	u.next = nil
	s, err := o.wait()
	if u.soft.Err() != nil {
		u.close(s)
		return context.Cause(u.soft)
	}
	u.begun(n)
	if err != nil {
		u.notOpened(n, o, err, a)
		return nil
	}
	u.misses = 0
	it := newIteration(u, n, s, rows, a)
	u.after(s, it.run(), n)
	return nil
}

// begun notes that iteration n has begun.
func (u *user) begun(n int) {
	u.iteration = n
	u.iterationsBegun.Add(1)
}

// after is what becomes of a session when its iteration is over: it stays with
// its user, or is closed while the next one is opened.
func (u *user) after(s Session, ok bool, n int) {
	last := u.soft.Err() != nil || n == u.iterations
	switch {
	case last:
		u.gone()
	case ok && u.load.Session == scenario.PerUser:
		u.next = openingOf(s)
		return
	case !u.load.Open():
		u.next = u.open(n + 1)
	}
	u.close(s)
}

// notOpened records an iteration whose session could not be opened. Its row
// holds none of the time by which the opening was ahead of the user's turn.
func (u *user) notOpened(n int, o *opening, err error, a arrival) {
	u.misses++
	u.failed.Add(1)
	start := u.collector.notBefore(max(o.begin, u.begin))
	u.rowOf(n, OpenSession, err, start, max(o.end, start), a)
}

// notBegun records an iteration that ended before it could do anything.
func (u *user) notBegun(n int, step string, err error, a arrival) {
	u.misses++
	u.failed.Add(1)
	now := u.collector.notBefore(u.Clock.Now())
	u.rowOf(n, step, err, now, now, a)
}

func (u *user) rowOf(n int, step string, err error, start, stop event.Instant, a arrival) {
	failure := &StepError{User: u.number, Iteration: n, Row: u.rows.String(), Step: step, Err: err, mask: u.Mask}
	u.noteFailure(Failure{At: stop, Event: step, Err: failure})
	u.collector.add(&event.Event{
		Name:      step,
		User:      u.number,
		UserType:  u.kind.Name,
		Iteration: n,
		Start:     start,
		Stop:      stop,
		Status:    event.Error,
		Error:     oneLine(failure.short()),
		Users:     u.active(),
		Phase:     u.phase(),
		Late:      a.late,
		LateKnown: a.known,
	}, start)
}

// pace returns what is left of every since the user's last pace. What is past
// is past: a late user does not catch up.
func (u *user) pace(every time.Duration) time.Duration {
	now := u.Clock.Now()
	u.paced = max(now, u.paced.Add(every))
	return u.paced.Sub(now)
}

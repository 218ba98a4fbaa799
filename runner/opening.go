package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
)

// When sessions are opened.
const (
	// ahead is how long before its user's turn a first session is asked for:
	// long enough to be there in time, short enough to spread the work of
	// opening over the ramp.
	ahead = 5 * time.Second

	// patience is how long an opening counts against the number that may go
	// on side by side. One that takes longer waits for something rather than
	// using a core, and must not hold up the others.
	patience = 5 * time.Second

	// stalled is how long the load waits, before it begins, for sessions of
	// users who are due at once, when none is becoming ready any more.
	stalled = 10 * time.Second

	// openLimit bounds one opening. It is no step of the scenario, and so the
	// scenario's timeout is not for it: a browser may have to be started, whose
	// own limit, a minute and a half, is told in better words than this one.
	openLimit = 2 * time.Minute
)

var errOpenLimit = fmt.Errorf("no session within %v: %w", openLimit, context.DeadlineExceeded)

// The pause before the next iteration of a user whose session could not be
// opened: retryAfter after the first failure, doubled with each that follows
// at once, up to retryAtMost. So a browser that is gone does not fill the
// results with a million failures.
const (
	retryAfter  = 100 * time.Millisecond
	retryAtMost = 5 * time.Second
)

func retryPause(failures int) time.Duration {
	if failures > 6 {
		return retryAtMost
	}
	return min(retryAfter<<(failures-1), retryAtMost)
}

// OpenSession names the row of an opening that failed, which has no place.
const OpenSession = "open session"

// opening is a session on its way.
type opening struct {
	done       chan struct{} // closed when all that follows is settled; nil: it is
	begin, end event.Instant
	session    Session
	err        error
}

// wait returns what came of the opening.
func (o *opening) wait() (Session, error) {
	if o.done != nil {
		<-o.done
	}
	return o.session, o.err
}

// openingOf is an opening of a session that is there.
func openingOf(s Session) *opening { return &opening{session: s} }

// open asks for the session of the user's iteration n.
func (u *user) open(n int) *opening { return u.openFor(u.info(n)) }

// openFor takes a place in the line of openings and returns at once. A session
// without a page is neither worth a place in it nor a goroutine: it is there
// when openFor returns, which only the user itself may therefore call.
func (u *user) openFor(info UserInfo) *opening {
	if !info.Pages {
		o := &opening{begin: u.Clock.Now()}
		o.session, o.err = u.tryOpen(u.soft, info, u.state)
		o.end = u.Clock.Now()
		return o
	}
	o := &opening{done: make(chan struct{})}
	p := u.gate.join()
	state := u.state
	u.users.Go(func() {
		defer u.noteOpened()
		defer close(o.done)
		if o.err = u.gate.wait(u.soft, p); o.err != nil {
			return
		}
		leave := sync.OnceFunc(u.gate.leave)
		impatient := time.AfterFunc(patience, leave)
		defer leave()
		defer impatient.Stop()

		ctx, cancel := context.WithTimeoutCause(u.soft, openLimit, errOpenLimit)
		defer cancel()
		o.begin = u.Clock.Now()
		o.session, o.err = u.tryOpen(ctx, info, state)
		o.end = u.Clock.Now()
		if o.err != nil && errors.Is(context.Cause(ctx), errOpenLimit) {
			o.err = errOpenLimit
		}
	})
	return o
}

func (r *run) tryOpen(ctx context.Context, u UserInfo, state *State) (s Session, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
			r.abort(err)
		}
	}()
	s, err = r.Opener.Open(ctx, u, state)
	switch {
	case errors.Is(err, ErrFatal):
		r.abort(err)
	case err == nil && s == nil:
		err = errors.New("the opener returned no session")
	}
	return s, err
}

// close closes a session. Its error is nobody's: the iteration is over, and
// what is left behind ends with the browser.
func (r *run) close(s Session) {
	if s == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			r.abort(&PanicError{v, debug.Stack()})
		}
	}()
	_ = s.Close()
}

// noteOpened tells whoever waits for it that one more opening has ended.
func (r *run) noteOpened() {
	select {
	case r.opened <- struct{}{}:
	default:
	}
}

// awaitOpenings returns when all are done, when none has become so for a
// while, or when the run ends.
func (r *run) awaitOpenings(all []*opening) {
	timer := time.NewTimer(stalled)
	defer timer.Stop()
	for _, o := range all {
		for waiting := true; waiting; {
			select {
			case <-o.done:
				waiting = false
			case <-r.opened:
				timer.Reset(stalled)
			case <-timer.C:
				return
			case <-r.soft.Done():
				return
			}
		}
	}
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// logins are those under way and done, by who shares them.
type logins struct {
	mu  sync.Mutex
	all map[loginKey]*login
}

// loginKey tells who shares a login.
type loginKey struct {
	login *scenario.Login
	who   string
}

// login is what one user does for all who share it.
type login struct {
	logins *logins
	key    loginKey
	turn   chan struct{} // holds one token: whoever has it logs in
	state  *State        // nil until somebody has; read and written by who has the token
}

// loginOf is the login that the user shares; nil where it needs none.
func (u *user) loginOf() *login {
	l := u.kind.Login
	if l == nil {
		return nil
	}
	key := loginKey{login: l}
	switch l.OncePer {
	case scenario.OncePerUser:
		key.who = fmt.Sprint(u.number)
	case scenario.OncePerRow:
		key.who = u.rows.String()
	}
	u.logins.mu.Lock()
	defer u.logins.mu.Unlock()
	shared, ok := u.logins.all[key]
	if !ok {
		shared = &login{logins: &u.logins, key: key, turn: make(chan struct{}, 1)}
		shared.turn <- struct{}{}
		if u.logins.all == nil {
			u.logins.all = map[loginKey]*login{}
		}
		u.logins.all[key] = shared
	}
	return shared
}

// logIn sees to it that the user is logged in. The first of those who share a
// login does it while the others wait; where it fails, the next one tries.
func (u *user) logIn() error {
	l := u.login
	select {
	case <-l.turn:
	case <-u.soft.Done():
		return context.Cause(u.soft)
	}
	defer func() { l.turn <- struct{}{} }()
	if l.state == nil {
		state, err := u.carryOutLogin(l.key.login)
		if err != nil {
			return err
		}
		l.state = state
	}
	u.state, u.login = l.state, nil
	return nil
}

// loginLimit bounds the reading of what a login left.
const loginLimit = 30 * time.Second

// carryOutLogin goes through the login's steps in a session of their own. The
// rows are written; the error says that there is no state.
func (u *user) carryOutLogin(l *scenario.Login) (*State, error) {
	info := u.info(0)
	info.Pages = l.Pages
	o := u.openFor(info)
	s, err := o.wait()
	defer func() { u.close(s) }()
	if u.soft.Err() != nil {
		return nil, context.Cause(u.soft)
	}
	if err != nil {
		start := u.collector.notBefore(max(o.begin, u.begin))
		u.rowOf(0, OpenSession, err, start, max(o.end, start), arrival{})
		return nil, err
	}
	it := newIteration(u, 0, s, nil, arrival{})
	steps := []scenario.Step{&scenario.Event{Name: scenario.LoginEvent, Steps: l.Steps}}
	failed, panicked := it.carryOut(func(ctx context.Context) *failedStep { return it.steps(ctx, steps) })
	switch {
	case failed == nil:
		return it.loginState(s)
	case it.hard.Err() != nil && !panicked:
		it.cutShort(it.tell(failed), event.Cancelled, "")
	default:
		it.fail(failed, panicked)
	}
	return nil, failed.err
}

// loginState is what the login left in its session.
func (it *iteration) loginState(s Session) (state *State, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
			it.abort(err)
		}
	}()
	ctx, cancel := context.WithTimeout(it.hard, loginLimit)
	defer cancel()
	if state, err = s.State(ctx); err == nil && state == nil {
		err = errors.New("the session told no state")
	}
	if err != nil {
		now := it.Clock.Now()
		it.rowOf(0, "keep the login", err, now, now, arrival{})
	}
	return state, err
}

package loadwright

import (
	"context"
	"path/filepath"
	"runtime"
	"time"

	"github.com/loadwright/loadwright/browser"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// UserFunc is an iteration of a user written in Go, for what a scenario can't
// say. The scenario names it (user_types: {clicker: {weight: 1, func: clicker}}),
// [Options.UserFuncs] gives it. Its error, or its panic, fails the iteration, and
// the run goes on. It is called on a goroutine of the user's own: there, like
// anywhere but in the test's goroutine, t.Fatal has no place.
//
// It has to obey [User.Context], as all the methods of the User do. Where it does
// not return within a second after that has ended with the run, its session is
// closed, which ends the calls of [User.Page]; three seconds later the run goes
// on without it, its iteration has failed, and its goroutine is left to itself.
type UserFunc func(u *User) error

// Page is playwright-go's page.
type Page = browser.Page

// User is one iteration of one user. Its methods are for the goroutine of the
// [UserFunc] alone, and obey the user's context.
//
// Steps without a result (Click, Fill, WaitFor, …) return nothing: they are
// noted, and carried out together at the end of the event around them, or before
// the next call that does return something. So a wait is armed before the action
// that it follows is sent, and its time is the page's own. The first step that
// fails fails the iteration: [User.Event] and [User.Err] return its error, and
// the steps after it are not carried out any more.
type User struct{ hand *runner.Hand }

// Context ends with the run, or with the timeout of an event around.
func (u *User) Context() context.Context { return u.hand.Context() }

// Number is the user's: 0, 1, ….
func (u *User) Number() int { return u.hand.Info().User }

// Iteration is how often this user has begun: 1, 2, ….
func (u *User) Iteration() int { return u.hand.Info().Iteration }

// Value is what ${name} stands for in the scenario: a column of its data, like
// account.username; "" where there is no such name.
func (u *User) Value(name string) string {
	v, _ := u.hand.Lookup(name)
	return v
}

// Err carries out the steps that were noted, and returns the error of the one
// that failed, now or before.
func (u *User) Err() error { return u.hand.Flush() }

// Event times what f does as one span with a name: a row of the results. Its
// error is that of f, or of the step that failed.
func (u *User) Event(name string, f func() error) error {
	return u.hand.Event(name, here(), 0, f)
}

// EventWithin is Event with a timeout of the whole span.
func (u *User) EventWithin(timeout time.Duration, name string, f func() error) error {
	return u.hand.Event(name, here(), timeout, f)
}

// Sleep thinks for a while.
func (u *User) Sleep(d time.Duration) error { return u.hand.Sleep(d) }

// Goto opens an address, which may be relative to the scenario's url. A document
// of status 400 and above fails.
func (u *User) Goto(url string) { u.add(&scenario.Goto{URL: url, WaitUntil: scenario.Load}) }

// Reload loads the page anew.
func (u *User) Reload() { u.add(&scenario.Reload{WaitUntil: scenario.Load}) }

// Click clicks a target.
func (u *User) Click(t Target) { u.add(&scenario.Click{Target: t.t, Times: 1, Button: "left"}) }

// DblClick clicks a target twice.
func (u *User) DblClick(t Target) { u.add(&scenario.DblClick{Target: t.t}) }

// Hover moves the mouse over a target.
func (u *User) Hover(t Target) { u.add(&scenario.Hover{Target: t.t}) }

// Fill puts a value into an input.
func (u *User) Fill(t Target, value string) { u.add(&scenario.Fill{Target: t.t, Value: value}) }

// Press presses a key at a target, by Playwright's name: Enter, Control+A.
func (u *User) Press(t Target, key string) {
	u.add(&scenario.Press{Target: t.t, Key: key, Times: 1})
}

// Check ticks a box.
func (u *User) Check(t Target) { u.add(&scenario.Check{Target: t.t}) }

// Uncheck unticks a box.
func (u *User) Uncheck(t Target) { u.add(&scenario.Uncheck{Target: t.t}) }

// Select chooses from a <select>, by value or label.
func (u *User) Select(t Target, values ...string) {
	u.add(&scenario.Select{Target: t.t, Values: values})
}

// Upload gives files to an input[type=file].
func (u *User) Upload(t Target, files ...string) {
	u.add(&scenario.Upload{Target: t.t, Files: files})
}

// WaitFor waits until a target is visible.
func (u *User) WaitFor(t Target) { u.add(&scenario.WaitFor{Target: t.t, State: "visible"}) }

// WaitForState waits until a target is visible, hidden, attached, detached or
// enabled; another word fails the iteration.
func (u *User) WaitForState(t Target, state string) {
	u.add(&scenario.WaitFor{Target: t.t, State: state})
}

// WaitUntil waits until a target becomes visible, hidden or changed: the
// opposite must have been seen since the event began, or since the last call of
// it that had to be carried out at once: a sleep, an event, a value that was read.
func (u *User) WaitUntil(t Target, becomes string) {
	u.add(&scenario.WaitFor{Target: t.t, Becomes: becomes})
}

// WaitForURL waits until the page's address matches a glob.
func (u *User) WaitForURL(glob string) { u.add(&scenario.WaitForURL{Glob: glob}) }

// TextOf returns the text of a target, which it waits for.
func (u *User) TextOf(t Target) (string, error) {
	return u.hand.Value(&scenario.Set{Name: "text", From: &t.t}, here())
}

// Evaluate returns what JavaScript in the page gives, as text.
func (u *User) Evaluate(js string) (string, error) {
	return u.hand.Value(&scenario.Set{Name: "value", JS: js}, here())
}

// Page is the user's page, for all else. What is done with it directly is timed
// by the clock of this machine where it is the begin or the end of an event: ask
// for the page in the event in which you use it.
func (u *User) Page() (Page, error) {
	s, err := u.hand.Session()
	if err != nil {
		return nil, err
	}
	if both, ok := s.(*pageSession); ok {
		s = both.Session
	}
	return browser.PageOf(s), nil
}

func (u *User) add(op scenario.Op) { u.hand.Add(op, caller(3), 0) }

// here is the place that calls the method that calls it.
func here() scenario.Pos { return caller(3) }

// caller is a place in the source of the user.
func caller(skip int) scenario.Pos {
	_, file, line, ok := runtime.Caller(skip)
	if !ok {
		return scenario.Pos{}
	}
	return scenario.Pos{File: filepath.Base(file), Line: line}
}

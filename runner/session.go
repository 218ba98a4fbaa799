// Package runner decides who does what and when: users, their iterations, the
// load's shape, the control steps, and the one collector through which every
// event passes. It knows no browser; what it needs of one is declared here.
package runner

import (
	"context"
	"net/http"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// UserInfo names the user for whom a session is opened.
type UserInfo struct {
	User      int // 0, 1, …
	UserType  string
	Iteration int  // from 1; 0: the login
	Pages     bool // it needs a browser
}

// State is what a login leaves behind, for the sessions after it. It is only
// read, by any number of sessions at once.
type State struct {
	Cookies []*http.Cookie // each with its domain and its path
	Page    any            // the rest, of the opener of pages; nil of a login without a page
}

// Opener opens sessions.
type Opener interface {
	// Open returns a fresh session with nothing of an earlier one in it. ctx
	// bounds the opening alone: a session outlives it. That of a user without a
	// page is there at once: it waits for nobody. state is what the user's
	// login left; nil without one. An error that wraps [ErrFatal] says that no
	// session can be opened for anybody.
	Open(ctx context.Context, u UserInfo, state *State) (Session, error)
}

// Session is what one user has while an iteration lasts: for a page user, a
// browser context with a page in it. Its methods are called by one goroutine
// at a time; Close may be called at any moment and more than once, cuts short a Do
// under way, and returns when everything the session held is gone.
type Session interface {
	// Do carries out a stretch: leaf steps that follow each other with no
	// control step between and no value that one gives another. It is handed
	// over whole so that a wait is armed before the action that it follows is
	// sent. It returns a span for each step that ran to its end, in order; on
	// error, the step that failed is stretch[len(spans)].
	//
	// When ctx ends, Do returns soon with ctx's error in the chain.
	Do(ctx context.Context, stretch []scenario.Action) ([]Span, error)

	// Arm tells, at the begin of an event, of the waits in its later stretches
	// that have to know what was before them ([scenario.Action.LooksBack]): the
	// session begins to look out for them, until disarm is called. What goes
	// wrong is told by the next Do.
	Arm(ctx context.Context, waits []scenario.Action) (disarm func())

	// Capture keeps what shows why an iteration failed: base+".png", a
	// screenshot, and base+".console.txt", the last console lines; of a request
	// base+".response.txt", the answer. It keeps what it can, and returns an
	// error where that is nothing. Hide puts *** in the place of the user's
	// secrets: what is text goes through it.
	Capture(ctx context.Context, base string, hide func(string) string) error

	// State returns what the session's user has gathered, for sessions to come.
	State(ctx context.Context) (*State, error)

	Close() error
}

// Span is when a leaf step began and ended. An event ends with its last step,
// so a wait that follows another must not end before it.
type Span struct {
	Begin, End event.Instant
	OnPage     bool              // both on the page's clock; else the runner's stand in
	Skipped    bool              // its "if" did not hold: it has no time
	Value      string            // what a set step read, or a look saw
	Captured   map[string]string // what a request step took of its answer, by name
	// Already: a wait that held before the stretch's first action and never
	// ceased to hold.
	Already bool
}

// Sink is told of every event once, in the order in which events ended, by one
// goroutine. An error that wraps [ErrStop] ends the run in order, with the
// error as its reason; any other means that results can no longer be kept, and
// ends it at once: that sink is told nothing more, the others are told of what
// was cut. An event may be kept but not changed: all sinks get the same one.
type Sink interface {
	Event(e *event.Event) error
}

// Beginner is what a [Sink] may be too: it is told, once and before any event,
// the instant from which the run's seconds are counted. It is the start of the
// first row or, where an event still under way began earlier on the runner's
// clock, that: no row starts before it.
type Beginner interface {
	Begin(origin event.Instant)
}

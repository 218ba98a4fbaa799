package scenario

import "time"

// Action is a leaf step with every value filled in: what a session is asked
// to do. Control steps (event, repeat, sleep) never become actions.
type Action struct {
	Leaf     *Leaf         // the step as written: its place and its text
	Op       Op            // what to do: *Goto, *Click, …
	Timeout  time.Duration // > 0
	Optional bool          // its failure is as if it had succeeded
	If       []Target      // looked at once; the action is skipped unless all are visible
}

// Op is what an action does. Each kind of leaf step has one type, declared in
// a file of its own beside its syntax. Every field is fully expanded; optional
// fields have their zero value where the scenario is silent. An Op may be
// shared by all users: it is only read.
type Op interface {
	op()
	String() string // on one line, as the user would write it
}

// Point is an offset in CSS pixels.
type Point struct{ X, Y float64 }

// LoadState is a moment in the loading of a document.
type LoadState string

// The load states, as Playwright names them.
const (
	Load             LoadState = "load"
	DOMContentLoaded LoadState = "domcontentloaded"
	Commit           LoadState = "commit"
	NetworkIdle      LoadState = "networkidle"
)

// StatusRule says which HTTP statuses are good. The zero rule takes all below 400.
type StatusRule struct {
	Any   bool
	Codes []int
}

// Allows tells whether a status is good.
func (r StatusRule) Allows(status int) bool {
	if r.Any {
		return true
	}
	if len(r.Codes) == 0 {
		return status < 400
	}
	for _, c := range r.Codes {
		if c == status {
			return true
		}
	}
	return false
}

// lookingBack says in the reference what [Action.LooksBack] means.
const lookingBack = "In a `repeat`, the round's begin counts. " +
	"Where a name in it gets its value within the event (`set`, `capture`), the wait looks back only to the last " +
	"`set`, `request`, `sleep`, `repeat` or `event` before it; `validate` points it out."

// LooksBack tells whether the action has to know what was before it: a wait for
// an edge or for a response, which counts from the begin of its event, or of the
// round of a repeat within one.
func (a Action) LooksBack() bool {
	switch op := a.Op.(type) {
	case *WaitFor:
		return op.Becomes != ""
	case *WaitForResponse:
		return true
	}
	return false
}

// String is the step as the user would write it on one line, with its values
// filled in. What is typed into a field is left out, and the environment's
// values are not masked: see [Scenario.Secrets].
func (a Action) String() string {
	if a.Op == nil {
		return ""
	}
	return a.Op.String()
}

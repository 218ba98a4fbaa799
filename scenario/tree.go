package scenario

import "time"

// Leaf is a step that a session carries out. Its values may hold ${names}.
type Leaf struct {
	Kind string // the step key: "click"
	// unexported: position, node, what is settled already
}

// Event is a named, timed span.
type Event struct {
	Name    string
	Timeout time.Duration // of the whole span; 0: none
	Steps   []Step
	// unexported: position
}

// Repeat runs its steps several times.
type Repeat struct {
	As    string // the loop's name, "i" unless told; counts from 1
	Steps []Step
	// unexported: count and while as written
}

// Sleep is a think time.
type Sleep struct {
	// unexported: the distribution as written
}

// Scope answers what a name stands for while a user runs: loop names, set
// names, user, iteration, user_type, env.NAME, and the variables.
type Scope interface {
	Lookup(name string) (string, bool)
}

/*
What the runner needs (to be written):

func (l *Leaf) Expand(s Scope) (Action, error)    // cheap when nothing is left to expand
func (l *Leaf) Sets() string                      // the variable that a set step gives a value, else ""
func (r *Repeat) Count(s Scope) (int, error)
func (r *Repeat) While(s Scope) (*Target, error)  // nil without while
func (s *Sleep) Expand(sc Scope) (Think, error)

Think is a settled sleep; pace is left to the runner because it needs the last pace.
type Think struct {
	Pace  time.Duration            // > 0: what is left of it since the last pace
	...
}
func (t Think) Draw(r *rand.Rand) time.Duration   // of fixed, between, normal (cut at 0), exponential

// Bind settles what comes from outside: --set values and environment variables.
type Values struct {
	Set map[string]string
	Env func(string) (string, bool)
	URL string // --url; "" leaves the file's
}
func Parse(file string, src []byte) (*Scenario, error)
func (s *Scenario) Bind(v Values) (*Scenario, error)
*/

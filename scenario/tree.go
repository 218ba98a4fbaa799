package scenario

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Leaf is a step that a session carries out. Its values may hold ${names}.
type Leaf struct {
	Kind string // the step key: "click"

	pos  Pos
	text string
	sets string
}

// Position is the place of the step key.
func (l *Leaf) Position() Pos { return l.pos }

// String is the step as the user would write it on one line, unexpanded.
func (l *Leaf) String() string { return l.text }

// Sets names the variable that a set step gives a value; "" for other steps.
func (l *Leaf) Sets() string { return l.sets }

// Expand fills in the values of the step. It is cheap where nothing is left to
// expand. Its error is an [*Error] with the place of the value.
func (l *Leaf) Expand(s Scope) (Action, error) { return Action{}, errNotYet }

// Event is a named, timed span.
type Event struct {
	Name    string
	Timeout time.Duration // of the whole span; 0: none
	Steps   []Step

	pos Pos
}

// Position is the place of the step key.
func (e *Event) Position() Pos { return e.pos }

func (e *Event) String() string { return "event " + e.Name }

// Repeat runs its steps several times.
type Repeat struct {
	As    string // the loop's name, "i" unless told; counts from 1
	Steps []Step

	pos Pos
}

// Position is the place of the step key.
func (r *Repeat) Position() Pos { return r.pos }

func (r *Repeat) String() string { return "repeat" }

// Count is how many times the steps run, or, with a while, how many at most.
func (r *Repeat) Count(s Scope) (int, error) { return 0, errNotYet }

// While is the target that must be visible for a further round to begin; nil
// where the repeat has none.
func (r *Repeat) While(s Scope) (*Target, error) { return nil, errNotYet }

// Sleep is a think time.
type Sleep struct {
	pos  Pos
	text string
}

// Position is the place of the step key.
func (s *Sleep) Position() Pos { return s.pos }

func (s *Sleep) String() string { return s.text }

// Expand fills in the values of the sleep.
func (s *Sleep) Expand(sc Scope) (Think, error) { return Think{}, errNotYet }

// Think is a settled sleep.
type Think struct {
	// Pace, where it is above 0, asks for what is left of it since the user's
	// last pace, and nothing where that is past: the caller's to reckon.
	// Draw is then 0.
	Pace time.Duration
}

// Draw returns how long to sleep this time; never below 0.
func (t Think) Draw(r *rand.Rand) time.Duration { return 0 }

// Scope answers what a name stands for while a user runs: loop names, set
// names, user, iteration and user_type. Variables and env.NAME were settled
// by Bind and are never asked for.
type Scope interface {
	Lookup(name string) (string, bool)
}

var errNotYet = errors.New("not written yet")

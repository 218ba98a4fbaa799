package scenario

import (
	"strconv"
	"time"
)

// Beat is one thing that a user of a scenario does, told without what it is
// done to: enough to do the like of it elsewhere.
type Beat struct {
	Kind  BeatKind
	Think Think // of a Thinks
}

// BeatKind is what a beat is.
type BeatKind int

// The kinds of beats.
const (
	Loads  BeatKind = iota // asks for a document
	Acts                   // acts as a user does, and waits for what comes of it
	Thinks                 // sleeps
)

// MostBeats is how many beats of an iteration are told.
const MostBeats = 500

// Rhythm is what an iteration of a kind of user consists of.
type Rhythm struct {
	Weight float64 // the kind's part of the users, beside the other kinds' weights
	Beats  []Beat
}

// Rhythms tells what iterations consist of, for each kind of user that needs a
// browser and has a part of the scenario's users: repeats written out; one that
// ends with a condition, or whose count depends on the user, is taken for one
// round. An event counts as one beat: the strongest of its steps. s has to be
// bound. The error is of a think time that is not known before a run.
func (s *Scenario) Rhythms() ([]Rhythm, error) {
	var kinds []Rhythm
	weights := weightsOf(s.UserTypes, s.Load.Most())
	for i, t := range s.UserTypes {
		if !t.Pages || weights[i] == 0 {
			continue
		}
		var b beats
		b.add(t.Steps)
		switch {
		case b.unknown != nil:
			return nil, s.ErrorAt(b.unknown.Position(), b.unknown.String()+": this think time is not known before a run", "give its variable a value with --set")
		case len(b.all) > 0:
			kinds = append(kinds, Rhythm{weights[i], b.all})
		}
	}
	return kinds, nil
}

// weightsOf are kinds' parts of so many users: their weights, where none is
// counted out.
func weightsOf(types []UserType, users int) []float64 {
	rest, all := float64(users), 0.0
	for _, t := range types {
		rest -= float64(t.Count)
		all += t.Weight
	}
	weights := make([]float64, len(types))
	for i, t := range types {
		switch {
		case t.Count > 0:
			weights[i] = float64(t.Count)
		case float64(users) == rest: // nobody is counted
			weights[i] = t.Weight
		default:
			weights[i] = max(0, rest) * t.Weight / all
		}
	}
	return weights
}

// beats gathers those of steps.
type beats struct {
	all     []Beat
	unknown *Sleep // the first whose length is not known; nil: there is none
}

func (b *beats) add(steps []Step) {
	for _, step := range steps {
		if len(b.all) >= MostBeats {
			return
		}
		switch s := step.(type) {
		case *Sleep:
			think, err := s.Expand(firstUser{})
			if err != nil && b.unknown == nil {
				b.unknown = s
			}
			b.all = append(b.all, Beat{Kind: Thinks, Think: think})
		case *Repeat:
			rounds, err := s.Count(firstUser{})
			if err != nil || s.hasEnd {
				rounds = 1
			}
			for range rounds {
				before := len(b.all)
				if b.add(s.Steps); len(b.all) == before || before >= MostBeats {
					break
				}
			}
		case *Event:
			inside := beats{unknown: b.unknown}
			inside.add(s.Steps)
			b.all, b.unknown = append(b.all, condensed(inside.all)...), inside.unknown
		case *Leaf:
			switch s.does {
			case loads:
				b.all = append(b.all, Beat{Kind: Loads})
			case acts:
				b.all = append(b.all, Beat{Kind: Acts})
			}
		}
	}
}

// condensed is what the beats of an event come to: its think times, and one
// beat for all the rest.
func condensed(inside []Beat) []Beat {
	var out []Beat
	at := -1
	for _, b := range inside {
		switch {
		case b.Kind == Thinks:
			out = append(out, b)
		case at < 0:
			at = len(out)
			out = append(out, b)
		case b.Kind == Acts:
			out[at].Kind = Acts
		}
	}
	return out
}

// firstUser is the scope of the first iteration of the first user.
type firstUser struct{}

func (firstUser) Lookup(name string) (string, bool) {
	switch name {
	case "user":
		return strconv.Itoa(0), true
	case "iteration":
		return strconv.Itoa(1), true
	}
	return "", false
}

// Mean is how long one sleeps on average; with a pace, at most.
func (t Think) Mean() time.Duration {
	switch {
	case t.Pace > 0:
		return t.Pace
	case t.kind == uniform:
		return t.a + (t.b-t.a)/2
	}
	return t.a
}

// YAML is the think time as the value of a sleep step.
func (t Think) YAML() string {
	switch {
	case t.Pace > 0:
		return "{pace: " + t.Pace.String() + "}"
	case t.kind == uniform:
		return "{between: [" + t.a.String() + ", " + t.b.String() + "]}"
	case t.kind == normal:
		return "{normal: {mean: " + t.a.String() + ", sd: " + t.b.String() + "}}"
	case t.kind == exponential:
		return "{exponential: " + t.a.String() + "}"
	}
	return t.a.String()
}

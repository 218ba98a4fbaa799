package scenario

import "strconv"

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

// Beats tells what an iteration of the first kind of user consists of, repeats
// written out; one that ends with a condition, or whose count depends on the
// user, is taken for one round. An event counts as one beat: the strongest of
// its steps. s has to be bound.
func (s *Scenario) Beats() []Beat {
	var beats []Beat
	addBeats(&beats, s.UserTypes[0].Steps)
	return beats
}

func addBeats(to *[]Beat, steps []Step) {
	for _, step := range steps {
		if len(*to) >= MostBeats {
			return
		}
		switch s := step.(type) {
		case *Sleep:
			if think, err := s.Expand(firstUser{}); err == nil {
				*to = append(*to, Beat{Kind: Thinks, Think: think})
			}
		case *Repeat:
			rounds, err := s.Count(firstUser{})
			if err != nil || s.hasEnd {
				rounds = 1
			}
			for range rounds {
				if len(*to) >= MostBeats {
					return
				}
				addBeats(to, s.Steps)
			}
		case *Event:
			var inside []Beat
			addBeats(&inside, s.Steps)
			*to = append(*to, condensed(inside)...)
		case *Leaf:
			switch s.does {
			case loads:
				*to = append(*to, Beat{Kind: Loads})
			case acts:
				*to = append(*to, Beat{Kind: Acts})
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

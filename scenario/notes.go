package scenario

import "fmt"

// notes points out what is allowed and yet seldom what was meant.
func notes(types []UserType) []Note {
	var all []Note
	for _, t := range types {
		all = append(all, notesOf(t.Steps)...)
	}
	return all
}

func notesOf(steps []Step) []Note {
	var all []Note
	for _, s := range steps {
		switch s := s.(type) {
		case *Repeat:
			all = append(all, notesOf(s.Steps)...)
		case *Event:
			v := eventNotes{event: s}
			v.steps(s.Steps)
			v.end()
			all = append(append(all, v.notes...), notesOf(s.Steps)...)
		}
	}
	return all
}

// eventNotes looks at the steps of one event. Events inside it are judged on
// their own.
type eventNotes struct {
	event   *Event
	notes   []Note
	actions int
	outer   bool
	last    *Leaf // the latest action, while nothing has been waited for since
}

func (v *eventNotes) note(s Step, format string, args ...any) {
	v.notes = append(v.notes, Note{s.Position(), fmt.Sprintf(format, args...)})
}

func (v *eventNotes) steps(steps []Step) {
	for _, s := range steps {
		switch s := s.(type) {
		case *Event:
			v.outer = true
		case *Repeat:
			v.steps(s.Steps)
		case *Sleep:
			v.note(s, "event %s: the sleep counts into its time, unless it is first or last", quoted(v.event.Name))
		case *Leaf:
			v.leaf(s)
		}
	}
}

func (v *eventNotes) leaf(l *Leaf) {
	switch l.does {
	case acts, loads:
		if v.actions++; v.actions == 2 {
			v.note(l, "event %s has a second action here: its time spans both", quoted(v.event.Name))
		}
		v.last = l
	case waits:
		w, ok := l.action.value.Op.(*WaitFor)
		if ok && v.last != nil && (w.State == "hidden" || w.State == "detached") {
			v.note(l, "state: %s holds at once where the target has not appeared yet; becomes: hidden waits until it was seen, and is gone", w.State)
		}
		v.last = nil
	}
}

func (v *eventNotes) end() {
	if v.last != nil && v.last.does != loads && !v.outer {
		v.note(v.last, "event %s waits for nothing after this: it times the action, not the app's answer", quoted(v.event.Name))
	}
}

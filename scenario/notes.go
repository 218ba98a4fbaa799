package scenario

import (
	"fmt"
	"strings"
)

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
	v.lookBack(steps)
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

// lookBack points out a wait that counts from the event's begin and cannot, for a
// name that has no value by then.
func (v *eventNotes) lookBack(steps []Step) {
	var set []string
	for _, s := range steps {
		if l, ok := s.(*Leaf); ok && l.action.value.LooksBack() {
			for _, name := range set {
				if strings.Contains(l.text, "${"+name+"}") {
					v.note(l, "this cannot look back to the begin of event %s, where %s has no value yet: only to the last set, request, sleep, repeat or event before it", quoted(v.event.Name), name)
					break
				}
			}
		}
		set = append(set, setIn(s)...)
	}
}

// setIn are the names that a step, and those inside it, give values.
func setIn(s Step) []string {
	var steps []Step
	switch s := s.(type) {
	case *Leaf:
		return s.sets
	case *Event:
		steps = s.Steps
	case *Repeat:
		steps = s.Steps
	}
	var names []string
	for _, s := range steps {
		names = append(names, setIn(s)...)
	}
	return names
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

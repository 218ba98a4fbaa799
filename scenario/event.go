package scenario

import "time"

// Event is a named, timed span.
type Event struct {
	Name    string
	Timeout time.Duration // of the whole span; 0: none
	Steps   []Step

	pos Pos
}

// Position is the place of the step key.
func (e *Event) Position() Pos { return e.pos }

func (e *Event) String() string { return "event " + shorten(e.Name) }

func eventKind() kind {
	fields := []field[Event]{
		opt("event", aLiteral, func(e *Event) *string { return &e.Name }, "").must(),
		opt("steps", aSteps, func(e *Event) *[]Step { return &e.Steps }, "What is timed.").must(),
		opt("timeout", beforeRun(someTime), func(e *Event) *time.Duration { return &e.Timeout }, "How long the whole span may take."),
	}
	return kind{
		key: "event", control: true,
		doc:     "Times its steps as one span with a name: a row of the results each time. It begins with its first step other than `sleep` and `set`, and ends with the last other than `sleep`, `set`, `screenshot` and `evaluate`.",
		example: "event: interact\nsteps:\n  - click: {role: button, name: Run}\n  - wait_for: {text: Done}",
		also:    "transaction group measure timer span",
		table:   table{what: "event", rows: rows(fields), elsewhere: indentedStep},
		read: func(d *decoder, k *kind, step, key *node) Step {
			k.check(d, step)
			e := &Event{pos: key.pos()}
			d.events.add(step.get("event").text)
			d.inEvent++
			readFields(d, step, fields, e)
			d.inEvent--
			return e
		},
	}
}

// indentedStep is the hint for an option of other steps beside an event or a
// repeat.
func indentedStep(d *decoder, key string) string {
	for _, f := range common {
		if f.key == key {
			return key + " belongs to the steps inside: " + d.kind.key + " has none of its own"
		}
	}
	return ""
}

// beforeRun is a value that is needed before any user runs.
func beforeRun[V any](v value[V]) value[V] {
	return value[V]{v.shape, func(d *decoder, n *node) V {
		was := d.settled
		d.settled = true
		defer func() { d.settled = was }()
		return v.read(d, n)
	}}
}

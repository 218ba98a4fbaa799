package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Sleep is a think time.
type Sleep struct {
	pos   Pos
	text  string
	think late[Think]
}

// Position is the place of the step key.
func (s *Sleep) Position() Pos { return s.pos }

func (s *Sleep) String() string { return s.text }

// Expand fills in the values of the sleep. Its error is an [*Error].
func (s *Sleep) Expand(sc Scope) (Think, error) { return s.think.get(sc) }

// Think is a settled sleep.
type Think struct {
	// Pace, where it is above 0, asks for what is left of it since the user's
	// last pace, and for nothing where that is past: the caller's to reckon.
	// Draw is then 0.
	Pace time.Duration

	kind thinkKind
	a, b time.Duration
}

type thinkKind int

const (
	fixed       thinkKind = iota // a
	uniform                      // from a to b
	normal                       // mean a, standard deviation b, cut at 0
	exponential                  // mean a
)

// Draw returns how long to sleep this time; never below 0.
func (t Think) Draw(r *rand.Rand) time.Duration {
	switch t.kind {
	case uniform:
		return t.a + time.Duration(r.Float64()*float64(t.b-t.a))
	case normal:
		return clamp(float64(t.a) + r.NormFloat64()*float64(t.b))
	case exponential:
		return clamp(r.ExpFloat64() * float64(t.a))
	}
	return t.a
}

// clamp is a duration of so many nanoseconds, from 0 to the longest there is.
func clamp(ns float64) time.Duration {
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(max(0, ns))
}

// String is the sleep as the user would write it.
func (t Think) String() string {
	switch {
	case t.Pace > 0:
		return fmt.Sprintf("pace %v", t.Pace)
	case t.kind == uniform:
		return fmt.Sprintf("between %v and %v", t.a, t.b)
	case t.kind == normal:
		return fmt.Sprintf("normal mean %v sd %v", t.a, t.b)
	case t.kind == exponential:
		return fmt.Sprintf("exponential %v", t.a)
	}
	return t.a.String()
}

func sleepKind() kind {
	think := thinkValue()
	return kind{
		key: "sleep", control: true,
		doc: "Thinks for a while: always the same time, or `{between: [1s, 3s]}`, `{normal: {mean: 2s, sd: 500ms}}` (cut at 0), `{exponential: 2s}` (its mean), " +
			"or `{pace: 5s}` (what is left of 5 s since the last pace; it never catches up).",
		example: "sleep: {between: [1s, 3s]}",
		also:    "wait pause think delay think_time wait_for_timeout",
		table:   table{what: "sleep", rows: []row{{shape: think.shape, key: "sleep", required: true}}},
		read: func(d *decoder, k *kind, step, key *node) Step {
			k.check(d, step)
			n := step.get("sleep")
			s := &Sleep{pos: key.pos()}
			s.think = readLate(d, func(d *decoder) (t Think) {
				d.under("sleep", func() { t = think.read(d, n) })
				return t
			})
			s.text = "sleep " + writtenSleep(n, s.think)
			return s
		},
	}
}

// writtenSleep is a sleep's value as written, where it depends on names.
func writtenSleep(n *node, t late[Think]) string {
	if !n.dynamic() {
		return t.value.String()
	}
	if n.kind == scalarNode {
		return shorten(n.text)
	}
	return n.pairs[0].key.text + " …"
}

// thinkValue is a duration, or a mapping with one of the other ways to think.
func thinkValue() value[Think] {
	mapping := newObject("sleep", "{between: [1s, 3s]}", Think{}, []field[Think]{
		opt("between", value[Think]{
			shape{name: "two durations", like: "[1s, 3s]", schema: schema{"type": "array", "items": durationSchema, "minItems": 2, "maxItems": 2}},
			readBetween,
		}, whole, "A time between two, each as likely as the other.").aka("uniform random range"),
		opt("normal", newObject("normal", "{mean: 2s, sd: 500ms}", Think{kind: normal}, []field[Think]{
			opt("mean", aDuration, func(t *Think) *time.Duration { return &t.a }, "The mean.").must(),
			opt("sd", aDuration, func(t *Think) *time.Duration { return &t.b }, "The standard deviation.").aka("stddev std").must(),
		}).value(), whole, "A time from a normal distribution, cut at 0.").aka("gaussian"),
		opt("exponential", value[Think]{someTime.shape, func(d *decoder, n *node) Think {
			return Think{kind: exponential, a: someTime.read(d, n)}
		}}, whole, "A time from an exponential distribution of this mean.").aka("poisson"),
		opt("pace", value[Think]{someTime.shape, func(d *decoder, n *node) Think {
			return Think{Pace: someTime.read(d, n)}
		}}, whole, "What is left of this since the last pace, so that rounds begin at even distances; never catches up.").aka("pacing constant_pacing"),
	}, exactlyOne("between", "normal", "exponential", "pace"))

	return value[Think]{
		shape{name: "a duration, or a mapping with one of between, normal, exponential, pace", like: "500ms", schema: schema{"anyOf": list{durationSchema, mapping.schema()}}, keys: &mapping.table},
		func(d *decoder, n *node) Think {
			if n.kind == mappingNode {
				return mapping.read(d, n)
			}
			return Think{a: aDuration.read(d, n)}
		},
	}
}

func whole(t *Think) *Think { return t }

func readBetween(d *decoder, n *node) Think {
	if n.kind != listNode || len(n.items) != 2 {
		d.fail(n, "like between: [1s, 3s]", "between: a list of two durations belongs here")
		return Think{}
	}
	was := d.open
	d.open = false
	ends := readItems(d, n, aDuration)
	known := !d.open
	d.open = d.open || was
	if known && ends[0] > ends[1] {
		d.fail(n, "the shorter time comes first", "between: %s is longer than %s", d.shown(n.items[0]), d.shown(n.items[1]))
	}
	return Think{kind: uniform, a: ends[0], b: ends[1]}
}

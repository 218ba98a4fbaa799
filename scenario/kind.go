package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// kind is a sort of step: a row of the table that the language is made of. The
// first row of its table is the step key with its value, the others are the
// options beside it.
type kind struct {
	table
	key     string
	doc     string
	example string // YAML of one step
	also    string // what other tools call it, separated by spaces
	bare    bool   // may be a bare word
	does    does
	control bool // event, repeat, sleep: the runner's own
	read    func(d *decoder, k *kind, step, key *node) Step
}

// does is what a step does to the page, for what validate points out.
type does int

const (
	nothing does = iota
	acts         // as a user does
	loads        // acts, and waits for a document
	waits
)

// leafKind is a kind of leaf step as its file declares it. T is its operation.
type leafKind[T any] struct {
	key     string
	doc     string
	example string
	also    string
	bare    bool
	does    does
	value   field[T] // of the step key
	options []field[T]
	rules   []rule
	start   T // what an option that is left out means

	noPage func(op *T) bool // tells that no browser is needed; nil: one is

	check func(d *decoder, step *node, op *T)          // fills in what no table can say; may be nil
	made  func(d *decoder, l *Leaf, step *node, op *T) // is called once for the step; may be nil
}

// is makes the field of a step key.
func is[T, V any](v value[V], at func(*T) *V) field[T] { return opt("", v, at, "") }

// none makes the field of a step key that takes no value.
func none[T any]() field[T] {
	return field[T]{
		row{shape: shape{name: "nothing", schema: schema{"type": "null"}}, nullable: true},
		func(d *decoder, n *node, _ *T) {
			if !n.null() {
				d.fail(n, "write \"- "+d.key+"\" alone; options stand beside it", "%s takes no value", d.key)
			}
		},
	}
}

// common are the options of every leaf step.
var common = []field[Action]{
	opt("timeout", someTime, func(a *Action) *time.Duration { return &a.Timeout }, "How long the step may take; the scenario's timeout unless told."),
	opt("optional", aBool, func(a *Action) *bool { return &a.Optional }, "A failure of the step is as if it had succeeded; its time counts."),
	opt("if", oneOrMore(aTarget), func(a *Action) *[]Target { return &a.If }, "The step is skipped unless the target is visible at that moment; of a list, all."),
}

// leaf makes a kind of step of its declaration.
func leaf[T any, P interface {
	*T
	Op
}](k leafKind[T]) kind {
	k.value.key, k.value.doc, k.value.required = k.key, k.doc, true
	fields := append([]field[T]{k.value}, k.options...)
	read := func(d *decoder, step *node) Action {
		op, a := k.start, Action{Timeout: d.timeout}
		readFields(d, step, fields, &op)
		readFields(d, step, common, &a)
		if k.check != nil {
			k.check(d, step, &op)
		}
		a.Op = P(&op)
		return a
	}
	return kind{
		key: k.key, doc: k.doc, example: k.example, also: k.also, bare: k.bare, does: k.does,
		table: table{what: k.key, rows: append(rows(fields), rows(common)...), rules: k.rules, elsewhere: misplacedTarget},
		read: func(d *decoder, kd *kind, step, key *node) Step {
			kd.check(d, step)
			l := &Leaf{Kind: k.key, pos: key.pos(), does: k.does}
			l.action = readLate(d, func(d *decoder) Action {
				a := read(d, step)
				a.Leaf = l
				return a
			})
			if step.dynamic() {
				l.text = asWritten(d, l.action.read).Op.String()
			} else {
				l.text = l.action.value.Op.String()
			}
			op := (*T)(l.action.value.Op.(P))
			l.page = k.noPage == nil || !k.noPage(op) || step.get("if") != nil
			if k.made != nil {
				k.made(d, l, step, op)
			}
			return l
		},
	}
}

// misplacedTarget is the hint for a word of targets that stands beside a step.
func misplacedTarget(d *decoder, key string) string {
	if _, ok := d.lang.target.row(key); !ok {
		return ""
	}
	return fmt.Sprintf("%s belongs to the target, inside its braces: %s: {…, %s: …}", key, d.kind.key, key)
}

// aSteps is a list of steps.
var aSteps = value[[]Step]{
	shape{name: "a list of steps", schema: schema{"type": "array", "items": ref("step"), "minItems": 1}},
	func(d *decoder, n *node) []Step {
		if n.kind != listNode {
			d.wrong(n, "a list of steps", "a line \"- …\" for each step")
			return nil
		}
		if len(n.items) == 0 {
			d.fail(n, "", "%s: the list is empty", d.key)
		}
		var steps []Step
		for _, i := range n.items {
			if s := d.step(i); s != nil {
				steps = append(steps, s)
			}
		}
		return steps
	},
}

// step reads one step; nil where it is none.
func (d *decoder) step(n *node) Step {
	if d.full() {
		return nil
	}
	switch n.kind {
	case listNode:
		d.fail(n, "take the steps out of the inner list; an alias repeats one step, or the whole value of steps", "a list stands where a step belongs")
		return nil
	case scalarNode:
		return d.bareStep(n)
	}
	var keys []*node
	for _, p := range n.pairs {
		if d.lang.kind(p.key.text) != nil {
			keys = append(keys, p.key)
		}
	}
	switch len(keys) {
	case 0:
		d.noStep(n)
		return nil
	case 1:
	default:
		d.fail(keys[1], "begin each step with \"- \"", "a second step key in one step: %s already is one", keys[0].text)
		return nil
	}
	return d.readStep(n, keys[0])
}

func (d *decoder) readStep(n, key *node) Step {
	k := d.lang.kind(key.text)
	was := d.kind
	d.kind = k
	defer func() { d.kind = was }()
	if !k.bare {
		if v := n.get(key.text); v.null() {
			want := k.rows[0].shape
			want.like = "- " + firstLine(k.example)
			d.noValue(key, want)
			return nil
		}
	}
	s := k.read(d, k, n, key)
	if l, ok := s.(*Leaf); ok && k.key == "request" && d.inEvent == 0 {
		return d.ownEvent(l, n.get(k.key))
	}
	return s
}

// ownEvent is the event that a request outside any event is: named as it is
// written, without its query.
func (d *decoder) ownEvent(l *Leaf, written *node) Step {
	name, _, _ := strings.Cut(written.text, "?")
	name = strings.Join(strings.Fields(name), " ")
	if written.kind != scalarNode || name == "" {
		return l // reported
	}
	d.events.add(name)
	return &Event{Name: name, Steps: []Step{l}, pos: l.pos}
}

// bareStep reads a step that is one word.
func (d *decoder) bareStep(n *node) Step {
	k := d.lang.kind(n.text)
	switch {
	case n.null():
		d.fail(n, "like - "+d.lang.kinds[0].example, "an empty step")
	case k == nil:
		d.unknownStep(n)
	case !k.bare:
		d.fail(n, "like - "+firstLine(k.example), "%s has no value: %s belongs here", k.key, k.rows[0].name)
	default:
		key := *n
		step := *n
		step.kind, step.pairs = mappingNode, []pair{{&key, &node{src: n.src, line: n.line, column: n.column, plain: true}}}
		return d.readStep(&step, &key)
	}
	return nil
}

// noStep reports a mapping without a step key.
func (d *decoder) noStep(n *node) {
	if n.patchy {
		return
	}
	for _, p := range n.pairs {
		if !d.isOption(p.key.text) {
			d.unknownStep(p.key)
			return
		}
	}
	if len(n.pairs) == 0 {
		d.fail(n, "like - "+d.lang.kinds[0].example, "an empty step")
		return
	}
	d.fail(n.pairs[0].key, "an option has no \"- \" of its own: it stands below the step key, in the same column", "%s is an option, but of no step", n.pairs[0].key.text)
}

// isOption tells whether some step has an option of that name.
func (d *decoder) isOption(key string) bool {
	return slices.ContainsFunc(d.lang.kinds, func(k kind) bool {
		_, ok := k.row(key)
		return ok
	})
}

func (d *decoder) unknownStep(n *node) {
	if d.full() {
		return
	}
	words := make([]word, len(d.lang.kinds))
	for i, k := range d.lang.kinds {
		words[i] = word{k.key, k.also}
	}
	d.fail(n, didYouMean(n.text, words), "%s is not a step", quoted(n.text))
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

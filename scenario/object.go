package scenario

import (
	"slices"
	"strings"
)

// row is a key of a mapping as errors, the schema and the reference know it.
type row struct {
	shape
	key      string
	doc      string // a sentence
	also     string // what other tools call it, separated by spaces
	required bool
	nullable bool // no value is a value
}

// field is a key of a mapping and where its value goes.
type field[T any] struct {
	row
	read func(d *decoder, n *node, into *T)
}

// opt is a field that may be left out.
func opt[T, V any](key string, v value[V], at func(*T) *V, doc string) field[T] {
	return field[T]{
		row{shape: v.shape, key: key, doc: doc},
		func(d *decoder, n *node, into *T) { *at(into) = v.read(d, n) },
	}
}

// must makes a field required.
func (f field[T]) must() field[T] {
	f.required = true
	return f
}

// aka tells what other tools call it.
func (f field[T]) aka(also string) field[T] {
	f.also = also
	return f
}

func rows[T any](fields []field[T]) []row {
	all := make([]row, len(fields))
	for i, f := range fields {
		all[i] = f.row
	}
	return all
}

// readFields reads the fields that a mapping has, in the order of the table.
func readFields[T any](d *decoder, n *node, fields []field[T], into *T) {
	for _, f := range fields {
		v := n.get(f.key)
		if v == nil || v.null() && !f.nullable {
			continue // check has reported it
		}
		d.under(f.key, func() { f.read(d, v, into) })
	}
}

// rule is a demand on which keys stand together.
type rule struct {
	kind ruleKind
	keys []string
}

type ruleKind int

const (
	ruleExactlyOne ruleKind = iota
	ruleAtMostOne
	ruleNeeds    // the first key only beside the second
	ruleExcludes // the first key never beside the second
)

func exactlyOne(keys ...string) rule  { return rule{ruleExactlyOne, keys} }
func atMostOne(keys ...string) rule   { return rule{ruleAtMostOne, keys} }
func needs(key, other string) rule    { return rule{ruleNeeds, []string{key, other}} }
func excludes(key, other string) rule { return rule{ruleExcludes, []string{key, other}} }

// String is the rule as the reference has it.
func (r rule) String() string {
	switch r.kind {
	case ruleExactlyOne:
		return "Exactly one of " + codes(r.keys) + "."
	case ruleAtMostOne:
		return "At most one of " + codes(r.keys) + "."
	case ruleNeeds:
		return codes(r.keys[:1]) + " only with " + codes(r.keys[1:]) + "."
	default:
		return codes(r.keys[:1]) + " not with " + codes(r.keys[1:]) + "."
	}
}

func codes(keys []string) string {
	return "`" + strings.Join(keys, "`, `") + "`"
}

// check reports where a mapping breaks the rule.
func (r rule) check(d *decoder, n *node, what string) {
	var found []*node
	for _, p := range n.pairs {
		if slices.Contains(r.keys, p.key.text) {
			found = append(found, p.key)
		}
	}
	switch r.kind {
	case ruleExactlyOne, ruleAtMostOne:
		switch {
		case len(found) > 1:
			hint := "keep one of them"
			if len(r.keys) > 2 {
				hint = what + " takes one of " + strings.Join(r.keys, ", ")
			}
			d.fail(found[1], hint, "%s and %s exclude each other", found[0].text, found[1].text)
		case len(found) == 0 && r.kind == ruleExactlyOne && !n.patchy:
			d.fail(n, "", "%s needs one of %s", what, strings.Join(r.keys, ", "))
		}
	case ruleNeeds:
		if k, other := n.keyNode(r.keys[0]), n.keyNode(r.keys[1]); k != nil && other == nil {
			d.fail(k, "", "%s goes only with %s", r.keys[0], r.keys[1])
		}
	case ruleExcludes:
		if k, other := n.keyNode(r.keys[0]), n.keyNode(r.keys[1]); k != nil && other != nil {
			d.fail(k, "leave it out", "%s has no meaning with %s", r.keys[0], r.keys[1])
		}
	}
}

// keyNode is the key itself, or nil.
func (n *node) keyNode(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.key
		}
	}
	return nil
}

// table is what may stand in a mapping.
type table struct {
	what      string // "load", "a target": what errors call the mapping
	rows      []row
	rules     []rule
	elsewhere func(d *decoder, key string) string // a hint for a key that belongs elsewhere; may be nil
}

// words are the keys of the table.
func (t table) words() []word {
	all := make([]word, len(t.rows))
	for i, r := range t.rows {
		all[i] = word{r.key, r.also}
	}
	return all
}

func (t table) row(key string) (row, bool) {
	i := slices.IndexFunc(t.rows, func(r row) bool { return r.key == key })
	if i < 0 {
		return row{}, false
	}
	return t.rows[i], true
}

// check reports the keys that don't belong in a mapping, and those that are
// missing.
func (t table) check(d *decoder, n *node) {
	for _, p := range n.pairs {
		if d.full() {
			return
		}
		r, ok := t.row(p.key.text)
		if !ok {
			hint := ""
			if t.elsewhere != nil {
				hint = t.elsewhere(d, p.key.text)
			}
			if hint == "" {
				hint = didYouMean(p.key.text, t.words())
			}
			d.fail(p.key, hint, "%s is not a key of %s", quoted(p.key.text), t.what)
			continue
		}
		if p.value.null() && !r.nullable {
			d.noValue(p.key, r.shape)
		}
	}
	for _, r := range t.rows {
		if r.required && !n.patchy && n.keyNode(r.key) == nil {
			d.fail(n, r.key+": "+r.doc, "%s needs %s", t.what, r.key)
		}
	}
	for _, r := range t.rules {
		r.check(d, n, t.what)
	}
}

// noValue reports a key without a value.
func (d *decoder) noValue(key *node, want shape) {
	hint := ""
	if want.like != "" {
		hint = "like " + want.like
	}
	after := skipRunes(key.src.line(key.line), key.column-1)
	if after = strings.TrimPrefix(after, key.text+":"); strings.HasPrefix(strings.TrimSpace(after), "#") {
		hint = "# begins a comment: text with # in it is put into quotes"
	}
	d.fail(key, hint, "%s has no value: %s belongs here", key.text, want.name)
}

// object is a mapping with keys of the language.
type object[T any] struct {
	table
	like   string
	fields []field[T]
	start  T                                // what a key that is left out means
	bare   func(d *decoder, n *node) string // a hint where no mapping stands; may be nil
}

// newObject is a mapping of these fields; what names it in errors.
func newObject[T any](what, like string, start T, fields []field[T], rules ...rule) *object[T] {
	return &object[T]{table: table{what: what, rows: rows(fields), rules: rules}, like: like, start: start, fields: fields}
}

// read reads a mapping.
func (o *object[T]) read(d *decoder, n *node) T { return o.readFrom(d, n, o.start) }

// readFrom reads a mapping; t is what a key that is left out means.
func (o *object[T]) readFrom(d *decoder, n *node, t T) T {
	if n.kind != mappingNode {
		if o.bare != nil {
			d.wrong(n, o.what, o.bare(d, n))
		} else {
			d.wrong(n, "a mapping", "like "+o.like)
		}
		return t
	}
	if d.names != nil { // else it was checked before the run
		o.check(d, n)
	}
	readFields(d, n, o.fields, &t)
	return t
}

// value makes an object a sort of value.
func (o *object[T]) value() value[T] {
	return value[T]{shape{name: "a mapping", like: o.like, schema: o.schema(), keys: &o.table}, o.read}
}

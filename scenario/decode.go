package scenario

import (
	"fmt"
	"strings"
	"time"
)

// decoder reads values out of nodes. The same code reads a scenario when it is
// parsed, when it is bound, and, where a value depends on the user, while it
// runs: what differs is which names have a value.
type decoder struct {
	*world
	scope Scope  // while a user runs; else nil
	names *names // before the run; else nil: they were checked
	raw   bool   // every ${name} is left as written

	// settled: what is read belongs to no user, so that only variables and the
	// environment can stand in it.
	settled bool

	open   bool // some name in what was read has no value yet
	masked bool // environment variables read as ***
	key    string
	kind   *kind // the step whose value is being read
	errs   ErrorList
	events []string // the names of the events so far
	notes  []Note

	// repaired: a part that is no YAML was cut out, so that what is missing is
	// not the user's fault.
	repaired bool
}

// world is what comes from outside a scenario's text. It does not change once
// the scenario is bound.
type world struct {
	lang    *language
	file    string
	dir     string        // the scenario's folder
	timeout time.Duration // of a step that has none of its own
	vars    map[string]*variable
	env     func(string) (string, bool) // nil: not to be had yet
	set     map[string]string
	known   knowledge
	used    map[string]string // the environment variables that were asked for
	unset   map[string]bool   // those that are not set
	partial bool
	url     string // the scenario's
}

// knowledge is how much is known of variables.
type knowledge int

const (
	nothingKnown  knowledge = iota
	defaultsKnown           // the variables as the file has them
	allKnown
)

// variable is a declared variable; value is nil where it has none (yet).
type variable struct{ value *node }

// full tells whether further errors are dropped.
func (d *decoder) full() bool { return len(d.errs) >= maxErrors }

// fail reports an error at a node.
func (d *decoder) fail(n *node, hint, format string, args ...any) {
	if d.full() {
		return
	}
	pos := n.pos()
	d.errs = append(d.errs, &Error{Pos: pos, Line: n.src.line(pos.Line), Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// wrong reports that a value is not what its key takes.
func (d *decoder) wrong(n *node, name, hint string) {
	if n.kind != scalarNode {
		d.fail(n, hint, "%s: %s belongs here, not %s", d.key, name, n.form())
		return
	}
	d.fail(n, hint, "%s: %s is not %s", d.key, d.shown(n), name)
}

// scalar returns the text of a scalar with its names filled in. It is not ok
// where an error was reported, and where a name has no value yet: the text is
// then as written, and d.open is set.
func (d *decoder) scalar(n *node, name, hint string) (string, bool) {
	if n.kind != scalarNode {
		d.wrong(n, name, hint)
		return "", false
	}
	if n.null() {
		d.fail(n, hint, "%s has no value: %s belongs here", d.key, name)
		return "", false
	}
	return d.expand(n)
}

// expand fills in the names of a scalar.
func (d *decoder) expand(n *node) (string, bool) {
	if n.bad != "" {
		if !d.raw {
			d.failName(n, part{text: n.bad}, "a name is filled in with ${name}; $${ is a literal ${", "%s is not a name to fill in", shorten(n.bad))
		}
		return n.text, false
	}
	if n.parts == nil {
		return n.text, true
	}
	if d.raw {
		d.open = true
		return n.text, false
	}
	if d.names != nil && !d.checkNames(n) {
		return n.text, false
	}
	text, ok := d.fill(n, n)
	if !ok {
		return n.text, false
	}
	return text, true
}

// checkNames reports the names in n that are not to be had where it stands.
func (d *decoder) checkNames(n *node) bool {
	ok := true
	for _, p := range n.parts {
		switch {
		case p.name == "":
		case !d.names.has(p.name):
			d.names.unknown = append(d.names.unknown, unknownName{n, p, d.names.all()})
			ok = false
		case d.settled && d.belongsToUser(p.name):
			d.failName(n, p, "variables and env.NAME can stand here", "%s is known only while a user runs, and %s is needed before", p.text, d.key)
			ok = false
		}
	}
	return ok
}

// belongsToUser tells whether a name has a value only while a user runs.
func (d *decoder) belongsToUser(name string) bool {
	if strings.HasPrefix(name, envPrefix) {
		return false
	}
	v, declared := d.vars[name]
	if !declared {
		return true
	}
	if v.value != nil {
		for _, p := range v.value.parts {
			if p.name != "" && d.belongsToUser(p.name) {
				return true
			}
		}
	}
	return false
}

// fill joins the parts of a scalar. origin is where errors are reported: n is
// origin itself, or a variable that it mentions.
func (d *decoder) fill(n, origin *node) (string, bool) {
	if n.parts == nil {
		return n.text, true
	}
	var b strings.Builder
	ok := true
	for _, p := range n.parts { // to the end, so that every name is seen
		if p.name == "" {
			b.WriteString(p.text)
			continue
		}
		text, found := d.lookup(n, p, origin)
		ok = ok && found
		b.WriteString(text)
	}
	return b.String(), ok
}

// lookup is the value of a name. Where it has none yet, d.open is set; where it
// never will have one, an error is reported.
func (d *decoder) lookup(n *node, p part, origin *node) (string, bool) {
	if name, ok := strings.CutPrefix(p.name, envPrefix); ok {
		return d.getenv(n, p, name)
	}
	if v, ok := d.vars[p.name]; ok {
		if d.known == nothingKnown || v.value == nil {
			if d.scope != nil {
				d.failName(origin, p, "give it with --set "+p.name+"=…", "%s: the variable has no value", p.text)
			}
			d.open = true
			return "", false
		}
		return d.fill(v.value, origin)
	}
	if d.scope != nil {
		text, ok := d.scope.Lookup(p.name)
		if !ok {
			d.failName(origin, p, "the step that sets it has not run: it was skipped, or comes later", "%s has no value yet", p.text)
		}
		return text, ok
	}
	d.open = true
	return "", false
}

// getenv is the value of an environment variable. One that is not set is
// reported once.
func (d *decoder) getenv(n *node, p part, name string) (string, bool) {
	if d.scope == nil && d.env != nil {
		if value, ok := d.env(name); ok {
			d.used[name] = value
		} else if !d.partial && !d.unset[name] {
			d.unset[name] = true
			d.failName(n, p, "set it before the run: export "+name+"=…", "the environment variable %s is not set", name)
		}
	}
	value, ok := d.used[name]
	switch {
	case !ok && d.scope != nil:
		d.failName(n, p, "", "the environment variable %s is not set", name)
	case !ok:
		d.open = true
	case d.masked:
		value = "***"
	}
	return value, ok
}

// shown is a scalar as an error shows it: with its names filled in, but no
// environment variable laid open.
func (d *decoder) shown(n *node) string {
	if n.parts == nil {
		if n.plain {
			return shorten(n.text)
		}
		return quoted(n.text)
	}
	peek := *d
	peek.errs, peek.masked = nil, true
	text, ok := peek.fill(n, n)
	if !ok {
		return shorten(n.text)
	}
	if text == "" {
		text = `""`
	}
	return fmt.Sprintf("%s (from %s)", shorten(text), shorten(n.text))
}

// quoted is a text in quotes, shortened.
func quoted(s string) string { return `"` + shorten(s) + `"` }

// under reads on with key as the name of what is read.
func (d *decoder) under(key string, read func()) {
	was := d.key
	d.key = key
	read()
	d.key = was
}

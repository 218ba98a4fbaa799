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
	events events
	notes  []Note

	inEvent     int      // how many events are around what is read
	userTypes   []string // the names of those read so far
	anyFunc     bool     // one of them is a Go function, whose events are not known
	perUserData bool
	brief       map[string]bool // the data whose rows are an iteration's
	inLogin     bool            // what is read belongs to a login, which is before all iterations
	overridden  []string

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
	port    int    // of the app that is served; 0: not known
	moved   bool   // --serve starts the app on that port, wherever the file's url is
	only    []string
	columns map[string][]string // of data files, those that were looked at
}

// events are the names of the events that are recorded.
type events struct {
	known    map[string]bool
	order    []word
	userType string                     // whose steps are being read; "": everybody's
	byType   map[string]map[string]bool // by kind of user and name
	never    int                        // how many repeats of 0 are around what is read
	skipped  map[string]bool            // the names of events in those
}

// of tells whether users of a kind record an event.
func (e *events) of(userType, name string) bool {
	return e.byType[userType][name] || e.byType[""][name]
}

func (e *events) add(name string) {
	if e.never > 0 {
		if e.skipped == nil {
			e.skipped = map[string]bool{}
		}
		e.skipped[name] = true
		return
	}
	if e.byType[e.userType] == nil {
		if e.byType == nil {
			e.byType = map[string]map[string]bool{}
		}
		e.byType[e.userType] = map[string]bool{}
	}
	e.byType[e.userType][name] = true
	if !e.known[name] {
		if e.known == nil {
			e.known = map[string]bool{}
		}
		e.known[name] = true
		e.order = append(e.order, word{text: shorten(name)})
	}
}

// knowledge is how much is known of variables.
type knowledge int

const (
	nothingKnown  knowledge = iota
	defaultsKnown           // the variables as the file has them
	allKnown
)

// variable is a declared variable.
type variable struct {
	value   *node // nil where it has none (yet)
	perUser bool  // it mentions what has a value only while a user runs
	size    int   // its length once filled in, as far as known; for the bound on it

	settled bool // text is its value
	text    string
	masked  string // text as an error may show it
}

// maxText bounds a scalar once its names are filled in: variables that mention
// others twice grow fast.
const maxText = 1 << 16

// sure tells whether what stands in n is what it will be: no name in it is
// still without a value.
func (d *decoder) sure(n *node) bool {
	return n == nil || !n.dynamic() || d.known == allKnown && !d.partial
}

// full tells whether further errors are dropped.
func (d *decoder) full() bool { return len(d.errs) >= maxErrors }

// fail reports an error at a node.
func (d *decoder) fail(n *node, hint, format string, args ...any) {
	if d.full() {
		return
	}
	d.errs = append(d.errs, newError(n.src, n.pos(), fmt.Sprintf(format, args...), hint))
}

// wrong reports that a value is not what its key takes.
func (d *decoder) wrong(n *node, name, hint string) {
	switch {
	case d.full():
	case n.kind != scalarNode:
		if hint == "" && strings.HasPrefix(name, "text") {
			hint = "text that begins with [ or { is put into quotes"
		}
		d.fail(n, hint, "%s: %s belongs here, not %s", d.key, name, n.form())
	case n.src.flag:
		d.fail(n, hint, "%s is not %s", d.shown(n), name)
	default:
		if d.secret(n) {
			hint = "" // it may quote the value
		}
		d.fail(n, hint, "%s: %s is not %s", d.key, d.shown(n), name)
	}
}

// empty reports a text that must not be empty.
func (d *decoder) empty(n *node, hint string) {
	from := ""
	if n.parts != nil {
		from = " (from " + shorten(n.text) + ")"
	}
	d.fail(n, hint, "%s is empty%s", d.key, from)
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
		d.open = true
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
		d.open = true
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
			if len(d.names.unknown) < maxErrors {
				d.names.unknown = append(d.names.unknown, unknownName{n, p, d.names.all(), d.events.userType})
			}
			ok = false
		case !d.checkColumns(n, p):
			ok = false
		case d.inLogin && d.brief[dataOf(p.name)]:
			data := dataOf(p.name)
			d.failName(n, p, "a login needs rows that are per: user", "%s: the rows of %s are per: iteration, and a login is before the first one", p.text, data)
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
	return !declared || v.perUser
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
		if b.Len()+len(text) > maxText {
			d.tooLong(origin)
			return "", false
		}
		b.WriteString(text)
	}
	return b.String(), ok
}

func (d *decoder) tooLong(n *node) {
	d.fail(n, "", "%s: the text is longer than %d characters once its names are filled in", d.key, maxText)
}

// lookup is the value of a name. Where it has none yet, d.open is set; where it
// never will have one, an error is reported.
func (d *decoder) lookup(n *node, p part, origin *node) (string, bool) {
	if name, ok := strings.CutPrefix(p.name, envPrefix); ok {
		return d.getenv(n, p, name)
	}
	if v, ok := d.vars[p.name]; ok {
		switch {
		case v.settled && d.masked:
			return v.masked, true
		case v.settled:
			return v.text, true
		case d.scope != nil && v.value != nil:
			return d.fill(v.value, origin)
		case d.scope != nil:
			d.failName(origin, p, "give it with --set "+p.name+"=…", "%s: the variable has no value", p.text)
		}
		d.open = true
		return "", false
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
	text, ok := d.maskedText(n)
	if !ok {
		return shorten(n.text)
	}
	if text == "" {
		text = `""`
	}
	return fmt.Sprintf("%s (from %s)", shorten(text), shorten(n.text))
}

// maskedText is a scalar with its names filled in, but *** for the environment.
func (d *decoder) maskedText(n *node) (string, bool) {
	peek := *d
	peek.errs, peek.masked = nil, true
	return peek.fill(n, n)
}

// secret tells whether a scalar holds the value of an environment variable.
func (d *decoder) secret(n *node) bool {
	if n.parts == nil {
		return false
	}
	peek := *d
	peek.errs = nil
	masked, _ := d.maskedText(n)
	plain, _ := peek.fill(n, n)
	return masked != plain
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

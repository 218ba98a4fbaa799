package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// The names that every user has while it runs.
var userNames = []string{"user", "iteration", "user_type"}

// envPrefix begins the name of an environment variable.
const envPrefix = "env."

// names are what ${…} may stand for at a point of the file.
type names struct {
	known map[string]definition
	order []string              // all that were ever defined, in the order of the file
	past  map[string]definition // loop names that are out of scope again
	// What was not known where it stood is judged when all is read, so that the
	// hint can say that it comes later.
	unknown []unknownName
}

type definition struct {
	what string // "a variable"
	line int
	by   string // the kind of user whose step it is
}

type unknownName struct {
	n     *node
	p     part
	known []string
	by    string // the kind of user whose step it stands in
}

func newNames() *names {
	return &names{known: map[string]definition{}, past: map[string]definition{}}
}

// has tells whether a name may be used here.
func (s *names) has(name string) bool {
	if strings.HasPrefix(name, envPrefix) || slices.Contains(userNames, name) {
		return true
	}
	name, _, dotted := strings.Cut(name, ".")
	def, ok := s.known[name]
	return ok && dotted == (def.what == dataName)
}

// mostShown bounds how many words an error lists.
const mostShown = 50

// all are the names that may be used here, or the first of them.
func (s *names) all() []string {
	var all []string
	for _, name := range s.order {
		def, ok := s.known[name]
		if def.what == dataName {
			name += ".COLUMN"
		}
		if ok && !slices.Contains(all, name) {
			if all = append(all, name); len(all) == mostShown {
				break
			}
		}
	}
	return append(all, userNames...)
}

// declare makes a name known from here on, and refuses one that is taken.
func (d *decoder) declare(n *node, name, what string) bool {
	switch before, taken := d.names.known[name]; {
	case name == "" || strings.Contains(name, "${"):
		// aLiteral has refused it.
	case !identifier.MatchString(name):
		d.fail(n, "a name is made of letters, digits and _, and does not begin with a digit", "%s cannot be a name", quoted(name))
	case slices.Contains(userNames, name):
		d.fail(n, "choose another name", "%s is a name that every user has", name)
	case name == strings.TrimSuffix(envPrefix, "."):
		d.fail(n, "choose another name", "%s stands for the environment", name)
	case taken && what == loopName:
		d.fail(n, "give this one another name: as: j", "%s is defined twice: it is %s already, from line %d on", name, before.what, before.line)
	case taken:
		d.fail(n, "choose another name", "%s is defined twice: it is %s already, from line %d on", name, before.what, before.line)
	default:
		d.names.known[name] = definition{what, n.line, d.events.userType}
		d.names.order = append(d.names.order, name)
		return true
	}
	return false
}

// What a name can be.
const (
	variableName = "a variable"
	loopName     = "the count of a repeat"
	setName      = "set by a step"
	dataName     = "data"
	portName     = "the port of the app that is served"
)

// finish reports the names that were not known.
func (d *decoder) finish() {
	for _, u := range d.names.unknown {
		name := u.p.name
		var hint string
		if later, ok := d.names.known[name]; ok && later.what == dataName {
			hint = fmt.Sprintf("name a column of it: ${%s.COLUMN}", name)
		} else if name == "port" {
			hint = "port is known where the run starts the app: with serve, and without --url"
		} else if ok && later.what == setName {
			hint = fmt.Sprintf("%s is set only on line %d; use it in a step after that", name, later.line)
		} else if ok {
			hint = fmt.Sprintf("%s is declared only on line %d; declare it before", name, later.line)
		} else if past, ok := d.names.past[name]; ok {
			switch {
			case past.what == loopName:
				hint = fmt.Sprintf("%s counts the repeat of line %d and is known only inside it", name, past.line)
			case past.by == u.by:
				hint = fmt.Sprintf("%s is set only on line %d; use it in a step after that", name, past.line)
			case u.by == "":
				hint = fmt.Sprintf("%s is set on line %d, while a user runs, and is not known here", name, past.line)
			default:
				hint = fmt.Sprintf("%s is set on line %d, by another kind of user or by the login", name, past.line)
			}
		} else {
			words := make([]word, len(u.known))
			for i, k := range u.known {
				words[i] = word{text: k}
			}
			if near := nearest(name, words); near != "" {
				hint = "did you mean ${" + near + "}?\n"
			}
			hint += "known here: " + strings.Join(u.known, ", ") + ", env.NAME; $${ is a literal ${"
		}
		d.failName(u.n, u.p, hint, "%s: no such name", shorten(u.p.text))
	}
}

// failName reports an error at a ${name} inside a scalar.
func (d *decoder) failName(n *node, p part, hint, format string, args ...any) {
	if !d.full() {
		d.fail(n.at(p.text), hint, format, args...)
	}
}

// at is n with the place at which a piece of its text stands.
func (n *node) at(text string) *node {
	c := *n
	c.line, c.column = n.src.find(text, n.line, n.column, n.height)
	return &c
}

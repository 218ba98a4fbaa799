package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// UserType is a kind of user and what it does. Exactly one of Steps and Func is
// set.
type UserType struct {
	Name   string
	Weight float64 // its share of the users who are not counted out; 0 with Count
	Count  int     // so many users, before any that are dealt out by weight
	Func   string  // the Go function that is the user
	Steps  []Step
	Login  *Login // nil: none
	Pages  bool   // it has steps that need a browser
	Pos    Pos
}

// Deal is how users are dealt out to the kinds of user: those with a count
// first, in the order of the file; each further one to the kind with the
// largest weight ÷ (2 × have + 1), of equal ones the first (the method of
// Sainte-Laguë). So more users only ever add to fewer.
type Deal struct {
	types []UserType
	have  []int // of those with a weight
	fixed []int // the types with a count, one entry a user
	dealt int
}

// NewDeal deals users out to types.
func NewDeal(types []UserType) *Deal {
	d := &Deal{types: types, have: make([]int, len(types))}
	for i, t := range types {
		for range t.Count {
			d.fixed = append(d.fixed, i)
		}
	}
	return d
}

// Next is the index of the next user's type; -1 where every type has all the
// users that it counts, and none a weight.
func (d *Deal) Next() int {
	if d.dealt < len(d.fixed) {
		d.dealt++
		return d.fixed[d.dealt-1]
	}
	best, largest := -1, 0.0
	for i, t := range d.types {
		if q := t.Weight / float64(2*d.have[i]+1); q > largest {
			best, largest = i, q
		}
	}
	if best >= 0 {
		d.have[best]++
		d.dealt++
	}
	return best
}

// Counted is how many users there can be where all kinds have a count; 0: there is
// no bound.
func Counted(types []UserType) int {
	n := 0
	for _, t := range types {
		if t.Weight > 0 {
			return 0
		}
		n += t.Count
	}
	return n
}

// stepsField is the steps of the only user type there is.
func stepsField() field[Scenario] {
	return field[Scenario]{
		row{shape: aSteps.shape, key: "steps", doc: "What each user does in an iteration.", also: "scenario tasks flow actions"},
		func(d *decoder, n *node, s *Scenario) {
			t := UserType{Name: "user", Weight: 1, Login: s.Login}
			d.ofUser("user", func() { t.Steps = aSteps.read(d, n) })
			t.Pages = needPage(t.Steps)
			s.UserTypes = []UserType{t}
			d.userTypes = []string{t.Name}
		},
	}
}

// ofUser reads what belongs to one kind of user: the names that it gives values
// are its own.
func (d *decoder) ofUser(userType string, read func()) {
	settled, known, was := d.settled, maps.Clone(d.names.known), d.events.userType
	d.settled, d.events.userType = false, userType
	read()
	for name, def := range d.names.known {
		if _, before := known[name]; !before {
			d.names.past[name] = def
		}
	}
	d.settled, d.names.known, d.events.userType = settled, known, was
}

func userTypesField() field[Scenario] {
	o := userTypeObject()
	v := shape{name: "a mapping of names to kinds of user", like: "{reader: {weight: 3, steps: [ … ]}}", schema: schema{"type": "object", "additionalProperties": o.schema(), "minProperties": 1}, keys: &o.table}
	return field[Scenario]{
		row{shape: v, key: "user_types", doc: "Several kinds of user, by name. Those with a `count` come first and are part of `load.users`; each further user goes to the kind with the largest weight ÷ (2 × have + 1).", also: "users personas groups scenarios user_classes"},
		func(d *decoder, n *node, s *Scenario) {
			if n.kind != mappingNode {
				d.wrong(n, v.name, "like "+v.like)
				return
			}
			if len(n.pairs) == 0 {
				d.fail(n, "", "user_types: the mapping is empty")
			}
			for _, p := range n.pairs {
				name := p.key.text
				d.userTypes = append(d.userTypes, name)
				if !identifier.MatchString(strings.ReplaceAll(strings.ReplaceAll(name, "-", "_"), " ", "_")) {
					d.fail(p.key, "letters, digits, _, - and spaces", "%s cannot be the name of a kind of user", quoted(name))
					continue
				}
				if p.value.null() {
					d.noValue(p.key, shape{name: "a mapping", like: "{weight: 1, steps: [ … ]}"})
					continue
				}
				start := UserType{Name: name, Login: s.Login, Pos: p.key.pos()}
				d.under(name, func() {
					d.ofUser(name, func() { s.UserTypes = append(s.UserTypes, o.readFrom(d, p.value, start)) })
				})
				t := &s.UserTypes[len(s.UserTypes)-1]
				if t.Count == 0 && p.value.get("weight") == nil {
					t.Weight = 1
				}
				t.Pages = t.Func != "" || needPage(t.Steps)
				d.anyFunc = d.anyFunc || t.Func != ""
			}
			d.checkWeights(n, s.UserTypes)
		},
	}
}

// checkWeights refuses a deal in which nobody comes.
func (d *decoder) checkWeights(n *node, types []UserType) {
	for _, t := range types {
		if t.Weight > 0 || t.Count > 0 {
			return
		}
	}
	for _, p := range n.pairs {
		if !d.sure(p.value.get("weight")) {
			return
		}
	}
	if len(n.pairs) > 0 && len(d.errs) == 0 {
		d.fail(n, "give one of them a weight above 0, or a count", "the weights of user_types sum to nothing: nobody would come")
	}
}

func userTypeObject() *object[UserType] {
	return newObject("a kind of user", "{weight: 1, steps: [ … ]}", UserType{}, []field[UserType]{
		opt("weight", aWeight, func(t *UserType) *float64 { return &t.Weight }, "How often it is dealt out, against the weights of the others; 1 unless told, 0 for never.").aka("share probability percent"),
		opt("count", aPositive, func(t *UserType) *int { return &t.Count }, "So many users, and no more; they come first.").aka("fixed_count users n"),
		{
			row{shape: loginShape(), key: "login", doc: "How these users log in, where it is not as the scenario's `login` says; `none`: not at all."},
			func(d *decoder, n *node, t *UserType) { t.Login = readLogin(d, n) },
		},
		{
			row{shape: aSteps.shape, key: "steps", doc: "What each such user does in an iteration.", also: "tasks flow actions"},
			func(d *decoder, n *node, t *UserType) { t.Steps = aSteps.read(d, n) },
		},
		opt("func", aLiteral, func(t *UserType) *string { return &t.Func }, "The Go function that is the user, by the name under which the program that runs the scenario gives it.").aka("function go"),
	}, atMostOne("weight", "count"), exactlyOne("steps", "func"))
}

var aWeight = unquoted(scalarValue(shape{name: "a number of at least 0", schema: orTemplate(schema{"type": "number", "minimum": 0})},
	func(s string) (float64, string, bool) {
		f, hint, ok := parseNumber(s)
		if ok && f < 0 {
			return 0, "it is negative", false
		}
		if ok && f > enormous {
			return 0, "at most 1000000000", false
		}
		return f, hint, ok
	}))

// needPage tells whether some step needs a browser.
func needPage(steps []Step) bool {
	for _, s := range steps {
		switch s := s.(type) {
		case *Event:
			if needPage(s.Steps) {
				return true
			}
		case *Repeat:
			if s.hasEnd || needPage(s.Steps) {
				return true
			}
		case *Leaf:
			if s.page {
				return true
			}
		}
	}
	return false
}

func (s *Scenario) hasFunc() bool {
	return slices.ContainsFunc(s.UserTypes, func(t UserType) bool { return t.Func != "" })
}

// checkUsers holds the kinds of user against the load.
func (d *decoder) checkUsers(root *node, s *Scenario) {
	types := root.get("user_types")
	if types == nil || len(d.errs) > 0 || !d.sure(root.get("load")) {
		return
	}
	counted, weights := 0, 0.0
	for _, t := range s.UserTypes {
		if n := types.get(t.Name); !d.sure(n.get("weight")) || !d.sure(n.get("count")) {
			return
		}
		counted += t.Count
		weights += t.Weight
		if t.Count > 0 && s.Load.Open() {
			d.fail(types.get(t.Name).keyNode("count"), "give it a weight", "count has no meaning in an open load: users come and go")
		}
	}
	most, at := s.Load.Most(), root.keyNode("user_types")
	switch {
	case s.Load.Open():
	case counted > most:
		d.notes = append(d.notes, Note{at.pos(), fmt.Sprintf("the counts of user_types come to %d users, and the load has %d: the last kinds get fewer, or nobody", counted, most)})
	case weights == 0 && counted > 0 && counted < most:
		d.fail(at, "give one kind a weight, or the load "+strconv.Itoa(counted)+" users", "the counts of user_types come to %d users, the load has %d, and no kind has a weight", counted, most)
	}
}

// chosen leaves out the kinds of user that are not asked for, and what is about
// them alone.
func (d *decoder) chosen(s *Scenario) {
	if len(d.only) == 0 || len(d.errs) > 0 {
		return
	}
	for i, name := range d.only {
		if !slices.Contains(d.userTypes, name) {
			at := flagSource("--only", strings.Join(d.only, ","))
			hint := "there are " + strings.Join(d.userTypes, ", ")
			if near := Nearest(name, d.userTypes); near != "" {
				hint = "did you mean " + near + "?\n" + hint
			}
			d.errs = append(d.errs, newError(at, at.pos(1, 1), "there is no kind of user "+quoted(d.only[i]), hint))
			return
		}
	}
	s.UserTypes = slices.DeleteFunc(s.UserTypes, func(t UserType) bool { return !slices.Contains(d.only, t.Name) })
	kept := s.Thresholds[:0]
	for _, t := range s.Thresholds {
		recorded := t.Event == "" || d.anyFunc || slices.ContainsFunc(d.only, func(name string) bool { return d.events.of(name, t.Event) })
		if t.UserType != "" && !slices.Contains(d.only, t.UserType) || !recorded {
			d.overridden = append(d.overridden, "--only leaves nobody whom the threshold "+strconv.Quote(t.Text)+" could judge.")
			continue
		}
		kept = append(kept, t)
	}
	s.Thresholds = kept
	if slices.ContainsFunc(s.UserTypes, func(t UserType) bool { return t.Weight > 0 }) {
		return
	}
	if counted := Counted(s.UserTypes); counted > 0 { // nobody else is there to make up the load's number
		s.Load.Users = min(s.Load.Users, counted)
		for i := range s.Load.Stages {
			s.Load.Stages[i].Users = min(s.Load.Stages[i].Users, counted)
		}
		return
	}
	for i := range s.UserTypes {
		s.UserTypes[i].Weight = 1 // asked for by name, a weight of 0 is no longer meant
	}
}

// NeedsBrowser tells whether some user needs a page, for its steps or its login.
func (s *Scenario) NeedsBrowser() bool {
	return slices.ContainsFunc(s.UserTypes, func(t UserType) bool {
		return t.Pages || t.Login != nil && t.Login.Pages
	})
}

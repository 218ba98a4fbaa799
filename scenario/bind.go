package scenario

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values is what comes from outside the file. A nil pointer leaves what the
// file says.
type Values struct {
	Set map[string]string           // --set name=value; taken literally
	Env func(string) (string, bool) // os.LookupEnv; nil: no variable is set
	URL string                      // --url; "" leaves the file's

	Users         *int
	Rate          *float64       // arrivals a second: the load is an open one, whatever the file has
	Iterations    *int           // drops the file's duration
	Duration      *time.Duration // drops the file's iterations
	StartInterval *time.Duration
	Timeout       *time.Duration
	Headless      *bool
	SlowMo        *time.Duration
	Thresholds    []string // added to the file's
	Only          []string // the kinds of user that there are to be; nil: all
	Serve         string   // --serve: the command that starts the app; "" leaves the file's

	Port    int                 // ${port}: a free one, where the scenario has serve; 0: not known yet
	Columns map[string][]string // of the data files, by the name of the data; nil: they were not looked at

	// Partial leaves open what has no value: variables that are to be set,
	// environment variables, the url. It serves to check a file where they are
	// not to be had; what it returns is not to be run.
	Partial bool
}

// Bind settles the variables, the environment and what flags override, and
// finds the errors that are left: the error is an [ErrorList], with all of
// them. s stays as it is and can be bound again.
func (s *Scenario) Bind(v Values) (*Scenario, error) {
	w := *s.world
	w.known, w.set, w.partial, w.env = allKnown, v.Set, v.Partial, v.Env
	w.port, w.columns, w.only = v.Port, v.Columns, v.Only
	w.moved = v.URL == "" && strings.Contains(v.Serve, "${port}")
	if w.env == nil {
		w.env = func(string) (string, bool) { return "", false }
	}
	root, said := v.override(s.root)
	bound, errs := s.decode(&w, root, false)
	if len(errs) > 0 {
		return nil, errs
	}
	bound.Overridden = append(said, bound.Overridden...)
	return bound, nil
}

// decode reads the tree with what is known of the world.
func (s *Scenario) decode(w *world, root *node, repaired bool) (*Scenario, ErrorList) {
	w.vars, w.used, w.unset = map[string]*variable{}, map[string]string{}, map[string]bool{}
	w.url, w.timeout = "", w.lang.top.start.Timeout
	d := &decoder{world: w, names: newNames(), settled: true, repaired: repaired}
	read := d.scenario(root)
	if len(d.errs) > 0 {
		return nil, d.errs.sorted()
	}
	read.File, read.Source = s.File, s.Source
	read.root, read.world = s.root, w
	return read, nil
}

// override is the tree with what the flags put into it: each value in its
// place in the file, so that it is read and checked as if it stood there. It
// also says what the flags switched off.
func (v Values) override(root *node) (*node, []string) {
	var said []string
	put := func(path []string, flag, value string) {
		root = root.with(path, literalNode(flag, value))
	}
	if v.Serve != "" {
		command := literalNode("--serve", v.Serve)
		command.parts, command.bad = parts(v.Serve) // it may hold ${port}
		root = root.with([]string{"serve", "command"}, command)
	}
	if v.URL != "" {
		put([]string{"url"}, "--url", v.URL)
		if root.get("serve") != nil {
			root = root.drop("serve")
			said = append(said, "--url switches the scenario's serve off.")
		}
	}
	if v.Rate != nil {
		root = root.arriving(*v.Rate)
	} else if flag := v.closedFlag(); flag != "" {
		if load := root.get("load"); load != nil && (load.get("stages") != nil || load.get("arrivals") != nil) {
			said = append(said, flag+" replaces the scenario's stages or arrivals.")
			root = root.with([]string{"load"}, load.drop("stages").drop("arrivals").drop("max_users").drop("duration"))
		}
	}
	if v.Duration != nil {
		root = root.without("load", "iterations")
	}
	if v.Iterations != nil {
		root = root.without("load", "duration")
	}
	for _, o := range []struct {
		path  []string
		flag  string
		value *time.Duration
	}{
		{[]string{"load", "duration"}, "--duration", v.Duration},
		{[]string{"load", "start_interval"}, "--start-interval", v.StartInterval},
		{[]string{"timeout"}, "--timeout", v.Timeout},
		{[]string{"browser", "slow_mo"}, "--slow-mo", v.SlowMo},
	} {
		if o.value != nil {
			put(o.path, o.flag, o.value.String())
		}
	}
	if v.Users != nil {
		put([]string{"load", "users"}, "--users", strconv.Itoa(*v.Users))
	}
	if v.Iterations != nil {
		put([]string{"load", "iterations"}, "--iterations", strconv.Itoa(*v.Iterations))
	}
	if v.Headless != nil {
		put([]string{"headless"}, "--headed", strconv.FormatBool(*v.Headless))
	}
	if len(v.Thresholds) > 0 {
		all := &node{src: root.src, line: root.line, column: root.column, kind: listNode}
		if file := root.get("thresholds"); file != nil {
			all.items = slices.Clone(file.items)
		}
		for i, t := range v.Thresholds {
			all.items = append(all.items, literalNode("--threshold "+strconv.Itoa(i+1), t))
		}
		root = root.with([]string{"thresholds"}, all)
	}
	return root, said
}

// mostArriving is how many users may be there at once, where the file does not
// allow more: so many that it is the app who makes them wait.
const mostArriving = 1000

// arriving is the tree with an open load of a rate: at random, unless the file
// has arrivals of its own.
func (n *node) arriving(rate float64) *node {
	put := func(value string, path ...string) { n = n.with(path, literalNode("--arrivals", value)) }
	var own, arrivals *node
	if load := n.get("load"); load != nil {
		own, arrivals = load.get("max_users"), load.get("arrivals")
	}
	if arrivals == nil && own == nil {
		put(string(Poisson), "load", "arrivals", "spacing")
	}
	if own == nil {
		put(strconv.Itoa(mostArriving), "load", "max_users")
	} else if most, err := strconv.Atoi(own.text); err == nil && most < mostArriving {
		put(strconv.Itoa(mostArriving), "load", "max_users")
	}
	for _, key := range []string{"users", "start_interval", "iterations", "stages"} {
		n = n.without("load", key)
	}
	put(strconv.FormatFloat(rate, 'f', -1, 64)+"/s", "load", "arrivals", "rate")
	return n
}

// closedFlag is the flag that asks for a closed load; "" without one.
func (v Values) closedFlag() string {
	switch {
	case v.Users != nil:
		return "--users"
	case v.Iterations != nil:
		return "--iterations"
	case v.Duration != nil:
		return "--duration"
	case v.StartInterval != nil:
		return "--start-interval"
	}
	return ""
}

// drop is a mapping without a key.
func (n *node) drop(key string) *node {
	c := *n
	c.pairs = slices.DeleteFunc(slices.Clone(n.pairs), func(p pair) bool { return p.key.text == key })
	return &c
}

// with is n with a value put at a path of keys.
func (n *node) with(path []string, v *node) *node {
	c := *n
	c.pairs = slices.Clone(n.pairs)
	at := slices.IndexFunc(c.pairs, func(p pair) bool { return p.key.text == path[0] })
	if at < 0 {
		empty := &node{src: n.src, line: n.line, column: n.column, kind: mappingNode}
		c.pairs = append(c.pairs, pair{&node{src: v.src, line: 1, column: 1, text: path[0]}, empty})
		at = len(c.pairs) - 1
	}
	if len(path) > 1 {
		v = c.pairs[at].value.with(path[1:], v)
	}
	c.pairs[at].value = v
	return &c
}

// without is n without the key of a mapping in it.
func (n *node) without(mapping, key string) *node {
	m := n.get(mapping)
	if m == nil {
		return n
	}
	return n.with([]string{mapping}, m.drop(key))
}

// Secrets are the values of the environment variables that the scenario uses and
// the password of its credentials, the longest first: they are to be shown as ***
// wherever anything is written.
// Empty before Bind.
func (s *Scenario) Secrets() []string {
	var all []string
	for _, v := range s.world.used {
		if v != "" {
			all = append(all, v)
		}
	}
	if h := s.HTTP; h.Password != "" {
		// As the header of Basic authentication has them (RFC 7617), too.
		all = append(all, h.Password, base64.StdEncoding.EncodeToString([]byte(h.Username+":"+h.Password)))
	}
	slices.Sort(all)
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all)
}

// FileUse is a file that a step uses.
type FileUse struct {
	Path string // absolute or relative to the working directory
	Pos  Pos    // of the step
}

// Files are the files that the steps of a bound scenario use, as far as they
// are known before the run: the scenario itself looks at none of them.
func (s *Scenario) Files() []FileUse {
	var all []FileUse
	var walk func([]Step)
	walk = func(steps []Step) {
		for _, step := range steps {
			switch step := step.(type) {
			case *Event:
				walk(step.Steps)
			case *Repeat:
				walk(step.Steps)
			case *Leaf:
				if u, ok := step.action.value.Op.(*Upload); ok && !step.action.open {
					for _, f := range u.Files {
						all = append(all, FileUse{f, step.pos})
					}
				}
			}
		}
	}
	for _, t := range s.UserTypes {
		walk(t.Steps)
	}
	return all
}

// ErrorAt is an error at a place of the scenario, for what only others can find
// out, such as a file that is not there.
func (s *Scenario) ErrorAt(p Pos, msg, hint string) *Error {
	return newError(s.root.src, p, msg, hint)
}

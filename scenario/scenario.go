// Package scenario is the language: a YAML file becomes a tree of steps, load
// and thresholds, with every error at its place. It reads the bytes it is
// given and nothing else.
package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Scenario is a parsed file.
type Scenario struct {
	File       string // as the user named it
	Source     []byte
	Name       string
	URL        string // "" where the file has none
	Vars       []Var
	Timeout    time.Duration // of every step unless told; 30 s by default
	Headless   bool
	Timing     Timing
	Seed       *int64
	Browser    Browser
	HTTP       HTTP
	Serve      *Serve // nil: the app is there already
	Data       []Data // in file order
	Login      *Login // of the users whose type says nothing else; nil: none
	Load       LoadModel
	UserTypes  []UserType  // in file order; top-level steps are one type, "user"
	Thresholds []Threshold // in file order, the implied one last
	Notes      []Note      // what validate points out though it is no error; in the order of the file
	Overridden []string    // what flags switched off, a sentence each

	root  *node
	world *world
}

// Timing says how events are timed.
type Timing string

// The ways of timing.
const (
	PageTiming Timing = "page" // on the browser's own clock, in the page
	WallTiming Timing = "wall" // plain locator waits and Go's clock
)

// ignoredPrefix begins the top-level keys that are not looked into: a place
// for YAML anchors.
const ignoredPrefix = "x-"

func topLevel() *object[Scenario] {
	o := newObject("a scenario", "", Scenario{
		Timeout:  30 * time.Second,
		Headless: true,
		Timing:   PageTiming,
		Load:     defaultLoad,
	}, []field[Scenario]{
		opt("name", someString, func(s *Scenario) *string { return &s.Name }, "What the results call the scenario.").aka("title"),
		urlField(),
		varsField(),
		timeoutField(),
		opt("headless", aBool, func(s *Scenario) *bool { return &s.Headless }, "`false` opens real windows, one a user. `--headed` overrides it.").aka("headed"),
		opt("timing", oneOf(PageTiming, WallTiming), func(s *Scenario) *Timing { return &s.Timing }, "`page` times events on the browser's own clock, in the page; `wall` with plain waits and the clock of this machine."),
		opt("seed", aPointer(aSeed), func(s *Scenario) **int64 { return &s.Seed }, "Makes the random numbers of a run repeatable."),
		opt("browser", browserObject().value(), func(s *Scenario) *Browser { return &s.Browser }, "What browsers are opened with.").aka("context"),
		opt("http", httpObject().value(), func(s *Scenario) *HTTP { return &s.HTTP }, "What browsers and requests share."),
		serveField(),
		dataField(),
		opt("load", loadObject().value(), func(s *Scenario) *LoadModel { return &s.Load }, "How many users there are, and when.").aka("options execution"),
		loginField(),
		stepsField(),
		userTypesField(),
		thresholdsField(),
	}, exactlyOne("steps", "user_types"))
	o.elsewhere = misplacedTop
	return o
}

// misplacedTop is the hint for a key that belongs further inside.
func misplacedTop(d *decoder, key string) string {
	for _, r := range d.lang.top.rows {
		if r.keys == nil || r.keys.what != r.key {
			continue
		}
		if _, ok := r.keys.row(key); ok {
			return fmt.Sprintf("%s belongs under %s:", key, r.key)
		}
	}
	if d.lang.kind(key) != nil {
		return key + " is a step: it belongs into the list of steps"
	}
	return ""
}

// timeoutField is read before any step, which has this timeout unless told.
func timeoutField() field[Scenario] {
	f := opt("timeout", someTime, func(s *Scenario) *time.Duration { return &s.Timeout }, "How long a step may take unless it says otherwise; 30s unless told. `--timeout` overrides it.")
	read := f.read
	f.read = func(d *decoder, n *node, s *Scenario) {
		read(d, n, s)
		d.timeout = s.Timeout
	}
	return f
}

// read reads a scenario, and reports all that is wrong with it.
func (d *decoder) scenario(root *node) *Scenario {
	if root.null() {
		d.fail(root, "a scenario begins with keys such as url, load and steps", "the scenario is empty")
		return nil
	}
	if root.kind != mappingNode {
		d.fail(root, "a scenario is a mapping of keys such as url, load and steps", "%s stands where a scenario belongs", root.form())
		return nil
	}
	d.readPort(root)
	d.readVars(root.get("vars"))
	d.checkSet(root)
	s := d.lang.top.read(d, root)
	if s.URL == "" {
		s.URL = d.url
	}
	d.load(root.get("load"), &s.Load)
	if d.repaired {
		return &s // what follows would be misled by what is missing
	}
	d.finish()
	steps := root.keyNode("steps")
	if steps == nil {
		steps = root.keyNode("user_types")
	}
	if steps != nil && len(d.events.order) == 0 && !s.hasFunc() {
		hint, why := "put what is to be timed into an event:\n- event: load\n  steps: [ … ]", "no step is an event"
		if len(d.events.skipped) > 0 {
			hint, why = "", "every event stands in a repeat of 0"
		}
		d.fail(steps, hint, "nothing here is timed: %s", why)
	}
	d.notePort(root)
	d.checkUsers(root, &s)
	d.chosen(&s)
	s.Thresholds = withImplied(s.Thresholds, d.file)
	s.Notes = append(d.notes, notes(s.UserTypes)...)
	s.Overridden = d.overridden
	slices.SortStableFunc(s.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return &s
}

// Note is a remark of validate at a place.
type Note struct {
	Pos  Pos
	Text string
}

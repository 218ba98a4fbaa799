package scenario

import "time"

// Action is a leaf step with every value filled in: what a session is asked
// to do. Control steps (event, repeat, sleep) never become actions.
type Action struct {
	Leaf     *Leaf         // the step as written: its place and its text
	Op       Op            // what to do: *Goto, *Click, …
	Timeout  time.Duration // > 0
	Optional bool          // its failure is as if it had succeeded
	If       []Target      // looked at once; the action is skipped unless all are visible
}

// Op is what an action does. Each kind of leaf step has one type, declared in
// a file of its own beside its syntax.
type Op interface{ op() }

// The operations. Every field is fully expanded; optional fields have their
// zero value where the scenario is silent.
type (
	// Goto opens an address, relative to the scenario's url.
	Goto struct {
		URL       string
		WaitUntil LoadState // "load" unless told
		Status    StatusRule
	}
	// Reload loads the page again.
	Reload struct{ WaitUntil LoadState }
	// Back goes back in the history.
	Back struct{ WaitUntil LoadState }

	Click struct {
		Target    Target
		Times     int    // >= 1
		Button    string // left, right, middle
		Modifiers []string
		Position  *Point
	}
	DblClick struct{ Target Target }
	Hover    struct{ Target Target }
	Focus    struct{ Target Target }
	Check    struct{ Target Target }
	Uncheck  struct{ Target Target }
	Fill     struct {
		Target Target
		Value  string
	}
	PressSequentially struct {
		Target Target
		Value  string
	}
	Press struct {
		Target Target
		Key    string
		Times  int
	}
	// Keyboard presses a key on the page, whatever has the focus.
	Keyboard struct {
		Key   string
		Times int
	}
	// Select chooses options of a <select> by value or label.
	Select struct {
		Target Target
		Values []string
	}
	// Upload gives files to an input[type=file]; the paths are absolute or
	// relative to the working directory (already resolved against the
	// scenario's folder).
	Upload struct {
		Target Target
		Files  []string
	}
	// Drag moves the target to another or by an offset: exactly one is set.
	Drag struct {
		Target Target
		To     *Target
		By     *Point
	}
	// Scroll brings Target into view, or, where it is nil, turns the wheel by
	// By CSS pixels downwards.
	Scroll struct {
		Target *Target
		By     float64
	}
	// WaitFor waits for a level (State) or an edge (Becomes): exactly one is set.
	WaitFor struct {
		Target  Target
		State   string // visible, hidden, attached, detached, enabled
		Becomes string // visible, hidden, changed
	}
	WaitForURL       struct{ Glob string }
	WaitForLoadState struct{ State LoadState }
	WaitForFunction  struct {
		JS   string
		Args map[string]any // nil without args
	}
	WaitForResponse struct {
		Glob   string
		Status StatusRule
	}
	// WaitForQuiet waits until nothing has changed for Quiet.
	WaitForQuiet struct {
		Quiet  time.Duration
		Within *Target
	}
	// Expect waits until one assertion about the target holds.
	Expect struct {
		Target    Target
		Assertion string // to_have_text, to_contain_text, to_have_value, to_have_count, to_be_enabled, to_be_checked, to_have_attribute
		Text      Text   // of to_have_text, to_contain_text, to_have_value, and the value of to_have_attribute
		Name      string // of to_have_attribute
		Count     int    // of to_have_count
		Want      bool   // of to_be_enabled, to_be_checked
	}
	// Set gives a variable a value read from the page; a Set with a literal
	// value never reaches a session. Exactly one of From and JS is set.
	Set struct {
		Name      string
		Value     string  // where neither From nor JS is set
		From      *Target // its text, or its Attribute
		Attribute string
		JS        string
		Args      map[string]any
	}
	Evaluate struct {
		JS   string
		Args map[string]any
	}
	// Screenshot saves the page; Path is filled in by the runner.
	Screenshot struct {
		Name string
		Path string
	}
	// Look answers whether a target is visible now, as "true" or "false" in
	// its span's value. The runner makes it of "repeat: … while".
	Look struct{ Target Target }
)

func (*Goto) op()              {}
func (*Reload) op()            {}
func (*Back) op()              {}
func (*Click) op()             {}
func (*DblClick) op()          {}
func (*Hover) op()             {}
func (*Focus) op()             {}
func (*Check) op()             {}
func (*Uncheck) op()           {}
func (*Fill) op()              {}
func (*PressSequentially) op() {}
func (*Press) op()             {}
func (*Keyboard) op()          {}
func (*Select) op()            {}
func (*Upload) op()            {}
func (*Drag) op()              {}
func (*Scroll) op()            {}
func (*WaitFor) op()           {}
func (*WaitForURL) op()        {}
func (*WaitForLoadState) op()  {}
func (*WaitForFunction) op()   {}
func (*WaitForResponse) op()   {}
func (*WaitForQuiet) op()      {}
func (*Expect) op()            {}
func (*Set) op()               {}
func (*Evaluate) op()          {}
func (*Screenshot) op()        {}
func (*Look) op()              {}

// Point is an offset in CSS pixels.
type Point struct{ X, Y float64 }

// LoadState is a moment in the loading of a document.
type LoadState string

// The load states, as Playwright names them.
const (
	Load             LoadState = "load"
	DOMContentLoaded LoadState = "domcontentloaded"
	Commit           LoadState = "commit"
	NetworkIdle      LoadState = "networkidle"
)

// StatusRule says which HTTP statuses are good. The zero rule takes all below 400.
type StatusRule struct {
	Any   bool
	Codes []int
}

// Allows tells whether a status is good.
func (r StatusRule) Allows(status int) bool {
	if r.Any {
		return true
	}
	if len(r.Codes) == 0 {
		return status < 400
	}
	for _, c := range r.Codes {
		if c == status {
			return true
		}
	}
	return false
}

// Text is a string to match, or, where the scenario writes /…/ or /…/i, a
// regular expression (JavaScript's syntax, with its flags).
type Text struct {
	Value string
	Regex bool
	Flags string // "" or "i"
}

// Target names elements as the Playwright locator of the same name does.
type Target struct {
	By            By
	Value         Text // the role's name is in Name
	Name          *Text
	Checked       *bool
	Disabled      *bool
	Expanded      *bool
	Level         int // 0: any
	Pressed       *bool
	Selected      *bool
	IncludeHidden bool
	Exact         bool
	HasText       *Text
	Nth           *int // 0 first, -1 last
	Within        *Target
	Frame         *Target // the iframe element that holds the target's document
}

// By is the way a target finds its elements.
type By string

// The ways to find elements.
const (
	ByRole        By = "role"
	ByText        By = "text"
	ByLabel       By = "label"
	ByPlaceholder By = "placeholder"
	ByTestID      By = "test_id"
	ByTitle       By = "title"
	ByAltText     By = "alt_text"
	ByCSS         By = "css"
	ByXPath       By = "xpath"
)

// String is the step as the user would write it on one line, with its values
// filled in.
func (a Action) String() string {
	if a.Leaf == nil {
		return ""
	}
	return a.Leaf.String()
}

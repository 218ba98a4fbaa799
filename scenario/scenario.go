// Package scenario is the language: a YAML file becomes a tree of steps, load
// and thresholds, with every error at its place. It reads the bytes it is
// given and nothing else.
package scenario

import "time"

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
	Load       LoadModel
	UserTypes  []UserType  // in file order; top-level steps are one type, "user"
	Thresholds []Threshold // in file order, the implied one last
	Notes      []Note      // what validate points out though it is no error
}

// Var is a declared variable.
type Var struct {
	Name     string
	Value    string
	Required bool // null in the file: must be set from outside
	Pos      Pos
}

// Timing says how events are timed.
type Timing string

// The ways of timing.
const (
	PageTiming Timing = "page" // on the browser's own clock, in the page
	WallTiming Timing = "wall" // plain locator waits and Go's clock
)

// Browser holds Playwright's context options.
type Browser struct {
	Viewport    *Size
	Locale      string
	Timezone    string
	ColorScheme string
	Permissions []string
	UserAgent   string
	SlowMo      time.Duration
	Args        []string
	Block       []string // URL globs of requests that are never sent
}

// Size is in CSS pixels.
type Size struct{ Width, Height int }

// HTTP holds what browsers and requests share.
type HTTP struct {
	Headers           map[string]string // sent to the url's origin only
	Username          string
	Password          string
	IgnoreHTTPSErrors bool
}

// LoadModel says how many users there are and when.
type LoadModel struct {
	Users         int           // >= 1
	StartInterval time.Duration // the next user starts this much later
	Iterations    int           // of each user; 0: as many as fit Duration
	Duration      time.Duration // 0: until the iterations are done
	GracefulStop  time.Duration
}

// UserType is a kind of user and what it does.
type UserType struct {
	Name  string
	Steps []Step
}

// Step is a node of the tree: *Leaf, *Event, *Repeat or *Sleep.
type Step interface {
	Position() Pos
	String() string // as the user would write it on one line: click role=button "Run"
}

// Note is a remark of validate at a place.
type Note struct {
	Pos  Pos
	Text string
}

// Pos is a place in the file. Line and Column count from 1, Column in characters.
type Pos struct {
	File         string
	Line, Column int
}

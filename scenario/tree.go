package scenario

// Step is a node of the tree: *Leaf, *Event, *Repeat or *Sleep.
type Step interface {
	Position() Pos
	String() string // as the user would write it on one line: click role=button "Run"
}

// Leaf is a step that a session carries out. Its values may hold ${names}.
type Leaf struct {
	Kind string // the step key: "click"

	pos    Pos
	text   string
	sets   []string
	page   bool // it needs a browser
	does   does
	action late[Action]
}

// Position is the place of the step key.
func (l *Leaf) Position() Pos { return l.pos }

// String is the step as the user would write it on one line, unexpanded.
func (l *Leaf) String() string { return l.text }

// Sets names the variables that the step gives values; nil for most.
func (l *Leaf) Sets() []string { return l.sets }

// Expand fills in the values of the step, which has to come from a bound
// scenario. Where nothing is left to fill in, every call returns the same
// action and costs nothing: it is only to be read. The error is an [*Error]
// with the place of the value.
func (l *Leaf) Expand(s Scope) (Action, error) { return l.action.get(s) }

// Scope answers what a name stands for while a user runs: loop names, set
// names, user, iteration and user_type. Variables and env.NAME are settled by
// Bind and never asked for.
type Scope interface {
	Lookup(name string) (string, bool)
}

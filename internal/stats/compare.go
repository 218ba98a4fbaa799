package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
)

// Side gathers the runs on one side of a comparison. Rows of the warm-up and
// those that were cancelled are left out. It keeps four bytes a row, and of a
// user who has more than mostKept rows of an event a random sample of them, so
// that its memory does not grow with the number of rows for ever. [NewSide]
// makes one.
type Side struct {
	runs   int
	users  map[userKey]bool
	events map[string]*gathered
	order  []string // of the events' first rows
	random *rand.Rand
	tally  SideTally
}

// SideTally is what a side consists of.
type SideTally struct {
	Runs       int   `json:"runs"`
	Users      int   `json:"users"`
	Rows       int64 `json:"rows"` // ok and error
	Failures   int64 `json:"failures"`
	Cancelled  int64 `json:"cancelled_rows"`   // left out
	WarmUp     int64 `json:"warm_up_rows"`     // left out
	NotTrusted int64 `json:"not_trusted_rows"` // of Rows: the load generator was saturated
	Already    int64 `json:"already_rows"`     // of Rows: they measure nothing
}

type userKey struct{ run, user int }

// gathered is what a side has of one event.
type gathered struct {
	users map[userKey]*userRows
}

// userRows are the rows that one user of one run has of one event.
type userRows struct {
	run    int
	ok     int64
	failed int64
	sum    float64   // seconds, of all ok rows
	kept   []float32 // seconds, of the ok rows
}

// mostKept is how many durations are kept of one user and event.
const mostKept = 8192

// NewSide returns a side without a run.
func NewSide() *Side {
	return &Side{
		users:  map[userKey]bool{},
		events: map[string]*gathered{},
		random: rand.New(rand.NewPCG(seed, 0)),
	}
}

// Begin begins one more run: the rows that follow are of its users.
func (s *Side) Begin() { s.runs++ }

// Event takes a row of the run that was begun last. It keeps nothing of e.
func (s *Side) Event(e *event.Event) {
	switch {
	case e.Phase == event.WarmUp:
		s.tally.WarmUp++
		return
	case e.Status == event.Cancelled:
		s.tally.Cancelled++
		return
	}
	s.tally.Rows++
	if e.Trusted == event.NotTrusted {
		s.tally.NotTrusted++
	}
	key := userKey{s.runs, e.User}
	s.users[key] = true
	rows := s.rows(e.Name, key)
	if e.Status == event.Error {
		s.tally.Failures++
		rows.failed++
		return
	}
	if e.Already {
		s.tally.Already++
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	rows.add(took, s.random)
}

// rows returns what a user's rows of an event are gathered in.
func (s *Side) rows(name string, key userKey) *userRows {
	g, ok := s.events[name]
	if !ok && len(s.order) >= maxNames && name != Others {
		return s.rows(Others, key)
	}
	if !ok {
		g = &gathered{users: map[userKey]*userRows{}}
		s.events[name] = g
		s.order = append(s.order, name)
	}
	rows, ok := g.users[key]
	if !ok {
		rows = &userRows{run: key.run}
		g.users[key] = rows
	}
	return rows
}

// add keeps a duration, or lets it take the place of another, so that each of
// them is as likely to be kept (Vitter's algorithm R, ACM TOMS 11, 1985).
func (r *userRows) add(took time.Duration, random *rand.Rand) {
	r.ok++
	r.sum += took.Seconds()
	if len(r.kept) < mostKept {
		r.kept = append(r.kept, float32(took.Seconds()))
		return
	}
	if i := random.Int64N(r.ok); i < mostKept {
		r.kept[i] = float32(took.Seconds())
	}
}

// Tally says what the side consists of.
func (s *Side) Tally() SideTally {
	t := s.tally
	t.Runs, t.Users = s.runs, len(s.users)
	return t
}

// Finding is what can be said of a change.
type Finding string

// The findings. More and Fewer are about failures.
const (
	CannotTell Finding = "can't tell"
	Slower     Finding = "slower"
	Faster     Finding = "faster"
	More       Finding = "more"
	Fewer      Finding = "fewer"
)

// Unit is what is resampled.
type Unit string

// The units. Rows are not among them: those of one user, and of one run, are
// not independent of each other.
const (
	ByUser Unit = "user"
	ByRun  Unit = "run"
)

// Comparison is what two sides come to.
type Comparison struct {
	Unit   Unit
	A, B   SideTally
	Events []EventChange // those of both sides, in the order of A's first rows
	OnlyA  []string      // events that B has no row of
	OnlyB  []string
	Tests  int // over which the chance of a false alarm is held below 5 %
}

// EventChange is how one event changed.
type EventChange struct {
	Event    string
	Mean     Change
	Median   Change
	P95      Change
	Failures Change
}

// Change is how one statistic of an event changed from A to B.
type Change struct {
	Statistic string // mean, median, p95, failures
	// A and B are seconds, and shares from 0 to 1 for failures. They are NaN
	// where there is none, and +Inf where a percentile falls among failures.
	A, B float64
	// Change is B/A − 1, for failures B − A; NaN where it is unknown. Low and
	// High are the ends of its confidence interval, as wide as the judgement
	// over all tests wants it: it leaves out 0 where the finding is not
	// CannotTell. They are NaN where there is none.
	Change, Low, High float64
	P                 float64 // of the test by itself; NaN where there was none
	Finding           Finding
	Why               string // there is no interval; "" where there is one

	estimate, se, df float64 // on the scale of the test
	finish           func(x float64) float64
}

// All returns the changes of an event.
func (e *EventChange) All() []*Change {
	return []*Change{&e.Mean, &e.Median, &e.P95, &e.Failures}
}

// Slower returns the changes by which the event is slower by at least so much:
// 0.1 for 10 %.
func (e *EventChange) Slower(least float64) []Change {
	var slower []Change
	for _, c := range e.All() {
		if c.Finding == Slower && (c.Change >= least || math.IsInf(c.B, 1)) {
			slower = append(slower, *c)
		}
	}
	return slower
}

// Compare compares two sides. The same rows give the same answer every time.
//
// Each statistic is judged on its own: its standard error is that of resampling
// users, or runs where both sides have several (the cluster bootstrap), and
// Student's t with Welch's degrees of freedom makes an interval of it. Where
// there are fewer than leastUnits of them to be resampled, their own statistics
// are compared by a t-interval. Holm's step-down procedure holds the chance of
// any false alarm, over all events and statistics together, below 5 %.
//
// Sources: Davison and Hinkley, Bootstrap Methods and their Application (1997),
// chapters 2.4 and 3.8; Cameron, Gelbach and Miller, Review of Economics and
// Statistics 90 (2008); Welch, Biometrika 34 (1947); Holm, Scandinavian Journal
// of Statistics 6 (1979).
func Compare(a, b *Side) Comparison {
	c := Comparison{Unit: ByUser, A: a.Tally(), B: b.Tally()}
	if a.runs > 1 && b.runs > 1 {
		c.Unit = ByRun
	}
	for _, name := range a.order {
		if b.events[name] == nil {
			c.OnlyA = append(c.OnlyA, name)
			continue
		}
		x := newPool(a.events[name], c.Unit, drawing(name))
		y := newPool(b.events[name], c.Unit, drawing(name))
		c.Events = append(c.Events, compareEvent(name, c.Unit, x, y))
	}
	for _, name := range b.order {
		if a.events[name] == nil {
			c.OnlyB = append(c.OnlyB, name)
		}
	}
	c.judge(falseAlarms)
	return c
}

// falseAlarms is the chance that anything is said to have changed where nothing
// did.
const falseAlarms = 0.05

// judge settles the findings: of the tests, the one that is surest is held
// against falseAlarms over their number, the next against that over one fewer,
// and so on; the first that fails ends it.
func (c *Comparison) judge(alarms float64) {
	var tests []*Change
	for i := range c.Events {
		for _, change := range c.Events[i].All() {
			if !math.IsNaN(change.P) {
				tests = append(tests, change)
			}
		}
	}
	c.Tests = len(tests)
	slices.SortStableFunc(tests, func(x, y *Change) int {
		switch {
		case x.P < y.P:
			return -1
		case x.P > y.P:
			return 1
		}
		return 0
	})
	level, stopped := 0.0, false
	for i, t := range tests {
		if !stopped {
			level = alarms / float64(len(tests)-i)
			stopped = t.P > level
		}
		t.settle(level, !stopped)
	}
}

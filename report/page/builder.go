package page

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

const (
	// mostEvents bounds how many events are told apart; the others count as one.
	mostEvents = 32
	// mostMessages and mostFailing bound the list of failures.
	mostMessages = 100
	mostFailing  = 20
	// longestName and longestMessage bound what a page shows of a text.
	longestName    = 200
	longestMessage = 1000
	// mostDisorder is how much earlier than the row before a row may stop that is
	// written when the runner hears of it: on a busy machine the page's clock is
	// ahead of that.
	mostDisorder = 10 * time.Second
)

// Builder makes a [Run] of events, while they happen or from a file. It is a
// sink of events. Its methods may be called from several goroutines at once.
type Builder struct {
	mu      sync.Mutex
	live    stats.Live
	series  stats.Series
	origin  event.Instant
	begun   bool
	last    event.Instant
	backs   int64 // rows that stop long before the row before them
	before  event.Instant
	names   map[string]int
	events  []string
	slopes  []stats.Slope
	active  activeUsers
	moments momentSums // of rows that don't tell how many users there were
	phases  []phase
	suspect []Untrusted
	failed  map[string]int
	groups  []Failure
	others  int64
	points  points
	row     event.Event // the one that is taken in, with its event's name as it is shown
}

type phase struct {
	name event.Phase
	from event.Instant
}

// NewBuilder returns a builder that keeps about so many points; for 0 as many as
// there is room for in a page.
func NewBuilder(most int) *Builder {
	if most == 0 {
		most = mostPoints
	}
	return &Builder{
		names: map[string]int{}, active: newActiveUsers(), failed: map[string]int{},
		points: points{most: most, oneIn: 1, failuresOneIn: 1},
	}
}

// Begin says which instant the run's times count from. It has an effect before
// the first row.
func (b *Builder) Begin(at event.Instant) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin(at)
}

func (b *Builder) begin(at event.Instant) {
	if at = max(0, at); !b.begun { // a file may say anything; times since 1970 lie no further apart than can be told
		b.origin, b.last, b.begun = at, at, true
		b.series.Begin(at)
	}
}

// Event takes a row in. It never fails.
func (b *Builder) Event(e *event.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begin(e.Start)
	at := b.index(e.Name)
	from := due(e)
	took := e.Stop.Sub(from)
	row := &b.row
	*row = *e
	row.Name = b.events[at]
	row.Start, row.Late, row.LateKnown = from, 0, false
	_ = b.live.Event(row) // it never fails
	b.series.Event(row)
	if e.Stop < b.before.Add(-mostDisorder) {
		b.backs++
	}
	b.before, b.last = e.Stop, max(b.last, e.Stop)
	b.active.add(e)
	b.phase(e)
	b.trust(e)
	if e.Status == event.OK && e.Phase != event.WarmUp {
		if e.Users > 0 {
			b.slopes[at].Add(float64(e.Users), took.Seconds())
		} else if !b.active.known {
			b.moments.add(at, e.Stop.Sub(b.origin), took)
		}
	}
	p := point{
		start: int64(from.Sub(b.origin)), took: int64(took), event: uint16(at),
		user: int32(e.User), iteration: int32(e.Iteration), users: int32(e.Users), message: -1,
	}
	switch e.Status {
	case event.Error:
		p.status = failedPoint
		p.message = int32(b.fail(row, p))
	case event.Cancelled:
		p.status = cancelledPoint
	}
	b.points.add(p)
	return nil
}

// due is when a row starts wherever the page shows it: an arrival that had to wait
// in line, when it was due. No file can say that this was before 1970.
func due(e *event.Event) event.Instant {
	if e.LateKnown {
		return max(0, e.Start-event.Instant(max(0, e.Late)))
	}
	return e.Start
}

// meet has an event told apart of which there may be no row. Of too many the
// first are: whoever meets all events of a run tells apart the same.
func (b *Builder) meet(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.index(name)
}

// index returns the number of an event.
func (b *Builder) index(name string) int {
	if i, ok := b.names[name]; ok {
		return i
	}
	shown := eventName(name)
	if i, ok := b.names[shown]; ok && shown != name {
		return i
	}
	if len(b.events) >= mostEvents {
		return mostEvents - 1
	}
	if len(b.events) == mostEvents-1 {
		shown = stats.Others
	}
	b.names[shown] = len(b.events)
	b.events = append(b.events, shown)
	b.slopes = append(b.slopes, stats.Slope{})
	return len(b.events) - 1
}

// mostPhases bounds how many are told apart: a load may go up and down for hours.
const mostPhases = 1000

// phase notes when phases began: one begins with the first row that starts in
// it. It may come back after another. Rows come as they end, so one may start in
// a phase that others have followed.
func (b *Builder) phase(e *event.Event) {
	if e.Phase == "" {
		return
	}
	// Those before at began no later.
	at, _ := slices.BinarySearchFunc(b.phases, e.Start+1, func(p phase, t event.Instant) int { return cmp.Compare(p.from, t) })
	switch {
	case at > 0 && b.phases[at-1].name == e.Phase:
	case at < len(b.phases) && b.phases[at].name == e.Phase:
		b.phases[at].from = e.Start
	case len(b.phases) < mostPhases:
		b.phases = slices.Insert(b.phases, at, phase{e.Phase, e.Start})
	}
}

// trust notes the stretches that rows with trusted=false lie in.
func (b *Builder) trust(e *event.Event) {
	if e.Trusted != event.NotTrusted {
		return
	}
	from, to := e.Start.Sub(b.origin).Seconds(), e.Stop.Sub(b.origin).Seconds()
	const most = 500
	n := len(b.suspect)
	if n > 0 && (from <= b.suspect[n-1].To+1 || n >= most) {
		u := &b.suspect[n-1]
		u.From, u.To = min(u.From, from), max(u.To, to)
		return
	}
	b.suspect = append(b.suspect, Untrusted{from, to, "rows that began and ended here are marked so in the file"})
}

// fail puts a failure among those with the same message, and returns the number
// of that group; −1 beyond the first hundred messages.
func (b *Builder) fail(e *event.Event, p point) int {
	message := wording.Cut(oneLine(e.Error), longestMessage)
	if message == "" {
		message = "no message"
	}
	i, ok := b.failed[message]
	if !ok {
		if len(b.groups) >= mostMessages {
			b.others++
			return -1
		}
		i = len(b.groups)
		b.failed[message] = i
		b.groups = append(b.groups, Failure{Message: message, Event: e.Name, First: []Failing{}})
	}
	g := &b.groups[i]
	g.Count++
	if len(g.First) < mostFailing {
		g.First = append(g.First, Failing{
			Event: e.Name, User: e.User, Iteration: e.Iteration,
			At: seconds(e.Stop.Sub(b.origin)), Took: seconds(time.Duration(p.took)), Artefacts: []Artefact{},
		})
	}
	return i
}

// Run returns what is known so far. What only a summary or a file can tell is
// left out.
func (b *Builder) Run() *Run {
	b.mu.Lock()
	r, all := b.soFar(0), b.points.between(0, b.points.rows)
	b.mu.Unlock()
	r.Points = all.columns()
	return r
}

// soFar is the run without its points, but with their number. Of its users,
// still are there.
func (b *Builder) soFar(still int) *Run {
	r := &Run{
		Users: len(b.active.visits), Reading: 1, Notes: []string{}, Thresholds: []Threshold{}, Events: []Event{},
		All: figures(b.live.All()), WarmUp: b.live.WarmUp(), Untrusted: slices.Clone(b.suspect),
		Failures: cloneFailures(b.groups), OtherFailures: b.others, Phases: []Phase{},
		Seconds: seconds(b.last.Sub(b.origin)), Active: inSeconds(b.active.steps(b.last, still), b.origin), Stretches: b.stretches(),
	}
	if r.Untrusted == nil {
		r.Untrusted = []Untrusted{}
	}
	if b.begun {
		r.Began = b.origin.Time().Format(time.RFC3339Nano)
	}
	if !b.active.known && b.begun {
		b.count()
	}
	by := map[string]stats.Stats{}
	for _, s := range b.live.Events() {
		by[s.Name] = s
	}
	for i, name := range b.events {
		r.Events = append(r.Events, b.event(i, by[name]))
	}
	for i, p := range b.phases {
		to := b.last
		for _, next := range b.phases {
			if next.from > p.from && next.from < to {
				to = next.from
			}
		}
		r.Phases = append(r.Phases, Phase{string(b.phases[i].name), seconds(p.from.Sub(b.origin)), seconds(to.Sub(b.origin))})
	}
	slices.SortFunc(r.Phases, func(x, y Phase) int { return cmp.Compare(x.From, y.From) })
	if b.backs > 0 && b.active.known { // Python Loadwright, which knows no users, writes user by user
		r.Notes = append(r.Notes, "rows are not in the order in which events ended: two runs in one file, or a clock that was set? Times may lie far apart")
	}
	r.Points = b.points.count()
	return r
}

func (b *Builder) event(i int, s stats.Stats) Event {
	name := b.events[i]
	e := Event{Name: name, Figures: figures(s), Already: s.Already, Quantiles: []float64{}, Histogram: Histogram{[]float64{}, []int64{}}}
	if fit, ok := b.slopes[i].Fit(); ok {
		e.Slope = &Slope{fit.Slope, fit.Error, fit.At0, fit.From, fit.To}
	}
	least, most := b.series.Quantile(name, 0), b.series.Quantile(name, 1)
	if most == 0 {
		return e
	}
	for _, p := range shares() {
		e.Quantiles = append(e.Quantiles, seconds(b.series.Quantile(name, p)))
	}
	edges := binEdges(least, most)
	e.Histogram.Counts = b.series.Histogram(name, edges)
	for _, edge := range edges {
		e.Histogram.Edges = append(e.Histogram.Edges, edge.Seconds())
	}
	return e
}

// binEdges are about 40 bins of equal, round width that hold what lies from
// least to most.
func binEdges(least, most time.Duration) []time.Duration {
	width := time.Duration(100_000) // 0.1 ms
	for _, f := 0, 0; (most-least)/width >= 40; f++ {
		width = width * [...]time.Duration{2, 5, 10}[f%3] / [...]time.Duration{1, 2, 5}[f%3]
	}
	from := least / width * width
	edges := []time.Duration{from}
	for at := from; at <= most; {
		if at += width; at < from {
			at = math.MaxInt64 // there is no later time
			return append(edges, at)
		}
		edges = append(edges, at)
	}
	return edges
}

func (b *Builder) stretches() Stretches {
	width, from, n := b.series.Width()
	s := Stretches{Width: width.Seconds(), From: from.Seconds(), Count: n, Events: []StretchFigure{}}
	for _, name := range b.events {
		f := StretchFigure{
			Count: make([]int64, n), Ended: make([]int64, n), Failed: make([]int64, n), Mean: make([]*float64, n), Min: make([]*float64, n),
			Median: make([]*float64, n), P90: make([]*float64, n), P95: make([]*float64, n), P99: make([]*float64, n), Max: make([]*float64, n),
		}
		for i, c := range b.series.Of(name) {
			f.Count[i], f.Ended[i], f.Failed[i] = c.Count, c.Ended, c.Failed
			if c.Count == 0 {
				continue
			}
			f.Mean[i], f.Min[i], f.Median[i], f.Max[i] = known(c.Mean), known(c.Min), known(c.Median), known(c.Max)
			f.P90[i], f.P95[i], f.P99[i] = known(c.P90), known(c.P95), known(c.P99)
		}
		s.Events = append(s.Events, f)
	}
	return s
}

func figures(s stats.Stats) Figures {
	f := Figures{Count: s.Count, Failures: s.Failures, Cancelled: s.Cancelled, Approximate: s.Approximate}
	if s.Count > 0 {
		f.Mean, f.Min, f.Median, f.Max = known(s.Mean), known(s.Min), known(s.Median), known(s.Max)
		f.P95, f.P99 = known(s.P95), known(s.P99)
	}
	return f
}

func cloneFailures(groups []Failure) []Failure {
	out := make([]Failure, len(groups))
	for i, g := range groups {
		out[i] = g
		out[i].First = slices.Clone(g.First)
	}
	return out
}

// seconds rounds to a tenth of a millisecond, as finely as a page's clock runs.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e4) / 1e4 }

func known(d time.Duration) *float64 {
	s := seconds(d)
	return &s
}

// eventName is an event's name as a page shows it. Of long ones that begin alike
// each is still its own.
func eventName(name string) string {
	if wording.Cut(name, longestName) == name {
		return name
	}
	return fmt.Sprintf("%s %08x", wording.Cut(name, longestName-10), crc32.ChecksumIEEE([]byte(name)))
}

var spaces = regexp.MustCompile(`\s+`)

func oneLine(s string) string { return strings.TrimSpace(spaces.ReplaceAllString(s, " ")) }

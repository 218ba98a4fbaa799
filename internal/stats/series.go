package stats

import (
	"math"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
)

const (
	// firstWidth is how long a stretch of a [Series] is at first.
	firstWidth = time.Second
	// mostStretches bounds a Series: beyond it, neighbours become one.
	mostStretches = 120
)

// Series keeps the figures of each event for stretches of equal length, which
// follow each other from the beginning of a run to its end. The longer the run,
// the longer they are: a second at first, then 2, 10, 20 seconds, a minute and
// so on, so that there are at most 120 of them. The zero Series is ready. Names
// are its caller's to bound.
//
// Durations count where an event starts, rows where it stops. Rows of the
// warm-up count too: a series shows what happened, and when.
type Series struct {
	origin  event.Instant
	begun   bool
	width   time.Duration
	widened int
	first   int64 // the first stretch begins at origin + first·width
	n       int   // stretches
	rows    map[string]*line
}

// line is what is kept of one event.
type line struct {
	cells []cell
	took  distribution // ok rows
}

type cell struct {
	took          distribution // ok rows that start in it
	ended, failed int64        // ok and failed rows that stop in it
	figures       Stretch      // of these
	known         bool         // figures are: nothing came since
}

// Stretch are the figures of one event in one stretch.
type Stretch struct {
	Count int64 // ok rows that start in it, of which the durations are
	// Ended and Failed are the ok and the failed rows that stop in it.
	Ended, Failed                         int64
	Mean, Min, Median, P90, P95, P99, Max time.Duration
}

// Begin says from what instant stretches count. It has an effect before the
// first row; without it that row's start is the instant.
func (s *Series) Begin(at event.Instant) {
	if !s.begun {
		s.origin, s.begun, s.width = at, true, firstWidth
		s.rows = map[string]*line{}
	}
}

// Event counts e. It keeps nothing of it.
func (s *Series) Event(e *event.Event) {
	if e.Status == event.Cancelled {
		return
	}
	s.Begin(e.Start)
	s.reach(e.Start)
	s.reach(e.Stop)
	l := s.line(e.Name)
	if e.Status == event.Error {
		s.cell(l, e.Stop).failed++
		return
	}
	took := e.Duration()
	if e.LateKnown {
		took += e.Late
	}
	l.took.add(took)
	s.cell(l, e.Start).took.add(took)
	s.cell(l, e.Stop).ended++
}

func (s *Series) line(name string) *line {
	l := s.rows[name]
	if l == nil {
		l = &line{}
		s.rows[name] = l
	}
	return l
}

// at returns the number of the stretch, counted from origin, that holds t.
func (s *Series) at(t event.Instant) int64 { return floorDiv(int64(t.Sub(s.origin)), int64(s.width)) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (s *Series) cell(l *line, t event.Instant) *cell {
	i := int(s.at(t) - s.first)
	for len(l.cells) <= i {
		l.cells = append(l.cells, cell{})
	}
	l.cells[i].known = false
	return &l.cells[i]
}

// reach makes stretches up to t, and longer ones where they get too many.
func (s *Series) reach(t event.Instant) {
	for {
		i := s.at(t)
		first, last := min(s.first, i), max(s.first+int64(s.n)-1, i)
		if last-first < mostStretches {
			s.shift(int(s.first - first))
			s.n = int(last - first + 1)
			return
		}
		s.widen()
	}
}

// shift puts k empty stretches before the others.
func (s *Series) shift(k int) {
	if k == 0 {
		return
	}
	s.first -= int64(k)
	for _, l := range s.rows {
		l.cells = slices.Concat(make([]cell, k), l.cells)
	}
}

// widen makes one stretch of 2, 3 or 5 that follow each other: 1, 2, 10, 20 s,
// 1, 2, 10, 20 min, 1, 2, 4, … h.
func (s *Series) widen() {
	by := int64(2)
	if factors := [...]int64{2, 5, 2, 3, 2, 5, 2, 3}; s.widened < len(factors) {
		by = factors[s.widened]
	}
	s.widened++
	first := floorDiv(s.first, by)
	s.shift(int(s.first - first*by))
	for _, l := range s.rows {
		var cells []cell
		for i := range l.cells {
			if i%int(by) == 0 {
				cells = append(cells, l.cells[i])
				continue
			}
			c := &cells[len(cells)-1]
			c.took.merge(&l.cells[i].took)
			c.ended += l.cells[i].ended
			c.failed += l.cells[i].failed
			c.known = false
		}
		l.cells = cells
	}
	s.n = int(floorDiv(s.first+int64(s.n)-1, by) - first + 1)
	s.first = first
	s.width *= time.Duration(by)
}

// Width returns how long a stretch is, when the first one begins after the
// origin, and how many there are.
func (s *Series) Width() (width, from time.Duration, n int) {
	return s.width, time.Duration(s.first) * s.width, s.n
}

// Of returns the figures of an event, stretch by stretch.
func (s *Series) Of(name string) []Stretch {
	out := make([]Stretch, s.n)
	l := s.rows[name]
	if l == nil {
		return out
	}
	for i := range l.cells {
		out[i] = l.cells[i].stretch()
	}
	return out
}

// stretch returns the cell's figures. While a run is on they are asked for once
// a second, of cells to which nothing is added any more.
func (c *cell) stretch() Stretch {
	if c.known {
		return c.figures
	}
	c.figures = Stretch{
		Count: c.took.n, Ended: c.ended, Failed: c.failed,
		Min: c.took.min, Max: c.took.max, Median: c.took.quantile(0.5),
		P90: c.took.quantile(0.9), P95: c.took.quantile(0.95), P99: c.took.quantile(0.99),
	}
	if c.took.n > 0 {
		c.figures.Mean = time.Duration(c.took.mean())
	}
	c.known = true
	return c.figures
}

// Quantile returns the ⌈p·n⌉-th smallest duration of the n ok rows of an
// event, and 0 without any.
func (s *Series) Quantile(name string, p float64) time.Duration {
	if l := s.rows[name]; l != nil {
		return l.took.quantile(p)
	}
	return 0
}

// Histogram counts the ok rows of an event between edges, which rise: of n
// edges the n−1 counts are of what is at least as long as the one and shorter
// than the next; the last count takes its upper edge in. Beyond 10,000 rows
// what is within 0.8 % of an edge may be counted on the other side.
func (s *Series) Histogram(name string, edges []time.Duration) []int64 {
	if l := s.rows[name]; l != nil {
		return l.took.between(edges)
	}
	return make([]int64, max(0, len(edges)-1))
}

// Slope is a straight line through points, by least squares. The zero Slope is
// ready.
type Slope struct {
	n                   float64
	x, y                float64 // means
	sumXX, sumXY, sumYY float64 // of deviations from the means
	leastX, mostX       float64
}

// Add adds a point. (Welford's way, which does not lose digits.)
func (s *Slope) Add(x, y float64) { s.AddAll(x, 1, y, 0) }

// AddAll adds n points at one x: the mean of their y, and the sum of the squares
// of what they differ from it by.
func (s *Slope) AddAll(x, n, mean, squares float64) {
	if n == 0 {
		return
	}
	if s.n == 0 || x < s.leastX {
		s.leastX = x
	}
	if s.n == 0 || x > s.mostX {
		s.mostX = x
	}
	all, dx, dy := s.n+n, x-s.x, mean-s.y
	s.sumXX += dx * dx * s.n * n / all
	s.sumXY += dx * dy * s.n * n / all
	s.sumYY += squares + dy*dy*s.n*n/all
	s.x += dx * n / all
	s.y += dy * n / all
	s.n = all
}

// Fit is what came of a [Slope].
type Fit struct {
	N          int64
	Slope, At0 float64 // y = At0 + Slope·x
	Error      float64 // standard error of Slope, as if points were independent
	From, To   float64 // the least and the largest x
}

// Fit returns the line; ok is false where there is none: fewer than three
// points, or all at one x.
func (s *Slope) Fit() (f Fit, ok bool) {
	f = Fit{N: int64(s.n), From: s.leastX, To: s.mostX}
	if s.n < 3 || s.leastX == s.mostX {
		return f, false
	}
	f.Slope = s.sumXY / s.sumXX
	f.At0 = s.y - f.Slope*s.x
	f.Error = math.Sqrt(max(0, s.sumYY-f.Slope*s.sumXY) / (s.n - 2) / s.sumXX)
	return f, true
}

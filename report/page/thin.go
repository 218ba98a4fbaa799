package page

import (
	"cmp"
	"math"
	"slices"
)

// The statuses of a point.
const (
	okPoint = iota
	failedPoint
	cancelledPoint
)

// point is one row.
type point struct {
	start, took                     int64 // nanoseconds; start since the run's begin
	user, iteration, users, message int32
	event                           uint16
	status                          uint8
	row                             uint32 // counted from 0
}

// points keeps about most of all the rows it is given. Failures stay, and of
// each event the longest and the shortest row in each of some stretches of
// time, and of the rest one in a power of two. Where failures alone fill more
// than half of the room, the same is done to them.
type points struct {
	most                 int
	all                  []point
	rows, failures       int64
	oneIn, failuresOneIn int64
	thinned              int // how often
}

// extremeCells is for how many stretches of time the longest and the shortest
// rows are kept, of all events together.
const extremeCells = 2000

func (ps *points) add(p point) {
	p.row = uint32(ps.rows)
	ps.rows++
	if p.status == failedPoint {
		ps.failures++
	}
	ps.all = append(ps.all, p)
	if len(ps.all) > ps.most+ps.most/4 {
		ps.thin()
	}
}

// sampled tells whether a point is kept whatever its length: by a number that
// is as good as random.
func (ps *points) sampled(p *point) bool {
	every := ps.oneIn
	if p.status == failedPoint {
		every = ps.failuresOneIn
	}
	return int64(mix(p.row))&(every-1) == 0
}

// mix spreads numbers that follow each other (Murmur3's last step).
func mix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	x *= 0xc2b2ae35
	return x ^ x>>16
}

// thin makes room for as many points again as a quarter of most.
func (ps *points) thin() {
	ps.thinned++
	ps.drop() // what came since the last time
	for len(ps.all) > ps.most*3/4 && ps.oneIn < 1<<30 && ps.failuresOneIn < 1<<30 {
		failed := 0
		for i := range ps.all {
			if ps.all[i].status == failedPoint {
				failed++
			}
		}
		if failed > ps.most/2 {
			ps.failuresOneIn *= 2
		} else {
			ps.oneIn *= 2
		}
		ps.drop()
	}
}

// drop keeps those that are to stay.
func (ps *points) drop() {
	extreme := ps.extremes()
	kept := ps.all[:0]
	for i := range ps.all {
		if ps.sampled(&ps.all[i]) || extreme[i] {
			kept = append(kept, ps.all[i])
		}
	}
	ps.all = kept
}

// extremes marks the longest and the shortest points of each event and status in
// each of some stretches of time.
func (ps *points) extremes() []bool {
	type pair struct{ short, long int } // from 1; 0: none
	from, to, events := int64(math.MaxInt64), int64(math.MinInt64), 0
	for i := range ps.all {
		p := &ps.all[i]
		from, to, events = min(from, p.start), max(to, p.start), max(events, int(p.event)+1)
	}
	const statuses = cancelledPoint + 1
	cells := int64(max(1, min(extremeCells, ps.most/8)/(events*statuses)))
	width := (to-from)/cells + 1
	found := make([]pair, cells*int64(events)*statuses)
	for i := range ps.all {
		p := &ps.all[i]
		x := &found[((p.start-from)/width*int64(events)+int64(p.event))*statuses+int64(p.status)]
		if x.short == 0 || p.took < ps.all[x.short-1].took {
			x.short = i + 1
		}
		if x.long == 0 || p.took > ps.all[x.long-1].took {
			x.long = i + 1
		}
	}
	extreme := make([]bool, len(ps.all))
	for _, x := range found {
		if x.short > 0 {
			extreme[x.short-1], extreme[x.long-1] = true, true
		}
	}
	return extreme
}

// between returns a copy of the points of a row and of those after it, up to
// another.
func (ps *points) between(from, to int64) points {
	find := func(row int64) int {
		at, _ := slices.BinarySearchFunc(ps.all, row, func(p point, row int64) int { return cmp.Compare(int64(p.row), row) })
		return at
	}
	some := *ps
	some.all = slices.Clone(ps.all[find(from):find(to)])
	return some
}

// count returns what is said of the points, without them.
func (ps *points) count() Points {
	return Points{Rows: ps.rows, Failures: ps.failures, OneIn: ps.oneIn, FailuresOneIn: ps.failuresOneIn}
}

// columns returns the points in the order of their starts. It changes theirs.
func (ps *points) columns() Points {
	sorted := ps.all
	slices.SortStableFunc(sorted, func(a, b point) int { return cmp.Compare(a.start, b.start) })
	n := len(sorted)
	c := ps.count()
	c.Event, c.User, c.Iteration, c.Users, c.Status = make([]int, n), make([]int, n), make([]int, n), make([]int, n), make([]int, n)
	c.Start, c.Duration, c.Weight, c.Error = make([]int64, n), make([]int64, n), []int64{}, []int{}
	var before int64
	for i := range sorted {
		p := &sorted[i]
		start := tenths(p.start)
		c.Event[i], c.User[i], c.Iteration[i], c.Users[i], c.Status[i] = int(p.event), int(p.user), int(p.iteration), int(p.users), int(p.status)
		c.Start[i], c.Duration[i] = start-before, tenths(p.took)
		before = start
		if p.status == failedPoint {
			c.Error = append(c.Error, int(p.message))
		}
		if ps.oneIn > 1 || ps.failuresOneIn > 1 {
			c.Weight = append(c.Weight, ps.weight(p))
		}
	}
	return c
}

func (ps *points) weight(p *point) int64 {
	switch {
	case !ps.sampled(p):
		return 0
	case p.status == failedPoint:
		return ps.failuresOneIn
	}
	return ps.oneIn
}

func tenths(ns int64) int64 { return int64(math.Round(float64(ns) / 1e5)) }

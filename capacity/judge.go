package capacity

import (
	"math"
)

const (
	// looks is how often the data of a level are judged at most. Each look has
	// an equal share of the level's error rate, so that no dependence between
	// them can make it larger (Bonferroni), but for when they come, which depends
	// on the data a little; each comes after this much more time than the one
	// before.
	looks       = 16
	timeOfLooks = 1.4
)

// judge looks at what a level has shown so far. It decides only when it may. A
// level holds without a limit on errors of which too little was seen, nothing
// bad: that is made up for at the end, or the answer says so.
func (s *search) judge(v *visit, l *level, may bool) {
	alpha := s.alpha()
	all := v.figures()
	l.figures = all
	s.score(l)
	held, leansHeld := true, true
	pending := false // a limit on errors of which too little was seen
	leansBroken := false
	worst := 1.0
	for i, series := range v.limits {
		limit := series.limit
		cut, settled, slope := series.warmUp()
		e, ok := series.weigh(cut, !settled && slope > 0)
		if e.calm {
			e = e.atLeast(s.waves(i, l.n))
		}
		// A calm stretch at the end is no steady state: most has to be calm.
		settled = settled && 4*cut <= len(series.batches)
		e = e.pool(l.seen[i])
		if !ok && e.events == 0 {
			held, leansHeld = false, false
			continue
		}
		l.weight = max(l.weight, e.n)
		// All limits have to hold, but one suffices to break: there the error
		// rate is shared out among them.
		each := alpha / float64(len(v.limits))
		good, bad := e.tails(limit, each)
		if limit.Kind == Errors && e.failures == 0 {
			// Nothing failed: the rule of three.
			good = 0
		}
		if limit.Kind == Errors && e.events+s.unfailing(i, l.n) < limit.enough() {
			pending = pending || e.failures == 0
			if e.failures > 0 {
				good = 1
			}
		}
		// On its way it can only tell what it is on its way to.
		if may && bad <= each && (settled || slope > 0) && bad < worst {
			worst = bad
			l.verdict, l.broken, l.value, l.class = Broken, i, limit.value(all), v.class(limit.Event)
		}
		held = held && good <= alpha && (settled || slope < 0)
		leansHeld = leansHeld && good < 0.1
		leansBroken = leansBroken || bad < 0.1
	}
	switch {
	case l.verdict == Broken:
		l.leans = Broken
	case may && held && len(v.limits) > 0:
		l.verdict, l.leans, l.pending = Holds, Holds, pending
	case leansBroken:
		l.leans = Broken
	case leansHeld:
		l.leans = Holds
	default:
		l.leans = Unclear
	}
}

// alpha is a look's error rate: each side has half of what the confidence leaves.
func (s *search) alpha() float64 { return (1 - s.o.Confidence) / 2 / looks }

// unfailing is how many events ended at higher levels, up to the first that had
// a failure: what does not fail under more load does not under less.
func (s *search) unfailing(limit, n int) int {
	events := 0
	for _, l := range s.sorted() {
		switch {
		case l.n <= n || limit >= len(l.seen):
		case l.seen[limit].failures > 0:
			return events
		default:
			events += l.seen[limit].events
		}
	}
	return events
}

// waves is the largest design effect that a limit had where about as many
// events lay beyond it as may, at levels near by: were a level that looks calm
// just at the limit, it would have that too.
func (s *search) waves(limit, n int) float64 {
	most := 0.0
	q := s.o.Limits[limit].share()
	for _, l := range s.levels {
		if limit >= len(l.seen) || l.seen[limit].n == 0 || 10*max(l.n-n, n-l.n) > 3*n {
			continue
		}
		if e := l.seen[limit]; !e.calm && e.beyond > q/2*e.n && e.beyond < 5*q*e.n {
			most = max(most, e.design)
		}
	}
	return most
}

// score tells how far the worst limit's statistic is from it, as a share of it.
func (s *search) score(l *level) {
	l.score = -1
	for _, limit := range s.o.Limits {
		if v := limit.value(l.figures); !math.IsNaN(v) {
			l.score = max(l.score, min(v/max(limit.Value, 1e-3)-1, 2))
		}
	}
	l.weight = max(l.weight, 1)
}

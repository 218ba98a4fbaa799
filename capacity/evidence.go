package capacity

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
)

const (
	// fewest is how many batches a variance is taken of, at least.
	fewest = 8
	// mostBatches is the number of batches kept. When there are more, each
	// two become one: memory does not grow with the number of events.
	mostBatches = 1024
)

// batch is so many events that ended one after the other, summed up.
type batch struct {
	at     time.Duration // the end of the last
	n      int
	y      float64 // what is looked at for warm-up and dependence, see series
	beyond float64 // how many lie beyond the limit
}

func (b *batch) add(c batch) {
	b.at = c.at
	b.n += c.n
	b.y += c.y
	b.beyond += c.beyond
}

// series is what one limit has seen at one level since the number of users was
// changed last: the events in the order in which they ended, whoever had them,
// so that batches of them carry what one event has in common with the next,
// be it the user or the queue that all stand in.
//
// y is the duration in seconds for a mean; for a percentile the same, cut off
// at twice the limit, which is where a failure stands; for errors 1 or 0.
type series struct {
	limit   Limit
	size    int // events in a full batch
	batches []batch
	last    batch // not full yet
	n       int

	sum, squares float64         // of y
	users        map[int]*counts // nil: an open load, whose users come once
}

// counts are one user's.
type counts struct{ n, y, beyond float64 }

func newSeries(l Limit, open bool) *series {
	s := &series{limit: l, size: 1}
	if !open {
		s.users = map[int]*counts{}
	}
	return s
}

func (s *series) add(o *Observation) {
	b := batch{n: 1, at: o.At}
	switch s.limit.Kind {
	case Mean:
		if o.Failed {
			return
		}
		b.y = o.Took.Seconds()
	case Percentile:
		b.y = min(o.Took.Seconds(), 2*s.limit.Value)
		if o.Failed {
			b.y = 2 * s.limit.Value
		}
	}
	if s.limit.Kind != Mean && s.limit.beyond(o) {
		b.beyond = 1
	}
	if s.limit.Kind == Errors {
		b.y = b.beyond
	}
	s.n++
	s.sum += b.y
	s.squares += b.y * b.y
	if s.users != nil {
		u := s.users[o.User]
		if u == nil {
			u = new(counts)
			s.users[o.User] = u
		}
		u.n++
		u.y += b.y
		u.beyond += b.beyond
	}
	s.last.add(b)
	if s.last.n < s.size {
		return
	}
	s.batches = append(s.batches, s.last)
	s.last = batch{}
	if len(s.batches) == mostBatches {
		s.batches = grouped(s.batches, 2)
		s.size *= 2
	}
}

// grouped sums up each k batches; what is left over at the begin is left out.
func grouped(all []batch, k int) []batch {
	out := make([]batch, 0, len(all)/k)
	for i := len(all) % k; i+k <= len(all); i += k {
		var b batch
		for _, c := range all[i : i+k] {
			b.add(c)
		}
		out = append(out, b)
	}
	return out
}

// warmUp returns how many of the first batches belong to the warm-up, by the
// rule MSER-5: of all truncations the one after which the mean of the rest has
// the smallest standard error (White, Simulation 69, 1997; White, Cobb,
// Spratt, WSC 2000). When that lies in the second half the data are too few
// to tell, and settled is false: half is cut off, and slope tells where y is
// going. Of failures no few are cut off: the rule would begin right after them,
// since what never fails has no error at all.
func (s *series) warmUp() (cut int, settled bool, slope float64) {
	k := 1
	if s.size == 1 && len(s.batches) >= 10*fewest {
		k = 5
	}
	g := grouped(s.batches, k)
	var n, sum, squares float64
	best, at := math.Inf(1), 0
	for i := len(g) - 1; i >= 0; i-- {
		m := g[i].y / float64(g[i].n)
		n++
		sum += m
		squares += m * m
		if n < 5 {
			continue
		}
		// What differs by a ten thousandth differs by how clocks are read.
		clock := 1e-4 * sum / n
		if v := (max(0, squares-sum*sum/n) + n*clock*clock) / (n * n); v <= best {
			best, at = v, i
		}
	}
	settled = len(g) >= 5 && 2*at <= len(g)
	cut = len(s.batches)%k + at*k
	if !settled {
		cut = len(s.batches) / 2
		q := len(g) / 4
		slope = meanOf(g[len(g)-q:]) - meanOf(g[:q])
	}
	if failed := 0.0; s.limit.Kind == Errors {
		for _, b := range s.batches[:cut] {
			failed += b.beyond
		}
		if failed < fewest {
			return 0, len(g) >= 5, 0
		}
	}
	return cut, settled, slope
}

func meanOf(all []batch) float64 {
	var b batch
	for _, c := range all {
		b.add(c)
	}
	if b.n == 0 {
		return 0
	}
	return b.y / float64(b.n)
}

// evidence is what the events after the warm-up say about a limit: as much as
// n events would that do not depend on each other, beyond of which lie beyond
// the limit; and the mean of y with its variance.
type evidence struct {
	n, beyond float64
	freedom   float64 // degrees of freedom of what n was found by

	mean, variance float64
	meanFreedom    float64

	events   int // as counted
	failures float64

	// design is the design effect that n was found by; calm: too few events
	// lay beyond the limit, or too few did not, for it to be theirs.
	design float64
	calm   bool
}

// atLeast is e when the design effect is no smaller than d.
func (e evidence) atLeast(d float64) evidence {
	if d > e.design && e.design > 0 {
		f := e.design / d
		e.n, e.beyond, e.variance, e.design = e.n*f, e.beyond*f, e.variance/f, d
	}
	return e
}

// weigh sums up the batches from cut on. false: they are too few. Of what
// rises, as the waiting does in front of an app that can't keep up, the
// variance is taken about the straight line it rises along.
func (s *series) weigh(cut int, rises bool) (evidence, bool) {
	rest := s.batches[cut:]
	if len(rest) < fewest {
		return evidence{}, false
	}
	var all batch
	for _, b := range rest {
		all.add(b)
	}
	n := float64(all.n)
	e := evidence{events: all.n, mean: all.y / n, failures: all.beyond}
	whole := s.sum / float64(s.n)
	spread := max(0, s.squares/float64(s.n)-whole*whole)
	if spread < 1e-12*whole*whole {
		spread = 0 // all the same, but for rounding
	}
	// By most of all batches as well: what was cut off as warm-up, beyond an
	// eighth, may have been a wave, and what is left is calmer than the app is.
	most := s.batches[min(cut, len(s.batches)/8):]
	byY := func(b batch) float64 { return b.y }
	design, freedom := dependence(rest, byY, spread, rises)
	if !rises {
		other, _ := dependence(most, byY, spread, false)
		design = max(design, other)
	}
	design = max(design, s.amongUsers(func(c *counts) float64 { return c.y }, spread))
	e.variance, e.meanFreedom = design*spread/n, freedom

	// For a share it is the indicators that count, when enough of them differ;
	// else the durations, which depend on each other at least as much.
	calm := s.limit.Kind != Mean
	if rare := min(all.beyond, n-all.beyond); s.limit.Kind != Mean && rare >= fewest {
		p := all.beyond / n
		byBeyond := func(b batch) float64 { return b.beyond }
		other, _ := dependence(rest, byBeyond, p*(1-p), rises)
		if !rises {
			whole, _ := dependence(most, byBeyond, p*(1-p), false)
			other = max(other, whole)
		}
		other = max(other, s.amongUsers(func(c *counts) float64 { return c.beyond }, p*(1-p)))
		if rare >= fewest*other {
			design, calm = other, false
		} else {
			design = max(design, other)
		}
	}
	e.design, e.calm = design, calm
	e.n, e.beyond, e.freedom = n/design, all.beyond/design, freedom
	return e, true
}

// dependence returns the design effect of a mean of x over the batches: its
// variance as batch means show it ÷ what it would be if the events, of the
// given variance, did not depend on each other. It is at least 1. What one
// batch still has in common with the next is added as by a first-order
// autoregression (Steiger, Wilson, Management Science 48, 2002; Tafazzoli,
// Wilson, Steiger, Lada, INFORMS J. Computing 23, 2011).
func dependence(all []batch, x func(batch) float64, variance float64, rises bool) (design, freedom float64) {
	groups := 32
	if len(all) < groups {
		groups = len(all)
	}
	for {
		g := grouped(all, len(all)/groups)
		v, lag, n := deviations(g, x, rises)
		freedom = float64(len(g) - 1)
		if variance <= 0 || v <= 0 {
			return 1, freedom
		}
		// The autocorrelation of few batches comes out too small.
		r := lag / v
		r += (1 + 4*max(r, 0)) / float64(len(g))
		if r > 0.3 && groups > fewest {
			groups = max(fewest, groups/2)
			continue
		}
		design = v / freedom / variance * n / float64(len(g))
		if r > 0 {
			r = min(r, 0.8)
			design *= (1 + r) / (1 - r)
		}
		return max(1, design), freedom
	}
}

// deviations returns the sums of squares and of products of neighbours, of what
// the batches' means deviate by from their mean, or from a straight line.
func deviations(g []batch, x func(batch) float64, line bool) (squares, lagged, n float64) {
	var sum, slope, weight float64
	middle := float64(len(g)-1) / 2
	for i, b := range g {
		sum += x(b)
		n += float64(b.n)
		if t := float64(i) - middle; line {
			slope += t * x(b) / float64(b.n)
			weight += t * t
		}
	}
	if line {
		slope /= weight
	}
	var before float64
	for i, b := range g {
		d := x(b)/float64(b.n) - sum/n - slope*(float64(i)-middle)
		squares += d * d
		if i > 0 {
			lagged += d * before
		}
		before = d
	}
	return squares, lagged, n
}

// amongUsers is the design effect that users bring who differ from each other
// for good, as clusters (Liang, Zeger, Biometrika 73, 1986). Below ten users it
// is too noisy to be of use and is 1: then what is found holds for these.
func (s *series) amongUsers(x func(*counts) float64, variance float64) float64 {
	const few = 10
	if len(s.users) < few || variance <= 0 {
		return 1
	}
	var sum, n float64
	for _, u := range s.users {
		sum += x(u)
		n += u.n
	}
	var v float64
	for _, u := range s.users {
		d := x(u) - u.n*sum/n
		v += d * d
	}
	c := float64(len(s.users))
	return max(1, v/n/variance*c/(c-1))
}

// pool adds what another visit to the same level has shown.
func (e evidence) pool(f evidence) evidence {
	if f.events == 0 {
		return e
	}
	if e.events == 0 {
		return f
	}
	out := evidence{
		n: e.n + f.n, beyond: e.beyond + f.beyond, freedom: e.freedom + f.freedom,
		meanFreedom: e.meanFreedom + f.meanFreedom,
		events:      e.events + f.events, failures: e.failures + f.failures,
		// What either has shown of how events depend on each other holds for both.
		design: max(e.design, f.design), calm: e.calm && f.calm,
	}
	a, b := e.n/out.n, f.n/out.n
	out.mean = a*e.mean + b*f.mean
	out.variance = a*a*e.variance + b*b*f.variance
	return out
}

// tails returns the probabilities of evidence that is as good as e, or better,
// and of evidence as bad, or worse, were the limit just reached. alpha is the
// size of the test they are for.
func (e evidence) tails(l Limit, alpha float64) (held, broken float64) {
	if l.Kind == Mean {
		d := e.mean - l.Value
		if e.variance <= 0 {
			if l.over(e.mean) {
				return 1, 0
			}
			return 0, 1
		}
		p := studentTail(math.Abs(d)/math.Sqrt(e.variance), e.meanFreedom)
		if d > 0 {
			return 1 - p, p
		}
		return p, 1 - p
	}
	q := l.share()
	if q == 0 { // no failure at all
		if e.failures > 0 {
			return 1, 0
		}
		return 0, 1
	}
	// The effective number was estimated: fewer of them, as Student's t has
	// wider tails than the normal distribution.
	widen := studentQuantile(alpha, e.freedom) / normalQuantile(alpha)
	n, k := e.n/(widen*widen), e.beyond/(widen*widen)
	return binomialAtMost(k, n, q), binomialAtLeast(k, n, q)
}

// binomialAtMost is P(X ≤ k) of n events that lie beyond a limit with
// probability q, continued to numbers that are not whole by the incomplete
// beta function.
func binomialAtMost(k, n, q float64) float64 {
	if k >= n {
		return 1
	}
	return mathext.RegIncBeta(n-k, k+1, 1-q)
}

func binomialAtLeast(k, n, q float64) float64 {
	if k <= 0 {
		return 1
	}
	return mathext.RegIncBeta(k, max(n-k, 0)+1, q)
}

// studentTail is P(T ≥ t) for t ≥ 0.
func studentTail(t, freedom float64) float64 {
	return mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t)) / 2
}

// studentQuantile is the t with P(T ≥ t) = p, p ≤ 0.5.
func studentQuantile(p, freedom float64) float64 {
	x := mathext.InvRegIncBeta(freedom/2, 0.5, 2*p)
	return math.Sqrt(freedom * (1 - x) / x)
}

// normalQuantile is the z with P(Z ≥ z) = p.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(1-2*p) }

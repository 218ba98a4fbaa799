package capacity

import (
	"math"
	"slices"
)

// decided returns the highest level that holds and the lowest above it that is
// broken; 0 where there is none. When levels contradict each other, what lies
// between them all is left.
func (s *search) decided() (low, high int) {
	leastBroken, mostHeld := 0, 0
	for n, l := range s.levels {
		switch {
		case l.verdict == Broken && (leastBroken == 0 || n < leastBroken):
			leastBroken = n
		case l.verdict == Holds:
			mostHeld = max(mostHeld, n)
		}
	}
	for n, l := range s.levels {
		switch {
		case l.verdict == Holds && (leastBroken == 0 || n < leastBroken):
			low = max(low, n)
		case l.verdict == Broken && n > mostHeld && (high == 0 || n < high):
			high = n
		}
	}
	return low, high
}

// sorted returns the levels from the lowest on.
func (s *search) sorted() []*level {
	all := make([]*level, 0, len(s.levels))
	for _, l := range s.levels {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b *level) int { return a.n - b.n })
	return all
}

// estimate is where the limits are reached, by all levels together: between
// two levels the worst limit's statistic is taken to go straight, after they
// were made to rise with the load by pooling adjacent violators
// (Barlow, Bartholomew, Bremner, Brunk, Statistical Inference under Order
// Restrictions, 1972). false: no level looks broken.
func (s *search) estimate() (float64, bool) {
	type block struct{ from, to, score, weight float64 }
	var blocks []block
	for _, l := range s.sorted() {
		if l.weight == 0 {
			continue
		}
		n := float64(l.n)
		blocks = append(blocks, block{n, n, l.score, l.weight})
		for len(blocks) > 1 {
			a, b := blocks[len(blocks)-2], blocks[len(blocks)-1]
			if a.score <= b.score {
				break
			}
			w := a.weight + b.weight
			blocks = append(blocks[:len(blocks)-2], block{a.from, b.to, (a.score*a.weight + b.score*b.weight) / w, w})
		}
	}
	for i, b := range blocks {
		if b.score <= 0 {
			continue
		}
		if i == 0 {
			return b.from * 3 / 4, true // nothing held: look further down
		}
		a := blocks[i-1]
		return a.to + (b.from-a.to)*(-a.score)/(b.score-a.score), true
	}
	return 0, false
}

// point is the best guess, within what is decided.
func (s *search) point() (int, bool) {
	low, high := s.decided()
	at, ok := s.estimate()
	n := int(at)
	switch {
	case !ok && high == 0:
		return low, low > 0
	case !ok:
		n = high - 1
	}
	n = max(n, low)
	if high > 0 {
		n = min(n, high-1)
	}
	return n, true
}

// wide is how far the interval may reach to either side of a level.
func wide(n int) int { return max(1, int(precise*float64(n))) }

// top is the highest level that may be tried.
func (s *search) top() int {
	if s.ceiling > 0 {
		return min(s.o.most, s.ceiling-1)
	}
	return s.o.most
}

// next returns the level to try now, and what for; false: none.
func (s *search) next() (level int, g goal, ok bool) {
	if level, g, ok = s.closer(); ok {
		return level, g, ok
	}
	// On which side of what the app is to serve does the capacity lie?
	low, high := s.decided()
	n := max(s.o.wanted, s.o.least)
	return n, confirm, s.o.wanted > low && (high == 0 || n < high) && s.open(n)
}

// closer is next for as long as the interval is to become narrower.
func (s *search) closer() (level int, g goal, ok bool) {
	low, high := s.decided()
	at, crossed := s.estimate()
	if low > 0 && high > 0 && high-1-low <= max(2, int(2*precise*float64(min(max(int(at), low), high-1)))) {
		return s.sharpen(low, high)
	}
	if !crossed && high == 0 {
		return s.upwards(low)
	}
	if crossed && at < float64(s.o.least) && s.open(s.o.least) {
		return s.o.least, decide, true // if that is too much, so is all else
	}
	n := int(at)
	if !crossed {
		n = high - 1
	}
	n = max(n, low, s.o.least)
	if high > 0 {
		n = min(n, high-1)
	}
	n = min(n, s.top()) // beyond it nothing can be measured
	d := wide(n)
	if high == 0 || high-1 > n+d {
		// The further from the limit, the sooner it is decided.
		last := min(s.top(), n+d+1+max(3, n/2))
		if high > 0 {
			last = min(last, high-1)
		}
		if u, ok := s.openUp(n+d+1, last, d); ok {
			return u, decide, true
		}
	}
	if low < n-d {
		if u, ok := s.openDown(n-d, max(low+1, s.o.least, n-d-max(3, n/2)), d); ok {
			return u, decide, true
		}
		if low == 0 && s.open(s.o.least) {
			return s.o.least, decide, true
		}
	}
	if low == 0 {
		for u := n; u >= s.o.least; u-- {
			if s.open(u) {
				return u, decide, true
			}
		}
	}
	if low == 0 || high == 0 {
		return 0, 0, false
	}
	// What is left lies near the limit: the furthest of it.
	best := 0
	for u := low + 1; u < high && u <= s.top(); u++ {
		if s.open(u) && (best == 0 || math.Abs(float64(u)-at-0.5) > math.Abs(float64(best)-at-0.5)) {
			best = u
		}
	}
	return best, confirm, best > 0
}

// sharpen goes on where the interval is narrow enough, as long as a look or two
// at each end have decided it: an app that breaks at once can be pinned down.
func (s *search) sharpen(low, high int) (int, goal, bool) {
	n := (low + high) / 2
	if n == low || n > s.top() || s.levels[n] != nil || s.levels[low].looks > 2 || s.levels[high].looks > 2 {
		return 0, 0, false
	}
	return n, glance, true
}

// upwards is next while no level looks broken.
func (s *search) upwards(low int) (int, goal, bool) {
	top := s.top()
	highest := &level{n: s.o.least}
	for _, l := range s.levels {
		if l.n >= highest.n && l.n <= top {
			highest = l
		}
	}
	switch n := highest.n; {
	case low >= top, top < s.o.least:
		return 0, 0, false
	case s.ceiling > 0 && top-n > wide(n):
		return (n + s.ceiling) / 2, climb, true
	case s.ceiling > 0 || n >= top:
		// As high as it goes: here it has to be shown.
		for u := n; u > low; u-- {
			if s.open(u) {
				return u, decide, true
			}
		}
		return 0, 0, false
	case highest.score <= -0.5:
		return min(2*n, top), climb, true
	default:
		return min(n+(n+1)/2, top), climb, true
	}
}

// openUp returns an open level from one on to the last: rather one that has
// been begun, when it is near.
func (s *search) openUp(from, last, near int) (int, bool) {
	for u := from; u <= min(last, from+near/2); u++ {
		if s.levels[u] != nil && s.open(u) {
			return u, true
		}
	}
	for u := from; u <= last; u += grain(u) {
		if s.open(u) {
			return u, true
		}
	}
	return 0, false
}

// grain is by how much a level has to differ from one that can't be decided to
// be worth trying: a hundredth.
func grain(n int) int { return max(1, n/100) }

func (s *search) openDown(from, last, near int) (int, bool) {
	for u := from; u >= max(last, from-near/2); u-- {
		if s.levels[u] != nil && s.open(u) {
			return u, true
		}
	}
	for u := from; u >= last; u -= grain(u) {
		if s.open(u) {
			return u, true
		}
	}
	return 0, false
}

// open tells whether a level can still be decided.
func (s *search) open(n int) bool {
	l := s.levels[n]
	return n <= s.top() && (l == nil || l.verdict == Unclear && !l.exhausted)
}

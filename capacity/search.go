package capacity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Options say what is searched for and how long.
type Options struct {
	// Limits are what has to hold. None: the p95 of every event is at most
	// one second above its value with Min users, and errors <= 1%.
	Limits []Limit

	Min, Max int // levels; 0 stands for 1 and for no end

	// Budget is the time for all of it, 15 minutes where it is 0; StepTime the
	// longest stay at a level, a third of the budget where it is 0.
	Budget, StepTime time.Duration

	Confidence float64 // of the interval; 0 stands for 0.95

	// AllowSaturated takes a level for what it shows even where the load
	// generator was saturated.
	AllowSaturated bool

	// Open: a level is a rate of arrivals, and each of them a user of its own.
	Open bool
	// Unit is what a level counts, in a sentence: "users" where it is empty.
	Unit string

	// Tried, where there is one, is told of each stay at a level at its end.
	Tried func(Level)
}

const (
	defaultBudget = 15 * time.Minute
	noEnd         = 1 << 20

	// looks is how often the data of a level are judged at most. Each look has
	// an equal share of the level's error rate, so that no dependence between
	// them can make it larger (Bonferroni); each comes after this much more
	// time than the one before.
	looks       = 16
	timeOfLooks = 1.4

	baselineAfter = 10 // events with Min users

	againAtMost = 3 * time.Minute // to find out whether a level is slower than it was

	// precise is what the interval may be wide, as a share to either side.
	precise = 0.1
)

func (o *Options) settle() error {
	if o.Min == 0 {
		o.Min = 1
	}
	if o.Max == 0 {
		o.Max = noEnd
	}
	if o.Budget == 0 {
		o.Budget = defaultBudget
	}
	if o.StepTime == 0 {
		o.StepTime = o.Budget / 3
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Unit == "" {
		o.Unit = "users"
	}
	switch {
	case o.Min < 1:
		return fmt.Errorf("capacity: at least %d %s is no number to begin with: give 1 or more", o.Min, o.Unit)
	case o.Max < o.Min:
		return fmt.Errorf("capacity: at least %d and at most %d %s leave nothing to try", o.Min, o.Max, o.Unit)
	case o.Budget < 0 || o.StepTime < 0:
		return errors.New("capacity: a time is negative")
	case o.StepTime > o.Budget:
		return fmt.Errorf("capacity: the step time of %s is longer than the budget of %s: give less of the one or more of the other", short(o.StepTime), short(o.Budget))
	case o.Confidence <= 0.5 || o.Confidence >= 1:
		return fmt.Errorf("capacity: a confidence of %v is not between 0.5 and 1: give 0.95", o.Confidence)
	}
	for _, l := range o.Limits {
		if err := l.check(); err != nil {
			return fmt.Errorf("capacity: %w", err)
		}
	}
	return nil
}

// Why a search ends before it is decided. ctx's own error is another.
var (
	errBudget = errors.New("the budget is used up")
	errGone   = errors.New("the app is gone")
	errStuck  = errors.New("the app did not recover")
	errNone   = errors.New("no event ended")
	// errDoubt: what held before takes longer now.
	errDoubt = errors.New("the app has changed")
)

// goal is what a stay at a level is for.
type goal int

const (
	baseline goal = iota
	climb         // is this level far from the limits?
	decide        // does it hold, by the test?
	confirm       // the same, whatever else there is to do
	glance        // the same, if one look suffices
	again         // is it as it was?
)

// level is what is known of a number of users.
type level struct {
	users     int
	verdict   Verdict
	looks     int
	spent     time.Duration // in visits that are over
	after     time.Duration // the next look is due, of the time spent in all visits
	exhausted bool          // no more looks: too near a limit to tell
	leans     Verdict
	seen      []evidence // of the visits that are over, by limit
	score     float64    // of the worst limit: 0 at the limit, −1 far below
	weight    float64
	broken    int     // the limit that broke, when verdict is Broken
	value     float64 // and its statistic
	figures   []Figures
	visited   []visited
}

// look is what a visit has shown up to now.
func (v *visit) look() visited {
	out := visited{users: v.users, took: v.elapsed()}
	for _, series := range v.limits {
		cut, _, _ := series.warmUp()
		e, _ := series.weigh(cut, false)
		out.seen = append(out.seen, e)
	}
	return out
}

// visited is what a visit has left behind for a comparison with a later one.
type visited struct {
	users int
	goal  goal
	took  time.Duration
	score float64
	seen  []evidence
}

// search is the state of one.
type search struct {
	b     Bench
	o     Options
	began time.Duration // bench's clock
	now   time.Duration
	known bool // the clock

	levels  map[int]*level
	over    []Level   // every stay, in order
	order   []visited // of this part of the search
	last    *level
	first   int  // the first estimate; 0: none yet
	doubted bool // that the app stays the same; looked into
	inUse   int  // users asked for
	ceiling int  // lowest level at which the generator was saturated; 0: none
	why     string
	base    []Figures
	answer  Answer
}

// Search finds the largest number of users at which every limit holds. What
// it could find out by the end of its budget, or of ctx, it returns without an
// error: [Answer].Undecided then says what is open. An error is the bench's
// own, or says what is wrong with the options; the answer is what was known
// before it.
func Search(ctx context.Context, b Bench, o Options) (Answer, error) {
	if err := o.settle(); err != nil {
		return Answer{}, err
	}
	s := &search{b: b, o: o, levels: map[int]*level{}}
	s.answer = Answer{Unit: o.Unit, Confidence: o.Confidence, Limits: o.Limits, Open: o.Open}
	err := s.run(ctx)
	switch {
	case err == nil, errors.Is(err, errGone), errors.Is(err, errStuck), errors.Is(err, errNone):
		err = nil
	case errors.Is(err, errBudget):
		s.answer.Stopped = "the budget of " + short(o.Budget) + " ran out"
		err = nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.answer.Stopped = "it was stopped after " + short(s.now-s.began)
		err = nil
	}
	s.conclude()
	return s.answer, err
}

func (s *search) run(ctx context.Context) error {
	lowest, err := s.baseline(ctx)
	if err != nil || lowest.verdict == Broken {
		return err
	}
	for {
		err := s.closeIn(ctx)
		if err != nil && !errors.Is(err, errDoubt) {
			return err
		}
		if done, err2 := s.back(ctx); err2 != nil || done || err == nil {
			return err2
		}
	}
}

// baseline measures with as few users as there may be.
func (s *search) baseline(ctx context.Context) (*level, error) {
	l, err := s.stay(ctx, s.o.Min, baseline)
	if err != nil {
		return l, err
	}
	s.base = l.figures
	s.answer.Baseline = l.figures
	if len(s.base) == 0 {
		s.answer.Undecided = fmt.Sprintf("no event ended within %s at %s: an iteration takes longer than a step may: give more --step-time", short(s.o.StepTime), s.count(s.o.Min))
		return l, errNone
	}
	if len(s.o.Limits) == 0 {
		for _, f := range s.base {
			if !math.IsInf(f.P95, 0) && !math.IsNaN(f.P95) {
				s.o.Limits = append(s.o.Limits, Limit{Event: f.Event, Kind: Percentile, Quantile: 0.95, Value: f.P95 + 1})
			}
		}
		s.o.Limits = append(s.o.Limits, Limit{Kind: Errors, Value: 0.01})
		s.answer.Limits, s.answer.Implied = s.o.Limits, true
		l.seen = make([]evidence, len(s.o.Limits))
		for _, limit := range s.o.Limits {
			s.over[0].Values = append(s.over[0].Values, limit.value(s.base))
		}
		s.score(l)
	}
	return l, nil
}

// closeIn tries level after level until the interval is narrow enough, or
// nothing more can be done for it.
func (s *search) closeIn(ctx context.Context) error {
	for {
		if at, ok := s.estimate(); ok && s.first == 0 {
			s.first = int(at)
		}
		if !s.doubted && s.contradicted() {
			s.doubted = true
			return errDoubt
		}
		users, g, ok := s.next()
		if !ok {
			return nil
		}
		if err := s.recover(ctx); err != nil {
			return err
		}
		if _, err := s.stay(ctx, users, g); err != nil {
			return err
		}
	}
}

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
	slices.SortFunc(all, func(a, b *level) int { return a.users - b.users })
	return all
}

// estimate is where the limits are reached, by all levels together: between
// two levels the worst limit's statistic is taken to go straight, after they
// were made to rise with the number of users by pooling adjacent violators
// (Barlow, Bartholomew, Bremner, Brunk, Statistical Inference under Order
// Restrictions, 1972). false: no level looks broken.
func (s *search) estimate() (float64, bool) {
	type block struct{ from, to, score, weight float64 }
	var blocks []block
	for _, l := range s.sorted() {
		if l.weight == 0 {
			continue
		}
		n := float64(l.users)
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

// wide is how far the interval may reach to either side of n users.
func wide(n int) int { return max(1, int(precise*float64(n))) }

// top is the highest level that may be tried.
func (s *search) top() int {
	if s.ceiling > 0 {
		return min(s.o.Max, s.ceiling-1)
	}
	return s.o.Max
}

// next returns the level to try now, and what for; false: none.
func (s *search) next() (users int, g goal, ok bool) {
	low, high := s.decided()
	at, crossed := s.estimate()
	if high > 0 && high-1-low <= max(2, int(2*precise*float64(min(max(int(at), low), high-1)))) {
		return s.sharpen(low, high)
	}
	if !crossed && high == 0 {
		return s.upwards(low)
	}
	n := int(at)
	if !crossed {
		n = high - 1
	}
	n = max(n, low, s.o.Min)
	if high > 0 {
		n = min(n, high-1)
	}
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
		if u, ok := s.openDown(n-d, max(low+1, s.o.Min, n-d-max(3, n/2)), d); ok {
			return u, decide, true
		}
		if low == 0 && s.open(s.o.Min) {
			return s.o.Min, decide, true
		}
	}
	if low == 0 {
		for u := n; u >= s.o.Min; u-- {
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
	for u := low + 1; u < high; u++ {
		if s.open(u) && (best == 0 || math.Abs(float64(u)-at-0.5) > math.Abs(float64(best)-at-0.5)) {
			best = u
		}
	}
	return best, confirm, best > 0
}

// sharpen goes on where the interval is narrow enough, as long as one look at
// each end has decided it: an app that breaks at once can be pinned down.
func (s *search) sharpen(low, high int) (int, goal, bool) {
	n := (low + high) / 2
	if low == 0 || n == low || s.levels[n] != nil || s.levels[low].looks > 1 || s.levels[high].looks > 1 {
		return 0, 0, false
	}
	return n, glance, true
}

// upwards is next while no level looks broken.
func (s *search) upwards(low int) (int, goal, bool) {
	highest := &level{users: s.o.Min}
	for _, l := range s.levels {
		if l.users > highest.users {
			highest = l
		}
	}
	top := s.top()
	switch n := highest.users; {
	case low >= top, top < s.o.Min:
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
	for u := from; u <= last; u++ {
		if s.open(u) {
			return u, true
		}
	}
	return 0, false
}

func (s *search) openDown(from, last, near int) (int, bool) {
	for u := from; u >= max(last, from-near/2); u-- {
		if s.levels[u] != nil && s.open(u) {
			return u, true
		}
	}
	for u := from; u >= last; u-- {
		if s.open(u) {
			return u, true
		}
	}
	return 0, false
}

// open tells whether a level can still be decided.
func (s *search) open(users int) bool {
	l := s.levels[users]
	return l == nil || l.verdict == Unclear && !l.exhausted
}

// stay goes to a level and watches it until its goal is reached.
func (s *search) stay(ctx context.Context, users int, g goal) (*level, error) {
	l := s.levels[users]
	if l == nil {
		l = &level{users: users, seen: make([]evidence, len(s.o.Limits)), broken: -1}
		s.levels[users] = l
	}
	v, err := s.set(ctx, users)
	if err != nil {
		return l, err
	}
	s.last = l
	err = s.watch(ctx, v, l, g)
	s.leave(v, l, g)
	return l, err
}

// set changes the number of users and begins a visit.
func (s *search) set(ctx context.Context, users int) (*visit, error) {
	// What ended up to now belongs to the level before, and the clock is read.
	r, err := s.b.Watch(ctx, 0)
	if err == nil {
		err = s.b.Set(ctx, users)
	}
	if err != nil {
		return nil, err
	}
	if !s.known {
		s.known, s.began = true, r.Now
	}
	s.now = r.Now
	s.inUse = users
	return newVisit(users, r.Now, s.o.Limits, s.o.Open), nil
}

// pause lets some time pass, within the budget.
func (s *search) pause(ctx context.Context, v *visit) (Report, error) {
	left := s.o.Budget - (s.now - s.began)
	if left <= 0 {
		return Report{}, errBudget
	}
	d := min(max(v.elapsed()/10, 250*time.Millisecond), 5*time.Second, left)
	r, err := s.b.Watch(ctx, d)
	if r.Now > s.now {
		s.now = r.Now
	}
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return r, err
}

func (s *search) watch(ctx context.Context, v *visit, l *level, g goal) error {
	for looked := 0; ; {
		r, err := s.pause(ctx, v)
		if err != nil {
			return err
		}
		v.add(&r)
		if r.Gone != "" {
			return s.gone(ctx, l, r.Gone)
		}
		if v.saturatedTooLong() && v.elapsed() >= 5*time.Second && !s.o.AllowSaturated {
			if s.ceiling == 0 || l.users < s.ceiling {
				s.ceiling, s.why = l.users, v.why
			}
			return nil
		}
		spent := v.elapsed() >= s.o.StepTime
		if g == again {
			first := l.visited[0]
			if v.elapsed() < 2*first.took || !s.ready(v, g) {
				if spent {
					return nil
				}
				continue
			}
			// Twice as long as the first time, and longer when it looks slower,
			// until that is certain.
			now := v.look()
			if spent || v.elapsed() >= max(10*first.took, againAtMost) || !looksSlower(s.o.Limits, first, now) || slower(s.o.Limits, first, now) >= 0 {
				return nil
			}
			continue
		}
		whole := l.spent + v.elapsed()
		if !spent && (whole < l.after || !s.ready(v, g)) {
			continue
		}
		l.after = time.Duration(timeOfLooks * float64(whole))
		looked++
		may := g != climb || s.ready(v, decide)
		if may {
			l.looks++
		}
		s.judge(v, l, may, may && (spent || l.looks >= looks))
		switch {
		case l.verdict != Unclear:
			return nil
		case g == baseline, g == glance:
			return nil
		case g == climb && s.easy(v, l, looked):
			return nil
		case spent || l.looks >= looks:
			l.exhausted = true
			return nil
		case g == decide && looked >= 5:
			// What was seen here may have moved the estimate to it: then a
			// level further off is decided sooner.
			if at, ok := s.estimate(); ok {
				n := math.Floor(at)
				if math.Abs(float64(l.users)-n-0.5) < float64(wide(int(n)))/2+1 {
					return nil
				}
			}
		}
	}
}

// ready tells whether there is something to look at: with users who come
// again, each of them did so some times on average. It takes more to decide
// than to go on.
//
// And it takes time: a queue in which one waits as long as the limit allows
// takes long to fill. With one worker, exponential times and a mean response
// of R where the service takes S, its relaxation time is about 4R²/S (Gross,
// Shortle, Thompson, Harris, Fundamentals of Queueing Theory, section 2.11).
// S is at most the baseline.
func (s *search) ready(v *visit, g goal) bool {
	n, events, times := v.most(), 60, 6
	switch g {
	case baseline:
		return n >= baselineAfter
	case climb, again:
		events, times = 40, 3
	}
	longest, build := 0.0, 0.0
	for _, l := range s.o.Limits {
		if l.Kind == Errors {
			continue
		}
		tail := l.Value // about the 95th percentile at the limit
		if l.Kind == Mean {
			tail *= 3
		}
		longest = max(longest, tail)
		if f, ok := find(s.base, l.Event); ok && f.Mean > 0 && times > 3 {
			most := 60 * l.Value
			if s.o.Open {
				most = 60 * tail
			}
			build = max(build, min(10*tail*tail/f.Mean, most))
		}
	}
	if s.o.Open {
		return n >= events && v.elapsed() >= max(seconds(build), time.Duration(2*times)*seconds(longest))
	}
	return n >= max(events, times*v.users) && v.elapsed() >= seconds(build)
}

// judge looks at what a level has shown so far. It decides only when it may. At
// the last look a level holds without a limit on errors of which too little was
// seen, nothing bad: the answer says so.
func (s *search) judge(v *visit, l *level, may, last bool) {
	// Each side has half of what the confidence leaves.
	alpha := (1 - s.o.Confidence) / 2 / looks
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
			e = e.atLeast(s.waves(i, l.users))
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
		if limit.Kind == Errors && e.events < limit.enough() {
			pending = pending || e.failures == 0
			if e.failures > 0 {
				good = 1
			}
		}
		// On its way it can only tell what it is on its way to.
		if may && bad <= each && (settled || slope > 0) && bad < worst {
			worst = bad
			l.verdict, l.broken, l.value = Broken, i, limit.value(all)
		}
		held = held && good <= alpha && (settled || slope < 0)
		leansHeld = leansHeld && good < 0.1
		leansBroken = leansBroken || bad < 0.1
	}
	switch {
	case l.verdict == Broken:
		l.leans = Broken
	case may && held && len(v.limits) > 0 && (!pending || last):
		l.verdict, l.leans = Holds, Holds
	case leansBroken:
		l.leans = Broken
	case leansHeld:
		l.leans = Holds
	default:
		l.leans = Unclear
	}
}

// waves is the largest design effect that a limit had where about as many
// events lay beyond it as may, at levels near by: were a level that looks calm
// just at the limit, it would have that too.
func (s *search) waves(limit, users int) float64 {
	most := 0.0
	q := s.o.Limits[limit].share()
	for _, l := range s.levels {
		if limit >= len(l.seen) || l.seen[limit].n == 0 || 10*max(l.users-users, users-l.users) > 3*users {
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

// easy tells whether a level on the way up is clear enough to go on.
func (s *search) easy(v *visit, l *level, looked int) bool {
	settled := true
	for _, series := range v.limits {
		_, ok, _ := series.warmUp()
		settled = settled && ok
	}
	switch {
	case !settled && looked < 5:
		return false
	case l.score <= -0.15, l.score >= 0.3 && l.leans == Broken:
		return true
	default:
		return l.leans != Unclear || looked >= 5
	}
}

// leave puts down what a visit has shown.
func (s *search) leave(v *visit, l *level, g goal) {
	if len(v.order) > 0 && l.figures == nil || g == again || g == baseline {
		l.figures = v.figures()
	}
	l.spent += v.elapsed()
	saturated := s.ceiling > 0 && l.users >= s.ceiling
	this := v.look()
	this.goal, this.score = g, l.score
	for i, e := range this.seen {
		if e.calm {
			e = e.atLeast(s.waves(i, l.users))
		}
		if !saturated && g != again {
			l.seen[i] = l.seen[i].pool(e)
		}
	}
	if !saturated {
		l.visited = append(l.visited, this)
		s.order = append(s.order, this)
	}
	out := Level{
		Users: l.users, At: v.began - s.began, Took: v.elapsed(), WarmUp: v.warm() - v.began,
		Verdict: l.verdict, Figures: v.figures(),
	}
	if saturated {
		out.Saturated, out.Verdict = s.why, Unclear
		delete(s.levels, l.users)
	}
	if v.known > 0 {
		out.App = Usage{Known: true, Cores: v.cores / v.known, Of: v.of, Memory: v.memory}
	}
	for _, limit := range s.o.Limits {
		out.Values = append(out.Values, limit.value(out.Figures))
	}
	for _, f := range out.Figures {
		if !f.Outer {
			out.Throughput += f.Rate
		}
	}
	s.over = append(s.over, out)
	if s.o.Tried != nil {
		s.o.Tried(out)
	}
}

// recover waits, after a level that looks broken, until events with as few
// users as there may be take no longer than before it all.
func (s *search) recover(ctx context.Context) error {
	if s.last == nil || s.last.leans != Broken && s.last.score <= 0 {
		return nil
	}
	overloaded := s.last
	s.last = nil
	took := s.over[len(s.over)-1].Took
	return s.wait(ctx, fmt.Sprintf("after %s", s.count(overloaded.users)), min(max(leastWait, 3*took), mostWait))
}

const (
	inARow    = 3               // events have to be as they were
	leastWait = 2 * time.Minute // before an app is given up
	mostWait  = 5 * time.Minute
)

func (s *search) wait(ctx context.Context, what string, most time.Duration) error {
	v, err := s.set(ctx, s.o.Min)
	if err != nil {
		return err
	}
	most = min(most, (s.o.Budget-(s.now-s.began))/2)
	good := 0
	for {
		r, err := s.pause(ctx, v)
		if err != nil {
			return err
		}
		for i := range r.Events {
			o := &r.Events[i]
			if o.At-o.Took < v.began {
				continue
			}
			if s.asBefore(o) {
				good++
			} else {
				good = 0
			}
		}
		v.add(&r)
		if good >= inARow {
			return nil
		}
		if v.elapsed() < most {
			continue
		}
		// Slower than before, and still within the limits: go on from here.
		figures := v.figures()
		for _, limit := range s.o.Limits {
			if value := limit.value(figures); math.IsNaN(value) || limit.over(value) {
				s.answer.Stuck = &Stuck{What: what, For: v.elapsed(), Users: s.o.Min, Limit: limit, Value: value}
				return errStuck
			}
		}
		return nil
	}
}

// asBefore tells whether an event took no longer than at the baseline.
func (s *search) asBefore(o *Observation) bool {
	f, ok := find(s.base, o.Event)
	return !o.Failed && (!ok || o.Event == "" || o.Took <= f.longest+f.longest/4)
}

// gone deals with an app that ended at a level.
func (s *search) gone(ctx context.Context, l *level, said string) error {
	l.verdict, l.leans, l.score, l.weight = Broken, Broken, 2, max(l.weight, 1)
	died := &Death{Users: l.users, Said: said}
	s.answer.Died = died
	at := s.now
	s.last = nil
	if l.users == s.o.Min {
		return errGone
	}
	err := s.wait(ctx, "it had gone", leastWait)
	if errors.Is(err, errStuck) {
		s.answer.Stuck = nil
		return errGone
	}
	if err == nil {
		died.Back = s.now - at
	}
	return err
}

// back returns to a level of the way up. What takes longer there than it did
// shows an app that gets slower with time, not with users: then what is known
// is of the past, and the search is done again with what is left of the budget;
// done tells that it was.
func (s *search) back(ctx context.Context) (done bool, err error) {
	low, high := s.decided()
	var then *level
	for _, l := range s.levels {
		early := len(l.visited) > 0 && l.visited[0].goal <= climb
		if early && (l.users <= low || l.users == s.o.Min || low == 0 && l.users <= s.first/2) && (then == nil || l.users > then.users) {
			then = l
		}
	}
	if then == nil || low == 0 && high == 0 && s.first == 0 {
		return false, nil
	}
	if err := s.recover(ctx); err != nil {
		return false, err
	}
	if _, err := s.stay(ctx, then.users, again); err != nil {
		return false, err
	}
	drift := drifted(s.o.Limits, then)
	if drift == nil {
		return false, nil
	}
	s.doubted = true
	before, was := s.levels, max(s.first, low)
	start := max(low, s.o.Min)
	if low == 0 {
		start = max(then.users, s.o.Min)
	}
	s.levels, s.order, s.last = map[int]*level{}, nil, nil
	l, err := s.stay(ctx, start, confirm)
	if err == nil && l.verdict == Holds && low > 0 && high > 0 {
		s.levels = before // what was found still holds
		return true, nil
	}
	if err == nil {
		err = s.closeIn(ctx)
	}
	if now, ok := s.point(); ok && now < was {
		s.answer.Fell = &Fall{From: was, To: now, Within: s.now - s.began, Seen: *drift}
	}
	return true, err
}

// contradicted tells whether a level took clearly longer than one with as many
// users, or more, did before it.
func (s *search) contradicted() bool {
	if len(s.order) == 0 {
		return false
	}
	last := s.order[len(s.order)-1]
	for _, v := range s.order[:len(s.order)-1] {
		if v.users < last.users {
			continue
		}
		if slower(s.o.Limits, v, last) >= 0 || v.score <= -0.5 && s.levels[last.users].verdict == Broken {
			return true
		}
	}
	return false
}

// drifted compares the last visit to a level with the first.
func drifted(limits []Limit, l *level) *Drift {
	first, last := l.visited[0], l.visited[len(l.visited)-1]
	i := slower(limits, first, last)
	if i < 0 {
		return nil
	}
	return &Drift{Users: l.users, Event: limits[i].Event, From: first.seen[i].mean, To: last.seen[i].mean}
}

// muchSlower is the share by which an event has to take longer to be worth a word.
const muchSlower = 0.2

// slower returns a limit whose event took clearly longer at b than at a, by
// Welch's test at 0.1 %; −1: none did.
func slower(limits []Limit, a, b visited) int {
	for i := range limits {
		if !comparable(limits, a, b, i) || b.seen[i].mean <= (1+muchSlower)*a.seen[i].mean {
			continue
		}
		x, y := a.seen[i], b.seen[i]
		v := x.variance + y.variance
		if v == 0 {
			return i
		}
		freedom := v * v / (x.variance*x.variance/x.meanFreedom + y.variance*y.variance/y.meanFreedom)
		if studentTail((y.mean-x.mean)/math.Sqrt(v), freedom) < 0.001 {
			return i
		}
	}
	return -1
}

func looksSlower(limits []Limit, a, b visited) bool {
	for i := range limits {
		if comparable(limits, a, b, i) && b.seen[i].mean > (1+muchSlower)*a.seen[i].mean {
			return true
		}
	}
	return false
}

// comparable tells whether two visits have seen enough of a limit's event.
func comparable(limits []Limit, a, b visited, i int) bool {
	const enough = 20
	return limits[i].Kind != Errors && i < len(a.seen) && i < len(b.seen) && a.seen[i].events >= enough && b.seen[i].events >= enough
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

// count is a number of what a level counts: "1 user", "25 users".
func (s *search) count(n int) string { return count(n, s.o.Unit) }

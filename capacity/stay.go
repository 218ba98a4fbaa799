package capacity

import (
	"context"
	"math"
	"time"
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
	finish        // does it hold the limits on errors, too?
	strain        // beside the search: too much
	after         // beside the search: how is it right after that?
)

const (
	baselineAfter = 10              // events with Min users
	impliedAfter  = 5               // of each event, where limits are taken from them
	againAtMost   = 3 * time.Minute // to find out whether a level is slower than it was
)

// level is what is known of so much load.
type level struct {
	n         int // in steps of the load: users, or so many parts of a rate
	verdict   Verdict
	looks     int
	spent     time.Duration // in visits that are over
	after     time.Duration // the next look is due, of the time spent in all visits
	exhausted bool          // no more looks: too near a limit to tell
	pending   bool          // it holds, but for limits on errors of which too little was seen
	leans     Verdict
	seen      []evidence // of the visits that are over, by limit
	score     float64    // of the worst limit: 0 at the limit, −1 far below
	weight    float64
	broken    int     // the limit that broke, when verdict is Broken
	value     float64 // and its statistic
	class     string  // of most of its failures then
	figures   []Figures
	visited   []visited
}

// visited is what a visit has left behind for a comparison with a later one.
type visited struct {
	n     int
	goal  goal
	took  time.Duration
	score float64
	seen  []evidence
}

// look is what a visit has shown up to now.
func (v *visit) look() visited {
	out := visited{n: v.n, took: v.elapsed()}
	for _, series := range v.limits {
		cut, _, _ := series.warmUp()
		e, _ := series.weigh(cut, false)
		out.seen = append(out.seen, e)
	}
	return out
}

// pauses are made when the load generator was saturated at a level, before it is
// tried again: something else may have kept the machine busy. After the last it is
// the load that does.
var pauses = []time.Duration{5 * time.Second, 15 * time.Second}

// stay goes to a level and watches it until its goal is reached.
func (s *search) stay(ctx context.Context, n int, g goal) (*level, error) {
	for tried := 0; ; tried++ {
		l := s.levels[n]
		if l == nil {
			l = &level{n: n, seen: make([]evidence, len(s.o.Limits)), broken: -1}
			s.levels[n] = l
		}
		v, err := s.set(ctx, n)
		if err != nil {
			return l, err
		}
		s.last = l
		was := *l
		err = s.watch(ctx, v, l, g)
		s.leave(v, l, g)
		if v.busy {
			*l = was // it shows nothing
		}
		s.busy = v.busy
		switch {
		case err != nil || !v.busy:
			return l, err
		case v.fewer() && v.active >= s.o.least:
			s.o.most, s.fewer = v.active, v.why
			delete(s.levels, n)
			return l, nil
		case v.fewer():
			s.limitTo(n, v)
			delete(s.levels, n)
			return l, nil
		case tried == len(pauses) && (g == again || g == finish):
			return l, nil // it could be measured before
		case tried == len(pauses):
			s.limitTo(n, v)
			if len(l.visited) == 0 {
				delete(s.levels, n) // nothing is known of it
			}
			return l, nil
		}
		s.last = nil
		if err := s.idle(ctx, pauses[tried]); err != nil {
			return l, err
		}
	}
}

// limitTo notes the level from which on nothing can be measured, as a visit has
// shown.
func (s *search) limitTo(n int, v *visit) {
	if s.ceiling == 0 || n < s.ceiling {
		s.ceiling, s.why, s.unable = n, v.why, v.fewer() || v.unableTooLong()
	}
}

// idle lets so much time pass with as few users as there may be.
func (s *search) idle(ctx context.Context, d time.Duration) error {
	died := s.answer.Died
	v, err := s.set(ctx, s.o.least)
	if err == nil && s.answer.Died != died {
		return s.comeBack(ctx)
	}
	for err == nil && v.elapsed() < d {
		var r Report
		if r, err = s.pause(ctx, v); err != nil {
			break
		}
		v.add(&r)
		switch {
		case r.Gone != "":
			err = s.gone(ctx, s.o.least, &r)
		case v.fewer():
			err = s.tooFew(v, &r)
		}
	}
	return err
}

// set changes the load and begins a visit: when those who are let go have left.
func (s *search) set(ctx context.Context, n int) (*visit, error) {
	// What ended up to now belongs to the level before, and the clock is read.
	r, err := s.b.Watch(ctx, 0)
	if err == nil && r.Gone != "" {
		s.now = max(s.now, r.Now)
		if n > s.o.least {
			err = s.gone(ctx, s.at, &r)
		} else {
			s.died(s.at, &r) // whoever sets so little load waits for it
		}
	}
	before := s.at
	if err == nil {
		s.at = n
		err = s.b.Set(ctx, s.o.load(n))
	}
	if err != nil {
		return nil, err
	}
	if !s.known {
		s.known, s.began = true, r.Now
	}
	s.now = max(s.now, r.Now)
	if n < before && !s.o.Open {
		if again, err := s.drain(ctx, n, before); err != nil {
			return nil, err
		} else if again {
			return s.set(ctx, n)
		}
	}
	return newVisit(n, s.now, s.o.Limits, s.o.Open), nil
}

// drain waits until those who are let go have left: each ends what it is at, and
// until then the app has to serve it too. again: the app ended at that, and was
// waited for with another load.
func (s *search) drain(ctx context.Context, n, before int) (again bool, err error) {
	for began := s.now; ; {
		r, err := s.pass(ctx, min(max((s.now-began)/50, 50*time.Millisecond), time.Second))
		if err != nil {
			return false, err
		}
		switch {
		case r.Gone != "" && n > s.o.least:
			return true, s.gone(ctx, before, &r)
		case r.Gone != "":
			s.died(before, &r) // as above
		case r.Active <= n:
			return false, nil
		}
	}
}

// pause lets some time of a visit pass.
func (s *search) pause(ctx context.Context, v *visit) (Report, error) {
	return s.pass(ctx, min(max(v.elapsed()/10, 250*time.Millisecond), 5*time.Second))
}

// pass lets d pass, within the budget.
func (s *search) pass(ctx context.Context, d time.Duration) (Report, error) {
	left := s.o.Budget - (s.now - s.began)
	if left <= 0 {
		return Report{}, errBudget
	}
	r, err := s.b.Watch(ctx, min(d, left))
	if r.Now > s.now {
		s.now = r.Now
	}
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return r, err
}

const (
	// knownAfter is how long it takes until something is known of the load generator.
	knownAfter = time.Second
	// startTime is how long the start of users may saturate it.
	startTime = 5 * time.Second
)

func (s *search) watch(ctx context.Context, v *visit, l *level, g goal) error {
	for looked := 0; ; {
		r, err := s.pause(ctx, v)
		if err != nil {
			return err
		}
		v.add(&r)
		switch {
		case r.Gone != "" && g == after: // it is the overload that did it
			if err := s.gone(ctx, s.strained, &r); err != nil {
				return err
			}
			return errGone
		case r.Gone != "":
			return s.gone(ctx, l.n, &r)
		}
		// With fewer users than it is said to have nothing is decided.
		if v.fewer() {
			return s.tooFew(v, &r)
		}
		if v.short > 0 {
			continue
		}
		if r.Active >= v.n {
			s.most = max(s.most, v.n)
		}
		// What the load generator was like is known a second later, at the soonest.
		if v.elapsed() < knownAfter && !s.o.AllowSaturated {
			continue
		}
		// The start of users may saturate it for a moment, in which nothing is decided.
		if v.elapsed() < startTime && (v.unable > 0 || v.saturated > 0 && !s.o.AllowSaturated) {
			continue
		}
		if s.distrusts(v) {
			v.busy = true
			return nil
		}
		spent := v.elapsed() >= s.o.StepTime
		if g >= strain {
			if spent || s.ready(v, g) {
				return nil
			}
			continue
		}
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
		if g == finish {
			l.verdict = Unclear // it held by fewer events
		}
		s.judge(v, l, may)
		switch {
		case l.verdict != Unclear && (g != finish || !l.pending):
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
				if math.Abs(float64(l.n)-n-0.5) < float64(wide(int(n)))/2+1 {
					return nil
				}
			}
		}
	}
}

// distrusts tells whether the load generator was no measure of the app for too
// much of a visit.
func (s *search) distrusts(v *visit) bool {
	switch {
	case v.unableTooLong():
		v.why = v.failed
		return true
	default:
		return v.saturatedTooLong() && !s.o.AllowSaturated
	}
}

// tooFew deals with a load that has been short of users for too long: some can't
// come. Where some of those who were there are gone, the search is over.
func (s *search) tooFew(v *visit, r *Report) error {
	v.busy, v.why, v.active = true, r.Fewer, r.Active
	if r.Active < s.most {
		return unmeasured(r.Fewer)
	}
	return nil
}

// ready tells whether there is something to look at: with users who come
// again, each of them did so some times on average. It takes more to decide
// than to go on. And it takes time for a queue to fill.
func (s *search) ready(v *visit, g goal) bool {
	n, events, times := v.most(), 60, 6
	switch g {
	case baseline:
		if len(s.o.Limits) == 0 && (v.rarest() < impliedAfter || !s.o.Open && len(v.users) < v.n) {
			return false // limits are to come of it
		}
		return n >= baselineAfter
	case climb, again:
		events, times = 24, 3
	case strain:
		events, times = 24, 1
	case after:
		events, times = 40, 4
	}
	if n < events || !s.o.Open && n < times*v.n {
		return false
	}
	fill := 0.0
	for _, l := range s.o.Limits {
		if l.Kind != Errors {
			fill = max(fill, s.fills(v, l, g))
		}
	}
	return v.elapsed() >= seconds(fill)
}

// fills is how long it takes, in seconds, until a queue is as it stays: one that
// just reaches the limit, or, where that is far, one in which everything takes
// twice as long as is seen.
//
// With one worker, exponential times and a mean response of R where the service
// takes S, the relaxation time is about 4R²/S (Gross, Shortle, Thompson, Harris,
// Fundamentals of Queueing Theory, section 2.11). S is at most the baseline. A
// closed load forgets within a few rounds of its users, which the number of
// events sees to; so there some responses suffice.
func (s *search) fills(v *visit, l Limit, g goal) float64 {
	tail := l.Value // about the 95th percentile at the limit
	if l.Kind == Mean {
		tail *= 3
	}
	tail = min(tail, 2*v.p95(l.Event))
	if g == climb || g == again || g >= strain {
		if s.o.Open {
			return 12 * tail
		}
		return 0
	}
	f, ok := find(s.base, l.Event)
	switch {
	case !ok || f.Mean <= 0:
		return 0
	case s.o.Open:
		return max(12*tail, min(20*tail*tail/f.Mean, 240*tail))
	default:
		return min(10*tail*tail/f.Mean, 20*l.Value)
	}
}

// easy tells whether a level on the way up is clear enough to go on.
func (s *search) easy(v *visit, l *level, looked int) bool {
	settled := true
	for _, series := range v.limits {
		_, ok, _ := series.warmUp()
		settled = settled && ok
	}
	switch {
	case l.score <= -0.15: // settled or not, it is further up
		return true
	case !settled && looked < 5:
		return false
	case l.score >= 0.3 && l.leans == Broken:
		return true
	default:
		return l.leans != Unclear || looked >= 5
	}
}

// leave puts down what a visit has shown.
func (s *search) leave(v *visit, l *level, g goal) {
	if v.elapsed() == 0 && len(v.order) == 0 {
		return // it was over before it began
	}
	if v.busy || g >= strain {
		out := Level{Aside: g >= strain}
		if v.busy {
			out.Saturated = v.why
		}
		s.put(v, out)
		return
	}
	if len(v.order) > 0 && l.figures == nil || g == again || g == baseline {
		l.figures = v.figures()
	}
	l.spent += v.elapsed()
	this := v.look()
	this.goal, this.score = g, l.score
	for i, e := range this.seen {
		if e.calm {
			e = e.atLeast(s.waves(i, l.n))
		}
		if g != again {
			l.seen[i] = l.seen[i].pool(e)
		}
	}
	l.visited = append(l.visited, this)
	s.order = append(s.order, this)
	s.put(v, Level{Verdict: l.verdict})
}

// put fills in what a stay at a level has shown, and puts it down.
func (s *search) put(v *visit, out Level) {
	out.Load, out.At, out.Took, out.WarmUp = s.o.load(v.n), v.began-s.began, v.elapsed(), v.warm()-v.began
	out.Figures = v.figures()
	if v.known > 0 {
		out.App = Usage{Known: true, Cores: v.cores / v.known, Busiest: v.busiest / v.known, Of: v.of, Memory: v.memory}
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

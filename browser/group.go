package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// pending is a wait with what has been seen of it.
type pending struct {
	action scenario.Action
	wait
	post *post

	armed  bool // what had to be known before the first action is
	wanted bool // its "if" held when its turn had come
	held   bool // a level that held before the action and was not seen to cease since
	seen   bool // an edge whose opposite was seen
	saw    string

	// What was known of its document before the last look that did not hold:
	// the change that makes it hold comes later.
	falseOf    float64
	falseSince int
	falseAsked event.Instant // when that look was asked for
}

// Where no change announces that a wait holds (a canvas, a style sheet's rule),
// it is looked at again after fallback; a wait that lasts long is looked at
// less often, so that the error stays below 5 %.
const (
	fallback     = 100 * time.Millisecond
	fallbackPart = 20
	fallbackMost = time.Second
)

// pause bounds how long a page that changes all the time is left alone between
// two looks: as long as a look takes, so that half of the time stays the page's.
const pause = 10 * time.Millisecond

// edgePause is pause where an edge is waited for: a flash of 10 ms is not to
// fall between two looks.
const edgePause = 2 * time.Millisecond

// longLook is what a look lasts that is better told of than what was seen before.
const longLook = 2 * time.Second

// group is an action, if any, and the waits that follow it, under way.
type group struct {
	s      *session
	act    *running     // nil: there is none
	unsent *runner.Span // the action's, where its "if" kept it from being sent
	waits  []*pending
	ahead  []*pending // whose turn comes after the group; nil for what is no wait
	handed event.Instant

	current  int       // the wait whose turn it is
	turn     time.Time // since when
	deadline time.Time // the action's while it is under way, then that of the wait whose turn it is
	spans    []runner.Span
}

// group carries out an action, if any, and the waits that follow it. The waits
// are looked at one after another while the action's own call is still under
// way: it returns late.
func (s *session) group(ctx context.Context, action *scenario.Action, waits, ahead []*pending) ([]runner.Span, error) {
	g := &group{s: s, waits: waits, ahead: ahead, handed: s.clock.Now()}
	if action != nil {
		g.deadline = time.Now().Add(action.Timeout)
		if err := g.send(ctx, *action); err != nil {
			return nil, err
		}
	}
	g.next()
	return g.finish(ctx, g.run(ctx))
}

// send sends the action, after a look at the waits that may hold already.
func (g *group) send(ctx context.Context, a scenario.Action) error {
	what, ok := actOf(a.Op)
	if !ok {
		return fmt.Errorf("%T is no step of a page", a.Op)
	}
	skip, err := g.s.skips(ctx, g.deadline, a)
	switch {
	case err != nil && !(a.Optional && ctx.Err() == nil && !fatal(err)):
		return inTime(err, a.Timeout)
	case err != nil:
		g.unsent = &runner.Span{Begin: g.handed, End: g.s.clock.Now()}
		return nil
	case skip:
		g.unsent = &runner.Span{Skipped: true}
		return nil
	}
	for _, w := range g.waits {
		if what.navigates || w.edge || w.check == nil {
			continue
		}
		w.falseOf, w.falseSince = w.post.clock.origin, w.post.last.Changes
		asked := g.s.clock.Now()
		v, err := g.look(ctx, w)
		if err != nil && fatal(err) {
			return err
		}
		w.held = v.held
		if v.answered {
			w.falseAsked = asked
		}
	}
	g.handed = g.s.clock.Now()
	g.act = g.s.start(ctx, a, what, g.deadline)
	return nil
}

// acting tells whether the action is under way.
func (g *group) acting() bool { return g.act != nil && !g.act.returned }

// next gives its time to the wait whose turn it is.
func (g *group) next() {
	if !g.acting() && g.current < len(g.waits) {
		g.turn = time.Now()
		g.deadline = g.turn.Add(g.waits[g.current].action.Timeout)
	}
}

// passed ends the wait whose turn it is.
func (g *group) passed(span runner.Span) {
	g.spans = append(g.spans, span)
	g.current++
	g.next()
}

// sight is what a look saw.
type sight struct {
	held     bool
	answered bool // else the page was not there to be looked at
	saw      string
}

// look looks at a wait once. That a document went away meanwhile, or does not
// answer in time, is no error: it does not hold.
func (g *group) look(ctx context.Context, w *pending) (sight, error) {
	v, err := by(ctx, g.deadline, g.s, func() (sight, error) {
		held, saw, err := w.check(g.s)
		return sight{held, true, saw}, err
	})
	switch {
	case err == nil:
		return v, nil
	case errors.Is(err, errNoAnswer):
		return sight{saw: err.Error()}, nil
	case navigated(err):
		return sight{saw: "the page was navigating"}, nil
	}
	return sight{}, plain(err)
}

// fatal tells whether an error ends the session, not only the step.
func fatal(err error) bool { return closedError(err) || errors.Is(err, context.Canceled) }

func (g *group) run(ctx context.Context) error {
	timer := time.NewTimer(fallback)
	defer timer.Stop()
	changed := true // since the last look
	for {
		if changed && g.s.begun(g.act) {
			if err := g.advance(ctx); err != nil {
				return err
			}
			changed = false
			timer.Reset(g.interval())
		}
		if g.current == len(g.waits) && !g.acting() {
			return nil
		}
		if g.late() {
			if err := g.fail(ctx, g.waits[g.current], nil); err != nil {
				return err
			}
			changed = true
			continue
		}
		here, there, returned := g.ask()
		var err error
		select {
		case a := <-here:
			changed, err = g.hear(ctx, g.waits[g.current].post, a, changed)
		case a := <-there:
			changed, err = g.hear(ctx, g.act.post, a, changed)
		case o := <-returned:
			g.act.returned, g.act.outcome = true, o
			if o.err != nil && !g.act.action.Optional {
				return errAct
			}
			g.next()
			changed = true
		case <-timer.C:
			changed = true
			timer.Reset(g.interval())
		case <-ctx.Done():
			err = ctx.Err()
		case <-g.s.pair.over:
			err = g.s.pair.reason
		case <-g.s.closing:
			err = errSessionClosed
		case <-g.s.crashed:
			err = errCrashed
		}
		if err != nil {
			return err
		}
	}
}

// ask has a question out where news are expected from: the document of the wait
// whose turn it is, and that of the action under way.
func (g *group) ask() (here, there chan answer, returned chan outcome) {
	var waits *post
	if g.current < len(g.waits) {
		waits = g.waits[g.current].post
		waits.ask()
		here = waits.news
	}
	if g.acting() {
		returned = g.act.done
		if acts := g.act.post; acts != waits && (len(g.act.begin) > 0 || g.act.navigates) {
			acts.ask()
			there = acts.news
		}
	}
	return here, there, returned
}

// errAct says that the action failed; its own error is in its outcome.
var errAct = errors.New("the action failed")

// hear takes an answer in and tells whether there is something to look at. A
// question that fails at once must not be asked in a tight loop: the page may
// be without the instrument (the browser's own error page), or the frame is not
// there.
func (g *group) hear(ctx context.Context, p *post, a answer, changed bool) (bool, error) {
	p.asking = false
	if a.err == nil {
		p.accept(a)
		return true, nil
	}
	if closedError(a.err) {
		return false, plain(a.err)
	}
	return changed, sleep(ctx, pause)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interval is how long to wait for news.
func (g *group) interval() time.Duration {
	if g.acting() {
		return fallback
	}
	now := time.Now()
	d := min(max(fallback, now.Sub(g.turn)/fallbackPart), fallbackMost)
	return max(0, min(d, g.deadline.Sub(now)))
}

// advance looks at the wait whose turn it is, and at the next ones as long as
// they hold; and at the edges to come, which must be seen at their opposite.
func (g *group) advance(ctx context.Context) error {
	for g.current < len(g.waits) && !g.late() {
		w := g.waits[g.current]
		over, err := g.try(ctx, w)
		if err != nil {
			if err := g.fail(ctx, w, err); err != nil {
				return err
			}
		} else if !over {
			break
		}
	}
	return g.peek(ctx)
}

// peek looks at the edges to come.
func (g *group) peek(ctx context.Context) error {
	for _, w := range slices.Concat(g.waits[min(g.current+1, len(g.waits)):], g.ahead) {
		if w.unseen() {
			v, err := g.look(ctx, w)
			if err != nil && fatal(err) {
				return err
			}
			w.seen = v.answered && !v.held
		}
	}
	return nil
}

// try tells whether the turn of a wait is over.
func (g *group) try(ctx context.Context, w *pending) (over bool, err error) {
	if g.acting() && (w.alone != nil || len(w.action.If) > 0) {
		return false, nil // it only begins when its turn has come
	}
	if !w.wanted {
		skip, err := g.s.skips(ctx, g.deadline, w.action)
		if err != nil {
			return false, err
		}
		if skip {
			g.passed(runner.Span{Skipped: true})
			return true, nil
		}
		w.wanted = true
	}
	if w.alone != nil {
		return true, g.alone(ctx, w)
	}
	return g.check(ctx, w)
}

// note keeps what a look saw that did not end a wait.
func (w *pending) note(v sight, took time.Duration) {
	if v.answered || w.saw == "" || took > longLook {
		w.saw = v.saw
	}
	w.seen = w.seen || v.answered && !v.held
}

// check looks at a wait and, where it holds, finds out since when.
func (g *group) check(ctx context.Context, w *pending) (bool, error) {
	of, since := w.post.clock.origin, w.post.last.Changes
	asked := g.s.clock.Now()
	v, err := g.look(ctx, w)
	if err != nil {
		if !g.acting() || fatal(err) {
			return false, err
		}
		v.saw = err.Error() // it counts from the action's return
	}
	answered := g.s.clock.Now()
	took := answered.Sub(asked)
	if !v.held || w.edge && !w.seen {
		w.note(v, took)
		w.held = false
		w.falseOf, w.falseSince = of, since
		if v.answered {
			w.falseAsked = asked
		}
		// Leave the page some time.
		if w.edge {
			return false, sleep(ctx, min(took, edgePause))
		}
		return false, sleep(ctx, min(took, pause))
	}
	if w.held {
		// It held before the action, too. The page may need a moment to begin
		// with its answer: like Playwright's own wait, this one counts from the
		// action's return.
		if g.acting() {
			return false, nil
		}
		g.passed(runner.Span{Begin: g.handed, End: g.handed, OnPage: true, Already: true})
		return true, nil
	}
	end, onPage, err := g.since(ctx, w, answered)
	if err != nil {
		return false, err
	}
	g.passed(runner.Span{Begin: g.handed, End: max(end, g.handed), OnPage: onPage})
	return true, nil
}

// since finds when a wait that was seen to hold began to: at the last change
// before the look, where there was one since the look before that did not hold;
// else nothing announced it, and it is the look itself.
func (g *group) since(ctx context.Context, w *pending, answered event.Instant) (at event.Instant, onPage bool, err error) {
	if w.when != nil {
		at, onPage = w.when(g.s)
		if onPage {
			return min(at, answered), true, nil
		}
	}
	// When it fails, the document is gone with its times.
	if w.post.state(ctx, g.deadline, g.known(w)) == nil {
		// A change from before a look that did not hold is not the one, even if
		// the page told of it only later.
		at, onPage = w.post.lastChange(g.known(w), answered)
		if onPage && at >= w.falseAsked.Add(-clockSlack) {
			return at, true, nil
		}
	}
	return answered, false, ctx.Err()
}

// known is the number of the last change before the last look that did not hold.
func (g *group) known(w *pending) int {
	if w.falseOf == w.post.clock.origin {
		return w.falseSince
	}
	return 0
}

// alone leaves a wait to itself.
func (g *group) alone(ctx context.Context, w *pending) error {
	end, onPage, err := w.alone(ctx, g.s, g.deadline)
	if err != nil {
		w.saw = plain(err).Error()
		return err
	}
	g.passed(runner.Span{Begin: g.handed, End: max(end, g.handed), OnPage: onPage})
	return nil
}

// late tells whether the wait whose turn it is has had its time.
func (g *group) late() bool {
	return !g.acting() && g.current < len(g.waits) && !time.Now().Before(g.deadline)
}

// fail ends the wait whose turn it is without its holding: for an error, or
// because its time is up. The failure of an optional one is none.
func (g *group) fail(ctx context.Context, w *pending, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && fatal(err) {
		return err
	}
	if w.action.Optional {
		g.passed(runner.Span{Begin: g.handed, End: g.s.clock.Now()})
		return nil
	}
	if err == nil || g.late() {
		class := event.ClassTimeout
		switch w.action.Op.(type) {
		case *scenario.Expect:
			class = event.ClassCheck
		case *scenario.WaitForResponse:
			if w.saw != noResponse && w.saw != "" {
				class = event.ClassStatus
			}
		}
		return classified{fmt.Errorf("not within %s: %s", w.action.Timeout, g.obstacle(ctx, w)), class}
	}
	return plain(err)
}

// obstacle says why a wait does not hold.
func (g *group) obstacle(ctx context.Context, w *pending) string {
	if w.why != nil && w.saw != errNoAnswer.Error() {
		why, err := by(ctx, time.Now().Add(grace), g.s, func() (string, error) { return w.why(g.s) })
		if err == nil && why != "" {
			return why
		}
	}
	switch {
	case w.edge && !w.seen && w.saw != errNoAnswer.Error():
		return "it never ceased to be so"
	case w.saw == "":
		return "it does not hold"
	}
	return w.saw
}

// finish puts the spans together: the action's, then the waits'.
func (g *group) finish(ctx context.Context, err error) ([]runner.Span, error) {
	var spans []runner.Span
	var last event.Instant // no wait ends before the action began, nor before the wait before it ended
	switch {
	case g.unsent != nil:
		spans = append(spans, *g.unsent)
	case g.act != nil:
		if errors.Is(err, errAct) {
			return nil, plain(g.act.err)
		}
		if g.acting() { // cut short
			return nil, err
		}
		span := g.s.span(ctx, g.act)
		last = span.Begin
		spans = append(spans, span)
	}
	for _, w := range g.spans {
		if !w.Skipped {
			last = max(w.End, last)
			w.End = last
		}
		spans = append(spans, w)
	}
	return spans, err
}

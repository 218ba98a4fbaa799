package browser

import (
	"context"
	"errors"
	"fmt"
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

	held bool // a level that held before the action and was not seen to cease since
	seen bool // an edge whose opposite was seen
	saw  string

	// What was known of its document before the last look that did not hold:
	// the change that makes it hold comes later.
	falseOf    float64
	falseSince int
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

// group carries out an action, if any, and the waits that follow it. The waits
// are looked at one after another while the action's own call is still under
// way: it returns late.
func (s *session) group(ctx context.Context, action *scenario.Action, waits []*pending) ([]runner.Span, error) {
	g := &group{s: s, waits: waits, spans: make([]runner.Span, 0, len(waits)+1)}
	if action != nil {
		if skip, err := s.skips(ctx, *action); err != nil {
			return nil, err
		} else if skip {
			g.skipped = true
		} else if err := g.send(ctx, *action); err != nil {
			return nil, err
		}
	}
	g.handed = s.clock.Now()
	err := g.run(ctx)
	return g.finish(ctx, err)
}

// group is an action and its waits under way.
type group struct {
	s       *session
	skipped bool     // the action's "if" did not hold
	act     *running // nil: there is none
	waits   []*pending
	handed  event.Instant

	current int // the wait whose turn it is
	turn    time.Time
	spans   []runner.Span // of the waits that held
}

func (g *group) send(ctx context.Context, a scenario.Action) error {
	what, ok := actOf(a.Op)
	if !ok {
		return fmt.Errorf("%T is no step of a page", a.Op)
	}
	if !what.navigates {
		for _, w := range g.waits {
			if w.edge || w.check == nil {
				continue
			}
			w.falseOf, w.falseSince = w.post.clock.origin, w.post.last.Changes
			held, _, err := look(ctx, g.s, w)
			if err != nil {
				return err
			}
			w.held = held
		}
	}
	g.act = g.s.start(ctx, a, what)
	return nil
}

// look looks at a wait once. That a document went away meanwhile is no error:
// it does not hold.
func look(ctx context.Context, s *session, w *pending) (held bool, saw string, err error) {
	type seen struct {
		held bool
		saw  string
	}
	v, err := call(ctx, s, func() (seen, error) {
		held, saw, err := w.check(s)
		return seen{held, saw}, err
	})
	if navigated(err) {
		return false, "the page was navigating", nil
	}
	return v.held, v.saw, plain(err)
}

func (g *group) run(ctx context.Context) error {
	g.turn = time.Now()
	timer := time.NewTimer(fallback)
	defer timer.Stop()
	changed := true // since the last look
	for {
		if g.s.begun(g.act) && changed {
			if err := g.advance(ctx); err != nil {
				return err
			}
			changed = false
		}
		acting := g.act != nil && !g.act.returned
		if g.current == len(g.waits) && !acting {
			return nil
		}
		var returned chan outcome
		if acting {
			returned = g.act.done
		}
		var here, there chan answer
		if g.current < len(g.waits) {
			p := g.waits[g.current].post
			p.ask()
			here = p.news
			if acting && g.act.post != p {
				g.act.post.ask()
				there = g.act.post.news
			}
		}
		timer.Reset(g.interval())
		select {
		case a := <-here:
			if changed = g.hear(g.waits[g.current].post, a); changed {
				break
			}
			if err := g.rest(ctx, a.err); err != nil {
				return err
			}
		case a := <-there:
			changed = g.hear(g.act.post, a)
		case o := <-returned:
			g.act.returned, g.act.outcome = true, o
			if o.err != nil && !g.act.action.Optional {
				return errAct
			}
			g.turn, changed = time.Now(), true
		case <-timer.C:
			changed = true
			if g.current < len(g.waits) && !acting && time.Since(g.turn) >= g.waits[g.current].action.Timeout {
				if err := g.giveUp(); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-g.s.pair.over:
			return g.s.pair.reason
		case <-g.s.closing:
			return errSessionClosed
		}
	}
}

// errAct says that the action failed; its own error is in its outcome.
var errAct = errors.New("the action failed")

// hear takes an answer in and tells whether it is worth a look.
func (g *group) hear(p *post, a answer) bool {
	p.asking = false
	if a.err != nil {
		return false
	}
	p.accept(a)
	return true
}

// rest keeps a question that fails at once from being asked in a tight loop: a
// page without the instrument in it (the browser's own error page), or a frame
// that is not there.
func (g *group) rest(ctx context.Context, err error) error {
	if closedError(err) {
		return plain(err)
	}
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// interval is how long to wait for news.
func (g *group) interval() time.Duration {
	elapsed := time.Since(g.turn)
	d := min(max(fallback, elapsed/fallbackPart), fallbackMost)
	if g.current < len(g.waits) && (g.act == nil || g.act.returned) {
		d = min(d, max(g.waits[g.current].action.Timeout-elapsed, 0))
	}
	return d
}

// advance looks at the wait whose turn it is, and at the next ones as long as
// they hold; and at the edges to come, which must be seen at their opposite.
func (g *group) advance(ctx context.Context) error {
	for g.current < len(g.waits) {
		w := g.waits[g.current]
		over := g.act == nil || g.act.returned
		skip, err := g.s.skips(ctx, w.action)
		if err != nil {
			return err
		}
		if skip {
			if !over {
				return nil // whether to wait is asked when its turn has come
			}
			g.passed(runner.Span{Skipped: true})
			continue
		}
		if w.alone != nil {
			if !over {
				return nil
			}
			if err := g.alone(ctx, w); err != nil {
				return err
			}
			continue
		}
		held, err := g.check(ctx, w, over)
		if err != nil {
			return err
		}
		if !held {
			break
		}
	}
	for _, w := range g.waits[min(g.current+1, len(g.waits)):] {
		if w.edge && !w.seen {
			held, _, err := look(ctx, g.s, w)
			if err != nil {
				return err
			}
			w.seen = !held
		}
	}
	return nil
}

func (g *group) passed(span runner.Span) {
	g.spans = append(g.spans, span)
	g.current++
	g.turn = time.Now()
}

// check looks at a wait and, where it holds, finds out since when.
func (g *group) check(ctx context.Context, w *pending, over bool) (bool, error) {
	of, since := w.post.clock.origin, w.post.last.Changes
	asked := time.Now()
	held, saw, err := look(ctx, g.s, w)
	if err != nil {
		return false, err
	}
	answered := g.s.clock.Now()
	if w.edge && !held {
		w.seen = true
	}
	if !held || w.edge && !w.seen {
		w.saw, w.held = saw, false
		w.falseOf, w.falseSince = of, since
		select { // leave the page some time
		case <-time.After(min(time.Since(asked), pause)):
		case <-ctx.Done():
			return false, ctx.Err()
		}
		return false, nil
	}
	if w.held {
		// It held before the action, too. The page may need a moment to begin
		// with its answer: like Playwright's own wait, this one counts from the
		// action's return.
		if !over {
			return false, nil
		}
		g.passed(runner.Span{Begin: g.handed, OnPage: true, Already: true})
		return true, nil
	}
	end, err := g.since(ctx, w, answered)
	if err != nil {
		return false, err
	}
	g.passed(runner.Span{Begin: g.handed, End: end, OnPage: true})
	return true, nil
}

// since finds when a wait that was seen to hold began to: at the last change
// before the look, where there was one since the look before that did not hold;
// else nothing announced it, and it is the look itself.
func (g *group) since(ctx context.Context, w *pending, answered event.Instant) (event.Instant, error) {
	if w.when != nil {
		if at, ok := w.when(g.s); ok {
			return at, nil
		}
	}
	since := 0
	if w.falseOf == w.post.clock.origin {
		since = w.falseSince
	}
	if err := w.post.state(ctx, since); err != nil {
		if navigated(err) { // the document is gone with its times
			return answered, nil
		}
		return 0, plain(err)
	}
	if w.falseOf != w.post.clock.origin {
		since = 0
	}
	if at, ok := w.post.lastChange(since, answered); ok {
		return at, nil
	}
	return answered, nil
}

func (g *group) alone(ctx context.Context, w *pending) error {
	limit, cancel := context.WithTimeout(ctx, w.action.Timeout)
	defer cancel()
	end, err := w.alone(limit, g.s)
	if err != nil {
		w.saw = plain(err).Error()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return g.giveUp()
	}
	span := runner.Span{Begin: g.handed, End: end, OnPage: end != 0}
	if end == 0 {
		span.End = g.s.clock.Now()
	}
	g.passed(span)
	return nil
}

// giveUp ends the wait whose turn it is without its holding.
func (g *group) giveUp() error {
	w := g.waits[g.current]
	if w.action.Optional {
		g.passed(runner.Span{Begin: g.handed, End: g.s.clock.Now()})
		return nil
	}
	saw := w.saw
	switch {
	case w.edge && !w.seen:
		saw = "it never ceased to be so"
	case saw == "":
		saw = "it does not hold"
	}
	return fmt.Errorf("not within %s: %s", w.action.Timeout, saw)
}

// finish puts the spans together: the action's, then the waits'.
func (g *group) finish(ctx context.Context, err error) ([]runner.Span, error) {
	var spans []runner.Span
	var begin event.Instant
	switch {
	case g.skipped:
		spans = append(spans, runner.Span{Skipped: true})
	case g.act != nil:
		if errors.Is(err, errAct) {
			return nil, plain(g.act.err)
		}
		if !g.act.returned { // a wait failed while the action was still under way
			return nil, err
		}
		span := g.s.span(ctx, g.act)
		begin = span.Begin
		spans = append(spans, span)
	}
	for _, w := range g.spans {
		switch {
		case w.Already:
			w.End = max(begin, w.Begin)
			w.Begin = min(w.Begin, w.End)
			w.End = max(w.Begin, begin)
		case !w.Skipped:
			w.End = max(w.End, begin)
			w.Begin = min(w.Begin, w.End)
		}
		spans = append(spans, w)
	}
	return spans, err
}

package browser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
)

// post is where one document is watched from: the page's own, or that of a
// frame. A frame keeps its post when it navigates.
type post struct {
	s        *session
	document string // the selector that enters the frame; "" for the page

	clock pageClock
	last  snapshot      // the newest one
	asked event.Instant // when it was asked for
	ack   int           // inputs up to this number belong to earlier steps

	// Since the last forget: the clocks of the documents that came, as far as
	// they were known then, and the inputs of those that went.
	docs []pageClock
	gone []seenInput

	met event.Instant // when the answer that showed the document was asked for

	asking bool        // a question is out
	news   chan answer // its answer, of capacity 1
}

type answer struct {
	snapshot       snapshot
	err            error
	asked, arrived event.Instant
}

// at returns the post of a document, made at its first use.
func (s *session) at(document string) *post {
	p := s.posts[document]
	if p == nil {
		p = &post{s: s, document: document, news: make(chan answer, 1)}
		s.posts[document] = p
	}
	return p
}

// query asks the instrument: next, which answers when something has changed, or
// state, which answers at once.
func (p *post) query(what string, since int) answer {
	expression := fmt.Sprintf("window[%q].%s(%s,%d,%d)", p.s.pool.key, what,
		strconv.FormatFloat(p.clock.origin, 'f', -1, 64), since, p.ack)
	a := answer{asked: p.s.clock.Now()}
	var v any
	if p.document == "" {
		v, a.err = p.s.page.Evaluate(expression)
	} else {
		root := p.s.page.Locator(p.document + "css=:root")
		if what == "state" {
			// A frame that is gone must not be waited for.
			if n, err := root.Count(); err != nil || n == 0 {
				a.err = errors.Join(errFrameGone, err)
				return a
			}
		}
		v, a.err = root.Evaluate("() => "+expression, nil, playwright.LocatorEvaluateOptions{Timeout: milliseconds(frameTimeout)})
	}
	a.arrived = p.s.clock.Now()
	if a.err == nil {
		a.snapshot, a.err = parseSnapshot(v)
	}
	return a
}

var errFrameGone = errors.New("the frame is gone")

// frameTimeout is how long one question waits for a frame to be there.
const frameTimeout = 2 * time.Second

// ask sends the one question that may be out. Its answer comes on p.news.
func (p *post) ask() {
	if p.asking {
		return
	}
	expect := *p // a copy: the goroutine must not see what the session changes
	p.asking = p.s.spawn(func() { p.news <- expect.query("next", expect.last.Changes) })
}

// state asks for what is known right now, with the times of all changes after
// number since.
func (p *post) state(ctx context.Context, deadline time.Time, since int) error {
	expect := *p
	a, err := by(ctx, deadline, p.s, func() (answer, error) {
		a := expect.query("state", since)
		return a, a.err
	})
	if err != nil {
		return err
	}
	p.accept(a)
	return nil
}

// accept takes a snapshot in. One that is older than what is known already is
// passed over: the answer to a question asked long ago.
func (p *post) accept(a answer) {
	s := a.snapshot
	if s.Origin != p.clock.origin {
		if a.asked < p.met {
			return
		}
		p.gone = p.inputs()
		p.clock, p.met = newPageClock(s.Origin), a.asked
		p.clock.saw(s.Now, a.asked, a.arrived)
		p.docs = append(p.docs, p.clock)
		p.last, p.ack = snapshot{}, 0
	}
	p.clock.saw(s.Now, a.asked, a.arrived)
	if s.Now < p.last.Now {
		return
	}
	for len(s.Inputs) > 0 && s.Inputs[0].Number <= p.ack {
		s.Inputs = s.Inputs[1:]
	}
	p.last, p.asked = s, a.asked
}

// inputs are those since the last forget.
func (p *post) inputs() []seenInput {
	seen := slices.Clone(p.gone)
	for _, in := range p.last.Inputs {
		seen = append(seen, seenInput{in.Kind, p.clock.instant(in.First), p.clock.instant(in.Last)})
	}
	return seen
}

// forget lets go of what belongs to the steps so far.
func (p *post) forget() {
	p.ack = max(p.ack, p.last.acknowledged())
	p.last.Inputs = nil
	p.docs, p.gone = nil, nil
}

// lastChange is the time of the last change after number since that lies before
// an instant.
func (p *post) lastChange(since int, before event.Instant) (event.Instant, bool) {
	first := p.last.Changes - len(p.last.Times) // the number before the first time kept
	for i := len(p.last.Times) - 1; i >= 0 && first+i+1 > since; i-- {
		if at := p.clock.instant(p.last.Times[i]); at <= before {
			return at, true
		}
	}
	return 0, false
}

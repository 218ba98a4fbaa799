package browser

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

func gotoAct(op *scenario.Goto) act {
	return navigation(op.WaitUntil, op.Status, func(ctx context.Context, s *session) (playwright.Response, error) {
		return s.page.Goto(op.URL, playwright.PageGotoOptions{WaitUntil: waitUntil(op.WaitUntil), Timeout: timeLeft(ctx)})
	})
}

// navigation is an action that asks for a document. A document whose status the
// rule does not allow fails it.
func navigation(until scenario.LoadState, rule scenario.StatusRule, f func(context.Context, *session) (playwright.Response, error)) act {
	asked := new(event.Instant)
	return act{navigates: true, until: until, asked: asked, do: func(ctx context.Context, s *session) (string, error) {
		response, err := f(ctx, s)
		if err != nil || response == nil {
			return "", err
		}
		*asked = s.firstAsked(response.Request())
		if !rule.Allows(response.Status()) {
			return "", classified{fmt.Errorf("%s answered %d %s", response.URL(), response.Status(), response.StatusText()), event.ClassStatus}
		}
		return "", nil
	}}
}

func waitUntil(s scenario.LoadState) *playwright.WaitUntilState {
	if s == "" {
		s = scenario.Load
	}
	state := playwright.WaitUntilState(s)
	return &state
}

// firstAsked is when a request was sent, or the first of those that led to it.
func (s *session) firstAsked(r playwright.Request) event.Instant {
	for from := r.RedirectedFrom(); from != nil; from = r.RedirectedFrom() {
		r = from
	}
	return s.fromSystem(r.Timing().StartTime)
}

// navigationSpan times a navigation on the page's clock: from the navigation
// start of the first document asked for (redirects by script lie inside) to
// what was waited for, as the last document has it. Not ok where no new
// document was made: an address with another #fragment.
func (s *session) navigationSpan(ctx context.Context, deadline time.Time, r *running) (begin, end event.Instant, ok bool) {
	end, ok = s.loadState(ctx, deadline, r.until)
	first := slices.IndexFunc(s.at("").docs, r.made)
	if !ok || first < 0 {
		return 0, 0, false
	}
	begin = s.at("").docs[first].began()
	if *r.asked != 0 {
		begin = min(begin, *r.asked) // the first document was gone before it was seen
	}
	begin = max(begin, r.sent)
	return begin, max(begin, end), true
}

// loadState is when the page's document reached a load state.
func (s *session) loadState(ctx context.Context, deadline time.Time, until scenario.LoadState) (event.Instant, bool) {
	p := s.at("")
	for {
		err := p.state(ctx, deadline, p.last.Changes)
		if err == nil {
			break
		}
		if !navigated(err) || sleep(ctx, pause) != nil {
			return 0, false
		}
	}
	reached := p.reached(until)
	if until == scenario.NetworkIdle {
		idle, err := by(ctx, deadline, s, func() (any, error) { return s.page.Evaluate(fmt.Sprintf("window[%q].idle()", s.pool.key)) })
		if err == nil {
			reached = max(reached, number(idle))
		}
	}
	return p.clock.instant(reached), reached > 0
}

// number is a number of JavaScript's, which arrives as an int when it is whole.
func number(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// reached is the document's own time of a load state, in milliseconds since its
// origin; 0 where it has not come yet.
func (p *post) reached(until scenario.LoadState) float64 {
	switch until {
	case scenario.Commit:
		return p.last.Marks.Response
	case scenario.DOMContentLoaded:
		return p.last.Marks.DOMContentLoaded
	default:
		return p.last.Marks.Load
	}
}

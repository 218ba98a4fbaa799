package browser

import (
	"context"
	"fmt"

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
	return act{navigates: true, until: until, do: func(ctx context.Context, s *session) (string, error) {
		response, err := f(ctx, s)
		if err != nil || response == nil {
			return "", err
		}
		s.asked = event.Instant(response.Request().Timing().StartTime * 1e6)
		if !rule.Allows(response.Status()) {
			return "", fmt.Errorf("%s answered %d %s", response.URL(), response.Status(), response.StatusText())
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

// navigationSpan times a navigation on the page's clock: from the navigation
// start of the first document asked for (redirects by script lie inside) to
// what was waited for, as the last document has it. Not ok where no new
// document was made: an address with another #fragment.
func (s *session) navigationSpan(ctx context.Context, until scenario.LoadState) (begin, end event.Instant, ok bool) {
	end, ok = s.loadState(ctx, until)
	p := s.at("")
	if !ok || len(p.docs) == 0 {
		return 0, 0, false
	}
	begin = event.Instant(p.docs[0] * 1e6)
	if s.asked != 0 {
		begin = min(begin, s.asked) // the first document was gone before it was seen
	}
	return begin, end, true
}

// loadState is when the page's document reached a load state.
func (s *session) loadState(ctx context.Context, until scenario.LoadState) (event.Instant, bool) {
	p := s.at("")
	if p.reached(until) == 0 {
		if err := p.state(ctx, 0); err != nil {
			return 0, false
		}
	}
	reached := p.reached(until)
	if until == scenario.NetworkIdle {
		idle, err := call(ctx, s, func() (any, error) { return s.page.Evaluate(fmt.Sprintf("window[%q].idle()", s.pool.key)) })
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

package browser

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// wait is a condition on the page, looked at whenever the page has changed.
type wait struct {
	// check looks once and never waits. What it saw is for the error of a wait
	// that gives up.
	check func(s *session) (held bool, saw string, err error)

	// An edge holds only once its opposite was seen since the event began:
	// before is called before the event's first action, and says whether it was
	// seen by then.
	edge   bool
	before func(s *session) (seen bool, err error)

	document string // whose changes can make it true

	// hear hands over the responses that come from now on, before the event's
	// first action; nil where they do not matter.
	hear func(*responses)

	// alone waits by itself instead of check: for what has a time of its own.
	// Where the page knows it, onPage is true.
	alone func(ctx context.Context, s *session, deadline time.Time) (end event.Instant, onPage bool, err error)

	// when gives the end, where it is not that of a change; nil: the change's.
	when func(s *session) (event.Instant, bool)

	// why says at the end what was amiss, where what the looks saw is not enough.
	why func(s *session) (string, error)

	// playwright waits Playwright's own way, for timing: wall; nil: the check is
	// repeated at the intervals at which Playwright repeats its own.
	playwright func(ctx context.Context, s *session) error
}

// waitOf says how to wait for an operation; false for the actions, which are in
// [actOf].
func waitOf(op scenario.Op) (wait, bool) {
	switch op := op.(type) {
	case *scenario.WaitFor:
		return waitForTarget(op), true
	case *scenario.WaitForURL:
		return waitForURL(op), true
	case *scenario.WaitForLoadState:
		return waitForLoadState(op), true
	case *scenario.WaitForFunction:
		return wait{check: func(s *session) (bool, string, error) {
			v, err := evaluateRaw(s, op.JS, op.Args)
			if v == nil {
				return false, "it returned null", err
			}
			return truthy(v), "it returned " + wording.Cut(fmt.Sprint(v), 200), err
		}}, true
	case *scenario.WaitForResponse:
		return waitForResponse(op), true
	case *scenario.WaitForQuiet:
		return waitForQuiet(op), true
	case *scenario.Expect:
		return expectation(op), true
	}
	return wait{}, false
}

func waitForTarget(op *scenario.WaitFor) wait {
	t := op.Target
	w := wait{document: document(t)}
	switch {
	case op.Becomes == "changed":
		var first atomic.Pointer[[]string] // a first look that nobody waited for may end after the next
		w.edge = true
		w.before = func(s *session) (bool, error) {
			texts, err := s.locator(t).AllInnerTexts()
			first.Store(&texts)
			if navigated(err) {
				err = nil // whatever comes is another text
			}
			return true, err
		}
		w.check = func(s *session) (bool, string, error) {
			var was []string
			if texts := first.Load(); texts != nil {
				was = *texts
			}
			now, err := s.locator(t).AllInnerTexts()
			return len(now) > 0 && !reflect.DeepEqual(was, now), fmt.Sprintf("its text is still %q", wording.Cut(strings.Join(now, " "), 60)), err
		}
	case op.Becomes != "":
		w.edge = true
		w.check = levelOf(op.Becomes, t)
		w.before = func(s *session) (bool, error) {
			held, _, err := w.check(s)
			return !held, err
		}
	default:
		w.check = levelOf(op.State, t)
		if op.State == "visible" {
			w.why = func(s *session) (string, error) {
				n, err := s.locator(t).Count()
				if n > 0 {
					return "", err
				}
				return noElement, err
			}
		}
		w.playwright = func(ctx context.Context, s *session) error {
			state, ok := map[string]*playwright.WaitForSelectorState{
				"visible": playwright.WaitForSelectorStateVisible, "hidden": playwright.WaitForSelectorStateHidden,
				"attached": playwright.WaitForSelectorStateAttached, "detached": playwright.WaitForSelectorStateDetached,
			}[op.State]
			if !ok {
				return s.expectPlainly(ctx, &scenario.Expect{Target: t, Assertion: "to_be_enabled", Want: true})
			}
			return s.locator(t).WaitFor(playwright.LocatorWaitForOptions{State: state, Timeout: timeLeft(ctx)})
		}
	}
	return w
}

// levelOf looks once at a state, with the meaning that the locator's own wait
// gives it, strictness included.
func levelOf(state string, t scenario.Target) func(*session) (bool, string, error) {
	return func(s *session) (bool, string, error) {
		l := s.locator(t)
		switch state {
		case "attached", "detached":
			n, err := l.Count()
			if err == nil && n > 1 {
				err = errors.New(tooMany(n))
			}
			return (n == 1) == (state == "attached"), elements(n), err
		case "enabled":
			return s.expected(&scenario.Expect{Target: t, Assertion: "to_be_enabled", Want: true})
		default:
			visible, err := l.IsVisible()
			if state == "hidden" {
				return !visible, "it is still visible", err
			}
			return visible, "it is not visible", err
		}
	}
}

func elements(n int) string {
	switch n {
	case 0:
		return noElement
	case 1:
		return "1 element matched"
	}
	return fmt.Sprintf("%d elements matched", n)
}

func waitForURL(op *scenario.WaitForURL) wait {
	return wait{
		// The page is asked: what the driver knows comes later than the change.
		check: func(s *session) (bool, string, error) {
			re, err := globAgainst(s.pool.o.BaseURL, op.Glob)
			if err != nil {
				return false, "", err
			}
			url, err := s.page.Evaluate("location.href")
			at, _ := url.(string)
			return re.MatchString(at), "it is " + at, err
		},
		playwright: func(ctx context.Context, s *session) error {
			re, err := globAgainst(s.pool.o.BaseURL, op.Glob)
			if err != nil {
				return err
			}
			err = s.page.WaitForURL(re, playwright.PageWaitForURLOptions{Timeout: timeLeft(ctx), WaitUntil: playwright.WaitUntilStateCommit})
			if errors.Is(err, playwright.ErrTimeout) {
				return &plainError{"it is " + s.page.URL(), err}
			}
			return err
		},
	}
}

func waitForLoadState(op *scenario.WaitForLoadState) wait {
	own := func(ctx context.Context, s *session) error {
		state := playwright.LoadState(op.State)
		err := s.page.WaitForLoadState(playwright.PageWaitForLoadStateOptions{State: &state, Timeout: timeLeft(ctx)})
		if errors.Is(err, playwright.ErrTimeout) {
			return &plainError{fmt.Sprintf("still waiting for the page's %q", op.State), err}
		}
		return err
	}
	return wait{playwright: own, alone: func(ctx context.Context, s *session, deadline time.Time) (event.Instant, bool, error) {
		_, err := s.carry(ctx, deadline, func(ctx context.Context, s *session) (string, error) { return "", own(ctx, s) })
		if err != nil {
			return 0, false, err
		}
		if end, ok := s.loadState(ctx, deadline, op.State); ok {
			return end, true, nil
		}
		return s.clock.Now(), false, nil
	}}
}

// quietPause is how long a page without the instrument is left alone: it may be
// on its way to one that has it.
const quietPause = 50 * time.Millisecond

func waitForQuiet(op *scenario.WaitForQuiet) wait {
	return wait{alone: func(ctx context.Context, s *session, deadline time.Time) (event.Instant, bool, error) {
		for {
			quiet, err := by(ctx, deadline, s, func() (*lastMutation, error) { return s.quiet(op, deadline) })
			switch {
			case err == nil:
				at, onPage := s.instantOf(ctx, deadline, op, quiet)
				return at, onPage, nil
			case errors.Is(err, errNoAnswer):
				return 0, false, &plainError{"the page did not become quiet", playwright.ErrTimeout}
			case !navigated(err):
				return 0, false, err
			}
			if err := sleep(ctx, quietPause); err != nil {
				return 0, false, err
			}
		}
	}}
}

// lastMutation is when a document changed last, in milliseconds since its origin.
type lastMutation struct{ origin, at float64 }

// quiet waits for a document, or an element in it, to be quiet and answers when
// it was last not.
func (s *session) quiet(op *scenario.WaitForQuiet, deadline time.Time) (*lastMutation, error) {
	ask := fmt.Sprintf("window[%q].quiet(e, %d, %d)", s.pool.key, op.Quiet.Milliseconds(), max(0, time.Until(deadline)).Milliseconds())
	if s.pool.o.Timing == scenario.WallTiming { // the instrument is not there yet
		ask = fmt.Sprintf("(%s, %s)", instrument(s.pool.key), ask)
	}
	var v any
	var err error
	if op.Within == nil {
		v, err = s.page.Evaluate("(e => " + ask + ")(null)")
	} else {
		v, err = s.locator(*op.Within).Evaluate("e => "+ask, nil, playwright.LocatorEvaluateOptions{Timeout: milliseconds(time.Until(deadline))})
	}
	if err != nil {
		return nil, err
	}
	if v == nil { // the page gave up: its time is over, too
		return nil, errNoAnswer
	}
	var last lastMutation
	return &last, answerOf(v, &last.origin, &last.at)
}

// instantOf converts the time of the last mutation by what is known of its
// document's clock; not on the page's clock where the document is gone.
func (s *session) instantOf(ctx context.Context, deadline time.Time, op *scenario.WaitForQuiet, last *lastMutation) (at event.Instant, onPage bool) {
	p := s.at("")
	if op.Within != nil {
		p = s.at(document(*op.Within))
	}
	if p.clock.origin != last.origin && s.pool.o.Timing != scenario.WallTiming {
		_ = p.state(ctx, deadline, p.last.Changes) // where it fails, the document is gone
	}
	if p.clock.origin != last.origin {
		return s.clock.Now(), false
	}
	return p.clock.instant(last.at), true
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case int:
		return v != 0
	case float64:
		return v != 0 && v == v
	}
	return true
}

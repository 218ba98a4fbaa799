package browser

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
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

	// alone waits by itself instead of check: for what has a time of its own.
	alone func(ctx context.Context, s *session) (end event.Instant, err error)

	// when gives the end, where it is not that of a change; nil: the change's.
	when func(s *session) (event.Instant, bool)

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
			return truthy(v), fmt.Sprintf("it returned %v", v), err
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
		var first []string
		w.edge = true
		w.before = func(s *session) (bool, error) {
			var err error
			first, err = s.locator(t).AllInnerTexts()
			return true, err
		}
		w.check = func(s *session) (bool, string, error) {
			now, err := s.locator(t).AllInnerTexts()
			return len(now) > 0 && !reflect.DeepEqual(first, now), fmt.Sprintf("its text is still %.60q", strings.Join(now, " ")), err
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
		w.playwright = func(ctx context.Context, s *session) error {
			state, ok := map[string]*playwright.WaitForSelectorState{
				"visible": playwright.WaitForSelectorStateVisible, "hidden": playwright.WaitForSelectorStateHidden,
				"attached": playwright.WaitForSelectorStateAttached, "detached": playwright.WaitForSelectorStateDetached,
			}[op.State]
			if !ok {
				return playwright.NewPlaywrightAssertions().Locator(s.locator(t)).ToBeEnabled(playwright.LocatorAssertionsToBeEnabledOptions{Timeout: timeLeft(ctx)})
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
				err = fmt.Errorf("%d elements match: add nth, or within", n)
			}
			return (n == 1) == (state == "attached"), fmt.Sprintf("%s matched", elements(n)), err
		case "enabled":
			held, saw, err := expected(playwright.NewPlaywrightAssertions().Locator(l).ToBeEnabled(playwright.LocatorAssertionsToBeEnabledOptions{Timeout: once}))
			return held, saw, err
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
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}

func waitForURL(op *scenario.WaitForURL) wait {
	var re *regexp.Regexp
	return wait{
		check: func(s *session) (bool, string, error) {
			if re == nil {
				var err error
				if re, err = globAgainst(s.pool.o.BaseURL, op.Glob); err != nil {
					return false, "", err
				}
			}
			return re.MatchString(s.page.URL()), "it is " + s.page.URL(), nil
		},
		playwright: func(ctx context.Context, s *session) error {
			return s.page.WaitForURL(op.Glob, playwright.PageWaitForURLOptions{Timeout: timeLeft(ctx), WaitUntil: playwright.WaitUntilStateCommit})
		},
	}
}

func waitForLoadState(op *scenario.WaitForLoadState) wait {
	own := func(ctx context.Context, s *session) error {
		state := playwright.LoadState(op.State)
		return s.page.WaitForLoadState(playwright.PageWaitForLoadStateOptions{State: &state, Timeout: timeLeft(ctx)})
	}
	return wait{playwright: own, alone: func(ctx context.Context, s *session) (event.Instant, error) {
		if err := do(ctx, s, func() error { return own(ctx, s) }); err != nil {
			return 0, err
		}
		end, _ := s.loadState(ctx, op.State)
		return end, nil
	}}
}

// responses keeps what came back from the network since a stretch began.
type responses struct {
	seen chan response
}

type response struct {
	url    string
	status int
	at     event.Instant // its first byte, on the browser's clock; 0: unknown
}

// mostResponses bounds what is kept unread: a page that answers more often than
// anybody looks loses the rest.
const mostResponses = 4096

// listen starts keeping responses. Only what is known without asking the driver
// may be read in a handler: it runs on the goroutine that reads answers.
func (s *session) listen() {
	if s.responses != nil {
		return
	}
	r := &responses{seen: make(chan response, mostResponses)}
	s.responses = r
	s.page.OnResponse(func(res playwright.Response) {
		t := res.Request().Timing()
		kept := response{url: res.URL(), status: res.Status()}
		if t != nil && t.StartTime > 0 {
			kept.at = event.Instant((t.StartTime + max(0, t.ResponseStart)) * 1e6)
		}
		select {
		case r.seen <- kept:
		default:
		}
	})
}

func waitForResponse(op *scenario.WaitForResponse) wait {
	var found *response
	return wait{
		check: func(s *session) (bool, string, error) {
			re, err := globAgainst(s.pool.o.BaseURL, op.Glob)
			if err != nil {
				return false, "", err
			}
			for {
				select {
				case r := <-s.responses.seen:
					if found == nil && re.MatchString(r.url) && statusMatches(op.Status, r.status) {
						found = &r
					}
				default:
					return found != nil, "no such response", nil
				}
			}
		},
		when: func(*session) (event.Instant, bool) { return found.at, found.at != 0 },
	}
}

// statusMatches takes any status where the scenario names none: what is waited
// for is a response.
func statusMatches(rule scenario.StatusRule, status int) bool {
	return len(rule.Codes) == 0 || rule.Allows(status)
}

func waitForQuiet(op *scenario.WaitForQuiet) wait {
	return wait{alone: func(ctx context.Context, s *session) (event.Instant, error) {
		for {
			v, err := call(ctx, s, func() (any, error) {
				ms := op.Quiet.Milliseconds()
				if op.Within == nil {
					return s.page.Evaluate(fmt.Sprintf("window[%q].quiet(null, %d)", s.pool.key, ms))
				}
				return s.locator(*op.Within).Evaluate(fmt.Sprintf("e => window[%q].quiet(e, %d)", s.pool.key, ms), nil,
					playwright.LocatorEvaluateOptions{Timeout: timeLeft(ctx)})
			})
			switch {
			case err == nil:
				q, ok := v.([]any)
				if !ok || len(q) != 2 {
					return 0, fmt.Errorf("the page's clock answered %v", v)
				}
				return event.Instant((number(q[0]) + number(q[1])) * 1e6), nil
			case ctx.Err() != nil:
				return 0, errors.New("the page did not become quiet")
			case !navigated(err):
				return 0, err
			}
		}
	}}
}

// navigated tells whether a call failed because its document went away.
func navigated(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "Execution context was destroyed") || strings.Contains(err.Error(), "Cannot find context") || strings.Contains(err.Error(), "frame was detached") || strings.Contains(err.Error(), "Frame was detached"))
}

// once makes an assertion of Playwright's look a single time: it looks before
// it considers the time.
var once = milliseconds(time.Millisecond)

func expectation(op *scenario.Expect) wait {
	return wait{
		document: document(op.Target),
		check: func(s *session) (bool, string, error) {
			return expected(assertion(s, op, once))
		},
		playwright: func(ctx context.Context, s *session) error {
			return assertion(s, op, timeLeft(ctx))
		},
	}
}

func assertion(s *session, op *scenario.Expect, timeout *float64) error {
	l := playwright.NewPlaywrightAssertions().Locator(s.locator(op.Target))
	want, err := text(op.Text)
	if err != nil {
		return err
	}
	switch op.Assertion {
	case "to_have_text":
		return l.ToHaveText(want, playwright.LocatorAssertionsToHaveTextOptions{Timeout: timeout})
	case "to_contain_text":
		return l.ToContainText(want, playwright.LocatorAssertionsToContainTextOptions{Timeout: timeout})
	case "to_have_value":
		return l.ToHaveValue(want, playwright.LocatorAssertionsToHaveValueOptions{Timeout: timeout})
	case "to_have_count":
		return l.ToHaveCount(op.Count, playwright.LocatorAssertionsToHaveCountOptions{Timeout: timeout})
	case "to_be_enabled":
		return l.ToBeEnabled(playwright.LocatorAssertionsToBeEnabledOptions{Enabled: playwright.Bool(op.Want), Timeout: timeout})
	case "to_be_checked":
		return l.ToBeChecked(playwright.LocatorAssertionsToBeCheckedOptions{Checked: playwright.Bool(op.Want), Timeout: timeout})
	default:
		return l.ToHaveAttribute(op.Name, want, playwright.LocatorAssertionsToHaveAttributeOptions{Timeout: timeout})
	}
}

// text is a string or a regular expression. playwright-go's assertions take
// Go's expressions only and hand their text on to the page, so one that Go
// cannot read (with a look-ahead, say) is refused.
func text(t scenario.Text) (any, error) {
	if !t.Regex {
		return t.Value, nil
	}
	re, err := regexp.Compile(goFlags(t.Flags) + t.Value)
	if err != nil {
		return nil, fmt.Errorf("/%s/ cannot be used in an expect: %w", t.Value, err)
	}
	return re, nil
}

func goFlags(flags string) string {
	if flags == "" {
		return ""
	}
	return "(?" + flags + ")"
}

var actual = regexp.MustCompile(`(?s)Actual value: (.*?)\s*(\n.*)?$`)

// expected turns the outcome of an assertion that looked once into a check's.
func expected(err error) (held bool, saw string, _ error) {
	if err == nil {
		return true, "", nil
	}
	if strings.Contains(err.Error(), "strict mode violation") || strings.Contains(err.Error(), "cannot be used in an expect") || closedError(err) {
		return false, "", err
	}
	if m := actual.FindStringSubmatch(callLog.ReplaceAllString(err.Error(), "")); m != nil && m[1] != "<nil>" {
		return false, fmt.Sprintf("it is %.200q", m[1]), nil
	}
	return false, "no element matched", nil
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

// globAgainst compiles a URL glob as Playwright reads it, relative ones against
// the scenario's url.
func globAgainst(base, glob string) (*regexp.Regexp, error) {
	if base != "" && strings.HasPrefix(glob, "/") {
		if b, err := url.Parse(base); err == nil {
			glob = b.Scheme + "://" + b.Host + glob
		}
	}
	return regexp.Compile(globPattern(glob))
}

// globPattern follows globToRegexPattern of Playwright 1.60 (urlMatch.ts): *
// stops at a slash, ** does not, {a,b} is a choice, ? and all else are literal.
func globPattern(glob string) string {
	var b strings.Builder
	b.WriteByte('^')
	inGroup := false
	for i := 0; i < len(glob); i++ {
		c := glob[i]
		switch {
		case c == '\\' && i+1 < len(glob):
			i++
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		case c == '*':
			before := i > 0 && glob[i-1] == '/'
			stars := 1
			for ; i+1 < len(glob) && glob[i+1] == '*'; i++ {
				stars++
			}
			switch {
			case stars == 1:
				b.WriteString("[^/]*")
			case i+1 < len(glob) && glob[i+1] == '/' && before:
				b.WriteString("(?:.+/)?")
				i++ // the slash
			case i+1 < len(glob) && glob[i+1] == '/':
				b.WriteString(".*/")
				i++
			default:
				b.WriteString(".*")
			}
		case c == '{':
			inGroup = true
			b.WriteString("(?:")
		case c == '}' && inGroup:
			inGroup = false
			b.WriteByte(')')
		case c == ',' && inGroup:
			b.WriteByte('|')
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	b.WriteByte('$')
	return b.String()
}

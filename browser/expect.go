package browser

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// once makes an assertion of Playwright's look a single time: it looks before
// it considers the time.
var once = milliseconds(time.Millisecond)

func expectation(op *scenario.Expect) wait {
	return wait{
		document:   document(op.Target),
		check:      func(s *session) (bool, string, error) { return s.expected(op) },
		playwright: func(ctx context.Context, s *session) error { return s.expectPlainly(ctx, op) },
	}
}

// expectPlainly leaves the waiting to Playwright, and says what it saw last.
func (s *session) expectPlainly(ctx context.Context, op *scenario.Expect) error {
	err := assertion(s, op, timeLeft(ctx))
	if err == nil || !actual.MatchString(callLog.ReplaceAllString(err.Error(), "")) {
		return err
	}
	_, saw, err := s.expected(op)
	if err != nil {
		return err
	}
	return &plainError{saw, playwright.ErrTimeout}
}

var actual = regexp.MustCompile(`(?s)Actual value: (.*) $`)

// expected looks once at what an assertion says.
func (s *session) expected(op *scenario.Expect) (held bool, saw string, _ error) {
	err := assertion(s, op, once)
	if err == nil {
		return true, "", nil
	}
	m := actual.FindStringSubmatch(callLog.ReplaceAllString(err.Error(), ""))
	if m == nil {
		return false, "", err
	}
	if op.Assertion == "to_have_count" {
		n, _ := strconv.Atoi(m[1])
		return false, elements(n), nil
	}
	if m[1] != "<nil>" && m[1] != "" && !strings.HasPrefix(m[1], "- ") {
		return false, fmt.Sprintf("it is %q", wording.Cut(m[1], 200)), nil
	}
	// playwright-go 0.6000.0 does not tell an error (two elements match) from a
	// value that is not there, nor either from an outline of the whole page,
	// which it gives where no element matches.
	n, err := s.locator(op.Target).Count()
	switch {
	case err != nil:
		return false, "", err
	case n == 0:
		return false, noElement, nil
	case n > 1:
		return false, "", errors.New(tooMany(n))
	case m[1] != "<nil>":
		return false, fmt.Sprintf("it is %q", wording.Cut(m[1], 200)), nil
	case op.Assertion == "to_have_attribute":
		return false, "it has no attribute " + op.Name, nil
	case op.Assertion == "to_be_checked":
		return false, "this is no checkbox or radio button", nil
	}
	return false, "it has no value", nil
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
	re, err := t.Regexp()
	if err != nil {
		return nil, fmt.Errorf("/%s/ cannot be used in an expect: %w", t.Value, err)
	}
	return re, nil
}

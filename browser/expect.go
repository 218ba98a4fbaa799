package browser

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

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

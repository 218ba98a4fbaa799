package browser

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/playwright-community/playwright-go"
)

// plainError is an error of Playwright's in a user's words: one line, without
// call logs and class names.
type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

var (
	callLog     = regexp.MustCompile(`(?s)\n\s*Call log:.*|\n=+ logs =+.*`)
	prefix      = regexp.MustCompile(`^(playwright: )?(timeout: |target closed: )?(\w*Error: )*(\w+\.\w+( \S+)?: )?(playwright: )?(\w*Error: )*`)
	violation   = regexp.MustCompile(`strict mode violation: .* resolved to (\d+) elements`)
	networkFail = regexp.MustCompile(`(net::ERR_\w+)( at \S+)?`)
	exceeded    = regexp.MustCompile(`(?i)timeout [\d.]+ms exceeded\.?`)
)

// hints are what to do about the errors that people meet most.
var hints = []struct{ has, say string }{
	{"Element is not a <select> element", `this is no <select>: click it, then click {role: option, name: …}`},
	{"Node is not an HTMLInputElement", `this is no file input: use the input[type=file] inside it`},
	{"Input of type", ``},
	{"Element is not an <input>, <textarea>, <select>", `this cannot be filled: use the input inside it`},
	{"Not a checkbox or radio button", `this is no checkbox or radio button: use click`},
	{"net::ERR_CONNECTION_REFUSED", `nothing listens there (net::ERR_CONNECTION_REFUSED): is the app running?`},
	{"net::ERR_NAME_NOT_RESOLVED", `the host name does not resolve (net::ERR_NAME_NOT_RESOLVED)`},
	{"net::ERR_TOO_MANY_REDIRECTS", `the page redirects without end (net::ERR_TOO_MANY_REDIRECTS)`},
	{"Target crashed", `the page crashed`},
	{"Download is starting", `the address answers with a download, not with a page`},
}

// plain puts an error of Playwright's in plain words; the original stays in the
// chain.
func plain(err error) error {
	var already *plainError
	if err == nil || errors.As(err, &already) || !errors.Is(err, playwright.ErrPlaywright) && !errors.Is(err, playwright.ErrTargetClosed) {
		return err
	}
	text := err.Error()
	if m := violation.FindStringSubmatch(text); m != nil {
		return &plainError{fmt.Sprintf("%s elements match: add nth, or within", m[1]), err}
	}
	for _, h := range hints {
		if h.say != "" && strings.Contains(text, h.has) {
			return &plainError{h.say, err}
		}
	}
	if m := networkFail.FindString(text); m != "" {
		return &plainError{m, err}
	}
	log := callLog.FindString(text)
	text = callLog.ReplaceAllString(text, "")
	text = prefix.ReplaceAllString(strings.TrimSpace(text), "")
	if exceeded.MatchString(text) {
		// The limit is told by whoever set it.
		text = "time was up"
		if last := lastObstacle(log); last != "" {
			text = last
		}
	}
	return &plainError{strings.Join(strings.Fields(text), " "), err}
}

// lastObstacle is the last line of a call log that says why Playwright was
// still waiting.
func lastObstacle(log string) string {
	lines := strings.Split(log, "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(lines[i]), "-×0123456789 "))
		for _, sign := range []string{"intercepts pointer events", "is not visible", "is not enabled", "is not stable", "outside of the viewport", "was detached"} {
			if strings.Contains(line, sign) {
				return line
			}
		}
	}
	for i := range lines {
		if strings.Contains(lines[i], "waiting for") {
			return "no element matched"
		}
	}
	return ""
}

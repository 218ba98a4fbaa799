package browser

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
)

// plainError is an error of Playwright's in a user's words: one line, without
// call logs, stacks and class names.
type plainError struct {
	text string
	err  error
}

func (e *plainError) Error() string { return e.text }
func (e *plainError) Unwrap() error { return e.err }

// FailureClass tells of what Chromium says of the network; nothing else that
// Playwright says has a class.
func (e *plainError) FailureClass() event.Class {
	name := networkFail.FindString(e.err.Error())
	for _, n := range networkClasses {
		if strings.HasPrefix(name, n.prefix) {
			return n.class
		}
	}
	return ""
}

// networkClasses are the classes of Chromium's errors, by how their names begin
// (net/base/net_error_list.h).
var networkClasses = []struct {
	prefix string
	class  event.Class
}{
	{"net::ERR_CONNECTION_REFUSED", event.ClassRefused},
	{"net::ERR_CONNECTION_TIMED_OUT", event.ClassTimeout},
	{"net::ERR_CONNECTION_", event.ClassReset},
	{"net::ERR_EMPTY_RESPONSE", event.ClassReset},
	{"net::ERR_NAME_", event.ClassDNS},
	{"net::ERR_SSL_", event.ClassTLS},
	{"net::ERR_CERT_", event.ClassTLS},
	{"net::ERR_ADDRESS_UNREACHABLE", event.ClassUnreachable},
	{"net::ERR_INTERNET_DISCONNECTED", event.ClassUnreachable},
	{"net::ERR_PROXY_", event.ClassProxy},
	{"net::ERR_TUNNEL_", event.ClassProxy},
	{"net::ERR_TOO_MANY_REDIRECTS", event.ClassRedirects},
	{"net::ERR_INVALID_", event.ClassBadAnswer},
	{"net::ERR_CONTENT_", event.ClassBadAnswer},
	{"net::ERR_INCOMPLETE_", event.ClassBadAnswer},
	{"net::ERR_RESPONSE_", event.ClassBadAnswer},
}

// classified is an error of a class.
type classified struct {
	error
	class event.Class
}

func (e classified) Unwrap() error             { return e.error }
func (e classified) FailureClass() event.Class { return e.class }

var (
	callLog     = regexp.MustCompile(`(?s)\n\s*Call log:.*|\n=+ logs =+.*`)
	stack       = regexp.MustCompile(`(?s)\n\s+at .*`)
	prefix      = regexp.MustCompile(`^(\w+\.\w+( \S+)?: )?(playwright: )?(timeout: |target closed: )?(\w*Error: )*`)
	violation   = regexp.MustCompile(`strict mode violation: .* resolved to (\d+) elements`)
	networkFail = regexp.MustCompile(`(net::ERR_\w+)( at \S+)?`)
	waitedUntil = regexp.MustCompile(`waiting until ("\w+")`)
)

// hints are what to do about the errors that people meet most.
var hints = []struct{ has, say string }{
	{"Element is not a <select> element", `this is no <select>: click it, then click {role: option, name: …}`},
	{"Node is not an HTMLInputElement", noFileInput},
	{"Non-multiple file input", `this input takes one file only`},
	{`Input of type "checkbox"`, `this is a checkbox: use check or uncheck`},
	{`Input of type "radio"`, `this is a radio button: use check`},
	{`Input of type "file"`, `this is a file input: use upload`},
	{"Malformed value", `the input does not take this value: dates are written 2026-11-23, times 12:30, months 2026-11, weeks 2026-W48, colours #123abc`},
	{"Element is not an <input>, <textarea>, <select>", `this cannot be filled: use the input inside it`},
	{"Not a checkbox or radio button", `this is no checkbox or radio button: use click`},
	{"net::ERR_CONNECTION_REFUSED", `nothing listens there (net::ERR_CONNECTION_REFUSED): is the app running?`},
	{"net::ERR_NAME_NOT_RESOLVED", `the host name does not resolve (net::ERR_NAME_NOT_RESOLVED)`},
	{"net::ERR_TOO_MANY_REDIRECTS", `the page redirects without end (net::ERR_TOO_MANY_REDIRECTS)`},
	{"Cannot navigate to invalid URL", `this is no address`},
	{"Target crashed", errCrashed.Error()},
	{"has been closed", `the page was closed`},
	{"Download is starting", `the address answers with a download, not with a page`},
}

const noFileInput = `this is no file input: use the input[type=file] inside it`

var errCrashed = errors.New("the page crashed")

// plain puts an error of Playwright's in plain words; the original stays in the
// chain.
func plain(err error) error {
	var already *plainError
	if err == nil || errors.As(err, &already) || !errors.Is(err, playwright.ErrPlaywright) && !errors.Is(err, playwright.ErrTargetClosed) {
		return err
	}
	return &plainError{plainText(err), err}
}

func plainText(err error) string {
	text := err.Error()
	log := callLog.FindString(text)
	text = callLog.ReplaceAllString(text, "")
	if m := violation.FindStringSubmatch(text); m != nil {
		return tooMany(m[1])
	}
	for _, h := range hints {
		if strings.Contains(text, h.has) {
			return h.say
		}
	}
	if m := networkFail.FindString(text); m != "" {
		return m
	}
	if errors.Is(err, playwright.ErrTimeout) {
		return obstacle(log)
	}
	text = stack.ReplaceAllString(text, "")
	text = prefix.ReplaceAllString(strings.TrimSpace(text), "")
	return strings.Join(strings.Fields(text), " ")
}

func tooMany(n any) string { return fmt.Sprintf("%v elements match: add nth, or within", n) }

// obstacle is what Playwright was still waiting for, as the last lines of its
// call log have it.
func obstacle(log string) string {
	lines := strings.Split(log, "\n")
	for _, line := range slices.Backward(lines) {
		line = strings.TrimLeft(line, " -×0123456789")
		switch {
		case strings.Contains(line, "did not find some options"):
			return "it has no such option"
		case strings.Contains(line, "resolved to hidden"):
			return "it is not visible"
		case strings.Contains(line, "resolved to visible"):
			return "it is still visible"
		case containsAny(line, "intercepts pointer events", "is not visible", "is not enabled", "is not stable", "is not editable", "outside of the viewport", "was detached"):
			return line
		}
	}
	if m := waitedUntil.FindStringSubmatch(log); m != nil {
		return "still waiting for the page's " + m[1]
	}
	if strings.Contains(log, "waiting for") && !strings.Contains(log, "resolved to") {
		return noElement
	}
	return "the browser was not done"
}

const noElement = "no element matched"

func containsAny(s string, signs ...string) bool {
	return slices.ContainsFunc(signs, func(sign string) bool { return strings.Contains(s, sign) })
}

// closedError tells whether a call failed because what it was made on is gone.
func closedError(err error) bool {
	if err == nil {
		return false
	}
	if told := (*plainError)(nil); errors.As(err, &told) {
		err = told.err
	}
	return errors.Is(err, playwright.ErrTargetClosed) || errors.Is(err, errSessionClosed) || errors.Is(err, errCrashed) ||
		containsAny(err.Error(), "Connection closed", "transport closed", "has been closed", "could not send message")
}

// navigated tells whether a call failed because its document went away.
func navigated(err error) bool {
	return err != nil && containsAny(err.Error(), "Execution context was destroyed", "Cannot find context", "rame was detached")
}

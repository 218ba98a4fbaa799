package httpuser

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
)

// Error is why a request failed. It is one line that begins with the class, and
// holds nothing that only one user has, such as a port of ours: failures are
// grouped by their text.
type Error struct {
	Class event.Class
	Text  string // the whole line
	Err   error  // what lies beneath; may be nil
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// FailureClass is what the failure is counted as.
func (e *Error) FailureClass() event.Class { return e.Class }

// failure is an error of a class with an error beneath, which may be nil.
func failure(c event.Class, beneath error, format string, args ...any) *Error {
	return &Error{c, string(c) + ": " + fmt.Sprintf(format, args...), beneath}
}

func statusFailure(status int) *Error {
	text := strings.TrimRight(fmt.Sprintf("%s %d %s", event.ClassStatus, status, http.StatusText(status)), " ")
	return &Error{event.ClassStatus, text, nil}
}

func checkFailure(format string, args ...any) *Error {
	return failure(event.ClassCheck, nil, format, args...)
}

// tooLate says that a step's time was over; answering: after the headers came.
func tooLate(timeout time.Duration, answering bool, err error) *Error {
	if answering {
		return failure(event.ClassTimeout, err, "the answer was not complete within %s", timeout)
	}
	return failure(event.ClassTimeout, err, "no answer within %s", timeout)
}

// explain puts an error of net/http's, got while u was asked for, in plain
// words. What net/http has no type for is told by its text.
func explain(err error, u *url.URL) *Error {
	var (
		own *Error
		op  *net.OpError
	)
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &op) && op.Op == "proxyconnect":
		if e := explainConnection(op.Err, "its address"); e != nil {
			return failure(event.ClassProxy, err, "%s", e.Text)
		}
		return failure(event.ClassProxy, err, "it cannot be reached: %s", beneath(op.Err))
	}
	host := net.JoinHostPort(u.Hostname(), port(u))
	if e := explainConnection(err, host); e != nil {
		return e
	}
	if e := explainTLS(err, host); e != nil {
		return e
	}
	return explainAnswer(err, host)
}

// explainConnection knows what the system says; nil where it said nothing.
func explainConnection(err error, host string) *Error {
	var dns *net.DNSError
	is := func(all ...error) bool {
		for _, e := range all {
			if errors.Is(err, e) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return failure(event.ClassDNS, err, "the host name %q does not resolve", dns.Name)
		}
		return failure(event.ClassDNS, err, "the host name %q: %s", dns.Name, dns.Err)
	case is(errnoRefused):
		return failure(event.ClassRefused, err, "nothing listens at %s", host)
	case is(errnoReset, errnoAborted, errnoPipe):
		return failure(event.ClassReset, err, "%s cut the connection", host)
	case is(errnoTimedOut):
		return failure(event.ClassTimeout, err, "%s does not answer, and the system gave it up", host)
	case is(errnoNoHost, errnoNoNetwork):
		return failure(event.ClassUnreachable, err, "there is no way to %s", host)
	case is(errnoNoPort):
		return failure(event.ClassLocal, err, "this machine has no port left for a connection to %s; run fewer users, or more machines", host)
	case is(errnoNoFile, errnoNoFileAtAll):
		return failure(event.ClassLocal, err, "this machine allows no further open files; raise the limit (ulimit -n), or run fewer users")
	case is(errnoNoBuffer):
		return failure(event.ClassLocal, err, "this machine has no memory left for connections; run fewer users")
	}
	return nil
}

// explainTLS knows what TLS says; nil where it is not to blame.
func explainTLS(err error, host string) *Error {
	var (
		untrusted   *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		otherName   x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		alert       *net.OpError
		certificate = "the certificate of " + host
	)
	const take = "; http.ignore_https_errors takes it all the same"
	switch {
	case errors.As(err, &unknown):
		return failure(event.ClassTLS, err, "%s is signed by nobody whom this machine trusts%s", certificate, take)
	case errors.As(err, &otherName):
		return failure(event.ClassTLS, err, "%s is for other names%s", certificate, take)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return failure(event.ClassTLS, err, "%s has expired or is not valid yet%s", certificate, take)
	case errors.As(err, &untrusted):
		return failure(event.ClassTLS, err, "%s: %s%s", certificate, beneath(untrusted.Err), take)
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return failure(event.ClassTLS, err, "%s does not speak TLS; did you mean http://?", host)
	case errors.As(err, &alert) && alert.Op == "remote error":
		return failure(event.ClassTLS, err, "%s ended the handshake: %s", host, beneath(alert.Err))
	case errors.As(err, &alert) && alert.Op == "local error":
		return failure(event.ClassTLS, err, "%s: %s", host, beneath(alert.Err))
	case strings.HasPrefix(err.Error(), "tls: "):
		return failure(event.ClassTLS, err, "%s: %s", host, beneath(err))
	}
	return nil
}

// unasked is in net/http's error where a server talks before it is asked, and
// the end of the connection is seen first.
const unasked = "readLoopPeekFailLocked"

// explainAnswer knows what can be wrong with an answer.
func explainAnswer(err error, host string) *Error {
	text := err.Error()
	var op *net.OpError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failure(event.ClassBadAnswer, err, "it ended in the middle")
	case errors.Is(err, io.EOF), strings.Contains(text, "server closed idle connection"):
		return failure(event.ClassReset, err, "%s closed the connection without an answer", host)
	case strings.HasPrefix(text, "stream error: "): // of HTTP/2; its number is the connection's own
		_, reason, _ := strings.Cut(text, "; ")
		return failure(event.ClassReset, err, "%s cut the stream: %s", host, shorten(reason))
	case strings.Contains(text, "server sent GOAWAY"):
		return failure(event.ClassReset, err, "%s closed the connection without an answer", host)
	case strings.HasPrefix(text, "connection error: "): // of HTTP/2, which tells no more of headers that are too long
		return failure(event.ClassBadAnswer, err, "it breaks the rules of HTTP/2, or its headers are longer than %d KB: %s", largestHeader>>10, beneath(err))
	case strings.Contains(text, "response headers exceeded"):
		return failure(event.ClassBadAnswer, err, "its headers are longer than %d KB", largestHeader>>10)
	case strings.Contains(text, "malformed HTTP"):
		return failure(event.ClassBadAnswer, err, "what came is no HTTP: %s", beneath(err))
	case strings.Contains(text, unasked):
		return failure(event.ClassBadAnswer, err, "what came is no HTTP, and came before it was asked for")
	}
	if errors.As(err, &op) {
		return failure(event.ClassReset, err, "%s: %s", host, beneath(op.Err)) // the rest of its text has our port
	}
	return failure(event.ClassBadAnswer, err, "%s", beneath(err))
}

// beneath is the text of an error without the names of the packages it went
// through, on one line and not long.
func beneath(err error) string {
	text := err.Error()
	for _, prefix := range []string{"net/http: HTTP/1.x transport connection broken: ", "net/http: ", "http: ", "http2: ", "tls: ", "x509: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return shorten(text)
}

// shownText is how much of a text an error shows, in characters.
const shownText = 80

// shorten makes one short line of a text, whatever is in it.
func shorten(text string) string { return wording.Line(text, shownText) }

// seen quotes what an answer holds, shortened.
func seen(text string) string { return strconv.Quote(shorten(text)) }

package httpuser

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// exchange is one request on its way, and its answer.
type exchange struct {
	*Client
	ctx     context.Context
	timeout time.Duration // of the step; ctx ends with it
	step    *scenario.Request

	answer *http.Response // the last one that came; its body has been read
	body   *bytes.Buffer  // what of its body is there; nil before
}

const (
	// largestBody bounds a body that is looked into, in bytes.
	largestBody = 16 << 20

	// keptBody is how much of a body there is to show where nobody looks into
	// it, in bytes. The rest is read and dropped.
	keptBody = 64 << 10

	// mostRedirects are followed, as many as browsers do.
	mostRedirects = 20
)

// run returns the span of the request also where it failed.
func (x *exchange) run() (runner.Span, error) {
	clock := x.users.o.Clock
	span := runner.Span{Begin: clock.Now()}
	d, err := x.users.draft(x.step)
	if err == nil {
		span.Begin = clock.Now()
		err = x.ask(d)
	}
	span.End = clock.Now()
	if err == nil {
		span.Captured, err = x.check()
	}
	return span, err
}

// ask sends a request, follows redirects and reads the last answer.
func (x *exchange) ask(d *draft) error {
	for redirects := 0; ; redirects++ {
		r := d.request(x.ctx)
		if x.jar != nil {
			for _, c := range x.jar.Cookies(r.URL) {
				r.AddCookie(c)
			}
		}
		answer, err := x.conns.RoundTrip(r) //nolint:bodyclose // read closes it
		if err != nil {
			return x.explain(err, r.URL)
		}
		x.answer = answer
		if cookies := answer.Cookies(); x.jar != nil && len(cookies) > 0 {
			x.jar.SetCookies(r.URL, cookies)
		}
		to, wrong := x.leads(r.URL)
		if err := x.read(to == nil && x.looksInside()); err != nil {
			return err
		}
		if wrong != nil || to == nil {
			return wrong
		}
		if redirects == mostRedirects {
			return failure(event.ClassRedirects, nil, "more than %d", mostRedirects)
		}
		d.redirect(answer.StatusCode, to)
	}
}

// leads returns where the answer of an address redirects to; nil where it is
// the last one. A redirect that the step expects is what it asked for.
func (x *exchange) leads(from *url.URL) (*url.URL, error) {
	switch x.answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	location := x.answer.Header.Get("Location")
	if location == "" || slices.Contains(x.step.ExpectStatus.Codes, x.answer.StatusCode) {
		return nil, nil
	}
	to, err := from.Parse(location)
	if err != nil || to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return nil, failure(event.ClassBadAnswer, err, "it redirects to %s, which is no address of the web", seen(location))
	}
	return to, nil
}

// looksInside tells whether the step wants something of the answer's body.
func (x *exchange) looksInside() bool {
	return x.step.ExpectBody != nil || slices.ContainsFunc(x.step.Capture, func(c scenario.Capture) bool { return c.Header == "" })
}

// read reads the body of the answer to its end: whole, or only what is kept of
// it.
func (x *exchange) read(whole bool) error {
	defer x.answer.Body.Close()
	if x.answer.StatusCode == http.StatusSwitchingProtocols {
		return failure(event.ClassBadAnswer, nil, "it switches to another protocol, which nobody asked for")
	}
	if x.body == nil {
		x.body = x.users.bodies.Get().(*bytes.Buffer)
	}
	x.body.Reset()
	limit := int64(keptBody)
	if whole {
		limit = largestBody
	}
	_, err := x.body.ReadFrom(io.LimitReader(x.answer.Body, limit+1))
	if err == nil && int64(x.body.Len()) > limit {
		if whole {
			return checkFailure("the body is larger than %d MB, which is too much to look into", largestBody>>20)
		}
		_, err = io.Copy(io.Discard, x.answer.Body)
	}
	if err != nil {
		return x.explain(err, x.answer.Request.URL)
	}
	return nil
}

// explain says why an address gave no answer, or no whole one.
func (x *exchange) explain(err error, address *url.URL) error {
	if errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
		return tooLate(x.timeout, x.answer != nil && x.answer.Request.URL == address, err)
	}
	return explain(err, address)
}

// release gives the body's memory to the next one who needs it, unless it is
// much.
func (x *exchange) release() {
	if x.body != nil && x.body.Cap() <= 2*keptBody {
		x.users.bodies.Put(x.body)
	}
	x.body = nil
}

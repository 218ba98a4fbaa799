package loadwright

import (
	"context"
	"errors"
	"time"

	"github.com/loadwright/loadwright/browser"
	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// sessions opens for each user what its steps need: a page, or nothing but
// connections. A user who has a page may send requests beside it.
type sessions struct {
	pages    *browser.Pool // nil: no user needs one
	requests *httpuser.Users
	sampler  *machine.Sampler
}

// Open implements [runner.Opener].
func (o sessions) Open(ctx context.Context, u runner.UserInfo, state *runner.State) (runner.Session, error) {
	if !u.Pages {
		return o.requests.Open(ctx, u, state)
	}
	began := time.Now()
	page, err := o.pages.Open(ctx, u, state)
	o.sampler.Opened(time.Since(began))
	if err != nil {
		return nil, err
	}
	return &pageSession{Session: page, user: u, requests: o.requests}, nil
}

// pageSession is a session with a page whose user may send requests too. They
// have the cookies of its browser context.
type pageSession struct {
	runner.Session
	user     runner.UserInfo
	requests *httpuser.Users
	client   *httpuser.Client // nil before the first request
}

// Do implements [runner.Session]. What stands between two requests is handed to
// the page whole.
func (s *pageSession) Do(ctx context.Context, stretch []scenario.Action) ([]runner.Span, error) {
	var spans []runner.Span
	for len(stretch) > 0 {
		n := 0
		for n < len(stretch) && !isRequest(stretch[n]) {
			n++
		}
		if n > 0 {
			done, err := s.Session.Do(ctx, stretch[:n])
			spans = append(spans, done...)
			if err != nil {
				return spans, err
			}
			stretch = stretch[n:]
			continue
		}
		span, err := s.request(ctx, stretch[0])
		if err != nil {
			return spans, err
		}
		spans = append(spans, span)
		stretch = stretch[1:]
	}
	return spans, nil
}

func isRequest(a scenario.Action) bool {
	_, ok := a.Op.(*scenario.Request)
	return ok
}

// request carries out a request step, unless its "if" does not hold.
func (s *pageSession) request(ctx context.Context, a scenario.Action) (runner.Span, error) {
	for _, target := range a.If {
		looks := []scenario.Action{{Leaf: a.Leaf, Op: &scenario.Look{Target: target}, Timeout: a.Timeout}}
		spans, err := s.Session.Do(ctx, looks)
		if err != nil {
			return runner.Span{}, err
		}
		if spans[0].Value != "true" {
			return runner.Span{Skipped: true}, nil
		}
	}
	a.If = nil
	if s.client == nil {
		s.client = s.requests.Client(s.user, browser.CookieJar(s.Session))
	}
	return s.client.Do(ctx, a)
}

// Capture implements [runner.Session].
func (s *pageSession) Capture(ctx context.Context, base string, hide func(string) string) error {
	err := s.Session.Capture(ctx, base, hide)
	if s.client == nil {
		return err
	}
	answer := s.client.Capture(base, hide)
	if err == nil || answer == nil {
		return nil // something is kept
	}
	return errors.Join(err, answer)
}

// Close implements [runner.Session].
func (s *pageSession) Close() error {
	if s.client != nil {
		_ = s.client.Close()
	}
	return s.Session.Close()
}

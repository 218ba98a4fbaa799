package httpuser

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// Client sends the requests of one user, while it has a session. Do and Capture
// are called by one goroutine at a time; Close at any moment.
type Client struct {
	users *Users
	conns *connections // nil where the run's connections were closed before
	jar   http.CookieJar

	failed *keptAnswer // of the last request that failed with one

	doing  sync.Mutex // held while a request is under way
	mu     sync.Mutex
	closed bool
	cut    context.CancelFunc // ends the request under way; nil where there is none
}

var (
	errSessionClosed = errors.New("the session was closed")
	errNoPage        = errors.New("this needs a page, and the user has none: a bug in loadwright, please report it")
)

// Do carries out one request step. Its span lies on the run's clock: from right
// before the connection is asked for to the last byte of the answer's body,
// redirects included. What is looked for in the answer comes after that. Where
// it failed by itself, the error is an [*Error]; when ctx ends, it is ctx's.
func (c *Client) Do(ctx context.Context, a scenario.Action) (runner.Span, error) {
	o, ok := a.Op.(*scenario.Request)
	if !ok || len(a.If) > 0 {
		return runner.Span{}, errNoPage
	}
	step, end, err := c.begin(ctx, a)
	if err != nil {
		return runner.Span{}, err
	}
	defer end()
	c.failed = nil
	x := exchange{Client: c, ctx: step, timeout: a.Timeout, step: o}
	defer x.release()
	span, err := x.run()
	if err == nil {
		return span, nil
	}
	if step.Err() != nil {
		// A connection that is still being made would be made for nobody.
		c.conns.CloseIdleConnections()
	}
	switch {
	case ctx.Err() != nil:
		return runner.Span{}, ctx.Err()
	case c.isClosed():
		return runner.Span{}, errSessionClosed
	case a.Optional:
		return span, nil
	}
	c.failed = x.keep()
	return runner.Span{}, err
}

// begin bounds a request by its own time, and lets Close cut it short.
func (c *Client) begin(ctx context.Context, a scenario.Action) (context.Context, func(), error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.conns == nil {
		return nil, nil, errSessionClosed
	}
	ctx, cancel := context.WithTimeout(ctx, a.Timeout)
	c.doing.Lock()
	c.cut = cancel
	return ctx, func() {
		cancel()
		c.mu.Lock()
		c.cut = nil
		c.mu.Unlock()
		c.doing.Unlock()
	}, nil
}

func (c *Client) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Close ends a request under way and waits for its end. The user's connections
// stay open, for its next session.
func (c *Client) Close() error {
	c.mu.Lock()
	first := !c.closed
	c.closed = true
	if c.cut != nil {
		c.cut()
	}
	c.mu.Unlock()
	c.doing.Lock()
	defer c.doing.Unlock()
	if first && c.conns != nil {
		c.users.leave(c.conns)
	}
	return nil
}

// Capture keeps the answer on which the last request failed, as
// base+".response.txt". Where it failed without one it returns an error: its
// own error says all there is. Hide puts *** in the place of secrets.
func (c *Client) Capture(base string, hide func(string) string) error {
	if c.failed == nil {
		return errors.New("no answer came")
	}
	return event.WriteBeside(base+".response.txt", []byte(hide(c.failed.String())))
}

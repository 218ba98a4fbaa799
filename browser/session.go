package browser

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// session is one browser context with one page in it: what a user has while an
// iteration lasts. It implements [runner.Session].
type session struct {
	pool    *Pool
	pair    *pair
	clock   event.Clock
	context playwright.BrowserContext
	page    playwright.Page

	posts map[string]*post // by document: the page's own is ""
	ahead ahead            // the waits of later stretches that are armed already

	mu        sync.Mutex     // no call begins once closing is closed
	calls     sync.WaitGroup // calls to the driver under way
	closeOnce sync.Once
	closing   chan struct{}
	closed    chan struct{}
	closeErr  error
	crashed   chan struct{} // closed when the page's own process died
}

// otherPages is how many pop-ups a session keeps open; a page that opens more
// has them closed.
const otherPages = 8

func openSession(ctx context.Context, p *Pool, pr *pair, u runner.UserInfo, state *runner.State) (*session, error) {
	s := &session{
		pool: p, pair: pr, clock: p.o.Clock,
		posts:   map[string]*post{},
		closing: make(chan struct{}),
		closed:  make(chan struct{}),
		crashed: make(chan struct{}),
	}
	if !pr.opens() {
		p.release(pr)
		return nil, pr.reason
	}
	made := make(chan error, 1)
	go func() { made <- s.make(u.User, state) }()
	var err error
	select {
	case err = <-made:
		defer pr.opening.Done()
		if err != nil {
			s.close()
			return nil, err
		}
		return s, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-time.After(openTimeout):
		pr.end(fmt.Errorf("the browser did not open a page within %s; a new one takes its place", openTimeout))
		err = pr.reason
	case <-pr.over:
		err = pr.reason
	}
	// A context that is being made cannot be reached: wait for it to be there,
	// then close it.
	go func() {
		defer pr.opening.Done()
		<-made //nolint:errcheck // made or not, it is closed
		s.close()
	}()
	return nil, err
}

// openTimeout is how long a context may take to open. A browser that needs
// longer is sick, and given up.
const openTimeout = 30 * time.Second

func (s *session) make(user int, state *runner.State) error {
	o := s.pool.o
	var err error
	if s.context, err = s.pair.browser.NewContext(contextOptions(o)); err != nil {
		return fmt.Errorf("a browser context could not be opened: %w", plain(err))
	}
	if o.Timing != scenario.WallTiming {
		if err := s.context.AddInitScript(playwright.Script{Content: playwright.String(instrument(s.pool.key))}); err != nil {
			return err
		}
	}
	if err := s.restore(state); err != nil {
		return err
	}
	if s.page, err = s.context.NewPage(); err != nil {
		return fmt.Errorf("a page could not be opened: %w", plain(err))
	}
	crash := sync.OnceFunc(func() { close(s.crashed) })
	s.page.OnCrash(func(playwright.Page) { crash() })
	s.context.OnPage(func(other playwright.Page) {
		if len(s.context.Pages()) > 1+otherPages {
			go other.Close() //nolint:errcheck // it may close itself first
		}
	})
	return s.prepare(user)
}

func contextOptions(o Options) playwright.BrowserNewContextOptions {
	b, h := o.Browser, o.HTTP
	c := playwright.BrowserNewContextOptions{
		AcceptDownloads: playwright.Bool(false),
		Permissions:     b.Permissions,
	}
	optional := func(to **string, v string) {
		if v != "" {
			*to = playwright.String(v)
		}
	}
	optional(&c.BaseURL, o.BaseURL)
	optional(&c.Locale, b.Locale)
	optional(&c.TimezoneId, b.Timezone)
	optional(&c.UserAgent, b.UserAgent)
	if b.ColorScheme != "" {
		scheme := playwright.ColorScheme(b.ColorScheme)
		c.ColorScheme = &scheme
	}
	if b.Viewport != nil {
		c.Viewport = &playwright.Size{Width: b.Viewport.Width, Height: b.Viewport.Height}
	} else if !o.Headless {
		c.NoViewport = playwright.Bool(true) // the window is what there is
	}
	if h.Username != "" {
		c.HttpCredentials = &playwright.HttpCredentials{Username: h.Username, Password: h.Password, Origin: originOf(o.BaseURL)}
	}
	if h.IgnoreHTTPSErrors {
		c.IgnoreHttpsErrors = playwright.Bool(true)
	}
	return c
}

// Do implements [runner.Session].
func (s *session) Do(ctx context.Context, stretch []scenario.Action) ([]runner.Span, error) {
	// A cancellation closes the context, so that the calls under way return. A
	// deadline leaves it open: what the page shows then is worth keeping.
	end := func() {
		if !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			s.close()
		}
	}
	stop := context.AfterFunc(ctx, end)
	defer func() {
		if stop() && ctx.Err() != nil {
			go end() // Do was faster
		}
	}()
	spans, err := s.perform(ctx, stretch)
	if closedError(err) && s.isClosing() {
		err = errSessionClosed // whatever noticed it first
	}
	if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return spans, fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return spans, s.pair.explain(err)
}

// spawn runs calls to the driver in a goroutine of their own, which close waits
// for. It returns false once the session is being closed.
func (s *session) spawn(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosing() {
		return false
	}
	s.calls.Go(f)
	return true
}

func (s *session) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// call runs a call to the driver, which knows no context, and returns early
// when ctx ends; the call itself then ends when the session closes.
func call[T any](ctx context.Context, s *session, f func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	var zero T
	if err := ctx.Err(); err != nil {
		return zero, err
	}
	done := make(chan result, 1)
	if !s.spawn(func() {
		v, err := f()
		done <- result{v, err}
	}) {
		return zero, errSessionClosed
	}
	select {
	case r := <-done:
		return r.v, r.err
	case <-ctx.Done():
		return zero, ctx.Err()
	case <-s.pair.over:
		return zero, s.pair.reason
	case <-s.closing:
		return zero, errSessionClosed
	case <-s.crashed:
		return zero, errCrashed
	}
}

var errSessionClosed = errors.New("the session was closed")

// by is call with a deadline of a step's own.
func by[T any](ctx context.Context, deadline time.Time, s *session, f func() (T, error)) (T, error) {
	limit, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	v, err := call(limit, s, f)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = errNoAnswer
	}
	return v, err
}

var errNoAnswer = errors.New("the page does not answer")

// timeLeft is what a call may take: never 0, which Playwright takes for "for
// ever".
func timeLeft(ctx context.Context) *float64 {
	deadline, ok := ctx.Deadline()
	if !ok {
		return milliseconds(24 * time.Hour)
	}
	return milliseconds(time.Until(deadline))
}

const captureConsoleLines = 100

// captureTimeout bounds the keeping of what a failed iteration shows; a page
// that is caught in a loop shows nothing.
const captureTimeout = 5 * time.Second

// Capture implements [runner.Session]. The console comes first: the driver knows
// it, and a page that hangs does not keep it.
func (s *session) Capture(ctx context.Context, base string, hide func(string) string) error {
	ctx, cancel := context.WithTimeout(ctx, captureTimeout)
	defer cancel()
	lines, unheard := s.captureConsole(ctx, base+".console.txt", hide)
	picture, unseen := call(ctx, s, func() ([]byte, error) {
		return s.page.Screenshot(playwright.PageScreenshotOptions{Timeout: timeLeft(ctx)})
	})
	if unseen == nil {
		unseen = event.WriteBeside(base+".png", picture)
	}
	if lines > 0 || unseen == nil {
		return nil
	}
	return errors.Join(plain(unseen), plain(unheard))
}

// captureConsole writes the last lines of the console, and returns how many they
// are.
func (s *session) captureConsole(ctx context.Context, path string, hide func(string) string) (int, error) {
	// One at a time: the driver keeps 200 messages, and each may be of any size.
	select {
	case s.pool.console <- struct{}{}:
		defer func() { <-s.pool.console }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	messages, err := call(ctx, s, func() ([]playwright.ConsoleMessage, error) {
		return s.page.ConsoleMessages(playwright.PageConsoleMessagesOptions{Filter: playwright.ConsoleMessagesFilterAll})
	})
	if err != nil || len(messages) == 0 {
		return 0, err
	}
	messages = messages[max(0, len(messages)-captureConsoleLines):]
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%s: %.2000s\n", m.Type(), hide(m.Text()))
	}
	if err := event.WriteBeside(path, []byte(b.String())); err != nil {
		return 0, err
	}
	return len(messages), nil
}

// Close implements [runner.Session].
func (s *session) Close() error {
	s.close()
	return s.closeErr
}

// contextCloseTimeout is how long a context may take to close. A browser that
// needs longer is sick; the session is given up and the context goes with it.
const contextCloseTimeout = 10 * time.Second

// close closes the context once and waits for the end of it. Closing from two
// goroutines at once is a data race in playwright-go: this is the one owner.
func (s *session) close() {
	s.closeOnce.Do(func() {
		defer close(s.closed)
		s.mu.Lock()
		close(s.closing)
		s.mu.Unlock()
		done := make(chan error, 1)
		go func() {
			var err error
			if s.context != nil {
				err = s.context.Close()
			}
			s.calls.Wait()
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil && !closedError(err) {
				s.closeErr = plain(err)
			}
		case <-s.pair.over: // nothing of it is left
		case <-time.After(contextCloseTimeout):
			s.closeErr = fmt.Errorf("the browser did not close a context within %s; a new one takes its place", contextCloseTimeout)
			s.pair.end(s.closeErr)
		}
		s.pool.release(s.pair)
	})
	<-s.closed
}

// prepare does what a context needs beyond its options: it blocks requests,
// adds headers for the scenario's own origin, and places a visible window.
func (s *session) prepare(user int) error {
	o := s.pool.o
	if len(o.Browser.Block) == 0 && len(o.HTTP.Headers) == 0 && o.Headless {
		return nil
	}
	cdp, err := s.context.NewCDPSession(s.page)
	if err != nil {
		return err
	}
	if err := block(cdp, o.Browser.Block); err != nil {
		return err
	}
	if err := addHeaders(cdp, o.BaseURL, o.HTTP.Headers); err != nil {
		return err
	}
	if !o.Headless {
		return place(cdp, user, o.Users)
	}
	return nil
}

package runner

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// browser is an opener whose sessions do everything in virtual time.
type browser struct {
	t     *testing.T
	clock event.Clock

	// open and do say how long opening a session and doing a step take, and
	// whether they fail; nil: 10 ms and 100 ms, and nothing fails. They, value
	// and close are called one at a time.
	open  func(u UserInfo) (time.Duration, error)
	do    func(u UserInfo, a scenario.Action) (time.Duration, error)
	value func(u UserInfo, a scenario.Action) string // of set steps and looks; "skip" skips the step
	close func(u UserInfo) time.Duration

	// capture, where it is not nil, is a session's Capture.
	capture func(ctx context.Context, u UserInfo, base string, hide func(string) string) error

	// given, where it is not nil, sees what sessions are opened with.
	given func(u UserInfo, s *State)

	// onPage makes spans lie on the page's clock, 5 ms inside what the runner sees.
	onPage bool

	mu       sync.Mutex
	opened   []opened
	opening  int
	mostOpen int // at a time
	live     int
	mostLive int
	done     []done
}

// opened is a call of Open.
type opened struct {
	UserInfo
	at time.Duration // since the clock's origin
}

// done is an action that a session was handed, in a stretch of its own number.
type done struct {
	UserInfo
	at      time.Duration
	stretch int // of its session, from 1
	text    string
	op      scenario.Op
}

func (b *browser) now() time.Duration { return b.clock.Now().Sub(b.clock.Origin()) }

func (b *browser) Open(ctx context.Context, u UserInfo, state *State) (Session, error) {
	u.Pages = false // what is left names the iteration
	b.mu.Lock()
	b.opened = append(b.opened, opened{u, b.now()})
	if b.given != nil {
		b.given(u, state)
	}
	b.opening++
	b.mostOpen = max(b.mostOpen, b.opening)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.opening--
		b.mu.Unlock()
	}()
	takes, fails := b.takes(func() (time.Duration, error) {
		if b.open == nil {
			return 10 * time.Millisecond, nil
		}
		return b.open(u)
	})
	if err := pause(ctx, takes); err != nil {
		return nil, err
	}
	if fails != nil {
		return nil, fails
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live++
	b.mostLive = max(b.mostLive, b.live)
	return &page{browser: b, user: u}, nil
}

// takes calls f while nobody else is called.
func (b *browser) takes(f func() (time.Duration, error)) (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return f()
}

// page is a session of a browser.
type page struct {
	*browser
	user      UserInfo
	stretches int
	busy      sync.Mutex // methods are called by one goroutine at a time
	closed    bool
}

func (p *page) Do(ctx context.Context, stretch []scenario.Action) ([]Span, error) {
	p.enter("Do")
	defer p.busy.Unlock()
	p.stretches++
	var spans []Span
	for _, a := range stretch {
		p.mu.Lock()
		p.browser.done = append(p.browser.done, done{p.user, p.now(), p.stretches, strings.ReplaceAll(a.String(), `"`, ""), a.Op})
		p.mu.Unlock()
		begin := p.clock.Now()
		takes, fails := p.takes(func() (time.Duration, error) {
			if p.do == nil {
				return 100 * time.Millisecond, nil
			}
			return p.do(p.user, a)
		})
		if err := pause(ctx, takes); err != nil {
			return spans, fmt.Errorf("cut: %w", err)
		}
		if fails != nil {
			return spans, fails
		}
		s := Span{Begin: begin, End: p.clock.Now()}
		if p.onPage {
			s.OnPage, s.Begin, s.End = true, s.Begin.Add(5*time.Millisecond), s.End.Add(-5*time.Millisecond)
		}
		if p.value != nil {
			p.takes(func() (time.Duration, error) { s.Value = p.value(p.user, a); return 0, nil })
			s.Skipped = s.Value == "skip"
		}
		spans = append(spans, s)
	}
	return spans, nil
}

func (p *page) Arm(_ context.Context, waits []scenario.Action) (disarm func()) {
	p.enter("Arm")
	defer p.busy.Unlock()
	for _, a := range waits {
		p.tell("arm", a)
	}
	return func() {
		p.enter("disarm")
		defer p.busy.Unlock()
		for _, a := range waits {
			p.tell("disarm", a)
		}
	}
}

// tell notes what a session was told beside its stretches.
func (p *page) tell(what string, a scenario.Action) {
	p.stretches++
	p.mu.Lock()
	defer p.mu.Unlock()
	p.browser.done = append(p.browser.done, done{p.user, p.now(), p.stretches, what + " " + strings.ReplaceAll(a.String(), `"`, ""), a.Op})
}

func (p *page) Capture(ctx context.Context, base string, hide func(string) string) error {
	p.enter("Capture")
	defer p.busy.Unlock()
	if p.capture == nil {
		return nil
	}
	return p.capture(ctx, p.user, base, hide)
}

func (p *page) State(context.Context) (*State, error) {
	p.enter("State")
	defer p.busy.Unlock()
	return &State{Page: p.user}, nil
}

func (p *page) Close() error {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil
	}
	p.enter("Close")
	defer p.busy.Unlock()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.live--
	}()
	takes, _ := p.takes(func() (time.Duration, error) {
		if p.browser.close == nil {
			return 0, nil
		}
		return p.browser.close(p.user), nil
	})
	time.Sleep(takes)
	return nil
}

func (p *page) enter(method string) {
	if !p.busy.TryLock() {
		p.t.Errorf("user %d, iteration %d: %s while another method is under way", p.user.User, p.user.Iteration, method)
		p.busy.Lock()
	}
	if p.closed {
		p.t.Errorf("user %d, iteration %d: %s after Close", p.user.User, p.user.Iteration, method)
	}
}

// rows is a sink that keeps everything.
type rows struct {
	first event.Instant
	all   []event.Event
}

func (r *rows) Begin(first event.Instant) { r.first = first }

func (r *rows) Event(e *event.Event) error {
	r.all = append(r.all, *e)
	return nil
}

// trial is a run in virtual time.
type trial struct {
	*testing.T
	browser browser
	rows    rows
	config  Config
	ctx     context.Context
	dials   bool // users are sent away, and wanted again
}

// load is the load of a scenario, as YAML in braces; steps are its steps.
func yaml(load, steps string) string {
	return "url: http://app.test\nload: {" + load + "}\nsteps:\n" + steps
}

// virtual runs f in virtual time with a scenario to run.
func virtual(t *testing.T, source string, f func(*trial)) {
	t.Helper()
	parsed, err := scenario.Parse("scenario.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	bound, err := parsed.Bind(scenario.Values{Env: func(name string) (string, bool) {
		return "env-" + name, strings.HasPrefix(name, "SECRET")
	}})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		clock := event.NewClock()
		seed := int64(1)
		v := &trial{T: t, browser: browser{t: t, clock: clock}, ctx: t.Context()}
		v.config = Config{Scenario: bound, Opener: &v.browser, Sinks: []Sink{&v.rows}, Clock: clock, Seed: &seed, Opens: 2, Control: new(Control)}
		f(v)
	})
}

// run runs, and checks what holds for every run.
func (v *trial) run() (Outcome, error) {
	v.Helper()
	out, err := Run(v.ctx, v.config)
	synctest.Wait() // for those that have nothing left to do but end
	stacks := make([]byte, 1<<20)
	for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "synctest bubble") && strings.Contains(stack, "/runner.(*") && !strings.Contains(stack, "/runner.(*trial).run(") {
			v.Errorf("a goroutine is left of the run:\n%s", stack)
		}
	}
	v.check(out)
	return out, err
}

func (v *trial) check(out Outcome) {
	v.Helper()
	if v.browser.live != 0 {
		v.Errorf("%d sessions are still open", v.browser.live)
	}
	begun := map[UserInfo]bool{}
	for _, o := range v.browser.opened {
		// A login is tried again, and who is sent away leaves a session unused.
		if begun[o.UserInfo] && o.Iteration > 0 && len(v.config.Scenario.Load.Stages) == 0 && !v.dials {
			v.Errorf("user %d, iteration %d: a second session", o.User, o.Iteration)
		}
		begun[o.UserInfo] = true
	}
	cancelled := 0
	for i, r := range v.rows.all {
		if r.Start < v.rows.first || r.Stop < r.Start || r.Stop > v.config.Clock.Now() {
			v.Errorf("row %d, %s: from %v to %v; the first event began at %v", i, r.Name, r.Start, r.Stop, v.rows.first)
		}
		if (r.Error == "") != (r.Status == event.OK) || strings.ContainsAny(r.Error, "\r\n") {
			v.Errorf("row %d, %s, is %s with the error %q", i, r.Name, r.Status, r.Error)
		}
		if r.Users < 1 {
			v.Errorf("row %d, %s: %d users", i, r.Name, r.Users)
		}
		if r.Status == event.Cancelled {
			cancelled++
		}
	}
	for _, n := range out.CancelledEvents {
		cancelled -= n
	}
	if cancelled != 0 {
		v.Errorf("cancelled events in the outcome: %v", out.CancelledEvents)
	}
	if p := v.config.Control.Progress(); p.Stage != Ended || p.Active != 0 || p.Elapsed != out.Elapsed || p.Users != out.Users {
		v.Errorf("progress after the end: %+v; outcome %+v", p, out)
	}
}

// must runs, and fails the test if that returns an error.
func (v *trial) must() Outcome {
	v.Helper()
	out, err := v.run()
	if err != nil {
		v.Fatal(err)
	}
	return out
}

// since is an instant as the time since the run's clock began.
func (v *trial) since(i event.Instant) time.Duration { return i.Sub(v.config.Clock.Origin()) }

// lines are the rows as lines: name user iteration start-stop status.
func (v *trial) lines() []string {
	var lines []string
	for _, r := range v.rows.all {
		lines = append(lines, fmt.Sprintf("%s u%d i%d %v-%v %s", r.Name, r.User, r.Iteration, v.since(r.Start), v.since(r.Stop), r.Status))
	}
	return lines
}

// handed are the actions as a session was handed them, a line a stretch.
func (v *trial) handed() []string {
	var lines []string
	was := done{}
	for _, d := range v.browser.done {
		if d.UserInfo == was.UserInfo && d.stretch == was.stretch {
			lines[len(lines)-1] += "; " + d.text
		} else {
			lines = append(lines, d.text)
		}
		was = d
	}
	return lines
}

// skewed is a browser whose page's clock is an hour late.
type skewed struct{ *browser }

func (s *skewed) Open(ctx context.Context, u UserInfo, state *State) (Session, error) {
	p, err := s.browser.Open(ctx, u, state)
	return &skewedPage{p}, err
}

type skewedPage struct{ Session }

func (p *skewedPage) Do(ctx context.Context, stretch []scenario.Action) ([]Span, error) {
	spans, err := p.Session.Do(ctx, stretch)
	for i := range spans {
		spans[i].OnPage = true
		spans[i].Begin = spans[i].Begin.Add(-time.Hour)
		spans[i].End = spans[i].End.Add(-time.Hour)
	}
	return spans, err
}

// miscounting tells of more spans than there were steps, or of fewer.
type miscounting struct {
	*browser
	extra int
}

func (m *miscounting) Open(ctx context.Context, u UserInfo, state *State) (Session, error) {
	p, err := m.browser.Open(ctx, u, state)
	return &miscountingPage{p, m.extra}, err
}

type miscountingPage struct {
	Session
	extra int
}

func (p *miscountingPage) Do(ctx context.Context, stretch []scenario.Action) ([]Span, error) {
	spans, err := p.Session.Do(ctx, stretch)
	if p.extra < 0 {
		return spans[:len(spans)+p.extra], err
	}
	return append(spans, make([]Span, p.extra)...), err
}

// Package browser carries out what a scenario asks of a page: it finds,
// starts and replaces drivers and browsers, opens sessions in them, and times
// each step on the page's own clock. It is the only importer of playwright-go,
// and maps a context.Context to it, so that nobody else has to know.
package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/mask"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// Page is playwright-go's page, under the name the public API shows it by.
type Page = playwright.Page

// Options are what a pool needs to know.
type Options struct {
	Found     provision.Found
	Clock     event.Clock
	Headless  bool
	Timing    scenario.Timing
	BaseURL   string
	Browser   scenario.Browser
	HTTP      scenario.HTTP
	Users     int  // the most users at once: how many windows to tile, how many pairs to spread over
	PerPair   int  // users who share a driver and a browser; 0 leaves it to the pool
	NoSandbox bool // Chromium's own sandbox is switched off
	// Mask is told of what is typed into password fields, and hides it; nil: a new
	// one.
	Mask *mask.Mask
	Log  io.Writer // what drivers and browsers complain of; nil: nowhere
}

// usersPerPair is how many users share a driver and a browser. One driver
// process (node, one thread) is busy at about 14 iterations a second; users who
// think need far less, so pairs are also bounded by half the cores.
const usersPerPair = 40

// Pool starts driver and browser pairs as users come, spreads sessions over
// them and replaces those that died. It is a [runner.Opener].
type Pool struct {
	o       Options
	key     string        // under which the instrument stands in pages
	perPair int           // users, until there are as many pairs as there may be
	most    int           // pairs at once
	console chan struct{} // held by who keeps the console of a page

	mu     sync.Mutex
	pairs  []*pair
	closed bool
	proven bool           // a pair has started: what fails from now on is an accident
	dying  sync.WaitGroup // dead pairs being cleared away
}

// NewPool returns a pool in which nothing runs yet.
func NewPool(o Options) *Pool {
	if o.Mask == nil {
		o.Mask = mask.New()
	}
	perPair, most := usersPerPair, (runtime.GOMAXPROCS(0)+1)/2
	if o.PerPair > 0 {
		perPair, most = o.PerPair, o.Users // it is meant
	}
	most = max(1, min((o.Users+perPair-1)/perPair, most))
	return &Pool{o: o, key: "lw" + rand.Text(), perPair: perPair, most: most, console: make(chan struct{}, 1)}
}

// Warm starts the first pair, so that a browser that does not start is known
// before any user begins, and no user's time goes by meanwhile.
func (p *Pool) Warm(ctx context.Context) error {
	pr, err := p.pick(ctx)
	if err != nil {
		return err
	}
	p.release(pr)
	return nil
}

// Version is the version of the browser that runs; "" before the first.
func (p *Pool) Version() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pr := range p.pairs {
		if pr.runs() {
			return pr.browser.Version()
		}
	}
	return ""
}

// Processes are the ids of the driver processes: the roots of the trees that
// belong to the load generator.
func (p *Pool) Processes() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pids []int
	for _, pr := range p.pairs {
		if pr.runs() {
			pids = append(pids, pr.pid)
		}
	}
	return pids
}

// Open implements [runner.Opener].
func (p *Pool) Open(ctx context.Context, u runner.UserInfo, state *runner.State) (runner.Session, error) {
	pr, err := p.pick(ctx)
	if err != nil {
		return nil, err
	}
	s, err := openSession(ctx, p, pr, u, state) // which releases the pair when it closes
	if err != nil {
		return nil, pr.explain(err)
	}
	return s, nil
}

var errPoolClosed = errors.New("the browsers are being closed")

// pick returns the pair with the fewest sessions, after starting one where
// there are too few or the last ones died. The caller releases it.
func (p *Pool) pick(ctx context.Context) (*pair, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errPoolClosed
	}
	p.bury()
	var best *pair
	for _, pr := range p.pairs {
		if best == nil || pr.sessions < best.sessions {
			best = pr
		}
	}
	if best == nil || best.sessions >= p.perPair && len(p.pairs) < p.most {
		best = newPair(p.o)
		p.pairs = append(p.pairs, best)
		go best.start()
	}
	best.sessions++
	p.mu.Unlock()

	select {
	case <-best.started:
		return best, p.settle(best)
	case <-ctx.Done():
		p.release(best)
		return nil, ctx.Err()
	}
}

// settle says how the start of a picked pair went.
func (p *Pool) settle(pr *pair) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pr.err == nil {
		p.proven = true
		return nil
	}
	pr.sessions--
	if p.proven || p.closed {
		return pr.err
	}
	return fmt.Errorf("%w: %w", runner.ErrFatal, pr.err)
}

func (p *Pool) release(pr *pair) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pr.sessions--
}

// bury forgets the pairs that died. The caller holds mu.
func (p *Pool) bury() {
	p.pairs = slices.DeleteFunc(p.pairs, func(pr *pair) bool {
		if pr.dead() {
			p.dying.Go(func() { _ = pr.stop() }) // what is left of it
		}
		return pr.dead()
	})
}

// Close ends every driver and browser; sessions that are open end with errors.
func (p *Pool) Close() error {
	p.mu.Lock()
	p.closed = true
	pairs := p.pairs
	p.pairs = nil
	p.mu.Unlock()
	var wg sync.WaitGroup
	errs := make([]error, len(pairs))
	for i, pr := range pairs {
		wg.Go(func() { errs[i] = pr.stop() })
	}
	wg.Wait()
	p.dying.Wait()
	return errors.Join(errs...)
}

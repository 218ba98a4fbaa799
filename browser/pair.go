package browser

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/internal/proc"
)

// pair is a driver process and the one browser that it drives.
type pair struct {
	o        Options
	sessions int // open or about to be; the pool's lock guards it

	started chan struct{} // closed when start has returned
	err     error         // why it did not start

	nest    *proc.Nest // temporary folder and processes, gone when we are
	pw      *playwright.Playwright
	browser playwright.Browser
	pid     int // of the driver

	mu      sync.Mutex     // no session begins to open once over is closed
	opening sync.WaitGroup // sessions being opened
	over    chan struct{}  // closed when the driver or the browser died, or stop was called
	reason  error          // why it is over; set before over is closed

	stopOnce sync.Once
	stopErr  error
}

func newPair(o Options) *pair {
	return &pair{o: o, started: make(chan struct{}), over: make(chan struct{})}
}

// nestPrefix is how the temporary folders of drivers and browsers begin.
const nestPrefix = "loadwright-"

// startTimeout bounds the start of a browser.
const startTimeout = 60 * time.Second

// watchInterval is how often the driver process is looked at: when it dies, no
// event of playwright-go's says so.
const watchInterval = 200 * time.Millisecond

func (p *pair) start() {
	defer close(p.started)
	if p.err = p.launch(); p.err != nil {
		p.end(p.err)
	}
}

func (p *pair) launch() error {
	var err error
	_ = proc.SweepStale(nestPrefix) // of runs that were killed with their guards; it is tried again
	if p.nest, err = proc.NewNest(nestPrefix); err != nil {
		return err
	}
	folder, err := driverFolder(p.nest.Dir(), p.o.Found)
	if err != nil {
		return err
	}
	stderr := p.o.Log
	if stderr == nil {
		stderr = io.Discard
	}
	options := &playwright.RunOptions{
		DriverDirectory:     folder,
		SkipInstallBrowsers: true,
		Stdout:              io.Discard,
		Stderr:              stderr,
		Logger:              slog.New(slog.NewTextHandler(stderr, nil)),
	}
	if p.pw, err = runDriver(options); err != nil {
		if closedError(err) {
			err = errors.New("it ended at once")
		}
		return fmt.Errorf("the driver (node %s with playwright-core %s) did not start: %w", p.o.Found.Node, p.o.Found.Package, err)
	}
	p.pid = p.pw.Pid()
	if err := p.nest.Guard(p.pid); err != nil {
		return err
	}
	go p.watch()

	args := []string{"--enable-features=" + features}
	if runtime.GOOS == "linux" && p.o.Headless {
		args = append(args, "--disable-gpu")
	}
	launch := playwright.BrowserTypeLaunchOptions{
		ExecutablePath:  playwright.String(p.o.Found.Browser),
		Headless:        playwright.Bool(p.o.Headless),
		ChromiumSandbox: playwright.Bool(!p.o.NoSandbox),
		// A terminal's Ctrl-C reaches the driver too; when to close is ours to say.
		HandleSIGINT:  playwright.Bool(false),
		HandleSIGTERM: playwright.Bool(false),
		HandleSIGHUP:  playwright.Bool(false),
		Args:          append(args, p.o.Browser.Args...),
		Timeout:       milliseconds(startTimeout),
	}
	if p.o.Browser.SlowMo > 0 {
		launch.SlowMo = milliseconds(p.o.Browser.SlowMo)
	}
	if p.browser, err = p.pw.Chromium.Launch(launch); err != nil {
		return fmt.Errorf("the browser %s did not start: %w", p.o.Found.Browser, plain(err))
	}
	p.browser.OnDisconnected(func(playwright.Browser) { p.end(errBrowserDied) })
	return nil
}

// features has the network's code run in the browser's own process, which
// saves a process a browser and 5 % of the CPU an iteration (2 cores, 4 users,
// an app that answers at once). The other one is Playwright's own, whose
// argument this replaces: Chromium takes the last of a name.
const features = "CDPScreenshotNewSurface,NetworkServiceInProcess2"

var (
	errBrowserDied = errors.New("the browser died; a new one takes its place")
	errDriverDied  = errors.New("the browser's driver (node) died; a new one takes its place")
	errStopped     = errors.New("the browser was closed because the run ended")
)

// watch ends the pair when its driver process is gone.
func (p *pair) watch() {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-p.over:
			return
		case <-tick.C:
			if !proc.Alive(p.pid) {
				p.end(errDriverDied)
			}
		}
	}
}

// end marks the pair as not to be used any more.
func (p *pair) end(reason error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.dead() {
		p.reason = reason
		close(p.over)
	}
}

// opens notes that a session is being opened, which calls opening.Done. It
// returns false when the pair is over.
func (p *pair) opens() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return false
	}
	p.opening.Add(1)
	return true
}

// runs tells whether the pair has started, and well.
func (p *pair) runs() bool {
	select {
	case <-p.started:
		return p.err == nil
	default:
		return false
	}
}

func (p *pair) dead() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// explain replaces the error of a call by the reason for it, where the pair
// died meanwhile: the news of the death may come a moment after the error.
func (p *pair) explain(err error) error {
	if err == nil || !closedError(err) || errors.Is(err, errCrashed) || errors.Is(err, errSessionClosed) {
		return err
	}
	select {
	case <-p.over:
		return p.reason
	case <-time.After(2 * watchInterval):
		return err
	}
}

// closeTimeout is how long a driver may take to close its browser in order.
const closeTimeout = 5 * time.Second

// stop ends browser and driver and removes what they left on disk.
func (p *pair) stop() error {
	p.stopOnce.Do(func() {
		<-p.started
		p.end(errStopped)
		if p.pw != nil {
			done := make(chan struct{})
			go func() {
				defer close(done)
				p.opening.Wait() // a browser that closes meanwhile is more than playwright-go can take
				if p.browser != nil {
					_ = p.browser.Close() // fails when it died, which is as good
				}
				_ = p.pw.Stop()
			}()
			select {
			case <-done:
			case <-time.After(closeTimeout):
			}
		}
		if p.nest != nil {
			p.stopErr = p.nest.Close()
		}
	})
	return p.stopErr
}

// starting lets one driver start at a time: playwright.Run writes to variables of
// its package.
var starting sync.Mutex

func runDriver(o *playwright.RunOptions) (*playwright.Playwright, error) {
	starting.Lock()
	defer starting.Unlock()
	ownGroup(o)
	return playwright.Run(o)
}

// driverFolder makes the folder {node, package} that playwright-go starts a
// driver from. On Unix its node is a script of ours, because there is no other
// door: it gives the driver a TMPDIR of the run's own, and answers the question
// for the version, which playwright-go asks at every start, without starting
// node for it (provision has looked already).
func driverFolder(dir string, f provision.Found) (string, error) {
	folder, temp := filepath.Join(dir, "driver"), filepath.Join(dir, "tmp")
	for _, d := range []string{folder, temp} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return "", err
		}
	}
	return folder, linkDriver(folder, temp, f)
}

func milliseconds(d time.Duration) *float64 {
	return playwright.Float(math.Ceil(max(1, float64(d)/float64(time.Millisecond))))
}

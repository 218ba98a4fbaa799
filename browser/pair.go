package browser

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
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

	nest    *proc.Nest // temporary folder and processes, gone when we are; before started is closed, mu guards it
	pw      *playwright.Playwright
	browser playwright.Browser
	pid     int // of the driver

	mu      sync.Mutex     // no session begins to open, and no nest is made, once over is closed
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

// What bounds the start of a driver, and of a browser after it.
const (
	driverTimeout = 30 * time.Second
	startTimeout  = 60 * time.Second
)

// watchInterval is how often the driver process is looked at: when it dies, no
// event of playwright-go's says so.
const watchInterval = 200 * time.Millisecond

func (p *pair) start() {
	defer close(p.started)
	if p.err = p.launch(); p.err != nil {
		p.end(p.err)
		if errors.Is(p.reason, errStopped) {
			p.err = errStopped // whatever failed of it
		}
	}
}

func (p *pair) launch() error {
	_ = proc.SweepStale(nestPrefix) // of runs that were killed with their guards; it is tried again
	if err := p.startDriver(); err != nil {
		return err
	}
	p.pid = p.pw.Pid()
	if err := p.nest.Guard(p.pid); err != nil {
		return err
	}
	go p.watch()
	if p.dead() {
		return p.reason
	}

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
	var err error
	if p.browser, err = p.pw.Chromium.Launch(launch); err != nil {
		return fmt.Errorf("the browser %s did not start: %w", p.o.Found.Browser, whyNotLaunched(err))
	}
	p.browser.OnDisconnected(func(playwright.Browser) { p.end(errBrowserDied) })
	return nil
}

// browserSaid is a line that a browser wrote to its standard error, as Playwright
// reports a start that failed.
var browserSaid = regexp.MustCompile(`\[pid=\d+\]\[err\] (.{1,200})`)

// whyNotLaunched says in plain words why a browser did not start.
func whyNotLaunched(err error) error {
	text := err.Error()
	said := browserSaid.FindAllStringSubmatch(text, -1)
	switch {
	case strings.Contains(text, "without having a XServer"):
		return errors.New("its windows need a display: set DISPLAY, or put xvfb-run -a before loadwright")
	case closedError(err) && len(said) > 0:
		return fmt.Errorf("it ended at once, and said: %s", said[len(said)-1][1])
	case closedError(err):
		return errors.New("it ended at once")
	}
	return plain(err)
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

// stop ends browser and driver and removes what they left on disk. Where they
// are still starting, and don't get done with it, they are ended nevertheless.
func (p *pair) stop() error {
	p.stopOnce.Do(func() {
		p.end(errStopped)
		done := make(chan struct{})
		go func() {
			defer close(done)
			<-p.started
			if p.pw == nil {
				return
			}
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
		p.mu.Lock()
		nest := p.nest
		p.mu.Unlock()
		if nest != nil {
			p.stopErr = nest.Close()
		}
	})
	return p.stopErr
}

// starting lets one driver start at a time: playwright.Run writes to variables of
// its package, and some of the environment is changed meanwhile.
var starting sync.Mutex

// startDriver starts the driver in a nest of the pair's own.
func (p *pair) startDriver() error {
	starting.Lock()
	defer starting.Unlock()
	if err := p.makeNest(); err != nil {
		return err
	}
	temp := filepath.Join(p.nest.Dir(), "tmp")
	folder, err := driverFolder(p.nest.Dir(), temp, p.o.Found)
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
	ownGroup(options)
	defer setEnvironment(driverEnvironment(temp))()
	// playwright.Run waits for the driver's first word for ever.
	limit := time.AfterFunc(driverTimeout, func() { _ = p.nest.Close() })
	p.pw, err = playwright.Run(options)
	if !limit.Stop() {
		err = fmt.Errorf("it did not answer within %s", driverTimeout)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission):
		// What can't be started is our own script.
		return fmt.Errorf("no program can be started from the folder for temporary files, %s (it may be mounted noexec): name another one in the variable TMPDIR", os.TempDir())
	case closedError(err):
		err = errors.New("it ended at once")
	}
	return fmt.Errorf("the driver (node %s with playwright-core %s) did not start: %w", p.o.Found.Node, p.o.Found.Package, err)
}

// makeNest makes the pair's nest, for stop to find.
func (p *pair) makeNest() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead() {
		return p.reason
	}
	p.nest, err = proc.NewNest(nestPrefix)
	return err
}

// setEnvironment sets variables of this process; those that are "" it takes away.
// What it returns puts back what was there.
func setEnvironment(vars map[string]string) (restore func()) {
	was := map[string]string{}
	for name, value := range vars {
		if old, ok := os.LookupEnv(name); ok {
			was[name] = old
		}
		setVariable(name, value, value != "")
	}
	return func() {
		for name := range vars {
			old, ok := was[name]
			setVariable(name, old, ok)
		}
	}
}

// setVariable sets a variable or takes it away. What fails is the name's fault,
// and the names are ours.
func setVariable(name, value string, there bool) {
	if there {
		_ = os.Setenv(name, value)
	} else {
		_ = os.Unsetenv(name)
	}
}

// driverFolder makes the folder {node, package} that playwright-go starts a
// driver from. On Unix its node is a script of ours, because there is no other
// door: it gives the driver a TMPDIR of the run's own, and answers the question
// for the version, which playwright-go asks at every start, without starting
// node for it (provision has looked already).
func driverFolder(dir, temp string, f provision.Found) (string, error) {
	folder := filepath.Join(dir, "driver")
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

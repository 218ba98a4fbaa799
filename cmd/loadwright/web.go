package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/report/page"
)

// webOptions are about the page that shows a run while it is on.
type webOptions struct {
	on, keep, noOpen bool
	address          string
}

func (o *webOptions) flags(f *pflag.FlagSet) {
	f.BoolVar(&o.on, "web", false, "show the run on a page while it is on, and open that in the browser")
	f.StringVar(&o.address, "web-address", "", "serve that page at `ADDRESS`, HOST:PORT (default: 127.0.0.1, a free port); for others than this machine a token is needed, which is printed")
	f.BoolVar(&o.keep, "web-keep", false, "keep that page up after the run, until Ctrl-C")
	f.BoolVar(&o.noOpen, "no-open", false, "open no browser for that page")
}

// asked tells whether there is to be a page: who says where it is to be, or how
// long, wants one.
func (o webOptions) asked() bool { return o.on || o.keep || o.address != "" }

// mostDialled is the most users that the page may ask for, unless the load says
// more.
const mostDialled = 1000

var errStoppedOnPage = errors.New("stopped on the page")

// web is the page of a command's runs; nil where nobody asked for one.
type web struct {
	err     io.Writer
	keep    bool
	address string // for people, with the token
	results *page.Server
	site    *site

	count, all int // runs begun, and in all
	shown      page.Running
}

// openWeb serves the page of scenarios that will be run, if there is to be one.
func openWeb(s streams, o webOptions, scenarios []*loadwright.Scenario, options loadwright.Options) (*web, error) {
	if !o.asked() {
		return nil, nil
	}
	for _, scenario := range scenarios {
		if err := scenario.Check(options); err != nil {
			return nil, err // before a page opens that has nothing to show
		}
	}
	listener, access, address, err := o.listen()
	if err != nil {
		return nil, err
	}
	w := &web{err: s.err, keep: o.keep, address: address, all: len(scenarios)}
	soon := page.State{Scenario: scenarios[0].Name(), Stage: page.Preparing}
	w.results = page.NewLive(page.Running{Events: page.NewBuilder(0), State: func() page.State { return soon }})
	w.site = startSite(listener, w.results, access)
	until, whoever := "it is over", ""
	if o.keep {
		until = "Ctrl-C"
	}
	if access.Token != "" {
		whoever = " Whoever has this address\ncan look at it and stop it."
	}
	fmt.Fprintf(s.err, "The run is shown at %s until %s.%s\n", address, until, whoever)
	if !o.noOpen {
		openInBrowser(address)
	}
	return w, nil
}

// listen takes the address that is asked for, and says whom the page answers
// there and how people get to it.
func (o webOptions) listen() (net.Listener, page.Access, string, error) {
	var access page.Access
	wrong := func(format string, args ...any) (net.Listener, page.Access, string, error) {
		return nil, access, "", fmt.Errorf(format, args...)
	}
	host, port := "127.0.0.1", "0"
	if o.address != "" {
		var err error
		if host, port, err = net.SplitHostPort(o.address); err != nil {
			return wrong("%w", usageError{fmt.Errorf("--web-address %s: it must be HOST:PORT, like 127.0.0.1:8099", o.address)})
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return wrong("%w", usageError{fmt.Errorf("--web-address %s: a port is a number from 1 to 65535, or 0 for a free one", o.address)})
		}
		if host == "" {
			host = "127.0.0.1" // all addresses have to be asked for
		}
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return wrong("port %s is in use; choose another with --web-address, or 0 for a free one", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return wrong("--web-address %s: this machine has no such address", o.address)
	case err != nil:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return wrong("--web-address %s: %w", o.address, err)
	}
	access.Address = listener.Addr().String()
	at := netip.MustParseAddrPort(access.Address)
	if at.Addr().IsLoopback() {
		return listener, access, "http://" + access.Address + "/", nil
	}
	access.Token = rand.Text()
	access.Hosts = []string{host}
	if name, err := os.Hostname(); err == nil {
		access.Hosts = append(access.Hosts, name)
	}
	if at.Addr().IsUnspecified() {
		host = outward()
	}
	return listener, access, fmt.Sprintf("http://%s/?token=%s", net.JoinHostPort(host, strconv.Itoa(int(at.Port()))), access.Token), nil
}

// outward is an address by which other machines may know this one.
func outward() string {
	addresses, _ := net.InterfaceAddrs() // without any, its name has to do
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	if name, err := os.Hostname(); err == nil {
		return name
	}
	return "127.0.0.1"
}

// begin shows the run that is about to begin.
func (w *web) begin(o *runOptions, scenario *loadwright.Scenario, stopping *interrupts) {
	if w == nil {
		return
	}
	w.count++
	s := page.State{Scenario: scenario.Name(), Stage: page.Preparing}
	if w.all > 1 {
		s.Place = fmt.Sprintf("%d of %d", w.count, w.all)
	}
	r := page.Running{
		Events: page.NewBuilder(0),
		State:  func() page.State { return s },
		Stop:   func() { stopping.ask(errStoppedOnPage) },
	}
	o.Sinks = []loadwright.Sink{r.Events}
	o.MostUsers = mostDialled
	terminal := o.Follow
	o.Follow = func(now *loadwright.Running) {
		if terminal != nil {
			terminal(now)
		}
		w.show(followed(r, s, now))
	}
	w.show(r)
}

func (w *web) show(r page.Running) {
	w.shown = r
	w.results.Show(r)
}

// followed is a run that has begun.
func followed(r page.Running, s page.State, now *loadwright.Running) page.Running {
	if why := now.Fixed(); why != nil {
		s.Fixed = why.Error()
	}
	s.MostUsers = max(mostDialled, now.Progress().Most)
	machine := sync.OnceValue(func() loadwright.Machine { return now.Machine(context.Background()) })
	r.State = func() page.State {
		s := stateOf(s, now.Progress())
		s.Machine = machine()
		return withResult(s, now.Result())
	}
	r.SetUsers = now.SetUsers
	r.Summary = func() ([]byte, error) { return now.Summary(context.Background()) }
	return r
}

// end shows what came of the run; result is nil where there is none.
func (w *web) end(result *loadwright.Result, err error) {
	if w == nil {
		return
	}
	s := w.shown.State()
	s.Stage = page.Ended
	if err != nil {
		s.Failed = err.Error()
	}
	r := page.Running{Events: w.shown.Events}
	if result != nil {
		s = withResult(s, result)
		s.Report = result.Report
		if path := result.Summary; path != "" {
			r.Summary = func() ([]byte, error) { return os.ReadFile(path) }
		}
	}
	r.State = func() page.State { return s }
	w.show(r)
}

// stateOf is where a run stands, as the page takes it.
func stateOf(s page.State, p loadwright.Progress) page.State {
	s.Stage = page.Stage(p.Stage)
	if s.Stage == page.Ended {
		s.Stage = page.Stopping // its files are being written
	}
	s.Active, s.Most, s.Iterations, s.Planned, s.Waiting = p.Active, p.Most, p.Iterations, p.Planned, p.Waiting
	s.Elapsed, s.Left, s.LeftKnown = p.Elapsed, p.Left, p.LeftKnown
	return s
}

// withResult puts into a state what was found, so far or at the end.
func withResult(s page.State, r *loadwright.Result) page.State {
	s.Began, s.Thresholds, s.Generator, s.Samples = r.Began, r.Thresholds, r.Generator, r.Samples
	s.CSV, s.Dir, s.Elapsed = r.CSV, r.Dir, r.Elapsed
	if r.Ended != nil {
		s.Ended = r.Ended.Error()
	}
	return s
}

// stay keeps the page up until Ctrl-C, where that is wanted and nobody has asked
// for the end already. It returns the error that the command ends with.
func (w *web) stay(ctx context.Context, err error) error {
	code := exitCode(err)
	if w == nil || !w.keep || code == exitInterrupted || code == exitTerminated {
		return err
	}
	tellError(w.err, err)
	if err != nil {
		err = exitError{code: code, told: true, err: err}
	}
	ctx, interrupts := listen(ctx)
	defer interrupts.end()
	fmt.Fprintf(w.err, "The page stays at %s until Ctrl-C.\n", w.address)
	select {
	case <-ctx.Done():
	case <-w.site.ended:
	}
	return err
}

func (w *web) close() {
	if w != nil {
		_ = w.site.close() // the run's end is what counts
	}
}

// Package provision finds, and where it is asked to installs, the two things a
// run needs that are not written in Go: the Playwright driver (node and the
// package playwright-core) and a Chromium.
//
// [Find] only looks. [Install] looks and then tries one way after the other,
// from the one that changes least on the machine to the one that changes most.
// Both give up with a [*MissingError], which names every way tried, why it
// failed, and the commands to type.
package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// DriverVersion is the only version of the Playwright driver that is accepted:
// the protocol between driver and library has no other promise than this number.
const DriverVersion = "1.60.0"

// minNode is the oldest major version of node that playwright-core runs on
// ("engines" in its package.json).
const minNode = 18

// Options says what is wanted and where to look. The zero value is usable.
type Options struct {
	// BrowserPath names the browser to use; no other is looked for. A name
	// without a separator is looked up on PATH.
	BrowserPath string
	// Headed asks for a browser that can open windows, which a headless shell
	// can't.
	Headed bool
	// CacheDir holds what was installed and what was learnt about it.
	// Empty means "loadwright" in [os.UserCacheDir].
	CacheDir string
	// DriverDir names a folder holding node and package/, to be preferred to
	// all others. Empty means the environment's PLAYWRIGHT_DRIVER_PATH.
	DriverDir string
	// Log is told, a line at a time and without a line end, what is tried and
	// what came of it. May be nil.
	Log func(format string, args ...any)
}

// Kind is the kind of a browser.
type Kind string

// The kinds of browser.
const (
	HeadlessShell Kind = "headless shell" // Chromium without its windows: the cheapest to run
	Chromium      Kind = "Chromium"       // Chromium, or a browser made from it that is not Chrome
	Chrome        Kind = "Chrome"         // Google Chrome, or its build for testing
)

// Found is a driver and a browser that were seen to answer.
type Found struct {
	DriverDir     string // the folder holding node and package/, as PLAYWRIGHT_DRIVER_PATH would name it
	Node          string // the node executable that runs the driver
	Package       string // the folder of playwright-core, which holds cli.js
	DriverVersion string // of playwright-core
	NodeVersion   string // as node says it: "v20.20.2"
	DriverOrigin  string // where the driver came from, in words

	Browser        string // the executable
	BrowserVersion string // "156.0.8078.79"
	Kind           Kind
	BrowserOrigin  string // where the browser came from, in words
	// Slow says that a full browser will run headless, which takes about three
	// times the processor of a headless shell.
	Slow bool
}

// Find looks for a driver and a browser and installs nothing. What it learns of
// an executable it writes to the cache folder, so that only the first look has
// to start node and the browser to ask for their versions.
//
// It fails with a [*BrowserPathError] when Options.BrowserPath is no usable
// browser, and with a [*MissingError] when the driver or a browser is not there.
func Find(ctx context.Context, o Options) (Found, error) {
	return newSearch(o, thisHost()).find(ctx)
}

// Install returns what [Find] finds, and where something is missing, or the
// browser found is a slow one, tries to bring it. Once all is there it needs no
// network and starts nothing; while only a slow browser is, every call tries
// again, so who is content with that calls Find first. When several processes install into one cache folder, one works and
// the others wait for it.
//
// Its errors are those of [Find]; besides, the context's when it ended first.
func Install(ctx context.Context, o Options) (Found, error) {
	return newSearch(o, thisHost()).install(ctx)
}

// search is one call of Find or Install.
type search struct {
	Options
	host   host
	limits limits
	memo   *memo
	// cacheErr says why there is no cache folder; CacheDir is then empty.
	cacheErr error
	// installing makes every way that failed a line of the log.
	installing bool
	aptUpdated bool
}

// limits bound the time of what is started.
type limits struct {
	ask   time.Duration // for an executable to say its version
	npm   time.Duration // for 3 MB
	pip   time.Duration // for 45 MB
	apt   time.Duration // for each apt-get
	wait  time.Duration // for the system's package manager to be free
	fetch time.Duration // for the driver to fetch a browser, in all
	stall time.Duration // for the driver to fetch a browser, without a byte arriving
}

func newSearch(o Options, h host) *search {
	s := &search{Options: o, host: h, limits: limits{
		ask:   20 * time.Second,
		npm:   3 * time.Minute,
		pip:   10 * time.Minute,
		apt:   15 * time.Minute,
		wait:  2 * time.Minute,
		fetch: 30 * time.Minute,
		stall: time.Minute,
	}}
	if s.CacheDir == "" {
		if dir, err := os.UserCacheDir(); err != nil {
			s.cacheErr = fmt.Errorf("no cache folder: %w", err)
		} else {
			s.CacheDir = filepath.Join(dir, "loadwright")
		}
	} else if dir, err := filepath.Abs(s.CacheDir); err != nil {
		s.CacheDir, s.cacheErr = "", fmt.Errorf("no cache folder: %w", err)
	} else {
		s.CacheDir = dir
	}
	if s.Log == nil {
		s.Log = func(string, ...any) {}
	}
	s.memo = openMemo(s.CacheDir)
	return s
}

func (s *search) find(ctx context.Context) (Found, error) {
	found, missing, err := s.look(ctx)
	if err != nil {
		return Found{}, err
	}
	if len(missing) > 0 {
		return Found{}, s.missingError(missing, found)
	}
	s.warnSlow(found)
	return found, nil
}

func (s *search) install(ctx context.Context) (Found, error) {
	found, missing, err := s.look(ctx)
	if err != nil {
		return Found{}, err
	}
	if len(missing) == 0 && (!found.Slow || s.BrowserPath != "") {
		s.warnSlow(found)
		return found, nil
	}

	unlock, err := s.lock(ctx)
	if err != nil {
		return Found{}, err
	}
	defer unlock()
	s.installing = true

	missing = nil
	d, tried, err := s.installDriver(ctx)
	if err != nil {
		return Found{}, err
	}
	if d == nil {
		missing = append(missing, Missing{What: driverWanted, Tried: tried})
	}
	b, tried, err := s.installBrowser(ctx, d)
	if err != nil {
		return Found{}, err
	}
	if b == nil {
		missing = append(missing, Missing{What: s.browserWanted(), Tried: tried})
	}
	found = s.found(d, b)
	s.memo.save()
	if len(missing) > 0 {
		return Found{}, s.missingError(missing, found)
	}
	s.warnSlow(found)
	return found, nil
}

// look is what Find does, short of turning what is missing into an error.
func (s *search) look(ctx context.Context) (Found, []Missing, error) {
	defer s.memo.save()
	var missing []Missing
	d, tried, err := s.lookForDriver(ctx)
	if err != nil {
		return Found{}, nil, err
	}
	if d == nil {
		missing = append(missing, Missing{What: driverWanted, Tried: tried})
	}
	b, tried, err := s.lookForBrowser(ctx, d)
	if err != nil {
		return Found{}, nil, err
	}
	if b == nil {
		missing = append(missing, Missing{What: s.browserWanted(), Tried: tried})
	}
	return s.found(d, b), missing, nil
}

// found puts together what was found; either may be nil.
func (s *search) found(d *driver, b *browser) Found {
	var f Found
	if d != nil {
		f.DriverDir, f.Node, f.Package = d.dir, d.node, d.pkg()
		f.DriverVersion, f.NodeVersion, f.DriverOrigin = DriverVersion, d.nodeVersion, d.origin
	}
	if b != nil {
		f.Browser, f.BrowserVersion, f.Kind, f.BrowserOrigin = b.path, b.version, b.kind, b.origin
		f.Slow = b.kind != HeadlessShell && !s.Headed
	}
	return f
}

func (s *search) warnSlow(f Found) {
	if !f.Slow {
		return
	}
	s.Log("browser: %s is a full browser: headless, it takes about three times the processor time of a headless shell", f.Browser)
	if !s.installing && s.BrowserPath == "" {
		s.Log("browser: loadwright install tries to bring a headless shell")
	}
}

// attempts are the ways tried for one thing.
type attempts struct {
	search *search
	what   string // the log's word for the thing
	list   []Attempt
}

// add notes that way failed. It returns an error only when ctx has ended, which
// is then the true reason.
func (a *attempts) add(ctx context.Context, way string, reason error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", way, context.Cause(ctx))
	}
	failed := Attempt{Way: way, Reason: oneLine(reason.Error())}
	if slices.Contains(a.list, failed) {
		return nil // looked at again after an installation that brought nothing
	}
	a.list = append(a.list, failed)
	var nothing absence
	if a.search.installing && !errors.As(reason, &nothing) {
		a.search.Log("%s: %s: %s", a.what, way, failed.Reason)
	}
	return nil
}

// absence is the reason of a place where nothing is, as at most places of most
// machines: worth a line of the error, not of the log.
type absence string

func (a absence) Error() string { return string(a) }

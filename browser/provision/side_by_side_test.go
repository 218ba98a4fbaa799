//go:build unix

package provision

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Several installers at once: one works, the others wait and find its work.
func TestInstallersSideBySide(t *testing.T) {
	m := newMachine(t)
	m.node("v20.1.0")
	m.npm(raw())
	m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	m.opts.Log = nil
	for _, err := range atOnce(4, func() error {
		found, err := m.search().install(t.Context())
		if err == nil && found.DriverDir != m.at("cache", "driver-1.60.0") {
			err = fmt.Errorf("found %s", found.DriverDir)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(strings.Join(m.calls(), "\n"), "npm pack"); n != 1 {
		t.Errorf("npm was started %d times; want once", n)
	}
}

// Where there are no locks, the first to put its driver in place wins.
func TestInstallersWithoutLocks(t *testing.T) {
	m := newMachine(t)
	m.node("v20.1.0")
	m.npm(raw())
	m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	m.opts.Log = nil
	if err := os.MkdirAll(m.at("cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, err := range atOnce(4, func() error {
		s := m.search()
		d, tried, err := s.installDriver(t.Context())
		if d == nil && err == nil {
			err = fmt.Errorf("tried %v", tried)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if _, err := m.search().find(t.Context()); err != nil {
		t.Error(err)
	}
}

// A driver that another put in place while ours was being fetched is kept.
func TestInstallerThatIsSecond(t *testing.T) {
	m := newMachine(t)
	m.node("v20.1.0")
	if err := os.MkdirAll(m.at("cache"), 0o755); err != nil {
		t.Fatal(err)
	}
	d, err := m.search().fillOwn(t.Context(), "the second", func(_ context.Context, dir string) error {
		m.ownDriver()
		return m.search().copyDriver(m.at("cache", "driver-1.60.0"), dir, true)
	})
	if err != nil || d.origin != "a test" {
		t.Errorf("got %+v, %v; want the first one's", d, err)
	}
}

// What an installer that was killed left behind is swept away by the next.
func TestSweep(t *testing.T) {
	m := newMachine(t)
	m.node("v20.1.0")
	m.npm(raw())
	m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	m.write(m.at("cache", tmpPrefix+"123", "driver", "package", "cli.js"), "half", 0o644)
	m.write(m.at("cache", "versions.json.tmp-9"), "half", 0o644)
	if _, err := m.search().install(t.Context()); err != nil {
		t.Error(err)
	}
	m.leaks()
}

// Who waits for another installer says so, and heeds its context.
func TestWaitingForTheLock(t *testing.T) {
	m := newMachine(t)
	unlock, err := m.search().lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := m.search().install(ctx); err == nil || ctx.Err() == nil {
		t.Errorf("got %v; want the context's error", err)
	}
	want := "another loadwright is installing into " + m.at("cache") + ": waiting for it"
	if len(m.log) != 1 || m.log[0] != want {
		t.Errorf("logged %q; want %q", m.log, want)
	}
	if _, err := os.Stat(filepath.Join(m.at("cache"), "driver-1.60.0")); err == nil {
		t.Error("installed while another held the lock")
	}
}

func atOnce(n int, do func() error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = do() })
	}
	wg.Wait()
	return errs
}

package provision

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/loadwright/loadwright/internal/proc"
)

// installBrowser returns the best browser that is there or can be brought, or
// nil with what was tried. Without a driver (nil) nothing is brought.
func (s *search) installBrowser(ctx context.Context, d *driver) (*browser, []Attempt, error) {
	if s.BrowserPath != "" || d == nil {
		return s.lookForBrowser(ctx, d)
	}
	tried := attempts{search: s, what: "browser"}
	look := s.lookForShell
	if s.Headed {
		look = s.lookForFull
	}
	if b, err := look(ctx, d, &tried); b != nil || err != nil {
		return b, nil, err
	}

	byApt := "chromium-headless-shell"
	if s.Headed {
		byApt = "chromium"
	}
	which, _ := s.driversPart()
	ways := []struct {
		name string
		run  func() error
	}{
		{"the driver's install " + which + " chromium", func() error { return s.driverInstall(ctx, d) }},
		{"apt-get install " + byApt, func() error { return s.apt(ctx, "browser", byApt) }},
	}
	for _, w := range ways {
		err := w.run()
		if err == nil {
			var b *browser
			if b, err = look(ctx, d, &tried); b != nil {
				s.Log("browser: %s %s by %s: %s", b.kind, b.version, w.name, b.path)
				return b, nil, nil
			}
			if err == nil {
				err = errors.New("said that all went well, but brought no browser that works")
			}
		}
		if err := tried.add(ctx, w.name, err); err != nil {
			return nil, nil, err
		}
	}
	if s.Headed {
		return nil, tried.list, nil
	}
	b, err := s.lookForFull(ctx, d, &tried)
	return b, tried.list, err
}

var (
	// The driver tells the cause of a failed download first, and in the end
	// only that it failed.
	reFetchCause = regexp.MustCompile(`(?m)^(?:Error|ERROR): ((?:getaddrinfo|connect|read|self|unable|certificate|Download failed: server returned|Request|Playwright does not support|EACCES|ENOSPC).*)$`)
	reFetchError = regexp.MustCompile(`(?m)^(?:Error|ERROR): (.+)$`)
)

// driversPart is the flag for the part of Chromium to fetch, and its size.
func (s *search) driversPart() (flag, size string) {
	if s.Headed {
		return "--no-shell", "170 MB"
	}
	return "--only-shell", "110 MB"
}

// installPrefix is how the temporary folders of installations begin.
const installPrefix = "loadwright-install-"

// driverInstall has the driver fetch its own browser. How far it is can be seen
// only from the bytes that arrive: first in its folder of temporary files, which
// is therefore made for it, then where it installs. By that folder it is found,
// and ended, should we be killed.
func (s *search) driverInstall(ctx context.Context, d *driver) (err error) {
	_ = proc.SweepStale(installPrefix) // it is tried again
	nest, err := proc.NewNest(installPrefix)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, nest.Close()) }()
	tmp := filepath.Join(nest.Dir(), "tmp") // below the nest, as its guard wants it
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	which, size := s.driversPart()
	into := s.browsersDir(d)
	s.Log("browser: fetching with the driver's own installer (about %s)", size)
	out, err := command{
		argv: []string{d.node, d.cli(), "install", which, "chromium"},
		env: []string{
			"TMPDIR=" + tmp, "TMP=" + tmp, "TEMP=" + tmp,
			"PLAYWRIGHT_BROWSERS_PATH=" + into,
			"PLAYWRIGHT_SKIP_BROWSER_GC=1", // other Playwrights' browsers are not ours to remove
		},
		limit:    s.limits.fetch,
		stall:    s.limits.stall,
		progress: func() int64 { return bytesUnder(tmp) + bytesUnder(into) },
	}.run(ctx)
	if err != nil {
		return out.why(err, reFetchCause, reFetchError)
	}
	return nil
}

// bytesUnder adds up the files below a folder, as far as they can be seen.
func bytesUnder(dir string) int64 {
	var sum int64
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

package provision

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lock lets one process at a time install into the cache folder; the system
// frees it when its holder dies. Where the folder can't be written or its file
// system knows no locks we go on without: a driver is put in place by one
// rename, so the worst is that it is fetched twice.
func (s *search) lock(ctx context.Context) (unlock func(), err error) {
	nothing := func() {}
	if s.CacheDir == "" || os.MkdirAll(s.CacheDir, 0o755) != nil {
		return nothing, nil
	}
	l := flock.New(filepath.Join(s.CacheDir, "install.lock"))
	got, err := l.TryLock()
	if err == nil && !got {
		s.Log("another loadwright is installing into %s: waiting for it", s.CacheDir)
		got, err = l.TryLockContext(ctx, 100*time.Millisecond)
	}
	if ctx.Err() != nil {
		_ = l.Close()
		return nil, context.Cause(ctx)
	}
	if err != nil || !got {
		_ = l.Close()
		return nothing, nil
	}
	s.sweep()
	return func() { _ = l.Close() }, nil
}

// sweep removes what an installer that was killed left half done. Only who
// holds the lock may.
func (s *search) sweep() {
	for _, pattern := range []string{tmpPrefix + "*", "versions.json.tmp-*"} {
		left, _ := filepath.Glob(filepath.Join(s.CacheDir, pattern))
		for _, dir := range left {
			_ = os.RemoveAll(dir)
		}
	}
}

// tmpPrefix begins the names of folders in the cache that are being filled or
// thrown away.
const tmpPrefix = "installing-"

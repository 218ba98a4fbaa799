package event

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asNobody calls f as a user who may not write just anywhere, even where the
// tests are run by root.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		// The thread is never unlocked: it ends with the goroutine, and the
		// user with it.
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if err := syscall.Setfsuid(65534); err != nil {
				done <- err
				return
			}
		}
		f()
		done <- nil
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestNoPermission(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if err := os.Mkdir(out, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, archive := range []bool{true, false} {
		var err error
		asNobody(t, func() { _, err = Create(out, archive, began) })
		want := "results can't be written to " + out + ": permission denied; choose another folder with --out"
		if err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	wantTree(t, out)
}

// A disk that fills while the run is on leaves whole rows.
func TestDiskFills(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("a small file system can be mounted by root only; TestDiskFull does the same without one")
	}
	out := t.TempDir()
	if err := syscall.Mount("tmpfs", out, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no file system can be mounted here (%v); TestDiskFull does the same without one", err)
	}
	defer func() {
		if err := syscall.Unmount(out, 0); err != nil {
			t.Error(err)
		}
	}()
	f, err := Create(out, true, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; err == nil && n < 10_000; n++ {
		err = f.Event(span("interact", 0, 1))
	}
	want := "results can't be written to " + out + ": no space left on device; choose another folder with --out"
	if err == nil || err.Error() != want || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%v\nwant %s", err, want)
	}
	if err := f.Close(); err == nil || err.Error() != want {
		t.Errorf("Close: %v", err)
	}
	src, err := os.Open(f.CSV)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	events, errs := readAll(t, src)
	if len(errs) > 0 || len(events) < 100 || len(events) >= n {
		t.Errorf("%d rows of %d, %v", len(events), n, errs)
	}
	if err := f.WriteFile("summary.json", []byte(strings.Repeat("x", 100_000))); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a file: %v", err)
	}
	if err := WriteBeside(f.Path("failure-u0-i1.png"), make([]byte, 100_000)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a picture: %v", err)
	}
	wantTree(t, f.Dir)
}

//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestLargeFileUnread holds that a file of 50 MB is refused without being read.
func TestLargeFileUnread(t *testing.T) {
	dir := t.TempDir()
	small, large := filepath.Join(dir, "small.yaml"), filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(small, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(large)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, io.LimitReader(comment{}, 50<<20)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	peak := func(file string) (bytes int64) {
		cmd := exec.Command("loadwright", "validate", file)
		out, err := cmd.CombinedOutput()
		if codeOf(err) != exitUsage {
			t.Fatalf("%s: %v\n%s", file, err, out)
		}
		if file == large && !strings.Contains(string(out), "larger than 1 MB") {
			t.Errorf("%s: %s", file, out)
		}
		rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
		if runtime.GOOS == "darwin" {
			return rss
		}
		return rss << 10
	}
	if base, got := peak(small), peak(large); got > base+16<<20 {
		t.Errorf("it took %d MB more than an empty file", (got-base)>>20)
	}
}

// comment is an endless line of YAML comment.
type comment struct{}

func (comment) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	return len(p), nil
}

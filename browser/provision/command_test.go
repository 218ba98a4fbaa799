//go:build unix

package provision

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// The bounds, in virtual time.
func TestWatch(t *testing.T) {
	byUser := errors.New("stopped by the user")
	tests := []struct {
		name   string
		ends   time.Duration             // when the program ends by itself; 0: never
		cancel time.Duration             // when the context ends; 0: never
		bytes  func(time.Duration) int64 // progress by time; nil: not watched
		want   string
		at     time.Duration
	}{
		{name: "ends", ends: time.Second, want: "", at: time.Second},
		{name: "limit", want: "not done within 10m0s", at: 10 * time.Minute},
		{name: "cancelled", cancel: 3 * time.Second, want: "stopped by the user", at: 3 * time.Second},
		{name: "no byte ever", bytes: func(time.Duration) int64 { return 0 }, want: "no progress for 1m0s", at: time.Minute},
		{name: "slow but steady", ends: 9 * time.Minute, bytes: func(d time.Duration) int64 { return int64(d / (50 * time.Second)) }, at: 9 * time.Minute},
		{name: "stalls midway", bytes: func(d time.Duration) int64 { return min(int64(d/time.Second), 100) }, want: "no progress for 1m0s", at: 162 * time.Second},
		{name: "grows for ever", bytes: func(d time.Duration) int64 { return int64(d) }, want: "not done within 10m0s", at: 10 * time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.cancel > 0 {
					time.AfterFunc(test.cancel, func() { cancel(byUser) })
				}
				ended := make(chan struct{})
				if test.ends > 0 {
					time.AfterFunc(test.ends, func() { close(ended) })
				}
				c := command{limit: 10 * time.Minute, stall: time.Minute}
				if test.bytes != nil {
					c.progress = func() int64 { return test.bytes(time.Since(began)) }
				}
				got := ""
				if over := c.watch(ctx, ended); over != nil {
					got = over.Error()
				}
				if got != test.want {
					t.Errorf("got %q; want %q", got, test.want)
				}
				if took := time.Since(began); took < test.at-3*time.Second || took > test.at+3*time.Second {
					t.Errorf("took %v; want about %v", took, test.at)
				}
			})
		})
	}
}

// A program that is ended takes its children along, those included that will not
// hear, whether it hears itself or not.
func TestRunEndsTheTree(t *testing.T) {
	for _, script := range []string{
		"(sleep 300 & wait) & wait",
		"trap '' TERM; (sleep 300 & wait) & wait",
		"(trap '' TERM; exec >/dev/null 2>&1; sleep 300 & wait) & wait",
	} {
		dir := t.TempDir()
		fifo := filepath.Join(dir, "alive")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
		gone := make(chan error, 1)
		go func() {
			f, err := os.Open(fifo) // until the script has opened it
			if err == nil {
				_, err = io.ReadAll(f) // until all that hold it have ended
				_ = f.Close()
			}
			gone <- err
		}()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		// The child's own child holds the fifo and the output.
		holding := "exec 3>" + fifo + "; echo hello; " + script
		out, err := command{argv: []string{"/bin/sh", "-c", holding}, limit: time.Hour}.run(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v; want the context's error", err)
		}
		if strings.TrimSpace(out.stdout) != "hello" {
			t.Errorf("got %q; want what was said before", out.stdout)
		}
		select {
		case err := <-gone:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("a child of %q lives on", script)
		}
	}
}

func TestRunKeepsTheTail(t *testing.T) {
	script := "i=0; while [ $i -lt 3000 ]; do echo line $i of many, with something to make it longer; i=$((i+1)); done; echo last >&2; exit 3"
	out, err := command{argv: []string{"/bin/sh", "-c", script}, limit: time.Minute}.run(t.Context())
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("got %v; want exit status 3", err)
	}
	if len(out.stdout) != tailBytes || !strings.Contains(out.stdout, "line 2999") {
		t.Errorf("kept %d bytes, without the last; want the last %d", len(out.stdout), tailBytes)
	}
	if got := out.why(err).Error(); got != "last" {
		t.Errorf("why: %q; want the last line", got)
	}
}

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"a\n\tb\r\n":             "a b",
		"\x1b[2m from x\x1b[22m": "from x",
		strings.Repeat("é", 300): strings.Repeat("é", maxLine) + "…",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q; want %q", in, got, want)
		}
	}
}

//go:build unix

package browser

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/loadwright/loadwright/runner"
)

// browserOf is the browser's main process in a nest. (Debian's command is a
// shell script with the browser as its child.)
func browserOf(t *testing.T, nest string) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc to find the browser's process")
	}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		line, _ := os.ReadFile(path)
		exe, _ := os.Readlink(filepath.Join(filepath.Dir(path), "exe"))
		isBrowser := strings.Contains(exe, "chrom") || strings.Contains(exe, "headless")
		if isBrowser && bytes.Contains(line, []byte("--user-data-dir="+nest)) && !bytes.Contains(line, []byte("--type=")) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	t.Fatal("no browser runs")
	return 0
}

func TestDeaths(t *testing.T) {
	for _, c := range []struct {
		name   string
		kill   func(t *testing.T, p *pair)
		errors string
		within time.Duration // until its users know
	}{
		{"driver", func(t *testing.T, p *pair) { kill(t, p.pid, syscall.SIGKILL) }, errDriverDied.Error(), soon},
		{"browser", func(t *testing.T, p *pair) { kill(t, browserOf(t, p.nest.Dir()), syscall.SIGKILL) }, errBrowserDied.Error(), soon},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := ownPool(t)
			first := p.pairs[0]
			was := tracesOf(t, first)
			var users sync.WaitGroup
			var mu sync.Mutex
			var killed time.Time
			for i := range 3 {
				s, err := p.Open(t.Context(), runner.UserInfo{User: i}, nil)
				if err != nil {
					t.Fatal(err)
				}
				users.Go(func() {
					_, err := s.Do(t.Context(), stretches("")[0][1:])
					mu.Lock()
					defer mu.Unlock()
					if err == nil || !strings.Contains(err.Error(), c.errors) {
						t.Errorf("%v, want %s", err, c.errors)
					}
					if took := time.Since(killed); took > c.within {
						t.Errorf("a user knew after %s", took)
					}
					if err := s.Capture(t.Context(), filepath.Join(t.TempDir(), "failure"), asIs); err == nil {
						t.Error("what is dead was captured")
					}
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			time.Sleep(500 * time.Millisecond)
			mu.Lock()
			killed = time.Now()
			c.kill(t, first)
			mu.Unlock()
			users.Wait()
			again(t, p, first)
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			was.gone(t)
		})
	}
}

// A driver that is stopped answers nothing and does not die.
func TestWedgedDriver(t *testing.T) {
	t.Parallel()
	p := ownPool(t)
	first := p.pairs[0]
	was := tracesOf(t, first)
	s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := p.Open(t.Context(), runner.UserInfo{User: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kill(t, first.pid, syscall.SIGSTOP)
	for _, a := range stretches("")[2:4] {
		limit := within(300*time.Millisecond, a[1])
		begin := time.Now()
		if _, err := s.Do(t.Context(), append(a[:0:0], limit)); err == nil || err.Error() != "not within 300ms: the page does not answer" {
			t.Error(err)
		}
		if took := time.Since(begin); took > 300*time.Millisecond+grace+soon {
			t.Errorf("%T took %s", limit.Op, took)
		}
	}
	// Who closes finds out that the browser is sick; everybody else is told.
	told := make(chan error, 1)
	go func() {
		_, err := other.Do(t.Context(), stretches("")[0][1:])
		told <- err
	}()
	begin := time.Now()
	if err := s.Close(); err == nil {
		t.Error("a context was closed that can't be")
	}
	if took := time.Since(begin); took > contextCloseTimeout+soon {
		t.Errorf("Close took %s", took)
	}
	if err := <-told; err == nil || !strings.Contains(err.Error(), "did not close") {
		t.Error(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	again(t, p, first)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	was.gone(t)
}

// again checks that the next user gets a new pair.
func again(t *testing.T, p *Pool, dead *pair) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, err := p.Open(ctx, runner.UserInfo{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.(*session).pair == dead {
		t.Error("a session in a dead browser")
	}
	if _, err := s.Do(ctx, nil); err != nil {
		t.Error(err)
	}
	if got := p.Version(); got != found.BrowserVersion {
		t.Errorf("version %q, want %q", got, found.BrowserVersion)
	}
	if n := len(p.Processes()); n != 1 {
		t.Errorf("%d drivers", n)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// traces are what a pair has on the machine: its folder, and its processes. A
// pair that is started later may have a folder of the same name.
type traces struct {
	nest      string
	mark      string // a file in the folder
	processes map[int]string
}

func tracesOf(t *testing.T, p *pair) traces {
	t.Helper()
	nest := p.nest.Dir()
	mark := filepath.Join(nest, "mark of "+strings.ReplaceAll(t.Name(), "/", " "))
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	processes := processesOf(nest)
	if len(processes) == 0 && runtime.GOOS == "linux" {
		t.Error("no process has to do with it")
	}
	return traces{nest, mark, processes}
}

// gone checks that neither processes nor a folder are left.
func (was traces) gone(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(was.mark); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	left := settled(func() string {
		left := processesOf(was.nest)
		maps.DeleteFunc(left, func(pid int, _ string) bool { return was.processes[pid] == "" })
		return list(left)
	})
	if left != "" {
		t.Errorf("processes are left:\n%s", left)
	}
}

func kill(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

func TestPoolCloseEndsWhatIsOpen(t *testing.T) {
	t.Parallel()
	p := ownPool(t)
	was := tracesOf(t, p.pairs[0])
	s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 1)
	go func() {
		_, err := s.Do(t.Context(), stretches("")[0][1:])
		told <- err
	}()
	time.Sleep(300 * time.Millisecond)
	begin := time.Now()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > closeTimeout+soon {
		t.Errorf("Close took %s", took)
	}
	if err := <-told; err == nil || err.Error() != errStopped.Error() {
		t.Error(err)
	}
	if _, err := p.Open(t.Context(), runner.UserInfo{}, nil); err == nil {
		t.Error("a closed pool opened a session")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	was.gone(t)
}

func TestPoolCloseWhileStarting(t *testing.T) {
	t.Parallel()
	needsBrowser(t)
	for _, wait := range []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond} {
		p := NewPool(options())
		told := make(chan error, 1)
		go func() {
			s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
			if err == nil {
				s.Close()
			}
			told <- err
		}()
		time.Sleep(wait)
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		<-told
	}
}

func TestBrowserThatIsNone(t *testing.T) {
	t.Parallel()
	needsBrowser(t)
	o := options()
	o.Found.Browser = "/bin/false"
	p := NewPool(o)
	begin := time.Now()
	err := p.Warm(t.Context())
	if err == nil || !strings.HasSuffix(err.Error(), "the browser /bin/false did not start: it ended at once") {
		t.Error(err)
	}
	complains := filepath.Join(t.TempDir(), "complains.sh")
	if err := os.WriteFile(complains, []byte("#!/bin/sh\necho first >&2\necho 'libnss3.so: no such file' >&2\nexit 127\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	o.Found.Browser = complains
	r := NewPool(o)
	if err := r.Warm(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "did not start: it ended at once, and said: libnss3.so: no such file") {
		t.Error(err)
	}
	o.Found.Node = "/bin/false"
	q := NewPool(o)
	if err := q.Warm(t.Context()); err == nil || !strings.HasSuffix(err.Error(), "did not start: it ended at once") {
		t.Error(err)
	}
	for _, p := range []*Pool{p, q, r} {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// hang is a program that says nothing and does not end.
func hang(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hang.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nsleep 600\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// What hangs while it starts does not keep a pool from closing, and is gone then.
func TestPoolCloseWhileAStartHangs(t *testing.T) {
	t.Parallel()
	needsBrowser(t)
	for name, change := range map[string]func(*Options){
		"browser": func(o *Options) { o.Found.Browser = hang(t) },
		"driver":  func(o *Options) { o.Found.Node = hang(t) },
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			change(&o)
			p := NewPool(o)
			told := make(chan error, 1)
			go func() { told <- p.Warm(t.Context()) }()
			nest := whereItHangs(t, p)
			begin := time.Now()
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if took := time.Since(begin); took > startTimeout/2 {
				t.Errorf("Close took %s", took)
			}
			if err := <-told; !errors.Is(err, errStopped) || errors.Is(err, runner.ErrFatal) {
				t.Error(err)
			}
			if left := settled(func() string { return list(processesOf(nest)) }); left != "" {
				t.Errorf("processes are left: %s", left)
			}
			if _, err := os.Stat(nest); !os.IsNotExist(err) {
				t.Errorf("the folder is left: %v", err)
			}
		})
	}
}

// whereItHangs is the nest of a pool's first pair, once what hangs in it runs.
func whereItHangs(t *testing.T, p *Pool) string {
	t.Helper()
	for {
		p.mu.Lock()
		pairs := p.pairs
		p.mu.Unlock()
		if len(pairs) > 0 {
			pairs[0].mu.Lock()
			nest := pairs[0].nest
			pairs[0].mu.Unlock()
			if nest != nil {
				for _, line := range processesOf(nest.Dir()) {
					if strings.Contains(line, "sleep 600") {
						return nest.Dir()
					}
				}
			}
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// What the environment says of node is for every run of a process.
func TestTheEnvironmentIsPutBack(t *testing.T) {
	needsBrowser(t)
	t.Setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")
	p := ownPool(t)
	if len(p.Processes()) != 1 {
		t.Error("the driver is not the one of the pool's options")
	}
	if got := os.Getenv("PLAYWRIGHT_NODEJS_PATH"); got != "/bin/false" {
		t.Errorf("it says %q", got)
	}
}

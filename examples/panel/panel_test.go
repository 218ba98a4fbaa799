//go:build panel

// Package panel runs this example for real: a Panel server, loadwright's
// binary against it, and Python Loadwright on the results. `make test-panel`
// does it; LOADWRIGHT_BIN names the binary and LOADWRIGHT_VENVS the folder
// where the Python environments are, or are to be made.
package panel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/proc"
)

// Bounds on what is waited for.
const (
	venvsLimit = 10 * time.Minute
	readyLimit = time.Minute
	runLimit   = 3 * time.Minute
	pyLimit    = 2 * time.Minute
)

func TestFiveUsersClickAndPythonLoadwrightReadsIt(t *testing.T) {
	venvs := environments(t)
	url := servePanel(t, venvs)
	out := t.TempDir()
	run(t, "run", "scenario.yaml", "--url", url, "--out", out, "--allow-saturated")

	file := filepath.Join(out, "loadwright.csv")
	took := durations(t, file)
	loads, interacts := took["load"], took["interact"]
	if len(loads) != 5 || len(interacts) != 25 {
		t.Fatalf("%d loads and %d interacts, want 5 and 25", len(loads), len(interacts))
	}
	// Nothing can be faster than the app's half second.
	for name, all := range map[string][]time.Duration{"load": loads, "interact": interacts} {
		if fastest := slices.Min(all); fastest < 500*time.Millisecond {
			t.Errorf("the fastest %s took %v, less than the server's own half second", name, fastest)
		}
	}
	// Users take turns at one thread: five at once can't all be served in a second.
	if slowest := slices.Max(interacts); slowest < time.Second {
		t.Errorf("the slowest interact took %v: nobody waited for anybody", slowest)
	}

	python := filepath.Join(venvs, "loadwright", "bin", "python")
	t.Logf("%s", output(t, pyLimit, python, filepath.Join("testdata", "open_results.py"), file))
}

func TestOneUserReadsWhatTheServerTook(t *testing.T) {
	url := servePanel(t, environments(t))
	out := t.TempDir()
	run(t, "run", filepath.Join("testdata", "server_time.yaml"), "--url", url, "--out", out, "--allow-saturated")

	// The scenario has seen to it that each run took the server 500 to 549 ms.
	// What loadwright reads contains the way there and back and Panel's own
	// work; tools that look again every so often read 700 to 860 ms.
	interacts := durations(t, filepath.Join(out, "loadwright.csv"))["interact"]
	if len(interacts) != 10 {
		t.Fatalf("%d interacts, want 10", len(interacts))
	}
	median := medianOf(interacts)
	t.Logf("interact: median %v, from %v to %v", median, slices.Min(interacts), slices.Max(interacts))
	if median < 500*time.Millisecond || median > 600*time.Millisecond {
		t.Errorf("the median interact took %v, and the server 500 to 549 ms", median)
	}
}

// TestUsersWhoOnlyAsk has the figures of the guide that this project answers:
// about 530 ms with one user who only asks for the page, and about 5,300 with ten
// who do not think, because the server answers one at a time.
func TestUsersWhoOnlyAsk(t *testing.T) {
	url := servePanel(t, environments(t))
	ask := func(users, length string) time.Duration {
		out := t.TempDir()
		run(t, "run", filepath.Join("..", "requests.yaml"), "--users", users, "--duration", length, "--url", url, "--out", out, "--allow-saturated")
		return medianOf(durations(t, filepath.Join(out, "loadwright.csv"))["GET /app"])
	}
	one, ten := ask("1", "5s"), ask("10", "20s")
	t.Logf("median with one user %v, with ten %v", one, ten)
	// How much more than its half second the server needs is this machine's affair;
	// ten users need it ten times.
	if one < 500*time.Millisecond || ten < 9*500*time.Millisecond {
		t.Errorf("less than the server's own half second for each who is served")
	}
	if ten > 12*one {
		t.Errorf("ten users wait for more than their turns")
	}
}

func medianOf(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

func environments(t *testing.T) string {
	t.Helper()
	venvs := os.Getenv("LOADWRIGHT_VENVS")
	if venvs == "" {
		t.Fatal("LOADWRIGHT_VENVS is not set; make test-panel sets it")
	}
	output(t, venvsLimit, filepath.Join("testdata", "venvs.sh"), venvs)
	return venvs
}

// run runs loadwright; its exit code must be 0.
func run(t *testing.T, args ...string) {
	t.Helper()
	bin := os.Getenv("LOADWRIGHT_BIN")
	if bin == "" {
		t.Fatal("LOADWRIGHT_BIN is not set; make test-panel sets it")
	}
	t.Logf("%s", output(t, runLimit, bin, args...))
}

// output runs a command that must succeed, and returns what it printed.
func output(t *testing.T, limit time.Duration, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v (%v)\n%s", cmd.Args, err, context.Cause(ctx), out)
	}
	return out
}

// servePanel serves the app until the test ends, and waits until it answers.
func servePanel(t *testing.T, venvs string) (url string) {
	t.Helper()
	nest, err := proc.NewNest("loadwright-panel-")
	if err != nil {
		t.Fatal(err)
	}
	var log buffer
	port := freePort(t)
	cmd := exec.Command(filepath.Join(venvs, "panel", "bin", "panel"), "serve", "app.py", "--port", fmt.Sprint(port))
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdout, cmd.Stderr = &log, &log
	server, err := nest.Start(cmd)
	if err != nil {
		t.Fatal(errors.Join(err, nest.Close()))
	}
	t.Cleanup(func() {
		_ = server.Stop(5 * time.Second) // how a server ends when told to is its own affair
		if err := nest.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("panel serve:\n%s", log.String())
		}
	})
	url = fmt.Sprintf("http://localhost:%d", port)
	for deadline := time.Now().Add(readyLimit); !answers(url + "/app"); time.Sleep(50 * time.Millisecond) {
		select {
		case <-server.Done():
			t.Fatalf("panel serve ended: %v", server.Wait())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("panel serve did not answer within %v", readyLimit)
		}
	}
	return url
}

func answers(url string) bool {
	r, err := http.Get(url)
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// durations are those of each event of a file, all of whose rows must be ok.
func durations(t *testing.T, file string) map[string][]time.Duration {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := event.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]time.Duration{}
	for {
		e, err := r.Read()
		switch {
		case err == io.EOF:
			return all
		case err != nil:
			t.Fatal(err)
		case e.Status == event.Error:
			t.Errorf("user %d: %s: %s %s", e.User, e.Name, e.Status, e.Error)
		case e.Status == event.OK:
			all[e.Name] = append(all[e.Name], e.Duration())
		}
	}
}

// buffer may be read while a process writes it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

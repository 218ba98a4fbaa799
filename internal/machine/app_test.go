//go:build unix

package machine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// startTree starts a shell in a process group of its own, as an app is, and
// waits for its first line.
func startTree(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// burn waits until a tree has used CPU time.
func burn(t *testing.T, pid int, atLeast time.Duration) usage {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		u := look(t.Context(), nil, pid)
		if u.app != nil && u.app.used >= atLeast {
			return u
		}
		if time.Now().After(deadline) {
			t.Fatalf("it did not use %v in 30 s: %+v", atLeast, u.app)
		}
	}
}

// own is the CPU time of the test's own process: it is the generator here.
func own(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// blame checks that what the app used is not the generator's. The kernel counts
// a process's time in ticks of 10 ms.
func blame(t *testing.T, used, own time.Duration) {
	t.Helper()
	if used < 0 || used > own+100*time.Millisecond {
		t.Errorf("the generator is said to have used %v: it was %v", used, own)
	}
}

// The app is its process, its children, and an orphan of its group; the busy one
// is told from the others, and none of it is the generator's.
func TestAppSample(t *testing.T) {
	app := startTree(t, `(while :; do :; done) & (sleep 100 &) ; sleep 100 & echo; wait`)
	from := own(t)
	before := look(t.Context(), nil, app.Process.Pid)
	now := burn(t, app.Process.Pid, 300*time.Millisecond)
	s := now.app.sample(before.app, time.Second)
	if s == nil || s.Processes != 4 || s.Memory < 4*100_000 || s.Memory > 1<<30 {
		t.Fatalf("%+v", s)
	}
	if used := (now.app.used - before.app.used).Seconds(); math.Abs(float64(s.CPU)-used) > 1e-9 || math.Abs(float64(s.Busiest)-used) > 0.05 {
		t.Errorf("%v cores in all, %v by the busiest, of %v s in a second", s.CPU, s.Busiest, used)
	}
	blame(t, now.generated(before), own(t)-from)
}

// What an app has used becomes ours to account for when it ends, by the rules of
// the system; it is not the generator's all the same.
func TestAppThatEnded(t *testing.T) {
	app := startTree(t, `echo; while :; do :; done`)
	before, from := burn(t, app.Process.Pid, 300*time.Millisecond), own(t)
	_ = app.Process.Kill()
	_ = app.Wait()
	now := look(t.Context(), nil, app.Process.Pid)
	blame(t, now.generated(before), own(t)-from)
	if now.app != nil || now.app.sample(before.app, time.Second) != nil {
		t.Errorf("it is still there: %+v", now.app)
	}
}

func TestAppThatIsNotWaitedFor(t *testing.T) {
	app := startTree(t, `echo; sleep 100`)
	_ = syscall.Kill(-app.Process.Pid, syscall.SIGKILL)
	for deadline := time.Now().Add(20 * time.Second); look(t.Context(), nil, app.Process.Pid).app != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what has ended counts")
		}
	}
}

func TestSamplerWithApp(t *testing.T) {
	app := startTree(t, `echo; while :; do :; done`)
	clock := event.NewClock()
	s := NewSampler(clock, func() []int { return nil }, func() int { return 1 })
	s.SetApp(app.Process.Pid)
	s.Start()
	began := clock.Now()
	var got Sample
	for deadline := time.Now().Add(30 * time.Second); got.App == nil || got.App.CPU < 0.2; time.Sleep(10 * time.Millisecond) {
		if all := s.Series(began); len(all) > 0 {
			got = all[len(all)-1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("in 30 s no busy app was seen: %+v", got.App)
		}
	}
	s.SetApp(0)
	s.Stop()
	if got.App.Processes != 1 {
		t.Errorf("the app is %+v", got.App)
	}
	if got.GeneratorCPU > got.App.CPU/2 {
		t.Errorf("the generator used %v cores, the app %v", got.GeneratorCPU, got.App.CPU)
	}
	text, err := json.Marshal(got)
	if err != nil || !strings.Contains(string(text), fmt.Sprintf(`"memory_bytes":%d,"processes":1}`, got.App.Memory)) || !strings.Contains(string(text), `"app":{"cpu_cores":`) {
		t.Errorf("%s, %v", text, err)
	}
}

// Without an app nothing is said of one.
func TestSampleWithoutApp(t *testing.T) {
	text, err := json.Marshal(idle())
	if err != nil || strings.Contains(string(text), "app") {
		t.Errorf("%s, %v", text, err)
	}
	if u := look(t.Context(), nil, 0); u.app != nil {
		t.Errorf("there is an app: %+v", u.app)
	}
}

func TestAppSamples(t *testing.T) {
	before := &tree{used: 10 * time.Second, own: map[int]time.Duration{1: 4 * time.Second, 2: 6 * time.Second}}
	now := &tree{used: 13 * time.Second, own: map[int]time.Duration{1: 4500 * time.Millisecond, 3: 2 * time.Second}, memory: 7}
	if got := *now.sample(before, 2*time.Second); got != (AppSample{1.5, 1, 7, 2}) {
		t.Errorf("%+v", got)
	}
	if got := now.sample(nil, time.Second); got.CPU.Known() || got.Busiest.Known() || got.Memory != 7 {
		t.Errorf("known at first sight: %+v", got)
	}
	a, b, none := idle(), idle(), idle()
	a.App, b.App = &AppSample{1, 0.5, 100, 3}, &AppSample{4, 2, 50, 5}
	a.Begin, a.End, b.Begin, b.End = 0, 1, 1, 4
	if got := *joined(a, b).App; got != (AppSample{3.25, 1.625, 100, 5}) {
		t.Errorf("joined to %+v", got)
	}
	if joined(a, none).App != a.App || joined(none, b).App != b.App || joined(none, none).App != nil {
		t.Error("an app that was there for one of two is lost, or made up")
	}
}

// The generator's memory is that of this process and of the trees that are its.
func TestGeneratorMemory(t *testing.T) {
	browser := startTree(t, `sleep 100 & echo; wait`)
	alone, both := look(t.Context(), nil, 0).memory, look(t.Context(), []int{browser.Process.Pid}, 0).memory
	if more := int64(both) - int64(alone); alone < 1<<20 || more < 2*100_000 || more > 1<<30 {
		t.Errorf("%d bytes, and %d with a shell and its sleep", alone, both)
	}
	if app := look(t.Context(), nil, browser.Process.Pid); int64(app.memory)-int64(alone) > 1<<30 || app.app == nil || app.app.memory < 2*100_000 {
		t.Errorf("with an app: %d bytes, and %+v", app.memory, app.app)
	}
	a, b := idle(), idle()
	a.GeneratorMemory, b.GeneratorMemory = 5, 7
	if got := joined(a, b).GeneratorMemory; got != 7 {
		t.Errorf("joined to %v", got)
	}
}

func TestListening(t *testing.T) {
	var want []int
	for range 2 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		want = append(want, l.Addr().(*net.TCPAddr).Port)
	}
	slices.Sort(want)
	if got := Listening(t.Context(), os.Getpid()); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := Listening(t.Context(), 1<<30); got != nil {
		t.Errorf("nobody listens on %v", got)
	}
}

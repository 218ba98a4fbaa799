//go:build unix

package proc

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is a buffer that a process writes while a test reads.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// numbers are the process ids that a script printed, one a line.
func (o *output) numbers() []int {
	var pids []int
	for _, word := range strings.Fields(o.String()) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func startShell(t *testing.T, n *Nest, script string) (*Tree, *output) {
	t.Helper()
	var out output
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout, cmd.Stderr = &out, &out
	tree, err := n.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return tree, &out
}

func noneAlive(pids []int) func() bool {
	return func() bool {
		for _, pid := range pids {
			if Alive(pid) {
				return false
			}
		}
		return true
	}
}

func TestStartRunsTheCommandAsItIs(t *testing.T) {
	n := newNest(t)
	dir := t.TempDir()
	var out output
	cmd := exec.Command("sh", "-c", `echo "$PWD|$GREETING|$1|$$"; echo oops >&2; cat; exit 7`, "sh", `two  words '"$`)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GREETING=hello")
	cmd.Stdin = strings.NewReader("from stdin")
	cmd.Stdout, cmd.Stderr = &out, &out
	tree, err := n.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	err = tree.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("Wait: %v, want exit status 7", err)
	}
	want := dir + `|hello|two  words '"$|` + strconv.Itoa(tree.PID()) + "\noops\nfrom stdin"
	if out.String() != want {
		t.Errorf("output %q, want %q", out.String(), want)
	}
}

func TestStartHandsNoPipeOn(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("no /dev/fd")
	}
	n := newNest(t)
	tree, out := startShell(t, n, `for fd in 3 4 5 6 7 8 9; do if (: >&$fd) 2>/dev/null; then echo "open: $fd"; fi; done`)
	if err := tree.Wait(); err != nil || out.String() != "" {
		t.Errorf("%v, %q: the program holds the guard's pipe", err, out.String())
	}
}

func TestStartSaysWhatIsNoProgram(t *testing.T) {
	n := newNest(t)
	plain := filepath.Join(t.TempDir(), "plain.txt")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		want error
	}{
		{"no-such-program-anywhere", exec.ErrNotFound},
		{"/no/such/program", os.ErrNotExist},
		{plain, os.ErrPermission},
	} {
		if _, err := n.Start(exec.Command(test.name)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
	if len(n.groups) != 0 {
		t.Errorf("groups %v are registered though nothing was started", n.groups)
	}
}

func TestStopAsksFirst(t *testing.T) {
	n := newNest(t)
	tree, out := startShell(t, n, `trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done`)
	eventually(t, "ready", func() bool { return strings.Contains(out.String(), "ready") })
	if err := tree.Stop(20 * time.Second); err != nil {
		t.Errorf("Stop: %v, want nil: it ended by itself", err)
	}
	if !strings.Contains(out.String(), "bye") {
		t.Errorf("output %q: it had no time to say bye", out.String())
	}
	if err := tree.Stop(0); err != nil {
		t.Errorf("a second Stop: %v", err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	n := newNest(t)
	tree, out := startShell(t, n, `trap '' TERM; sleep 1000 & echo $! $$; wait`)
	eventually(t, "two processes", func() bool { return len(out.numbers()) == 2 })
	err := tree.Stop(10 * time.Millisecond)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("Stop: %v, want killed", err)
	}
	eventually(t, "the tree is gone", noneAlive(out.numbers()))
}

func TestTheEndOfACommandEndsItsGroup(t *testing.T) {
	n := newNest(t)
	tree, out := startShell(t, n, `sleep 1000 & echo $!`)
	if err := tree.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(out.numbers()) != 1 {
		t.Fatalf("output %q", out.String())
	}
	eventually(t, "the orphan is gone", noneAlive(out.numbers()))
	if len(n.groups) != 0 {
		t.Errorf("groups %v are still registered", n.groups)
	}
}

// What has left its group is found by its environment.
func TestCloseEndsDaemons(t *testing.T) {
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip(err)
	}
	n, other := newNest(t), newNest(t)
	daemon := `setsid sleep 1000 >/dev/null & echo $!`
	tree, out := startShell(t, n, daemon)
	stays, others := startShell(t, other, daemon)
	if err := errors.Join(tree.Wait(), stays.Wait()); err != nil {
		t.Fatal(err)
	}
	if len(out.numbers()) != 1 || noneAlive(out.numbers())() {
		t.Fatalf("output %q: there is no daemon", out.String())
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if !noneAlive(out.numbers())() {
		t.Error("the daemon is there, or is not waited for")
	}
	if noneAlive(others.numbers())() {
		t.Error("another nest's daemon was killed")
	}
}

func TestCloseKillsRegisteredGroupsOnly(t *testing.T) {
	n := newNest(t)
	start := func() *exec.Cmd {
		cmd := exec.Command("sleep", "1000")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		if err := n.Guard(cmd.Process.Pid); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	first, released, last := start(), start(), start()
	n.Release(released.Process.Pid)
	tree, out := startShell(t, n, `sleep 1000 & echo $! $$; wait`)
	eventually(t, "two processes", func() bool { return len(out.numbers()) == 2 })

	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	<-tree.Done()
	eventually(t, "the registered groups are gone", noneAlive(append(out.numbers(), first.Process.Pid, last.Process.Pid)))
	if !Alive(released.Process.Pid) {
		t.Error("the released group was killed")
	}
}

func TestCloseWithoutItsGuard(t *testing.T) {
	n := newNest(t)
	tree, out := startShell(t, n, `sleep 1000 & echo $! $$; wait`)
	eventually(t, "two processes", func() bool { return len(out.numbers()) == 2 })
	guard := n.guard.cmd.Process
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		if err := guard.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond) // for a signal to do its work
	if !Alive(guard.Pid) {
		t.Fatal("the guard did not outlive signals")
	}
	if err := guard.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the guard is gone", func() bool { return !Alive(guard.Pid) })
	if err := n.Guard(1 << 30); err == nil {
		t.Error("Guard says nothing of the guard's death")
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	<-tree.Done()
	eventually(t, "the tree is gone", noneAlive(out.numbers()))
}

func TestCloseSaysWhatItCouldNotRemove(t *testing.T) {
	if err := checkGone(t.TempDir()); err == nil {
		t.Error("a folder that is there passes for gone")
	}
	if err := checkGone(filepath.Join(t.TempDir(), "no")); err != nil {
		t.Error(err)
	}
}

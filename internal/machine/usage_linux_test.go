package machine

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// The generator is this process and the trees below its roots, children of
// children too; when they are more than the cores, their threads wait.
func TestLookAtTrees(t *testing.T) {
	if os.Getenv("LOADWRIGHT_SATURATING_TESTS") == "" {
		t.Skip("it takes the CPU that other tests need: make test runs it alone, with LOADWRIGHT_SATURATING_TESTS=1")
	}
	// Each root does nothing but wait for a child that is busy.
	var roots []int
	for range 4 * runtime.NumCPU() {
		cmd := exec.Command("sh", "-c", "sh -c 'while :; do :; done' & echo; trap 'kill $!' TERM; wait")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		roots = append(roots, cmd.Process.Pid)
		t.Cleanup(func() {
			_ = exec.Command("pkill", "-P", strconv.Itoa(cmd.Process.Pid)).Run()
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	before, others, from := look(t.Context(), roots, 0), look(t.Context(), nil, 0), own(t)
	now := before
	for deadline := time.Now().Add(30 * time.Second); now.generated(before) < 500*time.Millisecond; now = look(t.Context(), roots, 0) {
		if time.Now().After(deadline) {
			t.Fatalf("the trees used %v in 30 s", now.generated(before))
		}
		time.Sleep(50 * time.Millisecond)
	}
	without := look(t.Context(), nil, 0)
	blame(t, without.generated(others), own(t)-from) // children that are no roots are not the generator
	if w := now.waiting(before); w < 0.5 {
		t.Errorf("threads four times as many as the cores waited %.2f of their time", w)
	}
	if now.busy-before.busy < (now.generated(before))/2 {
		t.Errorf("the machine was busy for %v, the generator for %v", now.busy-before.busy, now.generated(before))
	}
}

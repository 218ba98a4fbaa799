package proc

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func newNest(t *testing.T) *Nest {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR"))
	n, err := NewNest("nest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// eventually waits for a condition that other processes bring about.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s, still not: %s", what)
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestCloseRemovesTheFolderOnce(t *testing.T) {
	n := newNest(t)
	deep := filepath.Join(n.Dir(), "a", "b")
	if err := os.MkdirAll(deep, 0o700); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
			if exists(n.Dir()) {
				t.Error("Close returned before the folder was gone")
			}
		})
	}
	wg.Wait()
	if err := n.Guard(os.Getpid() + 1); err != errClosed {
		t.Errorf("Guard after Close: %v, want %v", err, errClosed)
	}
	if _, err := n.Start(exec.Command(os.Args[0])); err != errClosed {
		t.Errorf("Start after Close: %v, want %v", err, errClosed)
	}
	n.Release(os.Getpid() + 1)
}

func TestNestsOfOneProcessDoNotMeet(t *testing.T) {
	a, b := newNest(t), newNest(t)
	c, err := NewNest("nest-")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a.Dir() == b.Dir() || b.Dir() == c.Dir() {
		t.Fatalf("one folder for two nests: %s, %s, %s", a.Dir(), b.Dir(), c.Dir())
	}
	b.Close()
	if !exists(a.Dir()) || !exists(c.Dir()) {
		t.Error("the end of one nest took another's folder")
	}
}

func TestGuardRefusesWhatIsNotOurs(t *testing.T) {
	n := newNest(t)
	for _, pgid := range []int{-5, -1, 0, 1, ownGroup()} {
		if err := n.Guard(pgid); err == nil {
			t.Errorf("Guard(%d) was accepted", pgid)
		}
	}
}

func TestKillGroupRefusesWhatIsNoGroup(t *testing.T) {
	for _, pgid := range []int{-1, 0} {
		if err := KillGroup(pgid); err == nil {
			t.Errorf("KillGroup(%d) was accepted", pgid)
		}
	}
}

func TestAlive(t *testing.T) {
	if !Alive(os.Getpid()) {
		t.Error("this very process does not seem to live")
	}
	for _, pid := range []int{-1, 0, 1 << 30} {
		if Alive(pid) {
			t.Errorf("process %d seems to live", pid)
		}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a process that ended and was not waited for is not alive", func() bool { return !Alive(cmd.Process.Pid) })
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestOwnerOfAFolder(t *testing.T) {
	n := newNest(t)
	o, ok := parseOwner("nest-", filepath.Base(n.Dir()))
	if !ok || o.pid != os.Getpid() || !o.lives() {
		t.Errorf("%s: owner %+v (%v), want this living process", n.Dir(), o, ok)
	}
	o.birth.start += "0"
	if o.lives() {
		t.Error("a process with our id that started at another time passes for us")
	}
	for _, name := range []string{
		"", "nest-", "nest-12", "nest-12-a.b", "nest-x-a.b-0", "nest-12-ab-0", "nest-12-.b-0",
		"nest-12-a.-0", "nest-12-a.b-x", "nest-12-a.b-0-1", "nest--12-a.b-0", "nest-0-a.b-0", "other-12-a.b-0",
	} {
		if o, ok := parseOwner("nest-", name); ok {
			t.Errorf("%q passes for a nest of %+v", name, o)
		}
	}
}

func TestSweepLeavesWhatIsNotStale(t *testing.T) {
	n := newNest(t)
	self, err := birth(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	temp := filepath.Dir(n.Dir())
	stay := []string{
		"nest-999999999-elsewhere." + self.start + "-0", // its owner counts in another realm
		"other-999999999-" + self.realm + ".1-0",
		"nest-notes",
	}
	stale := "nest-999999999-" + self.realm + ".1-0"
	for _, name := range append(stay, stale) {
		if err := os.MkdirAll(filepath.Join(temp, name, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(temp, "nest-999999999-"+self.realm+".2-0")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := SweepStale("nest-"); err != nil {
		t.Fatal(err)
	}
	if exists(filepath.Join(temp, stale)) {
		t.Error("the stale folder is still there")
	}
	for _, path := range append(stay, filepath.Base(n.Dir()), filepath.Base(file)) {
		if !exists(filepath.Join(temp, path)) {
			t.Errorf("%s was swept away", path)
		}
	}
}

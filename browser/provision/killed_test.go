//go:build linux

package provision

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/loadwright/loadwright/internal/leftover"
)

// An installation that is killed leaves neither the driver that downloads nor its
// folder.
func TestKilledInstallation(t *testing.T) {
	if os.Getenv("LOADWRIGHT_INSTALLS") != "" {
		m := newMachine(t)
		m.ownDriver()
		m.driverInstall("sleep 600")
		_, _ = m.search().install(t.Context())
		t.Fatal("it was not killed")
	}
	temp, err := os.MkdirTemp("", "lw") // not the test's own: that is where it says so
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	installs := exec.Command(os.Args[0], "-test.run=^TestKilledInstallation$")
	installs.Env = append(os.Environ(), "LOADWRIGHT_INSTALLS=1", "TMPDIR="+temp)
	if err := installs.Start(); err != nil {
		t.Fatal(err)
	}
	nests := func() []string {
		found, _ := filepath.Glob(filepath.Join(temp, "*", "*", "tmp", installPrefix+"*"))
		return found
	}
	for deadline := time.Now().Add(time.Minute); len(nests()) == 0 || !sleeps(temp); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it installs nothing: %v", leftover.Processes(temp))
		}
	}
	if err := installs.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	installs.Wait() //nolint:errcheck // it was killed
	for deadline := time.Now().Add(time.Minute); len(nests()) > 0 || len(leftover.Processes(temp)) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %v, %v", nests(), leftover.Processes(temp))
		}
	}
}

// sleeps tells whether the driver is at it.
func sleeps(temp string) bool {
	for _, p := range leftover.Processes(temp) {
		if p.Command == "sleep 600" {
			return true
		}
	}
	return false
}

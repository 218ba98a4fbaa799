// Package leftover helps tests to find what a run left behind: processes and
// temporary files.
package leftover

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// Process is one that runs now.
type Process struct {
	PID     int
	Command string
}

func (p Process) String() string { return fmt.Sprintf("%d %s", p.PID, p.Command) }

// In tells what processes work in a folder for temporary files, and what lies
// in it, once some time has passed; "" as soon as there is nothing.
func In(folder string, within time.Duration) string {
	for deadline := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		var left strings.Builder
		for _, p := range Processes(folder) {
			fmt.Fprintln(&left, "process", p)
		}
		files, err := os.ReadDir(folder)
		if err != nil {
			fmt.Fprintln(&left, err)
		}
		for _, f := range files {
			fmt.Fprintln(&left, "file", f.Name())
		}
		if left.Len() == 0 || time.Now().After(deadline) {
			return left.String()
		}
	}
}

// patience bounds the wait for what is about to go.
const patience = time.Minute

// Folder makes the folder in which a test's programs, and the test itself, keep
// temporary files. At the end of the test nothing may be left in it. Its name is
// short, because it holds the sockets of browsers.
func Folder(t testing.TB) string {
	t.Helper()
	t.TempDir() // makes the folder of all that the test asks for, elsewhere
	folder, err := os.MkdirTemp("", "lw")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", folder)
	t.Cleanup(func() {
		if left := In(folder, patience); left != "" {
			t.Errorf("left behind:\n%s", left)
		}
		os.RemoveAll(folder)
	})
	return folder
}

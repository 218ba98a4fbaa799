package browser

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/leftover"
)

// What the tests share: one driver and one Chromium, started for the first test
// that wants them.
var (
	found    provision.Found
	foundErr error
	pool     *Pool
	temp     string // where temporary folders are made
)

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	found, foundErr = provision.Find(context.Background(), provision.Options{})
	var err error
	if temp, err = os.MkdirTemp("", "lwt"); err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(temp)
	os.Setenv("TMPDIR", temp)
	pool = NewPool(options())
	code := m.Run()
	if len(pool.pairs) > 0 {
		if n := len(pool.pairs[0].browser.Contexts()); n > 0 {
			fmt.Println("left behind: browser contexts:", n)
			code = 1
		}
	}
	if err := pool.Close(); err != nil {
		fmt.Println("closing the pool:", err)
		code = 1
	}
	for what, left := range map[string]func() string{
		"processes":         func() string { return list(processesOf(temp)) },
		"goroutines":        goroutines,
		"temporary folders": folders,
	} {
		if l := settled(left); l != "" {
			fmt.Printf("left behind: %s:\n%s\n", what, l)
			code = 1
		}
	}
	return code
}

// options are those of a headless run.
func options() Options {
	return Options{
		Found: found, Clock: event.NewClock(), Headless: true, Users: 1,
		NoSandbox: os.Getuid() == 0,
	}
}

// list writes out what is left; "" where there is nothing.
func list(left map[int]string) string {
	if len(left) == 0 {
		return ""
	}
	return fmt.Sprint(left)
}

// settled waits up to a minute for something to be empty.
func settled(left func() string) string {
	for range 1200 {
		if left() == "" {
			return ""
		}
		time.Sleep(50 * time.Millisecond)
	}
	return left()
}

// processesOf are those that work in a folder, by their id.
func processesOf(folder string) map[int]string {
	all := map[int]string{}
	for _, p := range leftover.Processes(folder) {
		all[p.PID] = p.Command
	}
	return all
}

// goroutines lists those that this package started, or that wait in
// playwright-go for a driver.
func goroutines() string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for _, g := range strings.Split(string(buf), "\n\n") {
		ours := strings.Contains(g, "loadwright/browser.") || strings.Contains(g, "playwright-go.")
		if ours && !strings.Contains(g, "testing.(*M).Run") && !strings.Contains(g, "browser.TestMain") {
			left = append(left, g)
		}
	}
	return strings.Join(left, "\n\n")
}

func folders() string {
	entries, _ := os.ReadDir(temp)
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "Test") { // a test's own TempDir, gone by now in any case
			names = append(names, e.Name())
		}
	}
	return strings.Join(names, "\n")
}

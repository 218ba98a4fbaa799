package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/internal/leftover"
)

var update = flag.Bool("update", false, "rewrite what scripts compare with")

// TestScript runs the scripts: command lines, the files that they read and write,
// what they print and how they end. After each one no process and no temporary
// file of it may be left, and every summary.json must be as its schema says.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setup,
		Condition:           condition,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"app":      cmdApp,
			"await":    cmdAwait,
			"clean":    cmdClean,
			"display":  cmdDisplay,
			"ended":    cmdEnded,
			"events":   cmdEvents,
			"exits":    cmdExits,
			"family":   cmdFamily,
			"glob":     cmdGlob,
			"heard":    cmdHeard,
			"hostile":  cmdHostile,
			"json":     cmdJSON,
			"large":    cmdLarge,
			"mount":    cmdMount,
			"png":      cmdPNG,
			"proxy":    cmdProxy,
			"send":     cmdSend,
			"slay":     cmdSlay,
			"start":    cmdStart,
			"witness":  cmdWitness,
			"recorded": cmdRecorded,
		},
	})
}

// patience bounds every wait of a script: long, because nothing waits so long
// that is well.
const patience = time.Minute

// setup gives a script a folder for temporary files of its own, by which its
// processes are known, and the home in which driver and browser lie.
func setup(env *testscript.Env) error {
	temp, err := os.MkdirTemp("", "lw") // a short name: it holds the browsers' sockets
	if err != nil {
		return err
	}
	program, err := exec.LookPath("loadwright")
	if err != nil {
		return err
	}
	env.Setenv("TMPDIR", temp)
	env.Setenv("LOADWRIGHT", program)
	for _, name := range []string{
		"HOME", "USERPROFILE", "LOCALAPPDATA", "XDG_CACHE_HOME", "DISPLAY", "GORACE",
		"PLAYWRIGHT_DRIVER_PATH", "PLAYWRIGHT_NODEJS_PATH", "PLAYWRIGHT_BROWSERS_PATH",
	} {
		if v, ok := os.LookupEnv(name); ok {
			env.Setenv(name, v)
		}
	}
	w := &world{temp: temp, started: map[string]*started{}}
	env.Values[worldKey{}] = w
	env.Defer(func() {
		left := leftover.In(temp, patience)
		for _, p := range leftover.Processes(temp) {
			kill(p.PID)
		}
		os.RemoveAll(temp)
		if left != "" {
			env.T().Fatal("left behind:\n" + left)
		}
		if err := checkSummaries(env.WorkDir); err != nil {
			env.T().Fatal(err)
		}
	})
	return nil
}

func condition(name string) (bool, error) {
	switch name {
	case "root":
		return runtime.GOOS == "linux" && os.Geteuid() == 0, nil
	case "windowed": // there is a browser that opens them
		_, err := provision.Find(context.Background(), provision.Options{Headed: true})
		return err == nil, nil
	case "saturating":
		return os.Getenv("LOADWRIGHT_SATURATING_TESTS") != "", nil
	}
	return false, errors.New("there is no such condition")
}

// cmdExits runs a program to its end and checks its exit code. What it printed
// can be compared like that of exec; what differs from run to run is written as
// # or +, and the layout of tables is left to the tests of package report.
//
//	exits 3 loadwright run scenario.yaml
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if got := codeOf(err); got != want {
		ts.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want, stdout, stderr)
	}
	names := namer(ts.Getenv("WORK"), ts.Getenv("URL"))
	ts.Stdout().Write([]byte(tidy(names(stdout))))
	ts.Stderr().Write([]byte(names(stderr)))
}

// codeOf is the exit code that the end of a program tells; -1 where it has none.
func codeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

var (
	// A limit is what the scenario says, and stays.
	durations = regexp.MustCompile(`([<>]=? )?\b(\d+h)?(\d+m)?\d+(\.\d+)?(ns|µs|ms|s)\b\*?`)
	progress  = regexp.MustCompile(`(?m)^\d+:\d\d  .*users \d+/\d+  .*\n`)
	ports     = regexp.MustCompile(`http://127\.0\.0\.1:\d+/app`)
	stamps    = regexp.MustCompile(`loadwright_\d{8}_\d{6}(_\d+)?`)
	verdicts  = regexp.MustCompile(`(?m)^Load generator.*(\n  .*)*`)
	gaps      = regexp.MustCompile(`(\S) {2,}`)
)

// asRoot is what only root is told.
const asRoot = "Chromium's sandbox is off, because it cannot be used as root.\n"

// namer returns what gives folders, addresses and archives the same names every
// time.
func namer(work, url string) func(string) string {
	return func(s string) string {
		s = strings.ReplaceAll(s, asRoot, "")
		s = strings.ReplaceAll(s, work, "$WORK")
		if url != "" {
			s = strings.ReplaceAll(s, url, "$URL")
			s = strings.ReplaceAll(s, strings.TrimPrefix(url, "http://"), "$HOST")
		}
		s = ports.ReplaceAllString(s, "http://127.0.0.1:+/app")
		return stamps.ReplaceAllString(s, "loadwright_+")
	}
}

// tidy takes the lines of progress, times, the verdict on the generator and the layout of tables out of what a
// run prints.
func tidy(s string) string {
	s = progress.ReplaceAllString(s, "")
	s = verdicts.ReplaceAllString(s, "Load generator #") // tests share the machine
	s = durations.ReplaceAllStringFunc(s, func(d string) string {
		if strings.ContainsAny(d, "<>") {
			return d
		}
		return "#"
	})
	return gaps.ReplaceAllString(s, "$1  ")
}

// cmdGlob gives a variable the one path that matches a pattern.
func cmdGlob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: glob NAME PATTERN")
	}
	found, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%s matches %d paths: %s", args[1], len(found), found)
	}
	ts.Setenv(args[0], found[0])
}

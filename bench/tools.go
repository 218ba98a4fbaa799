package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/event"
)

// tool is something that can do a job.
type tool struct {
	name    string
	version string
	missing string // why it could not be got; empty when it is there
	// command does a job at an address; what it writes goes to a folder.
	command func(j job, url, dir string) (*exec.Cmd, error)
	// readings are read from the lines it printed, or from the folder.
	readings func(lines []string, dir string) (readings, error)
}

// The names of the tools, as the tables show them.
const (
	ours       = "loadwright"
	plain      = "plain playwright-go"
	floor      = "raw CDP (chromedp)"
	k6         = "k6 browser"
	python     = "Python Loadwright"
	k6Version  = "v1.8.1"
	installing = 10 * time.Minute
)

// workshop is where tools come from.
type workshop struct {
	binary string // our own loadwright
	folder string // for peers that have to be installed
	venvs  string // where Python environments may be already; may be empty
	found  provision.Found
}

// notAsked is why a tool is left out that -tools does not name.
const notAsked = "it was not asked for"

// tools gets ready what is asked for. A peer that can't be got says why.
func (w workshop) tools(asked func(name string) bool) []*tool {
	tools := []*tool{w.loadwright()}
	for _, peer := range []struct {
		name string
		get  func(name string) *tool
	}{{plain, w.playwright}, {floor, w.chromedp}, {k6, w.k6}, {python, w.pythonLoadwright}} {
		t := &tool{name: peer.name, missing: notAsked}
		if asked(peer.name) {
			t = peer.get(peer.name)
		}
		tools = append(tools, t)
	}
	return tools
}

// loadwright is the binary under test.
func (w workshop) loadwright() *tool {
	version, _ := exec.Command(w.binary, "--version").Output() // without one, the table says less
	return &tool{
		name:    ours,
		version: strings.Trim(strings.TrimPrefix(strings.SplitN(firstLine(version), ") (", 2)[0], "loadwright "), "()"),
		command: func(j job, url, dir string) (*exec.Cmd, error) {
			return w.run(url, dir, scenario(j))
		},
		readings: func(_ []string, dir string) (readings, error) { return readCSV(filepath.Join(dir, "loadwright.csv")) },
	}
}

func scenario(j job) string {
	sleep, report := "", ""
	if j.think > 0 {
		sleep = fmt.Sprintf("- sleep: %v", j.think)
	}
	if j.report {
		report = "- evaluate: window.report()"
	}
	return fmt.Sprintf(`name: bench
url: http://localhost
load: {users: %d, start_interval: %v, duration: 1h}
steps:
  - event: load
    steps:
      - goto: /app?as=u${user}-i${iteration}
      - wait_for: {role: button, name: Run}
  %s
  - repeat: %d
    steps:
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run ${i} in"}
      %s
  %s
`, j.users, j.interval, sleep, clicksAnIteration, sleep, report)
}

// readCSV takes the readings from a file of events: a user's n-th interact of
// an iteration is run n of the page.
func readCSV(file string) (readings, error) {
	r := readings{}
	err := eachEvent(file, func(e event.Event) {
		if e.Name == "interact" && e.Status == event.OK {
			page := fmt.Sprintf("u%d-i%d", e.User, e.Iteration)
			r.add(page, len(r[page])+1, e.Duration().Seconds())
		}
	})
	return r, err
}

func (w workshop) playwright(name string) *tool { return w.ownPeer(name, "playwright-go") }

func (w workshop) chromedp(name string) *tool { return w.ownPeer(name, "chromedp") }

// ownPeer is one that is compiled into the bench.
func (w workshop) ownPeer(name, peer string) *tool {
	return &tool{
		name:    name,
		version: moduleVersion("/" + peer),
		command: func(j job, url, _ string) (*exec.Cmd, error) {
			self, err := os.Executable()
			return exec.Command(self, "peer", peer,
				"-url", url,
				"-users", fmt.Sprint(j.users),
				"-interval", j.interval.String(),
				"-think", j.think.String(),
				fmt.Sprintf("-report=%t", j.report),
				"-browser", w.found.Browser,
				"-driver", w.found.DriverDir), err
		},
		readings: printed,
	}
}

// moduleVersion is that of the module whose path ends so.
func moduleVersion(suffix string) string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, m := range info.Deps {
		if strings.HasSuffix(m.Path, suffix) {
			return m.Version
		}
	}
	return ""
}

// k6 is built from its source.
func (w workshop) k6(name string) *tool {
	t := &tool{name: name, version: k6Version, readings: printed}
	bin := filepath.Join(w.folder, "bin")
	exe := filepath.Join(bin, "k6")
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if out, err := exec.Command(exe, "version").Output(); err != nil || !strings.Contains(string(out), k6Version) {
		fmt.Fprintf(os.Stderr, "building k6 %s …\n", k6Version)
		if err := install([]string{"GOBIN=" + bin}, "go", "install", "go.k6.io/k6@"+k6Version); err != nil {
			t.missing = err.Error()
			return t
		}
	}
	t.command = func(j job, url, _ string) (*exec.Cmd, error) {
		script, err := filepath.Abs(filepath.Join("peers", "k6.js"))
		cmd := exec.Command(exe, "run", "--quiet", "--no-usage-report", "--no-summary", "--log-format", "raw", script)
		args := []string{}
		if runtime.GOOS == "linux" {
			args = append(args, "disable-gpu")
		}
		if os.Geteuid() == 0 {
			args = append(args, "no-sandbox")
		}
		report := ""
		if j.report {
			report = "1"
		}
		cmd.Env = []string{
			"K6_BROWSER_EXECUTABLE_PATH=" + w.found.Browser,
			"K6_BROWSER_ARGS=" + strings.Join(args, ","),
			"BENCH_URL=" + url,
			"BENCH_USERS=" + fmt.Sprint(j.users),
			"BENCH_INTERVAL=" + fmt.Sprint(j.interval.Seconds()),
			"BENCH_THINK=" + fmt.Sprint(j.think.Seconds()),
			"BENCH_REPORT=" + report,
		}
		return cmd, err
	}
	return t
}

// pythonLoadwright lives in an environment of its own, which may be there
// already, for the tests of examples/panel.
func (w workshop) pythonLoadwright(name string) *tool {
	t := &tool{name: name, readings: printed}
	exe, version, err := w.pythonWithLoadwright()
	if err != nil {
		t.missing = err.Error()
		return t
	}
	t.version = version
	t.command = func(j job, url, _ string) (*exec.Cmd, error) {
		script, err := filepath.Abs(filepath.Join("peers", "python_loadwright.py"))
		cmd := exec.Command(exe, script,
			"--url", url,
			"--users", fmt.Sprint(j.users),
			"--interval", fmt.Sprint(j.interval.Seconds()),
			"--think", fmt.Sprint(j.think.Seconds()),
			"--browser", w.found.Browser)
		if j.report {
			cmd.Args = append(cmd.Args, "--report")
		}
		return cmd, err
	}
	return t
}

func (w workshop) pythonWithLoadwright() (exe, version string, err error) {
	look := func(venvs string) bool {
		exe = filepath.Join(venvs, "loadwright", "bin", "python")
		if runtime.GOOS == "windows" {
			exe = filepath.Join(venvs, "loadwright", "Scripts", "python.exe")
		}
		out, err := exec.Command(exe, "-c", "import loadwright; print(loadwright.VERSION)").Output()
		version = firstLine(out)
		return err == nil
	}
	if w.venvs != "" && look(w.venvs) || look(w.folder) {
		return exe, version, nil
	}
	base, err := findPython()
	if err != nil {
		return "", "", err
	}
	fmt.Fprintln(os.Stderr, "installing Python Loadwright …")
	requirements := filepath.Join("..", "examples", "panel", "testdata", "loadwright.requirements.txt")
	if err := install(nil, base, "-m", "venv", filepath.Join(w.folder, "loadwright")); err != nil {
		return "", "", err
	}
	err = install(nil, exe, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r", requirements)
	if err == nil && !look(w.folder) {
		err = errors.New("it was installed and can't be imported")
	}
	return exe, version, err
}

// findPython finds one that all of Python Loadwright's requirements have wheels for.
func findPython() (string, error) {
	const fits = "import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))"
	for _, name := range []string{"python3.12", "python3.11", "python3.10", "python3", "python"} {
		if exec.Command(name, "-c", fits).Run() == nil {
			return name, nil
		}
	}
	return "", errors.New("no Python from 3.10 to 3.12 with its venv module was found")
}

// install runs a command that brings something.
func install(env []string, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), installing)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lines[len(lines)-1])
	}
	return nil
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line)
}

//go:build unix

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/loadwright/loadwright/internal/leftover"
)

// onTerminal runs loadwright on a terminal so many columns wide and returns all
// that it wrote.
func onTerminal(t *testing.T, columns uint16, env []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("loadwright", args...)
	cmd.Dir = t.TempDir()
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "NO_COLOR=") || strings.HasPrefix(v, "CLICOLOR") || strings.HasPrefix(v, "TERM=") || strings.HasPrefix(v, "COLORTERM=")
	})
	cmd.Env = append(cmd.Env, env...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	if _, err := io.Copy(&out, terminal); err != nil && !errors.Is(err, syscall.EIO) { // EIO: the other end is closed
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String()
}

// screen is what a terminal so many columns wide shows of a text, with what has
// left it at the top. It knows how to wrap, carriage returns, line feeds, how to
// go up, and how to erase the rest of a line and of the screen.
func screen(t *testing.T, text string, columns int) []string {
	t.Helper()
	lines, row, at := [][]rune{nil}, 0, 0
	down := func() {
		if row++; row == len(lines) {
			lines = append(lines, nil)
		}
	}
	for text != "" {
		if loc := escape.FindStringSubmatchIndex(text); loc != nil && loc[0] == 0 {
			number, code := text[loc[2]:loc[3]], text[loc[4]:loc[5]]
			switch code {
			case "A":
				up, _ := strconv.Atoi(number)
				row = max(0, row-up)
			case "J":
				lines = lines[:row+1]
				fallthrough
			case "K":
				lines[row] = lines[row][:min(at, len(lines[row]))]
			case "m":
			default:
				t.Fatalf("the terminal is told %q", text[:loc[1]])
			}
			text = text[loc[1]:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			at = 0
		case '\n':
			down()
		default:
			if at == columns {
				down()
				at = 0
			}
			for len(lines[row]) <= at {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][at] = r
			at++
		}
	}
	var shown []string
	for _, l := range lines {
		shown = append(shown, string(l))
	}
	return shown
}

var (
	escape   = regexp.MustCompile(`\x1b\[([0-9;?]*)([a-zA-Z])`)
	colour   = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	liveLine = regexp.MustCompile(`^\d+:\d\d  `)
	rewrite  = regexp.MustCompile(`\r(\x1b\[\d+A)?(\x1b\[\d+m)?\d+:\d\d  `)
)

const terminalScenario = `
name: on a terminal
steps:
  - event: load the page of the app
    steps:
      - goto: /app
  - event: a second event with a name
    steps:
      - wait_for: {role: button}
  - sleep: 1s
`

func TestTerminal(t *testing.T) {
	app := startApp(t)
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte(terminalScenario), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		columns int
		env     []string
		live    bool
		row     string // of an event
		colours bool
	}{
		{"80 columns", 80, []string{"TERM=xterm-256color", "CI=", "LC_ALL=C.UTF-8"}, true, `^load the page .*…  +1  +0 +\S+ +\S+ +\S+  █  +\d+(\.\d+)?m?s$`, true},
		{"40 columns, no colours, no letters but ASCII", 40, []string{"TERM=xterm-256color", "CI=", "NO_COLOR=1", "LC_ALL=C"}, true, `^load the page .*~ +0 .*m?s$`, false},
		{"a terminal that knows nothing", 80, []string{"TERM=dumb", "CI="}, false, "", false},
		{"a terminal at which nobody looks", 80, []string{"TERM=xterm-256color", "CI=true"}, false, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := onTerminal(t, uint16(test.columns), test.env, "run", file, "--allow-saturated", "--url", app)
			shown := screen(t, out, test.columns)
			rewritten := rewrite.FindAllString(out, -1)
			switch {
			case test.live && len(rewritten) < 3:
				t.Errorf("the block was drawn %d times in more than a second", len(rewritten))
			case !test.live && (len(rewritten) > 0 || strings.Contains(out, "\x1b")):
				t.Errorf("escape sequences, or a line written anew: %q", out)
			}
			if test.live {
				last := screen(t, out[:strings.LastIndex(out, "\x1b[J")], test.columns)
				if row := regexp.MustCompile(test.row); !slices.ContainsFunc(last, row.MatchString) {
					t.Errorf("no event at the end, like %s:\n%s", row, strings.Join(last, "\n"))
				}
			}
			if got := colour.MatchString(out); got != test.colours {
				t.Errorf("colours: %v, want %v", got, test.colours)
			}
			for _, line := range shown {
				if test.live && (liveLine.MatchString(line) || strings.Contains(line, "CPU cores") || strings.Contains(line, "opening browsers") || strings.Contains(line, "closing browsers")) {
					t.Errorf("the block stays: %q", line)
				}
			}
			if !slices.ContainsFunc(shown, func(l string) bool { return strings.HasPrefix(l, "on a terminal: 1 user in ") }) {
				t.Errorf("no summary:\n%s", strings.Join(shown, "\n"))
			}
		})
	}
}

// TestTerminalResized makes a terminal small while a run is on: the block gets
// narrower than it, and shorter.
func TestTerminalResized(t *testing.T) {
	leftover.Folder(t)
	app := startApp(t)
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte("load: {iterations: 1000}\n"+terminalScenario), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("loadwright", "run", file, "--allow-saturated", "--no-report", "--url", app)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=", "NO_COLOR=1", "LC_ALL=C")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	const columns, rows = 38, 6
	var all string
	small, resized, stopped := -1, false, false // small: where what is written for the small terminal begins
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		all += string(buf[:n])
		if at := strings.LastIndex(all, "spread"); !resized && at > 0 && strings.Contains(all[at:], "a second event with a name") {
			resized = true
			if err := pty.Setsize(terminal, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
				t.Fatal(err)
			}
			small = len(all)
		}
		if resized && !stopped {
			// The second block from then on is all for the small terminal.
			if blocks := rewrite.FindAllStringIndex(all[small:], -1); len(blocks) > 2 {
				stopped = true
				small += blocks[1][0]
				if _, err := terminal.Write([]byte{3}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err != nil {
			break
		}
	}
	if got := codeOf(cmd.Wait()); got != exitInterrupted || !stopped {
		t.Fatalf("exit code %d, want %d\n%s", got, exitInterrupted, all)
	}
	block, _, _ := strings.Cut(all[small+1:], "\x1b[J")
	lines := screen(t, block, 1000)
	if len(lines) < 3 || len(lines) >= rows {
		t.Errorf("%d lines on a terminal of %d:\n%s", len(lines), rows, strings.Join(lines, "\n"))
	}
	for _, l := range lines {
		if len(l) >= columns {
			t.Errorf("%d columns on a terminal of %d: %q", len(l), columns, l)
		}
	}
}

// TestCtrlCOnTerminal types the key on the terminal: the signal goes to every
// process that the terminal knows.
func TestCtrlCOnTerminal(t *testing.T) {
	leftover.Folder(t)
	app := startApp(t)
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(file, []byte("load: {iterations: 1000}\n"+terminalScenario), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("loadwright", "run", file, "--allow-saturated", "--url", app)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=")
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var out bytes.Buffer
	typed := false
	buf := make([]byte, 4096)
	for {
		n, err := terminal.Read(buf)
		out.Write(buf[:n])
		if !typed && strings.Contains(out.String(), "iterations 1/1000") {
			typed = true
			if _, err := terminal.Write([]byte{3}); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	if got := codeOf(cmd.Wait()); got != exitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", got, exitInterrupted, out.String())
	}
	shown := strings.Join(screen(t, out.String(), 80), "\n")
	for _, want := range []string{"Stopping: ", "ended early: stopped by Ctrl-C", "iterations never began"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q on the terminal:\n%s", want, shown)
		}
	}
}

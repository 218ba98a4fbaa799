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

// screen is what a terminal shows of a text that knows carriage returns, line
// feeds, and how to erase the rest of a line. It fails on a line that wraps.
func screen(t *testing.T, text string, columns int) []string {
	t.Helper()
	lines, at := [][]rune{nil}, 0
	for text != "" {
		if loc := escape.FindStringIndex(text); loc != nil && loc[0] == 0 {
			switch code := text[:loc[1]]; {
			case code == "\x1b[K":
				line := &lines[len(lines)-1]
				*line = (*line)[:min(at, len(*line))]
			case !strings.HasSuffix(code, "m"):
				t.Fatalf("the terminal is told %q", code)
			}
			text = text[loc[1]:]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch line := &lines[len(lines)-1]; {
		case r == '\r':
			at = 0
		case r == '\n':
			lines, at = append(lines, nil), 0
		case at < len(*line):
			(*line)[at] = r
			at++
		default:
			*line = append(*line, r)
			at++
			if live := string(*line); at >= columns && liveLine.MatchString(live) {
				t.Errorf("the line reaches the edge of the terminal: %q", live)
			}
		}
	}
	var shown []string
	for _, l := range lines {
		shown = append(shown, string(l))
	}
	return shown
}

var (
	escape   = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)
	colour   = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	liveLine = regexp.MustCompile(`^\d+:\d\d  `)
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
		colours bool
	}{
		{"80 columns", 80, []string{"TERM=xterm-256color", "CI="}, true, true},
		{"40 columns, no colours", 40, []string{"TERM=xterm-256color", "NO_COLOR=1"}, true, false},
		{"a terminal that knows nothing", 80, []string{"TERM=dumb"}, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := onTerminal(t, uint16(test.columns), test.env, "run", file, "--allow-saturated", "--url", app)
			shown := screen(t, out, test.columns)
			rewritten := regexp.MustCompile(`\r\d+:\d\d  `).FindAllString(out, -1)
			switch {
			case test.live && len(rewritten) < 3:
				t.Errorf("the line was written %d times in more than a second", len(rewritten))
			case !test.live && (len(rewritten) > 0 || strings.Contains(out, "\x1b")):
				t.Errorf("escape sequences, or a line written anew: %q", out)
			}
			if got := colour.MatchString(out); got != test.colours {
				t.Errorf("colours: %v, want %v", got, test.colours)
			}
			for _, line := range shown {
				if liveLine.MatchString(line) || strings.Contains(line, "opening browsers") || strings.Contains(line, "closing browsers") {
					t.Errorf("the live line stays: %q", line)
				}
			}
			if !slices.ContainsFunc(shown, func(l string) bool { return strings.HasPrefix(l, "on a terminal: 1 user in ") }) {
				t.Errorf("no summary:\n%s", strings.Join(shown, "\n"))
			}
		})
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
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
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

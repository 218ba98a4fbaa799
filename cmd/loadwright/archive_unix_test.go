//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// On a terminal, prune asks, and removes nothing unless the answer is yes.
func TestPruneAsks(t *testing.T) {
	for _, test := range []struct {
		answer string
		left   int
	}{{"\n", 2}, {"n\n", 2}, {"yes\n", 1}, {"Y\n", 1}} {
		out := t.TempDir()
		folder := filepath.Join(out, "archive")
		if err := os.Mkdir(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"loadwright_20260131_155303.csv", "loadwright_20260201_155303.csv"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		keyboard, terminal, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keyboard.WriteString(test.answer); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		later := time.Now().Add(2 * quiet) // none of them is under way
		err = runArchivePrune(streams{in: terminal, out: &said, err: &said}, &archiveOptions{out: out, keep: 1}, later)
		if left, _ := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) != test.left {
			t.Errorf("%q: %v left, %v", test.answer, left, err)
		}
		if !strings.Contains(said.String(), "Remove 1 run (0 B)? [y/N] ") {
			t.Errorf("it says %q", said.String())
		}
		terminal.Close()
		keyboard.Close()
	}
}

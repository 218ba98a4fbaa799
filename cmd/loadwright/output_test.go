package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const testMark = "<!-- test -->\n"

func testText(w io.Writer) error {
	_, err := io.WriteString(w, testMark+"new\n")
	return err
}

// files are what is in a folder, by their names.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

// A file stays as it was until the new one is whole, and for ever where that comes
// to nothing. Beside it nothing is left.
func TestOutputFileKeepsTheOldOne(t *testing.T) {
	const old = testMark + "old\n"
	broken := errors.New("broken")
	for name, act := range map[string]func(o *outputFile) error{
		"it can't be written": func(o *outputFile) error {
			return o.write(func(w io.Writer) error {
				if err := testText(w); err != nil {
					return err
				}
				return broken
			})
		},
		"nobody writes it": func(o *outputFile) error { o.drop(); return broken },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "out.md")
			if err := os.WriteFile(path, []byte(old), 0o666); err != nil {
				t.Fatal(err)
			}
			o, err := openOutput("markdown", path, testMark)
			if err != nil {
				t.Fatal(err)
			}
			if text := files(t, dir)["out.md"]; text != old {
				t.Errorf("while it is made: %q", text)
			}
			if err := act(o); err == nil || !strings.Contains(err.Error(), "broken") {
				t.Error(err)
			}
			o.drop()
			if all := files(t, dir); len(all) != 1 || all["out.md"] != old {
				t.Errorf("%q", all)
			}
		})
	}
}

// What comes into the place while a command runs is not replaced, either, and what
// was found is not lost.
func TestOutputFileTakesNoPlace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.md")
	o, err := openOutput("markdown", path, testMark)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("somebody's"), 0o666); err != nil {
		t.Fatal(err)
	}
	err = o.write(testText)
	if err == nil || !strings.Contains(err.Error(), "of another kind") || exitCode(err) != exitNotRun {
		t.Fatal(err)
	}
	_, kept, _ := strings.Cut(err.Error(), "what it would hold is in ")
	if text, err := os.ReadFile(kept); err != nil || string(text) != testMark+"new\n" {
		t.Errorf("%q, %v", text, err)
	}
	if text := files(t, dir)["out.md"]; text != "somebody's" {
		t.Errorf("%q", text)
	}
}

// A link still leads to the file, which is readable for whom it was.
func TestOutputFileKeepsLinksAndModes(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.md"), filepath.Join(dir, "link.md")
	if err := os.WriteFile(real, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.md", link); err != nil {
		t.Skip(err) // Windows lets not everybody
	}
	o, err := openOutput("markdown", link, testMark)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.write(testText); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(real)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if to, err := os.Readlink(link); err != nil || to != "real.md" {
		t.Errorf("%q, %v", to, err)
	}
	if all := files(t, dir); len(all) != 2 || all["real.md"] != testMark+"new\n" {
		t.Errorf("%q", all)
	}
}

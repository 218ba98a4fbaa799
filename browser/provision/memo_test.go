package provision

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestMemo(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "exe")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(exe, []byte(text), 0o755), os.Chtimes(exe, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	ask := func(m *memo) string {
		t.Helper()
		text, err := m.ask("version", []string{exe}, func() (string, error) {
			asked++
			return "v1", nil
		})
		if err != nil {
			t.Fatal(err)
		}
		m.save()
		return text
	}
	then := time.Unix(1_700_000_000, 0)
	for _, step := range []struct {
		name   string
		change func()
		asked  int
	}{
		{"first", func() { write("one", then) }, 1},
		{"remembered", func() {}, 1},
		{"another size", func() { write("other", then) }, 2},
		{"another time", func() { write("other", then.Add(time.Millisecond)) }, 3},
		{"remembered anew", func() {}, 3},
		{"a broken memo", func() { _ = os.WriteFile(filepath.Join(dir, "versions.json"), []byte("{"), 0o644) }, 4},
		{"a null memo", func() { _ = os.WriteFile(filepath.Join(dir, "versions.json"), []byte("null"), 0o644) }, 5},
		{"mended", func() {}, 5},
	} {
		step.change()
		if got := ask(openMemo(dir)); got != "v1" || asked != step.asked {
			t.Errorf("%s: %q, asked %d times; want v1, %d times", step.name, got, asked, step.asked)
		}
	}
}

func TestMemoForgets(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old", "new"} {
		exe := filepath.Join(dir, name)
		if err := os.WriteFile(exe, nil, 0o755); err != nil {
			t.Fatal(err)
		}
		m := openMemo(dir)
		if _, err := m.ask(name, []string{exe}, func() (string, error) { return name, nil }); err != nil {
			t.Fatal(err)
		}
		if name == "new" {
			if err := os.Remove(filepath.Join(dir, "old")); err != nil {
				t.Fatal(err)
			}
		}
		m.save()
	}
	if m := openMemo(dir); len(m.answers) != 1 || m.answers["new"].Text != "new" {
		t.Errorf("remembers %v; want only what is still there", m.answers)
	}
}

func TestMemoRemembersNoFailure(t *testing.T) {
	m := openMemo(t.TempDir())
	exe := filepath.Join(t.TempDir(), "exe")
	if err := os.WriteFile(exe, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		asked := false
		_, err := m.ask("q", []string{exe}, func() (string, error) { asked = true; return "", errors.New("no") })
		if err == nil || !asked {
			t.Errorf("time %d: error %v, asked %v; want it asked and failing", i+1, err, asked)
		}
	}
}

package loadwright_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	writeTo(t, path, text)
	return path
}

func writeTo(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, text string) *loadwright.Scenario {
	t.Helper()
	s, err := loadwright.Parse("scenario.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const smallest = `
url: http://localhost:1
steps:
  - event: load
    steps:
      - goto: /app
`

func TestLoad(t *testing.T) {
	path := write(t, "small.yaml", smallest)
	s, err := loadwright.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "small.yaml" {
		t.Errorf("a scenario without a name is called %q, want its file's", s.Name())
	}
	if named := parse(t, "name: buy a ticket\n"+smallest); named.Name() != "buy a ticket" {
		t.Errorf("it is called %q", named.Name())
	}
	if notes := s.Notes(); len(notes) != 0 {
		t.Errorf("notes: %q", notes)
	}
	clicks := parse(t, smallest+"      - click: {role: button}\n")
	notes := clicks.Notes()
	if !slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, "scenario.yaml:7:9: note: ") }) {
		t.Errorf("notes: %q", notes)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name, path, want string
	}{
		{"not there", filepath.Join(dir, "nowhere.yaml"), "nowhere.yaml: no such file or directory"},
		{"a folder", dir, "is a directory"},
		{"too large", write(t, "large.yaml", strings.Repeat("#", scenario.MaxBytes+1)), "large.yaml: the file is larger than 1 MB: that is no scenario"},
		{"wrong", write(t, "wrong.yaml", "stepps: []\n"), `"stepps" is not a key of a scenario`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := loadwright.Load(test.path)
			var wrong *loadwright.ScenarioError
			if !errors.As(err, &wrong) {
				t.Fatalf("the error is a %T: %v", err, err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %q", err)
			}
		})
	}
	if _, err := loadwright.Load(filepath.Join(dir, "nowhere.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v is not os.ErrNotExist", err)
	}
	if _, err := loadwright.Load(write(t, "just.yaml", smallest+strings.Repeat("#", scenario.MaxBytes-len(smallest)))); err != nil {
		t.Errorf("a file of just the size that is allowed: %v", err)
	}
}

// TestParseErrors holds that the errors can be had one by one, with their places.
func TestParseErrors(t *testing.T) {
	_, err := loadwright.Parse("a.yaml", []byte("url: localhost\nload: {users: 0}\nsteps:\n  - event: e\n    steps: [{goto: /}]\n"))
	var list scenario.ErrorList
	if !errors.As(err, &list) {
		t.Fatalf("the error is a %T: %v", err, err)
	}
	var places []string
	for _, e := range list {
		places = append(places, e.Pos.String())
	}
	if want := []string{"a.yaml:1:6", "a.yaml:2:15"}; !slices.Equal(places, want) {
		t.Errorf("errors at %q, want %q", places, want)
	}
}

func TestCheck(t *testing.T) {
	open := parse(t, `
url: http://localhost:1
vars: {color: null, size: 5}
steps:
  - event: load
    steps:
      - goto: /app?password=${env.LOADWRIGHT_TEST_NOWHERE}&color=${color}
`)
	upload := parse(t, `
url: http://localhost:1
steps:
  - event: send
    steps:
      - upload: {label: File}
        files: scenario_test.go.nowhere
`)
	for _, test := range []struct {
		name string
		s    *loadwright.Scenario
		o    loadwright.Options
		want string // "": it is well
	}{
		{"what only a run knows is left open", open, loadwright.Options{}, ""},
		{"values", open, loadwright.Options{Set: map[string]string{"size": "6"}}, ""},
		{"unknown value", open, loadwright.Options{Set: map[string]string{"colour": "red"}}, "did you mean color?"},
		{"threshold", open, loadwright.Options{Thresholds: []string{"laod p95 < 1s"}}, "did you mean load?"},
		{"users", open, loadwright.Options{Users: -1}, "--users: -1 is not"},
		{"iterations", open, loadwright.Options{Iterations: -1}, "--iterations: -1 is not"},
		{"duration", open, loadwright.Options{Duration: -time.Second}, "--duration: -1s is not"},
		{"timeout", open, loadwright.Options{Timeout: -time.Second}, "--timeout: -1s is not"},
		{"start interval", open, loadwright.Options{StartInterval: new(-time.Second)}, "--start-interval: -1s is not"},
		{"url", open, loadwright.Options{URL: "localhost"}, "did you mean http://localhost?"},
		{"file", upload, loadwright.Options{}, "scenario.yaml:6:9: the file scenario_test.go.nowhere can't be used: no such file or directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.s.Check(test.o)
			var wrong *loadwright.ScenarioError
			switch {
			case test.want == "" && err == nil:
			case !errors.As(err, &wrong):
				t.Errorf("the error is a %T: %v", err, err)
			case test.want == "" || !strings.Contains(err.Error(), test.want):
				t.Errorf("the error is %q, want %q", err, test.want)
			}
		})
	}
	// A run wants to know all of it, and starts nothing without.
	res, err := loadwright.Run(t.Context(), open, loadwright.Options{Out: filepath.Join(t.TempDir(), "results")})
	var list scenario.ErrorList
	if res != nil || !errors.As(err, &list) || len(list) != 2 {
		t.Errorf("a run without its values: %v, %v", res, err)
	}
}

func TestVersion(t *testing.T) {
	if v := loadwright.Version(); v == "" || v == "unknown" {
		t.Errorf("version %q", v)
	}
}

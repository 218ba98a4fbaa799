package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/leftover"
)

// panics is a sink that panics at the second event.
type panics struct{ seen int }

func (p *panics) Event(*loadwright.Event) error {
	if p.seen++; p.seen == 2 {
		panic("two is too many")
	}
	return nil
}

// TestBug lets a run panic: the results are kept, and the user is told what to
// report.
func TestBug(t *testing.T) {
	s, err := loadwright.Parse("scenario.yaml", []byte(`
load: {iterations: 100}
steps:
  - event: load
    steps:
      - goto: /app
`))
	if err != nil {
		t.Fatal(err)
	}
	leftover.Folder(t)
	app, results := startApp(t), t.TempDir()
	var out, errs bytes.Buffer
	o := &runOptions{Options: loadwright.Options{
		URL: app, Out: results, Sinks: []loadwright.Sink{&panics{}},
	}}
	_, err = carryOut(t.Context(), streams{out: &out, err: &errs}, o, s, nil)
	tellError(&errs, err)
	if code := exitCode(err); code != exitBug {
		t.Errorf("exit code %d, want %d", code, exitBug)
	}
	for _, want := range []string{"loadwright: panic: two is too many\n", "This is a bug in loadwright", "panic.txt"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("no %q on standard error:\n%s", want, errs.String())
		}
	}
	if strings.Contains(errs.String(), "goroutine") {
		t.Errorf("a stack is shown:\n%s", errs.String())
	}
	if !strings.Contains(out.String(), "ended early: panic: two is too many") {
		t.Errorf("no summary:\n%s", out.String())
	}
	kept, err := filepath.Glob(filepath.Join(o.Out, "archive", "*", panicName))
	if err != nil || len(kept) != 1 {
		t.Fatalf("%d files with the stack (%v)", len(kept), err)
	}
	stack, err := os.ReadFile(kept[0])
	if err != nil || !bytes.Contains(stack, []byte("panics).Event")) {
		t.Errorf("%v: the stack is\n%s", err, stack)
	}
	rows, err := os.ReadFile(filepath.Join(o.Out, "loadwright.csv"))
	if err != nil || bytes.Count(rows, []byte("\n")) < 3 {
		t.Errorf("%v: the events are\n%s", err, rows)
	}
}

// Of several scenarios too, a bug is told, and the rest are not run.
func TestBugInOneOfSeveral(t *testing.T) {
	text := []byte("load: {iterations: 100}\nsteps:\n  - event: ask\n    steps: [{request: GET /app}]\n")
	var scenarios []*loadwright.Scenario
	for _, name := range []string{"one.yaml", "two.yaml"} {
		s, err := loadwright.Parse(name, text)
		if err != nil {
			t.Fatal(err)
		}
		scenarios = append(scenarios, s)
	}
	leftover.Folder(t)
	var out, errs bytes.Buffer
	o := &runOptions{files: []string{"one.yaml", "two.yaml"}, Options: loadwright.Options{
		URL: startApp(t), Out: t.TempDir(), Sinks: []loadwright.Sink{&panics{}},
	}}
	err := runSeveral(t.Context(), streams{out: &out, err: &errs}, o, scenarios, nil, &runReports{})
	tellError(&errs, err)
	if code := exitCode(err); code != exitBug {
		t.Errorf("exit code %d, want %d", code, exitBug)
	}
	if n := strings.Count(errs.String(), "This is a bug in loadwright"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, errs.String())
	}
	if strings.Contains(out.String(), "two.yaml") {
		t.Errorf("the second was run:\n%s", out.String())
	}
}

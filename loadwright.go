// Package loadwright tests how many people can use a web app at once. It runs a
// scenario (a YAML file) with many real browsers, times what each user feels on
// the browser's own clock, and judges it by thresholds:
//
//	s, err := loadwright.Load("scenario.yaml")
//	res, err := loadwright.Run(ctx, s, loadwright.Options{Users: 5})
//	if !res.OK() || res.Event("interact").Mean > 10*time.Second { … }
//
// The command of the same name is a thin layer on it.
package loadwright

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// Scenario is a parsed scenario. It can be run any number of times.
type Scenario struct{ parsed *scenario.Scenario }

// Load reads and parses a scenario. The error is a [*ScenarioError] for what is
// wrong in the file, one entry for each thing that is.
func Load(path string) (*Scenario, error) {
	src, err := readBounded(path)
	if err != nil {
		return nil, &ScenarioError{err}
	}
	return Parse(path, src)
}

// Parse parses a scenario that is not in a file, or not in that file: name is
// what errors show, and relative paths in the scenario start at its folder.
func Parse(name string, src []byte) (*Scenario, error) {
	parsed, err := scenario.Parse(name, src)
	if err != nil {
		return nil, &ScenarioError{err}
	}
	return &Scenario{parsed}, nil
}

// readBounded reads a file unless it is too large to be a scenario.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, wording.Plain(err))
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, scenario.MaxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: it cannot be read: %w", path, wording.Plain(err))
	case len(src) > scenario.MaxBytes:
		return nil, fmt.Errorf("%s: the file is larger than %d MB: that is no scenario", path, scenario.MaxBytes>>20)
	}
	return src, nil
}

// Name is the scenario's name, or its file's where it has none.
func (s *Scenario) Name() string {
	if s.parsed.Name != "" {
		return s.parsed.Name
	}
	return filepath.Base(s.parsed.File)
}

// Notes are remarks on what is no error and yet may not be meant, each with its
// place.
func (s *Scenario) Notes() []string {
	var notes []string
	for _, n := range s.parsed.Notes {
		notes = append(notes, fmt.Sprintf("%s: note: %s", n.Pos, n.Text))
	}
	return notes
}

// Check finds what is wrong with the scenario and the options that go with it,
// without starting anything. What it is not told (variables that [Options] are to
// set, the environment) it leaves open: only [Run] wants all of it. The error is
// a [*ScenarioError].
func (s *Scenario) Check(o Options) error {
	_, err := s.bind(o, 0, true)
	return err
}

// CheckRun is Check for a run that is to begin now: what has no value is an error,
// as it is of [Run].
func (s *Scenario) CheckRun(o Options) error {
	_, err := s.bind(o, standInPort, false)
	return err
}

// standInPort is what ${port} is before a port is sought for the app.
const standInPort = 1

// ScenarioError says what is wrong in a scenario, or in the options that go
// with it: nothing was started.
type ScenarioError struct{ err error }

func (e *ScenarioError) Error() string { return e.err.Error() }

// Unwrap gives a scenario.ErrorList where the errors have places.
func (e *ScenarioError) Unwrap() error { return e.err }

// ErrNotRun is in the chain of the error of a run that could not be carried
// out, or not to its end: the app cannot be reached, there is no browser, the
// disk is full.
var ErrNotRun = errors.New("the run could not be carried out")

// notRun makes err one of [ErrNotRun] without lengthening its text.
type notRun struct{ error }

func (e notRun) Unwrap() []error { return []error{e.error, ErrNotRun} }

// Version is the version of this module, as the Go toolchain recorded it.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == modulePath {
			return m.Version
		}
	}
	return "unknown"
}

const modulePath = "github.com/loadwright/loadwright"

package scenario

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzParse: nothing that is given to Parse makes it panic or hang, every
// error has a place inside the file, and what parses can be bound and expanded
// without panicking either.
func FuzzParse(f *testing.F) {
	for _, folder := range []string{"ok", "err"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, p := range paths {
			src, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	env := func(string) (string, bool) { return "5", true }
	f.Fuzz(func(t *testing.T, src []byte) {
		begin := time.Now()
		s, err := Parse("fuzz.yaml", src)
		// What explodes takes for ever; a busy machine and the race detector do not.
		if took := time.Since(begin); took > 30*time.Second {
			t.Error("took", took)
		}
		if err != nil {
			if s != nil {
				t.Error("a scenario and an error")
			}
			checkPlaces(t, err, src)
		} else {
			set := map[string]string{}
			for _, v := range s.Vars {
				if v.Required {
					set[v.Name] = "3"
				}
			}
			bound, err := s.Bind(Values{Set: set, Env: env, URL: "http://localhost"})
			if err != nil {
				checkPlaces(t, err, src)
			} else {
				exercise(t, bound)
				again, err := bound.Bind(Values{Set: set, Env: env, URL: "http://localhost"})
				if err != nil {
					t.Fatal("bound twice:", err)
				}
				if a, b := len(leaves(bound.UserTypes[0].Steps)), len(leaves(again.UserTypes[0].Steps)); a != b {
					t.Error(a, "steps, then", b)
				}
			}
		}
	})
}

// exercise expands every step; an error has to be an *Error with a place.
func exercise(t *testing.T, s *Scenario) {
	check := func(err error) {
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Pos.Line < 1) {
			t.Errorf("%T %v", err, err)
		}
	}
	var walk func([]Step)
	walk = func(steps []Step) {
		for _, step := range steps {
			if text := step.String(); strings.ContainsAny(text, "\n\r\x1b") || step.Position().Line < 1 {
				t.Errorf("%q at %v", text, step.Position())
			}
			switch step := step.(type) {
			case *Event:
				walk(step.Steps)
			case *Repeat:
				_, err := step.Count(sevens{})
				check(err)
				_, err = step.While(sevens{})
				check(err)
				walk(step.Steps)
			case *Sleep:
				_, err := step.Expand(sevens{})
				check(err)
			case *Leaf:
				a, err := step.Expand(sevens{})
				check(err)
				if err == nil && (a.Op == nil || a.Timeout <= 0) {
					t.Errorf("%v: %+v", step, a)
				}
				if text := a.String(); strings.ContainsAny(text, "\n\r\x1b") {
					t.Errorf("%q", text)
				}
			}
		}
	}
	for _, u := range s.UserTypes {
		walk(u.Steps)
	}
}

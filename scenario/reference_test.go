package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReference(t *testing.T) {
	got := Reference()
	golden := filepath.Join("testdata", "reference.md")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the reference differs from %s; run with -update and read the difference", golden)
	}
}

// TestEveryRowIsDocumented keeps a new row from being left without a word.
func TestEveryRowIsDocumented(t *testing.T) {
	l := newLanguage()
	var check func(where string, rows []row)
	check = func(where string, rows []row) {
		for _, r := range rows {
			at := where + "." + r.key
			if r.name == "" || r.schema == nil {
				t.Errorf("%s has no shape", at)
			}
			if !strings.HasSuffix(r.doc, ".") {
				t.Errorf("%s: %q is no sentence", at, r.doc)
			}
			if r.keys != nil {
				check(at, r.keys.rows)
			}
		}
	}
	check("top", l.top.rows)
	check("target", l.target.rows)
	for _, k := range l.kinds {
		if !strings.HasSuffix(k.doc, ".") {
			t.Errorf("%s: %q is no sentence", k.key, k.doc)
		}
		if k.rows[0].key != k.key {
			t.Errorf("the first row of %s is %s", k.key, k.rows[0].key)
		}
		if k.rows[0].keys != nil {
			check(k.key, k.rows[0].keys.rows)
		}
		check(k.key, k.rows[1:])
		for _, other := range l.kinds {
			if _, clash := other.row(k.key); clash && other.key != k.key {
				t.Errorf("%s is a step and an option of %s", k.key, other.key)
			}
		}
	}
}

// TestEveryExampleParses parses the examples of the tables.
func TestEveryExampleParses(t *testing.T) {
	for _, k := range newLanguage().kinds {
		t.Run(k.key, func(t *testing.T) {
			src := "url: http://localhost\nsteps:\n- {event: e, steps: [back]}\n- repeat: 2\n  as: n\n  steps:\n  - set: i\n    value: 1\n  - " +
				strings.ReplaceAll(k.example, "\n", "\n    ")
			if k.key == "repeat" {
				src = strings.Replace(src, "set: i\n    value: 1", "back", 1)
			}
			s, err := Parse("example.yaml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Bind(Values{}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

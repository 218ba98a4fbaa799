package scenario

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the expected outputs under testdata")

// TestOK compares the trees of the scenarios under testdata/ok with what is
// expected of them.
func TestOK(t *testing.T) {
	for _, file := range inputs(t, "ok") {
		t.Run(name(file), func(t *testing.T) {
			s, err := Parse(file.name, file.src)
			if err != nil {
				t.Fatal(err)
			}
			s, err = s.Bind(directives(t, file.src))
			if err != nil {
				t.Fatal(err)
			}
			compare(t, file.path, ".tree", dump(t, s))
		})
	}
}

// TestErr compares the errors of the scenarios under testdata/err.
func TestErr(t *testing.T) {
	for _, file := range inputs(t, "err") {
		t.Run(name(file), func(t *testing.T) {
			s, err := Parse(file.name, file.src)
			found := "found by Parse\n"
			if err == nil {
				found = "found by Bind\n"
				_, err = s.Bind(directives(t, file.src))
			}
			if err == nil {
				t.Fatal("no error")
			}
			checkPlaces(t, err, file.src)
			compare(t, file.path, ".txt", found+err.Error()+"\n")
		})
	}
}

type input struct {
	path string // from here
	name string // as errors show it
	src  []byte
}

func name(f input) string { return strings.TrimSuffix(filepath.Base(f.path), ".yaml") }

func inputs(t *testing.T, folder string) []input {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatal("no testdata in", folder, err)
	}
	var all []input
	for _, p := range paths {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, input{p, filepath.Base(p), src})
	}
	return all
}

func compare(t *testing.T, path, ext, got string) {
	t.Helper()
	golden := strings.TrimSuffix(path, ".yaml") + ext
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", golden, got, want)
	}
}

// directives reads comments such as "#! --set clicks=10" and "#! TOKEN=abc"
// (an environment variable) at the top of an input.
func directives(t *testing.T, src []byte) Values {
	t.Helper()
	v := Values{Set: map[string]string{}}
	env := map[string]string{}
	v.Env = func(name string) (string, bool) { s, ok := env[name]; return s, ok }
	for line := range strings.Lines(string(src)) {
		words, ok := strings.CutPrefix(line, "#! ")
		if !ok {
			continue
		}
		flag, value, _ := strings.Cut(strings.TrimSpace(words), " ")
		number := func() *int {
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			return &n
		}
		duration := func() *time.Duration {
			d, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			return &d
		}
		switch flag {
		case "--set":
			name, text, _ := strings.Cut(value, "=")
			v.Set[name] = text
		case "--url":
			v.URL = value
		case "--users":
			v.Users = number()
		case "--arrivals": // as a search for the capacity sets them
			rate, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			v.Rate = &rate
		case "--iterations":
			v.Iterations = number()
		case "--duration":
			v.Duration = duration()
		case "--start-interval":
			v.StartInterval = duration()
		case "--timeout":
			v.Timeout = duration()
		case "--slow-mo":
			v.SlowMo = duration()
		case "--headed":
			no := false
			v.Headless = &no
		case "--threshold":
			v.Thresholds = append(v.Thresholds, value)
		case "--only":
			v.Only = strings.Split(value, ",")
		case "--serve":
			v.Serve = value
		case "--port":
			v.Port = *number()
		case "--columns": // account=username,password
			name, columns, _ := strings.Cut(value, "=")
			v.Columns = map[string][]string{name: strings.Split(columns, ",")}
		case "--partial":
			v.Partial = true
		default:
			name, text, ok := strings.Cut(strings.TrimSpace(words), "=")
			if !ok {
				t.Fatalf("unknown directive %q", line)
			}
			env[name] = text
		}
	}
	return v
}

// checkPlaces fails unless every error of a list has a place inside the file
// or at a flag, and the list is sorted.
func checkPlaces(t *testing.T, err error, src []byte) {
	t.Helper()
	var list ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("%T is not a list of errors: %v", err, err)
	}
	lines := splitLines(strings.TrimPrefix(string(src), "\ufeff"))
	last := Pos{Line: 1}
	for _, e := range list {
		if e.Pos.Line == 0 {
			if !strings.HasPrefix(e.Pos.File, "--") {
				t.Errorf("no place: %v", e)
			}
			continue
		}
		if e.Pos.Line < 1 || e.Pos.Line > len(lines) {
			t.Fatalf("line %d of %d: %v", e.Pos.Line, len(lines), e)
		}
		if n := len([]rune(lines[e.Pos.Line-1])); e.Pos.Column < 1 || e.Pos.Column > n+1 {
			t.Errorf("column %d of %d: %v", e.Pos.Column, n, e)
		}
		if e.Pos.Line < last.Line || e.Pos.Line == last.Line && e.Pos.Column < last.Column {
			t.Errorf("%v comes after line %d", e, last.Line)
		}
		if e.Msg == "" || strings.Contains(e.Msg, "\n") {
			t.Errorf("not one line: %q", e.Msg)
		}
		last = e.Pos
	}
}

// sevens is a scope in which every name is 7.
type sevens struct{}

func (sevens) Lookup(string) (string, bool) { return "7", true }

// dump prints a bound scenario: what is not the default, and every step with
// what it expands to.
func dump(t *testing.T, s *Scenario) string {
	t.Helper()
	var b strings.Builder
	show := func(name string, v any) {
		if text := goValue(v); text != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, text)
		}
	}
	show("name", s.Name)
	show("url", s.URL)
	for _, v := range s.Vars {
		fmt.Fprintf(&b, "var %s = %q required=%t at %v\n", v.Name, v.Value, v.Required, v.Pos)
	}
	show("timeout", s.Timeout)
	show("headless", s.Headless)
	show("timing", s.Timing)
	show("seed", s.Seed)
	show("browser", s.Browser)
	show("http", s.HTTP)
	show("serve", s.Serve)
	for _, x := range s.Data {
		fmt.Fprintf(&b, "data %s\n", goValue(x))
	}
	if s.Login != nil {
		fmt.Fprintf(&b, "login once per %s, pages=%t\n", s.Login.OncePer, s.Login.Pages)
		dumpSteps(t, &b, "  ", s.Login.Steps)
	}
	show("load", s.Load)
	for _, u := range s.UserTypes {
		fmt.Fprintf(&b, "user type %s, weight %v, count %d, pages=%t\n", u.Name, u.Weight, u.Count, u.Pages)
		show("  func", u.Func)
		switch {
		case u.Login == nil && s.Login != nil:
			fmt.Fprintln(&b, "  login none")
		case u.Login != s.Login:
			fmt.Fprintf(&b, "  login once per %s, pages=%t\n", u.Login.OncePer, u.Login.Pages)
			dumpSteps(t, &b, "    ", u.Login.Steps)
		}
		dumpSteps(t, &b, "  ", u.Steps)
	}
	for _, th := range s.Thresholds {
		fmt.Fprintf(&b, "threshold %s\n", goValue(th))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(&b, "note %v: %s\n", n.Pos, n.Text)
	}
	for _, f := range s.Files() {
		fmt.Fprintf(&b, "file %s at %v\n", filepath.ToSlash(f.Path), f.Pos)
	}
	for _, o := range s.Overridden {
		fmt.Fprintf(&b, "said: %s\n", o)
	}
	show("secrets", s.Secrets())
	return b.String()
}

func dumpSteps(t *testing.T, b *strings.Builder, indent string, steps []Step) {
	t.Helper()
	for _, step := range steps {
		fmt.Fprintf(b, "%s%d:%d %s\n", indent, step.Position().Line, step.Position().Column, step)
		inner := indent + "    "
		switch step := step.(type) {
		case *Event:
			if step.Timeout > 0 {
				fmt.Fprintf(b, "%stimeout %v\n", inner, step.Timeout)
			}
			dumpSteps(t, b, inner, step.Steps)
		case *Repeat:
			count, err := step.Count(sevens{})
			if err != nil {
				t.Fatal(err)
			}
			while, err := step.While(sevens{})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(b, "%scount %d as %s while %s\n", inner, count, step.As, goValue(while))
			dumpSteps(t, b, inner, step.Steps)
		case *Sleep:
			think, err := step.Expand(sevens{})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(b, "%s%s\n", inner, think)
		case *Leaf:
			a, err := step.Expand(sevens{})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(b, "%s%s\n", inner, goValue(a.Op))
			if said := a.Op.String(); said != step.String() {
				fmt.Fprintf(b, "%ssays %s\n", inner, said)
			}
			if a.Timeout != 30*time.Second {
				fmt.Fprintf(b, "%stimeout %v\n", inner, a.Timeout)
			}
			if a.Optional {
				fmt.Fprintf(b, "%soptional\n", inner)
			}
			for _, i := range a.If {
				fmt.Fprintf(b, "%sif %s\n", inner, goValue(i))
			}
			if len(step.Sets()) > 0 {
				fmt.Fprintf(b, "%ssets %s\n", inner, strings.Join(step.Sets(), " "))
			}
		}
	}
}

package scenario

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// mustBind parses and binds a scenario that has to be right.
func mustBind(t testing.TB, src string, v Values) *Scenario {
	t.Helper()
	s, err := Parse("test.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Bind(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// leaves are the leaf steps of a scenario, in order.
func leaves(steps []Step) []*Leaf {
	var all []*Leaf
	for _, s := range steps {
		switch s := s.(type) {
		case *Leaf:
			all = append(all, s)
		case *Event:
			all = append(all, leaves(s.Steps)...)
		case *Repeat:
			all = append(all, leaves(s.Steps)...)
		}
	}
	return all
}

// withStep is a scenario with one more step, in a repeat.
func withStep(step string) string {
	return "url: http://localhost\nvars: {n: 3, late: \"u${user}\"}\nsteps:\n- {event: e, steps: [back]}\n- set: page\n  value: \"\"\n- repeat: 2\n  steps:\n  - " +
		strings.ReplaceAll(step, "\n", "\n    ")
}

type scope map[string]string

func (s scope) Lookup(name string) (string, bool) { v, ok := s[name]; return v, ok }

func TestExpandPerUser(t *testing.T) {
	s := mustBind(t, withStep("click: {text: \"${n} ${late} ${i} ${page}\"}\ntimes: ${i}"), Values{})
	l := leaves(s.UserTypes[0].Steps)[2]
	a, err := l.Expand(scope{"user": "7", "i": "2", "page": "<p>"})
	if err != nil {
		t.Fatal(err)
	}
	want := &Click{Target: Target{By: ByText, Value: Text{Value: "3 u7 2 <p>"}}, Times: 2, Button: "left"}
	if !reflect.DeepEqual(a.Op, want) || a.Leaf != l || a.Timeout != 30*time.Second {
		t.Errorf("%+v", a)
	}
	if got := a.String(); got != `click text "3 u7 2 <p>"` {
		t.Error(got)
	}
	if got := l.String(); got != `click text "${n} ${late} ${i} ${page}"` {
		t.Error(got)
	}
}

func TestExpandErrors(t *testing.T) {
	for _, c := range []struct {
		step  string
		scope scope
		want  string
	}{
		{"click: {text: a}\ntimes: ${page}", scope{"page": "many"},
			"test.yaml:10:12: times: many (from ${page}) is not a whole number of at least 1\n        times: ${page}\n               ^"},
		{"click: {text: \"${page}\"}", scope{},
			"test.yaml:9:20: ${page} has no value yet\n      - click: {text: \"${page}\"}\n                       ^\n  the step that sets it has not run: it was skipped, or comes later"},
		{"click: {text: \"${page}\"}", scope{"page": ""},
			"test.yaml:9:19: text is empty (from ${page})\n      - click: {text: \"${page}\"}\n                      ^"},
		{"click: {role: \"${page}\"}", scope{"page": "buton"},
			"test.yaml:9:19: role: buton (from ${page}) is not an ARIA role\n      - click: {role: \"${page}\"}\n                      ^\n  did you mean button?"},
		{"click: {text: \"${page}\"}", scope{"page": strings.Repeat("x", maxText+1)},
			"test.yaml:9:19: text: the text is longer than 65536 characters once its names are filled in\n      - click: {text: \"${page}\"}\n                      ^"},
		{"goto: ${page}", scope{"page": ":"},
			"test.yaml:9:11: goto: : (from ${page}) is not an address\n      - goto: ${page}\n              ^\n  did you mean http://:?"},
	} {
		s := mustBind(t, withStep(c.step), Values{})
		_, err := leaves(s.UserTypes[0].Steps)[2].Expand(c.scope)
		var e *Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%s\ngot  %v\nwant %v", c.step, err, c.want)
		}
	}
}

// TestExpandMasksTheEnvironment keeps secrets out of errors while users run.
func TestExpandMasksTheEnvironment(t *testing.T) {
	env := func(string) (string, bool) { return "hush", true }
	s := mustBind(t, withStep("click: {text: a}\ntimes: \"${env.TOKEN}${i}\""), Values{Env: env})
	_, err := leaves(s.UserTypes[0].Steps)[2].Expand(scope{"i": "1"})
	if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), "***1") {
		t.Error(err)
	}
}

// TestExpandStatic: what holds no name expands to what was decoded, without
// cost, and so does what holds only what is known before the run.
func TestExpandStatic(t *testing.T) {
	src, err := os.ReadFile("testdata/ok/every_step.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := mustBind(t, string(src), Values{})
	static := 0
	for _, l := range leaves(s.UserTypes[0].Steps) {
		if l.action.open {
			continue
		}
		static++
		a, err := l.Expand(nil)
		if err != nil {
			t.Fatal(err)
		}
		d := &decoder{world: s.world, scope: sevens{}}
		again := l.action.read(d)
		if len(d.errs) > 0 || !reflect.DeepEqual(a, again) {
			t.Errorf("%v: %+v, decoded anew: %+v %v", l, a, again, d.errs)
		}
		if n := testing.AllocsPerRun(10, func() { l.Expand(nil) }); n != 0 {
			t.Errorf("%v: %v allocations", l, n)
		}
	}
	if static < 50 {
		t.Error("only", static, "static steps")
	}
}

// TestExpandSettled: variables and the environment are settled by Bind.
func TestExpandSettled(t *testing.T) {
	env := func(string) (string, bool) { return "x", true }
	s := mustBind(t, withStep("click: {text: \"${n}${env.A}\", nth: \"${n}\"}"), Values{Env: env})
	l := leaves(s.UserTypes[0].Steps)[2]
	if l.action.open {
		t.Fatal("open")
	}
	a, err := l.Expand(nil)
	if c := a.Op.(*Click); err != nil || c.Target.Value.Value != "3x" || *c.Target.Nth != 3 {
		t.Errorf("%+v %v", a, err)
	}
}

// TestExpandSideBySide lets many users expand the same step.
func TestExpandSideBySide(t *testing.T) {
	s := mustBind(t, withStep("click: {role: button, name: \"${late}\", within: {css: \"#a${i}\"}}\nif: [{text: \"${page}\"}]"), Values{})
	l := leaves(s.UserTypes[0].Steps)[2]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if _, err := l.Expand(sevens{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestBindLeavesTheParsed(t *testing.T) {
	s, err := Parse("test.yaml", []byte(withStep("click: {text: \"${n}\"}")))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"4", "5", "4"} {
		b, err := s.Bind(Values{Set: map[string]string{"n": n}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := leaves(b.UserTypes[0].Steps)[2].Expand(nil)
		if err != nil || a.Op.(*Click).Target.Value.Value != n {
			t.Errorf("%v %v", a, err)
		}
	}
}

func TestUnboundStepsHaveNoValues(t *testing.T) {
	s, err := Parse("test.yaml", []byte(withStep("click: {text: \"${n}\"}")))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := leaves(s.UserTypes[0].Steps)[2].Expand(sevens{}); err == nil {
		t.Errorf("%v", a)
	}
}

func TestThink(t *testing.T) {
	const n = 20_000
	for text, want := range map[string]struct {
		mean, min, max time.Duration
	}{
		"500ms":                              {500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond},
		"0":                                  {},
		"{between: [1s, 3s]}":                {2 * time.Second, time.Second, 3 * time.Second},
		"{between: [2s, 2s]}":                {2 * time.Second, 2 * time.Second, 2 * time.Second},
		"{normal: {mean: 2s, sd: 500ms}}":    {2 * time.Second, 0, 6 * time.Second},
		"{normal: {mean: 1s, sd: 0}}":        {time.Second, time.Second, time.Second},
		"{normal: {mean: 0, sd: 1s}}":        {399 * time.Millisecond, 0, 6 * time.Second}, // 1/√(2π), half of it cut at 0
		"{exponential: 2s}":                  {2 * time.Second, 0, 60 * time.Second},
		"{between: [0s, \"${n}s\"]}":         {1500 * time.Millisecond, 0, 3 * time.Second},
		"{normal: {mean: \"${i}s\", sd: 0}}": {7 * time.Second, 7 * time.Second, 7 * time.Second},
	} {
		s := mustBind(t, withStep("sleep: "+text), Values{})
		sleep := s.UserTypes[0].Steps[2].(*Repeat).Steps[0].(*Sleep)
		think, err := sleep.Expand(sevens{})
		if err != nil {
			t.Fatal(text, err)
		}
		r := rand.New(rand.NewPCG(1, 2))
		var sum float64
		for range n {
			d := think.Draw(r)
			if d < want.min || d > want.max {
				t.Fatalf("%s: %v", text, d)
			}
			sum += float64(d) / n
		}
		if off := time.Duration(sum) - want.mean; off.Abs() > want.mean/10 {
			t.Errorf("%s: mean %v, not %v", text, time.Duration(sum), want.mean)
		}
		if think.Pace != 0 {
			t.Error(text, "has a pace")
		}
	}
	s := mustBind(t, withStep("sleep: {pace: 5s}"), Values{})
	think, err := s.UserTypes[0].Steps[2].(*Repeat).Steps[0].(*Sleep).Expand(nil)
	if err != nil || think.Pace != 5*time.Second || think.Draw(rand.New(rand.NewPCG(1, 2))) != 0 {
		t.Errorf("%+v %v", think, err)
	}
}

func TestClamp(t *testing.T) {
	for ns, want := range map[float64]time.Duration{-1: 0, 0: 0, 1.9: 1, 1e300: 1<<63 - 1} {
		if got := clamp(ns); got != want {
			t.Error(ns, got)
		}
	}
}

func TestRepeatErrors(t *testing.T) {
	s := mustBind(t, withStep("repeat: ${page}\nas: k\nwhile: {text: \"${page}\"}\nsteps: [back]"), Values{})
	r := s.UserTypes[0].Steps[2].(*Repeat).Steps[0].(*Repeat)
	if _, err := r.Count(scope{"page": "-1"}); err == nil || !strings.Contains(err.Error(), "test.yaml:9:13: repeat: -1 (from ${page})") {
		t.Error(err)
	}
	if n, err := r.Count(scope{"page": "3"}); err != nil || n != 3 {
		t.Error(n, err)
	}
	if _, err := r.While(scope{}); err == nil {
		t.Error("no error")
	}
	if w, err := r.While(scope{"page": "3"}); err != nil || w.Value.Value != "3" {
		t.Error(w, err)
	}
}

// TestFilesStartAtTheScenario: paths start at the scenario's folder.
func TestFilesStartAtTheScenario(t *testing.T) {
	absolute, err := filepath.Abs("c.csv")
	if err != nil {
		t.Fatal(err)
	}
	src := "url: http://x\nvars: {f: " + strconv.Quote(absolute) + "}\nsteps:\n- event: e\n  steps:\n  - upload: {css: a}\n    files: [a.csv, ../b.csv, \"${f}\"]\n  - upload: {css: a}\n    files: ${user}.csv\n"
	s, err := Parse(filepath.Join("dir", "test.yaml"), []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	s, err = s.Bind(Values{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range s.Files() {
		got = append(got, f.Path)
	}
	if want := []string{filepath.Join("dir", "a.csv"), "b.csv", absolute}; !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
	a, err := leaves(s.UserTypes[0].Steps)[1].Expand(sevens{})
	if err != nil || a.Op.(*Upload).Files[0] != filepath.Join("dir", "7.csv") {
		t.Errorf("%v %v", a, err)
	}
}

func TestStatusRule(t *testing.T) {
	for _, c := range []struct {
		rule   StatusRule
		status int
		want   bool
	}{
		{StatusRule{}, 200, true}, {StatusRule{}, 399, true}, {StatusRule{}, 400, false},
		{StatusRule{Any: true}, 500, true},
		{StatusRule{Codes: []int{404}}, 404, true}, {StatusRule{Codes: []int{404}}, 200, false},
	} {
		if got := c.rule.Allows(c.status); got != c.want {
			t.Errorf("%+v %d: %t", c.rule, c.status, got)
		}
	}
}

func example(b testing.TB) string {
	src, err := os.ReadFile("testdata/ok/example.yaml")
	if err != nil {
		b.Fatal(err)
	}
	return string(src)
}

func BenchmarkParseAndBind(b *testing.B) {
	src := example(b)
	b.ReportAllocs()
	for b.Loop() {
		mustBind(b, src, Values{})
	}
}

func BenchmarkExpand(b *testing.B) {
	for name, step := range map[string]string{
		"static":  "click: {role: button, name: Run}",
		"dynamic": "wait_for: {text: \"Finished run ${i} in\"}",
	} {
		b.Run(name, func(b *testing.B) {
			s := mustBind(b, withStep(step), Values{})
			l := leaves(s.UserTypes[0].Steps)[2]
			var sc Scope = scope{"i": "3"}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Expand(sc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package scenario

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestExampleIsTheOneInExamples keeps the copy that the goldens are made from.
func TestExampleIsTheOneInExamples(t *testing.T) {
	a, err := os.ReadFile("testdata/ok/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../examples/load_and_click.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("testdata/ok/example.yaml is no copy of examples/load_and_click.yaml")
	}
}

func TestTooLarge(t *testing.T) {
	src := []byte(example(t))
	src = append(src, bytes.Repeat([]byte("#"), MaxBytes+1-len(src))...)
	_, err := Parse("big.yaml", src)
	want := "big.yaml:1:1: the file has 1048577 bytes: a scenario has at most 1048576 (1 MB)\n  data belongs in a file of its own"
	if err == nil || err.Error() != want {
		t.Error(err)
	}
	if _, err := Parse("big.yaml", src[:MaxBytes]); err != nil {
		t.Error(err)
	}
}

// TestHostile: inputs made to be slow are answered soon. The bound is far
// above what they take, and far below what they would take unbounded.
func TestHostile(t *testing.T) {
	lines := func(format string) string {
		return strings.Repeat(format, MaxBytes/8/len(format))
	}
	for name, src := range map[string]string{
		"one long list":          "steps: [" + lines("{click: {role: button}},") + "]",
		"an open list":           "[" + lines("a,"),
		"open brackets":          lines("["),
		"open mappings":          lines("{a: "),
		"dashes":                 lines("- "),
		"question marks":         lines("? "),
		"colons":                 lines(": "),
		"quotes":                 lines("\""),
		"open quotes":            lines("\" "),
		"anchors":                lines("&a "),
		"comments":               lines("  # x\n"),
		"keys":                   lines("abcd: e\n"),
		"plain lines":            lines("a\n"),
		"wrong steps":            "steps:\n" + lines("- x\n"),
		"unknown names":          "name: \"" + lines("${a}") + "\"",
		"user names":             "name: \"" + lines("${user}") + "\"",
		"unclosed name":          "name: \"" + lines("${"),
		"a fault on every line":  "steps:\n" + lines("- click: {role: ${x}}\n"),
		"a fault at the end":     "steps:\n" + lines("- click: {role: button}\n") + "x: {",
		"sets":                   "steps:\n" + lines("- set: x\n  value: ${y}\n"),
		"tabs":                   lines("\t"),
		"returns":                lines("\r"),
		"literal block":          "name: |\n" + lines("  x\n\n"),
		"aliases":                "x-a: &a [" + strings.Repeat("x,", 300) + "]\nsteps: [" + lines("*a,") + "]",
		"variables that double":  "vars:\n  a0: x\n" + doubling(60) + "steps: [{event: x, steps: [back]}]\n",
		"user names that double": "vars:\n  a0: ${user_type}\n" + doubling(60) + "name: ${a9}\nsteps: [{event: x, steps: [back]}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s, err := Parse("hostile.yaml", []byte(src))
			if err == nil {
				_, err = s.Bind(Values{})
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Error("took", took)
			}
			if err == nil {
				t.Fatal("no error")
			}
			checkPlaces(t, err, []byte(src))
			if list := (ErrorList)(nil); errors.As(err, &list) && len(list) > 2*maxErrors {
				t.Error(len(list), "errors")
			}
			if n := len(err.Error()); n > 200_000 {
				t.Error("a message of", n, "bytes")
			}
		})
	}
}

func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.NewReplacer("N", itoa(i+1), "P", itoa(i)).Replace("  aN: ${aP}${aP}\n"))
	}
	return b.String()
}

func itoa(i int) string { return string(rune('0'+i/10)) + string(rune('0'+i%10)) }

// TestErrorsAreReachable: a caller can take single errors out of the list.
func TestErrorsAreReachable(t *testing.T) {
	_, err := Parse("x.yaml", []byte("url: x\nsteps: [bakc]\n"))
	var one *Error
	if !errors.As(err, &one) || one.Pos.Line != 1 || one.Line != "url: x" {
		t.Errorf("%#v", one)
	}
}

func TestErrorAt(t *testing.T) {
	s := mustBind(t, withStep("upload: {css: a}\nfiles: a.csv"), Values{})
	f := s.Files()[0]
	want := "test.yaml:9:5: the file a.csv is not there\n      - upload: {css: a}\n        ^\n  make it"
	if got := s.ErrorAt(f.Pos, "the file a.csv is not there", "make it").Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := s.ErrorAt(Pos{File: "--url", Column: 1}, "no", "").Error(); got != "--url: no" {
		t.Error(got)
	}
}

func TestPointAt(t *testing.T) {
	for _, c := range []struct {
		line   string
		column int
		shown  string
		caret  string
	}{
		{"a: b", 1, "a: b", "^"},
		{"a: b", 4, "a: b", "   ^"},
		{"a: b", 5, "a: b", "    ^"},
		{"a: b", 99, "a: b", "    ^"},
		{"a: b  \r", 4, "a: b", "   ^"},
		{"\ta:\tb", 5, "\ta:\tb", "\t  \t^"},
		{"名前: b", 5, "名前: b", "      ^"},
		{"é\u0301: b", 4, "é\u0301: b", "  ^"},
		{"👩‍👩‍👧: b", 8, "👩\uFFFD👩\uFFFD👧: b", "          ^"},
		{"a\x1b[0m: b", 8, "a\uFFFD[0m: b", "       ^"},
		{strings.Repeat("x", 200), 100, "…" + strings.Repeat("x", 121) + "…", strings.Repeat(" ", 61) + "^"},
		{strings.Repeat("x", 200), 1, strings.Repeat("x", 61) + "…", "^"},
		{strings.Repeat("x", 200), 201, "…" + strings.Repeat("x", 60), strings.Repeat(" ", 61) + "^"},
	} {
		shown, caret := pointAt(c.line, c.column)
		if shown != c.shown || caret != c.caret {
			t.Errorf("%q %d:\n%s\n%s\nwant\n%s\n%s", c.line, c.column, shown, caret, c.shown, c.caret)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []word{{"wait_for", "wait"}, {"sleep", "wait pause"}, {"goto", "open"}, {"check", ""}, {"test_id", "data-testid"}}
	for got, want := range map[string]string{
		"wait_fro":                   "wait_for",
		"waitFor":                    "wait_for",
		"WAIT-FOR":                   "wait_for",
		"wait":                       "wait_for or sleep",
		"pause":                      "sleep",
		"dataTestid":                 "test_id",
		"chekc":                      "check",
		"go":                         "",
		"gto":                        "goto",
		"xyz":                        "",
		"":                           "",
		"frobnicate":                 "",
		strings.Repeat("check", 100): "",
	} {
		if near := nearest(got, words); near != want {
			t.Errorf("%q: %q, not %q", got, near, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"ab", "ab", 0}, {"ab", "ba", 1}, {"abc", "acb", 1},
		{"kitten", "sitting", 3}, {"ä", "a", 1}, {"ca", "abc", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("%q %q: %d, not %d", c.a, c.b, got, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"plain $ { } $x":  "",
		"${a}":            "<a>",
		"x${a}y${env.B}z": "x<a>y<env.B>z",
		"$${a}":           "${a}",
		"$$${a}":          "$${a}",
		"$${${a}}":        "${<a>}",
		"${a}$":           "<a>$",
		"${account.name}": "<account.name>",
		"${":              "bad ${",
		"${a":             "bad ${a",
		"x ${a b} y":      "bad ${a b}",
		"${1}":            "bad ${1}",
		"${a.b.c}":        "bad ${a.b.c}",
		"${}":             "bad ${}",
	} {
		all, bad := parts(text)
		var b strings.Builder
		for _, p := range all {
			if p.name != "" {
				b.WriteString("<" + p.name + ">")
			} else {
				b.WriteString(p.text)
			}
		}
		if bad != "" {
			b.WriteString("bad " + bad)
		}
		if b.String() != want {
			t.Errorf("%q: %q, not %q", text, b.String(), want)
		}
	}
}

func TestSourceAt(t *testing.T) {
	s := newSource("f", "a\r\nbé\u2028c\n\rd")
	want := map[int][2]int{0: {1, 1}, 1: {1, 2}, 3: {2, 1}, 4: {2, 2}, 6: {2, 3}, 9: {3, 1}, 11: {4, 1}, 12: {5, 1}, 13: {5, 2}, 99: {5, 2}}
	for offset, at := range want {
		if p := s.at(offset); p.Line != at[0] || p.Column != at[1] {
			t.Errorf("%d: %v", offset, p)
		}
	}
	if len(s.lines) != 5 || s.line(2) != "bé" || s.line(6) != "" || s.line(0) != "" {
		t.Errorf("%q", s.lines)
	}
}

// TestScanYAML checks what is open at the end of a text.
func TestScanYAML(t *testing.T) {
	for text, want := range map[string]string{
		"a: b":                    "",
		"a: {b: c":                "}",
		"a: {b: [c":               "]}",
		"a: {b: c}":               "",
		"a: b {c":                 "",
		"a: \"b":                  "\"",
		"a: {b: \"c":              "\"}",
		"a: 'it''s":               "'",
		"a: 'it''s'":              "",
		"a: it's {":               "",
		"a: {b: it's":             "}",
		"a: {b: c # }":            "\n}",
		"a: b # {":                "",
		"a: |\n  {\n  \"\nb: [":   "]",
		"- a: |\n    {\n  b: [":   "]",
		"- |\n  {\n- [":           "]",
		"a: \"x\\\"y":             "\"",
		"- - {":                   "}",
		"a: &x {":                 "}",
		"a: \"b\n  c\" # {\nd: [": "]",
		"a: http://x:80/{y":       "",
		"{a: http://x/{y":         "}}",
		"a: }":                    "",
	} {
		s := scanYAML(text)
		if got := s.closers(); got != want {
			t.Errorf("%q: %q, not %q", text, got, want)
		}
	}
}

func TestSecrets(t *testing.T) {
	env := map[string]string{"A": "aa", "B": "bbbb", "C": "", "D": "aa", "UNUSED": "zz"}
	v := Values{Env: func(n string) (string, bool) { s, ok := env[n]; return s, ok }}
	s := mustBind(t, withStep("fill: {text: \"${env.A} ${i}\"}\nvalue: ${env.B}${env.C}${env.D}"), v)
	if got := strings.Join(s.Secrets(), " "); got != "bbbb aa" {
		t.Error(got)
	}
	parsed, err := Parse("x.yaml", []byte(withStep("back")))
	if err != nil || len(parsed.Secrets()) != 0 {
		t.Error(err, parsed.Secrets())
	}
}

func TestThresholdDuration(t *testing.T) {
	s := mustBind(t, "url: http://x\nsteps: [{event: e, steps: [back]}]\nthresholds: [e p99.9 < 1m0.25s]", Values{})
	if got := s.Thresholds[0].Duration(); got != 60250*time.Millisecond {
		t.Error(got)
	}
	if q := s.Thresholds[0].Statistic.Quantile; q != 0.999 {
		t.Error(q)
	}
}

package report

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
)

// statuses are what a terminal shows of runs.
func statuses() map[string]Status {
	loading := Status{
		Stage: "loading", Active: 12, Most: 20, Iterations: 34, Planned: 200, Elapsed: 65 * time.Second, Left: 118 * time.Second, LeftKnown: true,
		All:        stats.Stats{Count: 157, Failures: 3},
		Events:     []stats.Stats{took("load", 20, 0, 567*ms), took("interact with the table", 137, 3, 1230*ms)},
		Histograms: []stats.Histogram{{1, 0, 3, 9, 5, 1, 1}, {10, 20, 30, 40, 17, 8, 4, 3, 2, 1, 1, 1}},
		Failures: []string{
			`user 3, iteration 1: click role=button "Run": 2 elements match: add nth, or within`,
			"user 11, iteration 4: wait_for text=\"Finished run 4 in\": not within 30s\nthe page says: \x1b[31mbusy",
			"user 1, iteration 2: goto /app: the app answered 503",
		},
		Sample: machine.Sample{End: 1, GeneratorCPU: 0.5, MachineCPU: 1.4, App: &machine.AppSample{CPU: 0.75}},
	}
	saturated := loading
	saturated.Saturated, saturated.Failures = true, nil
	saturated.Sample.App = nil
	saturated.Sample.MachineCPU = machine.Figure(math.NaN())
	begun := Status{Stage: "loading", Active: 1, Most: 1, Planned: 1}
	many := loading
	many.Events, many.Histograms = nil, nil
	for i := range 30 {
		many.Events = append(many.Events, took(fmt.Sprintf("event %d", i), 1_234_567, int64(i%2), 83*time.Second))
		var h stats.Histogram
		h[i%len(h)] = 1
		many.Histograms = append(many.Histograms, h)
	}
	hostile := loading
	hostile.Events = []stats.Stats{took("\x1b[2J\r\n"+strings.Repeat("日本", 5000), 1, 0, ms), {Name: "é never ok", Failures: 2}}
	hostile.Histograms = hostile.Histograms[:1] // an event came in between
	return map[string]Status{
		"preparing": {Stage: "preparing"}, "no event yet": begun, "loading": loading, "saturated": saturated, "many events": many, "hostile": hostile,
	}
}

func TestBlock(t *testing.T) {
	all := statuses()
	var out strings.Builder
	for _, c := range []struct {
		name          string
		width, height int
		ascii         bool
	}{
		{"preparing", 80, 24, false}, {"no event yet", 80, 24, false},
		{"loading", 80, 24, false}, {"loading", 120, 24, false}, {"loading", 60, 24, false}, {"loading", 40, 24, false}, {"loading", 20, 24, false},
		{"loading", 80, 10, false}, {"loading", 80, 7, false}, {"loading", 80, 4, false}, {"loading", 80, 3, false},
		{"loading", 80, 24, true},
		{"saturated", 80, 24, false}, {"many events", 80, 24, false}, {"many events", 80, 5, false}, {"hostile", 80, 24, false}, {"hostile", 80, 24, true},
	} {
		p := newPrinter(io.Discard)
		p.ascii = c.ascii
		fmt.Fprintf(&out, "%s, %d columns and %d lines", c.name, c.width, c.height)
		if c.ascii {
			fmt.Fprint(&out, ", ASCII")
		}
		fmt.Fprintf(&out, "\n|%s|\n\n", strings.Join(all[c.name].block(c.width, c.height, p), "|\n|"))
	}
	golden(t, "blocks.txt", out.String())
}

// Whatever there is room for, a block keeps to it, and to letters.
func TestBlockKeepsToItsRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, s := range statuses() {
		for range 150 {
			width, height := 1+r.IntN(150), 1+r.IntN(50)
			s := s
			s.Events = s.Events[:r.IntN(len(s.Events)+1)]
			s.Failures = s.Failures[:r.IntN(len(s.Failures)+1)]
			s.Saturated = r.IntN(2) == 0
			p := newPrinter(io.Discard)
			p.ascii = r.IntN(2) == 0
			lines := s.block(width, height, p)
			if len(lines) > height || len(lines) == 0 {
				t.Fatalf("%s: %d lines where there are %d:\n%s", name, len(lines), height, strings.Join(lines, "\n"))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > width {
					t.Fatalf("%s: %d columns where there are %d: %q", name, ansi.StringWidth(l), width, l)
				}
				if strings.ContainsFunc(l, func(r rune) bool { return unicode.IsControl(r) || p.ascii && r > unicode.MaxASCII }) {
					t.Fatalf("%s: what is no letter: %q", name, l)
				}
			}
			// Nothing is left out that there is room for.
			if all := strings.Join(lines, "\n"); width >= 80 && height >= 10+len(s.Events)+len(s.Failures) && name != "preparing" {
				if got := strings.Count(all, "user "); got < len(s.Failures) {
					t.Fatalf("%s: %d failures of %d in %d lines:\n%s", name, got, len(s.Failures), height, all)
				}
				if strings.Contains(all, " more ") || s.Saturated != strings.Contains(all, "not to be trusted") {
					t.Fatalf("%s, saturated %v, in %d lines:\n%s", name, s.Saturated, height, all)
				}
			}
		}
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		h           stats.Histogram
		want, ascii string
	}{
		{stats.Histogram{}, "            ", "            "},
		{stats.Histogram{0: 1}, "█           ", "#           "},
		{stats.Histogram{1_000_000, 1, 500_000, 125_000, 125_001, 0, 875_001}, "█▁▄▁▂ █     ", "#.=.: #     "},
	} {
		p := newPrinter(io.Discard)
		if got := p.bars(c.h); got != c.want {
			t.Errorf("%v: %q, want %q", c.h, got, c.want)
		}
		p.ascii = true
		if got := p.bars(c.h); got != c.ascii {
			t.Errorf("%v: %q, want %q", c.h, got, c.ascii)
		}
	}
}

func TestUTF8Locale(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false}, {map[string]string{"LANG": "C.UTF-8"}, true}, {map[string]string{"LANG": "de_DE.utf8"}, true}, {map[string]string{"LANG": "C"}, false},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "POSIX"}, false}, {map[string]string{"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, true},
		{map[string]string{"LC_ALL": "", "LC_CTYPE": "de_DE@euro", "LANG": "C.UTF-8"}, false},
	} {
		if got := utf8Locale(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
}

// A block is drawn five times a second.
func BenchmarkBlock(b *testing.B) {
	s, p := statuses()["many events"], newPrinter(io.Discard)
	for b.Loop() {
		s.block(120, 50, p)
	}
}

package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/scenario"
)

var update = flag.Bool("update", false, "rewrite the expected files")

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}

const ms = time.Millisecond

// took is an event whose figures are made up.
func took(name string, count, failures int64, mean time.Duration) stats.Stats {
	return stats.Stats{
		Name: name, Count: count, Failures: failures, Mean: mean,
		Min: mean / 2, Median: mean * 9 / 10, P95: mean * 2, P99: mean * 3, Max: mean * 4,
	}
}

// by is an event of one kind of user.
func by(userType string, s stats.Stats) stats.Stats {
	s.UserType = userType
	return s
}

func judged(text string, ok bool, seen string) stats.Verdict {
	return stats.Verdict{Threshold: scenario.Threshold{Text: text}, OK: ok, Seen: seen}
}

func TestSummary(t *testing.T) {
	implied := judged("errors <= 1%", true, "0%")
	implied.Threshold.Implied = true
	few := judged("load p95 < 2s", true, "1.13s")
	few.Note = "5 rows where p95 needs 20"
	failed := judged("errors <= 1%", false, "8%")
	failed.Note = "2 of 25 failed"
	inWindow := judged("errors <= 1% in any 10s", false, "3.5%")
	inWindow.Note = "from 0:12 to 0:22; 13 of 371 failed; 4 of 33 windows failed"
	already := took("interact", 25, 0, 513*ms)
	already.Already = 25
	long := strings.Repeat("a very long name ", 600)
	hostile := "red \x1b[31malarm\x1b[0m\r\nnext line\u202e backwards \x00\u200b é 日本語"

	for _, test := range []struct {
		name    string
		summary Summary
	}{
		{"passed", Summary{
			Name: "load and click", Users: 5, Elapsed: 9640 * ms,
			Events:     []stats.Stats{took("load", 5, 0, 567*ms), took("interact", 125, 0, 513*ms)},
			Thresholds: []stats.Verdict{judged("interact mean <= 10s", true, "513ms"), few, implied},
			Files: []File{
				{"test_results/loadwright.csv", "the events"},
				{"test_results/archive/loadwright_20260131_155303.csv", "the same, kept"},
				{"test_results/archive/loadwright_20260131_155303/summary.json", "the summary"},
			},
		}},
		{"no event", Summary{
			Name: "nothing", Users: 1, Elapsed: 75*time.Second + 400*ms,
			Thresholds: []stats.Verdict{judged("load p95 < 2s", false, "no sample"), judged("errors <= 1%", false, "no sample")},
		}},
		{"nothing at all", Summary{Name: "nothing"}},
		{"failures", Summary{
			Name: "failing", Users: 2, Elapsed: 3661 * time.Second, Failed: 12,
			Events:     []stats.Stats{took("load", 23, 2, 1234*ms), {Name: "interact", Failures: 12}},
			Thresholds: []stats.Verdict{failed},
			Failures: []Failure{
				{"scenario.yaml:14:9: user 0, iteration 1: click role=button \"Run\": 2 elements match: add nth, or within", []string{"r/failure-u0-i1.png", "r/failure-u0-i1.console.txt"}},
				{"user 1, iteration 7: open session: the browser died; a new one takes its place", nil},
			},
		}},
		{"one failure", Summary{
			Name: "failing", Users: 1, Elapsed: 1 * time.Second, Failed: 1,
			Events:   []stats.Stats{took("load", 0, 1, 0)},
			Failures: []Failure{{"scenario.yaml:14:9: user 0, iteration 1: goto /app: http://localhost/app answered 500 Internal Server Error", nil}},
		}},
		{"already", Summary{
			Name: "already", Users: 5, Elapsed: 12 * time.Second, Events: []stats.Stats{already},
			Notes: []string{already.AlreadyNote(), "3 rows carry the runner's times, because the page's clock was impossible"},
		}},
		{"cancelled", Summary{
			Name: "stopped", Users: 3, Elapsed: 4 * time.Second, Ended: "stopped by Ctrl-C", Cancelled: 1, NotStarted: 24,
			Events: []stats.Stats{took("load", 2, 0, 90*ms)},
		}},
		{"kinds of user", Summary{
			Name: "a mix", Users: 5, Elapsed: 42 * time.Second,
			Events: []stats.Stats{took("load", 30, 1, 567*ms), took("interact", 125, 0, 513*ms), took("GET /app", 4000, 12, 7*ms)},
			ByType: []stats.Stats{
				by("clicker", took("load", 25, 1, 523*ms)), by("clicker", took("interact", 125, 0, 513*ms)),
				by("monitor", took("load", 5, 0, 721*ms)), by("requester", took("GET /app", 4000, 12, 7*ms)),
			},
			Thresholds: []stats.Verdict{judged("clicker: load p95 < 2s", true, "1.05s"), inWindow},
		}},
		{"hostile kinds", Summary{
			Name: "a mix", Users: 2, Elapsed: time.Second,
			Events: []stats.Stats{took(long, 3, 0, ms)},
			ByType: []stats.Stats{by(hostile, took(long, 1, 0, ms)), by(long, took(long, 2, 0, ms))},
		}},
		{"long and hostile", Summary{
			Name: long, Users: 1, Elapsed: time.Second, Ended: hostile, Failed: 2,
			Events:     []stats.Stats{took(long, 1_234_567, 12_345, 83*time.Second), took(hostile, 3, 0, 12*time.Microsecond), took("*  star", 1, 0, ms)},
			Thresholds: []stats.Verdict{judged(long+"p95 < 1s", true, "1ms"), judged(hostile+" p95 < 1s", true, "1ms")},
			Failures:   []Failure{{long, []string{hostile}}, {hostile, nil}},
			Files:      []File{{hostile, "the events"}},
			Notes:      []string{long},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.summary.Write(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, strings.ReplaceAll(test.name, " ", "_")+".txt", out.String())
			if strings.ContainsAny(out.String(), "\x1b\r\x00\u202e\u200b") {
				t.Errorf("control characters come through: %q", out.String())
			}
			for line := range strings.Lines(out.String()) {
				if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > mostText+10 {
					t.Errorf("a line of %d columns", n)
				}
			}
		})
	}
}

// TestSentences shows how sentences are broken on a terminal.
func TestSentences(t *testing.T) {
	s := Summary{
		Name: "failing", Users: 1, Elapsed: time.Second, Failed: 1, Ended: "results can't be written to results: no space left on device; choose another folder with --out",
		Events:   []stats.Stats{took("load", 1, 1, ms)},
		Notes:    []string{"interact: 25 of 25 waits held before the click; this measures nothing"},
		Failures: []Failure{{`scenario.yaml:14:9: user 0, iteration 1: click role=button "Run": 2 elements match: add nth, or within`, []string{"test_results/archive/loadwright_20260131_155303/failure-u0-i1.png"}}},
	}
	var out bytes.Buffer
	p := newPrinter(&out)
	p.width = 50
	if err := s.write(&out, p); err != nil {
		t.Fatal(err)
	}
	golden(t, "sentences.txt", out.String())
}

// TestTableWidth holds that the table fits a terminal as long as its figures do.
func TestTableWidth(t *testing.T) {
	events := []stats.Stats{took(strings.Repeat("name ", 20), 12_345, 678, 4567*ms), took("load", 5, 0, 99*time.Second)}
	var byType []stats.Stats
	for _, kind := range []string{"clicker", strings.Repeat("kind ", 30)} {
		for _, e := range events {
			byType = append(byType, by(kind, e))
		}
	}
	for _, s := range []Summary{{Events: events}, {Events: events, ByType: byType}} {
		var out bytes.Buffer
		if err := s.Write(&out); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > tableWidth {
				t.Errorf("%d columns: %q", n, line)
			}
		}
	}
}

// broken is a writer that cannot be written to.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestSummaryError(t *testing.T) {
	if err := (Summary{}).Write(broken{}); err != os.ErrClosed {
		t.Errorf("the error is %v", err)
	}
}

// Where a terminal has colours, no escape sequence stands on it as text.
func TestSummaryInColour(t *testing.T) {
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	var out strings.Builder
	p := newPrinter(&out)
	p.width = 50
	s := Summary{
		Name: "in colour", Users: 1, Events: []stats.Stats{took("load", 1, 1, ms)}, Thresholds: []stats.Verdict{judged("load p95 < 2s", false, "3s")},
		Generator: "not to be trusted from 0:42 on, at 37 users: the generator had no CPU to spare", Failures: []Failure{{Text: "user 1"}}, Failed: 1,
	}
	if err := s.write(&out, p); err != nil {
		t.Fatal(err)
	}
	want := "  \x1b[1;31mnot to be trusted from 0:42 on, at 37 users:\x1b[0m\n    \x1b[1;31mthe generator had no CPU to spare\x1b[0m\n"
	if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "·[") {
		t.Errorf("no %q in\n%s", want, got)
	}
}

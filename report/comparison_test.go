package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/report/page"
)

// moved is a change of a duration.
func moved(statistic string, a, b, low, high float64, finding stats.Finding) stats.Change {
	return stats.Change{Statistic: statistic, A: a, B: b, Change: b/a - 1, Low: low, High: high, P: 0.01, Finding: finding}
}

// untold is a change of which nothing is known.
func untold(statistic string, a, b float64, finding stats.Finding, why string) stats.Change {
	nan := math.NaN()
	c := stats.Change{Statistic: statistic, A: a, B: b, Change: b/a - 1, Low: nan, High: nan, P: nan, Finding: finding, Why: why}
	if math.IsInf(b, 1) {
		c.Change = nan
	}
	return c
}

func comparisons() map[string]Comparison {
	inf, nan := math.Inf(1), math.NaN()
	none := untold("failures", 0, 0, stats.CannotTell, "none failed")
	hostile := "red \x1b[31malarm\x1b[0m\r\n<script>alert(1)</script>|`*_[x](javascript:1)@you\u202e " + strings.Repeat("long ", 3000)
	least := 0.1
	twoRuns := stats.SideTally{Runs: 1, Users: 20, Rows: 200}
	slower := stats.EventChange{Event: "interact",
		Mean:     moved("mean", 0.512, 0.563, 0.081, 0.118, stats.Slower),
		Median:   moved("median", 0.51, 0.512, -0.0003, 0.02, stats.CannotTell),
		P95:      untold("p95", 0.7, inf, stats.Slower, "too many failures"),
		Failures: stats.Change{Statistic: "failures", A: 0, B: 0.165, Change: 0.165, Low: 0.086, High: 0.244, Finding: stats.More},
	}
	same := stats.EventChange{Event: "load",
		Mean:   moved("mean", 80, 79.5, -0.02, 0.018, stats.CannotTell),
		Median: moved("median", 80, 79.5, -0.02, 0.018, stats.CannotTell),
		P95:    untold("p95", 90, 95, stats.CannotTell, "fewer than 8 users"), Failures: none,
	}
	faster := stats.EventChange{Event: hostile,
		Mean: moved("mean", 1000, 2e-6, -0.9999, 44.5, stats.Faster), Median: untold("median", nan, nan, stats.CannotTell, "no row is ok"),
		P95: untold("p95", inf, inf, stats.CannotTell, "too many failures"), Failures: none,
	}
	return map[string]Comparison{
		"two runs": {
			A: []string{"before.csv"}, B: []string{"after.csv"}, Least: &least,
			Found: stats.Comparison{Unit: stats.ByUser, A: twoRuns, B: twoRuns, Events: []stats.EventChange{same, slower}, Tests: 5},
		},
		"nothing told": {
			A: []string{"a.csv"}, B: []string{"b.csv"}, Least: &least, Notes: []string{"Only in A: \"x\"."},
			Found: stats.Comparison{Unit: stats.ByUser, A: twoRuns, B: twoRuns, Events: []stats.EventChange{same}, OnlyA: []string{"x"}},
		},
		"hostile": {
			A: []string{hostile}, B: []string{"b1.csv", "b2.csv"}, Notes: []string{hostile},
			Found: stats.Comparison{Unit: stats.ByRun, A: stats.SideTally{Runs: 2, Users: 1}, B: stats.SideTally{Runs: 2, Rows: 1_000_000},
				Events: []stats.EventChange{faster, slower, slower, slower, same}},
		},
	}
}

func TestComparison(t *testing.T) {
	for name, c := range comparisons() {
		for ending, write := range map[string]func(io.Writer) error{
			"txt": c.Write, "md": c.Markdown, "html": c.HTML, "json": c.JSON,
		} {
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, "comparison_"+strings.ReplaceAll(name, " ", "_")+"."+ending, unstyled(out.String()))
			if ending != "json" && strings.ContainsAny(out.String(), "\x1b\r\u202e") {
				t.Errorf("%s.%s: it holds what moves a terminal", name, ending)
			}
			switch ending {
			case "html", "md":
				if strings.Contains(out.String(), "<script") {
					t.Errorf("%s.%s: a name became a script", name, ending)
				}
			case "json":
				if !json.Valid(out.Bytes()) {
					t.Errorf("%s: no JSON", name)
				}
			}
		}
	}
}

var (
	styleOf  = regexp.MustCompile(`(?s)<style>(.*)</style>`)
	policyOf = regexp.MustCompile(`style-src (\S+);`)
)

// unstyled is a page without its style sheet, which is tested where it is seen.
func unstyled(text string) string {
	return policyOf.ReplaceAllString(styleOf.ReplaceAllString(text, "<style>…</style>"), "style-src …;")
}

// The page carries the style sheet of the page of results, and its policy lets
// that in and nothing else.
func TestComparisonStyle(t *testing.T) {
	var out bytes.Buffer
	if err := comparisons()["hostile"].HTML(&out); err != nil {
		t.Fatal(err)
	}
	style, policy := styleOf.FindStringSubmatch(out.String()), policyOf.FindStringSubmatch(out.String())
	if style == nil || policy == nil {
		t.Fatalf("no style, or no policy:\n%s", out.String())
	}
	sum := sha256.Sum256([]byte(style[1]))
	if got, want := html.UnescapeString(policy[1]), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'"; got != want {
		t.Errorf("styles that may be used: %s, want %s", got, want)
	}
	if !strings.HasPrefix(style[1], page.Style()) || !strings.Contains(style[1], "prefers-color-scheme: dark") {
		t.Error("the style is not that of the page of results")
	}
}

// On a terminal, sentences are wrapped and tables fit 80 columns.
func TestComparisonFitsATerminal(t *testing.T) {
	for name, c := range comparisons() {
		var out bytes.Buffer
		p := newPrinter(&out)
		p.width = 80
		if err := c.write(&out, p); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			if ansi.StringWidth(line) > 80 && !strings.HasPrefix(line, "A  ") {
				t.Errorf("%s: %d columns: %s", name, ansi.StringWidth(line), line)
			}
		}
	}
}

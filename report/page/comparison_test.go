package page_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/report"
	"github.com/loadwright/loadwright/report/page"
)

// The page that compare writes looks like that of results, dark and light, and
// axe-core finds nothing wrong with it.
func TestComparisonPage(t *testing.T) {
	change := func(statistic string, finding stats.Finding) stats.Change {
		return stats.Change{Statistic: statistic, A: 0.5, B: 0.6, Change: 0.2, Low: 0.1, High: 0.3, P: 0.01, Finding: finding}
	}
	event := func(name string, finding stats.Finding) stats.EventChange {
		return stats.EventChange{Event: name, Mean: change("mean", finding), Median: change("median", stats.CannotTell), P95: change("p95", finding), Failures: change("failures", stats.CannotTell)}
	}
	tally := stats.SideTally{Runs: 1, Users: 20, Rows: 200}
	least := 0.1
	c := report.Comparison{A: []string{"before.csv"}, B: []string{"after.csv"}, Least: &least, Notes: []string{`Only in A: "x".`}, Found: stats.Comparison{
		Unit: stats.ByUser, A: tally, B: tally, Tests: 8,
		Events: []stats.EventChange{event("load", stats.Slower), event(strings.Repeat("a long name ", 30), stats.Faster)},
	}}
	path := filepath.Join(t.TempDir(), "comparison.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.HTML(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	for scheme, ground := range map[*playwright.ColorScheme]string{playwright.ColorSchemeLight: "rgb(243, 245, 248)", playwright.ColorSchemeDark: "rgb(15, 20, 28)"} {
		t.Run(string(*scheme), func(t *testing.T) {
			p := page.OpenPage(t, address, scheme)
			if got, err := p.Evaluate(`() => getComputedStyle(document.body).backgroundColor`); err != nil || got != ground {
				t.Errorf("the ground is %v, %v; want %s", got, err, ground)
			}
			for _, b := range page.Axe(t, p) {
				t.Error(b)
			}
		})
	}
}

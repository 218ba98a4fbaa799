package page

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/capacity"
)

// searched is a run that was a search for the capacity, and what it found.
func searched(t testing.TB) (*Run, capacity.Answer) {
	t.Helper()
	limit := capacity.Limit{Event: "interact", Kind: capacity.Percentile, Quantile: 0.95, Below: true, Value: 0.6}
	a := capacity.Answer{
		Unit: "users", Confidence: 0.95, Capacity: 12, Low: 11, High: 13,
		Limits:   []capacity.Limit{limit, {Kind: capacity.Errors, Value: 0.01}},
		Breaks:   &capacity.Break{Limit: limit, Load: 14, Value: 0.7},
		Baseline: []capacity.Figures{{Event: "interact", P50: 0.2}},
		USL:      &capacity.Scalability{Gamma: 2.125, GammaHalf: 0.03, Sigma: 0.0512, SigmaHalf: 0.004, Kappa: 0.00071, KappaHalf: 0.0001, Peak: 36.4},
		Law:      &capacity.QueueModel{Event: "interact", Most: 20, Demand: 0.05, AtATime: 1, Knee: 9.5, From: 14, To: 20},
	}
	add := func(users float64, took time.Duration, p50, p95 float64, verdict capacity.Verdict) {
		l := capacity.Level{Load: users, Took: took, Verdict: verdict, Throughput: 2 * users, App: capacity.Usage{Known: true, Cores: users / 16, Of: 2}}
		l.Figures = []capacity.Figures{
			{Event: "load", Count: 10, Rate: 1, Mean: 0.1, P50: 0.1, P95: 0.1 + users/100},
			{Event: "interact", Count: 100, Rate: users, Mean: p50, P50: p50, P95: p95},
		}
		if math.IsInf(p95, 1) {
			l.Figures[1].Failures = 50
		}
		a.Levels = append(a.Levels, l)
	}
	add(1, 10*time.Second, 0.2, 0.25, "")
	add(8, 10*time.Second, 0.25, 0.4, "")
	add(16, 10*time.Second, 0.6, 0.9, "")
	add(20, 10*time.Second, 0.6, math.Inf(1), capacity.Broken)
	add(14, 30*time.Second, 0.45, 0.7, capacity.Broken)
	add(11, 90*time.Second, 0.33, 0.55, capacity.Holds)
	add(8, 30*time.Second, 0.26, 0.41, "")
	add(40, 5*time.Second, 9, 9, "")
	a.Levels[7].Saturated = "the generator had no CPU to spare"

	dir := t.TempDir()
	path := csv(t, filepath.Join(dir, "loadwright_20261123_150000.csv"), busy(20, 12))
	if err := os.Mkdir(strings.TrimSuffix(path, ".csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{
		"schema_version": 1, "scenario": "Panel app", "began": "2026-11-23T15:00:00Z", "capacity": a.Record(),
		"events": []any{1}, "thresholds": []map[string]any{{"threshold": "interact p95 < 600ms", "event": "interact", "ok": false, "seen": "900ms"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(strings.TrimSuffix(path, ".csv"), summaryName), text, 0o666); err != nil {
		t.Fatal(err)
	}
	return read(t, path), a
}

func TestCapacityOfASummary(t *testing.T) {
	r, a := searched(t)
	if r.Headline != a.Sentence() || r.Verdict != Searched || len(r.Thresholds) > 0 {
		t.Errorf("%s: %s, %d thresholds", r.Verdict, r.Headline, len(r.Thresholds))
	}
	c := r.Capacity
	f := func(x float64) *float64 { return &x }
	want := []Curve{
		{Event: "load", Load: []float64{1, 8, 11, 14, 16, 20}, P50: []*float64{f(0.1), f(0.1), f(0.1), f(0.1), f(0.1), f(0.1)}, P95: []*float64{f(0.11), f(0.18), f(0.21), f(0.24), f(0.26), f(0.3)},
			Count: []int{10, 10, 10, 10, 10, 10}, Failed: []int{0, 0, 0, 0, 0, 0}},
		{Event: "interact", Load: []float64{1, 8, 11, 14, 16, 20}, P50: []*float64{f(0.2), f(0.26), f(0.33), f(0.45), f(0.6), f(0.6)}, P95: []*float64{f(0.25), f(0.41), f(0.55), f(0.7), f(0.9), nil},
			Count: []int{100, 100, 100, 100, 100, 100}, Failed: []int{0, 0, 0, 0, 0, 50}},
	}
	if diff := cmp.Diff(want, c.Curves); diff != "" {
		t.Error(diff)
	}
	if len(c.Levels) != 8 || c.Levels[7].Verdict != "saturated" || c.Levels[5].Verdict != "holds" || *c.Levels[5].P95 != 0.55 || *c.Levels[5].Cores != 0.6875 {
		t.Errorf("%+v", c.Levels)
	}
	if e := r.Events[slices.IndexFunc(r.Events, func(e Event) bool { return e.Name == "interact" })]; e.Limit == nil || *e.Limit != 0.6 {
		t.Errorf("the limit of interact: %v", e.Limit)
	}
	if want := a.USL.String(); c.Model != want {
		t.Errorf("the model: %q, want %q", c.Model, want)
	}
	if list := list1(r.File); list.Thresholds != "12 users" || list.Verdict != Searched {
		t.Errorf("in the list: %+v", list)
	}
}

// Of several events the slowest is the one of which too many failed for a
// percentile; one that did not happen is not.
func TestTheSlowestEventOfALevel(t *testing.T) {
	var f found
	const text = `{"unit": "users", "limits": [{"limit": "errors <= 1%", "statistic": "errors", "value": 0.01}], "levels": [
		{"load": 1, "events": [{"event": "a", "count": 10, "p50_seconds": 0.1, "p95_seconds": 0.2}, {"event": "b", "count": 10, "p50_seconds": 0.3, "p95_seconds": 0.4}, {"event": "none", "p95_seconds": null}]},
		{"load": 2, "events": [{"event": "a", "count": 5, "failures": 5, "p50_seconds": 0.7, "p95_seconds": null}, {"event": "b", "count": 10, "p50_seconds": 0.3, "p95_seconds": 0.4}]},
		{"load": 3, "events": [{"event": "b", "count": 10, "p50_seconds": 0.3, "p95_seconds": 0.4}, {"event": "a", "failures": 9, "p50_seconds": null, "p95_seconds": null}]}]}`
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	levels := f.capacity().Levels
	if l := levels[0]; !near(l.P50, 0.3) || !near(l.P95, 0.4) {
		t.Errorf("%+v", l)
	}
	if l := levels[1]; !near(l.P50, 0.7) || l.P95 != nil {
		t.Errorf("%+v", l)
	}
	if l := levels[2]; l.P50 != nil || l.P95 != nil || l.Failed != 9 {
		t.Errorf("%+v", l)
	}
}

// The page shows the answer, the levels, and each event's percentiles against
// the load with limit, interval and knee.
func TestCapacityIsShown(t *testing.T) {
	r, a := searched(t)
	s := report(t, r)
	if got := value[string](s, `document.querySelector(".headline").textContent`); got != a.Sentence() {
		t.Errorf("the page says %q", got)
	}
	if got := value[string](s, `document.querySelector(".badge").textContent`); !strings.Contains(got, "capacity") {
		t.Errorf("the badge says %q", got)
	}
	for i, c := range r.Capacity.Curves {
		at := slices.IndexFunc(r.Events, func(e Event) bool { return e.Name == c.Event })
		for name, want := range map[string][]*float64{"p50": c.P50, "p95": c.P95} {
			got := s.series("capacity", fmt.Sprintf("%s-0-%d", name, at))
			if len(got) != len(want) {
				t.Fatalf("%s of %s: %v", name, c.Event, got)
			}
			for k, p := range got {
				y := -1.0 // what the reader of the series makes of null
				if want[k] != nil {
					y = *want[k]
				}
				if p[0] != c.Load[k] || p[1] != y {
					t.Errorf("%s of %s: point %v, want %v %v", name, r.Capacity.Curves[i].Event, p, c.Load[k], y)
				}
			}
		}
	}
	at := slices.IndexFunc(r.Events, func(e Event) bool { return e.Name == "interact" })
	if got := s.series("capacity", fmt.Sprintf("failed-0-%d", at)); len(got) != 1 || got[0][0] != 20 {
		t.Errorf("failed at %v, want 20", got)
	}
	found := `echarts.getInstanceByDom(document.getElementById("plot-capacity")).getOption().series.find((s) => s?.id === "found-0")`
	lines := value[[]map[string]any](s, found+`.markLine.data.map(({xAxis, yAxis, label}) => ({xAxis, yAxis, text: label.formatter}))`)
	want := []map[string]any{{"yAxis": 0.6, "text": "interact p95 < 600ms"}, {"xAxis": 12.0, "text": "12 users"}, {"xAxis": 9.5, "text": "knee 9.5"}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if band := value[[]float64](s, found+`.markArea.data[0].map((x) => x.xAxis)`); !slices.Equal(band, []float64{11, 13}) {
		t.Errorf("the interval is drawn at %v", band)
	}
	if got := value[string](s, `document.querySelector("#levels .model").textContent`); got != "A model, the Universal Scalability Law: "+a.USL.String()+". Each ± is half of a 95 % interval." {
		t.Errorf("the model: %q", got)
	}
	rows := value[[][]string](s, `[...document.querySelectorAll("#levels tbody tr")].map((r) => [...r.children].map((c) => c.textContent))`)
	if len(rows) != 8 {
		t.Fatalf("%d levels", len(rows))
	}
	for i, want := range map[int][]string{
		3: {"20", "0:10", "40", "600 ms", "–", "50", "1.25", "✗ broken"},
		5: {"11", "1:30", "22", "330 ms", "550 ms", "0", "0.69", "✓ holds"},
		7: {"40", "0:05", "80", "9 s", "9 s", "0", "2.50", "! generator saturated"},
	} {
		if !slices.Equal(rows[i], want) {
			t.Errorf("%q, want %q", rows[i], want)
		}
	}
	// An event that is hidden is hidden here too.
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "interact"}).First().Click())
	s.settled()
	if got := s.series("capacity", fmt.Sprintf("p95-0-%d", at)); len(got) > 0 {
		t.Errorf("interact is hidden, and has %d points", len(got))
	}
	// A run that was no search has none of it.
	s = report(t, read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(3, 4))))
	if value[bool](s, `!document.querySelector("figure:has(#plot-capacity)").hidden || document.getElementById("levels").children.length > 0`) {
		t.Error("a capacity of a run that was no search for it")
	}
}

package page

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// overlaid are four runs of four events, laid over one another in a served page.
func overlaid(t *testing.T) (shown, [][]line) {
	t.Helper()
	dir := t.TempDir()
	var of [][]line
	for r := range 4 {
		rows := busy(6, 12)
		for i := range rows {
			if rows[i].Name == "interact" {
				rows[i].Name = fmt.Sprintf("event %c", 'a'+i%3)
			}
			rows[i].Stop = rows[i].Stop.Add(ms(17 * r).Sub(begin))
		}
		of = append(of, lines(t, csv(t, filepath.Join(dir, fmt.Sprintf("run%d.csv", r)), rows)))
	}
	s := show(t, serve(t, dir).URL+"/", nil)
	for r := range 4 {
		s.do(s.Locator(fmt.Sprintf(`#list tr:has-text("run%d") input[type=checkbox]`, r)).Check())
	}
	for _, b := range axe(t, s.Page) {
		t.Error("the list: ", b)
	}
	s.press("Lay over one another")
	s.until(`document.querySelectorAll("#top h1").length === 4 && document.querySelectorAll("#tables tbody tr").length === 16`)
	return s, of
}

// Any event of any run looks unlike any other, in dots and in lines.
func TestLooksDiffer(t *testing.T) {
	s, _ := overlaid(t)
	differ := func(what string, looks []string) {
		t.Helper()
		distinct := slices.Compact(slices.Sorted(slices.Values(looks)))
		if len(looks) != 16 || len(distinct) != 16 {
			t.Errorf("%s: %d looks of %d events of runs: %v", what, len(distinct), len(looks), looks)
		}
	}
	options := func(plot, kind, look string) []string {
		s.sight(plot)
		return value[[]string](s, fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-%s")).getOption().series.filter((s) => s.id.startsWith("%s-")).map((s) => %s)`, plot, kind, look))
	}
	differ("dots", options("durations", "ok", "`${s.itemStyle.color} ${s.symbol}`"))
	differ("the table", value[[]string](s, "[...document.querySelectorAll('#tables .sign')].map((e) => `${e.style.color} ${e.textContent}`)"))
	differ("curves", options("distribution", "spread", "`${s.lineStyle.color} ${s.lineStyle.type}`"))
	differ("lines", options("growth", "slope", "`${s.lineStyle.color} ${s.lineStyle.type}`"))
	s.choose("durations", "Median")
	differ("medians", options("durations", "line", "`${s.lineStyle.color} ${s.symbol}`"))
	differ("medians' lines", options("durations", "line", "`${s.lineStyle.color} ${s.lineStyle.type}`"))
	// In one run each event has a colour of its own, in all its shapes.
	for r := range 4 {
		colours := options("durations", fmt.Sprintf("line-%d", r), "s.lineStyle.color")
		if slices.Sort(colours); len(slices.Compact(colours)) != 4 {
			t.Errorf("run %d: %v", r, colours)
		}
	}
}

// The controls of runs that are laid over one another do to each what they do to
// one.
func TestOverlayControls(t *testing.T) {
	s, of := overlaid(t)
	run := func(row []string) int {
		for r := range of {
			if strings.HasSuffix(row[0], fmt.Sprintf("run%d", r)) {
				return r
			}
		}
		t.Fatalf("whose is %q?", row[0])
		return 0
	}
	check := func(which func(line) bool) {
		t.Helper()
		for _, row := range s.statistics() {
			sameStatistics(t, [][]string{row}, of[run(row)], which)
		}
	}
	check(every)
	for _, b := range axe(t, s.Page) {
		t.Error("an overlay: ", b)
	}
	s.sight("durations")
	end := 0.0
	for _, rows := range of {
		for _, r := range rows {
			end = max(end, r.stop)
		}
	}
	s.shows(0, end)
	s.press("Zoom in")
	s.shows(end/4, 3*end/4)
	s.press("Take what is shown")
	s.until(`document.querySelector("#tables").textContent.includes("What started between")`)
	check(startsWithin(end/4, 3*end/4))
	s.press("Clear")
	s.press("All")
	s.shows(0, end)
	// A limit is one for all, and an event that is hidden is so of all.
	titles := value[[]string](s, `[...document.querySelectorAll("#top h1")].map((e) => e.textContent)`)
	events := value[[]string](s, `[...document.querySelectorAll("#tables tbody .name")].filter((_, i) => i % 4 === 0).map((e) => e.textContent)`)
	field := s.GetByLabel("Limit of load in seconds")
	s.do(field.Fill("0.3"))
	s.do(field.Press("Tab"))
	s.sight("users")
	for r, title := range titles {
		rows := of[run([]string{title})]
		past := len(took(rows, "load", func(r line) bool { return r.took() > 0.3 }))
		s.until(fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-users")).getOption().series.find((s) => s?.id === "over-%d")?.data.length === %d || %d === 0`, r, past, past))
	}
	load := slices.Index(events, "load")
	count := func(id string) int { return len(s.series("durations", id)) }
	for r, title := range titles {
		want := len(took(of[run([]string{title})], "load", every))
		if got := count(fmt.Sprintf("ok-%d-%d", r, load)); got != want || want == 0 {
			t.Errorf("%s: %d dots of load, want %d", title, got, want)
		}
	}
	s.do(s.Locator("#tables tbody button.event").Nth(4 * load).Click())
	s.until(fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-durations")).getOption().series.every((s) => !s?.id.endsWith("-%d"))`, load))
	if off := value[int](s, `document.querySelectorAll("#tables tbody tr.off").length`); off != 4 {
		t.Errorf("%d rows of the table are off, want those of four runs", off)
	}
}

// Where runs lie over one another a plot says whose ground is red.
func TestShadesOfSeveralRuns(t *testing.T) {
	one, other := read(t, withSummary(t)), read(t, withSummary(t))
	one.Name, other.Name = "before", "after"
	other.Untrusted = []Untrusted{{5, 6, "it was busy"}}
	s := report(t, one, other)
	for _, plot := range []string{"durations", "users", "active", "throughput", "percentiles", "cpu", "memory"} {
		if got := len(s.shades(plot)); got != 3 {
			t.Errorf("%s: %d stretches are shaded, want 3", plot, got)
		}
		note := value[string](s, fmt.Sprintf(`document.querySelector("figure:has(#plot-%s) .drawn").textContent`, plot))
		const want = "Red ground: not to be trusted in before (0:02.5 to 0:04.5, 0:06.5 to 0:07.5) and after (0:05 to 0:06). Phases are shaded where there is one run."
		if !strings.Contains(note, want) {
			t.Errorf("%s says %q", plot, note)
		}
	}
	if note := value[string](s, `document.querySelector("figure:has(#plot-growth) .drawn").textContent`); strings.Contains(note, "Red ground") {
		t.Errorf("a plot that is not over time says %q", note)
	}
	x, y := s.place("cpu", 5.5, 0.5)
	s.do(s.Mouse().Move(x-3, y))
	s.do(s.Mouse().Move(x, y))
	s.until(`[...document.querySelectorAll("#plot-cpu .tip")].some((t) => t.textContent.includes("not to be trusted · after" + "it was busy"))`)
}

// A run that is gone hides no other, and a stretch of a file that grows is told
// anew.
func TestWhatIsThereIsShown(t *testing.T) {
	dir := t.TempDir()
	path := csv(t, filepath.Join(dir, "a.csv"), busy(2, 5))
	gone := csv(t, filepath.Join(dir, "gone.csv"), busy(1, 1))
	server := serve(t, dir)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	s := show(t, server.URL+"/#"+url.Values{"run": {id(path), id(gone)}}.Encode(), nil, "status of 422")
	s.until(`document.querySelectorAll("#top h1").length === 1 && !document.getElementById("message").hidden`)
	if said := value[string](s, `document.getElementById("message").textContent`); !strings.Contains(said, "its file is gone") {
		t.Errorf("of the one that is gone it says %q", said)
	}
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Take what is shown"}).Click())
	const rows = `[...document.querySelectorAll("#tables tbody tr")].reduce((n, r) => n + Number(r.children[1].textContent) + Number(r.children[2].textContent), 0)`
	s.until(rows + ` === 10`)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, more, _ := strings.Cut(string(text), "\n")
	if _, err := file.WriteString(more); err != nil { // the same rows once more
		t.Fatal(err)
	}
	file.Close()
	s.until(rows + ` === 20`)
}

// Of several files that are followed one may go: it stays as it was, and the
// others are followed.
func TestTheOthersAreFollowed(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	all := busy(3, 4)
	path, goOn := halfOf(t, dir, all)
	gone, _ := halfOf(t, other, all)
	s := show(t, serve(t, path, gone).URL+"/", nil, "status of 422")
	s.until(`document.querySelectorAll("#top h1").length === 2`)
	before := value[string](s, `document.querySelectorAll("#top .facts")[1].textContent`)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	s.until(`document.getElementById("message").textContent === "there is no such run: its file is gone"`)
	goOn()
	s.until(`document.querySelector("#top .facts").textContent.includes("  12 rows")`)
	if now := value[string](s, `document.querySelectorAll("#top .facts")[1].textContent`); now != before {
		t.Errorf("the one that is gone was %q and is %q", before, now)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s.until(`document.getElementById("follow").textContent === "there is no such run: its file is gone"`)
}

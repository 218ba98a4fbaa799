package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/event"
)

// chromium is the one browser of the tests, started for the first that wants it.
var chromium struct {
	playwright.Browser
	driver *playwright.Playwright
	folder string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.driver != nil {
		if err := errors.Join(chromium.Close(), chromium.driver.Stop(), os.RemoveAll(chromium.folder)); err != nil {
			fmt.Println("closing the browser:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func launch(t testing.TB) {
	t.Helper()
	if chromium.driver != nil {
		return
	}
	found, err := provision.Find(context.Background(), provision.Options{})
	if err != nil {
		t.Fatalf("run make setup first\n%v", err)
	}
	if chromium.folder, err = os.MkdirTemp("", "lwp"); err != nil {
		t.Fatal(err)
	}
	node := "node"
	if runtime.GOOS == "windows" {
		node = "node.exe"
	}
	if err := errors.Join(os.Symlink(found.Node, filepath.Join(chromium.folder, node)), os.Symlink(found.Package, filepath.Join(chromium.folder, "package"))); err != nil {
		t.Fatal(err)
	}
	driver, err := playwright.Run(&playwright.RunOptions{DriverDirectory: chromium.folder, SkipInstallBrowsers: true, Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	chromium.driver = driver
	if chromium.Browser, err = driver.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(found.Browser), ChromiumSandbox: playwright.Bool(os.Getuid() != 0), Args: []string{"--disable-gpu"},
	}); err != nil {
		t.Fatal(err)
	}
}

// shown is a page of results in the browser.
type shown struct {
	t testing.TB
	playwright.Page
}

func show(t testing.TB, address string, scheme *playwright.ColorScheme, meant ...string) shown {
	t.Helper()
	s := shown{t, open(t, address, scheme, meant...)}
	s.until(`document.documentElement.dataset.ready === "true"`)
	return s
}

// open opens any page. What it says to the console is an error of the test, but
// for what is meant to be there.
func open(t testing.TB, address string, scheme *playwright.ColorScheme, meant ...string) playwright.Page {
	t.Helper()
	launch(t)
	p, err := chromium.NewPage(playwright.BrowserNewPageOptions{Viewport: &playwright.Size{Width: 1300, Height: 900}, ColorScheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	p.OnConsole(func(m playwright.ConsoleMessage) {
		if !slices.ContainsFunc(meant, func(some string) bool { return strings.Contains(m.Text(), some) }) {
			t.Errorf("console: %s", m.Text())
		}
	})
	p.OnPageError(func(err error) { t.Errorf("page: %v", err) })
	p.OnDialog(func(d playwright.Dialog) { t.Errorf("dialog: %s", d.Message()); _ = d.Dismiss() })
	if _, err := p.Goto(address); err != nil {
		t.Fatal(err)
	}
	return p
}

// axe is what axe-core finds wrong with a page.
func axe(t testing.TB, p playwright.Page) []string {
	t.Helper()
	script, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Evaluate("() => {" + string(script) + "}"); err != nil {
		t.Fatal(err)
	}
	broken, err := p.Evaluate(`() => axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.target + ": " + n.failureSummary)))`)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, b := range broken.([]any) {
		all = append(all, b.(string))
	}
	return all
}

// report shows rows as the file that Report writes.
func report(t testing.TB, runs ...*Run) shown {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Report(file, runs...), file.Close()); err != nil {
		t.Fatal(err)
	}
	return show(t, (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String(), nil)
}

// until waits for an expression to be true.
func (s shown) until(expression string) {
	s.t.Helper()
	if _, err := s.WaitForFunction("() => "+expression, nil, playwright.PageWaitForFunctionOptions{Timeout: playwright.Float(20_000)}); err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
}

// value reads the value of an expression.
func value[T any](s shown, expression string) T {
	s.t.Helper()
	var to T
	text, err := s.Evaluate("() => JSON.stringify(" + expression + ")")
	if err != nil {
		s.t.Fatalf("%s: %v", expression, err)
	}
	if err := json.Unmarshal([]byte(text.(string)), &to); err != nil {
		s.t.Fatalf("%s: %v: %v", expression, text, err)
	}
	return to
}

// series brings a plot into sight and reads the data of one of its series as
// lists of numbers.
func (s shown) series(plot, id string) [][]float64 {
	s.t.Helper()
	s.sight(plot)
	return value[[][]float64](s, fmt.Sprintf(`(() => {
		const s = echarts.getInstanceByDom(document.getElementById("plot-%s")).getOption().series.find((s) => s?.id === %q);
		if (!s) return [];
		const n = s.type === "lines" ? 1 : s.dimensions?.length; // ECharts keeps no coordinates of these
		return ArrayBuffer.isView(s.data) ? Array.from({length: s.data.length / n}, (_, i) => [...s.data.slice(i * n, i * n + n)]) : s.data.map((d) => d.map((x) => x ?? -1));
	})()`, plot, id))
}

// sight brings a plot into sight, and waits for it to show what it should.
func (s shown) sight(plot string) {
	s.t.Helper()
	if err := s.Locator("#plot-" + plot).ScrollIntoViewIfNeeded(); err != nil {
		s.t.Fatal(err)
	}
	s.until(fmt.Sprintf(`((d) => !d.hasAttribute("data-stale") && !!echarts.getInstanceByDom(d)?.getOption()?.series)(document.getElementById("plot-%s"))`, plot))
}

// settled waits for what was asked for to be drawn.
func (s shown) settled() {
	s.t.Helper()
	if _, err := s.Evaluate(`() => new Promise((done) => {
		const look = () => {
			const waits = document.querySelector("#plots[data-drawing]") || [...document.querySelectorAll("#plots [data-stale]")].some((d) => {
				const box = d.getBoundingClientRect();
				return box.height && box.bottom > 0 && box.top < innerHeight;
			});
			requestAnimationFrame(waits ? look : () => requestAnimationFrame(done)); // it is on the canvas after the next frame
		};
		setTimeout(look); // after what was put off until the event is over
	})`); err != nil {
		s.t.Fatal(err)
	}
}

func (s shown) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// starts are the seconds of a row's start and duration. Late is 0 where a row did
// not have to wait.
func starts(e event.Event) [2]float64 {
	return [2]float64{(e.Start.Sub(begin) - e.Late).Seconds(), (e.Duration() + e.Late).Seconds()}
}

func sameDots(t *testing.T, what string, got [][]float64, want [][2]float64) {
	t.Helper()
	slices.SortFunc(want, func(a, b [2]float64) int { return slices.Compare(a[:], b[:]) })
	slices.SortFunc(got, func(a, b []float64) int { return slices.Compare(a[:2], b[:2]) })
	if len(got) != len(want) {
		t.Errorf("%s: %d dots, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if math.Abs(got[i][0]-want[i][0]) > 1e-4 || math.Abs(got[i][1]-want[i][1]) > 1e-4 {
			t.Errorf("%s: dot %d is at %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

func TestPlotsShowTheRows(t *testing.T) {
	rows := busy(20, 12)
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	s := report(t, r)
	at := map[string]int{r.Events[0].Name: 0, r.Events[1].Name: 1}

	ok, failed := map[string][][2]float64{}, map[string][][2]float64{}
	for _, e := range rows {
		if e.Status == event.OK {
			ok[e.Name] = append(ok[e.Name], starts(e))
		} else {
			failed[e.Name] = append(failed[e.Name], starts(e))
		}
	}
	for name, i := range at {
		sameDots(t, name, s.series("durations", fmt.Sprintf("ok-0-%d", i)), ok[name])
		sameDots(t, name+", failed", s.series("durations", fmt.Sprintf("bad-0-%d", i)), failed[name])
	}

	// A limit that is moved by hand makes bars red.
	bars := len(s.series("users", fmt.Sprintf("ok-%d-0", at["interact"])))
	if bars != len(ok["interact"]) {
		t.Errorf("%d bars of interact, want %d", bars, len(ok["interact"]))
	}
	past := 0
	for _, x := range ok["interact"] {
		if x[1] > 0.4 {
			past++
		}
	}
	field := s.GetByLabel("Limit of interact in seconds")
	s.do(field.Fill("0.4"))
	s.do(field.Press("Tab"))
	s.settled()
	if got := len(s.series("users", "over-0")); past == 0 || got != past {
		t.Errorf("%d bars are past the limit, want %d", got, past)
	}
	if past := value[int](s, `document.querySelectorAll("#tables td.bad .hidden").length`); past == 0 {
		t.Error("the table shows nothing past the limit")
	}
	if line := value[float64](s, `echarts.getInstanceByDom(document.getElementById("plot-durations")).getOption().series.find((s) => s?.markLine?.data?.length && s.name === "interact").markLine.data[0].yAxis`); line != 0.4 {
		t.Errorf("the limit's line is at %v", line)
	}

	// Aggregated.
	for _, c := range []struct{ choice, column string }{{"Median", "median"}, {"Mean", "mean"}, {"Min", "min"}, {"Max", "max"}, {"95th percentile", "p95"}} {
		_, err := s.Locator("figure:has(#plot-durations) select").SelectOption(playwright.SelectOptionValues{Labels: &[]string{c.choice}})
		s.do(err)
		s.settled()
		got := s.series("durations", fmt.Sprintf("line-0-%d", at["interact"]))
		f := r.Stretches.Events[at["interact"]]
		want := map[string][]*float64{"median": f.Median, "mean": f.Mean, "min": f.Min, "max": f.Max, "p95": f.P95}[c.column]
		if len(got) != len(want) {
			t.Errorf("%s: %d points, want %d", c.choice, len(got), len(want))
			continue
		}
		for i, x := range got {
			if w := want[i]; w == nil && x[1] != -1 || w != nil && x[1] != *w || x[0] != r.Stretches.From+(float64(i)+0.5)*r.Stretches.Width {
				t.Errorf("%s: %v, want %v", c.choice, x, w)
			}
		}
	}

	for i, x := range s.series("active", "active-0") {
		if x[0] != r.Active.Times[i] || x[1] != float64(r.Active.Values[i]) {
			t.Errorf("active users: %v, want %v %v", x, r.Active.Times[i], r.Active.Values[i])
		}
	}
	sum := 0.0
	for _, x := range s.series("throughput", "failed-0") {
		sum += x[4]
	}
	if want := len(failed["load"]) + len(failed["interact"]); want == 0 || sum != float64(want) {
		t.Errorf("%v rows failed in the throughput, want %d", sum, want)
	}
	slope := r.Events[at["interact"]].Slope
	if line := s.series("growth", fmt.Sprintf("slope-0-%d", at["interact"])); len(line) != 2 || math.Abs((line[1][1]-line[0][1])/(line[1][0]-line[0][0])-slope.PerUser) > 1e-9 {
		t.Errorf("the line %v, want %v a user", line, slope.PerUser)
	}

	// An event that is hidden is in no plot.
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "load"}).First().Click())
	s.settled()
	if got := s.series("users", fmt.Sprintf("ok-%d-0", at["load"])); len(got) > 0 {
		t.Errorf("load is hidden, and has %d bars", len(got))
	}
}

func TestZoomAndStretch(t *testing.T) {
	rows := busy(10, 20)
	dir := t.TempDir()
	path := csv(t, filepath.Join(dir, "x.csv"), rows)
	for name, s := range map[string]shown{
		"report": report(t, read(t, path)),
		"view":   show(t, serve(t, path).URL+"/", nil),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.sight("durations")
			s.sight("active")
			// A number that is typed stands alone, though the page shows what was
			// typed before only when it has settled.
			s.do(s.GetByLabel("from (s)").Fill("2"))
			s.do(s.Keyboard().Press("Tab"))
			s.settled()
			s.do(s.Keyboard().Type("5"))
			s.do(s.Keyboard().Press("Enter"))
			s.settled()
			if got := value[[]string](s, `[...document.querySelectorAll("#tools input")].map((e) => e.value)`); !slices.Equal(got, []string{"2", "5"}) {
				t.Errorf("typed are 2 and 5, and the fields say %v", got)
			}
			// No plot goes past the run's end.
			s.do(s.GetByLabel("to (s)").Fill("5000"))
			s.do(s.GetByLabel("to (s)").Press("Enter"))
			s.settled()
			if got := value[[]string](s, `[...document.querySelectorAll("#tools input")].map((e) => e.value)`); got[0] != "2" || got[1] == "5000" {
				t.Errorf("typed are 2 and 5000, and the fields say %v", got)
			}
			// Zooming one zooms all.
			s.do(s.GetByLabel("from (s)").Fill("2"))
			s.do(s.GetByLabel("from (s)").Press("Tab"))
			s.do(s.GetByLabel("to (s)").Fill("5"))
			s.do(s.GetByLabel("to (s)").Press("Tab"))
			s.settled()
			for _, plot := range []string{"durations", "users", "active", "throughput", "percentiles"} {
				s.sight(plot)
				s.settled()
				if got := value[[]float64](s, fmt.Sprintf(`(({min, max}) => [min, max])(echarts.getInstanceByDom(document.getElementById("plot-%s")).getOption().xAxis[0])`, plot)); got[0] != 2 || got[1] != 5 {
					t.Errorf("%s shows %v", plot, got)
				}
			}
			s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "All", Exact: playwright.Bool(true)}).Click())
			s.settled()

			// A stretch that is drawn with the mouse.
			s.sight("durations")
			span := value[[]float64](s, `(() => { const d = document.getElementById("plot-durations"), b = d.getBoundingClientRect(), c = echarts.getInstanceByDom(d);
				return [b.left + c.convertToPixel({xAxisIndex: 0}, 2), b.left + c.convertToPixel({xAxisIndex: 0}, 6), b.top + 100]; })()`)
			s.do(s.Mouse().Move(span[0], span[2]))
			s.do(s.Mouse().Down())
			s.do(s.Mouse().Move((span[0]+span[1])/2, span[2]))
			s.do(s.Mouse().Move(span[1], span[2]))
			s.do(s.Mouse().Up())
			s.until(`document.querySelectorAll("#tables tbody tr").length === 2 && !document.querySelector("#tables tbody").textContent.includes("…") && document.querySelector("#tables").textContent.includes("What started between")`)
			times := value[[]float64](s, `document.querySelector("#tables .about").textContent.match(/\d+:\d+(\.\d+)?/g).map((t) => { const [m, s] = t.split(":"); return 60 * m + Number(s); })`)
			if math.Abs(times[0]-2) > 0.05 || math.Abs(times[1]-6) > 0.05 {
				t.Fatalf("the stretch is %v", times)
			}
			cells := value[[][]string](s, `[...document.querySelectorAll("#tables tbody tr")].map((r) => [...r.children].map((c) => c.textContent))`)
			for _, row := range cells {
				var took []float64
				failures := 0
				for _, e := range rows {
					at := starts(e)[0]
					if !strings.HasSuffix(row[0], e.Name) || at < times[0] || at > times[1] {
						continue
					}
					if e.Status == event.Error {
						failures++
					} else {
						took = append(took, e.Duration().Seconds())
					}
				}
				want := []string{fmt.Sprint(len(took)), fmt.Sprint(failures)}
				if got := row[1:3]; !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", row[0], got, want)
				}
				if got, want := strings.ReplaceAll(row[6], " ", ""), written(percentile(took, 0.95)); got != want {
					t.Errorf("%s: p95 %s, want %s", row[0], got, want)
				}
			}
		})
	}
}

// A point says whose it is when the mouse is over it.
func TestHover(t *testing.T) {
	const evil = `<img src=x onerror=alert(1)>`
	rows := []event.Event{row("load", 0, 0, 500), row("interact", 4, 1000, 2000, failing(evil)), row("load", 1, 2500, 700)}
	s := report(t, read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows)))
	s.sight("durations")
	at := value[[]float64](s, `(() => { const d = document.getElementById("plot-durations"), b = d.getBoundingClientRect(), p = echarts.getInstanceByDom(d).convertToPixel("grid", [1, 2]); return [b.left + p[0], b.top + p[1]]; })()`)
	s.do(s.Mouse().Move(at[0]-5, at[1]))
	s.do(s.Mouse().Move(at[0], at[1]))
	s.until(`document.querySelector(".tip")?.textContent.includes("interact")`)
	tip := value[string](s, `document.querySelector(".tip").textContent`)
	for _, want := range []string{"took2 s", "user4", "iteration1", "status" + "error", evil} {
		if !strings.Contains(tip, want) {
			t.Errorf("the hover says %q, without %q", tip, want)
		}
	}
}

func TestRunsOverOneAnother(t *testing.T) {
	dir := t.TempDir()
	csv(t, filepath.Join(dir, "a.csv"), busy(3, 4))
	csv(t, filepath.Join(dir, "b.csv"), append(busy(2, 3), row("only here", 0, 9000, 100)))
	s := show(t, serve(t, dir).URL+"/", nil)
	boxes := s.Locator("#list input[type=checkbox]")
	for i := range 2 {
		s.do(boxes.Nth(i).Check())
	}
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Lay over one another"}).Click())
	s.until(`document.querySelectorAll("#top h1").length === 2`)
	if got := value[int](s, `document.querySelectorAll("#tables tbody tr").length`); got != 5 {
		t.Errorf("%d rows of statistics, want 5", got)
	}
	n := len(s.series("durations", "ok-0-0")) + len(s.series("durations", "ok-1-0"))
	if n != 5 { // each user's load
		t.Errorf("%d dots of load, want 5", n)
	}
	saved, err := s.ExpectDownload(func() error {
		return s.GetByRole("link", playwright.PageGetByRoleOptions{Name: "Save as one file"}).Click()
	})
	s.do(err)
	path, err := saved.Path()
	s.do(err)
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "<title>a – b – loadwright</title>") && !strings.Contains(string(text), "<title>b – a – loadwright</title>") {
		t.Errorf("what was saved is no page of both runs: %v", err)
	}
	s.do(s.GetByRole("link", playwright.PageGetByRoleOptions{Name: "All runs"}).Click())
	s.until(`document.querySelectorAll("#list tbody tr").length === 2`)
}

// Every state is free of errors on the console, and of what axe-core finds.
func TestStates(t *testing.T) {
	hostile := []event.Event{
		row(`</script><script>alert(1)</script>`, 0, 0, 100), row("two\nlines", 0, 200, 100, failing(`<b onmouseover=alert(1)>`)),
		row(strings.Repeat("n", 10_000), 1, 300, 100), row("__proto__", 1, 600, 1), row("constructor", 1, 700, 1, failing("")),
	}
	var failed []event.Event
	for _, e := range busy(10, 5) {
		failing("wait_for: not there")(&e)
		failed = append(failed, e)
	}
	runs := map[string]*Run{}
	for name, rows := range map[string][]event.Event{
		"empty": nil, "one event": {row("load", 0, 0, 500)}, "50 users": busy(50, 10), "1000 users": busy(1000, 8), "all failed": failed, "hostile": hostile,
	} {
		runs[name] = read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	}
	runs["hostile"].Name = `<img src=x onerror=alert(3)>`
	runs["50 users"].Machine = Machine{Times: []float64{1, 2}, MachineCPU: []*float64{known(time.Second), nil}, Cores: 2}
	for name, r := range runs {
		schemes := []*playwright.ColorScheme{playwright.ColorSchemeLight}
		if name == "50 users" {
			schemes = append(schemes, playwright.ColorSchemeDark)
		}
		for _, scheme := range schemes {
			t.Run(fmt.Sprint(name, " ", *scheme), func(t *testing.T) {
				s := report(t, r)
				s.do(s.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: scheme}))
				s.settled()
				if len(r.Events) > 0 {
					s.sight("growth")
				} else if text := value[string](s, `document.querySelector(".badge").textContent`); !strings.Contains(text, "no events") {
					t.Errorf("the page says %q", text)
				}
				if name != "50 users" {
					return // the same elements
				}
				for _, b := range axe(t, s.Page) {
					t.Error(b)
				}
			})
		}
	}
}

// What stands on a canvas is the same after a way there and back.
func TestPlotsStayDrawn(t *testing.T) {
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(30, 12)))
	launch(t)
	s := report(t, r)
	s.do(s.SetViewportSize(1300, 3000))
	s.sight("growth")
	s.settled()
	const ids = `["durations", "users", "active", "throughput", "percentiles", "distribution", "growth"]`
	coloured := ids + `.map((id) => {
		const c = document.querySelector("#plot-" + id + " canvas"), copy = document.createElement("canvas");
		copy.width = c.width; copy.height = c.height;
		const at = copy.getContext("2d", { willReadFrequently: true });
		at.drawImage(c, 0, 0);
		const d = at.getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 100) n++;
		return n;
	})`
	before := value[[]int](s, coloured)
	there := func(f func() error) {
		s.do(f())
		s.settled()
	}
	there(func() error { return s.GetByLabel("Zoom in").Click() })
	if zoomed := value[[]int](s, coloured); zoomed[1] == before[1] {
		t.Error("zooming has changed nothing")
	}
	there(func() error {
		return s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "All", Exact: playwright.Bool(true)}).Click()
	})
	hide := s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "interact"}).First()
	there(func() error { return hide.Click() })
	there(func() error { return hide.Click() })
	for i, n := range value[[]int](s, coloured) {
		if before[i] < 500 || math.Abs(float64(n)/float64(before[i])-1) > 0.02 {
			t.Errorf("of plot %d in %s there are %d dots of colour, and there were %d", i, ids, n, before[i])
		}
	}
}

// Where there are more rows than a plot draws, the outliers and the failures are
// drawn all the same, and the plot says so.
func TestPlotsLeaveNothingOutThatIsFarOut(t *testing.T) {
	b := NewBuilder(mostPoints)
	var far [][2]float64
	failures := 0
	for i := range 60_000 {
		e := row("a", i%50, i*10, 100+i%7)
		if i%6000 == 0 {
			e.Stop = e.Start.Add(time.Duration(3+i/6000) * time.Second)
			far = append(far, starts(e))
		} else if i%997 == 0 {
			failing("x")(&e)
			failures++
		}
		_ = b.Event(&e)
	}
	r := b.Run()
	s := report(t, r)
	for plot, id := range map[string]string{"durations": "ok-0-0", "growth": "dots-0-0"} {
		dots := s.series(plot, id)
		if len(dots) > 14_000 || len(dots) < 4000 {
			t.Errorf("%s: %d dots", plot, len(dots))
		}
		for _, f := range far {
			if !slices.ContainsFunc(dots, func(d []float64) bool { return math.Abs(d[1]-f[1]) < 1e-9 }) {
				t.Errorf("%s: what took %v s is not there", plot, f[1])
			}
		}
		if text := value[string](s, fmt.Sprintf(`document.querySelector("figure:has(#plot-%s) .drawn").textContent`, plot)); !strings.Contains(text, "rows are left out here") {
			t.Errorf("%s says %q", plot, text)
		}
	}
	if got := len(s.series("durations", "bad-0-0")); got != failures {
		t.Errorf("%d failures are drawn of %d", got, failures)
	}
}

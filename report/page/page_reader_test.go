package page

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// Who skips to the plots stays with the runs that are shown, and with the news of
// one that is on.
func TestSkipToThePlots(t *testing.T) {
	u := goOn(t, Access{})
	u.happen(row("load", 0, 0, 500))
	path := csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(3, 4))
	for name, s := range map[string]shown{
		"report": report(t, read(t, path)),
		"view":   show(t, serve(t, path).URL+"/", nil),
		"live":   show(t, u.URL, nil),
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.until(`!document.getElementById("plots").hidden`)
			before := s.URL()
			s.do(s.Keyboard().Press("Tab"))
			s.do(s.Keyboard().Press("Enter"))
			s.until(`document.activeElement.id === "plots"`)
			if s.URL() != before {
				t.Errorf("%s became %s", before, s.URL())
			}
			if name == "live" {
				u.happen(row("load", 0, 600, 500))
				s.rows(2)
			}
			s.sight("durations")
			if value[bool](s, `document.getElementById("report").hidden`) {
				t.Error("the report is gone")
			}
		})
	}
}

// What the reader sets is for the runs that are shown; a limit that was moved can
// be taken back.
func TestWhatIsSetIsForTheseRuns(t *testing.T) {
	dir := t.TempDir()
	rows := busy(3, 4)
	for i := range rows {
		if rows[i].Name == "load" {
			rows[i].Name = "constructor" // which every object of a script has
		}
	}
	for i, limit := range []string{"2s", "3s"} {
		stem := filepath.Join(dir, fmt.Sprint("run", i))
		csv(t, stem+".csv", rows)
		if err := os.Mkdir(stem, 0o777); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(`{"scenario": "run%d", "events": [{}], "thresholds": [{"threshold": "constructor max < %s", "event": "constructor", "ok": true}]}`, i, limit)
		if err := os.WriteFile(filepath.Join(stem, summaryName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s := show(t, serve(t, dir).URL+"/", nil)
	goTo := func(name string) {
		t.Helper()
		s.do(s.GetByText("All runs").Or(s.Locator("#list h1")).First().Click())
		s.do(s.Locator("#list tbody a", playwright.PageLocatorOptions{HasText: name}).Click())
		s.until(fmt.Sprintf(`document.querySelector("#top h1")?.textContent === %q && !document.getElementById("report").hidden`, name))
	}
	limit := s.GetByLabel("Limit of constructor in seconds")
	is := func(want string) {
		t.Helper()
		s.until(fmt.Sprintf(`document.querySelector("#tables input[data-event=constructor]").value === %q`, want))
	}
	goTo("run0")
	is("2")
	set := func(value, want string) {
		t.Helper()
		s.do(limit.Fill(value))
		s.do(limit.Press("Enter"))
		is(want)
	}
	set("0.1", "0.1")
	set("0", "")
	set("0.1", "0.1")
	set("", "2")
	s.do(limit.Press("Tab"))
	is("2")
	set("0.1", "0.1")
	s.do(s.Locator("#tables button.event").First().Click())
	s.until(`!!document.querySelector("#tables tr.off")`)
	goTo("run1")
	is("3")
	if value[bool](s, `!!document.querySelector("#tables tr.off")`) {
		t.Error("an event is hidden that was hidden in another run")
	}
}

// One who goes from the list to a run before the list is there stays at the run.
func TestALateListCoversNothing(t *testing.T) {
	path := csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(2, 3))
	s := show(t, serve(t, path).URL+"/", nil)
	s.until(`!document.getElementById("report").hidden`)
	asked := make(chan playwright.Route, 1)
	s.do(s.Route("**/api/runs", func(r playwright.Route) { asked <- r }))
	s.do(s.GetByText("All runs").Click())
	held := <-asked
	if _, err := s.Evaluate(`() => history.back()`); err != nil {
		t.Fatal(err)
	}
	s.until(`!document.getElementById("report").hidden`)
	answered, err := s.ExpectResponse("**/api/runs", func() error { return held.Continue() })
	s.do(err)
	s.do(answered.Finished())
	s.settled()
	if value[bool](s, `!document.getElementById("list").hidden`) {
		t.Error("the list covers the run")
	}
}

// The server reads a whole file for a stretch: the page asks for one at a time,
// and gives up what it wants no more.
func TestOneStretchAtATime(t *testing.T) {
	dir := t.TempDir()
	path, goOn := halfOf(t, dir, busy(2, 6))
	s := show(t, serve(t, path).URL+"/", nil)
	s.until(`!document.getElementById("report").hidden`)
	asked := make(chan playwright.Route, 100)
	s.do(s.Route("**/api/stretch?*", func(r playwright.Route) { asked <- r }))
	gone := make(chan struct{}, 100)
	s.OnRequestFailed(func(playwright.Request) { gone <- struct{}{} })
	s.press("Take what is shown")
	first := <-asked
	goOn()
	s.until(`document.querySelector("#top .facts").textContent.includes("  12 rows")`)
	s.settled()
	if n := len(asked); n > 0 {
		t.Errorf("%d requests more, while the first is under way", n)
	}
	// It has become longer since, so it is asked for again.
	s.do(first.Continue())
	second := <-asked
	s.press("Clear")
	<-gone
	_ = second.Abort() // the page has
	s.press("Take what is shown")
	s.do((<-asked).Continue())
	const rows = `[...document.querySelectorAll("#tables tbody tr")].reduce((n, r) => n + Number(r.children[1].textContent) + Number(r.children[2].textContent), 0)`
	s.until(rows + ` === 12`)
	if n := len(asked); n > 0 {
		t.Errorf("%d requests that nobody wants", n)
	}
}

// More runs than a server keeps are not laid over one another, and the page says so.
func TestTooManyRunsOverOneAnother(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 18 {
		paths = append(paths, csv(t, filepath.Join(dir, fmt.Sprintf("%02d.csv", i)), busy(1, 2)))
	}
	s := show(t, serve(t, paths...).URL+"/", nil)
	s.until(`document.querySelectorAll("#top h1").length === 16 && document.getElementById("message").textContent === "Of 18 runs the first 16 are shown: more can't be laid over one another."`)
	s.do(s.GetByText("All runs").Click())
	boxes := s.Locator("#list input[type=checkbox]")
	for i := range 16 {
		s.do(boxes.Nth(i).Check())
	}
	open := s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Lay over one another"})
	if off, err := open.IsDisabled(); err != nil || off {
		t.Errorf("16 can't be laid over one another: %v", err)
	}
	s.do(boxes.Nth(16).Check())
	s.until(`document.querySelector("#list .hint:not([hidden])")?.textContent === "at most 16 runs"`)
	if off, err := open.IsDisabled(); err != nil || !off {
		t.Errorf("17 can be laid over one another: %v", err)
	}
}

// Where dots and bars are many they are drawn as one shape, and each still says
// whose it is.
func TestHoverOverMany(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 60)
	if n := len(took(rows, "interact", every)); n <= 700 {
		t.Fatalf("%d dots: this proves nothing", n)
	}
	for plot, name := range map[string]string{"durations": fmt.Sprintf("ok-0-%d", at["interact"]), "users": fmt.Sprintf("ok-%d-0", at["interact"])} {
		s.sight(plot)
		if !value[bool](s, fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-%s")).getOption().series.find((s) => s.id === %q).large`, plot, name)) {
			t.Errorf("%s: they are not drawn as one shape", plot)
		}
	}
	end := endOf(rows)
	hovered := 0
	for i, r := range rows {
		alone := r.status == "ok" && r.event == "interact"
		for k, o := range rows {
			alone = alone && (k == i || math.Abs(o.start-r.start) > end/150 || math.Abs(o.took()-r.took()) > 0.04)
		}
		if !alone || i%3 > 0 {
			continue
		}
		if hovered++; hovered > 6 {
			break
		}
		for plot, spot := range map[string][2]float64{"durations": {r.start, r.took()}, "users": {(r.start + r.stop) / 2, float64(r.user)}} {
			left, top := s.place(plot, spot[0], spot[1])
			s.do(s.Mouse().Move(left-1, top-30))
			s.do(s.Mouse().Move(left, top))
			s.until(fmt.Sprintf(`(() => {
				const tip = document.querySelector("#plot-%s .tip")?.textContent ?? "";
				return tip.startsWith("interact") && tip.includes("took" + %q) && tip.includes("user%d") && tip.includes("active users%d");
			})()`, plot, showDuration(s, r.took()), r.user, r.users))
		}
	}
	if hovered < 4 {
		t.Errorf("hovered over %d rows: this proves little", hovered)
	}
}

// showDuration is how the page writes one.
func showDuration(s shown, took float64) string {
	return value[string](s, fmt.Sprintf(`((a) => a < 0.9995 ? Number((a * 1000).toPrecision(3)) + " ms" : Number(a.toPrecision(3)) + " s")(%.4f)`, took))
}

// A page that does not hold all rows says so, and which it holds.
func TestThePageSaysThatItIsThinned(t *testing.T) {
	of := func(name string, failed func(i int) bool) *Run {
		b := NewBuilder(1000)
		for i := range 20_000 {
			e := row("load", i%50, 10*i, 100+i%7)
			if failed(i) {
				failing("no such button")(&e)
			}
			_ = b.Event(&e)
		}
		r := b.Run()
		r.Name = name
		return r
	}
	few := of("few", func(i int) bool { return i%1000 == 0 })
	many := of("many", func(i int) bool { return i%2 == 0 })
	s := report(t, few, many, read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(2, 3))))
	got := value[[]string](s, `[...document.querySelectorAll("#foot .thinned")].map((p) => p.textContent)`)
	count := func(n int64) string { // 20 000
		if n < 1000 {
			return fmt.Sprint(n)
		}
		return fmt.Sprintf("%d %03d", n/1000, n%1000)
	}
	if few.Points.FailuresOneIn != 1 || many.Points.FailuresOneIn == 1 {
		t.Fatalf("failures one in %d and %d: this proves nothing", few.Points.FailuresOneIn, many.Points.FailuresOneIn)
	}
	var want []string
	for i, r := range []*Run{few, many} {
		failures := []string{"every failure", fmt.Sprintf("one failure in %d", r.Points.FailuresOneIn)}[i]
		want = append(want, fmt.Sprintf("The plots of %s are thinned: they hold %s of 20 000 rows — %s, the longest and the shortest row of each event in each stretch of time, and of the others one in %d. Statistics are of all rows.",
			r.Name, count(int64(len(r.Points.Start))), failures, r.Points.OneIn))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// On the page of a run under way that is thinned, rows that come later stand for
// as many as those before.
func TestLivePageOfAThinnedRun(t *testing.T) {
	u := goOn(t, Access{})
	u.build = NewBuilder(1000)
	at := 0
	more := func(n int) {
		for range n {
			e := row([]string{"load", "interact"}[at%2], at%50, 10*at, 100+at%7)
			if at%100 == 0 {
				failing("no such button")(&e)
			}
			u.happen(e)
			at++
		}
	}
	more(5000)
	u.server.Show(u.running())
	s := show(t, u.URL, nil)
	s.until(`document.querySelector("#top .facts")?.textContent.includes("  5 000 rows")`)
	thinned := u.build.between(0, 0).thinned
	more(100)
	s.until(`document.querySelector("#top .facts").textContent.includes("  5 100 rows")`)
	if u.build.between(0, 0).thinned != thinned {
		t.Fatal("it was thinned again, and told anew: this proves nothing")
	}
	s.press("Take what is shown")
	s.until(`document.querySelector("#tables").textContent.includes("What started between")`)
	points := u.build.Run().Points
	want := [2][2]int64{}
	for i, event := range points.Event {
		want[event][points.Status[i]] += points.Weight[i]
	}
	for i, row := range s.statistics() {
		got := [2]string{strings.ReplaceAll(row[1], " ", ""), row[2]}
		if got != [2]string{"≈" + fmt.Sprint(want[i][0]), fmt.Sprint(want[i][1])} || want[i][0] < 2000 {
			t.Errorf("%s: %q, want %d", row[0], got, want[i])
		}
	}
}

package page

import (
	"fmt"
	"os"
	"path/filepath"
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

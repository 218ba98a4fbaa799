package page

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/scenario"
)

// told waits until the page has been told of so many rows.
func (s shown) rows(n int) {
	s.t.Helper()
	s.until(fmt.Sprintf(`document.querySelector("#top .facts").textContent.includes("  %d row")`, n))
}

// While a run is on, what is drawn is all that has happened so far, in the order
// of a file with the same rows.
func TestLivePageShowsAllRows(t *testing.T) {
	u := goOn(t, Access{})
	rows := busy(6, 8)
	slices.SortStableFunc(rows, func(a, b event.Event) int { return int(a.Stop - b.Stop) })
	for i := 5; i < len(rows); i += 9 {
		failing(fmt.Sprintf("failure %d", i))(&rows[i])
	}
	u.happen(rows[:10]...)
	s := show(t, u.URL, nil)
	for _, n := range []int{10, 25, 48} {
		u.happen(rows[:n][min(n, u.rows()):]...)
		s.rows(n)
		s.settled()
		ok := map[int][][2]float64{}
		failed := map[int][][2]float64{}
		for _, e := range rows[:n] {
			i := u.build.names[e.Name]
			if e.Status == event.Error {
				failed[i] = append(failed[i], starts(e))
			} else {
				ok[i] = append(ok[i], starts(e))
			}
		}
		for i := range u.build.events {
			dots := s.series("durations", fmt.Sprintf("ok-0-%d", i))
			if !slices.IsSortedFunc(dots, func(a, b []float64) int { return cmp.Compare(a[0], b[0]) }) {
				t.Errorf("of %d rows, event %d: not in the order of their starts, by which rows are looked for", n, i)
			}
			sameDots(t, fmt.Sprintf("of %d rows, event %d", n, i), dots, ok[i])
			sameDots(t, fmt.Sprintf("of %d rows, event %d, failed", n, i), s.series("durations", fmt.Sprintf("bad-0-%d", i)), failed[i])
		}
	}
	// What is said of a row is said of that row.
	seen := 0
	for i := range u.build.events {
		for _, dot := range s.series("durations", fmt.Sprintf("bad-0-%d", i)) {
			tip := value[string](s, fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-durations")).getOption().series.find((s) => s.id === "bad-0-%d").tooltip.formatter({value: [0, 0, %v]}).textContent`, i, dot[2]))
			at := slices.IndexFunc(rows, func(e event.Event) bool { return near(&dot[0], starts(e)[0]) && near(&dot[1], starts(e)[1]) })
			if want := fmt.Sprintf("user%d", rows[at].User); !strings.Contains(tip, want) || !strings.Contains(tip, "error"+rows[at].Error) || !strings.HasPrefix(tip, rows[at].Name) {
				t.Errorf("%q is said of %+v", tip, rows[at])
			}
			seen++
		}
	}
	if seen < 2 {
		t.Errorf("%d failures: this proves nothing", seen)
	}
}

func (u *underWay) rows() int {
	u.build.mu.Lock()
	defer u.build.mu.Unlock()
	return int(u.build.points.rows)
}

// What somebody does on the page is not undone by the next news.
func TestLivePageLeavesItsReaderAlone(t *testing.T) {
	u := goOn(t, Access{})
	rows := busy(6, 30)
	slices.SortStableFunc(rows, func(a, b event.Event) int { return int(a.Stop - b.Stop) })
	for i, message := range []string{"first", "second", "third", "fourth"} {
		e := row("load", i, 100*i, 100, failing(message))
		u.happen(e)
	}
	u.happen(rows[:20]...)
	s := show(t, u.URL, nil)
	s.rows(24)
	more := func(n int) {
		t.Helper()
		u.happen(rows[u.rows()-4 : n-4]...)
		s.rows(n)
	}
	// A number that is being typed.
	limit := s.GetByLabel("Limit of load in seconds")
	s.do(limit.Click())
	s.do(s.Keyboard().Type("0.3"))
	more(30)
	s.do(s.Keyboard().Type("5"))
	more(35)
	if got, err := limit.InputValue(); err != nil || got != "0.35" {
		t.Errorf("the limit that was typed is %q, %v", got, err)
	}
	s.do(s.Keyboard().Press("Enter"))
	more(40)
	// The table goes on, with the field still in focus.
	loads := 0
	for _, e := range rows[:36] {
		if e.Name == "load" && e.Status == event.OK {
			loads++
		}
	}
	s.until(fmt.Sprintf(`document.querySelector("#tables tbody tr").children[1].textContent === "%d"`, loads))
	if !value[bool](s, `document.activeElement.dataset.event === "load"`) {
		t.Error("the field has lost the focus")
	}
	// A number that is selected, to be typed anew.
	s.do(s.Keyboard().Press("Shift+Tab"))
	s.do(s.Keyboard().Press("Tab"))
	more(41)
	s.do(s.Keyboard().Type("4"))
	if got, err := limit.InputValue(); err != nil || got != "4" {
		t.Errorf("the limit that was typed is %q, %v", got, err)
	}
	s.do(s.Keyboard().Press("Enter"))
	// Users that are being typed.
	users := s.GetByLabel("Users", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)})
	s.do(users.Fill("7"))
	more(45)
	if got, err := users.InputValue(); err != nil || got != "7" {
		t.Errorf("users that were typed are %q, %v", got, err)
	}
	// What was opened stays open, what was closed closed.
	s.do(s.Locator("#failures summary").First().Click())
	more(60)
	if open := value[[]bool](s, `[...document.querySelectorAll("#failures details")].map((d) => d.open)`); !open[0] || slices.Contains(open[1:], true) {
		t.Errorf("open: %v", open)
	}
	// A stretch of time that was picked, of which the figures are up to date.
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Take what is shown"}).Click())
	const stretch = `[...document.querySelectorAll("#tools .group")].at(-1).querySelector("span").textContent`
	picked, to := value[string](s, stretch), 0.0
	for _, e := range rows[:56] {
		to = max(to, e.Stop.Sub(begin).Seconds()) // all there was
	}
	more(80)
	if got := value[string](s, stretch); got != picked || !strings.Contains(got, " to ") {
		t.Errorf("the stretch is %s, was %s", got, picked)
	}
	want := 0
	for _, e := range rows[:76] {
		if e.Name == "interact" && e.Status == event.OK && e.Start.Sub(begin).Seconds() <= to {
			want++
		}
	}
	s.until(fmt.Sprintf(`document.querySelectorAll("#tables tbody tr")[1].children[1].textContent === "%d"`, want))
	// A part of the time that is looked at.
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Zoom in"}).Click())
	s.settled()
	const shownTime = `[...document.querySelectorAll("#tools input")].map((i) => Number(i.value))`
	looked := value[[2]float64](s, shownTime)
	more(100)
	if got := value[[2]float64](s, shownTime); got != looked || looked[0] <= 0 {
		t.Errorf("the plots show %v, showed %v", got, looked)
	}
}

// Nothing of an app or a scenario becomes part of the page, and axe-core finds
// nothing in its way.
func TestLivePageIsSafeAndReachable(t *testing.T) {
	u := goOn(t, Access{})
	const evil = `</script><img src=x onerror=alert(1)>`
	u.state = State{
		Scenario: evil, Place: evil, Stage: Loading, Active: 1, Most: 2, Fixed: evil, CSV: evil, Dir: evil, Elapsed: 5e9, Left: 5e9, LeftKnown: true,
		Thresholds: []stats.Verdict{{Threshold: scenario.Threshold{Text: evil, Event: evil}, Seen: evil, Note: evil}},
		Generator:  machine.Verdict{Judged: true, Text: evil}, Machine: machine.Machine{CPU: evil},
		Began: begin.Time(), Samples: []machine.Sample{{Begin: 0, End: 1, Saturated: evil}},
	}
	u.happen(row(evil, 0, 0, 100, failing(evil)), row("two\nlines\u2028", 0, 100, 100))
	u.server.Show(u.running())
	s := show(t, u.URL, nil)
	s.rows(2)
	if n := value[int](s, `document.querySelectorAll("img, #live script").length`); n > 0 {
		t.Errorf("%d elements are the scenario's", n)
	}
	u.state.Fixed = ""
	u.server.Show(u.running())
	s.until(`!document.querySelector("#live form").hidden`)
	s.do(s.Locator("#live .stop").First().Click())
	for _, dark := range []*playwright.ColorScheme{playwright.ColorSchemeLight, playwright.ColorSchemeDark} {
		s.do(s.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: dark}))
		for _, b := range axe(t, s) {
			t.Errorf("%s: %v", *dark, b)
		}
	}
}

// The page says what became of an order, of the run, and of the server.
func TestLivePageSaysWhatHappens(t *testing.T) {
	u := goOn(t, Access{})
	u.happen(row("load", 0, 0, 500))
	u.server.Show(u.running())
	s := show(t, u.URL, nil, "status of 422", "net::ERR_")
	s.rows(1)
	users := s.GetByLabel("Users", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)})
	note := func(text string) {
		t.Helper()
		s.until(fmt.Sprintf(`document.querySelector("#live .note").textContent.includes(%q) && !document.querySelector("#live .note").hidden`, text))
	}
	// Orders, and one that is refused.
	s.do(users.Fill("13"))
	s.do(users.Press("Enter"))
	note("thirteen is too much")
	s.do(users.Fill("12"))
	s.do(users.Press("Enter"))
	s.until(`document.querySelector("#live .note").hidden`)
	if n := u.users.Load(); n != 12 {
		t.Errorf("%d users", n)
	}
	// Stopping is asked for twice.
	stop := s.Locator("#live .stop").First()
	s.do(stop.Click())
	s.do(s.GetByText("Go on").Click())
	if n := u.stopped.Load(); n != 0 {
		t.Errorf("stopped %d times by who goes on", n)
	}
	s.do(stop.Click())
	s.do(s.GetByText("Stop it").Click())
	s.until(`!document.querySelector("#live .stop").hidden`)
	if n := u.stopped.Load(); n != 1 {
		t.Errorf("stopped %d times", n)
	}
	u.state.Fixed = "the scenario's stages say how many users there are"
	u.server.Show(u.running())
	s.until(`document.querySelector("#live .hint").textContent === "The number of users can't be changed: the scenario's stages say how many users there are."`)
	if n := value[int](s, `document.querySelectorAll("#live form:not([hidden])").length`); n > 0 {
		t.Error("and there is a field for it")
	}
	// Another run begins: what was set for the one before is gone.
	s.do(s.GetByLabel("Limit of load in seconds").Fill("0.1"))
	s.do(s.Keyboard().Press("Enter"))
	u.build, u.state = NewBuilder(0), State{Scenario: "another", Stage: Loading, Place: "2 of 2", Most: 3}
	u.happen(row("load", 0, 0, 500), row("load", 0, 600, 500))
	u.server.Show(u.running())
	s.rows(2)
	s.until(`document.querySelector("h1").textContent === "another" && document.querySelector("#live .stage").textContent === "● Run 2 of 2: running" && document.querySelector("#tables input").value === ""`)
	// There is a list of all runs, and a way back.
	s.do(s.GetByText("All runs").Click())
	s.until(`document.querySelector("#list tbody")?.textContent.includes("another") && document.querySelector("#list .badge.on") && document.querySelector("#live").hidden && document.querySelector("#report").hidden`)
	s.do(s.Locator("#list tbody a").Click())
	s.rows(2)
	s.until(`!document.querySelector("#live").hidden && document.querySelector("#list").hidden`)
	// The connection is lost, and comes back.
	s.Context().SetOffline(true)
	u.CloseClientConnections()
	note("loadwright has not answered since")
	u.happen(row("load", 0, 1200, 500))
	s.do(s.Context().SetOffline(false))
	s.rows(3)
	s.until(`document.querySelector("#live .note").hidden`)
	// The end.
	u.state.Stage, u.state.Dir = Ended, "test_results/archive/x"
	u.server.Show(u.running())
	s.until(`document.querySelector("#live .stage").textContent === "■ Run 2 of 2: over" && document.querySelector("#top .badge").textContent.includes("passed")`)
	u.server.Close()
	note("The run is over, and loadwright has ended with it. This page shows how it ended; it can't be loaded again. The results are in test_results/archive/x.")
	s.until(`document.querySelector("#live .controls").hidden`)
}

// The address with the token may be clicked on in another site's page, which gets
// no further than that.
func TestLivePageClickedElsewhere(t *testing.T) {
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	u := goOn(t, Access{Token: token})
	u.happen(row("load", 0, 0, 500))
	address := strings.Replace(u.URL, "0.0.0.0", "127.0.0.1", 1)
	mail := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><a href="%s/?token=%s">look at it</a><form method="post" action="%s/api/stop"><button>stop it</button></form>`, address, token, address)
	}))
	defer mail.Close()
	elsewhere := strings.Replace(mail.URL, "127.0.0.1", "localhost", 1) // another site
	s := shown{t, open(t, elsewhere, nil, "status of 403")}
	s.do(s.GetByText("look at it").Click())
	s.until(`!!document.querySelector("#top .facts")`)
	s.rows(1)
	if s.URL() != address+"/#run=live" {
		t.Errorf("it is at %s", s.URL())
	}
	_, err := s.Goto(elsewhere)
	s.do(err)
	s.do(s.GetByText("stop it").Click())
	s.until(`document.body.textContent.includes("this server answers its own page only")`)
	if n := u.stopped.Load(); n != 0 {
		t.Errorf("another site has stopped it %d times", n)
	}
}

// With a token the page works as it does without one.
func TestLivePageWithAToken(t *testing.T) {
	u := goOn(t, Access{Token: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
	u.happen(row("load", 0, 0, 500))
	s := show(t, u.URL+"/?token=ABCDEFGHIJKLMNOPQRSTUVWXYZ", nil)
	s.rows(1)
	if at, err := url.Parse(s.URL()); err != nil || at.RawQuery != "" || strings.Contains(value[string](s, "document.cookie"), "ABC") {
		t.Errorf("the token is in sight: %s", s.URL())
	}
	s.do(s.Locator("#live .stop").First().Click())
	s.do(s.GetByText("Stop it").Click())
	s.until(`document.querySelector("#live .note").hidden`)
	if n := u.stopped.Load(); n != 1 {
		t.Errorf("stopped %d times", n)
	}
}

package page

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/scenario"
)

// underWay is a run of a test, which its page shows.
type underWay struct {
	served
	server  *Server
	build   *Builder
	state   State // before the page is told of it
	stopped atomic.Int32
	users   atomic.Int64 // that were asked for
}

// goOn serves a run under way.
func goOn(t testing.TB, access Access) *underWay {
	t.Helper()
	u := &underWay{build: NewBuilder(0), state: State{Scenario: "mine", Stage: Loading, Active: 2, Most: 5, MostUsers: 50}}
	u.server = NewLive(u.running())
	server := httptest.NewUnstartedServer(nil)
	if access.Address = server.Listener.Addr().String(); access.Token != "" {
		_, port, _ := strings.Cut(access.Address, ":")
		access.Address = "0.0.0.0:" + port
	}
	server.Config.Handler = u.server.Guarded(access)
	server.Start()
	t.Cleanup(func() { u.server.Close(); server.Close() })
	u.served = served{t, server}
	return u
}

// running is the run as it stands now.
func (u *underWay) running() Running {
	state := u.state
	return Running{
		Events: u.build, State: func() State { return state }, Stop: func() { u.stopped.Add(1) },
		SetUsers: func(n int) error {
			if n == 13 {
				return errors.New("thirteen is too much")
			}
			u.users.Store(int64(n))
			return nil
		},
		Summary: func() ([]byte, error) { return []byte(`{"scenario": "mine"}`), nil },
	}
}

func (u *underWay) happen(rows ...event.Event) {
	for i := range rows {
		_ = u.build.Event(&rows[i])
	}
}

// post sends a form as the server's own page does, unless headers say otherwise.
func (u *underWay) post(path string, form url.Values, headers ...string) (int, string) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), http.MethodPost, u.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", u.URL)
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	return u.do(r)
}

func (s served) do(r *http.Request) (int, string) {
	s.t.Helper()
	answer, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text := make([]byte, 1<<20)
	n, _ := answer.Body.Read(text)
	return answer.StatusCode, string(text[:n])
}

// told is what a page was told at once.
type message struct {
	Number        int
	Whole         bool
	Run           *Run
	Live          told
	Points        Points
	Machine       Machine
	SamplesBefore int `json:"samples_before"`
	kind          string
}

// listening is a page that is told.
type listening struct {
	t    testing.TB
	news chan message
}

// listen opens the page of a run; it is closed with the test.
func (u *underWay) listen() listening {
	u.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.URL+"/api/live", nil)
	if err != nil {
		u.t.Fatal(err)
	}
	answer, err := u.Client().Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" || answer.StatusCode != http.StatusOK {
		u.t.Fatalf("%d, %q", answer.StatusCode, kind)
	}
	l := listening{u.t, make(chan message, 100)}
	go func() {
		defer close(l.news)
		defer answer.Body.Close()
		lines := bufio.NewReader(answer.Body)
		for kind := ""; ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			var m message
			switch {
			case strings.HasPrefix(line, "event: "):
				kind = strings.TrimSpace(line[7:])
				continue
			case !strings.HasPrefix(line, "data:"):
				continue
			case kind == "":
				if err := json.Unmarshal([]byte(line[5:]), &m); err != nil {
					u.t.Errorf("%v: %.300s", err, line)
					return
				}
			}
			m.kind, kind = kind, ""
			l.news <- m
		}
	}()
	u.t.Cleanup(func() {
		cancel()
		for range l.news { // until it has ended
		}
	})
	return l
}

// next is what the page is told next.
func (l listening) next() message {
	l.t.Helper()
	select {
	case m, ok := <-l.news:
		if !ok {
			l.t.Fatal("the server has nothing more to tell")
		}
		return m
	case <-time.After(20 * time.Second):
		l.t.Fatal("nothing is told")
	}
	panic("unreachable")
}

func TestLiveTellsWhatIsNew(t *testing.T) {
	u := goOn(t, Access{})
	if _, text, _ := u.get("/api/start"); !strings.Contains(text, `"only":["live"]`) || !strings.Contains(text, `"live":true`) {
		t.Error(text)
	}
	page := u.listen()
	first := page.next()
	if !first.Whole || first.Run.Name != "mine" || !first.Run.Growing || first.Run.Verdict != UnderWay || first.Points.Rows != 0 || first.Live.Most != 5 {
		t.Errorf("%+v", first)
	}
	rows := busy(4, 6)
	slices.SortStableFunc(rows, func(a, b event.Event) int { return int(a.Stop - b.Stop) })
	u.happen(rows[:10]...)
	more := page.next()
	if more.Whole || more.Points.Rows != 10 || len(more.Points.Start) != 10 {
		t.Errorf("whole: %t, %d new rows of %d", more.Whole, len(more.Points.Start), more.Points.Rows)
	}
	u.happen(rows[10:]...)
	more = page.next()
	if more.Whole || more.Points.Rows != 24 || len(more.Points.Start) != 14 {
		t.Errorf("whole: %t, %d new rows of %d", more.Whole, len(more.Points.Start), more.Points.Rows)
	}
	// The figures are of all rows, as they are of a file with the same.
	want := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	if !reflect.DeepEqual(more.Run.Events, want.Events) || !reflect.DeepEqual(more.Run.Stretches, want.Stretches) {
		t.Errorf("figures\n%+v\nwant\n%+v", more.Run.Events, want.Events)
	}
	// A page that is opened late, or loaded again, is told everything.
	late := u.listen().next()
	if !late.Whole || !reflect.DeepEqual(late.Points, want.Points) {
		t.Errorf("opened late: whole: %t, %d rows", late.Whole, len(late.Points.Start))
	}
}

// Points that were thinned are told anew, and so those that a page has stay few.
func TestLiveTellsAnewWhatWasThinned(t *testing.T) {
	b := NewBuilder(200)
	s := NewLive(Running{Events: b, State: func() State { return State{Stage: Loading} }})
	page, has := &listener{}, 0
	anew := 0
	for k := range 40 {
		for i := range 25 {
			e := row("a", i, 100*k+i, 50+i)
			_ = b.Event(&e)
		}
		s.live.latest = nil
		n, _, err := s.live.news()
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		if err := page.tell(&text, n); err != nil {
			t.Fatal(err)
		}
		var m message
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text.String(), "data: ")), &m); err != nil {
			t.Fatal(err)
		}
		if m.Whole {
			has = 0
			anew++
		}
		has += len(m.Points.Start)
		if all := b.Run().Points; has != len(all.Start) || m.Points.OneIn != all.OneIn || m.Points.Rows != int64(25*(k+1)) {
			t.Fatalf("the page has %d points, the run %d", has, len(all.Start))
		}
	}
	if anew < 3 || anew > 20 {
		t.Errorf("all was told %d times", anew)
	}
}

// What comes while the news are written is in the next ones: a failure's message
// must be there with its row.
func TestLiveTellsRowsOfItsFigures(t *testing.T) {
	b := NewBuilder(0)
	s := NewLive(Running{Events: b, State: func() State { return State{Stage: Loading} }})
	first, second := row("a", 0, 0, 100), row("b", 0, 100, 100, failing("oh"))
	_ = b.Event(&first)
	n, _, err := s.live.news()
	if err != nil {
		t.Fatal(err)
	}
	_ = b.Event(&second)
	var text strings.Builder
	if err := (&listener{}).tell(&text, n); err != nil {
		t.Fatal(err)
	}
	var m message
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text.String(), "data: ")), &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Points.Start) != 1 || len(m.Run.Events) != 1 || len(m.Run.Failures) != 0 {
		t.Errorf("%d rows of %d events", len(m.Points.Start), len(m.Run.Events))
	}
}

// While the run is on, users that have not gone are active, though their last
// event is over.
func TestLiveActiveUsers(t *testing.T) {
	b, plain := NewBuilder(0), NewBuilder(0)
	for _, e := range []event.Event{row("a", 0, 0, 1000), row("a", 1, 500, 1500), row("a", 2, 1000, 2000)} {
		e.Users = 3
		_ = b.Event(&e)
		e.Users = 0
		_ = plain.Event(&e)
	}
	for still := range 4 {
		if got, want := b.figures(State{Stage: Loading, Active: still}.there()).Active, (Steps{[]float64{0, 0.5, 1, 3}, []int{1, 2, 3, still}}); !reflect.DeepEqual(got, want) {
			t.Errorf("%d are still there: %v, want %v", still, got, want)
		}
	}
	for still, want := range map[int]Steps{
		0: {[]float64{0, 0.5, 1, 2, 3}, []int{1, 2, 2, 1, 0}},
		1: {[]float64{0, 0.5, 1, 2, 3}, []int{1, 2, 2, 1, 1}},
		3: {[]float64{0, 0.5, 1, 3}, []int{1, 2, 3, 3}},
		7: {[]float64{0, 0.5, 1, 3}, []int{1, 2, 3, 3}}, // some have no row yet
	} {
		if got := plain.figures(State{Stage: Loading, Active: still}.there()).Active; !reflect.DeepEqual(got, want) {
			t.Errorf("%d are still there, and rows don't count them: %v, want %v", still, got, want)
		}
	}
	if n := (State{Stage: Ended, Active: 3}).there(); n != 0 {
		t.Errorf("%d are there after the end", n)
	}
}

func TestLiveTellsTheMachine(t *testing.T) {
	u := goOn(t, Access{})
	u.happen(row("a", 0, 0, 100))
	sample := func(second int, saturated string) machine.Sample {
		return machine.Sample{Begin: float64(second), End: float64(second + 1), MachineCPU: 1.5, GeneratorCPU: 0.25, Saturated: saturated, App: &machine.AppSample{CPU: 0.5, Memory: 1 << 20}}
	}
	u.state.Began, u.state.Samples = begin.Time(), []machine.Sample{sample(0, ""), sample(1, "no CPU")}
	u.server.Show(u.running())
	page := u.listen()
	m := page.next()
	if m.SamplesBefore != 0 || !slices.Equal(m.Machine.Times, []float64{0.5, 1.5}) || *m.Machine.MachineCPU[0] != 1.5 || *m.Machine.AppMemory[1] != 1<<20 {
		t.Errorf("%+v", m.Machine)
	}
	if want := []Untrusted{{1, 2, "no CPU"}}; !slices.Equal(m.Run.Untrusted, want) {
		t.Errorf("%v, want %v", m.Run.Untrusted, want)
	}
	u.state.Samples = append(u.state.Samples, sample(2, ""))
	u.server.Show(u.running())
	if m = page.next(); m.SamplesBefore != 2 || !slices.Equal(m.Machine.Times, []float64{2.5}) {
		t.Errorf("%d before, then %v", m.SamplesBefore, m.Machine.Times)
	}
	// Of a long run, two samples have become one.
	u.state.Samples = []machine.Sample{{Begin: 0, End: 2}, {Begin: 2, End: 4}, {Begin: 4, End: 6}}
	u.server.Show(u.running())
	if m = page.next(); m.SamplesBefore != 0 || !slices.Equal(m.Machine.Times, []float64{1, 3, 5}) {
		t.Errorf("%d before, then %v", m.SamplesBefore, m.Machine.Times)
	}
}

func TestLiveThresholdsAndVerdict(t *testing.T) {
	u := goOn(t, Access{})
	threshold := func(text, event string) scenario.Threshold { return scenario.Threshold{Text: text, Event: event} }
	u.state.Thresholds = []stats.Verdict{
		{Threshold: threshold("a mean <= 1s", "a"), OK: true, Seen: "100ms"},
		{Threshold: threshold("b p95 < 2s", "b"), NoSample: true, Seen: "no sample"},
	}
	u.happen(row("a", 0, 0, 100))
	u.server.Show(u.running())
	page := u.listen()
	m := page.next()
	if m.Run.Verdict != UnderWay || len(m.Run.Thresholds) != 2 || !m.Run.Thresholds[1].NoSample || *m.Run.Events[0].Limit != 1 || !strings.HasPrefix(m.Run.Headline, "So far: the threshold held.") {
		t.Errorf("%+v", m.Run)
	}
	// At the end, a threshold without a sample has failed.
	u.state.Stage = Ended
	u.server.Show(u.running())
	if m = page.next(); m.Run.Verdict != Failed || m.Run.Growing || !strings.Contains(m.Run.Headline, "1 of 2 thresholds failed: b p95 < 2s (seen: no sample)") || m.Live.Stops || m.Live.Dials {
		t.Errorf("%+v, %+v", m.Run, m.Live)
	}
	u.state.Generator = machine.Verdict{Judged: true, Text: "not to be trusted from 0:01 on"}
	u.server.Show(u.running())
	if m = page.next(); m.Run.Verdict != NotTrusted || !strings.Contains(m.Run.Headline, "The times are not to be trusted from 0:01 on") {
		t.Errorf("%+v", m.Run)
	}
}

func TestLiveSaysGoodbye(t *testing.T) {
	u := goOn(t, Access{})
	page := u.listen()
	page.next()
	u.happen(row("a", 0, 0, 100))
	u.state.Stage = Ended
	u.server.live.show(u.running()) // closed before it is told
	u.server.Close()
	for {
		m := page.next()
		if m.kind == "bye" {
			break
		}
		if m.Points.Rows != 1 || m.Live.Stage != Ended {
			t.Errorf("before it goes: %+v", m)
		}
	}
	if m, ok := <-page.news; ok {
		t.Errorf("after it has gone: %+v", m)
	}
}

// recorded counts what a page is told.
type recorded struct {
	*httptest.ResponseRecorder
	news atomic.Int32
}

func (r *recorded) Write(text []byte) (int, error) {
	if strings.HasPrefix(string(text), "data:") {
		r.news.Add(1)
	}
	return len(text), nil
}

// A page is told once a second, and several pages share what is made for them.
// While none is open a run costs nothing, nor does a page when the run is over.
func TestLiveNewsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		stage := Loading
		running := func() Running {
			is := stage
			return Running{Events: NewBuilder(0), State: func() State { asked.Add(1); return State{Stage: is} }}
		}
		s := NewLive(running())
		time.Sleep(time.Minute)
		if n := asked.Load(); n != 0 {
			t.Errorf("nobody looks, and the run was asked %d times", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var pages []*recorded
		for range 3 {
			page := &recorded{ResponseRecorder: httptest.NewRecorder()}
			pages = append(pages, page)
			go s.listen(page, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/live", nil))
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(time.Minute - 3*300*time.Millisecond)
		synctest.Wait()
		for i, page := range pages {
			if n := page.news.Load(); n < 60 || n > 61 {
				t.Errorf("page %d was told %d times in a minute", i, n)
			}
		}
		if n := asked.Load(); n < 60 || n > 66 {
			t.Errorf("the run was asked %d times in a minute", n)
		}
		stage = Ended
		s.Show(running())
		synctest.Wait()
		before, told := asked.Load(), pages[0].news.Load()
		time.Sleep(time.Minute)
		if n, m := asked.Load(), pages[0].news.Load(); n != before || m != told {
			t.Errorf("the run is over, was asked %d times more and told %d times", n-before, m-told)
		}
		cancel()
		synctest.Wait()
		if n := s.live.listeners; n != 0 {
			t.Errorf("%d pages are left", n)
		}
	})
}

func TestLiveRunsOneAfterTheOther(t *testing.T) {
	u := goOn(t, Access{})
	dir := t.TempDir()
	first := csv(t, filepath.Join(dir, "first.csv"), busy(1, 2))
	u.happen(busy(1, 2)...)
	u.state.CSV, u.state.Stage, u.state.Place = first, Ended, "1 of 2"
	u.server.Show(u.running())
	page := u.listen()
	one := page.next()
	u.build, u.state = NewBuilder(0), State{Scenario: "next", Stage: Preparing, Place: "2 of 2", CSV: first}
	u.server.Show(u.running())
	two := page.next()
	if !two.Whole || two.Number == one.Number || two.Run.Name != "next" || two.Points.Rows != 0 || two.Run.Headline != "The run is being prepared." || two.Live.Place != "2 of 2" {
		t.Errorf("%+v", two)
	}
	_, text, _ := u.get("/api/runs")
	var list struct{ Runs []listed }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Runs) != 2 || list.Runs[0].ID != liveID || list.Runs[0].Name != "next" || list.Runs[1].File != first {
		t.Errorf("%+v", list.Runs)
	}
	// The one before can be opened, as a file.
	if r := u.run(first, func(r *Run) bool { return r.Points.Rows == 2 }); r.Name != "first" {
		t.Error(r.Name)
	}
	// A run that left nothing is in no list.
	u.build, u.state = NewBuilder(0), State{Scenario: "last", Stage: Loading}
	u.server.Show(u.running())
	if shown := u.server.where(); !slices.Equal(shown, []string{first}) {
		t.Errorf("%q", shown)
	}
}

func TestLiveStopsAndDials(t *testing.T) {
	u := goOn(t, Access{})
	if code, text := u.post("/api/stop", nil); code != http.StatusNoContent || u.stopped.Load() != 1 {
		t.Errorf("%d %s", code, text)
	}
	if code, text := u.post("/api/users", url.Values{"users": {"12"}}); code != http.StatusNoContent || u.users.Load() != 12 {
		t.Errorf("%d %s, %d users", code, text, u.users.Load())
	}
	for users, want := range map[string]string{
		"-1": "must be a whole number from 0 to 50", "51": "from 0 to 50", "": "a whole number", "many": "a whole number", "1.5": "a whole number",
		"13": "thirteen is too much",
	} {
		if code, text := u.post("/api/users", url.Values{"users": {users}}); code != http.StatusUnprocessableEntity || !strings.Contains(text, want) || u.users.Load() != 12 {
			t.Errorf("%q users: %d %s", users, code, text)
		}
	}
	if code, _ := u.post("/api/users", url.Values{"users": {strings.Repeat("1", 1<<20)}}); code != http.StatusUnprocessableEntity {
		t.Errorf("a megabyte: %d", code)
	}
	for want, change := range map[string]func(*State){
		"the scenario's stages say": func(s *State) { s.Fixed = "the scenario's stages say how many users there are" },
		"it is stopping":            func(s *State) { s.Stage = Stopping },
		"it is preparing":           func(s *State) { s.Stage = Preparing },
	} {
		before := u.state
		change(&u.state)
		u.server.Show(u.running())
		if code, text := u.post("/api/users", url.Values{"users": {"3"}}); code != http.StatusUnprocessableEntity || !strings.Contains(text, want) || u.users.Load() != 12 {
			t.Errorf("%d %s, want %q", code, text, want)
		}
		u.state = before
	}
	over := u.running()
	over.Stop, over.SetUsers = nil, nil
	u.server.Show(over)
	if code, text := u.post("/api/stop", nil); code != http.StatusUnprocessableEntity || !strings.Contains(text, "the run is over") {
		t.Errorf("%d %s", code, text)
	}
}

// What changes something must come from the server's own page.
func TestLiveRefusesOthers(t *testing.T) {
	u := goOn(t, Access{})
	own := strings.TrimPrefix(u.URL, "http://")
	_, port, _ := strings.Cut(own, ":")
	for name, headers := range map[string][]string{
		"another host":           {"Host", "evil.example:" + port, "Origin", "http://evil.example:" + port},
		"another port":           {"Host", "127.0.0.1:1", "Origin", "http://127.0.0.1:1"},
		"another origin":         {"Origin", "http://evil.example"},
		"another port's origin":  {"Origin", "http://127.0.0.1:1"},
		"another name of it":     {"Origin", "http://localhost:" + port},
		"https":                  {"Origin", "https://" + own},
		"no origin":              {"Origin", ""},
		"an origin that is none": {"Origin", "null"},
		"another site":           {"Sec-Fetch-Site", "cross-site"},
		"a neighbour":            {"Sec-Fetch-Site", "same-site"},
		"nobody's page":          {"Sec-Fetch-Site", "none"},
	} {
		for _, path := range []string{"/api/stop", "/api/users"} {
			if code, text := u.post(path, url.Values{"users": {"7"}}, headers...); code != http.StatusForbidden {
				t.Errorf("%s: %s: %d %s", name, path, code, text)
			}
		}
	}
	for _, path := range []string{"/api/live", "/api/csv", "/api/summary", "/api/report?run=live"} {
		for _, headers := range [][]string{{"Host", "evil.example:" + port}, {"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "cross-site"}} {
			if code, text, _ := u.get(path, headers...); code != http.StatusForbidden {
				t.Errorf("%s: %v: %d %s", path, headers, code, text)
			}
		}
	}
	for _, path := range []string{"/api/stop", "/api/users?users=7"} {
		if code, _, _ := u.get(path); code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, code)
		}
	}
	if u.stopped.Load() != 0 || u.users.Load() != 0 {
		t.Errorf("stopped %d times, %d users", u.stopped.Load(), u.users.Load())
	}
	// A page of results that are there already takes no orders.
	quiet := underWay{served: serve(t, t.TempDir())}
	if code, _ := quiet.post("/api/stop", nil); code != http.StatusNotFound {
		t.Errorf("view can be stopped: %d", code)
	}
}

func TestLiveWantsAToken(t *testing.T) {
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	u := goOn(t, Access{Token: token, Hosts: []string{"Tester"}})
	own := strings.TrimPrefix(u.URL, "http://")
	_, port, _ := strings.Cut(own, ":")
	cookie := "loadwright_" + port + "="
	u.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for name, c := range map[string]struct {
		path    string
		headers []string
		want    int
	}{
		"none":                  {"/", nil, 403},
		"none for a script":     {"/page.js", nil, 403},
		"none for the news":     {"/api/live", nil, 403},
		"none for the events":   {"/api/csv", nil, 403},
		"an empty one":          {"/?token=", nil, 403},
		"another":               {"/?token=ABCDEFGHIJKLMNOPQRSTUVWXYY", nil, 403},
		"one that is cut":       {"/?token=ABCDEFGHIJKLMNOPQRSTUVWXY", nil, 403},
		"the right one":         {"/?token=" + token, nil, 303},
		"in the cookie":         {"/", []string{"Cookie", cookie + token}, 200},
		"in another's cookie":   {"/", []string{"Cookie", "loadwright_1=" + token}, 403},
		"a wrong cookie":        {"/", []string{"Cookie", cookie + "x"}, 403},
		"for a download":        {"/api/summary?token=" + token, nil, 200},
		"by a numeric address":  {"/?token=" + token, []string{"Host", "192.168.7.9:" + port}, 303},
		"by its name":           {"/?token=" + token, []string{"Host", "tester:" + port}, 303},
		"by localhost":          {"/?token=" + token, []string{"Host", "localhost:" + port}, 303},
		"by a name of others":   {"/?token=" + token, []string{"Host", "evil.example:" + port}, 403},
		"by another port":       {"/?token=" + token, []string{"Host", "tester:1"}, 403},
		"from another's page":   {"/api/summary?token=" + token, []string{"Origin", "http://evil.example"}, 403},
		"with a cookie, though": {"/api/live", []string{"Cookie", cookie + token, "Sec-Fetch-Site", "cross-site"}, 403},
		"by a click elsewhere":  {"/api/csv", []string{"Cookie", cookie + token, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 403},
	} {
		code, text, header := u.get(c.path, c.headers...)
		if code != c.want {
			t.Errorf("%s: %d %s, want %d", name, code, text, c.want)
		}
		set := header.Get("Set-Cookie")
		if code == 303 && (header.Get("Location") != "/" || set != cookie+token+"; Path=/; HttpOnly; SameSite=Lax") || code != 303 && set != "" {
			t.Errorf("%s: to %q with cookie %q", name, header.Get("Location"), set)
		}
		if strings.Contains(text, token) {
			t.Errorf("%s: the token is told: %s", name, text)
		}
	}
	if code, text := u.post("/api/stop", nil); code != http.StatusForbidden || u.stopped.Load() != 0 {
		t.Errorf("stopped by who has no token: %d %s", code, text)
	}
	for _, from := range []string{"http://evil.example", "null", ""} { // a form of another's page, or of none
		if code, text := u.post("/api/stop", nil, "Cookie", cookie+token, "Origin", from); code != http.StatusForbidden || u.stopped.Load() != 0 {
			t.Errorf("stopped from %q: %d %s", from, code, text)
		}
	}
	if code, text := u.post("/api/stop", nil, "Cookie", cookie+token); code != http.StatusNoContent || u.stopped.Load() != 1 {
		t.Errorf("not stopped by who has it: %d %s", code, text)
	}
}

func TestLiveDownloads(t *testing.T) {
	u := goOn(t, Access{})
	for _, path := range []string{"/api/csv"} {
		if code, text, _ := u.get(path); code != http.StatusUnprocessableEntity || !strings.Contains(text, "there is no event yet") {
			t.Errorf("%s: %d %s", path, code, text)
		}
	}
	dir := t.TempDir()
	rows := busy(2, 3)
	rows = append(rows, row("load", 0, 5000, 100, failing("no such button")))
	u.happen(rows...)
	u.state.CSV, u.state.Dir = csv(t, filepath.Join(dir, "loadwright_1.csv"), rows), dir
	if err := os.WriteFile(filepath.Join(dir, "failure-u0-i1.png"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	u.server.Show(u.running())
	want, err := os.ReadFile(u.state.CSV)
	if err != nil {
		t.Fatal(err)
	}
	code, text, header := u.get("/api/csv")
	if code != 200 || text != string(want) || header.Get("Content-Disposition") != `attachment; filename="loadwright_1.csv"` || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") {
		t.Errorf("%d %v, %d bytes of %d", code, header, len(text), len(want))
	}
	code, text, header = u.get("/api/summary")
	if code != 200 || text != `{"scenario": "mine"}` || header.Get("Content-Disposition") != `attachment; filename="summary.json"` {
		t.Errorf("%d %v %s", code, header, text)
	}
	// While the run is on the report is made of what there is,
	code, text, header = u.get("/api/report?run=live")
	if code != 200 || !strings.Contains(text, "<title>mine – loadwright</title>") || header.Get("Content-Disposition") != `attachment; filename="report.html"` {
		t.Errorf("%d %v %.300s", code, header, text)
	}
	// whose readers have no server to give them what was kept of failures …
	kept := unpacked(t, text).Runs[0].Failures
	if a := kept[len(kept)-1].First[0].Artefacts; len(a) != 1 || a[0].Name != "failure-u0-i1.png" || a[0].Link != "" {
		t.Errorf("in the report: %+v", a)
	}
	// … and then it is the run's own.
	u.state.Stage, u.state.Report = Ended, filepath.Join(dir, "report.html")
	if err := os.WriteFile(u.state.Report, []byte("the one"), 0o666); err != nil {
		t.Fatal(err)
	}
	u.server.Show(u.running())
	if code, text, _ = u.get("/api/report?run=live"); code != 200 || text != "the one" {
		t.Errorf("%d %.300s", code, text)
	}
	u.state.CSV = filepath.Join(dir, "moved.csv")
	u.server.Show(u.running())
	if code, text, _ = u.get("/api/csv"); code != http.StatusUnprocessableEntity || strings.Contains(text, dir) {
		t.Errorf("%d %s", code, text)
	}
}

// unpacked is what a report holds.
func unpacked(t *testing.T, report string) (data struct{ Runs []*Run }) {
	t.Helper()
	_, text, _ := strings.Cut(report, `id="data">`)
	text, _, _ = strings.Cut(text, "</script>")
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(z).Decode(&data); err != nil {
		t.Fatal(err)
	}
	return data
}

func TestLiveShowsArtefacts(t *testing.T) {
	u := goOn(t, Access{})
	dir := t.TempDir()
	u.happen(row("a", 3, 0, 100, failing("no such button")))
	if err := os.WriteFile(filepath.Join(dir, "failure-u3-i1.console.txt"), []byte("oh"), 0o666); err != nil {
		t.Fatal(err)
	}
	u.state.Dir = dir
	u.server.Show(u.running())
	m := u.listen().next()
	want := []Artefact{{"failure-u3-i1.console.txt", "console", "/files/live/failure-u3-i1.console.txt"}}
	if got := m.Run.Failures[0].First[0].Artefacts; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if code, text, _ := u.get(want[0].Link); code != 200 || text != "oh" {
		t.Errorf("%d %s", code, text)
	}
	if code, _, _ := u.get("/files/live/..%2Fx.csv"); code != 404 {
		t.Errorf("%d", code)
	}
}

// Pages that listen are bounded, and one that goes makes room.
func TestLiveListenersAreBounded(t *testing.T) {
	l := &live{}
	for range mostListeners {
		if !l.join() {
			t.Fatal("no room")
		}
	}
	u := goOn(t, Access{})
	u.server.live.listeners = mostListeners
	if code, text, _ := u.get("/api/live"); code != http.StatusServiceUnavailable || !strings.Contains(text, fmt.Sprint(mostListeners)) {
		t.Errorf("%d %s", code, text)
	}
	if l.join() {
		t.Error("one too many")
	}
	if l.leave(); !l.join() {
		t.Error("no room was made")
	}
}

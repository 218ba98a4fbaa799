package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
)

// served is a page's server for a test.
type served struct {
	t testing.TB
	*httptest.Server
}

func serve(t testing.TB, paths ...string) served {
	t.Helper()
	s := NewServer(paths...)
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = s.Handler(server.Listener.Addr().String())
	server.Start()
	t.Cleanup(func() { server.Close(); s.Close() })
	return served{t, server}
}

// get asks, with further headers, and returns the answer's code and text.
func (s served) get(path string, headers ...string) (int, string, http.Header) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second) // not to wait for the end of what has none
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// run asks for a run until it satisfies.
func (s served) run(path string, enough func(*Run) bool) *Run {
	s.t.Helper()
	var last string
	for range 100 {
		code, text, _ := s.get("/api/run?run=" + id(path))
		last = text
		var got struct{ Runs []*Run }
		if code == http.StatusOK {
			if err := json.Unmarshal([]byte(text), &got); err != nil {
				s.t.Fatal(err)
			}
			if enough(got.Runs[0]) {
				return got.Runs[0]
			}
		}
		time.Sleep(50 * time.Millisecond) // the server looks at files as often
	}
	s.t.Fatalf("not so in 5 seconds: %.300s", last)
	return nil
}

func TestServerAnswersItsOwnPageOnly(t *testing.T) {
	s := serve(t, t.TempDir())
	own := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(own, ":")
	for name, c := range map[string]struct {
		path    string
		headers []string
		want    int
	}{
		"as it is":             {"/", nil, 200},
		"localhost":            {"/", []string{"Host", "localhost:" + port}, 200},
		"own origin":           {"/api/runs", []string{"Origin", s.URL}, 200},
		"another host":         {"/", []string{"Host", "evil.example:" + port}, 403},
		"another address":      {"/", []string{"Host", "192.168.7.9:" + port}, 403},
		"no port":              {"/", []string{"Host", "127.0.0.1"}, 403},
		"another origin":       {"/api/runs", []string{"Origin", "http://evil.example"}, 403},
		"no origin at all":     {"/api/runs", []string{"Origin", "null"}, 403},
		"another site's image": {"/api/runs", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a link to it":         {"/", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		"what is not there":    {"/etc/passwd", nil, 404},
	} {
		code, _, header := s.get(c.path, c.headers...)
		if code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
		if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
	}
	if code, _ := (&underWay{served: s}).post("/api/runs", nil); code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", code)
	}
}

func TestServerGivesArtefactsOnly(t *testing.T) {
	dir := t.TempDir()
	path := csv(t, filepath.Join(dir, "x.csv"), busy(1, 1))
	goes := filepath.Join(dir, "x")
	if err := os.Mkdir(goes, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"failure-u0-i1.console.txt", "scenario.yaml"} {
		if err := os.WriteFile(filepath.Join(goes, name), []byte("<script>secret"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(goes, "failure-u1-i1.png")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir)
	code, text, header := s.get("/files/" + id(path) + "/failure-u0-i1.console.txt")
	if code != 200 || text != "<script>secret" || header.Get("Content-Type") != "text/plain; charset=utf-8" || header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %q %v", code, text, header)
	}
	for _, name := range []string{"scenario.yaml", "failure-u1-i1.png", "failure-u9-i1.png", "..%2Fx.csv", "%2Fetc%2Fpasswd"} {
		if code, _, _ := s.get("/files/" + id(path) + "/" + name); code != 404 {
			t.Errorf("%s: %d", name, code)
		}
	}
	if code, _, _ := s.get("/api/run?run=" + id("/etc/passwd")); code == 200 {
		t.Error("a file of which the server was told nothing")
	}
}

// halfOf writes the first half of rows to x.csv, up to the middle of one; goOn
// writes the rest.
func halfOf(t *testing.T, dir string, all []event.Event) (path string, goOn func()) {
	t.Helper()
	whole, err := os.ReadFile(csv(t, filepath.Join(t.TempDir(), "x.csv"), all))
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "x.csv")
	half := len(whole) / 2
	if err := os.WriteFile(path, whole[:half], 0o666); err != nil {
		t.Fatal(err)
	}
	return path, func() {
		t.Helper()
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.Write(whole[half:])
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServerFollowsAFile(t *testing.T) {
	dir := t.TempDir()
	all := busy(3, 4)
	path, goOn := halfOf(t, dir, all)
	s := serve(t, dir)
	r := s.run(path, func(r *Run) bool { return r.Reading == 1 })
	if r.Points.Rows == 0 || r.Points.Rows >= int64(len(all)) || !r.Growing || !strings.Contains(strings.Join(r.Notes, ""), "still being written") {
		t.Errorf("%d rows, notes %q", r.Points.Rows, r.Notes)
	}
	var got struct{ Version string }
	_, text, _ := s.get("/api/run?run=" + id(path))
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := s.get("/api/run?run=" + id(path) + "&since=" + got.Version); code != http.StatusNoContent {
		t.Errorf("nothing is new, and the answer is %d", code)
	}
	goOn()
	r = s.run(path, func(r *Run) bool { return r.Points.Rows == int64(len(all)) })
	if strings.Contains(strings.Join(r.Notes, ""), "still being written") {
		t.Errorf("notes %q", r.Notes)
	}
	// Another, longer run takes the place.
	next := csv(t, filepath.Join(t.TempDir(), "y.csv"), busy(4, 9))
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	s.run(path, func(r *Run) bool { return r.Points.Rows == 36 })
	// A yet longer one is written over it, into the same file.
	whole, err := os.ReadFile(csv(t, filepath.Join(t.TempDir(), "z.csv"), busy(5, 20)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole, 0o666); err != nil {
		t.Fatal(err)
	}
	want := read(t, path)
	s.run(path, func(r *Run) bool { return cmp.Equal(r.Points, want.Points) })
}

// A run's last rows come with its summary, or right before it: they are read, too.
func TestServerFollowsToTheEnd(t *testing.T) {
	dir := t.TempDir()
	all := busy(3, 4)
	path, goOn := halfOf(t, dir, all)
	if err := os.Mkdir(filepath.Join(dir, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir)
	s.run(path, func(r *Run) bool { return r.Reading == 1 })
	goOn()
	if err := os.WriteFile(filepath.Join(dir, "x", summaryName), []byte(`{"schema_version": 1, "scenario": "x", "events": [{}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if r := s.run(path, func(r *Run) bool { return !r.Growing }); r.Points.Rows != int64(len(all)) {
		t.Errorf("it is over with %d of %d rows", r.Points.Rows, len(all))
	}
}

func TestServerListsRuns(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "archive")
	if err := os.MkdirAll(filepath.Join(archive, "loadwright_20261123_150000"), 0o777); err != nil {
		t.Fatal(err)
	}
	csv(t, filepath.Join(archive, "loadwright_20261122_150000.csv"), busy(1, 1))
	newest := csv(t, filepath.Join(archive, "loadwright_20261123_150000.csv"), busy(1, 2))
	if err := os.Link(newest, filepath.Join(dir, "loadwright.csv")); err != nil {
		t.Fatal(err)
	}
	summary := `{"ok": false, "scenario": "s", "began": "2026-11-23T15:00:00Z", "users": 7, "events": [{}], "thresholds": [{"ok": true}, {"ok": false}]}`
	if err := os.WriteFile(filepath.Join(archive, "loadwright_20261123_150000", "summary.json"), []byte(summary), 0o666); err != nil {
		t.Fatal(err)
	}
	_, text, _ := serve(t, dir).get("/api/runs")
	var got struct{ Runs []listed }
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Runs) != 2 { // the latest run is one of the archive's
		t.Fatalf("%+v", got.Runs)
	}
	first := listed{id(newest), "s", "2026-11-23T15:00:00Z", 7, Failed, "1 of 2 held", newest}
	if got.Runs[0] != first || got.Runs[1].Verdict != NotJudged || got.Runs[1].Began != "2026-11-22T15:00:00Z" {
		t.Errorf("%+v", got.Runs)
	}
	// By its other name, the latest run is as complete.
	if r := read(t, filepath.Join(dir, "loadwright.csv")); r.Name != "s" {
		t.Error(r.Name)
	}
}

// A run that is named by another of its names is that run.
func TestServerKnowsARunByAnyName(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "archive"), 0o777); err != nil {
		t.Fatal(err)
	}
	kept, latest := csv(t, filepath.Join(dir, "archive", "loadwright_20261123_150000.csv"), busy(1, 2)), filepath.Join(dir, latestName)
	if err := os.Link(kept, latest); err != nil {
		t.Fatal(err)
	}
	started := func(s served) []string {
		t.Helper()
		var start struct{ Only []string }
		_, text, _ := s.get("/api/start")
		if err := json.Unmarshal([]byte(text), &start); err != nil {
			t.Fatal(err)
		}
		return start.Only
	}
	s := serve(t, latest, dir, kept)
	if only := started(s); !slices.Equal(only, []string{id(kept)}) {
		t.Errorf("it opens with %v", only)
	}
	for _, name := range []string{kept, latest} {
		s.run(name, func(r *Run) bool { return r.Points.Rows == 2 && r.File == kept })
	}
	// Alone it has the name that it was given.
	s = serve(t, latest)
	if only := started(s); !slices.Equal(only, []string{id(latest)}) {
		t.Errorf("it opens with %v", only)
	}
	s.run(latest, func(r *Run) bool { return r.Points.Rows == 2 })
}

// Without an archive the rows of a run under way stand in the folder by two names,
// beside the summary of the run before.
func TestServerOfAFolderWithoutArchive(t *testing.T) {
	dir := t.TempDir()
	own, latest := csv(t, filepath.Join(dir, "loadwright_20261123_150000.csv"), busy(1, 2)), filepath.Join(dir, latestName)
	if err := os.Link(own, latest); err != nil {
		t.Fatal(err)
	}
	summarise := func(scenario, began string) {
		t.Helper()
		text := fmt.Sprintf(`{"ok": true, "scenario": %q, "began": %q, "elapsed_seconds": 60, "events": [{}], "files": {"csv": "x/loadwright.csv"}}`, scenario, began)
		if err := os.WriteFile(filepath.Join(dir, summaryName), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	summarise("before", "2026-11-23T14:58:00Z")
	s := serve(t, dir)
	names := func() (all []string) {
		t.Helper()
		var got struct{ Runs []listed }
		_, text, _ := s.get("/api/runs")
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Runs {
			all = append(all, r.Name)
		}
		return all
	}
	if got := names(); !slices.Equal(got, []string{"loadwright"}) {
		t.Errorf("in the list: %q", got)
	}
	r := s.run(own, func(r *Run) bool { return r.Reading == 1 })
	if r.Name != "loadwright" || r.Summarised || !r.Growing || r.File != latest {
		t.Errorf("%+v", r)
	}
	var got struct{ Version string }
	_, text, _ := s.get("/api/run?run=" + id(latest))
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	// It ends: its summary takes the place, and the page that follows is told.
	summarise("mine", "2026-11-23T14:59:59.9Z")
	if err := os.Remove(own); err != nil {
		t.Fatal(err)
	}
	if code, text, _ := s.get("/api/run?run=" + id(latest) + "&since=" + got.Version); code != http.StatusOK || !strings.Contains(text, `"name":"mine"`) {
		t.Errorf("%d %.200s", code, text)
	}
	if got := names(); !slices.Equal(got, []string{"mine"}) {
		t.Errorf("in the list: %q", got)
	}
}

func TestServerCountsAStretch(t *testing.T) {
	dir := t.TempDir()
	rows := busy(10, 20)
	path := csv(t, filepath.Join(dir, "x.csv"), rows)
	_, text, _ := serve(t, dir).get("/api/stretch?" + url.Values{"run": {id(path)}, "from": {"0.1"}, "to": {"1"}}.Encode())
	var got struct {
		Events []struct {
			Name string
			Figures
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, e := range got.Events {
		var took []float64
		failures := int64(0)
		for _, x := range rows {
			at := starts(x)
			switch {
			case x.Name != e.Name || at[0] < 0.1 || at[0] > 1:
			case x.Status == event.Error:
				failures++
			default:
				took = append(took, at[1])
			}
		}
		if len(took) == 0 || e.Count != int64(len(took)) || e.Failures != failures || !near(e.P95, percentile(took, 0.95)) {
			t.Errorf("%s: %+v", e.Name, e.Figures)
		}
	}
	if len(got.Events) != 2 {
		t.Error(text)
	}
}

// In a stretch the same events are told apart as in the run, where they are many.
func TestStretchOfManyEvents(t *testing.T) {
	var rows []event.Event
	for i := range 40 {
		rows = append(rows, row(fmt.Sprintf("event %02d", i), 0, 1000*i, 500))
	}
	path := csv(t, filepath.Join(t.TempDir(), "x.csv"), rows)
	_, text, _ := serve(t, path).get("/api/stretch?" + url.Values{"run": {id(path)}, "from": {"29.5"}, "to": {"35.5"}}.Encode())
	var got struct {
		Events []struct {
			Name string
			Figures
		}
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for i, e := range read(t, path).Events {
		if want := map[int]int64{30: 1, 31: 5}[i]; got.Events[i].Name != e.Name || got.Events[i].Count != want { // the last are the others
			t.Errorf("%s: %d rows; want %d of %s", got.Events[i].Name, got.Events[i].Count, want, e.Name)
		}
	}
}

// A reader who has gone does not keep the server at a large file.
func TestStretchOfNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := &part{ctx: ctx, from: 100, to: 200, build: NewBuilder(1)}
	p.Begin(begin)
	e := row("load", 0, 0, 100)
	if err := p.Event(&e); err != nil {
		t.Error(err)
	}
	cancel()
	if err := p.Event(&e); !errors.Is(err, context.Canceled) {
		t.Errorf("it goes on: %v", err)
	}
}

func TestServerKeepsFewRunsOpen(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range mostAsked + 3 {
		paths = append(paths, csv(t, filepath.Join(dir, fmt.Sprintf("%02d.csv", i)), busy(1, 1)))
	}
	s := NewServer(dir)
	defer s.Close()
	ask := func(i int) *opened {
		t.Helper()
		o, err := s.open(id(paths[i]))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	keeps := func(what string, first, n int) {
		t.Helper()
		if len(s.opened) != n || len(s.order) != n || s.order[0] != paths[first] {
			t.Errorf("%s: %d are open, from %s on", what, len(s.opened), s.order[0])
		}
	}
	long := func() {
		for _, o := range s.opened {
			o.asked = o.asked.Add(-lately)
		}
	}
	// A page that shows nine or more asks for one after the other, again and again.
	for range 2 {
		for i := range mostOpened + 3 {
			s.leave(ask(i))
		}
		keeps("they are asked for", 0, mostOpened+3)
	}
	long()
	s.leave(ask(mostOpened + 3))
	keeps("they are asked for no more", 4, mostOpened)
	// One that a request waits for stays, however long ago it was asked for.
	held := ask(4)
	long()
	for i := range mostOpened {
		s.leave(ask(mostOpened + 4 + i))
		long()
	}
	if _, ok := s.opened[paths[4]]; !ok {
		t.Error("one that is waited for is gone")
	}
	s.leave(held)
	// There is an end.
	for i := range paths {
		s.leave(ask(i))
	}
	keeps("all are asked for", len(paths)-mostAsked, mostAsked)
	s.Close()
	if _, err := s.open(id(paths[0])); err == nil {
		t.Error("a closed server opens a run")
	}
}

// Of a file that is read no more nobody is told what was read by then, as if it
// were all.
func TestAReadingGivenUpIsNoRun(t *testing.T) {
	dir := t.TempDir()
	path, _ := halfOf(t, dir, busy(3, 4))
	s := NewServer(dir)
	defer s.Close()
	waiting, err := s.open(id(path))
	if err != nil {
		t.Fatal(err)
	}
	waiting.wait(t.Context(), time.Minute)
	// Another run takes the place of the file, and another request asks for it.
	next := csv(t, filepath.Join(t.TempDir(), "y.csv"), busy(4, 9))
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
	other, err := s.open(id(path))
	if err != nil || other == waiting {
		t.Fatalf("the same is read: %v", err)
	}
	if r, err := waiting.run(); err != nil || !r.Growing {
		t.Errorf("who had it before has it no more: %v", err)
	}
	s.leave(waiting)
	if r, err := waiting.run(); err == nil || !strings.Contains(err.Error(), "is read no more: load the page again") {
		t.Errorf("%v, %+v", err, r)
	}
	s.leave(other)
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	if found, err := Find(dir); err != nil || len(found) > 0 {
		t.Errorf("an empty folder: %v, %v", found, err)
	}
	_, err := Find(filepath.Join(dir, "none"))
	if err == nil || !strings.HasSuffix(err.Error(), "none: there is no such file or folder") {
		t.Error(err)
	}
	path := csv(t, filepath.Join(dir, "x.csv"), busy(1, 1))
	if err := os.Mkdir(filepath.Join(dir, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	found, err := Find(path, dir, filepath.Join(dir, "x"))
	if err != nil || len(found) != 1 || found[0] != path {
		t.Errorf("%v, %v", found, err)
	}
	found, err = Find(filepath.Join(dir, "none"), path, filepath.Join(dir, "gone.csv"))
	if len(found) != 1 || found[0] != path || err == nil || strings.Count(err.Error(), "there is no such file or folder") != 2 {
		t.Errorf("%v, %v", found, err)
	}
}

// A file that is not there, or no more, is told in the list, and hides no other.
func TestServeWithoutAFile(t *testing.T) {
	dir := t.TempDir()
	path, gone := csv(t, filepath.Join(dir, "x.csv"), busy(1, 1)), filepath.Join(dir, "gone.csv")
	s := serve(t, path, gone)
	var start struct{ Only []string }
	_, text, _ := s.get("/api/start")
	if err := json.Unmarshal([]byte(text), &start); err != nil || len(start.Only) != 1 || start.Only[0] != id(path) {
		t.Errorf("%s, %v", text, err)
	}
	var list struct {
		Runs  []listed
		Wrong string
	}
	_, text, _ = s.get("/api/runs")
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Runs) != 1 || list.Wrong != gone+": there is no such file or folder" {
		t.Errorf("%s, %v", text, err)
	}
	s.run(path, func(r *Run) bool { return len(r.Events) > 0 })
	if code, text, _ := s.get("/api/run?run=" + id(gone)); code != http.StatusUnprocessableEntity || !strings.Contains(text, "its file is gone") {
		t.Errorf("%d %s", code, text)
	}
}

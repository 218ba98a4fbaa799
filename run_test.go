package loadwright_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// serve starts the sample app, and looks at the end of the test for what its
// runs left behind. The test cannot be parallel to others.
func serve(t *testing.T) string {
	t.Helper()
	leftover.Folder(t)
	server := httptest.NewServer(sampleapp.New(sampleapp.Options{RunDelay: 20 * time.Millisecond}))
	t.Cleanup(server.Close)
	return server.URL
}

const clicker = `
name: clicker
url: http://localhost:1
vars: {clicks: 1}
load: {users: 1, start_interval: 1h}
steps:
  - event: load
    steps:
      - goto: /app
  - repeat: ${clicks}
    steps:
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run ${i} in"}
`

// endless is a user who is always in an event.
const endless = `
url: http://localhost:1
load: {users: 2, start_interval: 0s, duration: 1h}
steps:
  - event: wait
    steps:
      - event: load
        steps:
          - goto: /app
      - wait_for: {text: what never comes}
        timeout: 1h
`

// recorder is a sink that remembers what it was told.
type recorder struct{ events []loadwright.Event }

func (r *recorder) Event(e *loadwright.Event) error {
	r.events = append(r.events, *e)
	return nil
}

// sink is a function that is a sink.
type sink func(e *loadwright.Event) error

func (s sink) Event(e *loadwright.Event) error { return s(e) }

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// A browser may take longer to start than the load does: its time is not the
// load's.
func TestASlowBrowserCostsTheLoadNothing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the slow browser is a shell script")
	}
	url := serve(t)
	found, err := provision.Find(t.Context(), provision.Options{})
	if err != nil {
		t.Fatal(err)
	}
	slow := filepath.Join(t.TempDir(), "slow.sh")
	script := "#!/bin/sh\n[ \"$1\" = --version ] || sleep 13\nexec '" + found.Browser + "' \"$@\"\n"
	if err := os.WriteFile(slow, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	res, err := loadwright.Run(t.Context(), parse(t, clicker), loadwright.Options{
		URL: url, Duration: time.Second, Out: t.TempDir(), BrowserPath: slow, NoSandbox: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Iterations.Completed < 1 {
		t.Errorf("%+v", res)
	}
}

func TestRun(t *testing.T) {
	var log bytes.Buffer
	var seen recorder
	var watched loadwright.Progress
	var now func() loadwright.Progress
	o := loadwright.Options{
		URL: serve(t), Users: 2, Iterations: 2, StartInterval: new(time.Duration), Set: map[string]string{"clicks": "3"},
		Timeout: 20 * time.Second, Thresholds: []string{"interact p95 < 20s", "load count >= 4"},
		Out: filepath.Join(t.TempDir(), "results"), Log: &log, Headed: new(false),
	}
	o.Follow = func(r *loadwright.Running) { now = r.Progress }
	o.Sinks = []loadwright.Sink{&seen, sink(func(*loadwright.Event) error { watched = now(); return nil })}
	before := time.Now()
	res, err := loadwright.Run(t.Context(), parse(t, clicker), o)
	if err != nil {
		t.Fatal(err)
	}

	if res.Name != "clicker" || res.Users != 2 || res.Ended != nil || res.Iterations != (loadwright.Iterations{Completed: 4}) || !res.OK() {
		t.Errorf("%+v", res)
	}
	if res.Began.Before(before) || res.Elapsed <= 0 || res.Began.Add(res.Elapsed).After(time.Now()) || res.Began.Location() != time.UTC {
		t.Errorf("it began at %v and took %v", res.Began, res.Elapsed)
	}
	var names []string
	for _, e := range res.Events {
		names = append(names, e.Name)
	}
	if !slices.Equal(names, []string{"load", "interact"}) || res.All.Count != 16 || len(res.Failures) != 0 {
		t.Errorf("events %q, %d in all, failures %v", names, res.All.Count, res.Failures)
	}
	interact := res.Event("interact")
	if interact.Count != 12 || interact.Mean < 20*time.Millisecond || interact.Min > interact.Median || interact.Median > interact.Max {
		t.Errorf("%+v", interact)
	}
	if res.Quantile("interact", 0.5) != interact.Median || res.Quantile("interact", 1) != interact.Max || res.Quantile("", 1) != res.All.Max {
		t.Errorf("quantiles differ from %+v", interact)
	}
	if nothing := res.Event("nothing"); nothing.Name != "nothing" || nothing.Count != 0 || res.Quantile("nothing", 0.5) != 0 {
		t.Errorf("an event that is not there: %+v", nothing)
	}
	if len(res.Thresholds) != 3 || !res.Thresholds[2].Threshold.Implied {
		t.Errorf("thresholds %+v", res.Thresholds)
	}

	// What is in the file is what the sinks were told, and in their order.
	n := 0
	for e, err := range res.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if told := seen.events[n]; e.Name != told.Name || e.User != told.User || e.Start != told.Start || e.Stop != told.Stop {
			t.Errorf("row %d is %+v, the sink was told %+v", n, e, told)
		}
		n++
	}
	if n != 16 || len(seen.events) != 16 {
		t.Errorf("%d rows, %d events told", n, len(seen.events))
	}
	for range res.Rows() {
		break // leaves no file open: Windows would not let it be removed
	}

	if watched.Stage != "loading" || watched.Most != 2 || watched.Planned != 4 || len(watched.Events) != 2 || watched.All.Count < 15 {
		t.Errorf("the progress at the last event: %+v", watched)
	}
	if at := now(); at.Stage != "ended" || at.Iterations != 4 || at.Active != 0 {
		t.Errorf("the progress at the end: %+v", at)
	}

	if res.Latest != filepath.Join(o.Out, "loadwright.csv") || filepath.Dir(res.CSV) != filepath.Join(o.Out, "archive") {
		t.Errorf("the files are %s and %s", res.CSV, res.Latest)
	}
	for _, path := range []string{res.CSV, res.Latest, res.Summary, filepath.Join(res.Dir, "scenario.yaml")} {
		exists(t, path)
	}
	if os.Geteuid() == 0 && !strings.Contains(log.String(), "Chromium's sandbox is off") {
		t.Errorf("the log is %q", log.String())
	}

	// The same scenario runs again: without an archive, for a time, headless by
	// a browser that is named.
	found, err := provision.Find(t.Context(), provision.Options{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := loadwright.Run(t.Context(), parse(t, strings.Replace(clicker, "users: 1", "users: 1, iterations: 1", 1)), loadwright.Options{
		URL: o.URL, Duration: 500 * time.Millisecond, Out: o.Out, NoArchive: true, BrowserPath: found.Browser, NoSandbox: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if again.CSV != again.Latest || again.Dir != o.Out || again.Iterations.Completed < 1 || again.Iterations.NotStarted != 0 {
		t.Errorf("%+v", again)
	}
	settings := summaryOf(t, again)["settings"].(map[string]any)
	if settings["iterations"] != 0.0 || settings["duration_seconds"] != 0.5 {
		t.Errorf("settings %v", settings)
	}
}

func summaryOf(t *testing.T, r *loadwright.Result) map[string]any {
	t.Helper()
	text, err := os.ReadFile(r.Summary)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRunFailures(t *testing.T) {
	url := serve(t)
	t.Setenv("LOADWRIGHT_TEST_PASSWORD", "correct horse")
	secret := parse(t, `
url: http://localhost:1
steps:
  - event: load
    steps:
      - goto: /app?password=${env.LOADWRIGHT_TEST_PASSWORD}
  - event: find
    steps:
      - wait_for: {text: "${env.LOADWRIGHT_TEST_PASSWORD}"}
        timeout: 200ms
`)
	res, err := loadwright.Run(t.Context(), secret, loadwright.Options{
		URL: url, Iterations: 2, Artefacts: 1, Thresholds: []string{"find p95 < 1s"}, Out: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.OK() || res.Iterations.Failed != 2 || res.Event("find").Failures != 2 || res.Event("load").Count != 2 || len(res.Failures) != 2 {
		t.Errorf("%+v", res)
	}
	if v := res.Thresholds[0]; v.OK || v.Seen != "longer than any limit" {
		t.Errorf("errors have a p95: %+v", v)
	}
	if files := loadwright.ArtefactsOf(res.Failures[0]); len(files) == 0 || filepath.Base(files[0]) != "failure-u0-i1.png" {
		t.Errorf("of the first failure is kept: %q", files)
	}
	if files := loadwright.ArtefactsOf(res.Failures[1]); len(files) != 0 {
		t.Errorf("of the second failure is kept: %q", files)
	}
	told := res.Failures[0].Err.Error()
	if !strings.Contains(told, "***") || !strings.HasPrefix(told, "scenario.yaml:9:9: user 0, iteration 1: ") {
		t.Errorf("the failure is told as %q", told)
	}
	// A secret is in nothing that is written, but for pictures.
	files, err := filepath.Glob(filepath.Join(res.Dir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatal(err, files)
	}
	for _, f := range append(files, res.CSV) {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("correct horse")) || bytes.Contains(text, []byte("correct%20horse")) {
			t.Errorf("%s holds the secret", filepath.Base(f))
		}
	}
	if strings.Contains(told, "horse") {
		t.Errorf("the failure tells the secret: %q", told)
	}
}

func TestRunOptions(t *testing.T) {
	url := serve(t)
	t.Setenv("DEBUG", "pw:browser")
	var log bytes.Buffer
	var mu sync.Mutex
	res, err := loadwright.Run(t.Context(), parse(t, clicker), loadwright.Options{
		URL: url, SlowMo: new(300 * time.Millisecond), Artefacts: -1, Out: t.TempDir(), Thresholds: []string{"load max < 1ns"},
		Timeout: 10 * time.Second, DriverLog: writer(func(p []byte) { mu.Lock(); defer mu.Unlock(); log.Write(p) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.OK() || len(res.Failures) != 0 {
		t.Errorf("%+v", res)
	}
	// goto and click, with a pause before each.
	if res.Elapsed < 600*time.Millisecond {
		t.Errorf("with slow motion it took %s", res.Elapsed)
	}
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "pw:browser") {
		t.Errorf("the driver's log is %q", log.String())
	}

	short, err := loadwright.Run(t.Context(), parse(t, strings.Replace(clicker, "Finished", "Begun", 1)), loadwright.Options{
		URL: url, Timeout: 300 * time.Millisecond, Artefacts: -1, Out: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(short.Failures) != 1 || !strings.Contains(short.Failures[0].Err.Error(), "not within 300ms") || len(loadwright.ArtefactsOf(short.Failures[0])) != 0 {
		t.Errorf("failures %v", short.Failures)
	}
}

type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }

// TestRunEnds ends runs in all the ways there are, in the midst of an event.
func TestRunEnds(t *testing.T) {
	url := serve(t)
	enough, broken := errors.New("enough"), errors.New("the sink is broken")
	type ways struct {
		cancel context.CancelCauseFunc
		stop   chan error
	}
	for _, test := range []struct {
		name      string
		graceful  string // of the scenario
		onLoad    func(w ways) error
		ended     error // in Result.Ended
		err       error // in the chain of Run's error
		cancelled int
	}{
		{"cancelled", "1h", func(w ways) error { w.cancel(enough); return nil }, enough, nil, 2},
		{"stopped", "1ms", func(w ways) error { w.stop <- enough; return nil }, enough, nil, 2},
		{"a sink has enough", "1ms", func(ways) error { return errors.Join(enough, loadwright.ErrStop) }, enough, nil, 2},
		{"a sink fails", "1h", func(ways) error { return broken }, broken, broken, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			w := ways{cancel, make(chan error, 1)}
			var seen recorder
			loads := 0
			res, err := loadwright.Run(ctx, parse(t, strings.Replace(endless, "duration: 1h", "duration: 1h, graceful_stop: "+test.graceful, 1)), loadwright.Options{
				URL: url, Out: t.TempDir(), Stop: w.stop,
				Sinks: []loadwright.Sink{&seen, sink(func(e *loadwright.Event) error {
					if e.Name == "load" {
						if loads++; loads == 2 {
							return test.onLoad(w)
						}
					}
					return nil
				})},
			})
			if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Fatalf("the error is %v, want %v", err, test.err)
			}
			if err != nil && !errors.Is(err, loadwright.ErrNotRun) {
				t.Errorf("%v is not ErrNotRun", err)
			}
			if !errors.Is(res.Ended, test.ended) {
				t.Errorf("it ended because of %v, want %v", res.Ended, test.ended)
			}
			if res.Iterations.Cancelled != test.cancelled || res.Event("load").Count != 2 || res.Event("wait").Cancelled != int64(test.cancelled) {
				t.Errorf("%+v", res)
			}
			n := 0
			for _, err := range res.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 4 || len(seen.events) != 4 {
				t.Errorf("%d rows in the file, %d events told, want 4", n, len(seen.events))
			}
			if ended := summaryOf(t, res)["ended"]; !strings.Contains(ended.(string), test.ended.Error()) {
				t.Errorf("the summary says %q", ended)
			}
		})
	}
}

func TestRunPanic(t *testing.T) {
	url := serve(t)
	n := 0
	res, err := loadwright.Run(t.Context(), parse(t, clicker), loadwright.Options{
		URL: url, Iterations: 1000, Out: t.TempDir(),
		Sinks: []loadwright.Sink{sink(func(*loadwright.Event) error {
			if n++; n == 3 {
				panic("three is too many")
			}
			return nil
		})},
	})
	var bug *loadwright.PanicError
	if !errors.As(err, &bug) || bug.Value != "three is too many" || !bytes.Contains(bug.Stack, []byte("TestRunPanic")) {
		t.Fatalf("the error is %v", err)
	}
	if errors.Is(err, loadwright.ErrNotRun) {
		t.Error("a bug counts as a run that could not be carried out")
	}
	if res == nil || res.All.Count < 3 {
		t.Fatalf("the results are not kept: %+v", res)
	}
	rows := 0
	for _, err := range res.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows++
	}
	if rows < 3 {
		t.Errorf("%d rows", rows)
	}
	exists(t, res.Summary)
}

// TestNotRun holds that nothing is started, and nothing written, when a run can
// not be carried out.
func TestNotRun(t *testing.T) {
	url := serve(t)
	cancelled, cancel := context.WithCancelCause(t.Context())
	nevermind := errors.New("never mind")
	cancel(nevermind)
	stopped := make(chan error, 1)
	stopped <- nevermind
	quietly := make(chan error, 1)
	quietly <- nil
	t.Setenv("LOADWRIGHT_TEST_HOST", "127.0.0.1:1")
	for _, test := range []struct {
		name string
		ctx  context.Context
		yaml string
		o    loadwright.Options
		want string
		is   error
	}{
		{"nobody listens", t.Context(), smallest, loadwright.Options{URL: "http://127.0.0.1:1"}, "nothing listens at 127.0.0.1:1", nil},
		{"no such host", t.Context(), smallest, loadwright.Options{URL: "http://nowhere.invalid"}, `the host name "nowhere.invalid" does not resolve`, nil},
		{"the address is a secret", t.Context(), strings.Replace(smallest, "localhost:1", "${env.LOADWRIGHT_TEST_HOST}", 1), loadwright.Options{}, "the app at http://*** cannot be reached", nil},
		{"no browser", t.Context(), smallest, loadwright.Options{URL: url, BrowserPath: "nowhere/chromium"}, "nowhere/chromium, can't be used", nil},
		{"no folder", t.Context(), smallest, loadwright.Options{URL: url, Out: "go.mod"}, "results can't be written to go.mod", nil},
		{"cancelled before", cancelled, smallest, loadwright.Options{URL: url}, "never mind", nevermind},
		{"stopped before", t.Context(), smallest, loadwright.Options{URL: url, Stop: stopped, BrowserPath: slowBrowser(t)}, "never mind", nevermind},
		{"stopped without a reason", t.Context(), smallest, loadwright.Options{URL: url, Stop: quietly, BrowserPath: slowBrowser(t)}, "the run was stopped", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.o.Out == "" {
				test.o.Out = filepath.Join(t.TempDir(), "results")
			}
			res, err := loadwright.Run(test.ctx, parse(t, test.yaml), test.o)
			if res != nil || !errors.Is(err, loadwright.ErrNotRun) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, %v", res, err)
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is more than a line: %q", err)
			}
			if _, err := os.Stat(test.o.Out); err == nil && test.o.Out != "go.mod" {
				t.Error("there is a folder of results")
			}
		})
	}
}

// slowBrowser is a browser that takes its time to say its version: what stops a
// run comes before.
func slowBrowser(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chromium")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nsleep 600\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRowsGone tells of a file that cannot be read.
func TestRowsGone(t *testing.T) {
	r := &loadwright.Result{CSV: filepath.Join(t.TempDir(), "nowhere.csv")}
	n := 0
	for _, err := range r.Rows() {
		if n++; !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the error is %v", err)
		}
	}
	r.CSV = write(t, "torn.csv", "this is no header\n")
	for _, err := range r.Rows() {
		if n++; err == nil || errors.Is(err, io.EOF) {
			t.Errorf("the error is %v", err)
		}
	}
	if n != 2 {
		t.Errorf("%d errors", n)
	}
}

// What is kept of a page is told also where its user had an answer to a request.
func TestArtefactsBesideARequest(t *testing.T) {
	source := "url: http://localhost:1\nload: {users: 1}\nsteps:\n- event: load\n  steps:\n  - goto: /app\n  - request: GET /app\n  - wait_for: {text: what never comes}\n    timeout: 100ms\n"
	res, err := loadwright.Run(t.Context(), parse(t, source), loadwright.Options{URL: serve(t), Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if files := loadwright.ArtefactsOf(res.Failures[0]); len(files) == 0 || filepath.Base(files[0]) != "failure-u0-i1.png" {
		t.Errorf("%q", files)
	}
}

package sampleapp

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func ask(a *App, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestDelaysAreExact(t *testing.T) {
	o := Options{LoadDelay: 300 * time.Millisecond, RunDelay: 500 * time.Millisecond}
	for _, test := range []struct {
		method, target string
		want           time.Duration
	}{
		{"GET", "/app", 300 * time.Millisecond},
		{"GET", "/app?load_delay=0", 0},
		{"GET", "/app?load_delay=1m5s&run_delay=7s", 65 * time.Second},
		{"GET", "/form", 300 * time.Millisecond},
		{"POST", "/run", 500 * time.Millisecond},
		{"GET", "/run", 500 * time.Millisecond},
		{"POST", "/run?run_delay=0", 0},
		{"POST", "/run?run_delay=1500ms&load_delay=9s", 1500 * time.Millisecond},
		{"GET", "/static/app.js", 0},
		{"GET", "/error", 0},
		{"GET", "/", 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			w := ask(New(o), test.method, test.target)
			if took := time.Since(began); took != test.want {
				t.Errorf("%s %s took %v, want %v", test.method, test.target, took, test.want)
			}
			if !strings.Contains(test.target, "/run") {
				return
			}
			var body struct{ Seconds float64 }
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Seconds != test.want.Seconds() {
				t.Errorf("%s %s says %q, want seconds %v", test.method, test.target, w.Body, test.want.Seconds())
			}
		})
	}
}

func TestOneWorkerServesInTheOrderOfArrival(t *testing.T) {
	for _, test := range []struct {
		workers int
		want    []time.Duration // until each of five answers, in the order of their arrival
	}{
		{0, []time.Duration{100, 100, 100, 100, 100}},
		{1, []time.Duration{100, 200, 300, 400, 500}},
		{2, []time.Duration{100, 100, 200, 200, 300}},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := New(Options{RunDelay: 100 * time.Millisecond, Workers: test.workers})
			began := time.Now()
			took := make([]time.Duration, len(test.want))
			var users sync.WaitGroup
			for i := range took {
				users.Go(func() {
					ask(a, []string{"GET", "POST"}[i%2], "/run")
					took[i] = time.Since(began)
				})
				synctest.Wait()
			}
			users.Wait()
			for i := range took {
				if took[i] != test.want[i]*time.Millisecond {
					t.Errorf("%d workers: answers after %v, want %v ms", test.workers, took, test.want)
					break
				}
			}
		})
	}
}

func TestRunSaysWhatItTookAndNotHowLongItWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Options{RunDelay: time.Second, Workers: 1})
		go ask(a, "POST", "/run")
		synctest.Wait()
		if body := ask(a, "POST", "/run").Body.String(); body != `{"seconds":1}`+"\n" {
			t.Errorf("body %q, want one second", body)
		}
	})
}

func TestBadDelays(t *testing.T) {
	a := New(Options{})
	for _, test := range []struct{ query, want string }{
		{"run_delay=soon", `run_delay: "soon" is no delay: write it like 0, 50ms or 1.5s`},
		{"run_delay=50", `run_delay: "50" is no delay: write it like 0, 50ms or 1.5s`},
		{"load_delay=", `load_delay: "" is no delay: write it like 0, 50ms or 1.5s`},
		{"load_delay=-1s", `load_delay: -1s is no delay: it must lie between 0 and 10m0s`},
		{"run_delay=0,11m", `run_delay: 11m0s is no delay: it must lie between 0 and 10m0s`},
		{"run_delay=0" + strings.Repeat(",0", 1000), `run_delay: 1001 delays: at most 1000 are taken`},
	} {
		for _, page := range []string{"/app", "/form", "/run"} {
			w := ask(a, "GET", page+"?"+test.query)
			if w.Code != http.StatusBadRequest || strings.TrimSpace(w.Body.String()) != test.want {
				t.Errorf("%s?%.40s: %d %q, want 400 %q", page, test.query, w.Code, w.Body, test.want)
			}
		}
	}
}

func TestPagesTellTheirScriptWhatToDo(t *testing.T) {
	a := New(Options{RunDelay: 500 * time.Millisecond})
	for _, test := range []struct{ target, want string }{
		{"/app", `<body data-run-delays="500">`},
		{"/app?run_delay=0,50ms,1.5s,0.5ms", `<body data-run-delays="0 50 1500 0.5">`},
		{"/app?run_delay=0&local=1", `<body data-run-delays="0" data-local>`},
		{"/form", `<script src="/static/form.js" type="module">`},
		{"/app", `<script src="/static/app.js" type="module">`},
		{"/app?run_delay=0,50ms", `<b>0s, 50ms</b>`},
	} {
		w := ask(a, "GET", test.target)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: status %d, no %s in\n%s", test.target, w.Code, test.want, w.Body)
		}
	}
}

var (
	reference = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	inline    = regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script(?: type="module")?>|javascript:`)
)

func TestPagesObeyTheirPolicyAndLackNothing(t *testing.T) {
	a := New(Options{})
	for _, page := range []string{"/app", "/form"} {
		w := ask(a, "GET", page)
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; script-src 'self';") {
			t.Errorf("%s: Content-Security-Policy %q", page, got)
		}
		if found := inline.FindString(w.Body.String()); found != "" {
			t.Errorf("%s: %q would be refused by the policy", page, found)
		}
		references := reference.FindAllStringSubmatch(w.Body.String(), -1)
		if len(references) < 4 {
			t.Errorf("%s: references %v", page, references)
		}
		for _, r := range references {
			if !strings.HasPrefix(r[1], "/") {
				t.Errorf("%s refers to %s, which is another host's", page, r[1])
			} else if w := ask(a, "GET", r[1]); w.Code != http.StatusOK {
				t.Errorf("%s refers to %s: status %d", page, r[1], w.Code)
			}
		}
	}
}

// The package comment promises these to calibration and to tests.
func TestTheScriptKeepsTheRecordOfTheTruth(t *testing.T) {
	script := ask(New(Options{}), "GET", "/static/app.js").Body.String()
	for _, promise := range []string{
		`document.body.dataset.inserted = record.inserted`,
		`["run", "pressed", "clicked", "answered", "delay", "seconds"]`,
		`window.truth = () => record`,
		"`Finished run ${run.run} in ${seconds.toFixed(3)} sec`;\n\trun.answered = performance.now();",
		".append(button);\nrecord.inserted = performance.now();",
	} {
		if !strings.Contains(script, promise) {
			t.Errorf("app.js no longer holds %s", promise)
		}
	}
}

func TestOtherAnswers(t *testing.T) {
	a := New(Options{})
	for _, test := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", http.StatusFound},
		{"GET", "/error", http.StatusInternalServerError},
		{"GET", "/error?status=503", http.StatusServiceUnavailable},
		{"GET", "/error?status=200", http.StatusInternalServerError},
		{"GET", "/nowhere", http.StatusNotFound},
		{"DELETE", "/run", http.StatusMethodNotAllowed},
		{"POST", "/app", http.StatusMethodNotAllowed},
	} {
		if w := ask(a, test.method, test.target); w.Code != test.status {
			t.Errorf("%s %s: status %d, want %d", test.method, test.target, w.Code, test.status)
		}
	}
	if to := ask(a, "GET", "/").Header().Get("Location"); to != "/app" {
		t.Errorf("/ leads to %s", to)
	}
}

func postForm(a *App, target string, fields [][2]string, files map[string]string) *httptest.ResponseRecorder {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range fields {
		_ = form.WriteField(f[0], f[1])
	}
	for name, content := range files {
		part, _ := form.CreateFormFile("attachment", name)
		_, _ = io.WriteString(part, content)
	}
	_ = form.Close()
	r := httptest.NewRequest("POST", target, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestFormSaysWhatItGot(t *testing.T) {
	a := New(Options{})
	for _, test := range []struct {
		fields [][2]string
		files  map[string]string
		status int
		want   string
	}{
		{
			[][2]string{{"name", "Ada"}, {"email", "a@b.c"}, {"country", "Kenya"}, {"topic", "Errors"}, {"topic", "Costs"}, {"plan", "Team"}, {"first", "Speed"}},
			map[string]string{"note.txt": "12345"},
			http.StatusOK, `{"message":"Saved Ada, a@b.c, Kenya, Team, Errors, Costs, Speed first, note.txt (5 bytes)"}`,
		},
		{[][2]string{{"name", "Ada"}}, nil, http.StatusOK, `{"message":"Saved Ada"}`},
		{[][2]string{{"email", "a@b.c"}}, nil, http.StatusUnprocessableEntity, `the name is missing`},
		{nil, map[string]string{"big": strings.Repeat("x", maxForm)}, http.StatusRequestEntityTooLarge, `http: request body too large`},
	} {
		w := postForm(a, "/form", test.fields, test.files)
		if got := strings.TrimSpace(w.Body.String()); w.Code != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%v: %d %s, want %d %s", test.fields, w.Code, got, test.status, test.want)
		}
	}
	if w := ask(a, "POST", "/form"); w.Code != http.StatusBadRequest {
		t.Errorf("a form that is none: status %d", w.Code)
	}
}

func TestFormTakesItsDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		postForm(New(Options{LoadDelay: time.Hour, RunDelay: time.Second}), "/form?run_delay=3s", [][2]string{{"name", "Ada"}}, nil)
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("saved after %v, want 3s", took)
		}
	})
}

func FuzzParseDelays(f *testing.F) {
	for _, s := range []string{"0", "50ms", "0,50ms,1.5s", " 1m , 2s", "", ",", "-1s", "1e9h", "9223372036854775807ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDelays(s)
		if err != nil {
			return
		}
		again, err := ParseDelays(d.String())
		if err != nil || again.String() != d.String() {
			t.Errorf("%q reads as %v, which reads as %v, %v", s, d, again, err)
		}
		for _, delay := range d {
			if delay < 0 || delay > maxDelay {
				t.Errorf("%q: delay %v", s, delay)
			}
		}
	})
}

func TestTruth(t *testing.T) {
	var got []Truth
	a := New(Options{Truth: func(t Truth) { got = append(got, t) }})
	post := func(body string) int {
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/truth", strings.NewReader(body)))
		return w.Code
	}
	record := `{"as":"u1-i2","inserted":41.3,"runs":[{"run":1,"pressed":null,"clicked":100.5,"answered":601.2,"delay":500,"seconds":0.5002}]}`
	if code := post(record); code != http.StatusNoContent {
		t.Errorf("a record is answered with %d", code)
	}
	if code := post("{"); code != http.StatusBadRequest {
		t.Errorf("half a record is answered with %d", code)
	}
	want := []Truth{{As: "u1-i2", Inserted: 41.3, Runs: []Run{{Run: 1, Clicked: 100.5, Answered: 601.2, Delay: 500, Seconds: 0.5002}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
}

package loadwright_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// portal is the sample app, whose logins are counted. /cookies answers with the
// cookies that it is sent, and sets another.
type portal struct {
	*httptest.Server
	mu     sync.Mutex
	logins int
}

func servePortal(t *testing.T) *portal {
	t.Helper()
	leftover.Folder(t)
	p := &portal{}
	mux := http.NewServeMux()
	app := sampleapp.New(sampleapp.Options{})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.logins++
		p.mu.Unlock()
		app.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /cookies", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "by_request", Value: "r1"})
		fmt.Fprint(w, r.Header.Get("Cookie"))
	})
	mux.Handle("/", app)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

const accounts = "username,password\nada,secret of ada\ngrace,secret of grace\n"

// loadBeside loads a scenario from a folder that has the accounts, too.
func loadBeside(t *testing.T, text string) *loadwright.Scenario {
	t.Helper()
	path := write(t, "scenario.yaml", text)
	writeTo(t, filepath.Join(filepath.Dir(path), "accounts.csv"), accounts)
	s, err := loadwright.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestLoginState holds that a login on a page reaches all later sessions: pages
// with cookies, local and session storage and IndexedDB, requests with cookies;
// and that a page and the requests beside it have the same cookies.
func TestLoginState(t *testing.T) {
	app := servePortal(t)
	res, err := loadwright.Run(t.Context(), loadBeside(t, `
data: {account: {file: accounts.csv, when_exhausted: repeat, secret: password}}
load: {users: 4, start_interval: 0s, iterations: 2}
login:
  once_per: row
  steps:
    - goto: /login
    - fill: {label: Username}
      value: ${account.username}
    - fill: {label: Password}
      value: ${account.password}
    - click: {role: button, name: Sign in}
    - wait_for_url: /reports
user_types:
  reader:
    weight: 1
    steps:
      - request: GET /api/reports
        expect_body: '"username":"${account.username}"'
  clicker:
    weight: 1
    steps:
      - event: reports
        steps:
          - goto: /reports
          - expect: {test_id: kept}
            to_have_text: token of ${account.username}, tab of ${account.username}, record of ${account.username}
      - evaluate: document.cookie = 'by_page=p1'
      - request: GET /cookies
        expect_body: by_page=p1
      - request: GET /api/reports
        expect_body: '"username":"${account.username}"'
      - wait_for_function: document.cookie.includes('by_request=r1')
        timeout: 2s
`), loadwright.Options{URL: app.URL, Out: t.TempDir(), Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range res.Failures {
		t.Error(f.Err)
	}
	if app.logins != 2 || res.Event("login").Count != 2 {
		t.Errorf("%d logins, %d events, want one for each of 2 rows", app.logins, res.Event("login").Count)
	}
	if res.Iterations.Completed != 8 || res.Event("reports").Count != 4 || res.Event("GET /api/reports").Count != 8 {
		t.Errorf("%+v, %+v", res.Iterations, res.Events)
	}
}

// TestLoginOncePer counts logins, for users without a browser.
func TestLoginOncePer(t *testing.T) {
	for per, want := range map[string]int{"user": 4, "row": 2, "run": 1} {
		app := servePortal(t)
		body := `'"username":"${account.username}"'`
		if per == "run" {
			body = `'"username":"'` // whoever came first
		}
		res, err := loadwright.Run(t.Context(), loadBeside(t, `
data: {account: {file: accounts.csv, when_exhausted: repeat, secret: password}}
load: {users: 4, start_interval: 0s, iterations: 3}
login:
  once_per: `+per+`
  steps:
    - request: POST /login
      form: {username: "${account.username}", password: "${account.password}"}
steps:
  - request: GET /api/reports
    expect_body: `+body+`
`), loadwright.Options{URL: app.URL, Out: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if !res.OK() || app.logins != want || res.Event("login").Count != int64(want) || res.Event("GET /api/reports").Count != 12 {
			t.Errorf("once per %s: %d logins, want %d; %+v", per, app.logins, want, res.Failures)
		}
	}
}

// TestSessionOfUser holds that with session: user the page and its context stay
// from iteration to iteration, on which times are as right as on a fresh one, and
// that a failed iteration is followed by a fresh one.
func TestSessionOfUser(t *testing.T) {
	const scenario = `
load: {users: 1, iterations: 5, session: user}
user_types: {coder: {weight: 1, func: code}}
thresholds: [errors <= 100%]
`
	var kept []string
	var truths []truth
	code := func(u *loadwright.User) error {
		state, err := u.Evaluate("() => location.pathname + ' ' + (window.kept ?? 0)")
		if err != nil {
			return err
		}
		kept = append(kept, state)
		if u.Iteration() == 1 || u.Iteration() == 5 {
			u.Goto("/app?run_delay=150ms")
		}
		if _, err := u.Evaluate("() => { window.kept = (window.kept ?? 0) + 1; document.cookie = 'kept=1'; }"); err != nil {
			return err
		}
		if u.Iteration() == 4 {
			return errors.New("enough of this page")
		}
		err = u.Event("interact", func() error {
			u.Click(loadwright.Role("button", "Run"))
			u.WaitUntil(loadwright.Role("status", ""), "changed")
			u.WaitFor(loadwright.Text("Finished run"))
			return nil
		})
		if err != nil {
			return err
		}
		now, err := truthOf(u)
		truths = append(truths, now)
		return err
	}
	res, err := loadwright.Run(t.Context(), parse(t, scenario), loadwright.Options{
		URL: serve(t), Out: t.TempDir(), Timeout: 5 * time.Second,
		UserFuncs: map[string]loadwright.UserFunc{"code": code},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(kept, ", "), "blank 0, /app 1, /app 2, /app 3, blank 0"; got != want {
		t.Errorf("the pages are %s, want %s", got, want)
	}
	if len(res.Failures) != 1 || res.Iterations.Completed != 4 {
		t.Errorf("%+v, %v", res.Iterations, res.Failures)
	}
	n := 0
	for e, err := range res.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		if e.Name != "interact" {
			continue
		}
		want := truths[n].Answered - truths[n].Pressed
		if want < 150 || math.Abs(milliseconds(e.Duration())-want) > 30 {
			t.Errorf("iteration %d took %v, the page says %.1f ms", e.Iteration, e.Duration(), want)
		}
		n++
	}
	if n != 4 || len(truths) != 4 {
		t.Errorf("%d events, %d truths", n, len(truths))
	}
}

package loadwright_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
)

const mixed = `
name: Go beside YAML
url: http://localhost:1
load: {users: 3, start_interval: 0s, iterations: 9}
user_types:
  coder: {count: 1, func: code}
  clicker:
    count: 1
    steps:
      - event: load
        steps:
          - goto: /app
  reader:
    count: 1
    steps:
      - request: GET /app
thresholds:
  - {check: interact mean < 10s, user_type: coder}
  - errors <= 100%
`

// truth is what the sample app's page knows of its last run.
type truth struct{ Pressed, Answered float64 }

func truthOf(u *loadwright.User) (truth, error) {
	text, err := u.Evaluate("() => JSON.stringify(window.truth().runs.at(-1))")
	var run truth
	if err == nil {
		err = json.Unmarshal([]byte(text), &run)
	}
	return run, err
}

// TestUser is a user written in Go among others: what it does is timed by the
// page's clock, and what it does wrong is its own.
func TestUser(t *testing.T) {
	var truths []truth
	var text, evaluated, title string
	var late error
	code := func(u *loadwright.User) error {
		u.Goto("/app?run_delay=150ms")
		run := loadwright.Role("button", "Run")
		interact := func(n int) func() error {
			return func() error {
				u.Click(run)
				u.WaitFor(loadwright.Text(fmt.Sprintf("Finished run %d in", n)))
				return nil
			}
		}
		switch u.Iteration() {
		case 1: // nested events
			return u.Event("both", func() error {
				for n := 1; n <= 2; n++ {
					if err := u.Event("interact", interact(n)); err != nil {
						return err
					}
					now, err := truthOf(u)
					if err != nil {
						return err
					}
					truths = append(truths, now)
				}
				return nil
			})
		case 2: // values, and the page itself
			u.Click(run)
			var err error
			if text, err = u.TextOf(loadwright.Text("Finished run 1 in")); err != nil {
				return err
			}
			if evaluated, err = u.Evaluate("() => 6 * 7"); err != nil {
				return err
			}
			page, err := u.Page()
			if err != nil {
				return err
			}
			title, err = page.Title()
			return err
		case 3:
			return u.Event("find", func() error {
				u.Hover(run)
				u.Click(loadwright.TestID("nowhere").Within(loadwright.CSS("body"))) // the failing line
				u.WaitFor(loadwright.Text("never looked for"))
				return nil
			})
		case 4:
			late = u.EventWithin(200*time.Millisecond, "slow", func() error {
				u.WaitFor(loadwright.Text("Finished run 9"))
				return nil
			})
			return nil // though it has failed
		case 5:
			return u.Event("add up", func() error { return errors.New("the sum is wrong") })
		case 6:
			return u.Event("typo", func() error {
				u.WaitForState(run, "disabled")
				return nil
			})
		case 7:
			u.WaitUntil(run, "enabled")
		case 8:
			var nobody *truth
			return u.Event("panic", func() error { nobody.Pressed = 1; return nil })
		}
		return nil
	}
	res, err := loadwright.Run(t.Context(), parse(t, mixed), loadwright.Options{
		URL: serve(t), Out: t.TempDir(), Timeout: 2 * time.Second,
		UserFuncs: map[string]loadwright.UserFunc{"code": code},
	})
	if err != nil {
		t.Fatal(err)
	}

	if res.Iterations.Completed != 21 || res.Iterations.Failed != 6 || res.Event("load").Count != 9 || res.Event("GET /app").Count != 9 {
		t.Errorf("%+v", res.Iterations)
	}
	var interact []time.Duration
	var both time.Duration
	for e, err := range res.Rows() {
		switch {
		case err != nil:
			t.Fatal(err)
		case e.UserType != "coder":
		case e.Name == "interact":
			interact = append(interact, e.Duration())
		case e.Name == "both":
			both = e.Duration()
		}
	}
	if len(interact) != 2 || len(truths) != 2 {
		t.Fatalf("%d events of %d", len(interact), len(truths))
	}
	for i, run := range truths {
		if want := run.Answered - run.Pressed; want < 150 || math.Abs(milliseconds(interact[i])-want) > 30 {
			t.Errorf("run %d took %v, the page says %.1f ms", i+1, interact[i], want)
		}
	}
	if want := truths[1].Answered - truths[0].Pressed; math.Abs(milliseconds(both)-want) > 30 {
		t.Errorf("both took %v, the page says %.1f ms", both, want)
	}
	if !strings.HasPrefix(text, "Finished run 1 in 0.") || evaluated != "42" || title == "" {
		t.Errorf("text %q, evaluated %q, title %q", text, evaluated, title)
	}
	if late == nil || !strings.Contains(late.Error(), "event slow was not over within its timeout of 200ms") {
		t.Errorf("the event that took too long says %v", late)
	}

	want := []string{
		`^user_test\.go:\d+: user 0, iteration 3: click test_id "nowhere".*: not within 2s: no element matched$`,
		`^user_test\.go:\d+: user 0, iteration 4: wait_for text "Finished run 9": event slow was not over within its timeout of 200ms$`,
		`^user_test\.go:\d+: user 0, iteration 5: event add up: the sum is wrong$`,
		`^user_test\.go:\d+: user 0, iteration 6: wait_for role=button "Run" state disabled: "disabled" is not one of visible, hidden, attached, detached, enabled$`,
		`^user_test\.go:\d+: user 0, iteration 7: wait_for role=button "Run" becomes enabled: "enabled" is not one of visible, hidden, changed$`,
		`^user_test\.go:\d+: user 0, iteration 8: code: panic: runtime error: invalid memory address or nil pointer dereference$`,
	}
	if len(res.Failures) != len(want) {
		t.Fatalf("failures %v", res.Failures)
	}
	for i, f := range res.Failures {
		if !regexp.MustCompile(want[i]).MatchString(f.Err.Error()) {
			t.Errorf("it failed with %s", f.Err)
		}
	}
	for _, name := range []string{"find", "slow", "add up", "typo", "panic"} {
		if e := res.Event(name); e.Failures != 1 || e.Count != 0 {
			t.Errorf("event %s: %+v", name, e)
		}
	}
	if len(res.ByType) == 0 || res.ByType[0].UserType != "coder" || !res.OK() {
		t.Errorf("%+v, %+v", res.ByType, res.Thresholds)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// TestUserFuncMissing tells of a function that nobody gives, before anything starts.
func TestUserFuncMissing(t *testing.T) {
	s := parse(t, mixed)
	if err := s.Check(loadwright.Options{}); err != nil {
		t.Errorf("without the functions the scenario can't be checked: %v", err)
	}
	_, err := loadwright.Run(t.Context(), s, loadwright.Options{Out: t.TempDir()})
	var wrong *loadwright.ScenarioError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), `there is no Go function "code" for the users of the kind coder`) {
		t.Errorf("the error is %v", err)
	}
	_, err = loadwright.Run(t.Context(), s, loadwright.Options{Out: t.TempDir(), Only: []string{"reader"}})
	if err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("without the kind that needs it: %v", err)
	}
}

// A call of the page's own, which knows nothing of the run, ends with it.
func TestUserWaitsPastTheRun(t *testing.T) {
	source := "url: http://localhost:1\nload: {users: 1, duration: 1s, graceful_stop: 0s}\nuser_types: {coder: {weight: 1, func: code}}\n"
	began := time.Now()
	res, err := loadwright.Run(t.Context(), parse(t, source), loadwright.Options{
		URL: serve(t), Out: t.TempDir(),
		UserFuncs: map[string]loadwright.UserFunc{"code": func(u *loadwright.User) error {
			return u.Event("wait", func() error {
				page, err := u.Page()
				if err == nil {
					_, err = page.Evaluate("() => new Promise(() => {})")
				}
				return err
			})
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Minute {
		t.Errorf("it took %v", took)
	}
	if res.Iterations != (loadwright.Iterations{Cancelled: 1}) {
		t.Errorf("%+v", res.Iterations)
	}
}

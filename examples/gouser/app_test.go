// Package gouser shows a user that is written in Go, inside `go test`: the test
// starts the app, loads it and judges it. Copy it beside your own app.
package gouser

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/loadwrighttest"
)

// Three of four users click, as the function below says; the fourth only asks
// for the page, which needs no Go.
const scenario = `
name: three that click, one that reads
load: {users: 4, start_interval: 100ms}
user_types:
  clicker: {weight: 3, func: clicker}
  reader:
    weight: 1
    steps:
      - request: GET /
`

// clicker is an iteration of a user. Its events are timed on the page's clock.
func clicker(u *loadwright.User) error {
	err := u.Event("load", func() error {
		u.Goto("/")
		u.WaitFor(loadwright.Role("button", "Run"))
		return nil
	})
	if err != nil {
		return err
	}
	for n := 1; n <= 3; n++ {
		err := u.Event("interact", func() error {
			u.Click(loadwright.Role("button", "Run"))
			u.WaitFor(loadwright.Text(fmt.Sprintf("Finished run %d in", n)))
			return nil
		})
		if err != nil {
			return err
		}
		// What YAML can't say: whoever sees something slow gives up.
		answer, err := u.TextOf(loadwright.Role("status", ""))
		if err != nil {
			return err
		}
		var took string
		if _, err := fmt.Sscanf(answer, fmt.Sprintf("Finished run %d in %%s", n), &took); err != nil {
			return fmt.Errorf("the app says %q: %w", answer, err)
		}
		if d, err := time.ParseDuration(took); err != nil || d > time.Second {
			return err
		}
		if err := u.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func TestApp(t *testing.T) {
	url := loadwrighttest.Serve(t, "go", "run", "./app", "-port", "${port}")
	s, err := loadwright.Parse("scenario.yaml", []byte(scenario))
	if err != nil {
		t.Fatal(err)
	}
	res := loadwrighttest.Run(t, s, loadwright.Options{
		URL:       url,
		UserFuncs: map[string]loadwright.UserFunc{"clicker": clicker},
	})
	if mean := res.Event("interact").Mean; mean > 10*time.Second {
		t.Errorf("interact takes %s on average, more than 10 s", mean)
	}
	if n := res.Event("interact").Count; n != 9 {
		t.Errorf("three users who click three times each clicked %d times", n)
	}
	if !res.OK() {
		t.Errorf("thresholds: %+v", res.Thresholds)
	}
}

package loadwright_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// app is the app under test, and out a folder for the results.
func app() (url, out string, end func()) {
	server := httptest.NewServer(sampleapp.New(sampleapp.Options{RunDelay: 50 * time.Millisecond}))
	out, err := os.MkdirTemp("", "results")
	if err != nil {
		log.Fatal(err)
	}
	return server.URL, out, func() {
		server.Close()
		os.RemoveAll(out)
	}
}

// A scenario is run with three users; its thresholds and one of our own judge
// what they felt.
func ExampleRun() {
	url, out, end := app()
	defer end()
	s, err := loadwright.Parse("clicks.yaml", []byte(`
load: {start_interval: 0s}
steps:
  - event: load
    steps:
      - goto: /app
  - event: interact
    steps:
      - click: {role: button, name: Run}
      - wait_for: {text: Finished run 1 in}
thresholds:
  - interact p95 < 10s
`))
	if err != nil {
		log.Fatal(err)
	}
	res, err := loadwright.Run(context.Background(), s, loadwright.Options{URL: url, Users: 3, Out: out})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range res.Thresholds {
		fmt.Println(v.Threshold.Text, v.OK)
	}
	interact := res.Event("interact")
	fmt.Println(interact.Count, interact.Mean > 50*time.Millisecond, res.OK())
	// Output:
	// interact p95 < 10s true
	// errors <= 1% true
	// 3 true true
}

// The context ends a run; what ran until then is in the result.
func ExampleRun_stopped() {
	url, out, end := app()
	defer end()
	s, err := loadwright.Parse("endless.yaml", []byte(`
load: {duration: 1h}
steps:
  - event: load
    steps:
      - goto: /app
`))
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	res, err := loadwright.Run(ctx, s, loadwright.Options{URL: url, Out: out, Sinks: []loadwright.Sink{untilFirst{cancel}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Ended)
	// Output:
	// context canceled
}

// untilFirst ends a run at its first event.
type untilFirst struct{ end context.CancelFunc }

func (u untilFirst) Event(*loadwright.Event) error {
	u.end()
	return nil
}

// All that is wrong with a scenario is told at once.
func ExampleParse() {
	_, err := loadwright.Parse("scenario.yaml", []byte(`url: http://localhost:5006
load: {users: five}
steps:
  - event: load
    steps:
      - goto: /app
        wait_untl: load
`))
	var wrong *loadwright.ScenarioError
	fmt.Println(errors.As(err, &wrong))
	fmt.Println(err)
	// Output:
	// true
	// scenario.yaml:2:15: users: five is not a whole number of at least 1
	//     load: {users: five}
	//                   ^
	// scenario.yaml:7:9: "wait_untl" is not a key of goto
	//             wait_untl: load
	//             ^
	//   did you mean wait_until?
	//   allowed: goto, wait_until, status, timeout, optional, if
}

func ExampleLoad() {
	s, err := loadwright.Load("examples/load_and_click.yaml")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Name())
	// Output:
	// load and click
}

// Check finds what is wrong with options, too, and starts nothing.
func ExampleScenario_Check() {
	s, err := loadwright.Load("examples/load_and_click.yaml")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Check(loadwright.Options{Set: map[string]string{"click": "10"}}))
	// Output:
	// --set click: no variable click is declared
	//     click=10
	//     ^
	//   did you mean clicks?
	//   declared are clicks
}

// The events of a run can be read again, one by one.
func ExampleResult_Rows() {
	url, out, end := app()
	defer end()
	s, err := loadwright.Load("examples/load_and_click.yaml")
	if err != nil {
		log.Fatal(err)
	}
	res, err := loadwright.Run(context.Background(), s, loadwright.Options{
		URL: url, Out: out, Users: 1, Set: map[string]string{"clicks": "2"},
	})
	if err != nil {
		log.Fatal(err)
	}
	for e, err := range res.Rows() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(e.Name, e.User, e.Iteration, e.Status, e.Duration() < 10*time.Second)
	}
	// Output:
	// load 0 1 ok true
	// interact 0 1 ok true
	// interact 0 1 ok true
}

// A user written in Go decides by what it sees, beside users that the scenario
// says all of.
func ExampleUserFunc() {
	url, out, end := app()
	defer end()
	s, err := loadwright.Parse("clicks.yaml", []byte(`
load: {users: 2, start_interval: 0s}
user_types:
  clicker: {weight: 1, func: clicker}
  reader: {weight: 1, steps: [{request: GET /app}]}
`))
	if err != nil {
		log.Fatal(err)
	}
	clicker := func(u *loadwright.User) error {
		u.Goto("/app")
		for n := 1; ; n++ {
			err := u.Event("interact", func() error {
				u.Click(loadwright.Role("button", "Run"))
				u.WaitFor(loadwright.Text(fmt.Sprintf("Finished run %d in", n)))
				return nil
			})
			if err != nil {
				return err
			}
			if bars, err := u.Evaluate("() => document.querySelectorAll('#bars i').length"); err != nil || bars == "3" {
				return err
			}
		}
	}
	res, err := loadwright.Run(context.Background(), s, loadwright.Options{
		URL: url, Out: out, UserFuncs: map[string]loadwright.UserFunc{"clicker": clicker},
	})
	if err != nil {
		log.Fatal(err)
	}
	interact := res.Event("interact")
	fmt.Println(interact.Count, interact.Mean > 50*time.Millisecond, res.Event("GET /app").Count, res.OK())
	// Output:
	// 3 true 1 true
}

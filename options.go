package loadwright

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/serve"
	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// Options are how a scenario is run. A zero field means "as in the scenario".
type Options struct {
	Users         int            // how many users
	Iterations    int            // of each user; drops the scenario's duration
	Duration      time.Duration  // of the load; drops the scenario's iterations
	StartInterval *time.Duration // the next user starts this much later; a pointer, because 0 is a choice
	Timeout       time.Duration  // of every step that has none of its own

	URL        string            // what relative addresses start from
	Set        map[string]string // values of the scenario's variables
	Thresholds []string          // further ones, like "interact p95 < 2s"

	Headed      *bool          // whether browsers open windows
	SlowMo      *time.Duration // pause before each action, to watch; a pointer, because 0 is a choice
	BrowserPath string         // the browser to use; "" finds one
	// UsersPerBrowser is how many users share a driver process and a browser;
	// 0: 40, or more where that would be more than one for two cores.
	UsersPerBrowser int

	NoSandbox bool // switch Chromium's own sandbox off (as root it is off anyway)

	Out       string // the folder of results; "" is test_results
	NoArchive bool   // keep nothing but the latest run
	NoReport  bool   // write no report.html

	// Artefacts is of how many failing iterations a screenshot and the last
	// console lines are kept: 10 for 0, none for a negative number.
	Artefacts int

	// Stop, when a value comes, ends the run in order: no iteration begins any
	// more, those in flight get 10 seconds at most. The value is the reason.
	// (The end of the context given to Run ends it at once.)
	Stop <-chan error

	// MostUsers is the most that [Running.SetUsers] will ask for, as far as is
	// known: browsers are prepared for so many.
	MostUsers int

	// Follow, if set, is called when the run begins, with a hand on it.
	Follow func(*Running)

	// UserFuncs are the users that are written in Go, by the names that the
	// scenario's user types give them (func: NAME).
	UserFuncs map[string]UserFunc

	// Only, unless it is empty, names the kinds of user that there are to be.
	Only []string

	// Serve is the command that starts the app under test; "" is the scenario's.
	Serve string

	// Sinks are told of every event, after the CSV and the statistics.
	Sinks []Sink

	// Log is told what is worth telling while the run is being prepared;
	// DriverLog, what drivers and browsers write to their standard error. nil:
	// nobody is.
	Log, DriverLog io.Writer

	bench *bench // of a search for the capacity, which steers the run; nil: there is none
}

// Sink is told of every event once, in the order in which events ended, by one
// goroutine. An error ends the run: in order if it wraps [ErrStop], else at once.
type Sink interface {
	Event(e *event.Event) error
}

// defaultOut is where results go.
const defaultOut = "test_results"

// defaultArtefacts is of how many failing iterations something is kept.
const defaultArtefacts = 10

// bind settles the scenario's values and checks what needs the disk. Partial
// leaves open what has no value. port is for the app, where the run starts it.
func (s *Scenario) bind(o Options, port int, partial bool) (*scenario.Scenario, error) {
	v := scenario.Values{
		Set: o.Set, Env: os.LookupEnv, URL: o.URL,
		StartInterval: o.StartInterval, Thresholds: o.Thresholds,
		Users: given(o.Users), Rate: given(o.bench.firstRate()), Iterations: given(o.Iterations),
		Duration: given(o.Duration), Timeout: given(o.Timeout), SlowMo: o.SlowMo,
		Only: o.Only, Serve: o.Serve, Port: port,
		Partial: partial,
	}
	if o.Headed != nil {
		v.Headless = new(!*o.Headed)
	}
	bound, err := s.parsed.Bind(v)
	if err != nil {
		return nil, &ScenarioError{err}
	}
	if err := checkFiles(bound); err != nil {
		return nil, &ScenarioError{err}
	}
	if err := checkFuncs(bound, o); err != nil && !partial {
		return nil, &ScenarioError{err}
	}
	if len(bound.Data) > 0 {
		if v.Columns, err = columnsOf(bound); err == nil {
			bound, err = s.parsed.Bind(v) // now that the columns are known
		}
		if err != nil {
			return nil, &ScenarioError{err}
		}
	}
	return bound, nil
}

// freePort is a port for the app, where the run may have to start it.
func (s *Scenario) freePort(o Options) (int, error) {
	if s.parsed.Serve == nil && o.Serve == "" || o.URL != "" {
		return 0, nil
	}
	return serve.FreePort()
}

// checkFuncs looks for the users that are written in Go.
func checkFuncs(s *scenario.Scenario, o Options) error {
	var errs scenario.ErrorList
	for _, t := range s.UserTypes {
		if t.Func != "" && o.UserFuncs[t.Func] == nil {
			errs = append(errs, s.ErrorAt(t.Pos, fmt.Sprintf("there is no Go function %q for the users of the kind %s", t.Func, t.Name),
				"a Go program gives it, in loadwright.Options.UserFuncs; to run the others: --only"))
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// checkFiles looks for the files that steps use, where their names are known
// before the run.
func checkFiles(s *scenario.Scenario) error {
	var errs scenario.ErrorList
	for _, f := range s.Files() {
		info, err := os.Stat(f.Path)
		switch {
		case err != nil:
			err = wording.Plain(err)
		case info.IsDir():
			err = errors.New("it is a folder")
		default:
			continue
		}
		errs = append(errs, &scenario.Error{Pos: f.Pos, Msg: fmt.Sprintf("the file %s can't be used: %v", f.Path, err)})
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

var errCtrlC = errors.New("interrupted")

// long is an iteration of 4 s with an event of 2 s in its middle.
const long = `
- sleep: 1s
- event: long
  steps:
  - goto: /
- sleep: 1s
`

func longGoto(UserInfo, scenario.Action) (time.Duration, error) { return 2 * time.Second, nil }

func TestStops(t *testing.T) {
	s := time.Second
	for name, test := range map[string]struct {
		load   string
		stop   func(v *trial)
		want   Iterations
		events map[string]int
		took   time.Duration
		reason error
		text   string // of the cancelled rows
	}{
		"in order": {
			"users: 2, start_interval: 1s, iterations: 5",
			func(v *trial) { time.Sleep(1500 * time.Millisecond); v.config.Control.Stop(errCtrlC, 10*s) },
			Iterations{Completed: 2, NotStarted: 8}, nil, 5 * s, errCtrlC, "",
		},
		"not all are done within the grace": {
			"users: 2, start_interval: 1s, iterations: 5",
			func(v *trial) {
				time.Sleep(1500 * time.Millisecond)
				v.config.Control.Stop(errCtrlC, 1700*time.Millisecond)
			},
			Iterations{Cancelled: 2, NotStarted: 8}, map[string]int{"long": 1}, 3190 * time.Millisecond, errCtrlC,
			"goto /: interrupted; not finished within 1.7s after that",
		},
		"users whose turn is still to come stay away": {
			"users: 9, start_interval: 1s",
			func(v *trial) { time.Sleep(1500 * time.Millisecond); v.config.Control.Stop(errCtrlC, 10*s) },
			Iterations{Completed: 2, NotStarted: 7}, nil, 5 * s, errCtrlC, "",
		},
		"a second time, for good": {
			"users: 1",
			func(v *trial) {
				time.Sleep(1500 * time.Millisecond)
				v.config.Control.Stop(errCtrlC, 10*s)
				time.Sleep(500 * time.Millisecond)
				v.config.Control.Stop(errors.New("again"), 0)
			},
			Iterations{Cancelled: 1}, map[string]int{"long": 1}, 1990 * time.Millisecond, errCtrlC, "goto /: again",
		},
		"a later end than was asked for before": {
			"users: 1",
			func(v *trial) {
				time.Sleep(1500 * time.Millisecond)
				v.config.Control.Stop(errCtrlC, s)
				v.config.Control.Stop(errors.New("again"), time.Hour)
			},
			Iterations{Cancelled: 1}, map[string]int{"long": 1}, 2490 * time.Millisecond, errCtrlC,
			"goto /: interrupted; not finished within 1s after that",
		},
		"after the duration": {
			"users: 1, duration: 1500ms, graceful_stop: 1m",
			func(v *trial) { time.Sleep(2 * s); v.config.Control.Stop(errCtrlC, s/2) },
			Iterations{Cancelled: 1}, map[string]int{"long": 1}, 2490 * time.Millisecond, errCtrlC,
			"goto /: interrupted; not finished within 500ms after that",
		},
		"the duration alone": {
			"users: 1, duration: 1500ms, graceful_stop: 1s",
			func(*trial) {},
			Iterations{Cancelled: 1}, map[string]int{"long": 1}, 2500 * time.Millisecond, nil,
			"goto /: the load's duration is over; not finished within 1s after that",
		},
		"before the run": {
			"users: 1",
			func(v *trial) { v.config.Control.Stop(nil, 10*s) },
			Iterations{NotStarted: 1}, nil, 0, errStopped, "",
		},
		"while sessions are opened": {
			"users: 3, start_interval: 0",
			func(v *trial) { time.Sleep(15 * time.Millisecond); v.config.Control.Stop(errCtrlC, 10*s) },
			Iterations{NotStarted: 3}, nil, 0, errCtrlC, "",
		},
		"the context": {
			"users: 2, start_interval: 0",
			func(v *trial) {
				ctx, cancel := context.WithCancelCause(v.ctx)
				v.ctx = ctx
				time.AfterFunc(1510*time.Millisecond, func() { cancel(errCtrlC) })
			},
			Iterations{Cancelled: 2}, map[string]int{"long": 2}, 1500 * time.Millisecond, errCtrlC, "goto /: interrupted",
		},
		"the context, in a sleep": {
			"users: 1",
			func(v *trial) {
				ctx, cancel := context.WithTimeout(v.ctx, 510*time.Millisecond)
				v.ctx = ctx
				v.Cleanup(cancel)
			},
			Iterations{Cancelled: 1}, nil, 500 * time.Millisecond, context.DeadlineExceeded, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, yaml(test.load, long), func(v *trial) {
				v.browser.do = longGoto
				if strings.HasPrefix(name, "the ") || strings.HasPrefix(name, "before") {
					test.stop(v)
				} else {
					go test.stop(v)
				}
				out := v.must()
				if out.Iterations != test.want || out.Elapsed != test.took || out.Reason != test.reason {
					t.Errorf("got %+v in %v because of %v;\nwant %+v in %v because of %v",
						out.Iterations, out.Elapsed, out.Reason, test.want, test.took, test.reason)
				}
				if test.events == nil {
					test.events = map[string]int{}
				}
				if diff := cmp.Diff(test.events, out.CancelledEvents); diff != "" {
					t.Error(diff)
				}
				for _, r := range v.rows.all {
					if r.Status == event.Cancelled && r.Error != test.text {
						t.Errorf("cancelled: %q, want %q", r.Error, test.text)
					}
				}
				if len(out.Failures) > 0 {
					t.Errorf("failures %v", out.Failures)
				}
			})
		})
	}
}

// A user who waits for the session of its next iteration does not begin it.
func TestStopBetweenIterations(t *testing.T) {
	virtual(t, yaml("users: 1, iterations: 3", one), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return time.Second, nil }
		time.AfterFunc(1500*time.Millisecond, func() { v.config.Control.Stop(errCtrlC, 10*time.Second) })
		out := v.must()
		if want := (Iterations{Completed: 1, NotStarted: 2}); out.Iterations != want || len(v.rows.all) != 1 || v.browser.now() != 1500*time.Millisecond {
			t.Errorf("%+v, %d rows, ended at %v", out.Iterations, len(v.rows.all), v.browser.now())
		}
	})
}

// Steps of the runner's own that take no time do not keep a run from ending.
func TestStopInABusyLoop(t *testing.T) {
	steps := `
- event: one
  steps:
  - goto: /
  - repeat: 1000000
    steps:
    - repeat: 1000000
      as: j
      steps:
      - set: x
        value: ${i}
`
	virtual(t, yaml("users: 1", steps), func(v *trial) {
		v.browser.value = func(UserInfo, scenario.Action) string {
			v.config.Control.Stop(errCtrlC, 0) // and yet the step ends well
			return ""
		}
		if out := v.must(); out.Iterations != (Iterations{Cancelled: 1}) {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

// Of nested events each gets its row, from the inside out.
func TestCancelledNested(t *testing.T) {
	virtual(t, yaml("users: 1, duration: 250ms, graceful_stop: 0", nested), func(v *trial) {
		v.must()
		var got []string
		for i, r := range v.rows.all {
			got = append(got, fmt.Sprintf("%s outer=%v", v.lines()[i], r.Outer))
		}
		if diff := cmp.Diff([]string{
			"inner u0 i1 110ms-260ms cancelled outer=false",
			"middle u0 i1 10ms-260ms cancelled outer=true",
			"outer u0 i1 10ms-260ms cancelled outer=true",
		}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSinkStopsTheRun(t *testing.T) {
	virtual(t, yaml("users: 1, duration: 1h, graceful_stop: 3s", long), func(v *trial) {
		v.browser.do = longGoto
		n := 0
		enough := fmt.Errorf("errors passed 20 %%: %w", ErrStop)
		v.config.Sinks = append(v.config.Sinks, plainSink(func(*event.Event) error {
			if n++; n == 3 {
				return enough
			}
			return nil
		}))
		out := v.must()
		if out.Reason != enough || (out.Iterations != Iterations{Completed: 3}) || len(v.rows.all) != 3 {
			t.Errorf("%+v because of %v, %d rows", out.Iterations, out.Reason, len(v.rows.all))
		}
	})
}

func TestSinkFails(t *testing.T) {
	virtual(t, yaml("users: 2, start_interval: 1s, duration: 1h", long), func(v *trial) {
		v.browser.do = longGoto
		full := errors.New("disk full")
		told := 0
		v.config.Sinks = append([]Sink{plainSink(func(*event.Event) error { told++; return full })}, v.config.Sinks...)
		out, err := v.run()
		if err != full || out.Reason != full {
			t.Errorf("error %v, reason %v", err, out.Reason)
		}
		want := []string{"long u0 i1 1.01s-3.01s ok", "long u1 i1 2.01s-3.01s cancelled"}
		if diff := cmp.Diff(want, v.lines()); diff != "" || told != 1 {
			t.Errorf("the failed sink was told %d times; the other kept\n%s", told, diff)
		}
		if (out.Iterations != Iterations{Cancelled: 2}) {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

func TestPanics(t *testing.T) {
	bug := errors.New("a bug")
	for name, set := range map[string]func(v *trial){
		"in Open": func(v *trial) {
			v.browser.open = func(u UserInfo) (time.Duration, error) {
				if u.User == 1 && u.Iteration == 2 {
					panic(bug)
				}
				return 0, nil
			}
		},
		"in Do": func(v *trial) {
			v.config.Artefacts = 1
			v.browser.capture = func(context.Context, UserInfo, string, func(string) string) error {
				v.Error("a session that has panicked is asked for more")
				return nil
			}
			v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) {
				if u.User == 1 && u.Iteration == 2 {
					panic(bug)
				}
				return 2 * time.Second, nil
			}
		},
		"in Close": func(v *trial) {
			v.browser.close = func(u UserInfo) time.Duration {
				if u.User == 1 && u.Iteration == 2 {
					panic(bug)
				}
				return 0
			}
		},
		"in Capture": func(v *trial) {
			v.config.Artefacts = 1
			v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) {
				if u.User == 1 && u.Iteration == 2 {
					return 0, errors.New("broken")
				}
				return 2 * time.Second, nil
			}
			v.browser.capture = func(context.Context, UserInfo, string, func(string) string) error { panic(bug) }
		},
		"in a sink": func(v *trial) {
			v.config.Sinks = append(v.config.Sinks, plainSink(func(e *event.Event) error {
				if e.User == 1 && e.Iteration == 2 {
					panic(bug)
				}
				return nil
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, yaml("users: 3, start_interval: 1s, iterations: 10", long), func(v *trial) {
				set(v)
				out, err := v.run()
				var p *PanicError
				if !errors.As(err, &p) || p.Value != bug || !errors.Is(err, bug) || !strings.Contains(string(p.Stack), "runner.TestPanics") {
					t.Fatalf("error %v", err)
				}
				if out.Reason != err || out.Iterations.Completed < 2 || out.Elapsed > 20*time.Second {
					t.Errorf("%+v in %v because of %v", out.Iterations, out.Elapsed, out.Reason)
				}
				for _, r := range v.rows.all {
					if r.Status == event.Error && name == "in Do" && r.Error != "goto /: panic: a bug" {
						t.Errorf("%s of user %d, iteration %d: %s", r.Name, r.User, r.Iteration, r.Error)
					}
				}
				if name == "in Do" && out.Iterations.Failed != 1 {
					t.Errorf("%+v", out.Iterations)
				}
			})
		})
	}
}

func TestFatalStep(t *testing.T) {
	virtual(t, yaml("users: 2, start_interval: 1s", long), func(v *trial) {
		gone := fmt.Errorf("no driver any more: %w", ErrFatal)
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, gone }
		out, err := v.run()
		if !errors.Is(err, gone) || out.Iterations != (Iterations{Failed: 1, Cancelled: 1}) {
			t.Errorf("error %v, %+v", err, out.Iterations)
		}
	})
}

// Something is kept of the first failing iterations, and before the session is
// closed; a capture that hangs is left after its time.
func TestCapture(t *testing.T) {
	virtual(t, yaml("users: 2, start_interval: 1s, iterations: 3", one), func(v *trial) {
		v.config.Artefacts, v.config.ArtefactDir = 3, "kept"
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, errors.New("broken") }
		var bases []string
		v.browser.capture = func(ctx context.Context, u UserInfo, base string, _ func(string) string) error {
			v.browser.mu.Lock()
			bases = append(bases, filepath.ToSlash(base))
			v.browser.mu.Unlock()
			if u.User == 1 {
				return pause(ctx, time.Hour)
			}
			return nil
		}
		out := v.must()
		if diff := cmp.Diff([]string{"kept/failure-u0-i1", "kept/failure-u1-i1", "kept/failure-u0-i2"}, bases); diff != "" {
			t.Error(diff)
		}
		if len(out.Failures) != 6 || v.browser.now() > 10*time.Second {
			t.Errorf("%d failures by %v", len(out.Failures), v.browser.now())
		}
		for _, f := range out.Failures {
			kept := f.Err.User == 0 && f.Err.Iteration < 3
			if (f.Artefacts != "") != kept {
				t.Errorf("%v: kept %q", f.Err, f.Artefacts)
			}
		}
	})
}

// Whatever ends the run, and whenever: every event that has begun has one row,
// every session is closed, and nothing is left. What holds for every run is
// checked by [trial.run].
func TestEndsAtAnyMoment(t *testing.T) {
	steps := nested + `
- sleep: 150ms
- repeat: 3
  steps:
  - event: again
    timeout: 2s
    steps:
    - click: {css: a}
    - sleep: {exponential: 50ms}
    - wait_for: {css: b}
- goto: /between
`
	kinds := []string{"context", "stop", "stop twice", "sink", "sink stops", "panic", "fatal"}
	rounds := 210
	if testing.Short() {
		rounds = 50
	}
	for round := range rounds {
		random := rand.New(rand.NewPCG(1, uint64(round)))
		kind := kinds[round%len(kinds)]
		at := time.Duration(random.Int64N(int64(4 * time.Second)))
		if round%5 == 0 {
			at = at.Truncate(100 * time.Millisecond) // as likely as not at the very moment of something else
		}
		grace := time.Duration(random.Int64N(int64(2 * time.Second)))
		t.Run(fmt.Sprintf("%d %s", round, kind), func(t *testing.T) {
			virtual(t, yaml("users: 4, start_interval: 300ms, duration: 3s, graceful_stop: 700ms", steps), func(v *trial) {
				v.browser.onPage = random.IntN(2) == 0
				v.config.Artefacts = 2
				trouble := make(chan error, 1)
				take := func() error {
					select {
					case err := <-trouble:
						return err
					default:
						return nil
					}
				}
				v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
					switch err := take(); {
					case err == nil:
					case kind == "panic":
						panic(err)
					case kind == "fatal":
						return 0, err
					default:
						trouble <- err
					}
					if random.IntN(40) == 0 {
						return 10 * time.Millisecond, errors.New("broken")
					}
					return 100 * time.Millisecond, nil
				}
				v.browser.close = func(UserInfo) time.Duration { return 30 * time.Millisecond }
				v.config.Sinks = append(v.config.Sinks, plainSink(func(*event.Event) error {
					if strings.HasPrefix(kind, "sink") {
						return take()
					}
					return nil
				}))
				ctx, cancel := context.WithCancelCause(v.ctx)
				defer cancel(nil)
				v.ctx = ctx
				time.AfterFunc(at, func() {
					switch kind {
					case "context":
						cancel(errCtrlC)
					case "stop", "stop twice":
						v.config.Control.Stop(errCtrlC, grace)
						if kind == "stop twice" {
							v.config.Control.Stop(errCtrlC, grace/3)
						}
					case "sink stops":
						trouble <- ErrStop
					case "fatal":
						trouble <- ErrFatal
					default:
						trouble <- errors.New("trouble")
					}
				})
				out, err := v.run()
				if wantErr := kind == "sink" || kind == "panic" || kind == "fatal"; err != nil && !wantErr {
					t.Errorf("error %v", err)
				}
				v.checkRows(out)
			})
		})
	}
}

// checkRows checks that each event of the steps above which has begun has one
// row, and that the rows agree with how the iterations ended.
func (v *trial) checkRows(out Outcome) {
	type key struct {
		UserInfo
		event string
	}
	begun, rows := map[key]int{}, map[key]int{}
	iterations := map[UserInfo]event.Status{}
	for _, d := range v.browser.done {
		if iterations[d.UserInfo] == "" {
			iterations[d.UserInfo] = event.OK
		}
		switch d.text {
		case "goto /":
			begun[key{d.UserInfo, "outer"}]++
			begun[key{d.UserInfo, "middle"}]++
		case "click role button Run":
			begun[key{d.UserInfo, "inner"}]++
		case "click css a":
			begun[key{d.UserInfo, "again"}]++
		}
	}
	for _, r := range v.rows.all {
		u := UserInfo{User: r.User, UserType: r.UserType, Iteration: r.Iteration}
		if r.Status != event.OK {
			if was := iterations[u]; was != event.OK && was != r.Status && was != "" {
				v.Errorf("%+v: rows %s and %s", u, was, r.Status)
			}
			iterations[u] = r.Status
		}
		if r.Status == event.Cancelled && begun[key{u, r.Name}] == rows[key{u, r.Name}] {
			continue // it had begun, but nothing had been handed over
		}
		rows[key{u, r.Name}]++
	}
	for k, n := range begun {
		if rows[k] != n {
			v.Errorf("user %d, iteration %d: %d events %s have begun, but there are %d rows", k.User, k.Iteration, n, k.event, rows[k])
		}
	}
	failed := 0
	for _, s := range iterations {
		if s == event.Error {
			failed++
		}
	}
	if failed != out.Iterations.Failed {
		v.Errorf("%d iterations have rows with errors, %d failed", failed, out.Iterations.Failed)
	}
}

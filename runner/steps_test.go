package runner

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// What is handed over together: a line a stretch.
func TestStretches(t *testing.T) {
	for name, test := range map[string]struct {
		steps string
		want  []string
	}{
		"the steps of an event, and no others": {`
- goto: /a
- goto: /b
- event: one
  steps:
  - click: {css: a}
  - wait_for: {css: b}
  - wait_for: {css: c}
- goto: /d
- event: two
  steps:
  - click: {css: d}
`, []string{`goto /a; goto /b`, `click css a; wait_for css b; wait_for css c`, `goto /d`, `click css d`}},
		"up to a control step": {`
- event: one
  steps:
  - click: {css: a}
  - sleep: 1s
  - click: {css: b}
  - wait_for: {css: b}
  - repeat: 2
    steps:
    - click: {css: "c${i}"}
    - wait_for: {css: "c${i}"}
  - event: two
    steps:
    - goto: /d
  - goto: /e
`, []string{`click css a`, `click css b; wait_for css b`,
			`click css c1; wait_for css c1`, `click css c2; wait_for css c2`, `goto /d`, `goto /e`}},
		"what looks back to an event's begin is told of at its begin": {`
- wait_for: {css: none}
  becomes: hidden
- event: one
  steps:
  - click: {css: a}
  - wait_for: {css: b}
    becomes: visible
  - set: x
    from: {css: c}
  - wait_for: {css: d}
    becomes: hidden
  - wait_for: {css: "${x}"}
    becomes: hidden
  - wait_for_response: /e
  - wait_for: {css: f}
- event: two
  steps:
  - request: GET /g
  - event: three
    steps:
    - click: {css: h}
  - repeat: 2
    steps:
    - sleep: 1s
    - wait_for: {css: "i${i}"}
      becomes: changed
  - wait_for_response: /j
`, []string{
			`wait_for css none becomes hidden`,
			`arm wait_for css d becomes hidden`, `arm wait_for_response /e`, `click css a; wait_for css b becomes visible; set x`,
			`wait_for css d becomes hidden; wait_for css seen becomes hidden; wait_for_response /e; wait_for css f`,
			`disarm wait_for css d becomes hidden`, `disarm wait_for_response /e`,
			`arm wait_for_response /j`, `request GET /g`, `click css h`,
			`arm wait_for css i1 becomes changed`, `wait_for css i1 becomes changed`, `disarm wait_for css i1 becomes changed`,
			`arm wait_for css i2 becomes changed`, `wait_for css i2 becomes changed`, `disarm wait_for css i2 becomes changed`,
			`wait_for_response /j`, `disarm wait_for_response /j`,
		}},
		"up to a value that another step may need": {`
- event: one
  steps:
  - goto: /a
  - set: x
    from: {css: b}
  - fill: {css: c}
    value: ${x}
  - goto: /${x}
`, []string{`goto /a; set x`, `fill css c; goto /seen`}},
		"a literal value is the runner's own": {`
- event: one
  steps:
  - goto: /a
  - set: x
    value: one
  - goto: /${x}/${user}/${iteration}/${user_type}
  - set: y
    value: two
  - goto: /${y}
`, []string{`goto /a; goto /one/0/1/user; goto /two`}},
		"a literal value under a condition is looked for first": {`
- event: one
  steps:
  - set: x
    value: one
  - goto: /a
  - set: y
    value: two
    if: [{css: here}, {css: here}]
  - goto: /${x}/${y}
  - set: z
    value: three
    if: [{css: here}, {css: gone}]
  - goto: /${y}
`, []string{`goto /a`, `look css here; look css here`, `goto /one/two`, `look css here; look css gone`, `goto /two`}},
		"loops in loops": {`
- event: one
  steps:
  - repeat: 2
    as: row
    steps:
    - repeat: ${row}
      as: column
      steps:
      - goto: /${row}/${column}
`, []string{`goto /1/1`, `goto /2/1`, `goto /2/2`}},
		"while it is there": {`
- event: one
  steps:
  - repeat: 5
    while: {css: more}
    steps:
    - click: {css: "button${i}"}
`, []string{`look css more`, `click css button1`, `look css more`, `click css button2`, `look css more`}},
		"while it is there, but no more often than told": {`
- event: one
  steps:
  - repeat: 2
    while: {css: here}
    steps:
    - click: {css: "button${i}"}
`, []string{`look css here`, `click css button1`, `look css here`, `click css button2`}},
		"not at all": {`
- event: one
  steps:
  - repeat: 0
    steps:
    - goto: /a
  - goto: /b
`, []string{`goto /b`}},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, yaml("users: 1", test.steps), func(v *trial) {
				looks := 0
				v.browser.value = func(_ UserInfo, a scenario.Action) string {
					look, ok := a.Op.(*scenario.Look)
					switch {
					case !ok:
						return "seen"
					case a.Timeout <= 0:
						t.Errorf("a look with a timeout of %v", a.Timeout)
					case look.Target.Value.Value == "more":
						looks++
						return fmt.Sprint(looks < 3)
					}
					return fmt.Sprint(look.Target.Value.Value == "here")
				}
				if out := v.must(); out.Iterations.Completed != 1 {
					t.Errorf("failures: %v", out.Failures)
				}
				if diff := cmp.Diff(test.want, v.handed()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A value is the one of this round, not of the last.
func TestSetInALoop(t *testing.T) {
	steps := `
- repeat: 3
  steps:
  - set: x
    from: {css: a}
  - goto: /${x}
`
	virtual(t, yaml("users: 1", one+steps), func(v *trial) {
		n := 0
		v.browser.value = func(_ UserInfo, a scenario.Action) string {
			if _, ok := a.Op.(*scenario.Set); ok {
				n++
			}
			return fmt.Sprint(n)
		}
		v.must()
		if diff := cmp.Diff([]string{"goto /", "set x", "goto /1", "set x", "goto /2", "set x", "goto /3"}, v.handed()); diff != "" {
			t.Error(diff)
		}
	})
}

// A step that was skipped gives no value: the one before stays.
func TestSkippedSet(t *testing.T) {
	steps := `
- repeat: 2
  steps:
  - set: x
    from: {css: a}
    if: {css: b}
  - goto: /${x}
`
	virtual(t, yaml("users: 1", one+steps), func(v *trial) {
		values := []string{"", "first", "", "skip", ""}
		v.browser.value = func(UserInfo, scenario.Action) (value string) {
			value, values = values[0], values[1:]
			return value
		}
		v.must()
		if diff := cmp.Diff([]string{"goto /", "set x", "goto /first", "set x", "goto /first"}, v.handed()); diff != "" {
			t.Error(diff)
		}
	})
}

// A look that fails is a failure of the step that wants to know.
func TestFailingLook(t *testing.T) {
	for name, test := range map[string]struct{ step, want string }{
		"while": {"repeat: 2\n    while: {css: a}\n    steps:\n    - goto: /b", `repeat 2 while css "a": broken`},
		"if":    {"set: x\n    value: one\n    if: {css: a}", `set x: broken`},
	} {
		for _, cut := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, cut=%v", name, cut), func(t *testing.T) {
				virtual(t, yaml("users: 1", "\n- event: one\n  steps:\n  - goto: /a\n  - "+test.step+"\n"), func(v *trial) {
					v.browser.do = func(_ UserInfo, a scenario.Action) (time.Duration, error) {
						if _, ok := a.Op.(*scenario.Look); !ok {
							return 0, nil
						}
						return time.Second, errors.New("broken")
					}
					status, want := event.Error, test.want
					if cut {
						status, want = event.Cancelled, strings.Replace(test.want, "broken", "interrupted", 1)
						time.AfterFunc(500*time.Millisecond, func() { v.config.Control.Stop(errCtrlC, 0) })
					}
					v.must()
					if r := v.rows.all[0]; r.Status != status || r.Error != want || r.Place != "scenario.yaml:8:5" {
						t.Errorf("%s %q at %s; want %s %q", r.Status, r.Error, r.Place, status, want)
					}
				})
			})
		}
	}
}

func TestFailuresAreBounded(t *testing.T) {
	virtual(t, yaml("users: 3, iterations: 10", one), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, errors.New("broken") }
		var first Progress
		time.AfterFunc(1500*time.Millisecond, func() { first = v.config.Control.Progress() })
		out := v.must()
		if len(first.Latest) != 1 || first.Latest[0].Err.User != 0 || first.Latest[0].Event != "one" {
			t.Errorf("the latest failures after one: %+v", first.Latest)
		}
		last := v.config.Control.Progress().Latest
		if len(last) != MaxLatest || last[0].Err.Iteration != 10 || last[0].At <= last[1].At || last[1].At <= last[2].At {
			t.Errorf("the latest failures are %+v", last)
		}
		if len(out.Failures) != MaxFailures || out.Iterations.Failed != 30 || out.Failures[0].Err.Iteration != 1 {
			t.Errorf("%d failures are told of %d", len(out.Failures), out.Iterations.Failed)
		}
	})
}

// The session is on the page's clock, 5 ms inside what the runner sees of each step.
func TestEventTimes(t *testing.T) {
	steps := `
- event: outer
  steps:
  - sleep: 1s
  - event: inner
    steps:
    - click: {css: a}
    - wait_for: {css: b}
    - screenshot: shot
    - sleep: 1s
  - sleep: 1s
  - goto: /
  - evaluate: "1"
- event: thinking
  steps:
  - sleep: 1s
`
	virtual(t, yaml("users: 1", steps), func(v *trial) {
		v.browser.onPage = true
		v.must()
		ms := time.Millisecond
		at := func(d time.Duration) event.Instant { return v.config.Clock.Origin().Add(10*ms + d) }
		want := []event.Event{{
			Name: "inner", Start: at(1005 * ms), Stop: at(1195 * ms), Harness: 10*ms + 100*ms, HarnessKnown: true, Input: 90 * ms, InputKnown: true,
		}, {
			Name: "outer", Start: at(1005 * ms), Stop: at(3395 * ms), Harness: 10*ms + 100*ms, HarnessKnown: true, Outer: true, Input: 90 * ms, InputKnown: true,
		}, {
			Name: "thinking", Start: at(3500 * ms), Stop: at(4500 * ms),
		}}
		for i := range want {
			w := &want[i]
			w.UserType, w.Iteration, w.Status, w.Phase, w.Users = "user", 1, event.OK, event.Steady, 1
		}
		if diff := cmp.Diff(want, v.rows.all); diff != "" {
			t.Error(diff)
		}
		if v.since(v.rows.first) != 10*ms {
			t.Errorf("the first event began at %v", v.since(v.rows.first))
		}
	})
}

func TestClockFault(t *testing.T) {
	virtual(t, yaml("users: 1", one), func(v *trial) {
		v.config.Opener = &skewed{&v.browser}
		out := v.must()
		r := v.rows.all[0]
		if !r.ClockFault || out.ClockFaults != 1 || v.lines()[0] != "one u0 i1 10ms-110ms ok" || r.HarnessKnown {
			t.Errorf("%+v; %d clock faults", r, out.ClockFaults)
		}
	})
}

// nested has an event in an event in an event.
const nested = `
- event: outer
  steps:
  - event: middle
    steps:
    - goto: /
    - event: inner
      steps:
      - click: {role: button, name: Run}
      - wait_for: {css: b}
    - goto: /last
`

func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		fails   string // the step that fails
		want    []string
		message string
	}{
		"in the innermost": {
			`wait_for css b`,
			[]string{
				"inner 110ms-310ms scenario.yaml:13:9 outer=false artefacts=true: wait_for css \"b\": broken",
				"middle 10ms-310ms scenario.yaml:13:9 outer=true artefacts=false: wait_for css \"b\": broken",
				"outer 10ms-310ms scenario.yaml:13:9 outer=true artefacts=false: wait_for css \"b\": broken",
			},
			`scenario.yaml:13:9: user 0, iteration 1: wait_for css "b": broken`,
		},
		"before the innermost": {
			`goto /`,
			[]string{
				"middle 10ms-110ms scenario.yaml:9:7 outer=false artefacts=true: goto /: broken",
				"outer 10ms-110ms scenario.yaml:9:7 outer=true artefacts=false: goto /: broken",
			},
			`scenario.yaml:9:7: user 0, iteration 1: goto /: broken`,
		},
		// The row of the inner one is good: the failure is counted where it was.
		"after the innermost": {
			`goto /last`,
			[]string{
				"middle 10ms-410ms scenario.yaml:14:7 outer=false artefacts=true: goto /last: broken",
				"outer 10ms-410ms scenario.yaml:14:7 outer=true artefacts=false: goto /last: broken",
			},
			`scenario.yaml:14:7: user 0, iteration 1: goto /last: broken`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, yaml("users: 1", nested), func(v *trial) {
				v.config.Artefacts, v.config.ArtefactDir = 1, "kept"
				broken := errors.New("broken")
				v.browser.do = func(_ UserInfo, a scenario.Action) (time.Duration, error) {
					if strings.ReplaceAll(a.String(), `"`, "") == test.fails {
						return 100 * time.Millisecond, broken
					}
					return 100 * time.Millisecond, nil
				}
				out := v.must()
				var got []string
				for _, r := range v.rows.all {
					if r.Status == event.Error {
						got = append(got, fmt.Sprintf("%s %v-%v %s outer=%v artefacts=%v: %s",
							r.Name, v.since(r.Start), v.since(r.Stop), r.Place, r.Outer, r.Artefacts == filepath.Join("kept", "failure-u0-i1"), r.Error))
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				f := out.Failures[0]
				if f.Err.Error() != test.message || !errors.Is(f.Err, broken) || f.Event != v.rows.all[len(v.rows.all)-len(test.want)].Name ||
					f.Artefacts != filepath.Join("kept", "failure-u0-i1") {
					t.Errorf("failure %+v", f)
				}
				if (out.Iterations != Iterations{Failed: 1}) || out.Reason != nil {
					t.Errorf("%+v, %v", out.Iterations, out.Reason)
				}
			})
		})
	}
}

// A step outside any event that fails is a row of its own.
func TestFailureOutsideEvents(t *testing.T) {
	steps := one + `
- goto: /a
- click: {css: "x${user}"}
- event: two
  steps:
  - goto: /
`
	virtual(t, yaml("users: 1, iterations: 2", steps), func(v *trial) {
		v.browser.do = func(u UserInfo, a scenario.Action) (time.Duration, error) {
			if _, ok := a.Op.(*scenario.Click); ok && u.Iteration == 1 {
				return 100 * time.Millisecond, errors.New("broken")
			}
			return 100 * time.Millisecond, nil
		}
		v.must()
		want := []string{
			"one u0 i1 10ms-110ms ok",
			"click css \"x${user}\" u0 i1 210ms-310ms error",
			"one u0 i2 320ms-420ms ok",
			"two u0 i2 620ms-720ms ok",
		}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
		if r := v.rows.all[1]; r.Error != `click css "x0": broken` || r.Place != "scenario.yaml:10:3" || r.Outer {
			t.Errorf("%+v", r)
		}
	})
}

// The first row of a run may be of a step that failed outside of events.
func TestFailureBeforeAnyEvent(t *testing.T) {
	virtual(t, yaml("users: 1", "\n- goto: /\n"+one), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, errors.New("broken") }
		v.must()
		if diff := cmp.Diff([]string{"goto / u0 i1 10ms-1.01s error"}, v.lines()); diff != "" {
			t.Error(diff)
		}
	})
}

// What comes before a value that turns out wrong is carried out all the same,
// and the error stands at the value's place.
func TestWrongValue(t *testing.T) {
	steps := `
- set: wait
  js: a()
- event: one
  steps:
  - goto: /
  - wait_for_quiet: ${wait}
`
	virtual(t, yaml("users: 1", steps), func(v *trial) {
		v.browser.value = func(UserInfo, scenario.Action) string { return "soon" }
		out := v.must()
		if diff := cmp.Diff([]string{"set wait", "goto /"}, v.handed()); diff != "" {
			t.Error(diff)
		}
		got := out.Failures[0].Err.Error()
		if !strings.HasPrefix(got, "scenario.yaml:10:21: user 0, iteration 1: wait_for_quiet") || strings.Count(got, "scenario.yaml") != 1 {
			t.Errorf("message %q", got)
		}
		if r := v.rows.all[0]; r.Place != "scenario.yaml:10:21" || v.since(r.Start) != 110*time.Millisecond || r.Name != "one" {
			t.Errorf("%+v", r)
		}
	})
}

func TestEventTimeout(t *testing.T) {
	steps := `
- event: outer
  timeout: 10s
  steps:
  - event: inner
    timeout: %s
    steps:
    - goto: /
    - sleep: 5s
    - wait_for: {css: a}
`
	slow := func(_ UserInfo, a scenario.Action) (time.Duration, error) {
		if _, ok := a.Op.(*scenario.WaitFor); ok {
			return time.Minute, nil
		}
		return time.Second, nil
	}
	for inner, want := range map[string][]string{
		"3s": {
			"inner 10ms-3.01s sleep 5s: event inner was not over within its timeout of 3s",
			"outer 10ms-3.01s sleep 5s: event inner was not over within its timeout of 3s",
		},
		"20s": {
			"inner 10ms-10.01s wait_for css \"a\": event outer was not over within its timeout of 10s",
			"outer 10ms-10.01s wait_for css \"a\": event outer was not over within its timeout of 10s",
		},
	} {
		t.Run(inner, func(t *testing.T) {
			virtual(t, yaml("users: 1", fmt.Sprintf(steps, inner)), func(v *trial) {
				v.browser.do = slow
				out := v.must()
				var got []string
				for _, r := range v.rows.all {
					got = append(got, fmt.Sprintf("%s %v-%v %s", r.Name, v.since(r.Start), v.since(r.Stop), r.Error))
					if r.Status != event.Error {
						t.Errorf("%s: %s", r.Name, r.Status)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if out.Iterations.Failed != 1 {
					t.Errorf("%+v", out.Iterations)
				}
			})
		})
	}
}

func TestPace(t *testing.T) {
	steps := one + "- sleep: {pace: 1s}\n"
	virtual(t, yaml("users: 1, iterations: 6", steps), func(v *trial) {
		v.browser.do = func(u UserInfo, a scenario.Action) (time.Duration, error) {
			if u.Iteration == 3 {
				return 2500 * time.Millisecond, nil
			}
			return 100 * time.Millisecond, nil
		}
		v.must()
		want := []string{
			"one u0 i1 10ms-110ms ok",
			"one u0 i2 1.02s-1.12s ok", // the pace goes on while the session is opened
			"one u0 i3 2.02s-4.52s ok", // late for the next
			"one u0 i4 4.53s-4.63s ok", // which does not wait
			"one u0 i5 5.53s-5.63s ok", // and is not caught up with
			"one u0 i6 6.53s-6.63s ok",
		}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestScreenshots(t *testing.T) {
	steps := one + `
- repeat: 2
  steps:
  - screenshot: after ${i}
- screenshot: plain
`
	virtual(t, yaml("users: 1, iterations: 2", steps), func(v *trial) {
		v.config.ScreenshotDir = "run"
		if out := v.must(); out.Iterations.Failed > 0 {
			t.Errorf("failures: %v", out.Failures)
		}
		var got []string
		for _, d := range v.browser.done {
			if s, ok := d.op.(*scenario.Screenshot); ok {
				got = append(got, s.Path)
			}
		}
		var want []string
		for i := 1; i <= 2; i++ {
			for _, name := range []string{"after 1", "after 2", "plain"} {
				want = append(want, filepath.Join("run", fmt.Sprintf("%s-u0-i%d.png", name, i)))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSecretsAreHidden(t *testing.T) {
	steps := "\n- event: one\n  steps:\n  - goto: /?key=${env.SECRET_KEY}\n"
	virtual(t, yaml("users: 1", steps), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
			return 0, errors.New("refused: env-SECRET_KEY")
		}
		out := v.must()
		if got, want := v.rows.all[0].Error, "goto /?key=***: refused: ***"; got != want {
			t.Errorf("row: %q", got)
		}
		if got := out.Failures[0].Err.Error(); strings.Contains(got, "env-SECRET_KEY") {
			t.Errorf("failure: %q", got)
		}
	})
}

// A session that breaks its contract is found out, not believed.
func TestSessionTellsTooMuchOrTooLittle(t *testing.T) {
	for extra, want := range map[int]string{
		1:  "goto /b: the session told of 3 steps out of 2",
		-1: "goto /b: the session told of 1 steps out of 2",
	} {
		virtual(t, yaml("users: 1", "\n- event: one\n  steps:\n  - goto: /a\n  - goto: /b\n"), func(v *trial) {
			v.config.Opener = &miscounting{&v.browser, extra}
			v.must()
			if got := v.rows.all[0].Error; got != want {
				t.Errorf("error %q, want %q", got, want)
			}
		})
	}
}

package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// one is an event of 100 ms.
const one = `
- event: one
  steps:
  - goto: /
`

func TestOneUser(t *testing.T) {
	virtual(t, yaml("users: 1", one), func(v *trial) {
		out := v.must()
		want := []string{"one u0 i1 10ms-110ms ok"}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(Outcome{
			Seed: 1, Began: v.config.Clock.Origin().Add(10 * time.Millisecond), Elapsed: 100 * time.Millisecond,
			Users: 1, Iterations: Iterations{Completed: 1}, CancelledEvents: map[string]int{},
		}, out); diff != "" {
			t.Error(diff)
		}
	})
}

// Users start as far apart as the scenario says, to the nanosecond, whatever
// their sessions take.
func TestStartIntervals(t *testing.T) {
	virtual(t, yaml("users: 30, start_interval: 300ms", one), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 150 * time.Millisecond, nil }
		v.must()
		starts := make([]event.Instant, 30)
		for _, r := range v.rows.all {
			starts[r.User] = r.Start
		}
		for k, at := range starts {
			if want := 150*time.Millisecond + time.Duration(k)*300*time.Millisecond; v.since(at) != want {
				t.Errorf("user %d started after %v, not %v", k, v.since(at), want)
			}
		}
		if v.browser.mostOpen > 2 {
			t.Errorf("%d sessions were being opened at a time", v.browser.mostOpen)
		}
		for _, o := range v.browser.opened {
			if due := 150*time.Millisecond + time.Duration(o.User)*300*time.Millisecond; o.at < due-ahead {
				t.Errorf("the session of user %d was opened at %v, %v ahead", o.User, o.at, due-o.at)
			}
		}
		// In the order of their turns, two side by side.
		for i, o := range v.browser.opened {
			if o.User < i-1 || o.User > i+1 {
				t.Errorf("the session of user %d was opened as number %d", o.User, i)
			}
		}
	})
}

// The load begins when those who are due at once have their sessions, so that
// opening them spoils nobody's time.
func TestAllAtOnce(t *testing.T) {
	virtual(t, yaml("users: 40, start_interval: 0", one), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 200 * time.Millisecond, nil }
		out := v.must()
		for _, r := range v.rows.all {
			if got := v.since(r.Start); got != 4*time.Second {
				t.Errorf("user %d started at %v, not when all 40 sessions were there", r.User, got)
			}
		}
		if len(v.rows.all) != 40 || v.browser.mostOpen != 2 || v.since(out.Began) != 4*time.Second {
			t.Errorf("%d rows, %d opened at a time, begun at %v", len(v.rows.all), v.browser.mostOpen, v.since(out.Began))
		}
	})
}

// However long it takes, as long as one session comes after another.
func TestManyAtOnce(t *testing.T) {
	virtual(t, yaml("users: 300, start_interval: 0", one), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 200 * time.Millisecond, nil }
		if out := v.must(); v.since(out.Began) != 30*time.Second || out.Elapsed != 100*time.Millisecond {
			t.Errorf("begun at %v, took %v", v.since(out.Began), out.Elapsed)
		}
	})
}

// Openings that take for ever hold up neither the load nor anybody else's.
func TestHangingOpenings(t *testing.T) {
	virtual(t, yaml("users: 10, start_interval: 0", one), func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			if u.User < 3 {
				return time.Hour, nil
			}
			return 100 * time.Millisecond, nil
		}
		out := v.must()
		if v.since(out.Began) > 25*time.Second {
			t.Errorf("the load began after %v", v.since(out.Began))
		}
		if want := (Iterations{Completed: 7, Failed: 3}); out.Iterations != want {
			t.Errorf("%+v", out.Iterations)
		}
		for _, r := range v.rows.all {
			switch {
			case r.User >= 3 && (r.Status != event.OK || v.since(r.Start) != v.since(out.Began)):
				t.Errorf("user %d: %s from %v", r.User, r.Status, v.since(r.Start))
			case r.User < 3 && (r.Name != "open session" || r.Error != "open session: no session within 2m0s: context deadline exceeded"):
				t.Errorf("user %d: %s %q", r.User, r.Name, r.Error)
			}
		}
	})
}

func TestSlowAndFailingUsersHoldNobodyUp(t *testing.T) {
	virtual(t, yaml("users: 4, start_interval: 1s, iterations: 3", one), func(v *trial) {
		v.browser.do = func(u UserInfo, a scenario.Action) (time.Duration, error) {
			switch u.User {
			case 1:
				return 20 * time.Second, nil
			case 2:
				return time.Millisecond, errors.New("no such thing")
			}
			return 100 * time.Millisecond, nil
		}
		v.browser.close = func(u UserInfo) time.Duration { return time.Duration(u.User) * time.Second }
		out := v.must()
		if want := (Iterations{Completed: 9, Failed: 3}); out.Iterations != want {
			t.Errorf("%+v", out.Iterations)
		}
		got := map[int][]time.Duration{}
		for _, r := range v.rows.all {
			got[r.User] = append(got[r.User], v.since(r.Start).Truncate(10*time.Millisecond))
		}
		ms := time.Millisecond
		want := map[int][]time.Duration{
			0: {10 * ms, 120 * ms, 230 * ms},
			1: {1010 * ms, 22010 * ms, 43010 * ms}, // a second of closing, in which the next is opened
			2: {2010 * ms, 4010 * ms, 6010 * ms},
			3: {3010 * ms, 6110 * ms, 9210 * ms},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestIterationsAndDuration(t *testing.T) {
	for name, test := range map[string]struct {
		load string
		want Iterations
		took time.Duration
	}{
		"neither":                 {"users: 2, start_interval: 1s", Iterations{Completed: 2}, 1100 * time.Millisecond},
		"iterations":              {"users: 2, start_interval: 1s, iterations: 3", Iterations{Completed: 6}, 1320 * time.Millisecond},
		"duration":                {"users: 1, duration: 1s", Iterations{Completed: 10}, 1090 * time.Millisecond},
		"duration, cut at once":   {"users: 1, duration: 1s, graceful_stop: 0", Iterations{Completed: 9, Cancelled: 1}, time.Second},
		"iterations first":        {"users: 1, duration: 1s, iterations: 3", Iterations{Completed: 3}, 320 * time.Millisecond},
		"duration first":          {"users: 1, duration: 200ms, iterations: 3", Iterations{Completed: 2, NotStarted: 1}, 210 * time.Millisecond},
		"too short for the last":  {"users: 3, start_interval: 1s, duration: 2s", Iterations{Completed: 19 + 10}, 2 * time.Second},
		"none after the duration": {"users: 5, start_interval: 1s, duration: 1500ms, iterations: 2", Iterations{Completed: 4, NotStarted: 6}, 1210 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, yaml(test.load, one), func(v *trial) {
				out := v.must()
				if out.Iterations != test.want || out.Reason != nil {
					t.Errorf("%+v, reason %v", out.Iterations, out.Reason)
				}
				for _, o := range v.browser.opened {
					if o.User >= out.Users {
						t.Errorf("a session was opened for user %d, who never began", o.User)
					}
				}
				if d := out.Elapsed - test.took; d < -100*time.Millisecond || d > 100*time.Millisecond {
					t.Errorf("took %v, not about %v", out.Elapsed, test.took)
				}
			})
		})
	}
}

// A browser that is gone does not fill the results with failures, and a user
// whose sessions open again goes on.
func TestFailingOpenings(t *testing.T) {
	virtual(t, yaml("users: 1, iterations: 12", one), func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			if u.Iteration%10 < 9 && u.Iteration > 1 {
				return 0, errors.New("the browser\nhas died")
			}
			return 0, nil
		}
		out := v.must()
		if want := (Iterations{Completed: 2, Failed: 10}); out.Iterations != want {
			t.Errorf("%+v", out.Iterations)
		}
		ms := time.Millisecond
		want := []string{"one u0 i1 0s-100ms ok"}
		at := 100 * ms
		for i, pause := range []time.Duration{0, 100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms} {
			at += pause
			want = append(want, fmt.Sprintf("open session u0 i%d %v-%v error", i+2, at, at))
		}
		at += 5 * time.Second
		want = append(want, fmt.Sprintf("one u0 i9 %v-%v ok", at, at+100*ms))
		at += 100 * ms
		for i, pause := range []time.Duration{0, 100 * ms, 200 * ms} { // counted anew
			at += pause
			want = append(want, fmt.Sprintf("open session u0 i%d %v-%v error", i+10, at, at))
		}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
		r := v.rows.all[1]
		if r.Error != "open session: the browser; has died" || r.Place != "" || r.Outer {
			t.Errorf("row %+v", r)
		}
		if got, want := out.Failures[0].Err.Error(), "user 0, iteration 2: open session: the browser\nhas died"; got != want {
			t.Errorf("failure %q", got)
		}
		if len(out.Failures) != 10 {
			t.Errorf("%d failures are told", len(out.Failures))
		}
	})
}

// What failed before a user's turn is a row of no length at its turn.
func TestOpeningFailsAhead(t *testing.T) {
	virtual(t, yaml("users: 3, start_interval: 2s", one), func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			return time.Second, map[int]error{1: errors.New("no")}[u.User]
		}
		v.must()
		want := []string{"one u0 i1 1s-1.1s ok", "open session u1 i1 3s-3s error", "one u2 i1 5s-5.1s ok"}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
	})
}

// The row of an opening begins no earlier than the run's first event, even
// where that is itself.
func TestFirstOpeningFailsLate(t *testing.T) {
	virtual(t, yaml("users: 1", one), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 30 * time.Second, errors.New("no") }
		out := v.must()
		if diff := cmp.Diff([]string{"open session u0 i1 10s-30s error"}, v.lines()); diff != "" {
			t.Error(diff)
		}
		if v.since(out.Began) != stalled {
			t.Errorf("the load began after %v", v.since(out.Began))
		}
	})
}

type empty struct{}

func (empty) Open(context.Context, UserInfo, *State) (Session, error) { return nil, nil }

func TestOpenerWithoutASession(t *testing.T) {
	virtual(t, yaml("users: 1", one), func(v *trial) {
		v.config.Opener = empty{}
		v.must()
		if got := v.rows.all[0].Error; got != "open session: the opener returned no session" {
			t.Errorf("error %q", got)
		}
	})
}

func TestNoBrowserAtAll(t *testing.T) {
	virtual(t, yaml("users: 5, start_interval: 1s, iterations: 3", one), func(v *trial) {
		missing := fmt.Errorf("no Chromium here: %w", ErrFatal)
		v.browser.open = func(UserInfo) (time.Duration, error) { return time.Second, missing }
		out, err := v.run()
		if err != missing || out.Reason != missing {
			t.Errorf("error %v, reason %v", err, out.Reason)
		}
		if len(v.rows.all) != 0 || v.browser.now() > 2*time.Second {
			t.Errorf("%d rows, ended at %v", len(v.rows.all), v.browser.now())
		}
		if out.Iterations != (Iterations{NotStarted: 15}) {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

func TestPhasesAndUsers(t *testing.T) {
	virtual(t, yaml("users: 3, start_interval: 1s, iterations: 2", one), func(v *trial) {
		v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) {
			return time.Duration(1500+u.User) * time.Millisecond, nil
		}
		v.must()
		var got []string
		for _, r := range v.rows.all {
			got = append(got, fmt.Sprintf("u%d i%d %s %d", r.User, r.Iteration, r.Phase, r.Users))
		}
		want := []string{
			"u0 i1 ramp_up 2",
			"u1 i1 ramp_up 3",
			"u0 i2 ramp_up 3",
			"u2 i1 steady 2",
			"u1 i2 steady 2",
			"u2 i2 ramp_down 1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Hours of load take no time to test and no memory to run.
func TestHours(t *testing.T) {
	virtual(t, yaml("users: 20, start_interval: 1m, duration: 5h", `
- event: one
  steps:
  - goto: /
- sleep: {between: [20s, 40s]}
`), func(v *trial) {
		out := v.must()
		// Each 30 s or so, less the ramp.
		if n := out.Iterations.Completed; n < 10000 || n > 13000 {
			t.Errorf("%d iterations", n)
		}
		if out.Elapsed < 5*time.Hour || out.Elapsed > 5*time.Hour+time.Minute {
			t.Errorf("took %v", out.Elapsed)
		}
		if v.browser.mostLive > 2*20 {
			t.Errorf("%d sessions at a time", v.browser.mostLive)
		}
	})
}

func TestSeed(t *testing.T) {
	source := yaml("users: 3, iterations: 5", "\n- event: one\n  steps:\n  - goto: /\n- sleep: {exponential: 1s}\n")
	var thoughts []time.Duration
	run := func(seed *int64) (lines []string, told int64) {
		virtual(t, source, func(v *trial) {
			v.config.Seed = seed
			told = v.must().Seed
			slices.SortFunc(v.rows.all, func(a, b event.Event) int {
				return (a.User-b.User)*10 + a.Iteration - b.Iteration
			})
			lines = v.lines()
			thoughts = nil
			for i, r := range v.rows.all {
				if r.Iteration > 1 {
					thoughts = append(thoughts, r.Start.Sub(v.rows.all[i-1].Stop))
				}
			}
		})
		return
	}
	first, drawn := run(nil)
	again, told := run(&drawn)
	if diff := cmp.Diff(first, again); diff != "" || told != drawn {
		t.Errorf("another run with the seed %d, told as %d:\n%s", drawn, told, diff)
	}
	thought := map[time.Duration]bool{}
	for _, d := range thoughts {
		thought[d] = true
	}
	if len(thought) != 12 {
		t.Errorf("of 12 think times only %d differ: %v", len(thought), thoughts)
	}
	other, _ := run(new(int64))
	if slices.Equal(first, other) {
		t.Error("the seed makes no difference")
	}
}

func TestProgress(t *testing.T) {
	virtual(t, yaml("users: 4, start_interval: 1s, duration: 5s", one+"- sleep: 900ms\n"), func(v *trial) {
		control := v.config.Control
		if p := control.Progress(); p.Stage != Preparing || p.Phase != event.RampUp {
			t.Errorf("before the run: %+v", p)
		}
		var seen []Progress
		go func() {
			for _, at := range []time.Duration{5 * time.Millisecond, 1510 * time.Millisecond, 4510 * time.Millisecond, 5025 * time.Millisecond} {
				time.Sleep(at - v.browser.now())
				seen = append(seen, control.Progress())
			}
		}()
		v.must()
		ms := time.Millisecond
		if diff := cmp.Diff([]Progress{
			{Stage: Preparing, Phase: event.RampUp, Most: 4},
			{Stage: Loading, Phase: event.RampUp, Users: 2, Active: 2, Wanted: 2, Most: 4, Iterations: 1, Elapsed: 1500 * ms, Left: 3500 * ms, LeftKnown: true},
			{Stage: Loading, Phase: event.Steady, Users: 4, Active: 4, Wanted: 4, Most: 4, Iterations: 10, Elapsed: 4500 * ms, Left: 500 * ms, LeftKnown: true},
			{Stage: Stopping, Phase: event.RampDown, Users: 4, Active: 3, Most: 4, Iterations: 11, Elapsed: 5015 * ms, Left: 29985 * ms, LeftKnown: true},
		}, seen); diff != "" {
			t.Error(diff)
		}
	})
}

// A scenario that says neither how often nor how long is gone through once.
func TestNeitherIterationsNorDuration(t *testing.T) {
	virtual(t, yaml("users: 2", one), func(v *trial) {
		s := *v.config.Scenario
		s.Load = scenario.LoadModel{}
		v.config.Scenario = &s
		if out := v.must(); out.Iterations != (Iterations{Completed: 1}) {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []Config{{}, {Opener: new(browser)}, {Scenario: &scenario.Scenario{UserTypes: make([]scenario.UserType, 1)}}} {
		if _, err := Run(context.Background(), c); err == nil {
			t.Errorf("%+v runs", c)
		}
	}
}

// A user without a page opens its own sessions, each when it needs it: nobody
// stands in a line for them, and who hangs holds up nobody else.
func TestSessionsWithoutPages(t *testing.T) {
	const request = "\n- event: one\n  steps: [{request: GET /}]\n- sleep: 1s\n"
	virtual(t, yaml("users: 20, start_interval: 0, iterations: 2", request), func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			if u.User < 3 {
				return 40 * time.Second, nil
			}
			return 0, nil
		}
		out := v.must()
		if v.since(out.Began) != 0 || v.browser.mostOpen < 3 {
			t.Errorf("begun at %v, %d opened at a time", v.since(out.Began), v.browser.mostOpen)
		}
		for _, o := range v.browser.opened {
			slow := time.Duration(0)
			if o.User < 3 {
				slow = 40 * time.Second
			}
			if want := time.Duration(o.Iteration-1) * (slow + 1100*time.Millisecond); o.at != want {
				t.Errorf("user %d opened its session %d at %v, not at %v", o.User, o.Iteration, o.at, want)
			}
		}
		if want := (Iterations{Completed: 40}); out.Iterations != want {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

package runner

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// Over hours of stages, the users who are there are those who are wanted, but
// for one who comes or goes.
func TestUsersFollowTheStages(t *testing.T) {
	load := "stages: [{users: 40, over: 20m, hold: 30m}, {users: 3, over: 10m}, {users: 0, hold: 5m}, {users: 25, over: 1m, hold: 40m}, {users: 10, hold: 10m}, {users: 0, over: 5m}]"
	virtual(t, yaml(load, "\n- event: one\n  steps: [{goto: /}]\n- sleep: 4900ms\n"), func(v *trial) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				p := v.config.Control.Progress()
				if p.Stage == Ended {
					return
				}
				if p.Stage == Loading {
					// Who is sent away finishes an iteration of five seconds.
					before, _ := newStaged(v.config.Scenario.Load.Stages).wanted(max(0, p.Elapsed-5100*time.Millisecond))
					if p.Active < min(p.Wanted, before)-1 || p.Active > max(p.Wanted, before)+1 {
						t.Errorf("at %v: %d users, %d wanted", p.Elapsed, p.Active, p.Wanted)
					}
				}
				time.Sleep(3777 * time.Millisecond)
			}
		}()
		out := v.must()
		<-done
		if out.Iterations.Cancelled != 0 || out.Elapsed < 2*time.Hour {
			t.Errorf("%+v after %v", out.Iterations, out.Elapsed)
		}
		phases := map[event.Phase]int{}
		for _, r := range v.rows.all {
			phases[r.Phase]++
		}
		if phases[event.RampUp] == 0 || phases[event.Steady] == 0 || phases[event.RampDown] == 0 {
			t.Errorf("phases %v", phases)
		}
	})
}

// A browser that takes long to start takes none of a ramp's time.
func TestRampBeginsWithABrowser(t *testing.T) {
	virtual(t, yaml("stages: [{users: 4, over: 4s, hold: 2s}]", one), func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			if u.User == 0 && u.Iteration == 1 {
				return 10 * time.Second, nil
			}
			return 10 * time.Millisecond, nil
		}
		out := v.must()
		if began := v.since(out.Began); began != 10*time.Second {
			t.Errorf("the load began at %v", began)
		}
		first := map[int]time.Duration{}
		for _, r := range v.rows.all {
			if _, seen := first[r.User]; !seen {
				first[r.User] = r.Start.Sub(out.Began)
			}
		}
		want := map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 2: 3 * time.Second, 3: 4 * time.Second}
		if d := cmp.Diff(want, first); d != "" {
			t.Error(d)
		}
	})
}

// Who is sent away may finish within the graceful stop, and is then cut.
func TestSentAway(t *testing.T) {
	for grace, want := range map[string][]string{
		"30s": {"one u1 i1 10ms-3.01s ok", "one u0 i1 10ms-3.01s ok", "one u0 i2 3.02s-6.02s ok"},
		"1s":  {"one u1 i1 10ms-2.01s cancelled", "one u0 i1 10ms-3.01s ok", "one u0 i2 3.02s-5.01s cancelled"},
		"0":   {"one u1 i1 10ms-1.01s cancelled", "one u0 i1 10ms-3.01s ok", "one u0 i2 3.02s-4.01s cancelled"},
	} {
		t.Run(grace, func(t *testing.T) {
			virtual(t, yaml("stages: [{users: 2, hold: 1s}, {users: 1, hold: 3s}], graceful_stop: "+grace, one), func(v *trial) {
				v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) { return 3 * time.Second, nil }
				v.must()
				got := v.lines()
				if got[0][4] == 'u' && got[0][5] == '0' && got[1][5] == '1' { // they end at the same moment
					got[0], got[1] = got[1], got[0]
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A number that is wanted again goes on counting its iterations, and never has
// two users at once.
func TestWantedAgain(t *testing.T) {
	virtual(t, yaml("stages: [{users: 2, hold: 1s}, {users: 1, hold: 1s}, {users: 2, hold: 2s}], graceful_stop: 30s", one), func(v *trial) {
		v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) { return 700 * time.Millisecond, nil }
		v.must()
		iteration, until := 0, event.Instant(0)
		for _, r := range v.rows.all {
			if r.User != 1 {
				continue
			}
			if r.Iteration != iteration+1 || r.Start < until {
				t.Errorf("iteration %d from %v after %d until %v", r.Iteration, v.since(r.Start), iteration, v.since(until))
			}
			iteration, until = r.Iteration, r.Stop
		}
		if iteration < 4 {
			t.Errorf("%d iterations", iteration)
		}
	})
}

func TestKindsOfUser(t *testing.T) {
	source := "url: http://app.test\nload: {users: 9, start_interval: 0}\nuser_types:\n  a: {weight: 2, steps: [{event: e, steps: [{goto: /}]}]}\n  b: {weight: 1, steps: [{request: GET /b}]}\n  c: {count: 2, steps: [{request: GET /c}]}\n"
	virtual(t, source, func(v *trial) {
		v.must()
		kinds := make([]string, 9)
		for _, r := range v.rows.all {
			kinds[r.User] = r.UserType
		}
		if diff := cmp.Diff([]string{"c", "c", "a", "b", "a", "a", "b", "a", "a"}, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

// A session per user lives as long as its user; after a failure there is a
// fresh one.
func TestSessionPerUser(t *testing.T) {
	virtual(t, yaml("users: 2, iterations: 5, start_interval: 0, session: user", one), func(v *trial) {
		failed := false
		v.browser.do = func(u UserInfo, _ scenario.Action) (time.Duration, error) {
			if u.User == 1 && v.browser.now() > 150*time.Millisecond && !failed {
				failed = true
				return time.Millisecond, fmt.Errorf("broken")
			}
			return 100 * time.Millisecond, nil
		}
		out := v.must()
		opened := map[int]int{}
		for _, o := range v.browser.opened {
			opened[o.User]++
		}
		if opened[0] != 1 || opened[1] != 2 || out.Iterations != (Iterations{Completed: 9, Failed: 1}) {
			t.Errorf("sessions by user: %v, %+v", opened, out.Iterations)
		}
	})
}

// Whoever dials has so many users, new ones at once and old ones in order.
func TestDial(t *testing.T) {
	virtual(t, yaml("users: 2, duration: 60s, start_interval: 0", one), func(v *trial) {
		if err := v.config.Control.Dial(4); err != nil { // before it begins
			t.Error(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			time.Sleep(time.Second)
			if p := v.config.Control.Progress(); p.Active != 4 {
				t.Errorf("%d users, 4 were dialled before the run began", p.Active)
			}
			for _, step := range []struct {
				at    time.Duration
				users int
			}{{5, 6}, {10, 1}, {15, 0}, {20, 3}, {40, 2}} {
				time.Sleep(step.at*time.Second - v.browser.now())
				if err := v.config.Control.Dial(step.users); err != nil {
					t.Error(err)
				}
				time.Sleep(500 * time.Millisecond)
				if p := v.config.Control.Progress(); p.Active != step.users {
					t.Errorf("at %v s: %d users, %d were dialled", step.at, p.Active, step.users)
				}
			}
			time.Sleep(25 * time.Second)
			if err := v.config.Control.Dial(3); err == nil {
				t.Error("a run that is over can be dialled")
			}
		}()
		out := v.must()
		<-done
		if out.Elapsed < 60*time.Second || out.Iterations.Failed > 0 {
			t.Errorf("%+v", out)
		}
		if len(v.rows.all) < 1000 {
			t.Errorf("%d rows", len(v.rows.all))
		}
	})
}

// How far a run of iterations is, and what of it never began, is told of the users
// that were dialled.
func TestDialledIterations(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		virtual(t, yaml("users: 2, iterations: 10, start_interval: 0", one), func(v *trial) {
			v.dials = true
			v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, nil }
			planned := func(at time.Duration, want int) {
				time.Sleep(at - v.browser.now())
				if p := v.config.Control.Progress(); p.Planned != want {
					t.Errorf("after %v %d iterations are planned, want %d", at, p.Planned, want)
				}
			}
			go func() {
				planned(3500*time.Millisecond, 20)
				if err := v.config.Control.Dial(4); err != nil {
					t.Error(err)
				}
				planned(4*time.Second, 40)
				time.Sleep(1250 * time.Millisecond)
				if err := v.config.Control.Dial(1); err != nil {
					t.Error(err)
				}
				planned(7500*time.Millisecond, 10+6+2+2) // what the others had begun
				if err := v.config.Control.Dial(2); err != nil {
					t.Error(err)
				}
				planned(8*time.Second, 20+2+2)
				if stopped {
					v.config.Control.Stop(nil, time.Minute)
				}
			}()
			out := v.must()
			n := out.Iterations
			if p := v.config.Control.Progress(); p.Planned != 24 || n.NotStarted != 24-n.Completed || stopped != (n.NotStarted > 0) {
				t.Errorf("stopped: %v; %d iterations were planned, %+v", stopped, p.Planned, n)
			}
		})
	}
}

// Users who were to do so many iterations end the run when they have done them,
// however many were dialled; while none is wanted, it waits for some.
func TestDialWithIterations(t *testing.T) {
	for _, load := range []string{"users: 2, iterations: 20, start_interval: 0", "users: 2, iterations: 20, duration: 10m, start_interval: 0"} {
		virtual(t, yaml(load, one), func(v *trial) {
			v.dials = true
			v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return 100 * time.Millisecond, nil }
			go func() {
				for _, users := range []int{3, 0, 5} {
					time.Sleep(time.Second)
					if err := v.config.Control.Dial(users); err != nil {
						t.Error(err)
					}
					time.Sleep(4 * time.Second * time.Duration(1-min(1, users))) // longer than all iterations
				}
			}()
			out := v.must()
			if out.Reason != nil || out.Elapsed < 7*time.Second || out.Elapsed > 12*time.Second {
				t.Errorf("%s: %+v", load, out)
			}
		})
	}
}

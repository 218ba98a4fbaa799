package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/scenario"
)

const get = "\n- request: GET /\n"

func TestEvenArrivalsOfUsers(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 5/s}, duration: 1s, max_users: 10", get), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		out := v.must()
		want := []string{
			"GET / u0 i1 0s-100ms ok", "GET / u0 i2 200ms-300ms ok", "GET / u0 i3 400ms-500ms ok",
			"GET / u0 i4 600ms-700ms ok", "GET / u0 i5 800ms-900ms ok",
		}
		if diff := cmp.Diff(want, v.lines()); diff != "" {
			t.Error(diff)
		}
		if out.Iterations != (Iterations{Completed: 5}) || out.Users != 5 {
			t.Errorf("%+v", out)
		}
	})
}

// Who finds no place waits in line, in the order of arrival; the wait is with
// the first event, and with no other.
func TestLateArrivals(t *testing.T) {
	steps := "\n- event: outer\n  steps:\n  - event: inner\n    steps: [{goto: /}]\n- event: second\n  steps: [{goto: /}]\n"
	virtual(t, yaml("arrivals: {rate: 2/s}, duration: 2s, max_users: 1", steps), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return 400 * time.Millisecond, nil }
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		out := v.must()
		var got []string
		for _, r := range v.rows.all {
			late := "none"
			if r.LateKnown {
				late = r.Late.String()
			}
			got = append(got, fmt.Sprintf("%s u%d i%d %v late %s", r.Name, r.User, r.Iteration, v.since(r.Start), late))
		}
		want := []string{
			"inner u0 i1 0s late 0s", "outer u0 i1 0s late 0s", "second u0 i1 400ms late none",
			"inner u0 i2 800ms late 300ms", "outer u0 i2 800ms late 300ms", "second u0 i2 1.2s late none",
			"inner u0 i3 1.6s late 600ms", "outer u0 i3 1.6s late 600ms",
			"not started u0 i0 2s late 500ms",
			"second u0 i3 2s late none",
		}
		slices.Sort(want) // several end at the same moment
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if out.Iterations != (Iterations{Completed: 3, NotStarted: 1}) {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

// What the tool does itself is in nobody's lateness: the opening of sessions, a
// login, which has its own row.
func TestOwnWorkIsNotLate(t *testing.T) {
	for name, source := range map[string]string{
		"opening": yaml("arrivals: {rate: 1/s}, duration: 20s, max_users: 30", "\n- event: load\n  steps: [{goto: /}]\n"),
		"login":   "url: http://app.test\nload: {arrivals: {rate: 1/s}, duration: 20s, max_users: 30}\nlogin: {steps: [{goto: /login}]}\nsteps:\n- event: load\n  steps: [{goto: /}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, source, func(v *trial) {
				v.browser.open = func(UserInfo) (time.Duration, error) { return 2 * time.Second, nil }
				v.config.Opens = 30
				if out := v.must(); out.Iterations.Completed < 10 {
					t.Errorf("%+v", out.Iterations)
				}
				for _, r := range v.rows.all {
					if r.Name == notStarted { // due in the last seconds
						continue
					}
					if r.Late != 0 || r.LateKnown != (r.Name == "load") {
						t.Errorf("%s at %v: late %v, known %t", r.Name, v.since(r.Start), r.Late, r.LateKnown)
					}
				}
			})
		})
	}
}

// Users with pages have theirs opened ahead, also where users without come
// between them; and these take no place before they are due.
func TestArrivalsWithAndWithoutPages(t *testing.T) {
	source := "url: http://app.test\nload: {arrivals: {rate: 1/s}, duration: 30s, max_users: 30}\nuser_types:\n  page: {weight: 1, steps: [{event: load, steps: [{goto: /}]}]}\n  request: {weight: 2, steps: [{event: get, steps: [{request: GET /}]}]}\n"
	virtual(t, source, func(v *trial) {
		v.browser.open = func(u UserInfo) (time.Duration, error) {
			if u.UserType == "page" {
				return 2 * time.Second, nil
			}
			return 0, nil
		}
		v.must()
		begins := map[time.Duration]int{}
		for _, r := range v.rows.all {
			if at := v.since(r.Start); r.UserType == "request" || at > 3*time.Second {
				begins[at]++
			}
			if r.Late != 0 {
				t.Errorf("%s at %v: late %v", r.Name, v.since(r.Start), r.Late)
			}
		}
		for at := 4 * time.Second; at < 30*time.Second; at += time.Second {
			if begins[at] != 1 {
				t.Errorf("at %v: %d users", at, begins[at])
			}
		}
		if n := v.browser.mostLive; n > 4 { // two pages of the next five seconds, and whoever is due
			t.Errorf("%d sessions at once", n)
		}
	})
}

// How many wait is counted, however many they are, and nobody waits any more
// when the load is over.
func TestWaiting(t *testing.T) {
	for name, source := range map[string]string{
		"requests": yaml("arrivals: {rate: 10/s, spacing: even}, duration: 100s, max_users: 1", get),
		"pages":    yaml("arrivals: {rate: 10/s}, duration: 100s, max_users: 1", "\n- event: load\n  steps: [{goto: /}]\n"),
	} {
		t.Run(name, func(t *testing.T) {
			virtual(t, source, func(v *trial) {
				v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
				v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
					if v.browser.now() > 60*time.Second {
						return time.Millisecond, nil
					}
					return 60*time.Second - v.browser.now(), nil
				}
				got, seen := map[time.Duration]int{}, make(chan struct{})
				go func() {
					defer close(seen)
					for _, at := range []time.Duration{10, 50, 99, 101} {
						at = at*time.Second + 50*time.Millisecond
						time.Sleep(at - v.browser.now())
						got[at] = v.config.Control.Progress().Waiting
					}
				}()
				out := v.must()
				<-seen
				want := map[time.Duration]int{10050 * time.Millisecond: 100, 50050 * time.Millisecond: 500, 99050 * time.Millisecond: 0, 101050 * time.Millisecond: 0}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				if out.Iterations.Completed != 1000 {
					t.Errorf("%+v", out.Iterations)
				}
			})
		})
	}
}

// The rows of those who never began end with the context: a long line makes many.
func TestTheEndOfTheContextEndsTheRowsOfTheLine(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 1000/s}, duration: 60s, max_users: 1", get), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Hour, nil }
		ctx, cancel := context.WithCancel(v.ctx)
		v.ctx = ctx
		v.config.Sinks = append(v.config.Sinks, plainSink(func(e *event.Event) error {
			if e.Name == notStarted {
				cancel()
			}
			return nil
		}))
		v.must()
		if n := len(v.rows.all); n > 2*inFlight {
			t.Errorf("%d rows of 60 000", n)
		}
	})
}

// Whoever has come for a row and finds none is done, in order, whichever data it
// is of.
func TestArrivalsWhoseDataIsExhausted(t *testing.T) {
	for _, per := range []string{"user", "iteration"} {
		t.Run(per, func(t *testing.T) {
			source := fmt.Sprintf(account, "per: "+per, "arrivals: {rate: 1/s}, duration: 10s, max_users: 10", "")
			virtual(t, source, func(v *trial) {
				v.config.Data = []Data{{Name: "account", PerIteration: per == "iteration", Rows: &noMore{numbered{most: 3}}}}
				v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return 20 * time.Second, nil }
				out := v.must()
				if out.Iterations != (Iterations{Completed: 3}) || len(v.rows.all) != 3 {
					t.Errorf("%+v, rows %q", out.Iterations, v.lines())
				}
			})
		})
	}
}

// A pace counts from when its arrival began, whoever else had the place before.
func TestPaceOfArrivals(t *testing.T) {
	steps := "\n- event: one\n  steps: [{request: GET /}]\n- sleep: {pace: 2s}\n- event: two\n  steps: [{request: GET /}]\n"
	virtual(t, yaml("arrivals: {rate: 12/m}, duration: 30s, max_users: 5", steps), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		v.must()
		for i := 0; i+1 < len(v.rows.all); i += 2 {
			if between := v.rows.all[i+1].Start.Sub(v.rows.all[i].Start); between != 2*time.Second {
				t.Errorf("arrival %d: %v between its events", i/2, between)
			}
		}
		if len(v.rows.all) != 12 {
			t.Errorf("%d rows", len(v.rows.all))
		}
	})
}

// An app that stalls for 2 s stalls those who come meanwhile too, and their
// rows say so: no coordinated omission.
func TestAStallIsInEveryRowOfIt(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 100/s}, duration: 10s, max_users: 5", get), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
			now := v.browser.now()
			if now >= 4*time.Second && now < 6*time.Second {
				return 6*time.Second - now + time.Millisecond, nil
			}
			return time.Millisecond, nil
		}
		var live stats.Live
		v.config.Sinks = append(v.config.Sinks, &live)
		v.must()
		if len(v.rows.all) != 1000 {
			t.Fatalf("%d rows", len(v.rows.all))
		}
		// A fifth of all came during the stall, and waited from 2 s to nothing. A
		// tool that measures from when it had somebody free to ask sees five slow
		// answers of 805, and a p95 of 1 ms.
		if p95 := live.Quantile("", 0.95); p95 < 1400*time.Millisecond || p95 > 1600*time.Millisecond {
			t.Errorf("the p95 is %v of a stall of 2 s that a fifth of all met", p95)
		}
		slow := 0
		for _, r := range v.rows.all {
			due := v.since(r.Start) - r.Late
			felt := r.Duration() + r.Late
			if due >= 4*time.Second && due < 6*time.Second {
				slow++
				if want := 6*time.Second - due; felt < want {
					t.Errorf("who came at %v felt %v of a stall of %v", due, felt, want)
				}
			}
		}
		if slow != 200 {
			t.Errorf("%d users came during the stall", slow)
		}
	})
}

// Whoever looks while users come and go never sees fewer than none.
func TestActiveIsNoNegative(t *testing.T) {
	r := &run{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300_000 {
			r.usersBegun.Add(1)
			r.usersEnded.Add(1)
		}
	}()
	for {
		if n := r.active(); n < 0 {
			t.Fatal(n)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

func TestManyArrivals(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 500/s, spacing: poisson}, duration: 60s, max_users: 200", get), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		out := v.must()
		if n := out.Iterations.Completed; n < 29_000 || n > 31_000 || out.Iterations.NotStarted > 0 {
			t.Errorf("%+v", out.Iterations)
		}
		most := 0
		for _, r := range v.rows.all {
			most = max(most, r.User)
			if r.Late > time.Millisecond {
				t.Fatalf("%v late", r.Late)
			}
		}
		if most > 120 { // 50 are there on average
			t.Errorf("the users are numbered to %d", most)
		}
	})
}

// Kinds of user come in the shares of their weights, each number stays with
// its kind, and nobody is in two iterations at once.
func TestArrivalsOfSeveralKinds(t *testing.T) {
	source := "url: http://app.test\nload: {arrivals: {rate: 10/s}, duration: 20s, max_users: 8}\nuser_types:\n  a: {weight: 3, steps: [{request: GET /a}]}\n  b: {weight: 1, steps: [{request: GET /b}]}\n"
	virtual(t, source, func(v *trial) {
		random := rand.New(rand.NewPCG(1, 1))
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
			return time.Duration(random.Int64N(int64(time.Second))), nil
		}
		v.must()
		kinds, count, until := map[int]string{}, map[string]int{}, map[int]event.Instant{}
		rows := v.rows.all
		for _, r := range rows {
			if r.Name == notStarted {
				continue
			}
			count[r.UserType]++
			if kind, ok := kinds[r.User]; ok && kind != r.UserType {
				t.Errorf("user %d is %s and %s", r.User, kind, r.UserType)
			}
			kinds[r.User] = r.UserType
			if r.Start < until[r.User] {
				t.Errorf("user %d, iteration %d: the one before was still on", r.User, r.Iteration)
			}
			until[r.User] = r.Stop
			if r.Users > 8 {
				t.Errorf("%d users at once", r.Users)
			}
		}
		if count["a"] < 3*count["b"]-3 || count["a"] > 3*count["b"]+3 {
			t.Errorf("%v", count)
		}
	})
}

func TestArrivalsAreStopped(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 10/s}, duration: 1h, max_users: 1", get), func(v *trial) {
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return time.Second, nil }
		time.AfterFunc(5*time.Second, func() { v.config.Control.Stop(errors.New("enough"), 10*time.Second) })
		out := v.must()
		if out.Reason == nil || out.Iterations.Completed < 4 || out.Iterations.NotStarted < 40 || out.Iterations.NotStarted > 50 {
			t.Errorf("%v %+v", out.Reason, out.Iterations)
		}
	})
}

func TestWarmUp(t *testing.T) {
	virtual(t, yaml("users: 1, duration: 1s, warm_up: 450ms", one), func(v *trial) {
		v.must()
		for _, r := range v.rows.all {
			want := event.Steady
			if v.since(r.Start) < 460*time.Millisecond { // the load began 10 ms after the clock
				want = event.WarmUp
			}
			if r.Phase != want {
				t.Errorf("at %v: %s", v.since(r.Start), r.Phase)
			}
		}
	})
}

// The last who has gone is the first to come, and nobody takes a place before
// its time: no more connections are open than there are requests at once.
func TestWhoCameLastComesFirst(t *testing.T) {
	const request = "\n- event: one\n  steps: [{request: GET /}]\n"
	virtual(t, yaml("arrivals: {rate: 10/s}, duration: 4s, max_users: 30", request), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
			if v.browser.now() < 450*time.Millisecond {
				return time.Second, nil
			}
			return 99 * time.Millisecond, nil
		}
		v.must()
		late := map[int]int{}
		for _, r := range v.rows.all {
			if v.since(r.Start) > 2*time.Second {
				late[r.User]++
			}
		}
		if len(late) != 1 || len(v.rows.all) != 40 {
			t.Errorf("%d rows; those of the calm part by user: %v", len(v.rows.all), late)
		}
	})
}

// Whoever dials a rate has users arrive by it, also while the line waits for a
// place; nobody who was due is lost.
func TestDialRate(t *testing.T) {
	virtual(t, yaml("arrivals: {rate: 1/s}, duration: 60s, max_users: 2", get), func(v *trial) {
		v.browser.open = func(UserInfo) (time.Duration, error) { return 0, nil }
		slow := func() bool { return v.browser.now() >= 30*time.Second && v.browser.now() < 40*time.Second }
		v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) {
			if slow() {
				return 4 * time.Second, nil
			}
			return 10 * time.Millisecond, nil
		}
		if err := v.config.Control.Dial(3); err != nil { // it has no effect in an open load
			t.Error(err)
		}
		if err := v.config.Control.DialRate(4); err != nil { // before it begins
			t.Error(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, step := range []struct {
				at   time.Duration
				rate float64
			}{{10 * time.Second, 8}, {20 * time.Second, 2}, {35 * time.Second, 1}} {
				time.Sleep(step.at - v.browser.now())
				if err := v.config.Control.DialRate(step.rate); err != nil {
					t.Error(err)
				}
			}
			if err := v.config.Control.DialRate(0); !errors.Is(err, ErrNoRate) {
				t.Error(err)
			}
			time.Sleep(30 * time.Second)
			if err := v.config.Control.DialRate(3); !errors.Is(err, ErrNoRate) {
				t.Error("a run that is over can be dialled")
			}
		}()
		out := v.must()
		<-done
		counts := map[int]int{}
		for _, row := range v.rows.all {
			counts[int(v.since(row.Start.Add(-row.Late))/(5*time.Second))]++ // by when it was due
		}
		want := map[int]int{0: 20, 1: 20, 2: 40, 3: 40, 4: 10, 5: 10, 6: 10, 7: 5, 8: 5, 9: 5, 10: 5, 11: 5}
		for stretch, n := range want {
			if got := counts[stretch]; got < n-1 || got > n+1 {
				t.Errorf("%d were due from %d s on, want %d", got, 5*stretch, n)
			}
		}
		if out.Iterations.Failed+out.Iterations.NotStarted > 0 {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

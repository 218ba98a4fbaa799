package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// numbered is data of so many rows.
type numbered struct {
	mu         sync.Mutex
	next, most int
}

func (n *numbered) Next() (int, map[string]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.next++; n.next > n.most {
		return 0, nil, errors.New("all rows are handed out")
	}
	return n.next, map[string]string{"name": fmt.Sprintf("ada%d", n.next), "password": fmt.Sprintf("hunter%d", n.next)}, nil
}

const account = "url: http://app.test\ndata: {account: {file: a.csv, %s}}\nload: {%s}\n%suser_types:\n  reader: {steps: [{request: \"GET /${account.name}\"}]}\n"

func withRows(v *trial, perIteration bool, most int) {
	v.config.Data = []Data{{Name: "account", PerIteration: perIteration, Secret: []string{"password"}, Rows: &numbered{most: most}}}
}

func TestRows(t *testing.T) {
	for per, want := range map[string][]string{
		"user":      {"request GET /ada1", "request GET /ada2", "request GET /ada1", "request GET /ada2"},
		"iteration": {"request GET /ada1", "request GET /ada2", "request GET /ada3", "request GET /ada4"},
	} {
		t.Run(per, func(t *testing.T) {
			virtual(t, fmt.Sprintf(account, "per: "+per, "users: 2, iterations: 2, start_interval: 50ms", ""), func(v *trial) {
				withRows(v, per == "iteration", 4)
				v.must()
				if diff := cmp.Diff(want, v.handed()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// Who gets no row has an error for each iteration, with pauses between; the
// others notice nothing.
func TestRowsAreExhausted(t *testing.T) {
	virtual(t, fmt.Sprintf(account, "per: user", "users: 3, duration: 10s, start_interval: 0", ""), func(v *trial) {
		withRows(v, false, 2)
		out := v.must()
		failed := 0
		for _, r := range v.rows.all {
			if r.Status == event.Error {
				failed++
				if r.Name != ReadData || r.User != 2 || !strings.Contains(r.Error, "handed out") {
					t.Errorf("%+v", r)
				}
			}
		}
		if failed < 3 || failed > 10 || out.Iterations.Failed != failed {
			t.Errorf("%d rows, %+v", failed, out.Iterations)
		}
	})
}

type noMore struct{ numbered }

func (n *noMore) Next() (int, map[string]string, error) {
	number, values, err := n.numbered.Next()
	if err != nil {
		err = fmt.Errorf("account: %w", ErrUserDone)
	}
	return number, values, err
}

func TestRowsStopTheUser(t *testing.T) {
	for per, most := range map[bool]int{false: 2, true: 5} {
		virtual(t, fmt.Sprintf(account, "per: user", "users: 3, duration: 10s, start_interval: 0", ""), func(v *trial) {
			v.config.Data = []Data{{Name: "account", PerIteration: per, Rows: &noMore{numbered{most: most}}}}
			out := v.must()
			if per && (out.Iterations != Iterations{Completed: 5} || out.Elapsed > time.Second) || !per && out.Users != 2 {
				t.Errorf("per iteration %t: %+v", per, out)
			}
		})
	}
}

// A login happens once for those who share it; its state goes into each of
// their sessions.
func TestLogin(t *testing.T) {
	for per, want := range map[string]int{"user": 4, "row": 2, "run": 1} {
		t.Run(per, func(t *testing.T) {
			login := "login: {once_per: " + per + ", steps: [{goto: /login}, {fill: {label: Password}, value: \"${account.password}\"}]}\n"
			virtual(t, fmt.Sprintf(account, "per: user", "users: 4, iterations: 2, start_interval: 10ms", login), func(v *trial) {
				rows := &numbered{most: 4}
				v.config.Data = []Data{{Name: "account", Rows: twice{rows}}}
				states := map[UserInfo]any{}
				v.browser.given = func(u UserInfo, s *State) {
					if s != nil {
						states[UserInfo{User: u.User, UserType: u.UserType, Iteration: u.Iteration}] = s.Page
					}
				}
				out := v.must()
				var logins, inside int
				for _, r := range v.rows.all {
					if r.Name == scenario.LoginEvent {
						logins++
						if r.Duration() != 200*time.Millisecond || r.Iteration != 0 {
							t.Errorf("%+v", r)
						}
					} else {
						inside++
					}
				}
				if logins != want || inside != 8 || out.Iterations.Completed != 8 || len(states) != 8 {
					t.Errorf("%d logins, %d other rows, %d sessions with a state, %+v", logins, inside, len(states), out.Iterations)
				}
				for u, s := range states {
					if s.(UserInfo).Iteration != 0 || per == "user" && s.(UserInfo).User != u.User {
						t.Errorf("%+v has the state of %+v", u, s)
					}
				}
			})
		})
	}
}

// twice hands out each row two times.
type twice struct{ *numbered }

func (n twice) Next() (int, map[string]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.numbered.next++
	number := (n.numbered.next + 1) / 2
	return number, map[string]string{"name": fmt.Sprint(number), "password": "x"}, nil
}

// A login that fails says whose it is and which row, and never the secret; the
// user tries again, the others go on.
func TestLoginFails(t *testing.T) {
	login := "login: {steps: [{fill: {label: Password}, value: \"${account.password}\"}]}\n"
	virtual(t, fmt.Sprintf(account, "per: user", "users: 2, duration: 5s, start_interval: 0", login), func(v *trial) {
		withRows(v, false, 4)
		v.browser.do = func(u UserInfo, a scenario.Action) (time.Duration, error) {
			if f, ok := a.Op.(*scenario.Fill); ok && f.Value == "hunter2" {
				return time.Millisecond, errors.New("the server did not take hunter2")
			}
			return 100 * time.Millisecond, nil
		}
		out := v.must()
		good, bad := 0, 0
		for _, r := range v.rows.all {
			switch {
			case strings.Contains(r.Error, "hunter"):
				t.Errorf("the secret is in %q", r.Error)
			case r.User == 0 && r.Status == event.OK:
				good++
			case r.User == 1 && r.Status == event.Error && r.Name == scenario.LoginEvent:
				bad++
			default:
				t.Errorf("%+v", r)
			}
		}
		if good < 40 || bad < 2 || bad > 10 || out.Iterations.Failed != bad {
			t.Errorf("%d rows of the one, %d of the other, %+v", good, bad, out.Iterations)
		}
		if text := out.Failures[0].Err.Error(); !strings.Contains(text, "user 1, login (account row 2): fill") {
			t.Error(text)
		}
	})
}

// The seed, and nothing else, decides what users draw.
// What an arrival draws does not depend on who comes for it.
func TestArrivalsDrawTheSame(t *testing.T) {
	slept := [2][]time.Duration{}
	for i, takes := range []time.Duration{time.Millisecond, 700 * time.Millisecond} {
		virtual(t, yaml("arrivals: {rate: 4/s}, duration: 20s, max_users: 30", "\n- event: one\n  steps:\n  - goto: /\n  - sleep: {exponential: 50ms}\n  - goto: /\n"), func(v *trial) {
			seed := int64(7)
			v.config.Seed = &seed
			v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { return takes, nil }
			v.must()
			rows := slices.Clone(v.rows.all)
			slices.SortFunc(rows, func(a, b event.Event) int { return int(a.Start - b.Start) })
			for _, r := range rows {
				slept[i] = append(slept[i], r.Duration()-2*takes)
			}
		})
	}
	if d := cmp.Diff(slept[0], slept[1]); d != "" || len(slept[0]) != 80 || slept[0][0] == slept[0][1] {
		t.Errorf("%d arrivals: %s", len(slept[0]), d)
	}
}

func TestSeedRepeats(t *testing.T) {
	runs := [3][]string{}
	for i, seed := range []int64{5, 5, 6} {
		virtual(t, yaml("arrivals: {rate: 4/s, spacing: poisson}, duration: 20s, max_users: 30", "\n- sleep: {exponential: 500ms}\n- request: GET /\n"), func(v *trial) {
			v.config.Seed = &seed
			v.must()
			runs[i] = v.lines()
		})
	}
	if !slices.Equal(runs[0], runs[1]) || slices.Equal(runs[0], runs[2]) {
		t.Errorf("%v\n%v\n%v", runs[0], runs[1], runs[2])
	}
}

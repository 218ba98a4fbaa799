package runner

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// coded runs users written in Go, in virtual time.
func coded(t *testing.T, load string, f Func, then func(v *trial)) {
	t.Helper()
	source := "url: http://app.test\ntimeout: 5s\nload: {" + load + "}\nuser_types: {coder: {weight: 1, func: code}}\n"
	virtual(t, source, func(v *trial) {
		v.config.Funcs = map[string]Func{"code": f}
		then(v)
	})
}

func at(line int) scenario.Pos { return scenario.Pos{File: "app_test.go", Line: line} }

func click(name string) scenario.Op {
	return &scenario.Click{Target: scenario.Target{By: scenario.ByText, Value: scenario.Text{Value: name}}, Times: 1, Button: "left"}
}

// Steps are handed over together, up to the end of the event around them or to a
// call that wants an answer.
func TestHand(t *testing.T) {
	coded(t, "users: 1, iterations: 2", func(h *Hand) error {
		if h.Info().Iteration == 2 {
			return nil
		}
		h.Add(click("before"), at(1), 0)
		return h.Event("outer", at(2), 0, func() error {
			h.Add(click("a"), at(3), 0)
			h.Add(click("b"), at(4), 0)
			if err := h.Event("inner", at(5), 0, func() error { h.Add(click("c"), at(6), 0); return nil }); err != nil {
				return err
			}
			if err := h.Sleep(time.Second); err != nil {
				return err
			}
			got, err := h.Value(&scenario.Set{Name: "x", JS: "1"}, at(7))
			if got != "one" {
				t.Errorf("the value is %q", got)
			}
			if user, ok := h.Lookup("user_type"); user != "coder" || !ok {
				t.Errorf("the kind of user is %q", user)
			}
			return err
		})
	}, func(v *trial) {
		v.browser.value = func(UserInfo, scenario.Action) string { return "one" }
		out := v.must()
		if diff := cmp.Diff([]string{"click text before", "click text a; click text b", "click text c", "set x"}, v.handed()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{
			"inner u0 i1 310ms-410ms ok",
			"outer u0 i1 110ms-410ms ok",
		}, v.lines()); diff != "" {
			t.Error(diff)
		}
		if out.Iterations.Completed != 2 {
			t.Errorf("%+v", out.Iterations)
		}
	})
}

// What is done with the session itself counts where it begins or ends an event.
func TestHandSession(t *testing.T) {
	direct := func(h *Hand) {
		if s, err := h.Session(); s == nil || err != nil {
			t.Error(s, err)
		}
		time.Sleep(time.Second)
	}
	coded(t, "users: 1", func(h *Hand) error {
		for name, f := range map[string]func() error{
			"alone": func() error { direct(h); return nil },
			"after": func() error { h.Add(click("a"), at(1), 0); direct(h); return nil },
			"before": func() error {
				direct(h)
				h.Add(click("a"), at(1), 0)
				err := h.Flush()
				time.Sleep(time.Hour) // is nothing that anybody waits for
				return err
			},
		} {
			if err := h.Event(name, at(2), 0, f); err != nil {
				return err
			}
		}
		return nil
	}, func(v *trial) {
		v.must()
		want := map[string]time.Duration{"alone": time.Second, "after": 1100 * time.Millisecond, "before": 1100 * time.Millisecond}
		for _, r := range v.rows.all {
			if r.Duration() != want[r.Name] {
				t.Errorf("%s takes %v, want %v", r.Name, r.Duration(), want[r.Name])
			}
		}
	})
}

// Whatever fails, fails the iteration at its place, and the run goes on.
func TestHandFails(t *testing.T) {
	broken := errors.New("broken")
	var nothing *int
	for _, c := range []struct {
		name string
		f    Func
		want string // of the error, from its place on
		rows []string
	}{
		{"a step", func(h *Hand) error {
			return h.Event("e", at(2), 0, func() error {
				h.Add(click("a"), at(3), 0)
				h.Add(click("bad"), at(4), 0)
				h.Add(click("c"), at(5), 0)
				return nil
			})
		}, "app_test.go:4: user 0, iteration 1: click text \"bad\": no such element", []string{"e u0 i1 10ms-210ms error"}},
		{"a step whose error nobody takes", func(h *Hand) error {
			_ = h.Event("e", at(2), 0, func() error { h.Add(click("bad"), at(4), 0); return nil })
			if err := h.Event("never", at(6), 0, func() error { t.Error("it goes on"); return nil }); err == nil {
				t.Error("the next event knows nothing of it")
			}
			return nil
		}, "app_test.go:4: user 0, iteration 1: click text \"bad\": no such element", []string{"e u0 i1 10ms-110ms error"}},
		{"a step outside an event", func(h *Hand) error { h.Add(click("bad"), at(4), 0); return nil },
			"app_test.go:4: user 0, iteration 1: click text \"bad\": no such element", []string{"click text \"bad\" u0 i1 10ms-110ms error"}},
		{"an event's function", func(h *Hand) error {
			return h.Event("e", at(2), 0, func() error { h.Add(click("a"), at(3), 0); return broken })
		}, "app_test.go:2: user 0, iteration 1: event e: broken", []string{"e u0 i1 10ms-110ms error"}},
		{"the function", func(*Hand) error { return broken }, "user 0, iteration 1: code: broken", []string{"code u0 i1 10ms-10ms error"}},
		{"a value", func(h *Hand) error {
			_, err := h.Value(&scenario.Set{Name: "x", JS: "bad"}, at(7))
			return err
		}, "app_test.go:7: user 0, iteration 1: set x: no such element", nil},
		{"an event's timeout", func(h *Hand) error {
			return h.Event("e", at(2), 150*time.Millisecond, func() error {
				h.Add(click("a"), at(3), 0)
				h.Add(click("b"), at(4), 0)
				return nil
			})
		}, "app_test.go:4: user 0, iteration 1: click text \"b\": event e was not over within its timeout of 150ms", []string{"e u0 i1 10ms-160ms error"}},
		{"a panic of its own", func(h *Hand) error {
			return h.Event("e", at(2), 0, func() error { panic("what is this") })
		}, "user 0, iteration 1: code: panic: what is this", []string{"e u0 i1 10ms-10ms error"}},
		{"a nil pointer", func(*Hand) error { *nothing = 1; return nil }, "user 0, iteration 1: code: panic: runtime error: invalid memory address or nil pointer dereference", nil},
		{"the end of its goroutine", func(h *Hand) error {
			return h.Event("e", at(2), 0, func() error { runtime.Goexit(); return nil })
		}, "user 0, iteration 1: code: the function ended its goroutine (t.FailNow, t.Fatal or runtime.Goexit): let it return an error", []string{"e u0 i1 10ms-10ms error"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			coded(t, "users: 1, iterations: 2", func(h *Hand) error {
				if h.Info().Iteration == 2 {
					return nil
				}
				return c.f(h)
			}, func(v *trial) {
				v.browser.do = func(_ UserInfo, a scenario.Action) (time.Duration, error) {
					set, ok := a.Op.(*scenario.Set)
					if strings.Contains(a.String(), "bad") || ok && set.JS == "bad" {
						return 100 * time.Millisecond, errors.New("no such element")
					}
					return 100 * time.Millisecond, nil
				}
				out := v.must()
				if out.Iterations.Completed != 1 || out.Iterations.Failed != 1 || len(out.Failures) != 1 {
					t.Fatalf("%+v", out)
				}
				got := out.Failures[0].Err.Error()
				if strings.Contains(c.want, "panic: ") {
					place, rest, _ := strings.Cut(got, ": ")
					if !strings.HasPrefix(place, "hand_test.go:") {
						t.Errorf("the place is %s", place)
					}
					got = rest
				}
				if got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				if diff := cmp.Diff(c.rows, v.lines()); diff != "" && c.rows != nil {
					t.Error(diff)
				}
			})
		})
	}
}

// A panic in what the hand does is a bug of ours, and ends the run.
func TestHandPanic(t *testing.T) {
	for name, f := range map[string]Func{
		"in a step": func(h *Hand) error { h.Add(click("a"), at(1), 0); return h.Flush() },
		"in a value": func(h *Hand) error {
			_, err := h.Value(&scenario.Set{Name: "x", JS: "1"}, at(1))
			return err
		},
		"in an event": func(h *Hand) error {
			return h.Event("e", at(1), 0, func() error { h.Add(click("a"), at(2), 0); return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			coded(t, "users: 1, iterations: 3", f, func(v *trial) {
				v.browser.do = func(UserInfo, scenario.Action) (time.Duration, error) { panic("ours") }
				_, err := v.run()
				var bug *PanicError
				if !errors.As(err, &bug) || bug.Value != "ours" || !strings.Contains(string(bug.Stack), "hand_test.go") {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}

// The end of the run cuts a function short, and is no failure of it.
func TestHandCut(t *testing.T) {
	coded(t, "users: 1, duration: 1s, graceful_stop: 0s", func(h *Hand) error {
		return h.Event("e", at(1), 0, func() error {
			if err := h.Sleep(time.Hour); !errors.Is(context.Cause(h.Context()), err) {
				t.Errorf("%v, and the context says %v", err, context.Cause(h.Context()))
			}
			return h.Flush()
		})
	}, func(v *trial) {
		out := v.must()
		if out.Iterations.Cancelled != 1 || out.Iterations.Failed != 0 || v.rows.all[0].Status != event.Cancelled {
			t.Errorf("%+v", out)
		}
	})
}

// A function that does not obey its context keeps no run from ending: what it does
// with its session ends with that, and else it is given up.
func TestHandIsDeaf(t *testing.T) {
	for name, c := range map[string]struct {
		wait func(done <-chan struct{}, h *Hand)
		took time.Duration
		want Iterations
	}{
		"with its session": {func(_ <-chan struct{}, h *Hand) {
			s, _ := h.Session()
			for p := s.(*page); ; time.Sleep(time.Millisecond) { // as a call of the page's does
				p.mu.Lock()
				closed := p.closed
				p.mu.Unlock()
				if closed {
					return
				}
			}
		}, time.Second, Iterations{Cancelled: 1}},
		"for ever": {func(done <-chan struct{}, _ *Hand) { <-done }, 4 * time.Second, Iterations{Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			release := func() {}
			coded(t, "users: 1, duration: 1s, graceful_stop: 0s", func(h *Hand) error {
				done := make(chan struct{})
				gone := make(chan struct{})
				release = func() { close(done); <-gone }
				defer close(gone)
				err := h.Event("e", at(1), 0, func() error {
					c.wait(done, h)
					h.Add(click("a"), at(2), 0)
					return h.Flush()
				})
				if err == nil || h.Event("later", at(3), 0, func() error { return nil }) == nil || h.Sleep(time.Second) == nil {
					t.Error("it goes on")
				}
				return err
			}, func(v *trial) {
				v.config.Artefacts = 10
				v.browser.capture = func(context.Context, UserInfo, string, func(string) string) error {
					t.Error("a session that is closed is captured")
					return nil
				}
				out, err := Run(v.ctx, v.config)
				ended := v.since(v.config.Clock.Now()) - v.since(out.Began)
				release()
				v.check(out)
				if err != nil || out.Iterations != c.want || len(v.rows.all) != 1 {
					t.Fatalf("%v, %+v, rows %q", err, out.Iterations, v.lines())
				}
				if took := ended - time.Second; took < c.took || took > c.took+10*time.Millisecond {
					t.Errorf("it ended %v after the load", took)
				}
				if c.want.Failed > 0 && !strings.Contains(v.rows.all[0].Error, "did not return within 4s") {
					t.Error(v.rows.all[0].Error)
				}
			})
		})
	}
}

package browser

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// soon is how long what is done at once may take on a very busy machine.
const soon = 5 * time.Second

// stretches are what users may be in the middle of when they are cut short.
// wait_for_load_state is not among them: playwright-go 0.6000.0 has a data race
// of its own between its wait and the closing of the page.
func stretches(site string) [][]scenario.Action {
	never := waitFor(byText("never"))
	home := goTo(site + "/")
	return [][]scenario.Action{
		{home, never},
		{goTo(site + "/slow")},
		{home, click(css("#missing"))},
		{home, click(run), becomes(css("#out"), "hidden")},
		{home, step(&scenario.WaitForQuiet{Quiet: time.Hour})},
		{home, step(&scenario.WaitForFunction{JS: "() => new Promise(() => {})"})},
		{home, step(&scenario.Evaluate{JS: "() => new Promise(() => {})"})},
		{home, click(run), step(&scenario.WaitForResponse{Glob: "/never"}), never},
		{home, waitFor(inFrame(css("iframe"), run))},
	}
}

// endless is a site for stretches.
func endless(t *testing.T) string {
	t.Helper()
	site := http.NewServeMux()
	site.Handle("/", page(button(`<p id=out>x`)))
	site.Handle("/slow", slowly(time.Minute))
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// Users who are cut short, in a browser of their own, where contexts can be
// counted.
func TestCutShort(t *testing.T) {
	t.Parallel()
	p := ownPool(t)
	site := endless(t)
	cdp, err := p.pairs[0].browser.NewBrowserCDPSession()
	if err != nil {
		t.Fatal(err)
	}
	none := func(t *testing.T) {
		t.Helper()
		if left := settled(func() string {
			// The browser's own word: playwright-go's list is not to be read while
			// contexts come and go.
			v, err := cdp.Send("Target.getBrowserContexts", nil)
			if err != nil {
				return err.Error()
			}
			contexts := v.(map[string]any)["browserContextIds"].([]any)
			p.mu.Lock()
			defer p.mu.Unlock()
			if s := p.pairs[0].sessions; len(contexts) > 0 || s > 0 {
				return fmt.Sprintf("%d contexts, %d sessions counted", len(contexts), s)
			}
			return ""
		}); left != "" {
			t.Error(left)
		}
	}
	// each carries out every stretch, three side by side.
	each := func(t *testing.T, f func(s runner.Session, steps []scenario.Action)) {
		t.Helper()
		var users sync.WaitGroup
		places := make(chan struct{}, 3)
		for _, steps := range stretches(site) {
			places <- struct{}{}
			users.Go(func() {
				defer func() { <-places }()
				s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
				if err != nil {
					t.Error(err)
					return
				}
				f(s, steps)
			})
		}
		users.Wait()
		none(t)
	}
	moment := func() time.Duration { return time.Duration(rand.Int64N(int64(400 * time.Millisecond))) }
	quickly := func(t *testing.T, what string, f func() error) {
		t.Helper()
		begin := time.Now()
		if err := f(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if took := time.Since(begin); took > soon {
			t.Errorf("%s took %s", what, took)
		}
	}

	t.Run("cancelled in Do", func(t *testing.T) {
		each(t, func(s runner.Session, steps []scenario.Action) {
			what := fmt.Sprintf("%T", steps[len(steps)-1].Op)
			wait := moment()
			begin := time.Now()
			ctx := cancelled(t, wait)
			_, err := s.Do(ctx, steps)
			if took := time.Since(begin); took > wait+soon {
				t.Errorf("%s went on for %s", what, took-wait)
			}
			if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
			select { // the cancellation closes it, Close only waits
			case <-s.(*session).closed:
			case <-time.After(soon):
				t.Errorf("%s: the session is still open", what)
			}
			quickly(t, what+": Close", s.Close)
			if _, err := s.Do(t.Context(), steps); !errors.Is(err, errSessionClosed) {
				t.Errorf("%s: Do on a closed session: %v", what, err)
			}
		})
	})
	t.Run("closed during Do", func(t *testing.T) {
		each(t, func(s runner.Session, steps []scenario.Action) {
			what := fmt.Sprintf("%T", steps[len(steps)-1].Op)
			var closers sync.WaitGroup
			wait := moment()
			for range 3 {
				closers.Go(func() {
					time.Sleep(wait)
					quickly(t, what+": Close", s.Close)
				})
			}
			begin := time.Now()
			if _, err := s.Do(t.Context(), steps); !errors.Is(err, errSessionClosed) {
				t.Errorf("%s: %v", what, err)
			}
			if took := time.Since(begin); took > wait+soon {
				t.Errorf("%s went on for %s", what, took-wait)
			}
			closers.Wait()
		})
	})
	t.Run("cancelled in Open", func(t *testing.T) {
		for range 10 {
			wait := moment() / 5
			ctx := cancelled(t, wait)
			begin := time.Now()
			s, err := p.Open(ctx, runner.UserInfo{}, nil)
			if took := time.Since(begin); err != nil && took > wait+soon {
				t.Errorf("Open took %s", took-wait)
			}
			if err == nil {
				s.Close()
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		none(t)
	})
	// Users come, are cut short and go, many at once, as at the end of a run.
	t.Run("many at once", func(t *testing.T) {
		ctx := cancelled(t, time.Second)
		var users sync.WaitGroup
		for i := range 6 {
			users.Go(func() {
				for ctx.Err() == nil {
					s, err := p.Open(ctx, runner.UserInfo{User: i}, nil)
					if err != nil {
						continue
					}
					all := stretches(site)
					limit, stop := context.WithTimeout(ctx, moment())
					_, _ = s.Do(limit, all[rand.IntN(len(all))])
					stop()
					s.Close()
				}
			})
		}
		users.Wait()
		none(t)
	})
}

func TestStepTimeout(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(`<p id=out>x`)))
	v.do(goTo("/"))
	for _, a := range []scenario.Action{click(css("#missing")), waitFor(byText("never")), becomes(css("#out"), "hidden"), expectText(css("#out"), "y")} {
		begin := time.Now()
		v.fail(0, within(300*time.Millisecond, a))
		if took := time.Since(begin); took < 300*time.Millisecond || took > 300*time.Millisecond+soon {
			t.Errorf("%T took %s", a.Op, took)
		}
	}
	v.do(click(run)) // the session lives on
}

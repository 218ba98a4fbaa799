package httpuser

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		serveUntilLeft()
		return
	}
	log.SetOutput(io.Discard) // servers and net/http tell it of each hostile peer
	goleak.VerifyTestMain(m)
}

// visitor is one user, in a session of its own.
type visitor struct {
	testing.TB
	users   *Users
	session runner.Session
	url     string
}

// visit opens a session for a site.
func visit(t testing.TB, url string, change ...func(*Options)) *visitor {
	t.Helper()
	o := Options{BaseURL: url, Clock: event.NewClock()}
	for _, c := range change {
		c(&o)
	}
	v := &visitor{TB: t, users: NewUsers(o), url: url}
	t.Cleanup(v.users.Close)
	v.session = v.open(0, nil)
	return v
}

func (v *visitor) open(user int, state *runner.State) runner.Session {
	v.Helper()
	s, err := v.users.Open(context.Background(), runner.UserInfo{User: user, Iteration: 1}, state)
	if err != nil {
		v.Fatal(err)
	}
	v.Cleanup(func() { s.Close() })
	return s
}

// actions are steps in YAML, as a session gets them.
func actions(t testing.TB, url, steps string) []scenario.Action {
	t.Helper()
	if url == "" {
		url = "http://nowhere.invalid"
	}
	parsed, err := scenario.Parse("scenario.yaml", []byte("url: "+url+"\nsteps:\n- event: e\n  steps:\n  - "+strings.ReplaceAll(steps, "\n", "\n    ")))
	if err != nil {
		t.Fatal(err)
	}
	bound, err := parsed.Bind(scenario.Values{})
	if err != nil {
		t.Fatal(err)
	}
	var all []scenario.Action
	for _, s := range bound.UserTypes[0].Steps[0].(*scenario.Event).Steps {
		a, err := s.(*scenario.Leaf).Expand(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// do carries out a step that has to succeed.
func (v *visitor) do(step string) runner.Span {
	v.Helper()
	spans, err := v.session.Do(context.Background(), actions(v, v.url, step))
	if err != nil {
		v.Fatalf("%s: %v", step, err)
	}
	return spans[0]
}

// fail carries out a step that has to fail, and returns the whole error's text.
func (v *visitor) fail(step string) *Error {
	v.Helper()
	spans, err := v.session.Do(context.Background(), actions(v, v.url, step))
	var failed *Error
	if !errors.As(err, &failed) || len(spans) != 0 {
		v.Fatalf("%s: got %v, %v, want an Error", step, spans, err)
	}
	return failed
}

// site serves a handler.
func site(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// raw serves what is written by hand. Each connection gets answer once it has
// sent the head of a request, and is closed after it.
func raw(t testing.TB, answer func(net.Conn)) string {
	t.Helper()
	l := listen(t)
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for {
				line, err := in.ReadString('\n')
				if err != nil || line == "\r\n" {
					break
				}
			}
			answer(c)
			c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

const stepTimeout = 30 * time.Second

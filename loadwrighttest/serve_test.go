package loadwrighttest_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/sampleapp"
	"github.com/loadwright/loadwright/loadwrighttest"
)

// TestMain makes the test binary the app under test, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "app" {
		fmt.Println("the app is told", os.Args[2])
		server, err := sampleapp.New(sampleapp.Options{}).Listen(net.JoinHostPort("localhost", os.Args[2]))
		if err == nil {
			err = server.Serve(context.Background())
		}
		fmt.Println(err)
		os.Exit(3)
	}
	os.Exit(m.Run())
}

// inner is a test whose failing is looked at. Only what the package calls is there.
type inner struct {
	testing.TB
	dir      string
	cleanups []func()
	failed   bool
	said     strings.Builder
}

func (i *inner) Helper()                   {}
func (i *inner) Context() context.Context  { return context.Background() }
func (i *inner) TempDir() string           { return i.dir }
func (i *inner) Cleanup(f func())          { i.cleanups = append(i.cleanups, f) }
func (i *inner) Failed() bool              { return i.failed }
func (i *inner) Logf(f string, a ...any)   { fmt.Fprintf(&i.said, f+"\n", a...) }
func (i *inner) Errorf(f string, a ...any) { i.failed = true; i.Logf(f, a...) }
func (i *inner) Fatal(a ...any)            { i.Fatalf("%s", fmt.Sprint(a...)) }
func (i *inner) Fatalf(f string, a ...any) { i.Errorf(f, a...); panic(i) }

// test runs f as a test, and returns whether it came to its end.
func (i *inner) test(f func()) (ended bool) {
	defer func() {
		for _, f := range i.cleanups {
			f()
		}
		if v := recover(); v != nil && v != any(i) {
			panic(v)
		}
	}()
	f()
	return true
}

func TestServe(t *testing.T) {
	leftover.Folder(t)
	first, second := &inner{dir: t.TempDir()}, &inner{dir: t.TempDir()}
	var urls [2]string
	ended := first.test(func() {
		urls[0] = loadwrighttest.Serve(first, os.Args[0], "app", "${port}")
		second.test(func() { // beside it
			urls[1] = loadwrighttest.Serve(second, os.Args[0], "app", "${port}")
			for _, url := range urls {
				r, err := http.Get(url + "/app")
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(r.Body)
				r.Body.Close()
				if err != nil || !strings.Contains(string(text), "<title>") {
					t.Errorf("the app says %s, %v", text, err)
				}
			}
			second.Errorf("the test is not content")
		})
	})
	if !ended || first.failed || first.said.Len() > 0 || urls[0] == urls[1] {
		t.Errorf("%v, %q, %q", ended, urls, first.said.String())
	}
	// What the app wrote is told where the test has failed.
	if want := "the app wrote:\nthe app is told " + urls[1][strings.LastIndex(urls[1], ":")+1:]; !strings.Contains(second.said.String(), want) {
		t.Errorf("it says %q, not %q", second.said.String(), want)
	}
	for _, url := range urls {
		if r, err := http.Get(url); err == nil {
			r.Body.Close()
			t.Errorf("the app at %s is still there", url)
		}
	}
}

func TestServeFails(t *testing.T) {
	leftover.Folder(t)
	for _, c := range []struct {
		command []string
		want    string
	}{
		{nil, "loadwrighttest: no command to serve"},
		{[]string{"no-such-program"}, `loadwrighttest: there is no program "no-such-program"`},
		{[]string{os.Args[0], "app", "wrong"}, "ended before it was ready: exit status 3\nits last lines:\n  the app is told wrong\n"},
	} {
		i := &inner{dir: t.TempDir()}
		if ended := i.test(func() { loadwrighttest.Serve(i, c.command...) }); ended || !strings.Contains(i.said.String(), c.want) {
			t.Errorf("%q: %v, it says %q", c.command, ended, i.said.String())
		}
	}
}

func TestRun(t *testing.T) {
	leftover.Folder(t)
	url := loadwrighttest.Serve(t, os.Args[0], "app", "${port}")
	s, err := loadwright.Parse("scenario.yaml", []byte("steps: [{request: GET /app}, {request: GET /nowhere}]"))
	if err != nil {
		t.Fatal(err)
	}
	i := &inner{dir: t.TempDir()}
	var res *loadwright.Result
	if ended := i.test(func() { res = loadwrighttest.Run(i, s, loadwright.Options{URL: url}) }); !ended || i.failed {
		t.Fatalf("a failed threshold fails the test: %q", i.said.String())
	}
	if res.OK() || res.Event("GET /app").Count != 1 || !strings.HasPrefix(res.CSV, i.dir) || !strings.Contains(i.said.String(), "scenario.yaml:1:31: user 0, iteration 1: request GET /nowhere: status 404") {
		t.Errorf("%+v, %q", res, i.said.String())
	}
	i = &inner{dir: t.TempDir()}
	if ended := i.test(func() { loadwrighttest.Run(i, s, loadwright.Options{URL: "http://127.0.0.1:1"}) }); ended || !strings.Contains(i.said.String(), "cannot be reached") {
		t.Errorf("a run that can't be carried out: %q", i.said.String())
	}
}

package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/proc"
	"github.com/loadwright/loadwright/scenario"
)

func TestStart(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "serves", "${port}", "404")
	o.Serve.Cwd = t.TempDir()
	o.Serve.Env["GREETING"] = "a hello"
	app, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Ready(t.Context(), o.URL); err != nil || !proc.Alive(app.PID()) {
		t.Errorf("%v: it is not ready", err)
	}
	select {
	case <-app.Died():
		t.Error("it died")
	default:
	}
	if err := app.Stop(); err != nil {
		t.Error(err)
	}
	if err := app.Stop(); err != nil {
		t.Error(err)
	}
	if proc.Alive(app.PID()) || app.Err() != nil {
		t.Errorf("it lives, or died of itself: %v", app.Err())
	}
	cwd, err := filepath.EvalSymlinks(o.Serve.Cwd)
	if err != nil {
		t.Fatal(err)
	}
	want := "in " + cwd + " with a hello\n"
	if runtime.GOOS != "windows" {
		want += "bye\n"
	}
	if got := o.Output.(*output).String(); got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

// An app that dies during the run says so, and what it said last.
func TestDied(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "serves", "${port}", "200")
	app, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer app.Stop()
	get(t.Context(), strings.TrimSuffix(o.URL, "app")+"die")
	<-app.Died()
	got := app.Err().Error()
	if !strings.Contains(got, "ended during the run: exit status 4\nits last lines:\n  in ") || !strings.HasSuffix(got, "\n  somebody asked me to die") {
		t.Errorf("%q", got)
	}
}

func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"plain.py": 0o600, "broken": 0o700} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/no/such/python\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "plain.py")
	for _, c := range []struct {
		name    string
		command []string
		cwd     string
		want    string
		posix   bool
	}{
		{"not on PATH", []string{"pnael", "serve"}, dir, fmt.Sprintf(`there is no program "pnael", neither on PATH nor in %s: install it, or write its path in the command of serve`, dir), false},
		{"not in the folder", []string{"./start.sh"}, dir, fmt.Sprintf(`there is no program %s: correct the command of serve`, filepath.Join(dir, "start.sh")), false},
		{"a folder", []string{"../" + filepath.Base(dir)}, dir, fmt.Sprintf(`there is no program %s: correct the command of serve`, dir), false},
		{"no program", []string{"./plain.py"}, dir, fmt.Sprintf(`%s cannot be run: make it executable (chmod +x), or name the program that runs it first, like python ./plain.py`, file), true},
		{"no folder", []string{"panel"}, filepath.Join(dir, "no"), fmt.Sprintf(`the folder %s is not there: correct the cwd of serve`, filepath.Join(dir, "no")), false},
		{"a file as folder", []string{"panel"}, file, fmt.Sprintf(`%s is no folder: correct the cwd of serve`, file), false},
		{"no interpreter", []string{"broken", "two words"}, dir, `(?s)the app \(broken "two words"\) ended before it was ready: exit status 12[67]\nits last lines:\n  .*broken.*`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.posix && runtime.GOOS == "windows" {
				t.Skip("it has no such files")
			}
			leftover.Folder(t)
			o := options(t, "")
			o.Serve.Command, o.Serve.Cwd = c.command, c.cwd
			fails(t, o, c.want)
		})
	}
}

// fails starts an app that must not get ready, and compares the error, which may
// be a pattern.
func fails(t *testing.T, o Options, want string) {
	t.Helper()
	app, err := Start(t.Context(), o)
	if err == nil {
		_ = app.Stop()
		t.Fatal("it started")
	}
	var e *Error
	if got := err.Error(); !errors.As(err, &e) || got != want && !regexp.MustCompile("^"+want+"$").MatchString(got) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A program is found on the PATH that the app is given, and in its folder.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	name := "app"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, folder := range []string{"", "bin", "path"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, folder, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, path, want string }{
		{"app", "", "."},
		{"app", filepath.Join(dir, "path"), "path"},
		{"app", "no" + string(filepath.ListSeparator) + "bin", "bin"},
		{"bin/app", filepath.Join(dir, "path"), "bin"},
		{filepath.Join(dir, "bin", "app"), "", "bin"},
	} {
		got, err := find(c.name, dir, c.path)
		if want := filepath.Join(dir, c.want, name); err != nil || got != want {
			t.Errorf("%s with PATH=%s: %q, %v, want %q", c.name, c.path, got, err, want)
		}
	}
	t.Setenv("PATH", "ours")
	if got := searchPath(map[string]string{"PATH": "its"}); got != "its" {
		t.Errorf("PATH %q", got)
	}
	if got := searchPath(nil); got != "ours" {
		t.Errorf("PATH %q", got)
	}
}

func TestExitsAtOnce(t *testing.T) {
	leftover.Folder(t)
	t.Run("with words", func(t *testing.T) {
		o := options(t, "exits")
		o.Mask = func(s string) string { return strings.ReplaceAll(s, "s3cret", "***") }
		var lines strings.Builder
		for i := 3; i < 12; i++ {
			fmt.Fprintf(&lines, "\n  line %d", i)
		}
		said := "password is ***, "
		fails(t, o, "the app ("+os.Args[0]+") ended before it was ready: exit status 3\nits last lines:"+
			lines.String()+"\n  "+said+strings.Repeat("x", lineWidth-1-len(said))+"…")
	})
	t.Run("without", func(t *testing.T) {
		fails(t, options(t, "returns"), "the app ("+os.Args[0]+") ended before it was ready: exit status 0; its command has to stay in the foreground for as long as the app is to run\nit had written nothing")
	})
}

// late are options of an app that will not be ready in time, however slow the
// machine is: it is asked when it listens on a port, and then it is too late.
func late(t *testing.T, port int, role string, args ...string) Options {
	t.Helper()
	o := options(t, role, args...)
	if port == 0 {
		port = o.Port
	}
	o.Serve.Timeout = 50 * time.Millisecond
	o.Ready = func(_ context.Context, address string) error {
		eventually(t, "somebody listens", func() bool {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err == nil {
				c.Close()
			}
			return err == nil || role == "exits when there is"
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		return httpuser.Ready(ctx, address)
	}
	return o
}

const longer = "see its output, or give serve a longer timeout, or another address as ready"

func TestNeverReady(t *testing.T) {
	other, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		role, arg  string
		port       int
		said, hint string
	}{
		{"nothing listens", "exits when there is", "no-such-file", 0, "nothing listens there", longer},
		{"an error", "serves", "${port}", 0, "it answers with status 503 Service Unavailable", longer},
		{"no answer", "mute", "${port}", 0, "it does not answer", longer},
		{"another port", "serves", fmt.Sprint(other), other, "nothing listens there", fmt.Sprintf("it listens on %d, not on PORT: give the command ${port}", other)},
	} {
		t.Run(c.name, func(t *testing.T) {
			leftover.Folder(t)
			o := late(t, c.port, c.role, c.arg, "503")
			want := fmt.Sprintf("the app (%s) was not ready within 50ms: http://localhost:%d/ready: %s; %s\n",
				strings.Join(o.Serve.Command, " "), o.Port, c.said, strings.ReplaceAll(c.hint, "PORT", fmt.Sprint(o.Port)))
			fails(t, o, "(?s)"+regexp.QuoteMeta(want)+"it.*")
		})
	}
}

// The scenario's url may name a port of its own.
func TestAnotherPortThanTheURL(t *testing.T) {
	leftover.Folder(t)
	o := late(t, 0, "serves", "${port}", "200")
	listens := o.Port
	o.Port++
	url, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	o.URL = fmt.Sprintf("http://127.0.0.1:%d", url)
	fails(t, o, fmt.Sprintf(`(?s).*: nothing listens there; it listens on %d, not on %d: give the command \$\{port\}, and the scenario no url\n.*`, listens, url))
}

// What is not known about ports is left out.
func TestPortsNotKnown(t *testing.T) {
	leftover.Folder(t)
	other, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	o := late(t, other, "serves", fmt.Sprint(other), "200")
	o.Listening = nil
	fails(t, o, "(?s).*: nothing listens there; "+longer+"\n.*")
}

// A request that nobody answers leaves time for another one.
func TestAskEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &App{o: Options{
			Serve: scenario.Serve{Timeout: time.Minute},
			Ready: func(ctx context.Context, _ string) error {
				<-ctx.Done()
				return ctx.Err()
			},
		}}
		began := time.Now()
		if err := a.ask(t.Context()); err == nil || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestPortTakenBeforeTheStart(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "serves", "${port}", "200")
	listenOn(t, o.Port)
	fails(t, o, fmt.Sprintf("another program has taken port %d meanwhile, which was free when it was chosen for the app: run again", o.Port))
	o.Port++
	fails(t, o, fmt.Sprintf("another program listens at port %d, where the app is to: end it; or give the command ${port} and the scenario no url; or load what is there with --url", o.Port-1))
}

// Between our last look and the app's listening there is time too.
func TestPortTakenWhileStarting(t *testing.T) {
	leftover.Folder(t)
	file := filepath.Join(t.TempDir(), "go")
	o := options(t, "exits when there is", file)
	take := sync.OnceFunc(func() {
		listenOn(t, o.Port)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Error(err)
		}
	})
	o.Ready = func(context.Context, string) error {
		take()
		return errors.New("not yet")
	}
	fails(t, o, fmt.Sprintf(`the app \(.*\) ended before it was ready: exit status 1; another program has taken port %d meanwhile, which was free when it was chosen for the app: run again\nit had written nothing`, o.Port))
}

func TestAnotherAnswers(t *testing.T) {
	leftover.Folder(t)
	other, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "serves", fmt.Sprint(other), "200")
	take := sync.OnceFunc(func() { listenOn(t, o.Port) })
	o.Ready = func(ctx context.Context, _ string) error {
		take()
		return httpuser.Ready(ctx, fmt.Sprintf("http://127.0.0.1:%d", other))
	}
	fails(t, o, fmt.Sprintf(`(?s)the app \(.*\) listens on %d, and another program on %d: run again, and give the command \$\{port\}\n.*`, other, o.Port))
}

func TestCancelledWhileStarting(t *testing.T) {
	leftover.Folder(t)
	why := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	o := options(t, "mute", "${port}")
	asked := o.Ready
	o.Ready = func(ctx context.Context, address string) error {
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		return asked(ctx, address)
	}
	began := time.Now()
	if _, err := Start(ctx, o); !errors.Is(err, why) {
		t.Errorf("%v, want %v", err, why)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

// full is a disk on which nothing can be written.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputFails(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "serves", "${port}", "200")
	o.Output = full{}
	app, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Stop(); err == nil || err.Error() != "the app's output could not be written: no space left on device" {
		t.Error(err)
	}
	want := 2 // where it is, and bye
	if runtime.GOOS == "windows" {
		want = 1
	}
	if last := app.output.last(nil); len(last) != want {
		t.Errorf("its last lines are lost too: %q", last)
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ url, ready, want string }{
		{"http://localhost:5006/app/", "/", "http://localhost:5006/"},
		{"http://localhost:5006/app", "/health?deep=1", "http://localhost:5006/health?deep=1"},
		{"https://localhost:5006", "http://localhost:9000/up", "http://localhost:9000/up"},
	} {
		got, err := readyAddress(Options{URL: c.url, Serve: scenario.Serve{Ready: c.ready}})
		if got != c.want || err != nil {
			t.Errorf("%s and %s: %q, %v, want %q", c.url, c.ready, got, err, c.want)
		}
	}
	for _, c := range []struct {
		url   string
		host  string
		port  int
		known bool
	}{
		{"http://localhost:41234", "localhost", 41234, true},
		{"http://[::1]:80", "::1", 80, true},
		{"http://127.0.0.1", "127.0.0.1", 80, true},
		{"https://localhost/", "localhost", 443, true},
		{"http://my.machine:41234", "my.machine", 41234, true},
		{"http://my.machine:41235", "my.machine", 41235, false},
		{"http://10.0.0.7", "10.0.0.7", 80, false},
	} {
		host, port, known := Options{URL: c.url, Port: 41234}.place()
		if host != c.host || port != c.port || known != c.known {
			t.Errorf("%s: %s %d %v", c.url, host, port, known)
		}
	}
	if got := joined([]int{1, 2, 3, 4, 5, 6, 7}); got != "1, 2, 3, 4, 5, …" {
		t.Error(got)
	}
	if got := commandLine([]string{"sh", "-c", `a "b"`, "", strings.Repeat("x", 300)}); got != `sh -c "a \"b\"" "" `+strings.Repeat("x", mostCommand-19)+"…" {
		t.Error(got)
	}
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loadwright/loadwright/internal/leftover"
)

// world is what goes on around a script.
type world struct {
	temp    string // its folder for temporary files
	started map[string]*started
	sent    time.Time // the last signal

	mu   sync.Mutex
	hits []time.Time // what the witness saw
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// started is a program in the background.
type started struct {
	cmd   *exec.Cmd
	ended chan struct{}
	err   error
}

// cmdClean checks that nothing is left of what was started so far.
func cmdClean(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: clean")
	}
	if left := leftover.In(worldOf(ts).temp, patience); left != "" {
		ts.Fatalf("left behind:\n%s", left)
	}
}

// cmdDisplay starts an X server, until the script ends. Its name is in $DISPLAY.
func cmdDisplay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: display")
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	defer r.Close()
	server := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1600x1200x24", "-nolisten", "tcp")
	server.ExtraFiles = []*os.File{w}
	ts.Check(server.Start())
	w.Close()
	ts.Defer(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	})
	ts.Check(r.SetReadDeadline(time.Now().Add(patience)))
	number, err := bufio.NewReader(r).ReadString('\n')
	ts.Check(err)
	ts.Setenv("DISPLAY", ":"+strings.TrimSpace(number))
}

// cmdApp starts the sample app as a process of its own, on a free port, until
// the script ends. Its address is in $URL.
func cmdApp(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! app")
	}
	cmd := exec.Command("loadwright", append([]string{"sample-app", "--port", "0", "--load-delay", "0", "--run-delay", "20ms"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	m := regexp.MustCompile(`at (http://\S+)/app`).FindStringSubmatch(line)
	if m == nil {
		ts.Fatalf("the sample app says %q", line)
	}
	ts.Setenv("URL", m[1])
	u, err := url.Parse(m[1])
	ts.Check(err)
	ts.Setenv("PORT", u.Port())
}

// cmdWitness serves a page that scenarios let tell how far they are, at $URL.
func cmdWitness(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: witness")
	}
	w := worldOf(ts)
	serve(ts, "URL", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/event" {
			w.mu.Lock()
			w.hits = append(w.hits, time.Now())
			w.mu.Unlock()
		}
		rw.Header().Set("Content-Type", "text/html")
		io.WriteString(rw, "<!doctype html><title>witness</title>")
	}))
}

// cmdHeard waits until the witness has been told of events for so long.
func cmdHeard(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: heard DURATION")
	}
	long, err := time.ParseDuration(args[0])
	ts.Check(err)
	w := worldOf(ts)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		w.mu.Lock()
		n := len(w.hits)
		heard := n > 0 && w.hits[n-1].Sub(w.hits[0]) >= long
		w.mu.Unlock()
		if heard {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the witness has heard of %d events", n)
		}
	}
}

// endedBefore is how many events the witness knows to have ended: when it hears
// of one, all before are over.
func (w *world) endedBefore(at time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, hit := range w.hits {
		if hit.Before(at) {
			n++
		}
	}
	return max(0, n-1)
}

// cmdProxy serves an HTTP proxy, at $PROXY, behind which every host is the app
// at $URL.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: proxy")
	}
	target, err := url.Parse(ts.Getenv("URL"))
	ts.Check(err)
	serve(ts, "PROXY", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
}

// cmdHostile serves answers that are none at $URL; /say repeats what it is told.
func cmdHostile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: hostile")
	}
	raw := func(text string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
				io.WriteString(c, text)
				c.Close()
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/garbage", raw("\x00\x01 what is this\r\n\r\n"))
	mux.HandleFunc("/half", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf\n"))
	mux.HandleFunc("/nothing", raw(""))
	mux.HandleFunc("/headers", raw("HTTP/1.1 200 OK\r\n"+strings.Repeat("X-Endless: "+strings.Repeat("x", 100)+"\r\n", 10_000)))
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/wrong", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/ok", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "ok") })
	mux.HandleFunc("/say", func(rw http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(rw, "the %s is %s\n", r.FormValue("what"), r.FormValue("is"))
	})
	serve(ts, "URL", mux)
}

func serve(ts *testscript.TestScript, name string, h http.Handler) {
	server := httptest.NewServer(h)
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	ts.Setenv(name, server.URL)
}

// cmdStart starts a program in the background, as the leader of a process group,
// as a shell does. It writes to NAME.stdout and NAME.stderr.
//
//	start run loadwright run scenario.yaml
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME PROGRAM [ARG…]")
	}
	w := worldOf(ts)
	out, err := os.Create(ts.MkAbs(args[0] + ".stdout"))
	ts.Check(err)
	defer out.Close()
	errs, err := os.Create(ts.MkAbs(args[0] + ".stderr"))
	ts.Check(err)
	defer errs.Close()
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "TMPDIR="+w.temp, "PATH="+ts.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = out, errs
	ownGroup(cmd)
	ts.Check(cmd.Start())
	s := &started{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		s.err = cmd.Wait()
	}()
	w.started[args[0]] = s
	ts.Defer(func() {
		_ = cmd.Process.Kill()
		<-s.ended
	})
}

// of is the program that was started by a name.
func of(ts *testscript.TestScript, name string) *started {
	s := worldOf(ts).started[name]
	if s == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return s
}

// cmdAwait waits until the one file that matches a pattern has a text that
// matches a regular expression.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	want := regexp.MustCompile(args[1])
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		found, err := filepath.Glob(ts.MkAbs(args[0]))
		ts.Check(err)
		var text []byte
		if len(found) == 1 {
			text, _ = os.ReadFile(found[0])
		}
		if want.Match(text) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s %s never matched; it is:\n%s", args[0], found, text)
		}
	}
}

// cmdSend sends a signal to a program that was started, or to all of its group,
// as a terminal does.
//
//	send run INT
//	send run INT group
func cmdSend(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: send NAME SIGNAL [group]")
	}
	s, ok := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}[args[1]]
	if !ok {
		ts.Fatalf("no signal %s", args[1])
	}
	worldOf(ts).sent = time.Now()
	ts.Check(signalTo(of(ts, args[0]).cmd.Process.Pid, s, len(args) > 2))
}

// cmdEnded waits for the end of a program that was started, and checks its exit
// code; -1 is a signal.
func cmdEnded(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended NAME CODE")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := of(ts, args[0])
	select {
	case <-s.ended:
	case <-time.After(patience):
		ts.Fatalf("%s has not ended", args[0])
	}
	if got := codeOf(s.err); got != want {
		ts.Fatalf("exit code %d, want %d\nstdout:\n%s\nstderr:\n%s", got, want,
			ts.ReadFile(args[0]+".stdout"), ts.ReadFile(args[0]+".stderr"))
	}
}

// cmdFamily checks that at least so many processes of the script are alive, so
// that it proves something when none is any more.
func cmdFamily(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: family NUMBER")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if all := leftover.Processes(worldOf(ts).temp); len(all) < want {
		ts.Fatalf("%d processes: %s", len(all), all)
	}
}

// cmdSlay kills the driver or the browser that the script's programs started.
func cmdSlay(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: slay driver|browser")
	}
	mark, ok := map[string]string{"driver": "cli.js", "browser": "--user-data-dir="}[args[0]]
	if !ok {
		ts.Fatalf("no %s", args[0])
	}
	slain := 0
	for _, p := range leftover.Processes(worldOf(ts).temp) {
		if strings.Contains(p.Command, mark) {
			ts.Logf("kill -9 %.100s", p)
			kill(p.PID)
			slain++
		}
	}
	if slain == 0 {
		ts.Fatalf("there is no %s among %s", args[0], leftover.Processes(worldOf(ts).temp))
	}
}

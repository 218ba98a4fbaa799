//go:build unix

package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/proc"
	"github.com/loadwright/loadwright/scenario"
)

// playMore are roles that other systems can't play.
func playMore(role string, args []string) {
	switch role {
	case "sleeps": // and does not want to end
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		fmt.Println("pid", os.Getpid())
		time.Sleep(time.Hour)
	case "forks": // and leaves an orphan
		start("sleeps", nil)
	case "daemonizes": // and ends when the daemon listens
		start("mute", &syscall.SysProcAttr{Setsid: true}, args...)
		for {
			if c, err := net.Dial("tcp", "127.0.0.1:"+args[0]); err == nil {
				c.Close()
				return
			}
			time.Sleep(time.Millisecond)
		}
	case "family": // an app with a child, an orphan and a daemon, none of which wants to end
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		fmt.Println("pid", os.Getpid())
		start("sleeps", nil)
		_ = start("forks", nil).Wait()
		start("sleeps", &syscall.SysProcAttr{Setsid: true})
		must(0, http.Serve(must(net.Listen("tcp", "127.0.0.1:"+args[0])), nil))
	default: // a run with such an app, which ends as the role says
		playRun(role, must(strconv.Atoi(args[0])))
	}
}

// start starts this binary in a role, with its output where ours is.
func start(role string, attr *syscall.SysProcAttr, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = attr
	must(0, cmd.Start())
	return cmd
}

// pids are those that a family of this many has printed.
func (o *output) pids() []int {
	var all []int
	for line := range strings.Lines(o.String()) {
		var pid int
		if n, _ := fmt.Sscanf(line, "pid %d", &pid); n == 1 {
			all = append(all, pid)
		}
	}
	return all
}

const familySize = 4

func playRun(role string, port int) {
	out := &output{}
	must(Start(context.Background(), Options{
		Serve: scenario.Serve{
			Command: []string{os.Args[0], strconv.Itoa(port)}, Cwd: ".",
			Env:   map[string]string{roleVar: "family"},
			Ready: "/", Timeout: time.Minute,
		},
		URL: fmt.Sprintf("http://localhost:%d", port), Port: port,
		Output: out, Ready: httpuser.Ready,
	}))
	for len(out.pids()) < familySize {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(strings.Trim(fmt.Sprint(out.pids()), "[]"))
	switch role {
	case "run that panics":
		panic("as the test wants it")
	case "run that exits":
		os.Exit(3)
	default:
		time.Sleep(time.Minute)
	}
}

func noneAlive(pids []int) func() bool {
	return func() bool { return !slices.ContainsFunc(pids, proc.Alive) }
}

func TestNothingStaysHoweverWeEnd(t *testing.T) {
	for _, c := range []struct {
		how string
		end func(pid int) error // nil: it ends by itself, as its role says
	}{
		{"kill -9", func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }},
		{"kill -9 to the group", func(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }},
		{"SIGINT to the group", func(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) }}, // a terminal's Ctrl-C
		{"SIGHUP to the group", func(pid int) error { return syscall.Kill(-pid, syscall.SIGHUP) }},
		{"panics", nil},
		{"exits", nil},
	} {
		t.Run(c.how, func(t *testing.T) {
			if strings.HasPrefix(c.how, "SIGHUP") && signal.Ignored(syscall.SIGHUP) {
				t.Skip("whoever runs the tests ignores SIGHUP, and so do all they start")
			}
			leftover.Folder(t)
			port, err := FreePort()
			if err != nil {
				t.Fatal(err)
			}
			run := exec.Command(os.Args[0], strconv.Itoa(port))
			run.Env = append(os.Environ(), roleVar+"=run that "+c.how)
			run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := run.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = run.Process.Kill(); _ = run.Wait() })
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			var pids []int
			for word := range strings.FieldsSeq(line) {
				pids = append(pids, must(strconv.Atoi(word)))
			}
			if c.end != nil {
				if !slices.ContainsFunc(pids, proc.Alive) || len(pids) != familySize {
					t.Fatalf("the family is not complete: %v", pids)
				}
				if err := c.end(run.Process.Pid); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "all processes are gone", noneAlive(pids))
		})
	}
}

func TestStopEndsTheWholeFamily(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "family", "${port}")
	app, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	out := o.Output.(*output)
	eventually(t, "the family is complete", func() bool { return len(out.pids()) == familySize })
	if group, err := syscall.Getpgid(app.PID()); err != nil || group == syscall.Getpgrp() {
		t.Errorf("it is in group %d, %v: the terminal's Ctrl-C reaches it", group, err)
	}
	if err := app.end(10 * time.Millisecond); err != nil {
		t.Error(err)
	}
	eventually(t, "all processes are gone", noneAlive(out.pids()))
}

// An app that goes into the background is no app: what it leaves goes too.
func TestDaemonLeavesNothing(t *testing.T) {
	leftover.Folder(t)
	o := options(t, "forks")
	foreground := `the app \(.*\) ended before it was ready: exit status 0; its command has to stay in the foreground for as long as the app is to run\n`
	fails(t, o, foreground+`its last lines:\n  pid \d+`)
	pids := o.Output.(*output).pids()
	if len(pids) != 1 {
		t.Errorf("%v: there is no orphan", pids)
	}
	eventually(t, "the orphan is gone", noneAlive(pids))
	o = options(t, "daemonizes", "${port}")
	o.Ready = func(context.Context, string) error { return errors.New("not yet") }
	fails(t, o, foreground+"it had written nothing")
	eventually(t, "the daemon is gone", func() bool { return o.taken(t.Context()) == "" })
}

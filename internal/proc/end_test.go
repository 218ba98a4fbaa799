//go:build unix

package proc

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary plays other processes too, as this variable says.
const roleVar = "NEST_TEST_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVar); role {
	case "":
		os.Exit(m.Run())
	case "tenant":
		tenant()
	case "starter":
		starter()
	default:
		playHousehold(role)
	}
}

// household is what an owner tells of itself.
type household struct {
	Dir   string
	Guard int
	PIDs  []int
}

// playHousehold makes a nest with processes and ends as its role says, or waits to be
// ended.
func playHousehold(role string) {
	n := must(NewNest("nest-"))
	r, w := must2(os.Pipe())
	cmd := exec.Command("sh", "-c", `sleep 1000 & echo $!; (trap '' TERM INT HUP; sleep 1000) & echo $!; echo $$; echo; wait`)
	cmd.Stdout = w
	tree := must(n.Start(cmd))
	home := household{Dir: n.Dir(), Guard: n.guard.cmd.Process.Pid}
	for lines := bufio.NewScanner(r); lines.Scan() && lines.Text() != ""; {
		var pid int
		must(fmt.Sscan(lines.Text(), &pid))
		home.PIDs = append(home.PIDs, pid)
	}

	// Like a browser that its driver put into a session of its own.
	profile := filepath.Join(n.Dir(), "profile")
	check(os.Mkdir(profile, 0o700))
	browser := exec.Command(os.Args[0], "--user-data-dir="+profile)
	browser.Env = append(os.Environ(), roleVar+"=tenant")
	browser.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	check(browser.Start())
	home.PIDs = append(home.PIDs, browser.Process.Pid)
	go func() { _ = browser.Wait() }()
	for !exists(filepath.Join(profile, "0")) {
		time.Sleep(time.Millisecond)
	}

	check(json.NewEncoder(os.Stdout).Encode(home))
	switch role {
	case "panics":
		panic("as the test wants it")
	case "exits":
		os.Exit(3)
	case "closes":
		check(n.Close())
		<-tree.Done()
	default:
		time.Sleep(time.Minute)
	}
}

// tenant writes into its profile as fast as it can.
func tenant() {
	_, profile, _ := strings.Cut(os.Args[1], "=")
	for i := 0; ; i++ {
		_ = os.WriteFile(filepath.Join(profile, fmt.Sprint(i)), nil, 0o600)
		if i > 100 {
			time.Sleep(time.Millisecond)
		}
	}
}

// starter starts processes until it is killed.
func starter() {
	n := must(NewNest("nest-"))
	for i := 0; ; i++ {
		must(n.Start(exec.Command("sleep", os.Args[1])))
		if i == 10 {
			fmt.Println(n.Dir())
		}
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func must2[T, U any](v T, u U, err error) (T, U) {
	check(err)
	return v, u
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(70)
	}
}

// play starts the test binary in a role, in a process group of its own, and
// returns the first line that it prints.
func play(t *testing.T, role string, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stderr = os.Stderr
	if role == "panics" {
		cmd.Stderr = nil
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the process playing %q ended without a word: %v", role, err)
	}
	return cmd, strings.TrimSpace(line)
}

func playOwner(t *testing.T, role string) (*exec.Cmd, household) {
	t.Helper()
	cmd, line := play(t, role)
	var home household
	if err := json.Unmarshal([]byte(line), &home); err != nil {
		t.Fatal(err)
	}
	if len(home.PIDs) != 4 || home.Dir == "" {
		t.Fatalf("the household is not complete: %+v", home)
	}
	t.Cleanup(func() { // where the test failed
		for _, pid := range home.PIDs {
			if Alive(pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	return cmd, home
}

func TestNothingStaysHoweverWeEnd(t *testing.T) {
	alone := func(s syscall.Signal) func(pid int) error {
		return func(pid int) error { return syscall.Kill(pid, s) }
	}
	group := func(s syscall.Signal) func(pid int) error {
		return func(pid int) error { return syscall.Kill(-pid, s) }
	}
	for _, test := range []struct {
		how string
		end func(pid int) error // nil: it ends by itself, as its role says
	}{
		{"kill -9", alone(syscall.SIGKILL)},
		{"kill -9 to the group", group(syscall.SIGKILL)},
		{"SIGTERM", alone(syscall.SIGTERM)},
		{"SIGTERM to the group", group(syscall.SIGTERM)},
		{"SIGINT to the group", group(syscall.SIGINT)},
		{"SIGHUP to the group", group(syscall.SIGHUP)},
		{"panics", nil},
		{"exits", nil},
		{"closes", nil},
	} {
		t.Run(test.how, func(t *testing.T) {
			if strings.HasPrefix(test.how, "SIGHUP") && signal.Ignored(syscall.SIGHUP) {
				t.Skip("whoever runs the tests ignores SIGHUP, and so do all they start")
			}
			t.Setenv("TMPDIR", t.TempDir())
			cmd, home := playOwner(t, test.how)
			if test.end != nil {
				if !exists(home.Dir) || noneAlive(home.PIDs[:1])() {
					t.Fatal("the household is gone before its owner")
				}
				if err := test.end(cmd.Process.Pid); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, "all processes are gone", noneAlive(home.PIDs))
			eventually(t, "the folder is gone", func() bool { return !exists(home.Dir) })
			eventually(t, "the guard is gone", noneAlive([]int{home.Guard}))
		})
	}
}

func TestNoMomentToDieInBetween(t *testing.T) {
	const seconds = "3333"
	for delay := range 5 {
		t.Setenv("TMPDIR", t.TempDir())
		marker := seconds + "." + fmt.Sprint(os.Getpid()) + fmt.Sprint(delay)
		cmd, dir := play(t, "starter", marker)
		time.Sleep(time.Duration(delay) * 700 * time.Microsecond) // any instant will do
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the folder is gone", func() bool { return !exists(dir) })
		eventually(t, "no process is left", func() bool { return !commandRuns(t, "sleep "+marker) })
	}
}

// commandRuns tells whether any process was started with this command line.
func commandRuns(t *testing.T, line string) bool {
	t.Helper()
	out, err := exec.Command("ps", "-axww", "-o", "args=").Output()
	if err != nil {
		t.Skipf("ps: %v", err)
	}
	return strings.Contains(string(out), line)
}

func TestSweepAfterTheGuardDiedToo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	cmd, home := playOwner(t, "waits")
	if err := SweepStale("nest-"); err != nil {
		t.Fatal(err)
	}
	if !exists(home.Dir) {
		t.Fatal("the folder of a living owner was swept away")
	}
	for _, pid := range []int{home.Guard, cmd.Process.Pid} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	browser := home.PIDs[3]
	eventually(t, "owner and guard are gone", noneAlive([]int{home.Guard, cmd.Process.Pid}))
	if !exists(home.Dir) || !Alive(browser) {
		t.Fatal("somebody else cleaned up")
	}
	if err := SweepStale("nest-"); err != nil {
		t.Fatal(err)
	}
	if exists(home.Dir) {
		t.Error("the stale folder is still there")
	}
	eventually(t, "the browser is gone", noneAlive([]int{browser}))
}

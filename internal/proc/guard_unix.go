//go:build unix

package proc

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

//go:embed guard.sh
var guardScript string

// guard is the shell that runs guard.sh, and the pipe to it. We alone hold the
// pipe's writing end (Go marks it close-on-exec), so it ends with us.
type guard struct {
	cmd  *exec.Cmd
	pipe *os.File
}

func startGuard(dir string) (*guard, error) { return startScript(dir, closeRounds) }

func startScript(dir string, rounds int) (*guard, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command("/bin/sh", "-c", guardScript, "loadwright-guard")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/bin:/bin", "NEST=" + dir, "ROUNDS=" + strconv.Itoa(rounds)}
	cmd.Stdin = r
	// A session of its own: neither the terminal's Ctrl-C nor a signal to our
	// process group reaches it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	return &guard{cmd, w}, nil
}

func (g *guard) add(pgid int) error {
	_, err := fmt.Fprintf(g.pipe, "+ %d\n", pgid)
	return err
}

func (g *guard) remove(pgid int) {
	// Where the guard is gone there is nothing to forget.
	_, _ = fmt.Fprintf(g.pipe, "- %d\n", pgid)
}

// finish lets the guard do its work now. Where it was killed, or is stopped, a
// second one does.
func (g *guard) finish(dir string, groups []int) {
	if g.run() {
		return
	}
	if second, err := startScript(dir, closeRounds); err == nil {
		for _, pgid := range groups {
			_ = second.add(pgid)
		}
		second.run()
	}
}

// run closes the pipe and waits until the guard is done; it tells whether the
// guard removed the folder.
func (g *guard) run() bool {
	g.pipe.Close()
	late := time.AfterFunc(finishLimit, func() { _ = g.cmd.Process.Kill() })
	defer late.Stop()
	return g.cmd.Wait() == nil
}

// sweep removes a folder without owner.
func sweep(dir string) {
	if g, err := startScript(dir, sweepRounds); err == nil {
		g.run()
	}
}

func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid()
}

func ownGroup() int { return syscall.Getpgrp() }

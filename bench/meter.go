package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// meter tells what CPU time a process tree has used: all of it, also that of
// processes that are gone and that nobody waited for. It takes a cgroup.
type meter struct {
	dir  string // of the cgroup
	file string // in it, that tells the time
	unit time.Duration
}

// newMeter makes a cgroup below ours, of version 2 or 1. It fails where there
// is none, or where we may not.
func newMeter() (*meter, error) {
	ours, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	err = errors.New("no cgroup accounts for CPU time here")
	for line := range strings.Lines(string(ours)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		m := &meter{}
		switch {
		case strings.Contains(parts[1], "cpuacct"):
			m.dir, m.file, m.unit = filepath.Join("/sys/fs/cgroup", parts[1], parts[2]), "cpuacct.usage", time.Nanosecond
		case parts[0] == "0":
			m.dir, m.file, m.unit = filepath.Join("/sys/fs/cgroup", parts[2]), "cpu.stat", time.Microsecond
		default:
			continue
		}
		if _, missing := os.Stat(filepath.Join(m.dir, m.file)); missing != nil {
			continue
		}
		if m.dir, err = os.MkdirTemp(m.dir, "loadwright-bench-"); err == nil {
			return m, nil
		}
	}
	return nil, err
}

// used is the CPU time used so far.
func (m *meter) used() (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(m.dir, m.file))
	if err != nil {
		return 0, err
	}
	number := strings.Fields(string(text))
	if m.file == "cpu.stat" { // "usage_usec 123" is its first line
		number = number[1:]
	}
	n, err := strconv.ParseInt(number[0], 10, 64)
	return time.Duration(n) * m.unit, err
}

// enter lets a command run in the cgroup: we start ourselves in its place, to
// go there before the command begins.
func (m *meter) enter(cmd *exec.Cmd) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd.Args = append([]string{self, "enter", m.dir, cmd.Path}, cmd.Args...)
	cmd.Path = self
	return nil
}

// entered is the other side of enter.
func entered(args []string) error {
	if err := os.WriteFile(filepath.Join(args[0], "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", args[1], syscall.Exec(args[1], args[2:], os.Environ()))
}

// tick is the unit of times in /proc.
const tick = 10 * time.Millisecond

// treeTime is what can be told where there is no cgroup: the CPU time of a
// process and its descendants with that of children they have waited for.
// It is 0 where not even that is told.
func treeTime(pid int32) time.Duration {
	var sum time.Duration
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may hold anything
	if fields := strings.Fields(rest); len(fields) > 14 {
		for _, field := range fields[11:15] { // utime, stime, cutime, cstime
			n, _ := strconv.ParseInt(field, 10, 64)
			sum += time.Duration(n) * tick
		}
	}
	for _, child := range children(pid) {
		sum += treeTime(child)
	}
	return sum
}

// close ends what is left in the cgroup and removes it.
func (m *meter) close() error {
	var err error
	for range 100 {
		if err = os.Remove(m.dir); err == nil {
			return nil
		}
		left, _ := os.ReadFile(filepath.Join(m.dir, "cgroup.procs"))
		for _, word := range strings.Fields(string(left)) {
			if pid, err := strconv.Atoi(word); err == nil {
				if p, err := os.FindProcess(pid); err == nil {
					_ = p.Kill() // it may just have ended
				}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}

package machine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// clockTick is the unit of the times in /proc/PID/stat: USER_HZ, which is 100 on
// every architecture that Go runs on.
const clockTick = 10 * time.Millisecond

// process is what proc_pid_stat(5) tells of a process.
type process struct {
	ended         bool // and its parent has not waited for it yet
	parent, group int
	own           time.Duration // CPU time of itself
	children      time.Duration // and of the children it has waited for
	memory        uint64        // bytes that are resident
}

// processes reads the times of trees from proc(5). The time of children that
// have ended and been waited for is in their parents'; but not in this process's
// own, for the app is a child of ours too.
func processes(_ context.Context, roots []int, app int) (generator map[int]time.Duration, memory uint64, threads map[int]thread, served *tree) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, 0, nil, nil
	}
	all := make(map[int]process, len(entries))
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if p, ok := stat(pid); ok {
			all[pid] = p
		}
	}
	self := os.Getpid()
	root := map[int]int{self: self} // of the tree that a process is in; 0: in none of ours
	for _, pid := range roots {
		root[pid] = pid
	}
	if app > 0 {
		root[app] = app
	}
	var find func(pid, depth int) int
	find = func(pid, depth int) int {
		if r, seen := root[pid]; seen {
			return r
		}
		r := 0
		switch p, ok := all[pid]; {
		case !ok || depth > len(all):
		case app > 0 && p.group == app: // its parent may have ended
			r = app
		case p.parent != self: // not every child of ours is the generator
			r = find(p.parent, depth+1)
		}
		root[pid] = r
		return r
	}
	generator, threads = make(map[int]time.Duration), make(map[int]thread)
	for pid, p := range all {
		switch r := find(pid, 0); r {
		case 0:
			continue
		case app:
			if served == nil {
				served = &tree{own: make(map[int]time.Duration)}
			}
			served.used += p.own + p.children
			if !p.ended {
				served.own[pid] = p.own
				served.memory += p.memory
			}
			continue
		case self:
			generator[r] += p.own
		default:
			generator[r] += p.own + p.children
		}
		memory += p.memory
		if t, ok := schedstat(pid); ok {
			threads[pid] = t
		}
	}
	if served != nil && len(served.own) == 0 {
		served = nil
	}
	return generator, memory, threads, served
}

func stat(pid int) (process, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return process{}, false
	}
	// The name, field 2, is in brackets and may hold anything.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 22 {
		return process{}, false
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(string(fields[field-3]))
		return n
	}
	state := fields[0][0]
	return process{
		ended:    state == 'Z' || state == 'X',
		parent:   number(4),
		group:    number(5),
		own:      time.Duration(number(14)+number(15)) * clockTick,
		children: time.Duration(number(16)+number(17)) * clockTick,
		memory:   uint64(max(0, number(24))) * uint64(os.Getpagesize()),
	}, true
}

// schedstat reads how long a process's main thread ran and waited for a core.
func schedstat(pid int) (thread, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", pid))
	if err != nil {
		return thread{}, false
	}
	var ran, waited int64
	if n, _ := fmt.Sscan(string(text), &ran, &waited); n != 2 {
		return thread{}, false
	}
	return thread{time.Duration(ran), time.Duration(waited)}, true
}

// pressure reads how long some task of the machine was ready to run and had no
// core: https://docs.kernel.org/accounting/psi.html.
func pressure() time.Duration {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return -1
	}
	var avg10, avg60, avg300 float64
	var total int64
	if _, err := fmt.Sscanf(string(text), "some avg10=%g avg60=%g avg300=%g total=%d", &avg10, &avg60, &avg300, &total); err != nil {
		return -1
	}
	return time.Duration(total) * time.Microsecond
}

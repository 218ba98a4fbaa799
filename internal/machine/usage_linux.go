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

// generator reads the processes' times from proc(5). The time of children that
// have ended and been waited for is in their parents'.
func generator(_ context.Context, roots []int) (time.Duration, map[int]thread) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return -1, nil
	}
	type process struct {
		parent int
		used   time.Duration
	}
	all := make(map[int]process, len(entries))
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent, used, ok := stat(pid); ok {
			all[pid] = process{parent, used}
		}
	}
	self := os.Getpid()
	own := map[int]bool{self: true}
	for _, pid := range roots {
		own[pid] = true
	}
	var belongs func(pid, depth int) bool
	belongs = func(pid, depth int) bool {
		p, ok := all[pid]
		if known, seen := own[pid]; seen {
			return known
		}
		// Not every child of ours is the generator: the app may be one.
		is := ok && depth < len(all) && p.parent != self && p.parent != 0 && belongs(p.parent, depth+1)
		own[pid] = is
		return is
	}
	var used time.Duration
	threads := make(map[int]thread)
	for pid, p := range all {
		if !belongs(pid, 0) {
			continue
		}
		used += p.used
		if t, ok := schedstat(pid); ok {
			threads[pid] = t
		}
	}
	return used, threads
}

// stat reads the parent of a process and the CPU time of itself and of the
// children it has waited for: fields 4 and 14 to 17.
func stat(pid int) (parent int, used time.Duration, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	// The name, field 2, is in brackets and may hold anything.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return 0, 0, false
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(string(fields[field-3]))
		return n
	}
	ticks := number(14) + number(15) + number(16) + number(17)
	return number(4), time.Duration(ticks) * clockTick, true
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

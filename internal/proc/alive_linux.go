package proc

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Alive tells whether a process runs. One that has ended and is not waited for
// yet does not.
func Alive(pid int) bool {
	stat, err := readStat(pid)
	return err == nil && stat.state != "Z" && stat.state != "X"
}

// birth is when a process started: in clock ticks since the machine did.
func birth(pid int) (birthmark, error) {
	stat, err := readStat(pid)
	if err != nil {
		return birthmark{}, err
	}
	realm, err := namespace()
	return birthmark{realm, stat.start}, err
}

// namespace is the number of our PID namespace: containers may share a folder
// for temporary files, and count processes each for itself.
func namespace() (string, error) {
	link, err := os.Readlink("/proc/self/ns/pid") // "pid:[4026531836]"
	if err != nil {
		return "", err
	}
	number, err := strconv.ParseUint(strings.Trim(link, "pid:[]"), 10, 64)
	return strconv.FormatUint(number, 36), err
}

type procStat struct{ state, start string }

func readStat(pid int) (procStat, error) {
	if pid <= 0 {
		return procStat{}, fmt.Errorf("there is no process %d", pid)
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, err
	}
	// See proc_pid_stat(5). The second field is the command in parentheses and
	// may hold anything; the third is the state, the 22nd the start.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 20 {
		return procStat{}, fmt.Errorf("/proc/%d/stat is cut short", pid)
	}
	ticks, err := strconv.ParseUint(fields[19], 10, 64)
	return procStat{fields[0], strconv.FormatUint(ticks, 36)}, err
}

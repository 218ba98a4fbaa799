package proc

import (
	"strconv"

	"golang.org/x/sys/windows"
)

// stillActive is STILL_ACTIVE, the exit code of a process that has not ended.
const stillActive = 259

// Alive tells whether a process runs.
func Alive(pid int) bool {
	p, err := open(pid)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(p)
	var code uint32
	return windows.GetExitCodeProcess(p, &code) == nil && code == stillActive
}

// birth is when a process started: a FILETIME.
func birth(pid int) (birthmark, error) {
	p, err := open(pid)
	if err != nil {
		return birthmark{}, err
	}
	defer windows.CloseHandle(p)
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(p, &created, &exited, &kernel, &user); err != nil {
		return birthmark{}, err
	}
	return birthmark{"0", strconv.FormatInt(created.Nanoseconds(), 36)}, nil
}

func open(pid int) (windows.Handle, error) {
	return windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
}

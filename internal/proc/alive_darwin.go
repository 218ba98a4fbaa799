package proc

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of <sys/proc.h>.
const zombie = 5

// Alive tells whether a process runs. One that has ended and is not waited for
// yet does not.
func Alive(pid int) bool {
	p, err := look(pid)
	return err == nil && p.Proc.P_stat != zombie
}

// birth is when a process started: in microseconds since the epoch.
func birth(pid int) (birthmark, error) {
	p, err := look(pid)
	if err != nil {
		return birthmark{}, err
	}
	start := p.Proc.P_starttime
	return birthmark{"0", strconv.FormatInt(start.Sec*1e6+int64(start.Usec), 36)}, nil
}

func look(pid int) (*unix.KinfoProc, error) {
	if pid <= 0 {
		return nil, fmt.Errorf("there is no process %d", pid)
	}
	return unix.SysctlKinfoProc("kern.proc.pid", pid)
}

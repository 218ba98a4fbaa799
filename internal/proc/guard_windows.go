package proc

import (
	"io/fs"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// guard is a job object that ends all its processes when its last handle is
// closed; we hold the only one, so it ends with us.
type guard struct{ job windows.Handle }

func startGuard(string) (*guard, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, err
	}
	var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		windows.CloseHandle(job)
		return nil, err
	}
	return &guard{job}, nil
}

func (g *guard) add(pid int) error {
	p, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(p)
	return windows.AssignProcessToJobObject(g.job, p)
}

// remove does nothing: a job holds processes, not ids that may be used again.
func (g *guard) remove(int) {}

func (g *guard) finish(dir string, _ []int) {
	_ = windows.TerminateJobObject(g.job, 1)
	windows.CloseHandle(g.job)
	removeFolder(dir, closeRounds)
}

func sweep(dir string) { removeFolder(dir, sweepRounds) }

// removeFolder tries again for a while: a file can't be removed as long as a
// dying process has it open.
func removeFolder(dir string, rounds int) {
	for ; rounds > 0 && os.RemoveAll(dir) != nil; rounds-- {
		time.Sleep(pause)
	}
}

// ours: the folder for temporary files is each user's own.
func ours(fs.FileInfo) bool { return true }

func ownGroup() int { return os.Getpid() }

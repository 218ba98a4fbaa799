//go:build unix

package proc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// registrar makes a process register its own group, on file descriptor $1, and
// become the program that was asked for.
const registrar = `fd=$1; shift; eval "echo + $$ >&$fd; exec $fd>&-"; exec "$@"`

// start starts cmd in a group of its own that the guard knows of from the
// first moment.
func (g *guard) start(cmd *exec.Cmd) error {
	fd := 3 + len(cmd.ExtraFiles)
	if fd > 9 {
		return fmt.Errorf("%s: at most six extra files can be handed on", cmd.Path)
	}
	file := cmd.Path
	if !filepath.IsAbs(file) {
		file = filepath.Join(cmd.Dir, file)
	}
	if err := syscall.Access(file, executable); err != nil {
		// The shell would say so, but in the program's output.
		return &os.PathError{Op: "start", Path: file, Err: err}
	}
	shell := []string{"sh", "-c", registrar, "sh", strconv.Itoa(fd), cmd.Path}
	cmd.Args = append(shell, cmd.Args[min(1, len(cmd.Args)):]...)
	cmd.Path = "/bin/sh"
	cmd.ExtraFiles = append(cmd.ExtraFiles, g.pipe)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd.Start()
}

// executable is X_OK of access(2).
const executable = 1

// KillGroup kills every process of a group at once.
func KillGroup(pgid int) error { return signalGroup(pgid, syscall.SIGKILL) }

func termGroup(pgid int) error { return signalGroup(pgid, syscall.SIGTERM) }

func signalGroup(pgid int, s syscall.Signal) error {
	if pgid <= 1 {
		return fmt.Errorf("there is no process group %d", pgid) // -1 would be everybody
	}
	return syscall.Kill(-pgid, s)
}

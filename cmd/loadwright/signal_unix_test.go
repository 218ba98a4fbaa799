//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func signalTo(pid int, s syscall.Signal, group bool) error {
	if group {
		pid = -pid
	}
	return syscall.Kill(pid, s)
}

func kill(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }

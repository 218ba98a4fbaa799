//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// setApart keeps the signals of our terminal from a command.
func setApart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

package main

import (
	"os/exec"
	"syscall"
)

// setApart keeps the signals of our terminal from a command.
func setApart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

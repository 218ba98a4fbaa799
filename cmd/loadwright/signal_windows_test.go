package main

import (
	"errors"
	"os/exec"
	"syscall"
)

func ownGroup(*exec.Cmd) {}

func signalTo(int, syscall.Signal, bool) error {
	return errors.New("signals are for Unix: give the line a condition")
}

func kill(int) {}

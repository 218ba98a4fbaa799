package main

import (
	"errors"

	"github.com/loadwright/loadwright"
)

// The exit codes; docs/results.md says when. The first that applies counts.
const (
	exitOK          = 0
	exitFailed      = 1  // ran, a threshold failed
	exitUsage       = 2  // usage or scenario error: nothing was started
	exitNotRun      = 3  // the run could not be carried out
	exitSaturated   = 4  // ran, but the load generator was saturated
	exitBug         = 70 // a panic, with the results kept (EX_SOFTWARE of sysexits.h)
	exitInterrupted = 130
	exitTerminated  = 143
)

// usageError is an error in what was typed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitError ends the program with a code. What there is to say may have been
// said already.
type exitError struct {
	code int
	told bool
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return "failed"
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

func exitCode(err error) int {
	var usage usageError
	var wrong *loadwright.ScenarioError
	var exit exitError
	var bug *loadwright.PanicError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage), errors.As(err, &wrong):
		return exitUsage
	case errors.As(err, &bug):
		return exitBug
	default:
		return exitNotRun
	}
}

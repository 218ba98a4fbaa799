package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// interrupts are the signals that end a run: the first one in order, the second
// one at once.
type interrupts struct {
	stop   chan error
	code   int // the exit code that the first signal asks for; 0: none came
	notify chan os.Signal
	ended  chan struct{}
	idle   chan struct{}
}

var (
	errInterrupted = errors.New("stopped by Ctrl-C")
	errTerminated  = errors.New("stopped by SIGTERM")
)

func listen(ctx context.Context) (context.Context, *interrupts) {
	ctx, cancel := context.WithCancelCause(ctx)
	i := &interrupts{
		stop:   make(chan error, 1),
		notify: make(chan os.Signal, 2),
		ended:  make(chan struct{}),
		idle:   make(chan struct{}),
	}
	signal.Notify(i.notify, os.Interrupt, syscall.SIGTERM)
	go func() {
		defer close(i.idle)
		defer cancel(nil)
		for {
			select {
			case sig := <-i.notify:
				reason := errInterrupted
				code := exitInterrupted
				if sig == syscall.SIGTERM {
					reason, code = errTerminated, exitTerminated
				}
				if i.code != 0 {
					cancel(reason)
					continue
				}
				i.code = code
				i.stop <- reason
			case <-i.ended:
				return
			}
		}
	}()
	return ctx, i
}

// end stops listening, and returns the exit code that was asked for, or 0. From
// now on a signal ends the program.
func (i *interrupts) end() int {
	signal.Stop(i.notify)
	close(i.ended)
	<-i.idle
	return i.code
}

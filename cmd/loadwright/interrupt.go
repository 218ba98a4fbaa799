package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts are the signals that end a command.
type interrupts struct {
	stop   chan error // the first one's reason, where it is to end the command in order
	notice func()     // called at the first one; it may block where nobody reads what it writes
	told   sync.WaitGroup
	code   int // the exit code that the first one asks for; 0: none came
	notify chan os.Signal
	pipe   chan os.Signal
	ended  chan struct{}
	idle   chan struct{}
}

var (
	errInterrupted = errors.New("stopped by Ctrl-C")
	errTerminated  = errors.New("stopped by SIGTERM")
)

// listen ends the context that it returns at the first signal.
func listen(ctx context.Context) (context.Context, *interrupts) {
	return newInterrupts(nil, func() {}).listen(ctx)
}

// listenTwice sends the reason to stop at the first signal, of which it gives
// notice, and ends the context that it returns at the second.
func listenTwice(ctx context.Context, notice func()) (context.Context, *interrupts) {
	return newInterrupts(make(chan error, 1), notice).listen(ctx)
}

func newInterrupts(stop chan error, notice func()) *interrupts {
	return &interrupts{
		stop:   stop,
		notice: notice,
		notify: make(chan os.Signal, 2),
		pipe:   make(chan os.Signal, 1),
		ended:  make(chan struct{}),
		idle:   make(chan struct{}),
	}
}

func (i *interrupts) listen(ctx context.Context) (context.Context, *interrupts) {
	ctx, cancel := context.WithCancelCause(ctx)
	signal.Notify(i.notify, os.Interrupt, syscall.SIGTERM)
	// Nobody reads it: whoever no longer reads our output (loadwright … | head)
	// does not end a run by that. Writes fail instead.
	signal.Notify(i.pipe, syscall.SIGPIPE)
	go func() {
		defer close(i.idle)
		defer cancel(nil)
		for {
			select {
			case sig := <-i.notify:
				i.take(sig, cancel)
			case <-i.ended:
				return
			}
		}
	}()
	return ctx, i
}

func (i *interrupts) take(sig os.Signal, cancel context.CancelCauseFunc) {
	reason, code := errInterrupted, exitInterrupted
	if sig == syscall.SIGTERM {
		reason, code = errTerminated, exitTerminated
	}
	first := i.code == 0
	if first && i.stop != nil {
		i.ask(reason)
	} else {
		cancel(reason)
	}
	if first {
		i.code = code
		i.told.Go(i.notice)
	}
}

// ask sends a reason to stop, unless somebody has done so before.
func (i *interrupts) ask(reason error) {
	select {
	case i.stop <- reason:
	default:
	}
}

// end stops listening, and returns the exit code that was asked for, or 0. From
// now on a signal ends the program.
func (i *interrupts) end() int {
	signal.Stop(i.notify)
	signal.Stop(i.pipe)
	close(i.ended)
	<-i.idle
	i.told.Wait()
	return i.code
}

// interrupted makes err the end that a signal asked for by its exit code. An
// error that is nothing but that end is not told.
func interrupted(code int, err error) error {
	if code == 0 {
		return err
	}
	var exit exitError
	silent := err == nil || errors.As(err, &exit) && exit.told ||
		errors.Is(err, errInterrupted) || errors.Is(err, errTerminated) || errors.Is(err, context.Canceled)
	return exitError{code: code, told: silent, err: err}
}

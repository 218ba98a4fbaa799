package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
)

// A signal is taken though nobody reads what is said of it.
func TestInterruptWhereNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		read := make(chan struct{})
		i := newInterrupts(make(chan error, 1), func() { <-read })
		ctx, cancel := context.WithCancelCause(t.Context())
		i.take(os.Interrupt, cancel)
		if err := <-i.stop; !errors.Is(err, errInterrupted) || ctx.Err() != nil {
			t.Errorf("asked to stop: %v; the end: %v", err, ctx.Err())
		}
		i.take(os.Interrupt, cancel)
		if !errors.Is(context.Cause(ctx), errInterrupted) {
			t.Errorf("the second one: %v", context.Cause(ctx))
		}
		close(read)
		i.told.Wait()
	})
}

package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateKeepsOrderAndWidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2)
		var order []int
		inside, most := 0, 0
		turn := make(chan int)
		for i := range 6 {
			p := g.join()
			go func() {
				if err := g.wait(t.Context(), p); err != nil {
					t.Error(err)
				}
				turn <- i
				time.Sleep(time.Duration(i+1) * time.Second)
				turn <- -1
				g.leave()
			}()
		}
		for range 12 {
			if i := <-turn; i >= 0 {
				order = append(order, i)
				inside++
			} else {
				inside--
			}
			most = max(most, inside)
		}
		// The first two come side by side, in either order.
		for i, got := range order[2:] {
			if got != i+2 {
				t.Errorf("order %v", order)
				break
			}
		}
		if most != 2 {
			t.Errorf("%d at a time", most)
		}
	})
}

func TestGateWhoGivesUpTakesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		first := g.join()
		ctx, cancel := context.WithCancelCause(t.Context())
		tired := g.join()
		cancel(errors.New("tired"))
		if err := g.wait(ctx, tired); err == nil || err.Error() != "tired" {
			t.Errorf("the tired one got %v", err)
		}
		// One who has the turn already but no time for it passes it on.
		if err := g.wait(ctx, first); err == nil {
			t.Error("let in although the context has ended")
		}
		if err := g.wait(t.Context(), g.join()); err != nil {
			t.Errorf("the last got %v", err)
		}
		g.leave()
		if g.free != 1 || len(g.line) != 0 {
			t.Errorf("%d free, %d in line at the end", g.free, len(g.line))
		}
	})
}

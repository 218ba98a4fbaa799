package runner

import (
	"context"
	"slices"
	"sync"
)

// gate lets a bounded number through at a time, in the order in which they
// joined the line. Joining does not block, so that a caller can fix the order
// before it leaves the waiting to goroutines.
type gate struct {
	mu   sync.Mutex
	free int
	line []place
}

// place is a place in a gate's line; it is closed when its turn has come.
type place chan struct{}

func newGate(width int) *gate { return &gate{free: width} }

func (g *gate) join() place {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := make(place)
	g.line = append(g.line, p)
	g.advance()
	return p
}

// wait returns once p has its turn, or with ctx's cause, and p is then out of
// the line. After a nil error the caller owes a leave.
func (g *gate) wait(ctx context.Context, p place) error {
	select {
	case <-p:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.line, p); i >= 0 {
		g.line = slices.Delete(g.line, i, i+1)
	} else {
		g.free++
		g.advance()
	}
	return context.Cause(ctx)
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free++
	g.advance()
}

func (g *gate) advance() {
	for g.free > 0 && len(g.line) > 0 {
		g.free--
		close(g.line[0])
		g.line = g.line[1:]
	}
}

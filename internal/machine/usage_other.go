//go:build !linux

package machine

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// generator sums up the CPU time of the processes that are there; the system
// tells no waiting.
func generator(ctx context.Context, roots []int) (time.Duration, map[int]thread) {
	var used time.Duration
	add := func(p *process.Process) {
		if t, err := p.TimesWithContext(ctx); err == nil {
			used += seconds(t.User + t.System)
		}
	}
	var below func(p *process.Process)
	below = func(p *process.Process) {
		add(p)
		children, err := p.ChildrenWithContext(ctx)
		if err != nil {
			return
		}
		for _, c := range children {
			below(c)
		}
	}
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil {
		add(p)
	}
	for _, pid := range roots {
		if p, err := process.NewProcess(int32(pid)); err == nil {
			below(p)
		}
	}
	return used, nil
}

func pressure() time.Duration { return -1 }

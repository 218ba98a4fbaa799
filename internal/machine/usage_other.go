//go:build !linux

package machine

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// processes sums up what the processes have used that are there; the system
// tells no waiting.
func processes(ctx context.Context, roots []int, app int) (generator map[int]time.Duration, memory uint64, threads map[int]thread, served *tree) {
	generator = make(map[int]time.Duration)
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil {
		generator[os.Getpid()] = cpuTime(ctx, p)
		memory += resident(ctx, p)
	}
	for _, pid := range roots {
		walk(ctx, pid, func(p *process.Process) {
			generator[pid] += cpuTime(ctx, p)
			memory += resident(ctx, p)
		})
	}
	if app > 0 {
		walk(ctx, app, func(p *process.Process) {
			if served == nil {
				served = &tree{own: make(map[int]time.Duration)}
			}
			own := cpuTime(ctx, p)
			served.used += own
			served.own[int(p.Pid)] = own
			served.memory += resident(ctx, p)
		})
	}
	return generator, memory, nil, served
}

func cpuTime(ctx context.Context, p *process.Process) time.Duration {
	t, err := p.TimesWithContext(ctx)
	if err != nil {
		return 0
	}
	return seconds(t.User + t.System)
}

// resident is how many bytes of a process's memory are; 0 where it is gone.
func resident(ctx context.Context, p *process.Process) uint64 {
	m, err := p.MemoryInfoWithContext(ctx)
	if err != nil {
		return 0
	}
	return m.RSS
}

// walk visits a process and all below it.
func walk(ctx context.Context, pid int, visit func(*process.Process)) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return
	}
	visit(p)
	children, err := p.ChildrenWithContext(ctx)
	if err != nil {
		return
	}
	for _, c := range children {
		walk(ctx, int(c.Pid), visit)
	}
}

func pressure() time.Duration { return -1 }

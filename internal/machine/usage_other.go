//go:build !linux

package machine

import (
	"context"
	"os"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// processes tells what each process has used that is there; the system tells no
// waiting, and of what has ended nothing. All are listed once: asking each for its
// children lists them all, each time.
func processes(ctx context.Context, roots []int, app int) (generator map[int]time.Duration, memory uint64, threads map[int]thread, served *tree) {
	all, err := process.ProcessesWithContext(ctx)
	if err != nil {
		return nil, 0, nil, nil
	}
	there, parents := make(map[int]*process.Process, len(all)), make(map[int]int, len(all))
	for _, p := range all {
		there[int(p.Pid)] = p
		if parent, err := p.PpidWithContext(ctx); err == nil {
			parents[int(p.Pid)] = int(parent)
		}
	}
	generator = make(map[int]time.Duration)
	for pid := range below(parents, roots...) {
		if p, ok := there[pid]; ok {
			generator[pid] = cpuTime(ctx, p)
			memory += resident(ctx, p)
		}
	}
	if p, self := there[os.Getpid()], os.Getpid(); p != nil { // alone: not every child of ours is the generator
		generator[self] = cpuTime(ctx, p)
		memory += resident(ctx, p)
	}
	if app > 0 {
		for pid := range below(parents, app) {
			p, ok := there[pid]
			if !ok {
				continue
			}
			if served == nil {
				served = &tree{used: -1, own: make(map[int]time.Duration)}
			}
			served.own[pid] = cpuTime(ctx, p)
			served.memory += resident(ctx, p)
		}
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

func pressure() time.Duration { return -1 }

package machine

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// usage is what processes have used of the machine until a moment. What the
// system does not tell is negative.
type usage struct {
	busy      time.Duration // CPU time of all processes of the machine
	generator time.Duration // CPU time of the generator's processes
	pressure  time.Duration // time in which some task was ready to run and had no core

	// By process: how long its main thread ran, and how long it was ready to
	// run and had no core.
	threads map[int]thread
}

type thread struct{ ran, waited time.Duration }

// look reads what the generator has used, which is this process, and the trees
// below the processes that roots names.
func look(ctx context.Context, roots []int) usage {
	u := usage{busy: -1, pressure: pressure()}
	if times, err := cpu.TimesWithContext(ctx, false); err == nil && len(times) == 1 {
		t := times[0]
		// Guest time is in User and Nice already. Stolen time is another
		// machine's, but no core was to be had in it.
		u.busy = seconds(t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal)
	}
	u.generator, u.threads = generator(ctx, roots)
	return u
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// waiting is the share of the time in which main threads of the generator
// wanted to run and had no core: 0 on an idle machine, 1 − cores ÷ wishes on a
// full one. Negative where it is not known, or they hardly wanted to run.
func (u usage) waiting(before usage) float64 {
	var ran, waited time.Duration
	for pid, t := range u.threads {
		was := before.threads[pid] // zero for a new one
		ran += max(0, t.ran-was.ran)
		waited += max(0, t.waited-was.waited)
	}
	if ran+waited < leastWish || waited == 0 { // some kernels do not count
		return -1
	}
	return float64(waited) / float64(ran+waited)
}

// leastWish is how long threads must have wanted to run for a share to mean
// anything.
const leastWish = 20 * time.Millisecond

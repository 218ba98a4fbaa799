package machine

import (
	"context"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// usage is what processes have used of the machine until a moment. What the
// system does not tell is negative.
type usage struct {
	busy     time.Duration // CPU time of all processes of the machine
	pressure time.Duration // time in which some task was ready to run and had no core

	// The CPU time of each of the generator's trees, by the process that it
	// grows from, as far as it is there; where the system tells none of children
	// that have ended, of each process by itself. nil: not known.
	generator map[int]time.Duration
	memory    uint64 // bytes of the generator that are resident; what processes share counts in each
	app       *tree  // nil: there is none

	// By process: how long its main thread ran, and how long it was ready to
	// run and had no core.
	threads map[int]thread
}

type thread struct{ ran, waited time.Duration }

// tree is what the app's processes have used.
type tree struct {
	used   time.Duration         // CPU time, also of what has ended and was waited for; negative: not known
	own    map[int]time.Duration // by process: of itself alone
	memory uint64                // bytes that are resident
}

// look reads what the generator has used, which is this process and the trees
// below the processes that roots names, and the app, which is the tree below a
// process of its own; 0: there is no app.
func look(ctx context.Context, roots []int, app int) usage {
	u := usage{busy: -1, pressure: pressure()}
	if times, err := cpu.TimesWithContext(ctx, false); err == nil && len(times) == 1 {
		t := times[0]
		// Guest time is in User and Nice already. Stolen time is another
		// machine's, but no core was to be had in it.
		u.busy = seconds(t.User + t.System + t.Nice + t.Irq + t.Softirq + t.Steal)
	}
	u.generator, u.memory, u.threads, u.app = processes(ctx, roots, app)
	return u
}

// generated is how much CPU time the generator has used since an earlier look;
// negative where it is not known. Each tree, or process, counts by itself: one that
// is gone must not hide what the others used.
func (u usage) generated(before usage) time.Duration {
	if u.generator == nil || before.generator == nil {
		return -1
	}
	var used time.Duration
	for root, now := range u.generator {
		used += max(0, now-before.generator[root]) // zero for a new one
	}
	return used
}

// since is how much CPU time a tree has used since an earlier look.
func (t *tree) since(before *tree) time.Duration {
	if t.used >= 0 {
		return t.used - before.used
	}
	var used time.Duration
	for pid, own := range t.own {
		used += max(0, own-before.own[pid]) // zero for a new one
	}
	return used
}

// below is the processes of the trees that grow from roots, by each one's parent.
// A system that gives a number again may say that a process is its own ancestor.
func below(parents map[int]int, roots ...int) map[int]bool {
	children := make(map[int][]int, len(parents))
	for pid, parent := range parents {
		children[parent] = append(children[parent], pid)
	}
	in := make(map[int]bool)
	for next := slices.Clone(roots); len(next) > 0; {
		pid := next[len(next)-1]
		next = next[:len(next)-1]
		if !in[pid] {
			in[pid] = true
			next = append(next, children[pid]...)
		}
	}
	return in
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

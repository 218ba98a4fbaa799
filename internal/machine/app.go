package machine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shirou/gopsutil/v4/net"
)

// AppSample is what the app did that the run had started: its process and all
// that come from it, none of which is the generator.
type AppSample struct {
	// cores that its processes used: the command's, all that come from it, and all
	// of its process group; null in the first sample that sees it
	CPU Figure `json:"cpu_cores"`
	// of these, what the process used that used most: 1.0 is an app with one busy
	// thread, and more cores will not help it
	Busiest Figure `json:"busiest_cpu_cores"`
	// resident memory of its processes; what they share counts in each
	Memory uint64 `json:"memory_bytes"`
	// how many processes it has
	Processes int `json:"processes"`
}

// sample is what the app did between two looks; nil where it is not there.
func (t *tree) sample(before *tree, length time.Duration) *AppSample {
	if t == nil {
		return nil
	}
	s := &AppSample{CPU: unknown, Busiest: unknown, Memory: t.memory, Processes: len(t.own)}
	if before == nil {
		return s
	}
	cores := func(d time.Duration) Figure { return Figure(max(0, d.Seconds()/length.Seconds())) }
	s.CPU = cores(t.since(before))
	for pid, own := range t.own {
		s.Busiest = most(s.Busiest, cores(own-before.own[pid])) // zero for a new one
	}
	return s
}

// AppLine says in words what the app needed most in any second of the samples;
// "" where the run has started none.
func AppLine(samples []Sample) string {
	var peak *AppSample
	for _, s := range samples {
		peak = peak.joined(s.App, most)
	}
	if peak == nil {
		return ""
	}
	line := fmt.Sprintf("%d MB", (peak.Memory+500_000)/1_000_000)
	if peak.CPU >= 0 { // not where it is unknown
		line = fmt.Sprintf("%.2f cores, %s", float64(peak.CPU), line)
	}
	if peak.Processes > 1 {
		line += fmt.Sprintf(", %d processes", peak.Processes)
	}
	if peak.Processes > 1 && peak.Busiest >= 0 {
		line += fmt.Sprintf(", the busiest of them %.2f cores", float64(peak.Busiest))
	}
	return "at most " + line
}

// joined makes one of two, the first of which has a share of their time.
func (a *AppSample) joined(b *AppSample, mean func(x, y Figure) Figure) *AppSample {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &AppSample{
		CPU: mean(a.CPU, b.CPU), Busiest: mean(a.Busiest, b.Busiest),
		Memory: max(a.Memory, b.Memory), Processes: max(a.Processes, b.Processes),
	}
}

// Listening names the TCP ports that a process, or one that comes from it,
// listens on, the smallest first: none where it is not known.
func Listening(ctx context.Context, pid int) []int {
	_, _, _, t := processes(ctx, nil, pid)
	if t == nil {
		return nil
	}
	ports := make(map[int]bool)
	for pid := range t.own {
		connections, err := net.ConnectionsPidWithContext(ctx, "tcp", int32(pid))
		if err != nil {
			continue
		}
		for _, c := range connections {
			if c.Status == "LISTEN" {
				ports[int(c.Laddr.Port)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(ports))
}

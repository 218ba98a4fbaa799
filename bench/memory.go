package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

const (
	thinkers  = 40
	memoryBar = 25.0 // MB of proportional set size a user
)

// memoryPerUser takes the memory that 40 thinking users need together:
// loadwright, driver and browser, by proportional set size (shared pages are
// split among those who share them), divided by the users. The figure is the
// median of the samples taken while all are there; the peak is told beside it.
func memoryPerUser(binary string) ([]row, error) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		return []row{{what: "memory per user", measured: "not measured: this system tells no proportional set size", ok: true}}, nil
	}
	var visits atomic.Int64
	url, stop, err := serve(func() { visits.Add(1) })
	if err != nil {
		return nil, err
	}
	defer stop()
	ended := make(chan error, 1)
	// They come within 8 s and stay for 20: all are there at once for a while.
	go func() { ended <- load(binary, url, thinkers, 5, "4s") }()
	var samples []float64
	for {
		select {
		case err := <-ended:
			if err != nil {
				return nil, err
			}
			if visits.Load() < thinkers || len(samples) == 0 {
				return nil, fmt.Errorf("only %d of %d users came", visits.Load(), thinkers)
			}
			slices.Sort(samples)
			each := samples[len(samples)/2] / thinkers / 1e6
			peak := samples[len(samples)-1] / thinkers / 1e6
			return []row{{
				what:     fmt.Sprintf("memory of %d thinking users, browser and driver included", thinkers),
				measured: fmt.Sprintf("%.1f MB each, %.1f at the peak", each, peak),
				bar:      fmt.Sprintf("≤ %.0f MB", memoryBar),
				ok:       each <= memoryBar,
			}}, nil
		case <-time.After(500 * time.Millisecond):
			if visits.Load() >= thinkers {
				samples = append(samples, treePSS(int32(os.Getpid())))
			}
		}
	}
}

// treePSS is the proportional set size of all descendants of a process, in bytes.
func treePSS(pid int32) float64 {
	p, err := process.NewProcess(pid)
	if err != nil {
		return 0
	}
	children, err := p.Children()
	if err != nil {
		return 0
	}
	sum := 0.0
	for _, c := range children {
		sum += pss(c.Pid) + treePSS(c.Pid)
	}
	return sum
}

func pss(pid int32) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb * 1024
		}
	}
	return 0
}

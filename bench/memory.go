package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

const (
	thinkers  = 40
	memoryBar = 25.0 // MB of proportional set size a user
	thinkTime = 4 * time.Second
	// fewThinkers is for a tool with a browser for each user: 40 of them take a
	// small machine minutes to start, and each needs as much as the next.
	fewThinkers = 10
)

// thinkers is with how many users a tool's memory is measured.
func (t *tool) thinkers() int {
	if t.name == k6 {
		return fewThinkers
	}
	return thinkers
}

// memory takes what 40 thinking users need together: the tool, its driver and
// its browsers, by proportional set size (shared pages are split among those
// who share them), divided by the users. The figure is the median of the
// samples taken over 10 s while all are there.
func (c *comparison) memory() {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		fmt.Fprintln(os.Stderr, "memory is not measured: this system tells no proportional set size")
		return
	}
	for _, t := range c.tools {
		j := job{users: t.thinkers(), interval: 200 * time.Millisecond, think: thinkTime}
		c.do(t, "memory", j, func(d *driven) error {
			var samples []float64
			for range 20 {
				time.Sleep(500 * time.Millisecond)
				samples = append(samples, treePSS(int32(d.tree.PID())))
			}
			c.figures[t.name].memory = middle(samples) / float64(t.thinkers()) / 1e6
			return nil
		}, func(*driven, readings) {})
	}
}

// treePSS is the proportional set size of a process and all its descendants,
// in bytes.
func treePSS(pid int32) float64 {
	sum := pss(pid)
	for _, child := range children(pid) {
		sum += treePSS(child)
	}
	return sum
}

func children(pid int32) []int32 {
	p, err := process.NewProcess(pid)
	if err != nil {
		return nil // it is gone
	}
	found, err := p.Children()
	if err != nil {
		return nil
	}
	var pids []int32
	for _, c := range found {
		pids = append(pids, c.Pid)
	}
	return pids
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

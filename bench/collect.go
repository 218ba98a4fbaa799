package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

const (
	eventsBar = 300_000 // events/s on one core
	// heapSlack is what the runtime itself takes and gives back in between.
	heapSlack = 64 << 10
)

// collecting is what statistics and CSV do on one core.
func collecting(string) ([]row, error) {
	rate, err := benchmark("BenchmarkCollect", "events/s")
	if err != nil {
		return nil, err
	}
	return []row{{
		what:     "statistics and CSV together, one core",
		measured: fmt.Sprintf("%.0f,000 events/s", rate/1000),
		bar:      fmt.Sprintf("≥ %d,000 events/s", eventsBar/1000),
		ok:       rate >= eventsBar,
	}}, nil
}

// heap is how much larger the heap is after 10 million events than after 100,000.
func heap(string) ([]row, error) {
	growth, err := benchmark("BenchmarkTenMillion", "heap-growth-bytes")
	if err != nil {
		return nil, err
	}
	return []row{{
		what:     "heap after 10 million events, against after 100,000",
		measured: fmt.Sprintf("%+.0f KB", growth/1000),
		bar:      "no larger",
		ok:       growth <= heapSlack,
	}}, nil
}

// benchmark runs one of the Go benchmarks of internal/stats on one core and
// returns a figure that it reports.
func benchmark(name, unit string) (float64, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^"+name+"$", "-cpu", "1", "./internal/stats")
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%v: %w\n%s", cmd.Args, err, out)
	}
	m := regexp.MustCompile(`([-+.\de]+) ` + regexp.QuoteMeta(unit)).FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s reported no %s:\n%s", name, unit, out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

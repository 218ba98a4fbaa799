package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/event"
)

// What users without a browser, who think, are held to.
const (
	crowd         = 10_000
	crowdInterval = 3 * time.Millisecond // between their starts
	crowdThink    = 10 * time.Second
	crowdHeapBar  = 30 << 10 // bytes of heap and stacks each
	timerBar      = 10.0     // ms, p99
	crowdLength   = 30 * time.Second
)

// crowds takes what 10,000 thinking users need, and how late their timers are,
// without and with TLS.
func (r *requests) crowds() {
	users, hold := crowd, crowdLength
	if r.effort == quick {
		users, hold = crowd/10, 15*time.Second
	}
	for _, kind := range []string{"http", "https"} {
		bar := row{what: fmt.Sprintf("heap and stacks of %d thinking users, %s", users, kind), bar: "stated"}
		timers := row{what: fmt.Sprintf("timers of %d thinking users, %s: p99 late", users, kind), bar: lateBar(timerBar)}
		if kind == "http" {
			bar.bar = fmt.Sprintf("≤ %d KB", crowdHeapBar>>10)
		}
		if !r.note(fmt.Sprintf("%s: %d users who think, %s", ours, users, kind)) {
			r.rows = append(r.rows, bar, timers)
			continue
		}
		one, err := r.crowd(kind, 1, 5*time.Second)
		var all crowdFigures
		if err == nil {
			all, err = r.crowd(kind, users, hold)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "  %v\n", err)
			r.figures[ours].failed = append(r.figures[ours].failed, "thinking users, "+kind)
			r.rows = append(r.rows, bar, timers)
			continue
		}
		heap := (all.heap - one.heap) / float64(users)
		bar.measured = fmt.Sprintf("%.1f KB each (resident: %.1f KB, garbage included)",
			heap/1024, (all.resident-one.resident)/float64(users)/1024)
		bar.ok = kind != "http" || heap <= crowdHeapBar
		r.rows = append(r.rows, bar, lateRow(timers.what, all.late, all.floor, timerBar))
	}
}

// lateRow holds a p99 of lateness, in ms, against a bar. The machine's own is
// shown beside it: no tool is more punctual than that.
func lateRow(what string, late, floor []float64, bar float64) row {
	slices.Sort(late)
	slices.Sort(floor)
	p99 := percentile(late, 99)
	return row{
		what:     what,
		measured: fmt.Sprintf("%.1f ms (p50 %.1f; a bare timer of another process meanwhile: p99 %.1f)", p99, percentile(late, 50), percentile(floor, 99)),
		bar:      lateBar(bar),
		ok:       p99 <= bar,
	}
}

func lateBar(ms float64) string { return fmt.Sprintf("≤ %.0f ms", ms) }

// crowdFigures are what a crowd came to.
type crowdFigures struct {
	heap     float64 // bytes, and of stacks
	resident float64 // bytes
	late     []float64
	floor    []float64
}

// crowd lets users think. Nine of ten think as people do; the tenth always for
// the same time, and so tells how late its timers are: by how much its next
// request begins later than it should.
func (r *requests) crowd(kind string, users int, hold time.Duration) (crowdFigures, error) {
	var f crowdFigures
	var asked time.Time // when it collected its garbage, because it was told to
	server, err := serveAnswers(r.nest, kind)
	if err != nil {
		return f, err
	}
	defer server.close()
	dir, err := os.MkdirTemp(r.nest.Dir(), "crowd-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(dir)
	arriving := time.Duration(users) * crowdInterval
	file := filepath.Join(dir, "scenario.yaml")
	err = os.WriteFile(file, fmt.Appendf(nil, `name: crowd
url: http://localhost
http: {ignore_https_errors: true}
load: {users: %d, start_interval: %v, duration: 1h, graceful_stop: 0s}
user_types:
  thinking:
    weight: 9
    steps:
      - request: GET /
      - sleep: {exponential: %v}
  regular:
    weight: 1
    steps:
      - request: GET /
      - sleep: %v
`, users, crowdInterval, crowdThink, crowdThink), 0o644)
	if err != nil {
		return f, err
	}
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	cmd := exec.Command(self, "crowd", file, server.url, dir)
	tell, err := cmd.StdinPipe()
	if err != nil {
		return f, err
	}
	under, err := r.start(cmd, dir)
	if err != nil {
		return f, err
	}
	err = server.await(users, under.tree)
	if err == nil {
		time.Sleep(arriving / 4) // for those who came late
		f.floor = latenessOf(crowdThink/time.Duration(max(users/10, 500)), hold)
		f.resident = treePSS(int32(under.tree.PID()))
		asked = time.Now()
		fmt.Fprintln(tell)
		time.Sleep(settling)
		f.heap = memoryTold(under.out.lines())
	}
	_ = tell.Close()
	under.stop()
	switch {
	case err != nil:
		return f, fmt.Errorf("%w\n%s", err, under.out.tail())
	case math.IsNaN(f.heap):
		return f, errors.New("it did not tell its memory")
	}
	before := map[int]event.Instant{}
	first := event.Instant(0)
	err = eachEvent(filepath.Join(dir, "loadwright.csv"), func(e event.Event) {
		if first == 0 {
			first = e.Start
		}
		if e.UserType != "regular" || e.Status != event.OK || e.Start.Time().After(asked) {
			return
		}
		if last := before[e.User]; last.Sub(first) > arriving {
			f.late = append(f.late, (e.Start.Sub(last)-crowdThink).Seconds()*1000)
		}
		before[e.User] = e.Stop
	})
	if err == nil && users > 1 && len(f.late) == 0 {
		err = errors.New("no user thought twice")
	}
	return f, err
}

// runCrowd is a process of its own that runs a scenario as `loadwright run` does,
// SCENARIO URL DIR, and tells its memory each time it reads a line: bytes of heap
// in use after a garbage collection, and of stacks. It ends with its input.
func runCrowd(args []string) error {
	s, err := loadwright.Load(args[0])
	if err != nil {
		return err
	}
	stop := make(chan error, 1)
	go func() {
		for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			fmt.Printf("memory %d %d\n", m.HeapAlloc, m.StackInuse)
		}
		stop <- errors.New("the bench has seen enough")
	}()
	_, err = loadwright.Run(context.Background(), s, loadwright.Options{URL: args[1], Out: args[2], NoArchive: true, Stop: stop})
	return err
}

// memoryTold is the last that such a process told of its memory, in bytes; NaN
// where it has told nothing.
func memoryTold(lines []string) float64 {
	for _, line := range slices.Backward(lines) {
		var heap, stacks float64
		if n, _ := fmt.Sscanf(line, "memory %g %g", &heap, &stacks); n == 2 {
			return heap + stacks
		}
	}
	return math.NaN()
}

// latenessOf is how late a timer of this process is, in ms, that should fire so
// often.
func latenessOf(every, length time.Duration) []float64 {
	var late []float64
	began := time.Now()
	for due := every; due < length; due += every {
		time.Sleep(due - time.Since(began))
		late = append(late, max(0, (time.Since(began)-due).Seconds()*1000))
	}
	return late
}

// What arrivals are held to.
const (
	arrivalRate    = 500
	arrivalLength  = 20 * time.Second
	arrivalRateBar = 0.01
	arrivalLateBar = 5.0 // ms, p99
)

// arrivals takes whether an open load comes at its rate and in time.
func (r *requests) arrivals(c *client) {
	length := arrivalLength
	if r.effort == quick {
		length /= 4
	}
	came := row{what: fmt.Sprintf("rate of %d arrivals/s", arrivalRate), bar: fmt.Sprintf("within %.0f %%", arrivalRateBar*100)}
	inTime := row{what: "the same: p99 late", bar: lateBar(arrivalLateBar)}
	if !r.note(fmt.Sprintf("%s: %d arrivals/s", ours, arrivalRate)) {
		r.rows = append(r.rows, came, inTime)
		return
	}
	var late, floor []float64
	var first, last event.Instant
	err := r.ask(c, asking{rate: arrivalRate, length: length}, func(_ *answering, under *command) error {
		var probe sync.WaitGroup
		probe.Go(func() { floor = latenessOf(time.Second/arrivalRate, length) })
		defer probe.Wait()
		return under.tree.Wait()
	}, func(dir string) error {
		return eachEvent(filepath.Join(dir, "loadwright.csv"), func(e event.Event) {
			if len(late) == 0 {
				first, last = e.Start, e.Start
			}
			first, last = min(first, e.Start), max(last, e.Start)
			late = append(late, e.Late.Seconds()*1000)
		})
	})
	if err == nil && len(late) < 2 {
		err = fmt.Errorf("only %d arrived", len(late))
	}
	if err != nil {
		r.failed(c, fmt.Sprintf("%d arrivals/s", arrivalRate), err)
		r.rows = append(r.rows, came, inTime)
		return
	}
	rate := float64(len(late)-1) / last.Sub(first).Seconds()
	came.measured = fmt.Sprintf("%.1f/s, %d of %.0f came", rate, len(late), length.Seconds()*arrivalRate)
	came.ok = math.Abs(rate/arrivalRate-1) <= arrivalRateBar && math.Abs(float64(len(late))/(length.Seconds()*arrivalRate)-1) <= arrivalRateBar
	r.rows = append(r.rows, came, lateRow(inTime.what, late, floor, arrivalLateBar))
}

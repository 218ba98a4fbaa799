//go:build unix

package page

import (
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/scenario"
)

// spent is the CPU time of this process so far, garbage collection included.
func spent(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLive is what a second of a run with 200 events costs that a page
// shows: of a core, in percent, with what the run's owner does for it. A tenth of
// the events fail.
func BenchmarkLive(b *testing.B) {
	const rate = 200
	for _, kinds := range []int{2, 20} {
		for _, minutes := range []int{0, 1, 10, 60} {
			b.Run(fmt.Sprintf("events=%d/minutes=%d", kinds, minutes), func(b *testing.B) {
				build := NewBuilder(mostPoints)
				all := stats.NewLive(nil)
				thresholds := []scenario.Threshold{{Text: "event 0 p95 < 2s", Event: "event 0", Statistic: scenario.Statistic{Kind: "percentile", Quantile: 0.95}, Op: "<", Value: 2}}
				state := State{Scenario: "a run", Stage: Loading, Began: begin.Time(), Generator: machine.Verdict{Judged: true, Trusted: true}}
				second := 0
				pass := func() {
					for i := range rate {
						n := second*rate + i
						took := 20 + int(mix(uint32(n))%3000)
						at := second*1000 + i*1000/rate
						if at < took {
							continue
						}
						e := row(fmt.Sprintf("event %d", n%kinds), n%50, at-took, took, func(e *event.Event) { e.Users, e.Iteration = 50, n/50 })
						if n%10 == 0 {
							e.Status, e.Error = event.Error, fmt.Sprintf("wait_for: failure %d", n%150)
						}
						_ = build.Event(&e)
						_ = all.Event(&e)
					}
					second++
					state.Samples = append(state.Samples, machine.Sample{Begin: float64(second - 1), End: float64(second), MachineCPU: 1.25, GeneratorCPU: 0.75, App: &machine.AppSample{CPU: 0.5, Memory: 1 << 28}})
				}
				for range minutes * 60 {
					pass()
				}
				s := NewLive(Running{Events: build, State: func() State {
					state.Thresholds, state.Generator = all.Judge(thresholds), machine.Judge(state.Samples, 0)
					_, _, _ = all.All(), all.Events(), all.ByType() // which a result has, and the page has no need of
					state.Samples = slices.Clone(state.Samples)
					return state
				}})
				page := &listener{}
				tell := func() int64 {
					s.live.latest = nil // a second is over
					n, _, err := s.live.news()
					if err != nil {
						b.Fatal(err)
					}
					var size counter
					if err := page.tell(&size, n); err != nil {
						b.Fatal(err)
					}
					return int64(size)
				}
				first := tell() // all there is
				b.ResetTimer()
				before, size := spent(b), int64(0)
				for b.Loop() {
					pass()
					size += tell()
				}
				b.ReportMetric(100*(spent(b)-before).Seconds()/float64(b.N), "%core")
				b.ReportMetric(float64(size)/float64(b.N)/1024, "KB/s")
				b.ReportMetric(float64(first)/1024, "KB-at-first")
			})
		}
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

var _ io.Writer = new(counter)

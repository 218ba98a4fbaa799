package loadwright

import (
	"strings"
	"time"

	"github.com/loadwright/loadwright/runner"
)

// Progress is where a run stands.
type Progress struct {
	Stage      string // preparing, loading, stopping, ended
	Active     int    // users begun and not ended, those who think included
	Most       int    // the most users there will be
	Iterations int    // ended, however
	Planned    int    // iterations in all; 0: as many as fit the duration
	Elapsed    time.Duration
	Left       time.Duration // unknown unless LeftKnown
	LeftKnown  bool
	All        Statistics   // of all events
	Events     []Statistics // of each, in the order of their first ends
	Histograms []Histogram  // of each of Events
	Failures   []string     // of the iterations that failed last, the newest first, at most three

	Saturated bool   // the load generator has no CPU to spare: its times are not the app's
	Waiting   int    // arrivals of an open load that are due and have no place yet
	Sample    Sample // of the machine, the newest; zero before the first
}

func (r *run) progress() Progress {
	p := r.control.Progress()
	var failures []string
	for _, f := range p.Latest {
		failures = append(failures, strings.TrimPrefix(f.Err.Error(), f.Err.Place+": ")) // the whole is told at the end
	}
	if r.options.bench != nil {
		p.Left = max(0, p.Left-runTime) // of the search
	}
	return Progress{
		Stage: string(p.Stage), Active: p.Active, Most: p.Most,
		Iterations: p.Iterations, Planned: p.Planned,
		Elapsed: p.Elapsed, Left: p.Left, LeftKnown: p.LeftKnown,
		All: r.live.All(), Events: r.live.Events(), Histograms: r.live.Histograms(),
		Failures:  failures,
		Saturated: r.sampler.Saturated(),
		Waiting:   p.Waiting,
		Sample:    r.sampler.Latest(),
	}
}

// PanicError is a panic that a run recovered from: a bug in loadwright. The
// results until then are kept.
type PanicError = runner.PanicError

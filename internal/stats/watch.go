package stats

import (
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// lookEvery is how often thresholds that end the run are judged where they
// have no window, in the time of the rows.
const lookEvery = time.Second

// NewLive returns a Live that judges thresholds while rows come: those with a
// window, and those that end the run.
func NewLive(thresholds []scenario.Threshold) *Live {
	l := new(Live)
	for _, t := range thresholds {
		switch {
		case t.Window > 0:
			l.watch.sliding = append(l.watch.sliding, newSliding(t))
		case t.Abort:
			l.watch.limits = append(l.watch.limits, &abortLimit{threshold: t})
		}
	}
	return l
}

// watch is the thresholds that cannot wait for the end of the run, and the time
// by which they are judged: the ends of the rows. A row that ended before one
// that came earlier counts as if it had ended with it.
type watch struct {
	sliding []*sliding
	limits  []*abortLimit
	broken  *Verdict // of the first that ends the run

	origin      event.Instant // from which the run's seconds are counted
	originKnown bool
	begun       bool          // a row was counted
	first       event.Instant // where the first window begins
	now         event.Instant
	lookAt      event.Instant
}

// abortLimit is a threshold on the run as a whole that ends it.
type abortLimit struct {
	threshold scenario.Threshold
	broken    *Verdict
}

// Begin tells the instant from which the run's seconds are counted, before the
// first row. Without it, they are from the start of the first row.
func (l *Live) Begin(origin event.Instant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch.origin, l.watch.originKnown = origin, true
}

// Broken tells whether a threshold that ends the run has failed, and the verdict
// of the first. Thresholds with a window are judged at the end of each, others
// once a second; where there is no sample, nothing is broken.
func (l *Live) Broken() (Verdict, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.watch.broken == nil {
		return Verdict{}, false
	}
	return *l.watch.broken, true
}

// moveTo takes the time on to the end of e, and judges the windows that ended
// before it.
func (l *Live) moveTo(e *event.Event) {
	w := &l.watch
	if !w.begun {
		w.begin(e, l.warmUp > 0)
	}
	w.now = max(w.now, e.Stop)
	for _, each := range w.sliding {
		if broken := each.moveTo(w.now.Sub(w.first)); broken != nil && w.broken == nil {
			w.broken = broken
		}
	}
}

// begin settles where the first window begins: where the run does or, after a
// warm-up, where the first row does that counts. A window that were partly of
// the warm-up would lack its rows.
func (w *watch) begin(e *event.Event, warm bool) {
	w.begun = true
	if !w.originKnown {
		w.origin = e.Start
	}
	w.first = w.origin
	if warm {
		w.first = e.Start
	}
	w.now = w.first
	w.lookAt = w.first.Add(lookEvery)
	for _, each := range w.sliding {
		each.offset = w.first.Sub(w.origin)
	}
}

// look judges the thresholds that end the run and have no window, if it is time.
func (l *Live) look() {
	w := &l.watch
	if len(w.limits) == 0 || w.now < w.lookAt {
		return
	}
	w.lookAt = w.now.Add(lookEvery)
	for _, each := range w.limits {
		if each.broken != nil {
			continue
		}
		v := l.judge(each.threshold)
		if v.OK || v.NoSample {
			continue
		}
		v.When = "at " + clock(w.now.Sub(w.origin).Round(time.Second))
		v.note(v.When, "")
		each.broken = &v
		if w.broken == nil {
			w.broken = &v
		}
	}
}

// verdict returns what came of a threshold so far, if it is known here.
func (w *watch) verdict(t scenario.Threshold) (Verdict, bool) {
	for _, each := range w.sliding {
		if each.threshold == t {
			return each.verdict(w.now.Sub(w.first)), true
		}
	}
	for _, each := range w.limits {
		if each.threshold == t && each.broken != nil {
			return *each.broken, true
		}
	}
	return Verdict{}, false
}

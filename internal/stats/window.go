package stats

import (
	"fmt"
	"strings"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// slots is into how many parts a window is cut: it moves on by one of them.
const slots = 10

// sliding judges a threshold by every stretch of a length: [0, W), then
// [W/10, W + W/10) and so on, by the ends of the rows. It keeps the rows of one
// window, a sample for each slot. Times are since the begin of the first window.
type sliding struct {
	threshold scenario.Threshold
	offset    time.Duration // of the first window's begin from the run's origin

	slots  [slots]sample // a ring
	newest int           // the slot that rows go into now, counted from the first
	until  time.Duration // where it ends

	whole  windowed // the windows that are over
	merged sample   // of a window; kept for its memory
}

// windowed is what came of windows.
type windowed struct {
	judged, failed int
	worst          Verdict
	from, to       time.Duration // of the worst
}

func newSliding(t scenario.Threshold) *sliding {
	w := &sliding{threshold: t}
	// Without its durations a slot takes next to nothing.
	bare := t.Statistic.Kind != "percentile"
	w.merged.took.bare = bare
	for i := range w.slots {
		w.slots[i].took.bare = bare
	}
	w.until = w.begin(1)
	return w
}

// begin is the first instant of a slot.
func (w *sliding) begin(slot int) time.Duration {
	return (time.Duration(slot)*w.threshold.Window + slots - 1) / slots
}

// about tells whether a row counts for a threshold.
func about(t *scenario.Threshold, e *event.Event) bool {
	return (t.UserType == "" || t.UserType == e.UserType) && (t.Event == e.Name || t.Event == "" && !e.Outer)
}

func (w *sliding) add(e *event.Event) {
	if e.Status != event.Cancelled && about(&w.threshold, e) {
		w.slots[w.newest%slots].add(e)
	}
}

// moveTo makes the slot with an instant the newest, and judges the windows that
// are over then. It returns the verdict of the first that ends the run, if one
// does.
func (w *sliding) moveTo(now time.Duration) (broken *Verdict) {
	if now < w.until {
		return nil
	}
	newest := int(now * slots / w.threshold.Window)
	// After as many steps as there are slots, nothing is left in them.
	for range min(newest-w.newest, slots) {
		if w.newest >= slots-1 {
			v, ok := w.judge(&w.whole, w.begin(w.newest+1))
			if broken == nil && ok && !v.OK && w.threshold.Abort {
				broken = &v
			}
		}
		w.newest++
		w.slots[w.newest%slots].clear()
	}
	w.newest = newest
	w.until = w.begin(newest + 1)
	return broken
}

// judge judges the window of which the newest slot is the last, and which ends
// at an instant. One without a sample is not judged.
func (w *sliding) judge(to *windowed, end time.Duration) (v Verdict, ok bool) {
	first := max(0, w.newest-slots+1)
	w.merged.clear()
	for i := first; i <= w.newest; i++ {
		w.merged.merge(&w.slots[i%slots])
	}
	v = judge(w.threshold, &w.merged)
	if v.NoSample {
		return v, false
	}
	from, end := w.offset+w.begin(first), w.offset+end
	v.When = stretch(from, end, w.threshold.Window/slots)
	v.note(v.When, "")
	to.judged++
	if !v.OK {
		to.failed++
	}
	if to.judged == 1 || w.worse(v.Value, to.worst.Value) {
		to.worst, to.from, to.to = v, from, end
	}
	return v, true
}

// worse tells whether a value is further on the wrong side than another.
func (w *sliding) worse(value, than float64) bool {
	if strings.HasPrefix(w.threshold.Op, "<") {
		return value > than
	}
	return value < than
}

// verdict is that of the windows so far, the one that is not over included: the
// end of the run may have cut it short. Only a number that has to be reached is
// asked of whole windows alone, if there are any.
func (w *sliding) verdict(now time.Duration) Verdict {
	seen := w.whole
	number := w.threshold.Statistic.Kind == "count" || w.threshold.Statistic.Kind == "errors" && !w.threshold.Share
	if w.newest < slots || !number || strings.HasPrefix(w.threshold.Op, "<") {
		w.judge(&seen, now)
	}
	if seen.judged == 0 {
		return judge(w.threshold, new(sample))
	}
	v := seen.worst
	v.Windows = Windows{Judged: seen.judged, Failed: seen.failed, From: seen.from, To: seen.to}
	switch {
	case seen.judged == 1:
	case seen.failed == 0:
		v.note("", fmt.Sprintf("the worst of %d windows", seen.judged))
	default:
		v.note("", fmt.Sprintf("%d of %d windows failed", seen.failed, seen.judged))
	}
	return v
}

// stretch writes from when to when, as exactly as steps of a length need:
// "from 0:42 to 0:52", "from 0:12.5 to 0:17.5".
func stretch(from, to, step time.Duration) string {
	unit := time.Millisecond
	switch {
	case step%time.Second == 0:
		unit = time.Second
	case step%(100*time.Millisecond) == 0:
		unit = 100 * time.Millisecond
	}
	// A stretch that was cut short lasts into the unit that it ended in. (Slots
	// begin on whole nanoseconds, and so a window may be one too long.)
	length := to - from
	if over := length % unit; over > slots {
		length += unit - over
	}
	from = from.Round(unit)
	return "from " + clock(from) + " to " + clock(from+length)
}

// clock writes a time since the run's origin in minutes and seconds, to the
// millisecond: 0:42, 1:00:05, 0:12.5.
func clock(t time.Duration) string {
	seconds := fmt.Sprintf("%02d.%03d", t/time.Second%60, t%time.Second/time.Millisecond)
	seconds = strings.TrimSuffix(strings.TrimRight(seconds, "0"), ".")
	minutes := t / time.Minute
	if minutes < 60 {
		return fmt.Sprintf("%d:%s", minutes, seconds)
	}
	return fmt.Sprintf("%d:%02d:%s", minutes/60, minutes%60, seconds)
}

package capacity

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

// Verdict is what is decided of a level.
type Verdict string

// The verdicts.
const (
	Unclear Verdict = ""
	Holds   Verdict = "holds"
	Broken  Verdict = "broken"
)

// Answer is what a search found out.
type Answer struct {
	Unit       string // what the load is counted in: "users", "arrivals/s"
	Open       bool   // the load is a rate of arrivals
	Confidence float64
	Limits     []Limit
	Implied    bool // nobody gave limits: these were taken, by the baseline
	// LeftOut are thresholds of the scenario's that took no part, as it writes them.
	LeftOut []string

	// Capacity is the load, and Low to High its interval: Low is the largest
	// that was shown to hold (0: none was), High the one below the smallest that
	// was shown to break a limit (0: none was, or one user did). Where it is
	// undecided, and an end is open, Capacity is 0; and so it is where TooMuch is
	// not.
	Capacity, Low, High float64
	// TooMuch is the smallest load that was to be tried, when that broke a limit
	// already: the capacity is below it, which for 1 user is 0. 0: it did not.
	TooMuch float64
	Wanted  float64 // that it is to serve: see Serves; 0: nobody asked
	// AtLeast: no limit broke up to Capacity, which is as far as could be
	// measured, or was to be.
	AtLeast bool
	// Ceiling is why the load generator was not to be trusted at CeilingAt and
	// above; "" and 0: it was. Unable: it lacked not CPU, but what Ceiling says.
	Ceiling   string
	CeilingAt float64
	Unable    bool

	// Undecided says what is open, in plain words; empty: nothing.
	Undecided string
	// Looked is the highest level above Low, and below the first that broke,
	// that looked as if it held; 0: none. It is told when the search is
	// undecided.
	Looked float64
	// Stopped says what ended the search early.
	Stopped string
	// Needs is about how long all of it would have taken; 0: not known.
	Needs time.Duration

	Breaks   *Break    // what breaks first
	Baseline []Figures // with the fewest users
	Levels   []Level   // every stay at a level, in order
	// NotDecided are limits of which too little was seen at Low.
	NotDecided []string

	// Unchecked: the search ended before an earlier level was tried again, which
	// shows whether the app gets slower with time.
	Unchecked bool

	Unstable bool // levels contradict each other, and not with time
	// Drift is what took longer when an earlier level was tried again. What was
	// decided up to then may hold all the same, be decided anew (then Fell may tell
	// more), or be Before.
	Drift   *Drift
	Before  *Interval // decided before Drift was seen, and not again since
	Fell    *Fall
	Lasting *Lasting
	Stuck   *Stuck
	Died    *Death

	Law *QueueModel  // nil: the levels don't show one
	USL *Scalability // nil: too few levels
}

// Level is one stay at a load.
type Level struct {
	Load             float64
	At, Took, WarmUp time.Duration // At is since the search began
	Verdict          Verdict
	Throughput       float64   // events a second, those with events inside left out
	Figures          []Figures // of each event, after the warm-up
	Saturated        string    // why the load generator was not to be trusted
	// Aside: it was to show whether an overload has a lasting effect, and nothing
	// else is drawn from it.
	Aside bool
	App   Usage
}

// Break is a limit that broke.
type Break struct {
	Limit Limit
	Load  float64
	Value float64 // of its statistic at that level
	// Class is that of most of the event's failures there: "timeout"; empty:
	// there were none, or none has a majority.
	Class string
}

// Drift is an event that took longer when a level was tried again.
type Drift struct {
	Load     float64
	Event    string
	From, To float64 // mean duration in seconds
}

// of names its event in a sentence.
func (d Drift) of() string {
	if d.Event == "" {
		return "an event"
	}
	return d.Event
}

// words tell it with the load and its unit.
func (d Drift) words(unit string) string {
	return fmt.Sprintf("with %s %s took %s at first, and %s later", count(d.Load, unit), d.of(), stats.Duration(seconds(d.From)), stats.Duration(seconds(d.To)))
}

// Interval is what was decided of a capacity: as an answer's Low and High.
type Interval struct{ Low, High float64 }

// words are an interval with its unit.
func (i Interval) words(unit string) string {
	switch {
	case i.High == 0:
		return "at least " + count(i.Low, unit)
	case i.Low == 0:
		return "at most " + count(i.High, unit)
	case i.Low == i.High:
		return count(i.Low, unit)
	default:
		return span(i.Low, i.High) + " " + unit
	}
}

// Fall is a capacity that fell during the search.
type Fall struct {
	From, To float64 // From is an estimate
	Within   time.Duration
	Seen     Drift // what showed it
}

// Lasting is an app that stays slow with a load that it served well before,
// though it recovers with the least: a metastable failure (Bronson, Aghayev,
// Charapko, Zhu, Metastable Failures in Distributed Systems, HotOS 2021).
type Lasting struct {
	After float64 // the load that made it slow
	Seen  Drift
}

// Stuck is an app that stayed slow when the load had gone.
type Stuck struct {
	What  string // "after 48 users"
	For   time.Duration
	Load  float64
	Limit Limit
	Value float64
}

// Death is an app that ended, or ceased to answer.
type Death struct {
	Load float64
	Said string
	// StartedAgain: it was, rather than to come back by itself.
	StartedAgain bool

	Back   time.Duration // after which it answered as before; 0: it did not
	Waited time.Duration // for it to; 0: it can't
	Again  bool          // it died once more when it was back

	at time.Duration
}

// back notes that the app answers as before, unless that is known.
func (d *Death) back(now time.Duration) {
	if d != nil && d.Back == 0 {
		d.Back = now - d.at
	}
}

// conclude fills in the answer from the levels.
func (s *search) conclude() {
	a := &s.answer
	a.Levels = s.over
	low, high := s.decided()
	n, _ := s.point()
	a.Low, a.Capacity = s.o.load(low), s.o.load(n)
	if high > 0 {
		a.High = s.o.load(high - 1)
		l := s.levels[high]
		if l.broken >= 0 && a.Limits != nil {
			a.Breaks = &Break{Limit: a.Limits[l.broken], Load: s.o.load(high), Value: l.value, Class: l.class}
		}
	}
	for n, l := range s.levels {
		a.Unstable = a.Unstable || l.verdict == Holds && n > low // beyond one that is broken
	}
	a.Unchecked = !s.checked && low > 0 && (s.busy || a.Stopped != "")
	a.Law = law(a)
	a.USL = fit(a)
	if low > 0 {
		a.NotDecided = s.openErrors(s.levels[low])
	}
	switch {
	case s.ceiling > 0:
		a.Ceiling, a.CeilingAt, a.Unable = s.why, s.o.load(s.ceiling), s.unable
	case s.fewer != "":
		a.Ceiling, a.CeilingAt, a.Unable = s.fewer, s.o.load(s.o.most+1), true
	}
	if a.Implied {
		told := map[string]bool{}
		for _, l := range s.sorted() {
			for _, f := range l.figures {
				known := told[f.Event] || f.Part || slices.ContainsFunc(a.Limits, func(l Limit) bool { return l.Event == f.Event })
				if !known {
					told[f.Event] = true
					a.NotDecided = append(a.NotDecided, f.Event+" p95: too few of it were ok at the baseline, so that it has no limit")
				}
			}
		}
	}
	switch {
	case a.Undecided != "":
	case high == s.o.least:
		a.Capacity, a.TooMuch = 0, s.o.load(high)
	case high == 0 && low > 0 && s.ceiling > 0 && a.Stopped == "":
		a.AtLeast, a.Capacity = true, a.Low // the guess may lie where nothing can be measured
	case high == 0 && low == s.o.most:
		a.AtLeast = true
	case high == 0 && s.ceiling > 0 && s.ceiling <= s.o.least && s.unable:
		a.Undecided = "with " + s.count(s.o.least) + " already it can't be measured: " + s.why
	case high == 0 && s.ceiling > 0 && s.ceiling <= s.o.least:
		a.Undecided = "the load generator is saturated at " + s.count(s.ceiling) + " already: " + s.why + "; end what else runs here, or use a larger machine"
	case high == 0 && low == 0:
		a.Undecided = "no level is decided"
	case high == 0:
		a.Undecided = "no level that breaks a limit is decided"
	case low == 0:
		a.Undecided = "no level that holds is decided"
	case high-1-low > max(2, int(2*precise*float64(n))):
		a.Undecided = "the interval is wide"
	}
	switch {
	case a.Undecided == "":
		a.Before = nil // it is decided after all
	case a.Before != nil:
		a.Undecided += " since the app got slower"
	}
	if a.Undecided != "" && len(s.base) > 0 {
		unseen := s.unseen(low)
		if a.Stopped == "" && len(unseen) == 0 {
			a.Undecided += s.exhausted(low, high)
		}
		a.NotDecided = append(a.NotDecided, unseen...)
	}
	if a.Undecided != "" {
		looked := 0
		for n, l := range s.levels {
			if n > max(low, looked) && (high == 0 || n < high) && len(l.figures) > 0 && l.score < 0 && l.leans != Broken {
				looked = n
			}
		}
		a.Looked = s.o.load(looked)
	}
	if a.Undecided != "" && (low == 0 || high == 0) {
		a.Capacity = 0
	}
	if a.Undecided != "" && s.timeUp {
		a.Needs = s.needs(low, high)
	}
}

// openErrors are the limits on errors that a level is not shown to hold, though it
// does the others: they take so many events.
func (s *search) openErrors(l *level) []string {
	var out []string
	for i, limit := range s.o.Limits {
		e, enough := l.seen[i], limit.enough()
		if limit.Kind != Errors {
			continue
		}
		seen := e.events
		if e.failures == 0 {
			seen += s.unfailing(i, l.n)
		}
		good, _ := e.tails(limit, s.alpha())
		switch {
		case limit.Value == 0 && e.failures == 0:
			out = append(out, fmt.Sprintf("%s: no number of events shows it; %d without a failure say less than %.2g%%", limit, seen, 300/float64(max(seen, 3))))
		case e.failures > 0 && (seen < enough || good > s.alpha()):
			out = append(out, fmt.Sprintf("%s: %.0f of %d events failed, which are too few to tell", limit, e.failures, seen))
		case seen < max(enough, 1):
			out = append(out, fmt.Sprintf("%s: %d events of the %d it takes", limit, seen, enough))
		}
	}
	return out
}

// exhausted says which levels in between were given up, and what would decide them;
// "": none.
func (s *search) exhausted(low, high int) string {
	var late, near []int
	for _, l := range s.sorted() {
		switch {
		case !l.exhausted || l.verdict != Unclear || l.n < low || high > 0 && l.n > high:
		case l.looks < looks:
			late = append(late, l.n)
		default:
			near = append(near, l.n)
		}
	}
	which := func(all []int) string {
		if len(all) == 1 {
			return s.count(all[0])
		}
		return span(s.o.load(all[0]), s.o.load(all[len(all)-1])) + " " + s.o.unit()
	}
	out := ""
	if len(late) > 0 {
		out += ": a stay of " + short(s.o.StepTime) + " did not decide " + which(late) + ": give more --step-time"
	}
	if len(near) > 0 {
		out += fmt.Sprintf(": %d looks did not decide %s, so near a limit", looks, which(near))
	}
	return out
}

// unseen are the limits of whose event nothing was seen at a level above low, so
// that it could not hold.
func (s *search) unseen(low int) []string {
	var out []string
	for _, limit := range s.o.Limits {
		least, most := 0, 0
		for _, l := range s.sorted() {
			if l.n <= low || l.verdict == Broken || len(l.figures) == 0 || !math.IsNaN(limit.value(l.figures)) {
				continue
			}
			if least == 0 {
				least = l.n
			}
			most = l.n
		}
		if most == 0 {
			continue
		}
		what, with, instead := "event", s.count(most), "give more --min-users, so that one of its kind is there"
		if limit.Event != "" {
			what = limit.Event
		}
		if least != most {
			with = span(s.o.load(least), s.o.load(most)) + " " + s.o.unit()
		}
		if s.o.Open {
			instead = "give more --step-time"
		}
		out = append(out, fmt.Sprintf("%s: no %s that counts was seen with %s: %s", limit, what, with, instead))
	}
	return out
}

// needs guesses how long it would take: what it took, and for each end of the
// interval that is open as long as the longest stay, twice.
func (s *search) needs(low, high int) time.Duration {
	var longest time.Duration
	for _, l := range s.over {
		longest = max(longest, l.Took)
	}
	open := 1
	if low == 0 {
		open++
	}
	if high == 0 {
		open++
	}
	return (s.now - s.began + time.Duration(2*open)*longest).Truncate(time.Minute) + time.Minute
}

// Sentence is the answer in words, the figure first.
func (a Answer) Sentence() string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	sure := percent(a.Confidence)
	switch {
	case a.TooMuch > 0:
		fewer, less := "0 users", ""
		if a.Open || a.TooMuch > 1 {
			fewer, less = "Fewer than "+count(a.TooMuch, a.Unit), "; give less --min-users"
			if a.Open {
				less = "; give less --min-rate"
			}
		}
		if a.Breaks == nil { // the app died, which is told below
			say("%s%s.", fewer, less)
		} else {
			say("%s: with %s already, %s%s.", fewer, count(a.TooMuch, a.Unit), a.Breaks.words(), less)
		}
	case a.AtLeast && a.Ceiling != "" && a.Unable:
		say("At least %s: no more can be measured: %s.", count(a.Capacity, a.Unit), a.Ceiling)
	case a.AtLeast && a.Ceiling != "":
		say("At least %s: this machine can't measure more: %s; use a larger one, or several.", count(a.Capacity, a.Unit), a.Ceiling)
	case a.AtLeast:
		say("At least %s: no more were to be tried, and every limit held.", count(a.Capacity, a.Unit))
	case a.Undecided != "" && a.Low > 0 && a.High > 0:
		say("About %s (%s: %s), not decided closer: %s.", count(a.Capacity, a.Unit), sure, span(a.Low, a.High), a.reason())
	case a.Undecided != "" && a.Low > 0:
		say("At least %s (%s), not decided: %s.", count(a.Low, a.Unit), sure, a.reason())
	case a.Undecided != "" && a.High > 0:
		say("At most %s (%s), not decided: %s.", count(a.High, a.Unit), sure, a.reason())
	case a.Undecided != "":
		say("Not decided: %s.", a.reason())
	default:
		say("%s (%s: %s).", count(a.Capacity, a.Unit), sure, span(a.Low, a.High))
	}
	if a.Wanted > 0 && a.Serves(a.Wanted) == Unclear {
		say("Whether it serves %s is not decided.", count(a.Wanted, a.Unit))
	}
	if a.Looked > 0 {
		say("%s looked fine, too briefly to tell.", count(a.Looked, a.Unit))
	}
	if a.Ceiling != "" && a.Undecided != "" && a.Looked+a.Low > 0 && (a.High == 0 || a.CeilingAt <= a.High) {
		if a.Unable {
			say("From %s on it can't be measured: %s.", count(a.CeilingAt, a.Unit), a.Ceiling)
		} else {
			say("From %s on this machine can't measure it: %s; use a larger one, or several.", count(a.CeilingAt, a.Unit), a.Ceiling)
		}
	}
	if a.Needs > 0 {
		say("Give it about %s.", short(a.Needs))
	}
	if a.Breaks != nil && a.TooMuch == 0 {
		say("At %s %s.", number(a.Breaks.Load), a.Breaks.words())
	}
	if d := a.Died; d != nil {
		within := ""
		if d.Waited > 0 {
			within = " within " + short(d.Waited)
		}
		back := "and did not come back" + within
		switch {
		case d.Again:
			back = "and once more when it was back"
		case d.Back > 0 && d.StartedAgain:
			back = "and, started again, was as before after " + short(d.Back)
		case d.Back > 0:
			back = "and came back after " + short(d.Back)
		case d.StartedAgain:
			back = "and, started again, was not as before" + within
		}
		say("The app died at %s %s; it said last: %s.", count(d.Load, a.Unit), back, strings.TrimSuffix(shortened(d.Said), "."))
	}
	if st := a.Stuck; st != nil {
		value := "no event was ok"
		if !math.IsNaN(st.Value) {
			value = st.Limit.of() + " is " + st.Limit.write(st.Value)
			if math.IsInf(st.Value, 1) {
				value = "more than " + percent(1-st.Limit.Quantile) + " of " + st.Limit.Event + " fail"
			}
		}
		say("It does not recover: %s, with %s for %s, %s.", st.What, count(st.Load, a.Unit), short(st.For), value)
	}
	switch d, f := a.Drift, a.Fell; {
	case f != nil:
		say("Capacity fell from %s to %s during the test of %s: the app gets slower with time, not only with %s: %s.",
			number(f.From), number(f.To), short(f.Within), a.Unit, f.Seen.words(a.Unit))
	case d != nil && a.Before != nil:
		say("The app gets slower with time, not only with %s: %s. Before that was seen it was %s (%s).", a.Unit, d.words(a.Unit), a.Before.words(a.Unit), sure)
	case d != nil:
		say("The app gets slower with time, not only with %s: %s; this is the answer as it is now.", a.Unit, d.words(a.Unit))
	}
	if l := a.Lasting; l != nil {
		say("Once slow it stays slow: right after %s, with %s %s took %s, and %s after a rest with %s.",
			count(l.After, a.Unit), number(l.Seen.Load), l.Seen.of(), stats.Duration(seconds(l.Seen.To)), stats.Duration(seconds(l.Seen.From)), number(a.Levels[0].Load))
	}
	if a.Unstable {
		say("It depends on what came before: more held, once, than broke a limit another time.")
	}
	for _, text := range []string{a.cpu(), a.memory(), a.why(), a.base()} {
		if text != "" {
			out = append(out, text)
		}
	}
	if a.Unchecked {
		say("Whether it gets slower with time was not looked at any more.")
	}
	if n := len(a.LeftOut); n > 0 {
		say("Not looked at: %s.", strings.Join(a.LeftOut, ", "))
	}
	for _, n := range a.NotDecided {
		say("Not decided is %s.", n)
	}
	return strings.Join(out, " ")
}

// Serves tells whether the app holds every limit at a load; Unclear: that is not
// decided, as within the interval.
func (a Answer) Serves(load float64) Verdict {
	switch {
	case a.Low >= load:
		return Holds
	case a.High > 0 && a.High < load, a.Breaks != nil && a.Breaks.Load <= load, a.Died != nil && a.Died.Load <= load:
		return Broken
	}
	return Unclear
}

func (a Answer) reason() string {
	if a.Stopped != "" {
		return a.Stopped + ", and " + a.Undecided
	}
	return a.Undecided
}

// base is the baseline of the event that breaks, else of the first limit's.
func (a Answer) base() string {
	event := ""
	switch {
	case a.Breaks != nil:
		event = a.Breaks.Limit.Event
	case len(a.Limits) > 0:
		event = a.Limits[0].Event
	}
	f, ok := find(a.Baseline, event)
	if !ok || len(a.Levels) == 0 || math.IsNaN(f.P50) || math.IsInf(f.P50, 0) {
		return ""
	}
	return fmt.Sprintf("Baseline with %s: %s.", count(a.Levels[0].Load, a.Unit), stats.Duration(seconds(f.P50)))
}

func (b *Break) words() string {
	limit := b.Limit
	passes := "passes " + limit.write(limit.Value)
	failures := ""
	if b.Class != "" {
		failures = fmt.Sprintf(", most of them of the class %q", b.Class)
	}
	switch {
	case math.IsNaN(b.Value):
		return limit.of() + " " + passes
	case math.IsInf(b.Value, 1):
		return fmt.Sprintf("%s %s, since %s%s", limit.of(), passes, limit.write(b.Value), failures)
	case limit.Kind == Errors:
		return fmt.Sprintf("%s %s: it is %s%s", limit.of(), passes, limit.write(b.Value), failures)
	default:
		return fmt.Sprintf("%s %s: it is %s", limit.of(), passes, limit.write(b.Value))
	}
}

// count is "1 user", "25 users", "12.5 arrivals/s".
func count(load float64, unit string) string {
	if load == 1 {
		word, rest, _ := strings.Cut(unit, "/")
		unit = strings.TrimSuffix(word, "s")
		if rest != "" {
			unit += "/" + rest
		}
	}
	return number(load) + " " + unit
}

func span(low, high float64) string {
	if low == high {
		return number(low)
	}
	return number(low) + " to " + number(high)
}

// number is a load without what floating point adds to it.
func number(load float64) string { return strconv.FormatFloat(load, 'f', -1, 64) }

// shortened is what somebody else said, which may be long, with an end of its own.
func shortened(text string) string {
	const most = 300
	if all := []rune(text); len(all) > most {
		return string(all[:most]) + "…"
	}
	return text
}

// short is a duration to the second.
func short(d time.Duration) string {
	if d < 10*time.Second {
		return stats.Duration(d)
	}
	return wording.Duration(d.Round(time.Second))
}

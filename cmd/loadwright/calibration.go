package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// leastForP95 is how many events a p95 takes: of fewer, it is the largest few.
const leastForP95 = 100

// calibration is what calibrate found. Times are in seconds.
type calibration struct {
	MaxError float64 `json:"max_error_seconds"`
	// Users is the largest number of users, of those tried, up to which the p95
	// of the error stayed within MaxError and the generator was not saturated;
	// 0: none, or too few events ended to say.
	Users  int     `json:"users"`
	Plain  level   `json:"plain_playwright"` // one user, timed by plain Playwright waits
	Levels []level `json:"levels"`
}

// level is how far readings were off with so many users.
type level struct {
	Users    int      `json:"users"`
	Events   int      `json:"events"`
	Failures int      `json:"failures"`
	Median   *float64 `json:"error_median_seconds"` // nil without an event
	P95      *float64 `json:"error_p95_seconds"`    // of the errors' absolute values; nil under 100 events
	// Slower is the median of what the page itself took beyond the delay: at one
	// user what any browser needs, and with more what the machine adds. SlowerP95
	// is the p95; nil under 100 events.
	Slower    *float64             `json:"slower_median_seconds"`
	SlowerP95 *float64             `json:"slower_p95_seconds"`
	Generator loadwright.Generator `json:"generator"`

	// CPU is the time of a core that the load generator used for each interact,
	// with its share of page loads; Driver, what of it the busiest driver's one
	// thread used. docs/scale.md reckons with them.
	CPU    *float64 `json:"cpu_seconds_per_event"`
	Driver *float64 `json:"driver_seconds_per_event"`

	Delays []delay `json:"delays"`

	// Load holds load events against the pages' own records: from navigation
	// start to the insertion of what is waited for.
	Load spreadOf `json:"load"`
}

// spreadOf is how far readings of one kind were off.
type spreadOf struct {
	Events int      `json:"events"`
	Median *float64 `json:"error_median_seconds"`
	P95    *float64 `json:"error_p95_seconds"`
}

// conclude puts the levels in the order of their users, and says how many this
// machine carries: the most of a level that did, below all that did not. Of too few
// events it is not known.
func (c *calibration) conclude() {
	slices.SortStableFunc(c.Levels, func(a, b level) int { return a.Users - b.Users })
	broke := c.broke()
	for _, l := range c.Levels {
		if l.P95 != nil && !c.tooMuch(l) && (broke == nil || l.Users < broke.Users) {
			c.Users = l.Users
		}
	}
}

// broke is the level with the fewest users that was too much; nil: there is none.
func (c *calibration) broke() *level {
	if i := slices.IndexFunc(c.Levels, c.tooMuch); i >= 0 {
		return &c.Levels[i]
	}
	return nil
}

// tooMuch tells whether a level was more than the machine carries.
func (c *calibration) tooMuch(l level) bool {
	return !l.Generator.Trusted || l.P95 != nil && *l.P95 > c.MaxError
}

// delay is how far readings were off at one delay.
type delay struct {
	Seconds float64 `json:"delay_seconds"`
	spreadOf
}

// compare holds readings against the pages' records: the n-th load of a user's
// iteration is that of its page n, the n-th interact is the n-th run of its
// pages, in order. The error of an interact is the reading minus the time from
// the click to the answer, both as the page had it.
func compare(users int, readings []loadwright.Event, pages map[string]sampleapp.Truth) level {
	seen := map[string]int{}
	byDelay := map[float64][]float64{}
	var all, beyond, loads []float64
	for _, e := range readings {
		name := fmt.Sprintf("u%d-i%d", e.User, e.Iteration)
		n := seen[e.Name+name]
		seen[e.Name+name]++
		if e.Status != event.OK || e.Phase == event.WarmUp {
			continue
		}
		// A page that did not live to report has no record.
		switch e.Name {
		case "load":
			if page, ok := pages[pageOf(name, n+1)]; ok && page.Inserted > 0 {
				loads = append(loads, e.Duration().Seconds()-page.Inserted/1000)
			}
		case "interact":
			if run, ok := runOf(pages, name, n); ok {
				took := (run.Answered - run.Clicked) / 1000
				off := e.Duration().Seconds() - took
				all = append(all, off)
				beyond = append(beyond, took-run.Delay/1000)
				byDelay[run.Delay] = append(byDelay[run.Delay], off)
			}
		}
	}
	l := level{Users: users, Events: len(all), Delays: []delay{}}
	l.Median, l.P95 = spread(all)
	l.Slower, l.SlowerP95 = spread(beyond)
	l.Load = spreadsOf(loads)
	for ms, errors := range byDelay {
		l.Delays = append(l.Delays, delay{ms / 1000, spreadsOf(errors)})
	}
	slices.SortFunc(l.Delays, func(a, b delay) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return l
}

// cost takes from the samples after the warm-up what each event cost.
func (l *level) cost(samples []loadwright.Sample, warm time.Duration) {
	if l.Events == 0 {
		return
	}
	cpu, driver, known := 0.0, 0.0, false
	for _, s := range samples {
		long := s.End - max(warm.Seconds(), s.Begin)
		if long > 0 && s.GeneratorCPU.Known() && s.Driver.Known() {
			cpu += float64(s.GeneratorCPU) * long
			driver += float64(s.Driver) * long
			known = true
		}
	}
	if known {
		cpu, driver = cpu/float64(l.Events), driver/float64(l.Events)
		l.CPU, l.Driver = &cpu, &driver
	}
}

// runOf is run n, from 0, of the pages of an iteration.
func runOf(pages map[string]sampleapp.Truth, name string, n int) (sampleapp.Run, bool) {
	for p := 1; ; p++ {
		page, ok := pages[pageOf(name, p)]
		if !ok {
			return sampleapp.Run{}, false
		}
		if n < len(page.Runs) {
			return page.Runs[n], true
		}
		n -= len(page.Runs)
	}
}

// pageOf names page p, from 1, of an iteration.
func pageOf(iteration string, p int) string { return fmt.Sprintf("%s-p%d", iteration, p) }

func spreadsOf(errors []float64) spreadOf {
	median, p95 := spread(errors)
	return spreadOf{len(errors), median, p95}
}

// spread is the median of errors, and the p95 of their absolute values where
// there are enough: the ⌈p·n⌉-th smallest.
func spread(errors []float64) (median, p95 *float64) {
	n := len(errors)
	if n == 0 {
		return nil, nil
	}
	sorted := slices.Sorted(slices.Values(errors))
	median = &sorted[(n+1)/2-1]
	if n < leastForP95 {
		return median, nil
	}
	absolute := make([]float64, n)
	for i, e := range errors {
		absolute[i] = math.Abs(e)
	}
	slices.Sort(absolute)
	return median, &absolute[int(math.Ceil(0.95*float64(n)))-1]
}

// print writes what was found, for people or as JSON.
func (c *calibration) print(w io.Writer, asJSON bool) error {
	if !asJSON {
		c.write(w)
		return nil
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		fmt.Fprintln(w, string(text))
	}
	return err
}

func (c *calibration) write(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "users\tevents\tfailed\terror median\tp95\tthe page itself\tCPU an event\tload generator\t\n")
	line := func(l level, note string) {
		slower := "-"
		if l.Slower != nil {
			slower = "+" + ms(l.Slower)
		}
		trust := "trusted"
		if !l.Generator.Trusted {
			trust = "saturated"
		}
		fmt.Fprintf(t, "%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Users, l.Events, l.Failures, ms(l.Median), ms(l.P95), slower, ms(l.CPU), trust, note)
	}
	for _, l := range c.Levels {
		line(l, "")
	}
	line(c.Plain, "  plain Playwright waits")
	_ = t.Flush()
	fmt.Fprintln(w, "(error: reading minus the page's own record; the page itself: median of what that record is beyond the delay)")
	fmt.Fprintln(w)
	if len(c.Levels) > 0 {
		c.byDelay(w)
	}
	fmt.Fprintln(w, c.sentence())
}

// sentence is what follows from the levels.
func (c *calibration) sentence() string {
	broke := c.broke()
	limit := ms(&c.MaxError)
	why := func() string {
		if !broke.Generator.Trusted {
			return broke.Generator.Reason
		}
		return "the p95 of the error is above " + limit
	}
	switch {
	case c.Users > 0 && broke == nil:
		return fmt.Sprintf("This machine carries at least %s like these with a p95 error of at most %s; more were not tried.", countOf(c.Users, "user"), limit)
	case c.Users > 0:
		return fmt.Sprintf("This machine carries %s like these with a p95 error of at most %s; with %d, %s.", countOf(c.Users, "user"), limit, broke.Users, why())
	case broke != nil:
		return fmt.Sprintf("With %s, %s.", countOf(broke.Users, "user"), why())
	}
	return fmt.Sprintf("Too few events ended to say: a p95 takes %d. Give it more time with --budget.", leastForP95)
}

// byDelay is a row a delay, and one for loads, with the median error of each
// level; p95 where there are enough events.
func (c *calibration) byDelay(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "delay\t")
	for _, l := range c.Levels {
		fmt.Fprintf(t, "%s\t", countOf(l.Users, "user"))
	}
	fmt.Fprint(t, "plain\t\n")
	levels := append(slices.Clone(c.Levels), c.Plain)
	cell := func(s spreadOf) {
		text := ms(s.Median)
		if s.P95 != nil {
			text += " / " + ms(s.P95)
		}
		fmt.Fprintf(t, "%s\t", text)
	}
	for _, d := range calibrationDelays {
		seconds := d.Seconds()
		fmt.Fprintf(t, "%s\t", ms(&seconds))
		for _, l := range levels {
			of := spreadOf{}
			if i := slices.IndexFunc(l.Delays, func(of delay) bool { return of.Seconds == seconds }); i >= 0 {
				of = l.Delays[i].spreadOf
			}
			cell(of)
		}
		fmt.Fprintln(t)
	}
	fmt.Fprint(t, "load\t")
	for _, l := range levels {
		cell(l.Load)
	}
	fmt.Fprintln(t)
	_ = t.Flush()
	fmt.Fprintln(w, "(median error; with p95 behind it from 100 events on; load: against the insertion of what is waited for)")
	fmt.Fprintln(w)
}

// ms writes seconds as milliseconds, to a tenth.
func ms(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	return fmt.Sprintf("%.4gms", math.Round(*seconds*1e4)/10)
}

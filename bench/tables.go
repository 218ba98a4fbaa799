package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// table writes the tools beside each other.
func (c *comparison) table(w io.Writer, tools []*tool) {
	fmt.Fprint(w, "| tool | error at 500 ms: median / p95 |")
	for _, users := range speedLevels {
		fmt.Fprintf(w, " iterations/s, %s |", count(users, "user"))
	}
	fmt.Fprintf(w, " CPU seconds an iteration | memory a user | honest users a core |\n|---|---|%s---|---|---|\n", strings.Repeat("---|", len(speedLevels)))
	for _, t := range tools {
		if t.missing != "" {
			continue
		}
		f := c.figures[t.name]
		fmt.Fprintf(w, "| %s %s | %s |", t.name, t.version, f.errorCell())
		for _, users := range speedLevels {
			fmt.Fprintf(w, " %s |", figure("%.2f", middle(f.rates[users])))
		}
		fmt.Fprintf(w, " %s | %s | %s |\n", figure("%.3f", middle(f.cpu[cpuLevel])), f.memoryCell(t), f.honestCell())
	}
	fmt.Fprintf(w, "\nAn iteration is a fresh context and page, the load and %d clicks; the app answers at once. "+
		"CPU seconds are those of the tool with driver and browser, at %d users, as %s. "+
		"Memory is that of %d thinking users, by proportional set size. "+
		"Honest users: as many as go through the guide's scenario with a p95 of the error, less the tool's own median with one user, of at most %d ms. "+
		"k6 has a browser for each user; starting them is not counted.\n",
		clicksAnIteration, cpuLevel, whoTellsCPU(), thinkers, honestError)
	for _, t := range tools {
		if t.missing != "" {
			fmt.Fprintf(w, "\nWithout %s: %s\n", t.name, t.missing)
		}
		if failed := c.figures[t.name].failed; len(failed) > 0 {
			fmt.Fprintf(w, "\n%s failed at: %s.\n", t.name, strings.Join(failed, "; "))
		}
	}
	fmt.Fprintln(w)
}

func whoTellsCPU() string {
	m, err := newMeter()
	if err != nil {
		return "processes and those they waited for tell"
	}
	_ = m.close() // an empty cgroup that stays does no harm
	return "their cgroup tells"
}

func (f *figures) errorCell() string {
	if len(f.errors) == 0 {
		return "–"
	}
	median, p95 := spread(f.errors)
	return fmt.Sprintf("%.1f / %.1f ms (of %d)", median, p95, len(f.errors))
}

func (f *figures) memoryCell(t *tool) string {
	switch {
	case f.memory == 0:
		return "–"
	case t.thinkers() != thinkers:
		return fmt.Sprintf("%.1f MB (of %d)", f.memory, t.thinkers())
	}
	return fmt.Sprintf("%.1f MB", f.memory)
}

func (f *figures) honestCell() string {
	switch {
	case f.honest == 0 && !f.found:
		return "–"
	case f.honest == 0:
		return "0"
	}
	more := ""
	if !f.found || f.honest == levels[len(levels)-1] {
		more = "≥ " // more were not tried
	}
	return fmt.Sprintf("%s%.1f (the page itself then takes %.0f ms)", more, perCore(f.honest), f.page)
}

// figure writes a number, where there is one.
func figure(format string, n float64) string {
	if math.IsNaN(n) {
		return "–"
	}
	return fmt.Sprintf(format, n)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// The bars that loadwright is held to.
const (
	medianBar = 5.0  // ms
	p95Bar    = 12.0 // ms
	leastP95  = 200  // events that its p95 takes
	floorBar  = 0.8  // of the iterations/s of raw CDP
	pythonBar = 1.25
	k6Bar     = 2.0
	cpuBar    = 0.8 // of plain playwright-go's
	honestBar = 1.5 // of the best peer's
)

// bars are the lines that follow from the comparison, of parts that were wanted and
// tools that were to be compared.
func (c *comparison) bars(wants func(...string) bool) []row {
	f := c.figures[ours]
	var rows []row
	if wants("errors") {
		median := row{what: "error of an interact of 500 ms, 1 user: median", bar: fmt.Sprintf("≤ %.0f ms", medianBar)}
		p95 := row{what: fmt.Sprintf("the same: p95 of %d", max(leastP95, len(f.errors))), bar: fmt.Sprintf("≤ %.0f ms", p95Bar)}
		if len(f.errors) > 0 {
			m, _ := spread(f.errors)
			median.measured, median.ok = fmt.Sprintf("%.1f ms", m), math.Abs(m) <= medianBar
		}
		if len(f.errors) >= leastP95 {
			_, p := spread(f.errors)
			p95.measured, p95.ok = fmt.Sprintf("%.1f ms", p), p <= p95Bar
		}
		if rows = append(rows, median); c.effort != quick { // which is not to have so many
			rows = append(rows, p95)
		}
	}
	if wants("speed") {
		for _, against := range []struct {
			peer string
			bar  float64
		}{{floor, floorBar}, {python, pythonBar}, {k6, k6Bar}} {
			if c.asked[against.peer] {
				rows = append(rows, ratio("iterations/s at saturation, against "+against.peer, f.saturated(), c.figures[against.peer].saturated(), against.bar, false))
			}
		}
		if c.asked[plain] {
			rows = append(rows, ratio("CPU seconds an iteration, against "+plain, middle(f.cpu[cpuLevel]), middle(c.figures[plain].cpu[cpuLevel]), cpuBar, true))
		}
	}
	if wants("memory") {
		r := row{
			what: fmt.Sprintf("memory of %d thinking users, browser and driver included", thinkers),
			bar:  fmt.Sprintf("≤ %.0f MB", memoryBar),
		}
		if f.memory > 0 {
			r.measured, r.ok = fmt.Sprintf("%.1f MB each", f.memory), f.memory <= memoryBar
		}
		rows = append(rows, r)
	}
	if wants("honest") && (c.asked[plain] || c.asked[k6] || c.asked[python]) {
		rows = append(rows, ratio("honest users a core, against the best peer", f.honestUsers(), c.bestPeer(), honestBar, false))
	}
	return rows
}

// honestUsers is how many there are; NaN where the search did not end.
func (f *figures) honestUsers() float64 {
	if !f.found {
		return math.NaN()
	}
	return float64(f.honest)
}

// bestPeer is the most honest users of a peer; NaN where that of one is not known.
func (c *comparison) bestPeer() float64 {
	best := math.NaN()
	for _, t := range c.tools {
		if t.name == ours || t.name == floor {
			continue
		}
		honest := c.figures[t.name].honestUsers()
		if math.IsNaN(honest) {
			return honest
		}
		if !(honest <= best) {
			best = honest
		}
	}
	return best
}

// saturated is the most iterations/s of all numbers of users.
func (f *figures) saturated() float64 {
	best := math.NaN()
	for _, users := range speedLevels {
		if r := middle(f.rates[users]); !(r <= best) && !math.IsNaN(r) {
			best = r
		}
	}
	return best
}

// ratio is a row on one figure as a multiple of another, not measured unless both
// were taken.
func ratio(what string, of, to, bar float64, atMost bool) row {
	r := row{what: what, bar: fmt.Sprintf("≥ %v", bar)}
	ratio := of / to
	if atMost {
		r.bar = fmt.Sprintf("≤ %v", bar)
	}
	if !math.IsNaN(ratio) {
		r.measured = fmt.Sprintf("%.2f (%.3g / %.3g)", ratio, of, to)
		r.ok = ratio >= bar && !atMost || ratio <= bar && atMost
	}
	return r
}

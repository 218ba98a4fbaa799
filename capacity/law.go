package capacity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/loadwright/loadwright/internal/stats"
)

// QueueModel is what the operational laws say of levels at which more load got
// no more done: all it adds is waiting (Denning, Buzen, Computing Surveys
// 10, 1978; Little, Operations Research 9, 1961).
type QueueModel struct {
	Event string  // "": of all events, since there are several, and each may take another time
	Most  float64 // events a second, whatever the load
	// Demand is how many seconds of what is scarce an event takes, 1 ÷ Most, and
	// AtATime how many events are under way in it at once, at most: Most times
	// the baseline's mean duration. Both are 0 where there are several events.
	Demand, AtATime float64
	// Knee is the number of users from which they wait for each other,
	// (baseline + think time) ÷ demand, which is Most ÷ what one user gets done
	// alone; with arrivals the rate from which on they come faster than they are
	// served.
	Knee     float64
	From, To float64 // the levels at which throughput was the same
}

// Scalability is the Universal Scalability Law, fitted to the levels: a model.
// X(N) = γN ÷ (1 + σ(N−1) + κN(N−1)) (Gunther, Guerrilla Capacity Planning,
// 2007). Each parameter stands with half the width of its 95 % interval.
type Scalability struct {
	Gamma, Sigma, Kappa             float64
	GammaHalf, SigmaHalf, KappaHalf float64
	// Peak is the number of users beyond which throughput falls: √((1−σ)/κ);
	// 0 where the interval of κ holds 0, that is, where no fall was seen.
	Peak float64
}

// String tells the parameters with their 95 % intervals.
func (u *Scalability) String() string {
	peak := "no peak was seen"
	if u.Peak > 0 {
		peak = fmt.Sprintf("the most gets done with %.0f users", u.Peak)
	}
	return fmt.Sprintf("γ = %.3g ± %.2g events/s a user, σ = %.3g ± %.2g (waiting in line), κ = %.2g ± %.2g (coming to terms): %s",
		u.Gamma, u.GammaHalf, u.Sigma, u.SigmaHalf, u.Kappa, u.KappaHalf, peak)
}

// trusted returns one level for each load, the last stay that has
// the event, without those at which the generator was saturated.
func trusted(all []Level, event string) []Level {
	last := map[float64]Level{}
	for _, l := range all {
		f, ok := find(l.Figures, event)
		if l.Saturated == "" && !l.Aside && ok && f.Count+f.Failures >= fewest && f.Count > 0 {
			last[l.Load] = l
		}
	}
	out := make([]Level, 0, len(last))
	for _, l := range last {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Level) int { return cmp.Compare(a.Load, b.Load) })
	return out
}

// failing tells that so many fail that a throughput is also theirs: they are
// fast, or slow, for reasons of their own.
func (f Figures) failing() bool { return 20*f.Failures > f.Count }

// law looks for a plateau: two levels of which the higher has at least 15 %
// more load, and of that at most a fifth, and 5 %, more throughput.
func law(a *Answer) *QueueModel {
	const counted = 200 // events, for a throughput to be known
	if a.Breaks == nil || a.Drift != nil {
		return nil
	}
	event := a.Breaks.Limit.Event
	levels := trusted(a.Levels, event)
	if len(levels) < 3 {
		return nil
	}
	first, _ := find(levels[0].Figures, event)
	// Of several events one's throughput is no measure of what all of them take.
	mixed := first.Part || !first.Outer && first.Rate < 0.95*levels[0].Throughput || first.Outer && outer(levels[0].Figures) > 1
	rate := func(l Level) float64 {
		if mixed {
			return l.Throughput
		}
		f, _ := find(l.Figures, event)
		return f.Rate
	}
	for j := len(levels) - 1; j > 0; j-- {
		high, _ := find(levels[j].Figures, event)
		if high.Count < counted || high.failing() {
			continue
		}
		for i := j - 1; i >= 0; i-- {
			low, _ := find(levels[i].Figures, event)
			more := levels[j].Load/levels[i].Load - 1
			done := rate(levels[j])/rate(levels[i]) - 1
			if low.Count < counted || more < 0.15 || done > min(more/5, 0.05) || done < -0.05 {
				continue
			}
			m := &QueueModel{Most: (rate(levels[i]) + rate(levels[j])) / 2, From: levels[i].Load, To: levels[j].Load}
			if !mixed {
				m.Event, m.Demand, m.AtATime = high.Event, 1/m.Most, m.Most*first.Mean
			}
			switch {
			case !a.Open:
				m.Knee = m.Most * levels[0].Load / rate(levels[0])
			case i > 0:
				// How many such events an arrival has, by the levels that kept up.
				m.Knee = m.Most * levels[i-1].Load / rate(levels[i-1])
			default:
				return nil
			}
			return m
		}
	}
	return nil
}

// outer is how many events there are that have others inside.
func outer(all []Figures) int {
	n := 0
	for _, f := range all {
		if f.Outer && !f.Part {
			n++
		}
	}
	return n
}

// why says what the levels show of the cause, and nothing else.
func (a Answer) why() string {
	m := a.Law
	if m == nil {
		return ""
	}
	if m.Event == "" {
		return fmt.Sprintf("From %s to %s %s no more gets done, %.3g events a second.", number(m.From), number(m.To), a.Unit, m.Most)
	}
	out := fmt.Sprintf("From %s to %s %s no more gets done, %.3g %s a second: a queue in front of what takes %s for each",
		number(m.From), number(m.To), a.Unit, m.Most, m.Event, stats.Duration(seconds(m.Demand)))
	switch n := math.Round(m.AtATime); {
	case m.AtATime > 0.75 && m.AtATime < 1.25:
		out += ", one at a time"
	case m.AtATime >= 1.25 && math.Abs(m.AtATime-n) < 0.25:
		out += fmt.Sprintf(", at most %d at a time", int(n))
	}
	return out + "."
}

// cpu says what the app took of its machine where a limit broke.
func (a Answer) cpu() string {
	if a.Breaks == nil {
		return ""
	}
	var u Usage
	for _, l := range a.Levels {
		if l.Load == a.Breaks.Load && l.App.Known && !l.Aside {
			u = l.App
		}
	}
	cores := float64(u.Of)
	switch {
	case !u.Known, u.Of == 0:
		return ""
	case u.Cores > 0.9*cores:
		return fmt.Sprintf("The app takes %.0f%% of its machine's %s.", 100*u.Cores/cores, count(float64(u.Of), "cores"))
	case u.Busiest > 0.9 && u.Cores < 1.1:
		return fmt.Sprintf("The app stands at %.0f%% of one core, of %d: it does one thing at a time.", 100*u.Cores, u.Of)
	case u.Cores < 0.5:
		return fmt.Sprintf("The app takes %.2g of its machine's %s: CPU is not what it lacks.", u.Cores, count(float64(u.Of), "cores"))
	default:
		return fmt.Sprintf("The app takes %.2g of its machine's %s.", u.Cores, count(float64(u.Of), "cores"))
	}
}

// memory says by how much the app's memory grew, where that is much: twice what it
// was at first, and 100 MB.
func (a Answer) memory() string {
	const much = 100e6
	var first, most Level
	for _, l := range a.Levels {
		switch {
		case l.Aside || l.App.Memory == 0:
		case first.App.Memory == 0:
			first, most = l, l
		case l.App.Memory > most.App.Memory:
			most = l
		}
	}
	from, to := first.App.Memory, most.App.Memory
	if to < 2*from || to-from < much {
		return ""
	}
	return fmt.Sprintf("The app's memory grew from %d MB with %s to %d MB with %s.", from/1e6, number(first.Load), to/1e6, number(most.Load))
}

// fit fits the Universal Scalability Law by least squares to N/X, which is
// linear in a = 1/γ, σ/γ and κ/γ, each level weighing as much as its relative
// deviation does. It takes six levels, as Gunther recommends, at which the app
// was the same.
func fit(a *Answer) *Scalability {
	const enough = 6
	if a.Open || a.Drift != nil {
		return nil // the law is about who is there at once
	}
	event := ""
	if a.Breaks != nil {
		event = a.Breaks.Limit.Event
	}
	levels := slices.DeleteFunc(trusted(a.Levels, event), func(l Level) bool {
		f, _ := find(l.Figures, event)
		return f.failing()
	})
	if len(levels) < enough {
		return nil
	}
	var m [3][4]float64 // normal equations
	row := func(l Level) (x [3]float64, y, w float64) {
		f, _ := find(l.Figures, event)
		n := l.Load
		y = n / f.Rate
		return [3]float64{1, n - 1, n * (n - 1)}, y, 1 / (y * y)
	}
	for _, l := range levels {
		x, y, w := row(l)
		for i := range 3 {
			for j := range 3 {
				m[i][j] += w * x[i] * x[j]
			}
			m[i][3] += w * x[i] * y
		}
	}
	inverse, ok := invert(m)
	if !ok {
		return nil
	}
	var p [3]float64
	for i := range 3 {
		for j := range 3 {
			p[i] += inverse[i][j] * m[j][3]
		}
	}
	if p[0] <= 0 {
		return nil
	}
	var rest float64
	for _, l := range levels {
		x, y, w := row(l)
		d := y - p[0]*x[0] - p[1]*x[1] - p[2]*x[2]
		rest += w * d * d
	}
	freedom := float64(len(levels) - 3)
	variance, t := rest/freedom, studentQuantile(0.025, freedom)
	u := &Scalability{Gamma: 1 / p[0], Sigma: p[1] / p[0], Kappa: p[2] / p[0]}
	// The quotients' variances to first order.
	ratio := func(i int) float64 {
		r := p[i] / p[0]
		return t * math.Sqrt(max(0, variance*(inverse[i][i]-2*r*inverse[i][0]+r*r*inverse[0][0]))) / p[0]
	}
	u.GammaHalf = t * math.Sqrt(variance*inverse[0][0]) / (p[0] * p[0])
	u.SigmaHalf, u.KappaHalf = ratio(1), ratio(2)
	if u.Kappa > u.KappaHalf && u.Sigma < 1 {
		u.Peak = math.Sqrt((1 - u.Sigma) / u.Kappa)
	}
	return u
}

// invert returns the inverse of the left three columns.
func invert(m [3][4]float64) (out [3][3]float64, ok bool) {
	c := func(i, j, k, l int) float64 { return m[i][k]*m[j][l] - m[i][l]*m[j][k] }
	det := m[0][0]*c(1, 2, 1, 2) - m[0][1]*c(1, 2, 0, 2) + m[0][2]*c(1, 2, 0, 1)
	if math.Abs(det) <= 1e-12*m[0][0]*m[1][1]*m[2][2] {
		return out, false
	}
	for i := range 3 {
		for j := range 3 {
			a, b := (j+1)%3, (j+2)%3
			k, l := (i+1)%3, (i+2)%3
			out[i][j] = c(a, b, k, l) / det
		}
	}
	return out, true
}

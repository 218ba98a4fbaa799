package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// leastFreedom is the degrees of freedom that a standard error needs to mean
// anything.
const leastFreedom = 0.5

// leastUnits is how many users, or runs, a side needs for the bootstrap: of
// fewer it makes intervals that are too narrow.
const leastUnits = 8

// compareEvent compares one event's statistics, and leaves the findings to
// judge.
func compareEvent(name string, by Unit, a, b *pool) EventChange {
	e := EventChange{Event: name}
	few := len(a.units) < leastUnits || len(b.units) < leastUnits
	var x, y spread
	if few {
		x, y = a.ofUnits(), b.ofUnits()
	} else {
		x, y = a.resampled(), b.resampled()
	}
	e.Mean = ratio("mean", x.mean, y.mean, by, few)
	e.Median = percentileChange("median", 0.5, x.median, y.median, a, b, by, few)
	e.P95 = percentileChange("p95", 0.95, x.p95, y.p95, a, b, by, few)
	e.Failures = difference("failures", x.failed, y.failed, by, few)
	if x.failed.value == 0 && y.failed.value == 0 {
		e.Failures = none(e.Failures, "none failed")
	}
	return e
}

// figure is a statistic of one side.
type figure struct {
	value float64 // seconds or a share; NaN: there is none; +Inf: it falls among failures
	// se is the standard error of value, or of its logarithm where relative is
	// asked for; it is not finite where that is unknown.
	se float64
	// df are the degrees of freedom of se: one less than there were units, or,
	// for a percentile, than there were units beyond it, if those were fewer. A p95
	// that rests on the rows of the two slowest users is as uncertain as two are.
	df float64
}

// spread are the figures of one side.
type spread struct{ mean, median, p95, failed figure }

// none is a change of which nothing can be told.
func none(c Change, why string) Change {
	c.Low, c.High, c.P = math.NaN(), math.NaN(), math.NaN()
	c.Finding, c.Why = CannotTell, why
	return c
}

// ratio compares durations. Their errors are those of the logarithms, whose
// distribution is nearer to the normal one than that of durations, and which
// make an interval that can't lie below −100 %.
func ratio(statistic string, a, b figure, by Unit, few bool) Change {
	c := Change{Statistic: statistic, A: a.value, B: b.value, Change: b.value/a.value - 1}
	if math.IsInf(a.value, 1) || math.IsInf(b.value, 1) {
		c.Change = math.NaN()
	}
	if a.value == 0 || b.value == 0 {
		return none(c, "a time of 0")
	}
	c.estimate = math.Log(b.value / a.value)
	c.finish = math.Expm1
	return c.tested(a, b, by, few)
}

// difference compares shares.
func difference(statistic string, a, b figure, by Unit, few bool) Change {
	c := Change{Statistic: statistic, A: a.value, B: b.value, Change: b.value - a.value}
	c.estimate = c.Change
	c.finish = func(x float64) float64 { return min(max(x, -1), 1) }
	return c.tested(a, b, by, few)
}

// percentileChange compares percentiles over ok and error rows. Where failures
// take one of them away, now or in a resample, there is no change in seconds to
// speak of: then the shares of the rows that are beyond the percentile of both
// sides together are compared (Mood's test, by users).
func percentileChange(statistic string, p float64, a, b figure, x, y *pool, by Unit, few bool) Change {
	c := ratio(statistic, a, b, by, few)
	switch {
	case few && by == ByUser:
		return none(c, fmt.Sprintf("fewer than %d users", leastUnits))
	case x.failures() == 0 && y.failures() == 0, finite(a.se) && finite(b.se):
		return c
	}
	limit := pooledQuantile(p, x, y)
	d := difference(statistic, x.beyond(limit, few), y.beyond(limit, few), by, few)
	c.estimate, c.se, c.df, c.P = d.estimate, d.se, d.df, d.P
	c.finish, c.Why = nil, "too many failures"
	return c
}

// tested adds the standard error of the change and its test.
func (c Change) tested(a, b figure, by Unit, few bool) Change {
	c.Low, c.High, c.P, c.Finding = math.NaN(), math.NaN(), math.NaN(), CannotTell
	c.se = math.Hypot(a.se, b.se)
	switch {
	case math.IsNaN(c.A), math.IsNaN(c.B):
		return none(c, "no row is ok")
	case few && (a.df < 1 || b.df < 1):
		return none(c, "a single "+string(by))
	case !finite(c.se), !finite(c.estimate):
		return none(c, "too many failures")
	case a.df < leastFreedom || b.df < leastFreedom:
		return none(c, "the tail of one "+string(by))
	case c.se == 0 && few:
		return none(c, "no spread")
	case c.se == 0 && c.estimate == 0:
		c.P = 1
		return c
	case c.se == 0:
		c.P = 0
		return c
	}
	// Welch and Satterthwaite.
	c.df = math.Pow(c.se, 4) / (math.Pow(a.se, 4)/a.df + math.Pow(b.se, 4)/b.df)
	c.P = 2 * student(c.df).CDF(-math.Abs(c.estimate)/c.se)
	return c
}

// settle makes the interval and the finding of a test at a level.
func (c *Change) settle(level float64, changed bool) {
	if c.finish != nil {
		wide := 0.0
		if c.se > 0 {
			wide = c.se * student(c.df).Quantile(1-level/2)
		}
		c.Low, c.High = c.finish(c.estimate-wide), c.finish(c.estimate+wide)
	}
	switch {
	case !changed:
		c.Finding = CannotTell
	case c.Statistic == "failures" && c.estimate > 0:
		c.Finding = More
	case c.Statistic == "failures":
		c.Finding = Fewer
	case c.estimate > 0:
		c.Finding = Slower
	default:
		c.Finding = Faster
	}
}

func student(df float64) distuv.StudentsT { return distuv.StudentsT{Sigma: 1, Nu: df} }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

package runner

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// arrivals tells when the users of an open load are due, one after another.
//
// The rate λ(t) is a constant, or the straight lines of stages; Λ(t) is its
// integral. Even arrivals are due where Λ reaches 0, 1, 2, …; those of a
// Poisson process where it reaches the sums of exponential times of mean 1
// (the inversion of the cumulative intensity: Çinlar, Introduction to
// Stochastic Processes, 1975, section 4.7).
type arrivals struct {
	legs   []leg
	random *rand.Rand // nil: even
	sum    float64    // Λ of the next arrival
	passed float64    // Λ at the begin of the first leg that is left
}

func newArrivals(l scenario.LoadModel, seed int64) *arrivals {
	a := &arrivals{legs: rateLegs(l)}
	if l.Arrivals.Spacing == scenario.Poisson {
		a.random = randomOf(seed, -1, 0)
		a.sum = a.random.ExpFloat64()
	}
	return a
}

// rateLegs are the rates of an open load.
func rateLegs(l scenario.LoadModel) []leg {
	if len(l.Stages) == 0 {
		return []leg{{0, l.Duration, l.Arrivals.Rate, l.Arrivals.Rate}}
	}
	return legs(l.Stages, func(s scenario.Stage) float64 { return s.Rate })
}

// due returns when the next user is due; false: there is none.
func (a *arrivals) due() (time.Duration, bool) {
	passed := a.passed
	for _, l := range a.legs {
		length := (l.end - l.begin).Seconds()
		whole := (l.from + l.to) / 2 * length
		if left := a.sum - passed; left < whole {
			due := l.begin + time.Duration(math.Round(reach(left, l.from, l.to, length)*1e9))
			return min(due, l.end-1), true
		}
		passed += whole
	}
	return 0, false
}

// came is told that the user who was due has come. The next one is due then.
func (a *arrivals) came() {
	for len(a.legs) > 0 { // what is over by now needs no more looks
		l := a.legs[0]
		whole := (l.from + l.to) / 2 * (l.end - l.begin).Seconds()
		if a.sum-a.passed < whole {
			break
		}
		a.passed += whole
		a.legs = a.legs[1:]
	}
	if a.random == nil {
		a.sum++
	} else {
		a.sum += a.random.ExpFloat64()
	}
}

// change sets another rate from a moment on until the end of the load. Who was
// due before stays so.
func (a *arrivals) change(at, end time.Duration, rate float64) {
	var kept []leg
	for _, l := range a.legs {
		if l.begin >= at {
			break
		}
		if l.end > at {
			l.to = l.from + (l.to-l.from)*float64(at-l.begin)/float64(l.end-l.begin)
			l.end = at
		}
		kept = append(kept, l)
	}
	a.legs = append(kept, leg{at, end, rate, rate})
}

// reach is the time at which the integral of a rate that goes from one value
// to another in a straight line reaches area: the smaller root of
// (to − from)/(2·length)·t² + from·t = area, in the form that does not cancel.
func reach(area, from, to, length float64) float64 {
	slope := (to - from) / length
	root := math.Sqrt(max(0, from*from+2*slope*area))
	if from+root == 0 {
		return 0
	}
	return 2 * area / (from + root)
}

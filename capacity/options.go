package capacity

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Options say what is searched for and how long.
type Options struct {
	// Limits are what has to hold. None: the p95 of every event is at most
	// one second above its value with Min users, and errors <= 1%.
	Limits []Limit

	// LeftOut are thresholds that take no part; the answer names them.
	LeftOut []string

	// Open: the load is arrivals a second, each of them a user who comes once;
	// else it is a number of users.
	Open bool

	// Min and Max are the loads to begin with and to end at; 0 stands for 1 and
	// for no end. Rates are tried in steps of a tenth of Min.
	Min, Max float64

	// Wanted is a load that the app is to serve; 0: none. Where the interval leaves
	// open whether it does, that is decided, too, if it can be.
	Wanted float64

	// Budget is the time for all of it, 15 minutes where it is 0; StepTime the
	// longest stay at a level, a third of the budget where it is 0.
	Budget, StepTime time.Duration

	Confidence float64 // of the interval; 0 stands for 0.95

	// AllowSaturated takes a level for what it shows even where the load
	// generator was saturated.
	AllowSaturated bool

	// Tried, where there is one, is told of each stay at a level at its end.
	Tried func(Level)

	step        float64 // of the load: a level is so many
	least, most int     // Min and Max in steps
	wanted      int     // no less than Wanted, in steps
}

// DefaultBudget is the time of a search where nobody says.
const DefaultBudget = 15 * time.Minute

const (
	noEnd      = 1 << 20 // steps
	stepsOfMin = 10      // a rate is known to a tenth of the lowest

	// precise is what the interval may be wide, as a share to either side.
	precise = 0.1
)

func (o *Options) settle() error {
	if o.Min == 0 {
		o.Min = 1
	}
	if o.Budget == 0 {
		o.Budget = DefaultBudget
	}
	if o.StepTime == 0 {
		o.StepTime = o.Budget / 3
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	switch {
	case o.Open && !(o.Min > 0 && o.Min < math.Inf(1)):
		return fmt.Errorf("capacity: %s is no rate to begin with: give more than 0", count(o.Min, o.unit()))
	case !o.Open && (o.Min < 1 || o.Min != math.Trunc(o.Min)):
		return fmt.Errorf("capacity: %s is no number to begin with: give 1 or more", count(o.Min, o.unit()))
	case o.Max != 0 && !(o.Max >= o.Min):
		return fmt.Errorf("capacity: from %s to %s leaves nothing to try", number(o.Min), count(o.Max, o.unit()))
	case !(o.Wanted >= 0):
		return fmt.Errorf("capacity: %s is no load to ask for: give 0 or more", count(o.Wanted, o.unit()))
	case o.Budget < 0 || o.StepTime < 0:
		return errors.New("capacity: a time is negative")
	case o.StepTime > o.Budget:
		return fmt.Errorf("capacity: the step time of %s is longer than the budget of %s: give less of the one or more of the other", short(o.StepTime), short(o.Budget))
	case o.Confidence <= 0.5 || o.Confidence >= 1:
		return fmt.Errorf("capacity: a confidence of %v is not between 0.5 and 1: give 0.95", o.Confidence)
	}
	for _, l := range o.Limits {
		if err := l.check(); err != nil {
			return fmt.Errorf("capacity: %w", err)
		}
	}
	o.step, o.most = 1, noEnd
	if o.Open {
		o.step = o.Min / stepsOfMin
	}
	o.least = int(math.Round(o.Min / o.step))
	o.wanted = int(min(math.Ceil(o.Wanted/o.step-1e-9), noEnd))
	if o.Max > 0 {
		o.most = int(min(math.Floor(o.Max/o.step+1e-9), noEnd))
	}
	return nil
}

// load is that of a level.
func (o *Options) load(n int) float64 {
	if !o.Open {
		return float64(n)
	}
	return math.Round(float64(n)*o.step*1e9) / 1e9 // 1.1 rather than 1.1000000000000001
}

// unit is what a load is counted in.
func (o *Options) unit() string {
	if o.Open {
		return "arrivals/s"
	}
	return "users"
}

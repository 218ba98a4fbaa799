package capacity

import (
	"errors"
	"fmt"
	"time"
)

// Options say what is searched for and how long.
type Options struct {
	// Limits are what has to hold. None: the p95 of every event is at most
	// one second above its value with Min users, and errors <= 1%.
	Limits []Limit

	Min, Max int // levels; 0 stands for 1 and for no end

	// Budget is the time for all of it, 15 minutes where it is 0; StepTime the
	// longest stay at a level, a third of the budget where it is 0.
	Budget, StepTime time.Duration

	Confidence float64 // of the interval; 0 stands for 0.95

	// AllowSaturated takes a level for what it shows even where the load
	// generator was saturated.
	AllowSaturated bool

	// Open: a level is a rate of arrivals, and each of them a user of its own.
	Open bool
	// Unit is what a level counts, in a sentence: "users" where it is empty.
	Unit string

	// Tried, where there is one, is told of each stay at a level at its end.
	Tried func(Level)
}

const (
	defaultBudget = 15 * time.Minute
	noEnd         = 1 << 20 // levels

	// precise is what the interval may be wide, as a share to either side.
	precise = 0.1
)

func (o *Options) settle() error {
	if o.Min == 0 {
		o.Min = 1
	}
	if o.Max == 0 {
		o.Max = noEnd
	}
	if o.Budget == 0 {
		o.Budget = defaultBudget
	}
	if o.StepTime == 0 {
		o.StepTime = o.Budget / 3
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	if o.Unit == "" {
		o.Unit = "users"
	}
	switch {
	case o.Min < 1:
		return fmt.Errorf("capacity: at least %d %s is no number to begin with: give 1 or more", o.Min, o.Unit)
	case o.Max < o.Min:
		return fmt.Errorf("capacity: at least %d and at most %d %s leave nothing to try", o.Min, o.Max, o.Unit)
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
	return nil
}

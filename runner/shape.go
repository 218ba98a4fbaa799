package runner

import (
	"math"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// shape is the load as a pure function of the time elapsed since it began. A
// shape has a file of its own.
type shape interface {
	// wanted returns how many users are wanted at elapsed, which is not below
	// 0, and the first later time at which it is another number; [never] where
	// it stays.
	wanted(elapsed time.Duration) (users int, next time.Duration)

	// phase returns the phase that elapsed lies in; "" where that is for the
	// users to say who have come and gone.
	phase(elapsed time.Duration) event.Phase
}

// never is later than any time of a load.
const never time.Duration = math.MaxInt64

// shapeOf is the shape of a closed load.
func shapeOf(l scenario.LoadModel) shape {
	if len(l.Stages) > 0 {
		return newStaged(l.Stages)
	}
	return closed{max(1, l.Users), l.StartInterval}
}

package runner

import (
	"math"
	"time"
)

// shape is the load as a pure function of the time elapsed since it began. A
// shape has a file of its own.
type shape interface {
	// wanted returns how many users are wanted at elapsed, which is not below
	// 0, and the first later time at which it is another number; [never] where
	// it stays.
	wanted(elapsed time.Duration) (users int, next time.Duration)

	// most returns the largest number of users that is ever wanted.
	most() int
}

// never is later than any time of a load.
const never time.Duration = math.MaxInt64

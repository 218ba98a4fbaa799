package runner

import (
	"time"

	"github.com/loadwright/loadwright/event"
)

// closed is a fixed number of users, each of which starts interval after the
// one before.
type closed struct {
	users    int
	interval time.Duration // 0: all at once
}

func (c closed) wanted(elapsed time.Duration) (int, time.Duration) {
	if c.interval <= 0 || elapsed/c.interval >= time.Duration(c.users-1) {
		return c.users, never
	}
	n := elapsed/c.interval + 1
	return int(n), n * c.interval
}

func (c closed) phase(time.Duration) event.Phase { return "" }

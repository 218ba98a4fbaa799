package page

import (
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
)

// count gives points their active users where the rows don't tell them, and fits
// the lines to these points.
func (b *Builder) count() {
	users := b.active.spans(b.last, 0)
	b.slopes = make([]stats.Slope, len(b.events))
	for i := range b.points.all {
		p := &b.points.all[i]
		// The last change before the stop: who stops there is still there.
		stop := b.origin.Add(time.Duration(p.start + p.took))
		if at, _ := slices.BinarySearchFunc(users, stop, func(s step, t event.Instant) int { return int(s.at - t) }); at > 0 {
			p.users = int32(max(1, users[at-1].users))
		}
		if p.status == okPoint {
			b.slopes[p.event].Add(float64(p.users), time.Duration(p.took).Seconds())
		}
	}
}

package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
)

// mostMoments bounds the moments that rows are told apart by in [momentSums].
const mostMoments = 4096

// momentSums are the durations of each event by the moment at which they ended:
// how many users were there then is known only when all rows are. Moments get
// longer with the run.
type momentSums struct {
	width  time.Duration
	events [][]momentSum
}

// momentSum is of the rows that ended in one moment: how many, their mean, and
// the sum of the squares of what they differ from it by. In seconds.
type momentSum struct{ n, mean, squares float64 }

func (s *momentSum) add(o momentSum) {
	if o.n == 0 {
		return
	}
	n, d := s.n+o.n, o.mean-s.mean
	s.squares += o.squares + d*d*s.n*o.n/n
	s.mean += d * o.n / n
	s.n = n
}

// add takes in a row of an event that ended so long after the run's begin.
func (m *momentSums) add(of int, ended, took time.Duration) {
	if m.width == 0 {
		m.width = time.Millisecond
	}
	for max(0, ended)/m.width >= mostMoments {
		m.widen()
	}
	for len(m.events) <= of {
		m.events = append(m.events, nil)
	}
	at := int(max(0, ended) / m.width)
	if more := at + 1 - len(m.events[of]); more > 0 {
		m.events[of] = append(m.events[of], make([]momentSum, more)...)
	}
	m.events[of][at].add(momentSum{1, took.Seconds(), 0})
}

func (m *momentSums) widen() {
	m.width *= 2
	for i, all := range m.events {
		for k := range all {
			if k%2 == 0 {
				all[k/2] = all[k]
			} else {
				all[k/2].add(all[k])
			}
		}
		m.events[i] = all[:(len(all)+1)/2]
		clear(all[len(m.events[i]):])
	}
}

// slopes fits lines to the durations, over the users that were there in the mean
// of each moment.
func (m *momentSums) slopes(events int, users []step, origin event.Instant) []stats.Slope {
	slopes := make([]stats.Slope, events)
	longest := 0
	for _, all := range m.events {
		longest = max(longest, len(all))
	}
	if longest == 0 {
		return slopes
	}
	for k, there := range meanUsers(users, origin, m.width, longest) {
		for i, all := range m.events {
			if k < len(all) {
				slopes[i].AddAll(there, all[k].n, all[k].mean, all[k].squares)
			}
		}
	}
	return slopes
}

// meanUsers is how many users were there in the mean of each of some moments that
// follow each other, of the part of it in which anybody was.
func meanUsers(users []step, origin event.Instant, width time.Duration, moments int) []float64 {
	sum, there := make([]float64, moments), make([]float64, moments)
	for i, s := range users[:max(0, len(users)-1)] {
		if s.users == 0 {
			continue
		}
		from, to := max(0, s.at.Sub(origin)), max(0, users[i+1].at.Sub(origin))
		for k := from / width; k*width < to && int(k) < moments; k++ {
			part := float64(min(to, (k+1)*width) - max(from, k*width))
			sum[k] += part * float64(s.users)
			there[k] += part
		}
	}
	for k := range sum {
		if there[k] > 0 {
			sum[k] /= there[k]
		}
		sum[k] = max(1, sum[k])
	}
	return sum
}

// count gives points their active users where the rows don't tell them, and fits
// the lines: to all points, or, where they are thinned, to all rows, moment by
// moment.
func (b *Builder) count() {
	users := b.active.spans(b.last, 0)
	whole := b.points.oneIn == 1 && b.points.failuresOneIn == 1
	if b.slopes = make([]stats.Slope, len(b.events)); !whole {
		b.slopes = b.moments.slopes(len(b.events), users, b.origin)
	}
	for i := range b.points.all {
		p := &b.points.all[i]
		// The last change before the stop: who stops there is still there.
		stop := b.origin.Add(time.Duration(p.start + p.took))
		if at, _ := slices.BinarySearchFunc(users, stop, func(s step, t event.Instant) int { return cmp.Compare(s.at, t) }); at > 0 {
			p.users = int32(max(1, users[at-1].users))
		}
		if whole && p.status == okPoint {
			b.slopes[p.event].Add(float64(p.users), time.Duration(p.took).Seconds())
		}
	}
}

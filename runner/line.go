package runner

import (
	"sort"
	"sync"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// line are the arrivals of an open load, from the moment at which one is due soon
// until its user is sent for. Its times are those of the load. Whoever likes may
// ask it how many wait.
//
// Users with pages are sent for early, so that their sessions are there in time,
// and so before others who are due before them. Nobody is passed over who is due
// already.
type line struct {
	mu       sync.Mutex
	schedule *arrivals
	deal     *scenario.Deal
	kinds    []scenario.UserType
	early    time.Duration // of users with pages; 0: there are none

	pages, requests []sending     // drawn, in the order in which they are due
	last            time.Duration // when the last one drawn is due
	number          int           // of the last one drawn, from 1

	// The same schedule, up to those who are due now: what a line of hours holds
	// is counted, and not kept.
	counting *arrivals
	counted  int
}

// sending sends for a user.
type sending struct {
	due    time.Duration
	number int // of the arrival, from 1
	kind   int
}

func newLine(l scenario.LoadModel, kinds []scenario.UserType, seed int64) *line {
	q := &line{
		schedule: newArrivals(l, seed), counting: newArrivals(l, seed),
		deal: scenario.NewDeal(kinds), kinds: kinds,
	}
	for _, k := range kinds {
		if k.Pages {
			q.early = ahead
		}
	}
	return q
}

// look returns when the next user is to be sent for, which may be over; false:
// nobody comes any more.
func (q *line) look(now time.Duration) (at time.Duration, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.draw(now)
}

// take returns who is to be sent for; false: nobody is, yet.
func (q *line) take(now time.Duration) (sending, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at, more := q.draw(now); !more || at > now {
		return sending{}, false
	}
	if s, ok := q.first(); ok && s.due <= now {
		return q.pop(), true
	}
	s := q.pages[0]
	q.pages = q.pages[1:]
	return s, true
}

// draw draws the arrivals that are due soon, and returns when somebody is to be
// sent for. It draws none while somebody waits: the line would be kept.
func (q *line) draw(now time.Duration) (at time.Duration, more bool) {
	for {
		if s, ok := q.first(); ok && s.due <= now {
			return s.due, true
		}
		due, left := q.schedule.due()
		if !left || due > now+q.early {
			at = never
			if left {
				at = due - q.early
			}
			if len(q.pages) > 0 {
				at = min(at, q.pages[0].due-q.early)
			}
			if len(q.requests) > 0 {
				at = min(at, q.requests[0].due)
			}
			return at, at < never
		}
		q.drawOne(due)
	}
}

func (q *line) drawOne(due time.Duration) {
	q.number++
	s := sending{due, q.number, q.deal.Next()}
	if q.kinds[s.kind].Pages {
		q.pages = append(q.pages, s)
	} else {
		q.requests = append(q.requests, s)
	}
	q.last = due
	q.schedule.came()
}

// first is who of those drawn is due first.
func (q *line) first() (sending, bool) {
	switch {
	case len(q.pages) > 0 && (len(q.requests) == 0 || q.pages[0].due <= q.requests[0].due):
		return q.pages[0], true
	case len(q.requests) > 0:
		return q.requests[0], true
	}
	return sending{}, false
}

// pop takes the first out.
func (q *line) pop() sending {
	s, _ := q.first()
	if len(q.pages) > 0 && q.pages[0] == s {
		q.pages = q.pages[1:]
	} else {
		q.requests = q.requests[1:]
	}
	return s
}

// rest takes out who is due next, who will not be sent for; false: nobody who is
// due before then is left.
func (q *line) rest(before time.Duration) (due time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, drawn := q.first(); !drawn {
		next, left := q.schedule.due()
		if !left || next >= before {
			return 0, false
		}
		q.drawOne(next)
	}
	s := q.pop()
	return s.due, s.due < before
}

// change has users come at another rate, from now on or, where some were drawn
// already, after these.
func (q *line) change(now, end time.Duration, rate float64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := max(q.last, now)
	q.schedule.change(at, end, rate)
	q.counting.change(at, end, rate)
}

// waiting is how many are due and were not sent for.
func (q *line) waiting(now time.Duration) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	for due, more := q.counting.due(); more && due <= now; due, more = q.counting.due() {
		q.counting.came()
		q.counted++
	}
	n := max(0, q.counted-q.number)
	for _, drawn := range [][]sending{q.pages, q.requests} {
		n += sort.Search(len(drawn), func(i int) bool { return drawn[i].due > now })
	}
	return n
}

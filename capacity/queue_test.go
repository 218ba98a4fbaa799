package capacity

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// queue is an app in virtual time: requests wait in one line for so many
// workers. Closed, each user asks, waits, thinks and asks again; open, users
// arrive at random and ask once.
type queue struct {
	random  *rand.Rand
	workers int
	// serve draws what a request takes of a worker, in seconds.
	serve func(q *queue) float64
	// think draws the seconds until a user asks again; nil: at once.
	think func(q *queue) float64
	open  bool // the load is arrivals a second
	// requests are those of an iteration: a user who is let go ends its own first.
	requests int // 0: one

	fails     func(q *queue, user int) bool // at its begin; nil: never
	slower    func(q *queue, user int) float64
	event     func(user int) string // that a user has; nil: interact
	saturated int                   // from so many users on the generator is; 0: never
	busyFrom  float64               // so many seconds on
	busyTo    float64               // up to; 0: for good
	dies      int                   // with so many users the app dies
	back      float64               // and comes back after so many seconds; 0: never
	failFor   float64               // how long a failure takes
	cores     int                   // of the machine; 0: nobody looks
	unable    int                   // from so many users on sessions can't be opened; 0: always
	rows      int                   // of data, one for each user; 0: all find one
	rowsUntil float64               // rows are used up, one for each iteration; 0: never

	now        float64 // seconds
	users      int     // asked for
	rate       float64 // of an open queue
	free       []float64
	events     []happening // a heap by time
	inside     int         // requests in the app
	busy       float64     // seconds of a worker since the last report
	next       int         // an open queue's next user
	epoch      int         // of arrivals: the rate has changed
	down       float64     // until then the app is gone
	gone       string
	rareAt     float64 // seconds
	overloaded bool
	there      []bool
	asked      []int // requests, of each user
	active     int
	seen       []Observation // of the last report
}

type happening struct {
	at     float64
	begun  float64
	user   int
	epoch  int
	kind   int8
	failed bool
}

const (
	asks int8 = iota
	answered
	arrives
)

func newQueue(seed uint64, workers int, serve func(*queue) float64) *queue {
	return &queue{random: rand.New(rand.NewPCG(seed, 7)), workers: workers, serve: serve, free: make([]float64, workers)}
}

func exponential(mean float64) func(*queue) float64 {
	return func(q *queue) float64 { return mean * q.random.ExpFloat64() }
}

func exact(mean float64) func(*queue) float64 { return func(*queue) float64 { return mean } }

func (q *queue) push(h happening) {
	q.events = append(q.events, h)
	i := len(q.events) - 1
	for i > 0 {
		p := (i - 1) / 2
		if q.events[p].at <= q.events[i].at {
			break
		}
		q.events[p], q.events[i] = q.events[i], q.events[p]
		i = p
	}
}

func (q *queue) pop() happening {
	top := q.events[0]
	n := len(q.events) - 1
	q.events[0] = q.events[n]
	q.events = q.events[:n]
	for i := 0; ; {
		c := 2*i + 1
		if c >= n {
			break
		}
		if c+1 < n && q.events[c+1].at < q.events[c].at {
			c++
		}
		if q.events[i].at <= q.events[c].at {
			break
		}
		q.events[i], q.events[c] = q.events[c], q.events[i]
		i = c
	}
	return top
}

func (q *queue) Set(_ context.Context, load float64) error {
	users := int(load)
	q.users, q.rate = users, load
	if q.open {
		q.epoch++
		q.push(happening{at: q.now + q.random.ExpFloat64()/q.rate, kind: arrives, epoch: q.epoch})
		return nil
	}
	for len(q.there) < users {
		q.there, q.asked = append(q.there, false), append(q.asked, 0)
	}
	for u := range users {
		if !q.there[u] && (q.rows == 0 || u < q.rows) {
			q.there[u] = true
			q.active++
			q.push(happening{at: q.now, user: u, kind: asks})
		}
	}
	return nil
}

func (q *queue) Watch(ctx context.Context, d time.Duration) (Report, error) {
	r := Report{Events: q.seen[:0]}
	until := q.now + d.Seconds()
	for len(q.events) > 0 && q.events[0].at <= until && q.gone == "" {
		h := q.pop()
		q.now = h.at
		switch h.kind {
		case arrives:
			if h.epoch != q.epoch {
				continue
			}
			q.ask(q.next)
			q.next++
			q.push(happening{at: q.now + q.random.ExpFloat64()/q.rate, kind: arrives, epoch: q.epoch})
		case asks:
			if h.user >= q.users && q.asked[h.user] >= q.requests {
				q.there[h.user], q.asked[h.user] = false, 0
				q.active--
				continue
			}
			if q.asked[h.user] >= q.requests {
				q.asked[h.user] = 0
			}
			q.asked[h.user]++
			q.ask(h.user)
		case answered:
			q.inside--
			o := Observation{At: at(h.at), Event: "interact", User: h.user, Took: at(h.at) - at(h.begun), Failed: h.failed}
			if h.failed {
				o.Class = "status"
			}
			if q.event != nil {
				o.Event = q.event(h.user)
			}
			r.Events = append(r.Events, o)
			if q.open {
				continue
			}
			pause := 0.0
			if q.think != nil {
				pause = q.think(q)
			}
			q.push(happening{at: q.now + pause, user: h.user, kind: asks})
		}
	}
	if q.gone == "" {
		q.now = until
	}
	r.Now = at(q.now)
	q.seen = r.Events
	r.Gone, q.gone = q.gone, ""
	if q.cores > 0 && d > 0 {
		r.App = Usage{Known: true, Cores: q.busy / d.Seconds(), Busiest: q.busy / d.Seconds(), Of: q.cores}
		q.busy = 0
	}
	if q.saturated > 0 && q.users >= q.saturated && q.now >= q.busyFrom && (q.busyTo == 0 || q.now < q.busyTo) {
		r.Saturated, r.SaturatedFor = "the generator had no CPU to spare", d
	}
	if q.unable > 0 && q.users >= q.unable {
		r.Unable, r.UnableFor = "sessions could not be opened: too many open files", d
	}
	r.Active = q.active
	if q.rows > 0 || q.rowsUntil > 0 {
		r.Fewer = "the rows of users.csv are used up"
	}
	if q.rowsUntil > 0 && q.now >= q.rowsUntil {
		r.Active, r.Events = 0, nil
	}
	return r, ctx.Err()
}

// ask puts a request in line.
func (q *queue) ask(user int) {
	q.inside++
	if q.dies > 0 && q.users >= q.dies && q.now > q.down && q.inside >= q.dies {
		q.gone = "fatal error: out of memory."
		q.down = q.now + q.back
		if q.back == 0 {
			q.down = 1e12
		}
	}
	if q.now < q.down || q.fails != nil && q.fails(q, user) {
		q.push(happening{at: q.now + q.failFor, begun: q.now, user: user, kind: answered, failed: true})
		return
	}
	w := 0
	for i, f := range q.free {
		if f < q.free[w] {
			w = i
		}
	}
	took := q.serve(q)
	q.free[w] = max(q.free[w], q.now) + took
	q.busy += took
	end := q.free[w]
	if q.slower != nil {
		end += q.slower(q, user)
	}
	q.push(happening{at: end, begun: q.now, user: user, kind: answered})
}

func at(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

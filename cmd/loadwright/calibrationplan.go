package main

import (
	"math"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

const (
	// leastLevel is for how long readings are taken at least: a shorter level
	// tells too little of how busy the machine was.
	leastLevel = 6 * time.Second
	// levelOverhead is what a level is reckoned to take beside its load, before
	// one has been taken.
	levelOverhead = 6 * time.Second
	// levelGrace is how long users may go on at a level's end: the longest delay
	// fits.
	levelGrace = 2 * time.Second
	// sessionCost is what a user's start costs, in core-seconds: docs/scale.md.
	sessionCost = 250 * time.Millisecond
	// enoughEvents end a level: they make a p95.
	enoughEvents = leastForP95 + 5
	// levelMargin is how much longer than expected those may take.
	levelMargin = 1.3
)

// attempt is a level that is to be taken.
type attempt struct {
	users int
	warm  time.Duration // while they start, one after the other: no reading counts
	long  time.Duration // how long readings are taken, at most
}

// taken is what came of one.
type taken struct {
	attempt
	load   time.Duration // from the first user's start to the last one's end
	all    time.Duration // with what came before and after
	events int           // whose readings count
	failed bool          // the machine does not carry so many users
}

// plan decides what levels a calibration takes: each is as long as its p95 needs,
// more and more users while the machine carries them, and then numbers between the
// most that it carried and the fewest that it did not, until time is up.
type plan struct {
	budget time.Duration
	most   int     // users
	fixed  []int   // exactly these, for as long as the budget has it; nil: a search
	rate   float64 // interacts a second that one user is expected to come to
	cores  int     // that users' starts are spread over

	plain taken
	done  []taken
}

// first is the level of plain Playwright waits: its median needs few readings.
func (p *plan) first() attempt {
	a := p.attempt(1)
	a.long = min(30*time.Second, max(leastLevel, p.budget/15))
	return a
}

// next is the level to take after those that are done; false: there is none, or no
// time for it.
func (p *plan) next() (attempt, bool) {
	left := p.budget - p.spent()
	if len(p.fixed) > 0 {
		return p.nextFixed(left)
	}
	users := p.nextUsers(left)
	if users == 0 {
		return attempt{}, false
	}
	a := p.attempt(users)
	need := p.need(users)
	a.long = min(time.Duration(levelMargin*float64(need)), left-p.beside(a))
	if len(p.done) == 0 { // however few its events will be
		need = leastLevel
	}
	return a, a.long >= need
}

// nextFixed gives each level that is left the same time for its readings.
func (p *plan) nextFixed(left time.Duration) (attempt, bool) {
	rest := p.fixed[len(p.done):]
	if len(rest) == 0 {
		return attempt{}, false
	}
	all := left
	for _, users := range rest {
		all -= p.beside(p.attempt(users))
	}
	a := p.attempt(rest[0])
	a.long = max(leastLevel, all/time.Duration(len(rest)))
	return a, a.long+p.beside(a) <= left
}

// nextUsers is how many users a search goes on with; 0: it is done.
func (p *plan) nextUsers(left time.Duration) int {
	low, high := 0, 0
	for _, t := range p.done {
		if t.failed && (high == 0 || t.users < high) {
			high = t.users
		}
	}
	for _, t := range p.done {
		if !t.failed && (high == 0 || t.users < high) {
			low = max(low, t.users)
		}
	}
	switch {
	case len(p.done) == 0:
		return p.start(left)
	case high == 0 && low < p.most:
		return p.more(low)
	case high == 0, high-low <= max(1, low/8):
		return 0
	}
	return min(high-1, max(low+1, int(math.Round(math.Sqrt(float64(max(1, low)*high))))))
}

// start is the number of users that a search begins with: one, unless one needs
// most of the time to come to a p95.
func (p *plan) start(left time.Duration) int {
	users := 1
	for users < p.most && p.need(users)+p.beside(p.attempt(users)) > left*2/3 {
		users = p.more(users)
	}
	return users
}

// more is the next larger number of users.
func (p *plan) more(users int) int {
	if users < 16 {
		return min(p.most, 4*users)
	}
	return min(p.most, 2*users)
}

// attempt is a level without its length.
func (p *plan) attempt(users int) attempt {
	return attempt{users: users, warm: time.Second + time.Duration(users)*p.interval()}
}

// interval is how much later each user starts than the one before.
func (p *plan) interval() time.Duration { return sessionCost / time.Duration(max(1, p.cores)) }

// need is how long a level is expected to take for a p95.
func (p *plan) need(users int) time.Duration {
	rate := p.rate
	for _, t := range p.done {
		if long := (t.load - t.warm - levelGrace).Seconds(); !t.failed && t.events > 0 && long > 0 {
			rate = float64(t.events) / long / float64(t.users)
		}
	}
	least := max(leastLevel, p.budget/20)
	if rate <= 0 {
		return least
	}
	// The bound keeps a rate next to nothing from overflowing.
	return max(least, time.Duration(min(1e6, enoughEvents/rate/float64(users))*float64(time.Second)))
}

// beside is what a level takes beside its readings.
func (p *plan) beside(a attempt) time.Duration { return a.warm + levelGrace + p.overhead() }

// overhead is what a level takes beside its load.
func (p *plan) overhead() time.Duration {
	if p.plain.all == 0 {
		return levelOverhead
	}
	longest := p.plain.all - p.plain.load
	for _, t := range p.done {
		longest = max(longest, t.all-t.load)
	}
	return longest
}

func (p *plan) spent() time.Duration {
	all := p.plain.all
	for _, t := range p.done {
		all += t.all
	}
	return all
}

// least is the smallest budget that makes sense.
func (p *plan) least() time.Duration {
	users := p.fixed
	if len(users) == 0 {
		users = []int{1}
	}
	all := leastLevel + p.beside(p.attempt(1)) // plain Playwright waits
	for _, n := range users {
		all += leastLevel + p.beside(p.attempt(n))
	}
	return all
}

// rateOf is how many interacts a second one user is expected to come to, on the
// average of the kinds of user.
func rateOf(kinds []scenario.Rhythm) float64 {
	const click, load, session = 60 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond // beside the app's own times
	rate, weights := 0.0, 0.0
	for _, k := range kinds {
		long, acts := session, 0
		for i, b := range k.Beats {
			if b.Kind == scenario.Loads || i == 0 {
				long += load
			}
			switch b.Kind {
			case scenario.Acts:
				acts++
				long += click + meanDelay()
			case scenario.Thinks:
				long += b.Think.Mean()
			}
		}
		rate += k.Weight * float64(acts) / long.Seconds()
		weights += k.Weight
	}
	return rate / weights
}

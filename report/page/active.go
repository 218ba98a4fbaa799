package page

import (
	"cmp"
	"slices"
	"time"

	"github.com/loadwright/loadwright/event"
)

const (
	// mostUsers bounds the users of whom it is known from when to when they
	// were there.
	mostUsers = 1_000_000
	// mostSteps bounds how often the number of active users changes.
	mostSteps = 2000
	// mostLatest bounds the rows that wait for those that began before them and
	// end later.
	mostLatest = 5000
)

// activeUsers is how many users were there, over time.
//
// A row tells how many there were when it ended. Between two rows there were as
// many as the later one says: who leaves does so when a row of its own has ended,
// and who comes is there from the start of its first row on. When that row ends,
// others have told of the time since. So the latest rows are kept as they came,
// and what those before them tell as steps, thinned.
//
// Rows of Python Loadwright tell nothing of the kind: there, users are there from
// their first row to their last.
type activeUsers struct {
	visits map[int]visit // of each user, the latest one
	known  bool          // the rows tell how many users there were

	rows   []rowEnd
	begins []event.Instant  // of visits
	ends   map[leaving]bool // of visits that others have followed
	past   []step           // up to since, thinned
	since  event.Instant    // the end of the latest row that is in past
	after  int              // users that were still there after it
	folded bool
}

// visit is from when to when a user was there, by its rows.
type visit struct{ from, to event.Instant }

// leaving is that a user left after a row that ended then.
type leaving struct {
	user int
	at   event.Instant
}

// rowEnd is a row that tells how many users there were when it ended.
type rowEnd struct {
	leaving
	users int
}

// step is a number of users from an instant on.
type step struct {
	at    event.Instant
	users int
}

func newActiveUsers() activeUsers {
	return activeUsers{visits: map[int]visit{}, ends: map[leaving]bool{}}
}

// add takes a row in.
func (a *activeUsers) add(e *event.Event) {
	told := e.Users > 0
	a.known = a.known || told
	a.attend(e, told)
	if !told || a.folded && e.Stop <= a.since {
		return
	}
	a.rows = append(a.rows, rowEnd{leaving{e.User, e.Stop}, e.Users})
	if len(a.rows) >= 2*mostLatest {
		a.fold()
	}
}

// attend notes from when to when the row's user was there.
func (a *activeUsers) attend(e *event.Event, told bool) {
	s, ok := a.visits[e.User]
	switch {
	case !ok && len(a.visits) >= mostUsers:
		return
	case ok && e.LateKnown && e.Start > s.to: // another arrival under the same number
		if told && s.to > a.since {
			a.ends[leaving{e.User, s.to}] = true
		}
		ok = false
	}
	switch {
	case !ok:
		a.visits[e.User] = visit{e.Start, e.Stop}
		if told && (!a.folded || e.Start > a.since) {
			a.begins = append(a.begins, e.Start)
		}
		return
	case e.Start < s.from: // the event around those before
		if i := slices.Index(a.begins, s.from); i >= 0 {
			a.begins[i] = e.Start
		}
	}
	a.visits[e.User] = visit{min(s.from, e.Start), max(s.to, e.Stop)}
}

// fold makes steps of the earlier half of the rows.
func (a *activeUsers) fold() {
	byTime(a.rows)
	slices.Sort(a.begins)
	if !a.folded {
		a.since, a.folded = a.start(), true
	}
	a.walk(a.rows[:mostLatest], a.begins)
	a.rows = append(a.rows[:0], a.rows[mostLatest:]...)
	a.begins = slices.DeleteFunc(a.begins, func(at event.Instant) bool { return at <= a.since })
	for l := range a.ends {
		if l.at <= a.since {
			delete(a.ends, l)
		}
	}
	if len(a.past) > 4*mostSteps {
		a.past = thinned(a.past, mostSteps)
	}
}

func byTime(rows []rowEnd) {
	slices.SortStableFunc(rows, func(x, y rowEnd) int { return cmp.Compare(x.at, y.at) })
}

// start is when the first user is known to have been there. The rows and the
// begins are in order.
func (a *activeUsers) start() event.Instant {
	at := a.rows[0].at
	if len(a.begins) > 0 {
		at = min(at, a.begins[0])
	}
	return at
}

// walk adds to the steps what rows tell, in the order of their ends, and begins
// of visits, in order.
func (a *activeUsers) walk(rows []rowEnd, begins []event.Instant) {
	for _, r := range rows {
		came := 0
		for came < len(begins) && begins[came] <= r.at {
			came++
		}
		least := min(r.users, max(a.after, r.users-came))
		a.step(a.since, least)
		for i, at := range begins[:came] {
			a.step(max(at, a.since), max(least, r.users-(came-1-i)))
		}
		begins = begins[came:]
		a.since, a.after = r.at, r.users
		if a.ends[r.leaving] || a.visits[r.user].to == r.at {
			a.after--
		}
	}
}

func (a *activeUsers) step(at event.Instant, users int) {
	n := len(a.past)
	switch {
	case n > 0 && at <= a.past[n-1].at:
		a.past[n-1].users = users
	case n == 0 || a.past[n-1].users != users:
		a.past = append(a.past, step{at, users})
	}
}

// steps are how many users were there up to an instant, at which so many still
// are. There is an answer for any number of users and rows, in bounded time.
func (a *activeUsers) steps(until event.Instant, still int) []step {
	if !a.known {
		return thinned(a.spans(until, still), mostSteps)
	}
	now := *a // it goes on from here
	now.rows, now.begins, now.past = slices.Clone(a.rows), slices.Clone(a.begins), slices.Clone(a.past)
	byTime(now.rows)
	slices.Sort(now.begins)
	if !a.folded {
		now.since = now.start()
	}
	now.walk(now.rows, now.begins)
	if n := len(now.past); n > 0 && now.past[n-1].at < until {
		now.past = append(now.past, step{until, still})
	} else {
		now.step(until, still)
	}
	return thinned(now.past, mostSteps)
}

// spans counts users from the start of their first row to the end of their last.
// Those seen last are still there, so many of them.
func (a *activeUsers) spans(until event.Instant, still int) []step {
	type change struct {
		at event.Instant
		by int
	}
	changes := make([]change, 0, 2*len(a.visits))
	last := make([]event.Instant, 0, len(a.visits))
	for _, s := range a.visits {
		changes = append(changes, change{s.from, 1})
		last = append(last, s.to)
	}
	slices.Sort(last)
	for _, at := range last[:max(0, len(last)-still)] {
		changes = append(changes, change{at, -1})
	}
	if still > 0 && len(last) > 0 {
		changes = append(changes, change{until, 0})
	}
	slices.SortFunc(changes, func(x, y change) int { return cmp.Compare(x.at, y.at) })
	var all []step
	n := 0
	for _, c := range changes {
		n += c.by
		if last := len(all) - 1; last >= 0 && all[last].at == c.at {
			all[last].users = n
			continue
		}
		all = append(all, step{c.at, n})
	}
	return all
}

// thinned keeps the first, the least, the most and the last step of each of some
// stretches of time.
func thinned(all []step, most int) []step {
	n := len(all)
	if n <= most {
		return all
	}
	var out []step
	width := all[n-1].at.Sub(all[0].at)/time.Duration(most/4) + 1
	for i := 0; i < n; {
		end := i
		low, high := i, i
		for ; end < n && all[end].at.Sub(all[i].at) < width; end++ {
			if all[end].users < all[low].users {
				low = end
			}
			if all[end].users > all[high].users {
				high = end
			}
		}
		kept := []int{i, low, high, end - 1}
		slices.Sort(kept)
		for _, k := range slices.Compact(kept) {
			out = append(out, all[k])
		}
		i = end
	}
	return out
}

// inSeconds are steps as the page has them.
func inSeconds(all []step, origin event.Instant) Steps {
	s := Steps{Times: []float64{}, Values: []int{}}
	for _, x := range all {
		at := seconds(x.at.Sub(origin))
		if last := len(s.Times) - 1; last >= 0 && s.Times[last] == at {
			s.Values[last] = x.users
			continue
		}
		s.Times, s.Values = append(s.Times, at), append(s.Values, x.users)
	}
	return s
}

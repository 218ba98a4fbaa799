package page

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// growing are rows, user by user, of an app that takes a millisecond more for
// each further user, and now and then very long.
func growing(users, each int) []event.Event {
	random := rand.New(rand.NewPCG(7, 8))
	var rows []event.Event
	for u := range users {
		at := 2000 * u
		for range each {
			took := 300 + min(users, 1+at/2000) + random.IntN(100)
			if random.IntN(200) == 0 {
				took *= 5
			}
			e := row("interact", u, at, took)
			e.Users = 0
			rows = append(rows, e)
			at += took + random.IntN(200)
		}
	}
	return rows
}

// lineOf fits a straight line to all rows, over the users that were between their
// first row and their last when a row ended.
func lineOf(rows []event.Event, each int) (slope, at0, wide float64) {
	counted := make([]event.Event, len(rows))
	copy(counted, rows)
	countUsers(counted, each)
	var n, x, y, xx, xy, rest float64
	for _, e := range counted {
		u, took := float64(e.Users), e.Duration().Seconds()
		n, x, y, xx, xy = n+1, x+u, y+took, xx+u*u, xy+u*took
	}
	slope = (n*xy - x*y) / (n*xx - x*x)
	at0 = (y - slope*x) / n
	for _, e := range counted {
		d := e.Duration().Seconds() - at0 - slope*float64(e.Users)
		rest += d * d
	}
	return slope, at0, math.Sqrt(rest / (n - 2) / (xx - x*x/n))
}

// The line of a file in which no row says how many users there were is one of all
// rows, also where the page holds only some of them.
func TestSlopeOfAPlainFile(t *testing.T) {
	for _, c := range []struct {
		users, each int
		off         float64 // of the slope's standard errors
	}{{30, 100, 1e-4}, {100, 1500, 0.05}} {
		rows := growing(c.users, c.each)
		r := read(t, plainCSV(t, rows))
		slope, at0, wide := lineOf(rows, c.each)
		got := r.Events[0].Slope
		if got == nil {
			t.Fatal("there is no line")
		}
		if math.Abs(got.PerUser-slope) > c.off*wide || math.Abs(got.At0-at0) > c.off*wide*float64(c.users) || math.Abs(got.Error/wide-1) > 0.01 {
			t.Errorf("%d rows: %v s a user (± %v) from %v s on, want %v (± %v) from %v on", len(rows), got.PerUser, got.Error, got.At0, slope, wide, at0)
		}
		if thinned := r.Points.OneIn > 1; thinned != (len(rows) > 100_000) {
			t.Errorf("of %d rows one in %d is kept", len(rows), r.Points.OneIn)
		}
	}
}

// Whatever the run's length, the moments are few.
func TestMomentsAreFew(t *testing.T) {
	var m momentSums
	var all momentSum
	for i := range 10_000 {
		took := time.Duration(i%7) * time.Second
		m.add(i%2, time.Duration(i)*time.Duration(i)*time.Second, took)
		all.add(momentSum{1, took.Seconds(), 0})
	}
	var sum momentSum
	for _, of := range m.events {
		if len(of) > mostMoments {
			t.Errorf("%d moments", len(of))
		}
		for _, x := range of {
			sum.add(x)
		}
	}
	if len(m.events) != 2 || sum.n != 10_000 || math.Abs(sum.mean-all.mean) > 1e-9 || math.Abs(sum.squares/all.squares-1) > 1e-9 {
		t.Errorf("%+v of %d events, want %+v", sum, len(m.events), all)
	}
}

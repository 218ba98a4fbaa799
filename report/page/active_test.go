package page

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// ms is so many milliseconds after the begin of the tests' runs.
func ms(n int) event.Instant { return begin.Add(time.Duration(n) * time.Millisecond) }

// there is how many of some visits hold an instant.
func there(visits []visit, at event.Instant) int {
	n := 0
	for _, s := range visits {
		if s.from <= at && at <= s.to {
			n++
		}
	}
	return n
}

// counting gives rows the number of users that visits say, as a run does.
func counting(rows []event.Event, visits []visit) []event.Event {
	for i := range rows {
		rows[i].Users = there(visits, rows[i].Stop)
	}
	return rows
}

// valueAt is what steps say of an instant.
func (s Steps) valueAt(at event.Instant) int {
	x := at.Sub(begin).Seconds()
	i, found := slices.BinarySearch(s.Times, x)
	if found {
		i++
	}
	if i == 0 {
		return 0
	}
	return s.Values[i-1]
}

// amid are moments between any two instants at which something happens.
func amid(rows []event.Event) []event.Instant {
	var all, between []event.Instant
	for _, e := range rows {
		all = append(all, e.Start, e.Stop)
	}
	slices.Sort(all)
	for i := range all[1:] {
		if all[i+1].Sub(all[i]) > time.Millisecond {
			between = append(between, all[i]+(all[i+1]-all[i])/2)
		}
	}
	return between
}

// comeAndGo are rows of users of whom some leave and come back under the same
// number, and when they were there.
func comeAndGo() ([]event.Event, []visit) {
	var rows []event.Event
	var visits []visit
	be := func(user, from, to int) {
		at := from
		for ; at < to; at += 700 + 13*user {
			rows = append(rows, row("load", user, at, 450))
		}
		visits = append(visits, visit{ms(from), rows[len(rows)-1].Stop})
	}
	be(0, 0, 60_000)
	be(1, 1050, 60_000)
	be(2, 5020, 20_000)
	be(3, 7010, 21_000)
	be(2, 40_030, 50_000)
	be(3, 42_070, 58_000)
	return counting(rows, visits), visits
}

// A user who has left and comes back under the same number was away meanwhile.
func TestUsersComeBack(t *testing.T) {
	rows, visits := comeAndGo()
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	for _, e := range rows {
		// Up to its end there were as many as a row says.
		if got := r.Active.valueAt(e.Stop - event.Instant(time.Millisecond)); got != e.Users {
			t.Errorf("%d users at %v, where a row says %d", got, e.Stop.Sub(begin), e.Users)
		}
	}
	wrong, all := 0, amid(rows)
	for _, at := range all {
		if r.Active.valueAt(at) != there(visits, at) {
			wrong++ // who comes back is there from the row before their first on
		}
	}
	if away := r.Active.valueAt(ms(30_000)); away != 2 || wrong > len(all)/50 {
		t.Errorf("%d users while two are away; wrong at %d of %d moments", away, wrong, len(all))
	}
	if n := len(r.Active.Times); r.Active.Values[n-1] != 0 || !near(&r.Active.Times[n-1], r.Seconds) {
		t.Errorf("%d are there at the end, %v", r.Active.Values[n-1], r.Active.Times[n-1])
	}
}

// An arrival is there from its first row to its last, and between two arrivals
// nobody is, also where they have the same number.
func TestArrivalsAreUsersForAWhile(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	var rows []event.Event
	var visits []visit
	free := make([]int, 5)
	for at := 0; at < 200_000; at += 1 + random.IntN(4000) {
		user := slices.Index(free, slices.Min(free))
		if free[user] >= at {
			continue
		}
		from := at
		for k := range 1 + random.IntN(3) {
			e := row("visit", user, at, 100+random.IntN(2500))
			e.LateKnown, e.Late = k == 0, time.Duration(random.IntN(2))*time.Second
			rows = append(rows, e)
			at += int(e.Duration().Milliseconds()) + random.IntN(900)
		}
		free[user] = int(rows[len(rows)-1].Stop.Sub(begin).Milliseconds())
		visits = append(visits, visit{ms(from), rows[len(rows)-1].Stop})
		at = from
	}
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), counting(rows, visits)))
	nobody := 0
	for _, at := range amid(rows) {
		want := there(visits, at)
		if got := r.Active.valueAt(at); got != want {
			t.Errorf("%d users at %v, want %d", got, at.Sub(begin), want)
		}
		if want == 0 {
			nobody++
		}
	}
	if nobody < 10 || len(visits) < 50 {
		t.Errorf("%d arrivals, nobody at %d moments: this proves little", len(visits), nobody)
	}
}

// Before the first row has ended, while one user has a long row, and where users
// begin with a wait that is in no row.
func TestActiveUsersBetweenRows(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []event.Event
		want Steps
	}{
		{"all begin before one ends", counting([]event.Event{row("a", 0, 0, 5000), row("a", 1, 1000, 5000), row("a", 2, 2000, 5000)}, []visit{{ms(0), ms(5000)}, {ms(1000), ms(6000)}, {ms(2000), ms(7000)}}),
			Steps{[]float64{0, 1, 2, 5, 6, 7}, []int{1, 2, 3, 2, 1, 0}}},
		{"one has a long row", counting([]event.Event{row("a", 0, 0, 1000), row("a", 1, 500, 60_000)}, []visit{{ms(0), ms(1000)}, {ms(500), ms(60_500)}}),
			Steps{[]float64{0, 0.5, 1, 60.5}, []int{1, 2, 1, 0}}},
		{"one follows another", counting([]event.Event{row("a", 0, 0, 1000), row("a", 1, 5000, 1000), row("a", 2, 9000, 1000)}, []visit{{ms(0), ms(1000)}, {ms(5000), ms(6000)}, {ms(9000), ms(10_000)}}),
			Steps{[]float64{0, 1, 5, 6, 9, 10}, []int{1, 0, 1, 0, 1, 0}}},
		{"a user waits before his first row", counting([]event.Event{row("a", 0, 0, 1000), row("a", 0, 2000, 1000), row("a", 1, 3500, 1000), row("a", 0, 4000, 1000)}, []visit{{ms(0), ms(5000)}, {ms(1500), ms(4500)}}),
			Steps{[]float64{0, 1, 4.5, 5}, []int{1, 2, 1, 0}}},
		{"an event around others", counting([]event.Event{row("inner", 0, 1000, 1000), row("inner", 0, 3000, 1000), row("outer", 0, 0, 5000)}, []visit{{ms(0), ms(5000)}}),
			Steps{[]float64{0, 5}, []int{1, 0}}},
	} {
		r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), c.rows))
		if !slices.Equal(r.Active.Times, c.want.Times) || !slices.Equal(r.Active.Values, c.want.Values) {
			t.Errorf("%s: %v, want %v", c.name, r.Active, c.want)
		}
	}
}

// Of many rows the steps are few, none of the extremes is lost, and neither rows
// nor arrivals are kept.
func TestActiveUsersOfManyRows(t *testing.T) {
	b := NewBuilder(100)
	const rows, arrivals = 300_000, 20
	all := 0
	for i := range rows {
		e := row("a", i%arrivals, i*10, 5)
		e.LateKnown, e.Users = true, 1
		switch i {
		case 100_003:
			e.Users = 900
		case 200_005:
			e.Start, e.Users = e.Start.Add(-30*time.Second), 2 // began long before what is known by now
		}
		_ = b.Event(&e)
		all = max(all, len(b.active.rows)+len(b.active.begins)+len(b.active.ends)+len(b.active.past))
	}
	if most := 3*2*mostLatest + 5*mostSteps; all > most {
		t.Errorf("%d rows, visits and steps are kept at once, want at most %d", all, most)
	}
	steps := b.Run().Active
	if n := len(steps.Times); n > mostSteps || n < mostSteps/8 {
		t.Errorf("%d steps", n)
	}
	least, most := slices.Min(steps.Values[:len(steps.Values)-1]), slices.Max(steps.Values)
	if at := slices.Index(steps.Values, 900); least != 0 || most != 900 || math.Abs(steps.Times[at]-1000) > 1 {
		t.Errorf("from %d to %d users", least, most)
	}
	for range 2 {
		if again := b.Run().Active; !slices.Equal(again.Values, steps.Values) || !slices.Equal(again.Times, steps.Times) {
			t.Error("what is asked for twice is not the same")
		}
	}
}

package browser

import (
	"sync"
	"testing"

	"github.com/loadwright/loadwright/runner"
)

// open sessions of a pool, by pair.
func sessions(p *Pool) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	var n []int
	for _, pr := range p.pairs {
		n = append(n, pr.sessions)
	}
	return n
}

// A pair that has its share of users is joined by another one, and the next
// user goes to the one with fewer.
func TestUsersSpreadOverPairs(t *testing.T) {
	t.Parallel()
	p := ownPool(t)
	p.most = 2
	p.mu.Lock()
	p.pairs[0].sessions += usersPerPair
	p.mu.Unlock()
	var users sync.WaitGroup
	for i := range 3 {
		users.Go(func() {
			s, err := p.Open(t.Context(), runner.UserInfo{User: i}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { s.Close() })
		})
	}
	users.Wait()
	if got := sessions(p); len(got) != 2 || got[0] != usersPerPair || got[1] != 3 {
		t.Errorf("sessions by pair: %v", got)
	}
	if n := len(p.Processes()); n != 2 {
		t.Errorf("%d drivers", n)
	}
	p.mu.Lock()
	p.pairs[0].sessions -= usersPerPair
	p.pairs[1].sessions += usersPerPair
	p.mu.Unlock()
	s, err := p.Open(t.Context(), runner.UserInfo{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := sessions(p); got[0] != 1 {
		t.Errorf("sessions by pair: %v", got)
	}
	s.Close()
	if got := sessions(p); got[0] != 0 {
		t.Errorf("sessions by pair: %v", got)
	}
}

func TestHowManyPairs(t *testing.T) {
	for users, atMost := range map[int]int{0: 1, 1: 1, usersPerPair: 1, usersPerPair + 1: 2, 10 * usersPerPair: 10} {
		if got := NewPool(Options{Users: users}).most; got < 1 || got > atMost {
			t.Errorf("%d users: %d pairs, at most %d", users, got, atMost)
		}
	}
}

func TestHowManyPairsWhenTold(t *testing.T) {
	for _, c := range []struct{ users, each, want int }{{10, 5, 2}, {11, 5, 3}, {10, 100, 1}, {3, 1, 3}, {0, 5, 1}} {
		if got := NewPool(Options{Users: c.users, PerPair: c.each}).most; got != c.want {
			t.Errorf("%d users, %d each: %d pairs, want %d", c.users, c.each, got, c.want)
		}
	}
}

func TestPoolBeforeItsFirstBrowser(t *testing.T) {
	p := NewPool(Options{})
	if v, n := p.Version(), p.Processes(); v != "" || n != nil {
		t.Errorf("version %q, processes %v", v, n)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

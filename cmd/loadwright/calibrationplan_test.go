package main

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

// planned is a machine that a plan is carried out on, in no time.
type planned struct {
	carries int           // users
	rate    float64       // interacts a second of a user
	around  time.Duration // what a level takes beside its load
}

// carryOut takes a plan's levels, and tells how long all of it took.
func (m planned) carryOut(p *plan) time.Duration {
	take := func(a attempt, enough bool) taken {
		rate := m.rate * float64(a.users)
		long := a.long
		if enough {
			long = min(long, max(leastLevel, time.Duration(enoughEvents/rate*float64(time.Second))))
		}
		load := a.warm + long + levelGrace
		return taken{attempt: a, load: load, all: load + m.around, events: int(rate * long.Seconds()), failed: a.users > m.carries}
	}
	p.plain = take(p.first(), false)
	for {
		a, more := p.next()
		if !more {
			return p.spent()
		}
		p.done = append(p.done, take(a, len(p.fixed) == 0))
	}
}

func (p *plan) users() []int {
	var all []int
	for _, t := range p.done {
		all = append(all, t.users)
	}
	return all
}

func TestPlan(t *testing.T) {
	usual, err := usualBeats()
	if err != nil {
		t.Fatal(err)
	}
	const clicks = 1.4 // a second, of the usual users
	for _, test := range []struct {
		name    string
		budget  time.Duration
		cores   int
		machine planned
		rate    float64 // expected; 0: of the usual users
		want    []int
	}{
		{"a large machine", 3 * time.Minute, 32, planned{1000, clicks, 3 * time.Second}, 0, []int{1, 4, 16, 32, 64}},
		{"16 users on 2 cores", 3 * time.Minute, 2, planned{16, clicks, 3 * time.Second}, 0, []int{1, 4, 16, 32, 23}},
		{"11 users on 2 cores", 3 * time.Minute, 2, planned{11, clicks, 3 * time.Second}, 0, []int{1, 4, 16, 8, 11}},
		{"not even one", 3 * time.Minute, 2, planned{0, clicks, 3 * time.Second}, 0, []int{1}},
		{"much time", 10 * time.Minute, 2, planned{21, clicks, 3 * time.Second}, 0, []int{1, 4, 16, 32, 23, 19, 21}},
		{"little time: no p95 of one user", time.Minute, 2, planned{16, clicks, 3 * time.Second}, 0, []int{4, 16}},
		{"hardly any", 40 * time.Second, 2, planned{16, clicks, 3 * time.Second}, 0, []int{16}},
		{"users who think for 2 s", 3 * time.Minute, 2, planned{40, 0.4, 3 * time.Second}, 0.4, []int{4, 16, 32, 64, 45}},
		{"users who think for a minute", 3 * time.Minute, 2, planned{40, 0.016, 3 * time.Second}, 0.016, []int{64}},
		{"slower than expected", 3 * time.Minute, 2, planned{16, 0.7, 5 * time.Second}, 0, []int{1, 4}},
	} {
		p := &plan{budget: test.budget, most: 64, cores: test.cores, rate: test.rate}
		if test.rate == 0 {
			p.rate = rateOf(usual)
		}
		took := test.machine.carryOut(p)
		if took > test.budget {
			t.Errorf("%s: took %v of %v", test.name, took, test.budget)
		}
		if !slices.Equal(p.users(), test.want) {
			t.Errorf("%s: users %v, want %v", test.name, p.users(), test.want)
		}
		t.Logf("%s: %v in %v", test.name, p.users(), took)
		for _, level := range p.done {
			if level.long < leastLevel {
				t.Errorf("%s: %d users for %v", test.name, level.users, level.long)
			}
			if level.events < leastForP95 && test.rate != 0.016 && test.name != "slower than expected" {
				t.Errorf("%s: %d events of %d users in %v", test.name, level.events, level.users, level.load)
			}
		}
	}
}

// Levels that are asked for share the budget, and never exceed it.
func TestPlanOfGivenLevels(t *testing.T) {
	for _, test := range []struct {
		users  []int
		budget time.Duration
		around time.Duration
		taken  int
	}{
		{[]int{8, 16}, 3 * time.Minute, 3 * time.Second, 2},
		{[]int{4}, 40 * time.Second, 3 * time.Second, 1},
		{[]int{1, 2, 3, 4, 5, 6, 7, 8}, 3 * time.Minute, 3 * time.Second, 8},
		{[]int{1, 2, 3, 4, 5, 6, 7, 8}, 3 * time.Minute, 20 * time.Second, 4}, // far slower than reckoned
	} {
		p := &plan{budget: test.budget, fixed: test.users, cores: 2}
		if least := p.least(); least > test.budget {
			t.Errorf("%v users are said to take %v", test.users, least)
		}
		took := planned{carries: 1, rate: 1, around: test.around}.carryOut(p)
		if took > test.budget || len(p.done) != test.taken {
			t.Errorf("%v users: %d levels in %v of %v", test.users, len(p.done), took, test.budget)
		}
		if test.taken == len(test.users) && took < test.budget*9/10 {
			t.Errorf("%v users: only %v of %v are used", test.users, took, test.budget)
		}
	}
	if least := (&plan{fixed: make([]int, 10), cores: 2}).least(); least < 11*(leastLevel+levelOverhead) {
		t.Errorf("ten levels are said to take %v", least)
	}
}

// Of users who click eight times a page, each click with its think time and the
// app's, and of those who do half of that and those who only look.
func TestRateOf(t *testing.T) {
	usual, err := usualBeats()
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%.2f", rateOf(usual)); got != "1.34" {
		t.Errorf("%s interacts a second", got)
	}
	loads := scenario.Rhythm{Weight: 3, Beats: []scenario.Beat{{Kind: scenario.Loads}}}
	if got := rateOf(append(usual, loads)); got < 0.33 || got > 0.34 {
		t.Errorf("with three of four who do not click: %v", got)
	}
}

// Levels that were taken are there, in order and with what follows from them,
// whatever ends the calibration.
func TestCalibrateLevels(t *testing.T) {
	broken := errors.New("the browser does not start")
	for _, fails := range []int{0, 1, 4, 100} { // the level that does
		synctest.Test(t, func(t *testing.T) {
			p95, tries := 0.002, 0
			p := &plan{budget: 3 * time.Minute, most: 64, cores: 2, rate: 1.4}
			began := time.Now()
			c, err := calibrateLevels(p, 25*time.Millisecond, func(a attempt, timing string) (level, time.Duration, error) {
				if tries++; tries > fails {
					return level{}, 0, broken
				}
				if (timing == "wall") != (tries == 1) {
					t.Errorf("level %d by the clock %q", tries, timing)
				}
				load := a.warm + a.long/2 + levelGrace
				time.Sleep(load + 3*time.Second)
				return level{Users: a.users, Events: 110, P95: &p95, Generator: loadwright.Generator{Trusted: a.users <= 11}}, load, nil
			})
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("took %v", took)
			}
			want := map[int][]int{4: {1, 4, 16}, 100: {1, 4, 8, 11, 12, 13, 16}}[fails]
			if got := usersOf(c.Levels); !slices.Equal(got, want) || fails < 100 && !errors.Is(err, broken) || fails == 100 && err != nil {
				t.Errorf("of %d levels %v are told, want %v; %v", fails, got, want, err)
			}
			if fails == 4 && c.Users != 4 || fails == 100 && c.Users != 11 {
				t.Errorf("of %d levels: carries %d", fails, c.Users)
			}
		})
	}
}

func usersOf(levels []level) []int {
	var all []int
	for _, l := range levels {
		all = append(all, l.Users)
	}
	return all
}

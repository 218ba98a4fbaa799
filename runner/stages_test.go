package runner

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

func TestStaged(t *testing.T) {
	shape := newStaged([]scenario.Stage{
		{Users: 4, Over: 8 * time.Second, Hold: 10 * time.Second},
		{Users: 1, Over: 3 * time.Second},
		{Users: 3, Hold: time.Second},
		{Users: 0, Over: 3 * time.Second},
	})
	for _, p := range []struct {
		at    time.Duration
		users int
		next  time.Duration
		phase event.Phase
	}{
		{0, 0, 2 * time.Second, event.RampUp},
		{2*time.Second - 1, 0, 2 * time.Second, event.RampUp},
		{2 * time.Second, 1, 4 * time.Second, event.RampUp},
		{7 * time.Second, 3, 8 * time.Second, event.RampUp},
		{8 * time.Second, 4, 19 * time.Second, event.Steady},
		{18 * time.Second, 4, 19 * time.Second, event.RampDown},
		{19 * time.Second, 3, 20 * time.Second, event.RampDown},
		{20 * time.Second, 2, 21 * time.Second, event.RampDown},
		{21 * time.Second, 3, 23 * time.Second, event.Steady},
		{22 * time.Second, 3, 23 * time.Second, event.RampDown},
		{24 * time.Second, 1, 25 * time.Second, event.RampDown},
		{25 * time.Second, 0, never, event.RampDown},
		{time.Hour, 0, never, event.RampDown},
	} {
		users, next := shape.wanted(p.at)
		if users != p.users || next != p.next || shape.phase(p.at) != p.phase {
			t.Errorf("at %v: %d users until %v, %s; want %d until %v, %s", p.at, users, next, shape.phase(p.at), p.users, p.next, p.phase)
		}
	}
}

// Whatever the stages: the number is never more than one from the line, and
// the next change is exactly where it says.
func TestStagedFollowsTheLine(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		var stages []scenario.Stage
		for range 1 + random.IntN(6) {
			s := scenario.Stage{Users: random.IntN(1 + random.IntN(300))}
			if random.IntN(4) > 0 {
				s.Over = time.Duration(1 + random.Int64N(int64(3*time.Hour)))
			}
			if s.Over == 0 || random.IntN(2) == 0 {
				s.Hold = time.Duration(1 + random.Int64N(int64(time.Hour)))
			}
			stages = append(stages, s)
		}
		shape := newStaged(stages)
		users, at := -1, time.Duration(0)
		for at < never {
			n, next := shape.wanted(at)
			if n == users {
				t.Fatalf("%+v at %v: still %d users", stages, at, n)
			}
			if next <= at {
				t.Fatalf("%+v at %v: the next change is at %v", stages, at, next)
			}
			for _, moment := range []time.Duration{at, at + (min(next, 24*time.Hour)-at)/2, min(next, 24*time.Hour) - 1} {
				if m, _ := shape.wanted(moment); m != n {
					t.Fatalf("%+v at %v: %d users, not %d until %v", stages, moment, m, n, next)
				}
				if line, ok := height(stages, moment); ok && math.Abs(line-float64(n)) > 1 {
					t.Fatalf("%+v at %v: %d users where the line is at %v", stages, moment, n, line)
				}
			}
			users, at = n, next
		}
		if last := stages[len(stages)-1].Users; users != last {
			t.Errorf("%+v: %d users in the end", stages, users)
		}
	}
}

// height is the line of stages at a moment within them.
func height(stages []scenario.Stage, at time.Duration) (float64, bool) {
	was := 0.0
	for _, s := range stages {
		if at < s.Over {
			return was + (float64(s.Users)-was)*float64(at)/float64(s.Over), true
		}
		at -= s.Over
		was = float64(s.Users)
		if at < s.Hold {
			return was, true
		}
		at -= s.Hold
	}
	return 0, false
}

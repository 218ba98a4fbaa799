package runner

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// Whatever comes, everybody is taken out of the line once, nobody too early, and
// none before another who waits longer; how many wait is always right; and what
// is kept of it does not grow with it.
func TestLine(t *testing.T) {
	for seed := range uint64(50) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			load := scenario.LoadModel{Duration: time.Minute, Arrivals: &scenario.Arrivals{Rate: 1 + 20*random.Float64(), Spacing: scenario.Poisson}}
			kinds := []scenario.UserType{{Weight: 1, Pages: seed%3 != 0}, {Weight: 2}}
			q := newLine(load, kinds, int64(seed))
			// The same schedule, all at once.
			var due []time.Duration
			for all := newArrivals(load, int64(seed)); ; all.came() {
				at, more := all.due()
				if !more {
					break
				}
				due = append(due, at)
			}
			taken := make([]bool, len(due))
			for now := time.Duration(0); now < time.Minute; now += time.Duration(random.Int64N(int64(2 * time.Second))) {
				for random.IntN(12) > 0 {
					s, ok := q.take(now)
					if !ok {
						break
					}
					early := time.Duration(0)
					if kinds[s.kind].Pages {
						early = ahead
					}
					if taken[s.number-1] || due[s.number-1] != s.due || s.due > now+early {
						t.Fatalf("%v: %+v", now, s)
					}
					taken[s.number-1] = true
					for n := range s.number - 1 {
						if !taken[n] && due[n] <= now {
							t.Fatalf("%v: %+v before arrival %d, who has waited since %v", now, s, n+1, due[n])
						}
					}
				}
				waiting := 0
				for n := range due {
					if !taken[n] && due[n] <= now {
						waiting++
					}
				}
				if got := q.waiting(now); got != waiting {
					t.Fatalf("%v: %d wait, want %d", now, got, waiting)
				}
				if most := int(8 * 21 * ahead / time.Second); len(q.pages)+len(q.requests) > most {
					t.Fatalf("%v: %d are kept", now, len(q.pages)+len(q.requests))
				}
			}
			for {
				at, ok := q.rest(time.Minute)
				if !ok {
					break
				}
				for n := range due {
					if due[n] == at && !taken[n] {
						taken[n] = true
						break
					}
				}
			}
			for n := range taken {
				if !taken[n] {
					t.Errorf("arrival %d is lost", n+1)
				}
			}
		})
	}
}

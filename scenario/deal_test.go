package scenario

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// The deal is the divisor method of Sainte-Laguë: at every count it is what the
// method gives for that many seats, which never is off a kind's exact share by
// as much as one when there are two kinds.
func TestDeal(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		var types []UserType
		fixed, total := 0, 0.0
		for range 1 + random.IntN(5) {
			u := UserType{Weight: float64(random.IntN(100))}
			if random.IntN(4) == 0 {
				u = UserType{Count: 1 + random.IntN(5)}
			}
			fixed += u.Count
			total += u.Weight
			types = append(types, u)
		}
		deal := NewDeal(types)
		have := make([]int, len(types))
		for n := range 300 {
			k := deal.Next()
			switch {
			case n < fixed:
				if types[k].Count == 0 {
					t.Fatalf("%+v: user %d is of a kind without a count", types, n)
				}
			case total == 0:
				if k != -1 {
					t.Fatalf("%+v: user %d is of kind %d", types, n, k)
				}
				continue
			}
			have[k]++
			if n < fixed {
				continue
			}
			for i, u := range types {
				if i == k || u.Weight == 0 {
					continue
				}
				mine, other := types[k].Weight/float64(2*have[k]-1), u.Weight/float64(2*have[i]+1)
				if other > mine || other == mine && i < k {
					t.Fatalf("%+v: user %d went to kind %d with %v", types, n, k, have)
				}
			}
		}
		for i, u := range types {
			if u.Count > 0 && have[i] != u.Count {
				t.Errorf("%+v: %v", types, have)
			}
		}
	}
	deal := NewDeal([]UserType{{Weight: 80}, {Weight: 20}})
	var got []int
	for range 10 {
		got = append(got, deal.Next())
	}
	if want := []int{0, 0, 1, 0, 0, 0, 0, 1, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

package stats

import (
	"math"
	"time"
)

// Histogram counts the ok rows of an event in steps of equal ratio from its
// shortest duration to its longest, so that one outlier does not put all others
// into one step. Where all are alike, they are in the first step; what took no
// more than a ten-thousandth of the longest is there as well.
type Histogram [12]int64

func (d *distribution) histogram() (h Histogram) {
	if d.n == 0 {
		return h
	}
	const widest = 10_000 // the longest over where the second step could begin
	from := max(d.min, d.max/widest, 1)
	if d.max <= from {
		h[0] = d.n
		return h
	}
	ratio := float64(d.max) / float64(from)
	edges := []time.Duration{d.min}
	for i := 1; i < len(h); i++ {
		edges = append(edges, time.Duration(math.Ceil(float64(from)*math.Pow(ratio, float64(i)/float64(len(h))))))
	}
	copy(h[:], d.between(append(edges, d.max)))
	return h
}

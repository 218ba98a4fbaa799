package stats

import (
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// merge adds all of another's durations.
func (d *distribution) merge(o *distribution) {
	if o.n == 0 {
		return
	}
	if d.n == 0 || o.min < d.min {
		d.min = o.min
	}
	if d.n == 0 || o.max > d.max {
		d.max = o.max
	}
	d.n += o.n
	d.sum += o.sum
	if d.rest == nil && o.rest == nil && len(d.exact)+len(o.exact) <= exactUpTo {
		d.exact = append(slices.Clip(d.exact), o.exact...)
		d.sorted = false
		return
	}
	if d.rest == nil {
		d.rest = hdrhistogram.New(1, int64(longest), 2)
		for _, v := range d.exact {
			d.record(v)
		}
		d.exact = nil
	}
	for _, v := range o.exact {
		d.record(v)
	}
	if o.rest != nil {
		d.rest.Merge(o.rest)
	}
}

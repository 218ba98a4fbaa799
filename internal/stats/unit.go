package stats

import (
	"math"
	"strconv"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// unit is how a value is written for people.
type unit struct {
	per   float64 // value ÷ per is the value for machines
	scale float64 // times the value is what is written
	write func(x float64) string
}

// The units of a threshold's value.
var (
	number = unit{1, 1, plain}
	share  = unit{1, 100, func(x float64) string { return plain(x) + "%" }}
	span   = unit{1e9, 1, duration} // from nanoseconds
)

// show writes value to three digits, or to as many more as are needed to be
// fair to it.
func (u unit) show(value float64, fair func(rounded float64) bool) string {
	const all = 17 // digits of a float64
	for digits := 3; digits < all; digits++ {
		if x := roundTo(value*u.scale, digits); fair(x / u.scale) {
			return u.write(x)
		}
	}
	return u.write(value * u.scale)
}

// roundTo rounds x to so many significant digits.
func roundTo(x float64, digits int) float64 {
	x, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', digits-1, 64), 64)
	if err != nil {
		panic(err) // it was just written
	}
	return x
}

func plain(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// duration writes nanoseconds in the units of scenarios.
func duration(ns float64) string {
	if math.IsInf(ns, 1) {
		return "longer than any limit"
	}
	return wording.Duration(time.Duration(math.Round(ns)))
}

// Duration writes d to three digits in the units of scenarios: "515ms",
// "1.23s", "2m5s".
func Duration(d time.Duration) string { return duration(roundTo(float64(d), 3)) }

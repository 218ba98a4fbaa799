package report

import (
	"strings"
	"testing"
)

// An answer is told to its end: there it says what is not known.
func TestCapacityIsToldToItsEnd(t *testing.T) {
	var out strings.Builder
	const end = "Not decided is errors <= 1%: 120 events of the 300 it takes."
	if err := (Capacity{Sentence: "5 users. " + strings.Repeat("At 7 it breaks. ", 60) + end}).Write(&out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, end) {
		t.Error(got)
	}
	out.Reset()
	if err := (Capacity{Sentence: strings.Repeat("x", 100_000)}).Write(&out); err != nil {
		t.Fatal(err)
	}
	if n := out.Len(); n > 2*mostAnswer {
		t.Errorf("%d characters", n)
	}
}

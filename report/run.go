package report

import (
	"fmt"
	"time"
)

// RunReport is what a run has to say to others than its terminal.
type RunReport struct {
	Summary
	Began time.Time
	// NotRun is why the run could not be carried out; "" where it was.
	NotRun string
	// AllowSaturated takes a saturated load generator for a warning.
	AllowSaturated bool
}

// Sentence says what came of the run.
func (r RunReport) Sentence() string {
	if r.NotRun != "" {
		return "Not carried out: " + r.NotRun
	}
	broken := 0
	for _, v := range r.Thresholds {
		if !v.OK {
			broken++
		}
	}
	verdict := "Passed: every threshold held"
	switch {
	case !r.Trusted && !r.AllowSaturated:
		verdict = "Not to be trusted: the load generator was saturated"
	case broken > 0:
		verdict = fmt.Sprintf("Failed: %d of %d thresholds broken", broken, len(r.Thresholds))
	case r.Ended != "":
		verdict = "Incomplete: every threshold held so far"
	}
	users := count(r.Users, "user")
	if r.Open {
		users = count(r.Users, "arrival")
	}
	text := fmt.Sprintf("%s. %s in %s.", verdict, users, lasted(r.Elapsed))
	if r.Ended != "" {
		text += " Ended early: " + r.Ended + "."
	}
	return text
}

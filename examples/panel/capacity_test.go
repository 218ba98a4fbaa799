//go:build panel

package panel

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/loadwright/loadwright/capacity"
)

// realSearches asks for the search; with "saturated" it takes the times for what
// they are where the load generator has too little of the machine.
const realSearches = "LOADWRIGHT_CAPACITY_REAL"

// capacityLimit bounds a search. It takes half of that.
const capacityLimit = 40 * time.Minute

// TestCapacity searches for the capacity of the Panel app, in browsers, and holds
// it against its thread, which is busy for half a second with each click and each
// page: one page to five clicks are 0.6 s a click.
func TestCapacity(t *testing.T) {
	if os.Getenv(realSearches) == "" {
		t.Skip("it takes 20 minutes; make test-capacity asks for it")
	}
	url := servePanel(t, environments(t))
	const limit, serial = 2.0, 0.6
	ctx, cancel := context.WithTimeout(t.Context(), capacityLimit)
	defer cancel()
	args := []string{"capacity", "scenario.yaml", "--url", url,
		"--threshold", "interact mean <= 2s", "--max-users", "12", "--budget", "30m", "--out", t.TempDir(), "--json"}
	if os.Getenv(realSearches) == "saturated" {
		args = append(args, "--allow-saturated")
	}
	cmd := exec.CommandContext(ctx, os.Getenv("LOADWRIGHT_BIN"), args...)
	cmd.Stderr = os.Stderr
	text, ended := cmd.Output() // exit code 4: it is not decided, which the answer says
	var a capacity.Record
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("%v, %v:\n%s", ended, err, text)
	}
	for _, l := range a.Levels {
		if l.Saturated != "" && (a.Undecided != "" || a.AtLeast) {
			t.Skipf("nothing is shown: this machine has no room for the search now: %s (%s=saturated does without): %s", l.Saturated, realSearches, a.Sentence)
		}
	}
	// What a user does between two clicks, of the next page, too: by Little's law
	// users ÷ clicks a second, less what a click takes.
	var between []float64
	for _, l := range a.Levels {
		for _, e := range l.Events {
			if e.Mean != nil {
				t.Logf("%g for %.0f s: %q: %s %d times, mean %.3g s", l.Load, l.Took, l.Verdict, e.Event, e.Count, *e.Mean)
			}
			if e.Event == "interact" && l.Load >= a.Low && a.High != nil && l.Load <= *a.High+1 && e.Mean != nil {
				between = append(between, l.Load/e.Rate-*e.Mean)
			}
		}
	}
	sum := 0.0
	for _, z := range between {
		sum += z
	}
	want := math.Floor((limit + sum/float64(len(between))) / serial)
	t.Logf("by its half seconds %g, where a user does something else for %.3g s: %s", want, between, a.Sentence)
	if a.Undecided != "" || a.High == nil || *a.High-a.Low > 2 || want < a.Low-1 || want > *a.High+1 {
		t.Errorf("half a second at a time makes it %g users, not %s", want, a.Sentence)
	}
}

package main

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loadwright/loadwright/event"
)

// cmdEvents writes the events of a run that never was: of each of the users,
// five rows of load and five of interact, the times of which are spread evenly
// around a second. The factor is what interact takes of that; the share of it
// fails. A third of a number shifts the spread, so that runs are not alike.
//
//	events FILE USERS [FACTOR [FAILED [SHIFT]]]
func cmdEvents(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 5 {
		ts.Fatalf("usage: events FILE USERS [FACTOR [FAILED [SHIFT]]]")
	}
	users, err := strconv.Atoi(args[1])
	ts.Check(err)
	number := func(i int, otherwise float64) float64 {
		if i >= len(args) {
			return otherwise
		}
		x, err := strconv.ParseFloat(args[i], 64)
		ts.Check(err)
		return x
	}
	factor, failed, shift := number(2, 1), number(3, 0), number(4, 0)
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o777))
	f, err := os.Create(path)
	ts.Check(err)
	defer f.Close()
	w, err := event.NewWriter(f)
	ts.Check(err)
	began := time.Date(2026, 1, 31, 15, 53, 3, 0, time.UTC).UnixNano()
	n := 0
	// spread are numbers from −1 to 1 that look like none in particular.
	spread := func() float64 {
		n++
		_, x := math.Modf(float64(n)*math.Phi + shift)
		return 2*x - 1
	}
	for user := range users {
		at := event.Instant(began)
		own := 1 + 0.03*spread()
		for iteration := range 5 {
			for _, name := range []string{"load", "interact"} {
				took := own * (1 + 0.03*spread())
				if name == "interact" {
					took *= factor
				}
				e := event.Event{Name: name, User: user, Iteration: iteration + 1, Start: at, Status: event.OK, Phase: event.Steady, Users: users}
				e.Stop = at.Add(time.Duration(took * 1e9))
				if name == "interact" && (spread()+1)/2 < failed {
					e.Status, e.Error = event.Error, "wait_for: not within 1s"
				}
				ts.Check(w.Event(&e))
				at = e.Stop.Add(time.Second)
			}
		}
	}
	ts.Check(w.Close())
	// Python Loadwright's have the first eight columns only.
	if strings.Contains(filepath.Base(path), "python") {
		text, err := os.ReadFile(path)
		ts.Check(err)
		var lines []string
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			lines = append(lines, strings.Join(strings.Split(line, ",")[:8], ","))
		}
		ts.Check(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o666))
	}
}

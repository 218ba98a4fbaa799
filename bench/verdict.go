package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/proc"
)

// The verdict is held against calibrations: numbers of users, under several
// foreign loads on the machine. The error is what a page took beyond the app's
// time and beyond the median of that at one user on a quiet machine: its p95. A run
// with fewer than 100 events tells none, and is not counted. Right is a run that is
// trusted where that is at most verdictBar, and one that is not where it is more;
// from there to twice as much, either. The verdict is that on interact: one may be on others alone.
const (
	verdictBar   = 25 * time.Millisecond
	verdictRight = 0.95             // of all runs
	levelCost    = 12 * time.Second // what calibrate reckons a level to take beside its readings, or more
)

// verdictLevels are numbers of users, and for how long each is to be there: for
// 100 events, if the machine is not too busy.
var verdictLevels = []struct {
	users []int
	long  time.Duration
}{
	{[]int{1, 2, 4}, 54 * time.Second},
	{[]int{6, 8, 12, 16, 24, 32, 64}, 13 * time.Second},
}

// calibrated is what is read of calibrate's answer.
type calibrated struct {
	Levels []struct {
		Users     int      `json:"users"`
		Events    int      `json:"events"`
		P95       *float64 `json:"error_p95_seconds"`
		Slower    *float64 `json:"slower_median_seconds"`
		SlowerP95 *float64 `json:"slower_p95_seconds"`
		Generator struct {
			Trusted bool     `json:"trusted"`
			Events  []string `json:"events"` // that are not, where it is not
		} `json:"generator"`
	} `json:"levels"`
}

// verdicts runs the calibrations and writes a line for each run.
func verdicts(w io.Writer, binary string) ([]row, error) {
	cores := runtime.NumCPU()
	var base float64 // at one user, quiet
	runs, right, lies, worst := 0, 0, 0, 0.0
	fmt.Fprintln(w, "| other programs | users | events | p95 error against the page's record | the page is slower by: median | p95 | verdict | |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|")
	for _, burners := range []int{0, cores, 0, 4 * cores, 0, 1} {
		found, err := calibrateBeside(binary, burners)
		if err != nil {
			return nil, err
		}
		for _, l := range found.Levels {
			if l.Slower == nil {
				continue
			}
			if base == 0 {
				base = *l.Slower
			}
			median := *l.Slower - base
			if l.SlowerP95 == nil || l.P95 == nil {
				fmt.Fprintf(w, "| %d | %d | %d | - | %.0f ms | - | | too few events |\n", burners, l.Users, l.Events, median*1e3)
				continue
			}
			runs++
			slower := *l.SlowerP95 - base
			bar := verdictBar.Seconds()
			trusted := l.Generator.Trusted || !slices.Contains(l.Generator.Events, "interact")
			ok := trusted && slower <= 2*bar || !trusted && slower > bar
			mark, verdict := "", "trusted"
			if ok {
				right++
			} else {
				mark = "wrong"
			}
			switch {
			case !trusted:
				verdict = "saturated"
			case slower > 2*bar:
				lies++
			}
			if trusted && !l.Generator.Trusted {
				verdict = "trusted, but for " + strings.Join(l.Generator.Events, ", ")
			}
			worst = max(worst, *l.P95)
			fmt.Fprintf(w, "| %d | %d | %d | %.1f ms | %.0f ms | %.0f ms | %s | %s |\n", burners, l.Users, l.Events, *l.P95*1e3, median*1e3, slower*1e3, verdict, mark)
		}
	}
	fmt.Fprintln(w)
	if runs == 0 {
		return nil, errors.New("no calibration had an event")
	}
	share := float64(right) / float64(runs)
	return []row{
		{what: "verdicts that are right", measured: fmt.Sprintf("%d of %d", right, runs), bar: fmt.Sprintf("≥ %.0f %%", verdictRight*100), ok: share >= verdictRight},
		{what: fmt.Sprintf("trusted where the page is slower by more than %v", 2*verdictBar), measured: fmt.Sprint(lies), bar: "0", ok: lies == 0},
		{what: "largest p95 error against the page's own record, in all of them", measured: fmt.Sprintf("%.1f ms", worst*1e3), bar: "≤ 25 ms", ok: worst <= 0.025},
	}, nil
}

// calibrateBeside calibrates while so many other programs take a core each.
func calibrateBeside(binary string, burners int) (calibrated, error) {
	nest, err := proc.NewNest("loadwright-bench-") // they end with us, however we end
	if err != nil {
		return calibrated{}, err
	}
	defer nest.Close() //nolint:errcheck // the figures are what counts
	for range burners {
		if _, err := nest.Start(exec.Command("sh", "-c", "while :; do :; done")); err != nil {
			return calibrated{}, err
		}
	}
	var all calibrated
	for _, levels := range verdictLevels {
		found, err := calibrate(binary, levels.users, levels.long)
		if err != nil {
			return calibrated{}, err
		}
		all.Levels = append(all.Levels, found.Levels...)
	}
	return all, nil
}

func calibrate(binary string, numbers []int, long time.Duration) (calibrated, error) {
	users := strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ","), "[]")
	budget := time.Duration(len(numbers)+1) * (long + levelCost)
	cmd := exec.Command(binary, "calibrate", "--json", "--users", users, "--budget", budget.String())
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return calibrated{}, err
	}
	var found calibrated
	if err := json.Unmarshal(text, &found); err != nil {
		return calibrated{}, fmt.Errorf("calibrate told %.200q: %w", text, err)
	}
	return found, nil
}

package loadwright

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/runner"
)

// errNoSummary is why nothing more is known of a run than its events.
var errNoSummary = errors.New("the run has left no summary: it was killed, or it is still under way")

// Open reads the result of a run again: its events, and the summary.json that
// goes with them. Where there is none, only what the events tell is known, and
// [Result.Ended] says so. Rows that can't be read are passed over.
func Open(csv string) (*Result, error) {
	csv = event.Kept(csv)
	r := &Result{CSV: csv, Dir: folderOf(csv), live: stats.NewLive(nil)}
	if err := r.reread(); err != nil {
		return nil, fmt.Errorf("%s: %w", csv, err)
	}
	if folder := filepath.Dir(csv); filepath.Base(folder) == "archive" {
		r.Latest = latestOf(filepath.Join(filepath.Dir(folder), "loadwright.csv"), csv)
	}
	path := filepath.Join(r.Dir, summaryName)
	saved, err := readSummary(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		r.Events, r.ByType, r.All = r.live.Events(), r.live.ByType(), r.live.All()
		r.Name = strings.TrimSuffix(filepath.Base(csv), ".csv")
		r.Generator = Generator{Trusted: true}
		r.Ended = errNoSummary
	case err != nil:
		return nil, err
	default:
		r.Summary = path
		r.take(saved)
	}
	return r, nil
}

// OpenSummary reads the result of a run from its summary.json alone, which is
// quick: it knows no quantiles but those that are there. The error has
// [os.ErrNotExist] in its chain where the run left none.
func OpenSummary(csv string) (*Result, error) {
	csv = event.Kept(csv)
	r := &Result{CSV: csv, Dir: folderOf(csv), live: stats.NewLive(nil)}
	r.Summary = filepath.Join(r.Dir, summaryName)
	saved, err := readSummary(r.Summary)
	if err != nil {
		return nil, err
	}
	r.take(saved)
	return r, nil
}

// folderOf is the folder of what goes with a run's events.
func folderOf(csv string) string {
	own := strings.TrimSuffix(csv, ".csv")
	if info, err := os.Stat(own); err == nil && info.IsDir() && own != csv {
		return own
	}
	return filepath.Dir(csv)
}

// reread takes what the events tell.
func (r *Result) reread() error {
	f, err := os.Open(r.CSV)
	if err != nil {
		return wording.Plain(err)
	}
	defer f.Close()
	rows, err := event.NewReader(f)
	if err != nil {
		return err
	}
	users := map[int]bool{}
	var last event.Instant
	for {
		e, err := rows.Read()
		var bad *event.RowError
		var cut *event.CutError
		switch {
		case errors.Is(err, io.EOF):
			r.Users = len(users)
			if origin, known := rows.Origin(); known {
				r.Began, r.Elapsed = origin.Time(), last.Sub(origin)
			}
			return nil
		case errors.As(err, &bad), errors.As(err, &cut):
			continue
		case err != nil:
			return err
		}
		users[e.User] = true
		last = max(last, e.Stop)
		if err := r.live.Event(&e); err != nil {
			return err
		}
	}
}

// readSummary reads a summary.json.
func readSummary(path string) (*summaryFile, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s summaryFile
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("%s is no summary of a run: %w", path, err)
	}
	if s.SchemaVersion != stats.SchemaVersion {
		return nil, fmt.Errorf("%s is a summary of version %d, and this loadwright knows version %d", path, s.SchemaVersion, stats.SchemaVersion)
	}
	return &s, nil
}

// take puts a summary into the result.
func (r *Result) take(s *summaryFile) {
	r.Name, r.Began, r.Elapsed = s.Scenario, s.Began, time.Duration(math.Round(s.Seconds*1e9))
	r.Users, r.Open, r.Seed = s.Users, s.Settings.Model == "open", s.Settings.Seed
	r.Iterations = Iterations(s.Iterations)
	if s.Ended != "" {
		r.Ended = errors.New(s.Ended)
	}
	r.Generator, r.Samples = s.Generator.Verdict, s.Generator.Samples
	r.App = machine.AppLine(r.Samples)
	if path := filepath.Join(r.Dir, appOutput); len(s.Settings.Serve) > 0 {
		r.AppOutput = path
	}
	if path := filepath.Join(r.Dir, reportName); fileThere(path) {
		r.Report = path
	}
	for _, t := range s.Thresholds {
		r.Thresholds = append(r.Thresholds, t.Verdict())
	}
	for _, e := range s.Events {
		r.Events = append(r.Events, e.Stats())
	}
	for _, e := range s.ByType {
		r.ByType = append(r.ByType, e.Stats())
	}
	r.All, r.Capacity = s.All.Stats(), s.Capacity
	for _, f := range s.Failures {
		r.Failures = append(r.Failures, runner.Failure{Event: f.Event, Err: stepError(f.Error), Artefacts: r.artefacts(f)})
	}
}

// failed is how the text of a [runner.StepError] is made.
var failed = regexp.MustCompile(`^(?s:(?:(.*?): )?user (\d+), (?:iteration (\d+)|login)(?: \((.*?)\))?: (.*))$`)

// stepError is the error that says text. Where the step's name has a colon, Step
// is its beginning, and Err has the rest.
func stepError(text string) *runner.StepError {
	parts := failed.FindStringSubmatch(text)
	if parts == nil {
		return &runner.StepError{Step: "failed", Err: errors.New(text)}
	}
	e := &runner.StepError{Place: parts[1], Row: parts[4]}
	e.User, _ = strconv.Atoi(parts[2])
	e.Iteration, _ = strconv.Atoi(parts[3]) // 0: its login
	step, why, _ := strings.Cut(parts[5], ": ")
	e.Step, e.Err = step, errors.New(why)
	return e
}

// artefacts is the base path of what was kept of a failure, in the folder of the
// run, wherever that is by now.
func (r *Result) artefacts(f failure) string {
	if len(f.Artefacts) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(filepath.Base(filepath.FromSlash(f.Artefacts[0])), ".")
	return filepath.Join(r.Dir, name)
}

func fileThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

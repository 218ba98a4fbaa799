package page

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/stats"
)

var update = flag.Bool("update", false, "write what is seen to testdata")

// begin is when the runs of the tests begin.
var begin = event.Instant(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC).UnixNano())

// row is a row of so many milliseconds that starts so many after the begin.
func row(name string, user int, start, took int, change ...func(*event.Event)) event.Event {
	e := event.Event{
		Name: name, User: user, Iteration: 1, Status: event.OK, Users: user + 1, Phase: event.Steady,
		Start: begin.Add(time.Duration(start) * time.Millisecond), Stop: begin.Add(time.Duration(start+took) * time.Millisecond),
	}
	for _, f := range change {
		f(&e)
	}
	return e
}

func failing(message string) func(*event.Event) {
	return func(e *event.Event) { e.Status, e.Error = event.Error, message }
}

// csv writes rows to a file, in the order of their ends.
func csv(t testing.TB, path string, rows []event.Event) string {
	t.Helper()
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b event.Event) int { return int(a.Stop - b.Stop) })
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := event.NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	w.Begin(begin)
	for i := range rows {
		if err := w.Event(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// busy are the rows of some users, with failures among them, and of five users or
// more with a late arrival.
func busy(users, each int) []event.Event {
	random := rand.New(rand.NewPCG(1, 2))
	var rows []event.Event
	for u := range users {
		at := 300 * u
		for k := range each {
			name := "interact"
			if k == 0 {
				name = "load"
			}
			took := 200 + random.IntN(300) + 4*u
			e := row(name, u, at, took)
			if u == 4 && k == 0 { // one that had to wait in line, for most of a second
				e.LateKnown, e.Late = true, 853*time.Millisecond
			}
			e.Iteration = 1 + k/5
			if at < 300*users {
				e.Phase = event.RampUp
			}
			if random.IntN(25) == 0 {
				failing(fmt.Sprintf("wait_for text %q: not there within %ds", "done", 1+random.IntN(2)))(&e)
			}
			rows = append(rows, e)
			at += took + 100 + random.IntN(500)
		}
	}
	countUsers(rows, each)
	return rows
}

// countUsers has rows tell how many users were there at their ends. So many rows
// that follow each other are of one stay of a user.
func countUsers(rows []event.Event, each int) {
	var came, went []event.Instant
	for i := 0; i < len(rows); i += each {
		came, went = append(came, rows[i].Start), append(went, rows[i+each-1].Stop)
	}
	slices.Sort(came)
	slices.Sort(went)
	for i := range rows {
		here, _ := slices.BinarySearch(came, rows[i].Stop)
		gone, _ := slices.BinarySearch(went, rows[i].Stop)
		rows[i].Users = here - gone
	}
}

func read(t testing.TB, path string) *Run {
	t.Helper()
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// percentile is the ⌈p·n⌉-th smallest.
func percentile(values []float64, p float64) float64 {
	slices.Sort(values)
	return values[int(math.Ceil(p*float64(len(values))-1e-9))-1]
}

func near(a *float64, b float64) bool { return a != nil && math.Abs(*a-b) < 1e-4 }

func TestFiguresOverTime(t *testing.T) {
	rows := busy(20, 30)
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	if len(r.Events) != 2 {
		t.Fatalf("%d events", len(r.Events))
	}
	s := r.Stretches
	for i, e := range r.Events {
		var all []float64
		took := make([][]float64, s.Count)
		ended, failed := make([]int64, s.Count), make([]int64, s.Count)
		for _, x := range rows {
			if x.Name != e.Name {
				continue
			}
			stop := int(x.Stop.Sub(begin).Seconds() / s.Width)
			if x.Status == event.Error {
				failed[stop]++
				continue
			}
			ended[stop]++
			from := starts(x)
			at := int(from[0] / s.Width)
			took[at] = append(took[at], from[1])
			all = append(all, from[1])
		}
		got := s.Events[i]
		if !slices.Equal(got.Ended, ended) || !slices.Equal(got.Failed, failed) {
			t.Errorf("%s: ended %v, failed %v; want %v, %v", e.Name, got.Ended, got.Failed, ended, failed)
		}
		for k, values := range took {
			if len(values) == 0 {
				if got.Median[k] != nil {
					t.Errorf("%s, stretch %d: a median of nothing", e.Name, k)
				}
				continue
			}
			sum := 0.0
			for _, v := range values {
				sum += v
			}
			if !near(got.Mean[k], sum/float64(len(values))) || !near(got.Median[k], percentile(values, 0.5)) || !near(got.P90[k], percentile(values, 0.9)) ||
				!near(got.P95[k], percentile(values, 0.95)) || !near(got.P99[k], percentile(values, 0.99)) || !near(got.Min[k], slices.Min(values)) || !near(got.Max[k], slices.Max(values)) ||
				got.Count[k] != int64(len(values)) {
				t.Errorf("%s, stretch %d: mean %v median %v p95 %v of %v", e.Name, k, *got.Mean[k], *got.Median[k], *got.P95[k], values)
			}
		}
		if !near(e.P95, percentile(all, 0.95)) || math.Abs(e.Quantiles[100]-percentile(all, 0.5)) > 1e-4 || e.Quantiles[200] != *e.Max {
			t.Errorf("%s: p95 %v, quantiles %v", e.Name, *e.P95, e.Quantiles)
		}
		for k, n := range e.Histogram.Counts {
			want := int64(0)
			for _, v := range all {
				if v >= e.Histogram.Edges[k]-1e-9 && v < e.Histogram.Edges[k+1]-1e-9 {
					want++
				}
			}
			if n != want {
				t.Errorf("%s: %d rows in bin %d, want %d", e.Name, n, k, want)
			}
		}
	}
}

func TestPhasesComeBack(t *testing.T) {
	in := func(p event.Phase) func(*event.Event) { return func(e *event.Event) { e.Phase = p } }
	rows := []event.Event{
		row("a", 0, 0, 100, in(event.RampUp)), row("a", 1, 500, 100, in(event.RampUp)),
		row("a", 0, 1000, 100, in(event.Steady)), row("a", 0, 3000, 100, in(event.RampUp)),
		row("a", 1, 900, 2500, in(event.RampUp)), // it began before the first steady phase
		row("a", 2, 2900, 700, in(event.RampUp)), row("a", 0, 5000, 100, in(event.Steady)),
		row("a", 2, 1500, 4000, in(event.Steady)),
		row("a", 0, 7000, 100, in(event.RampDown)),
	}
	want := []Phase{{"ramp_up", 0, 1}, {"steady", 1, 2.9}, {"ramp_up", 2.9, 5}, {"steady", 5, 7}, {"ramp_down", 7, 7.1}}
	if d := cmp.Diff(want, read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows)).Phases); d != "" {
		t.Error(d)
	}
}

func TestActiveUsersAndSlope(t *testing.T) {
	rows := []event.Event{row("a", 0, 0, 1000), row("a", 1, 500, 1000), row("a", 2, 1200, 1000), row("a", 0, 2000, 1000)}
	for i, users := range []int{2, 3, 2, 1} {
		rows[i].Users = users
	}
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	want := Steps{Times: []float64{0, 0.5, 1.2, 1.5, 2.2, 3}, Values: []int{1, 2, 3, 2, 1, 0}}
	if diff := cmp.Diff(want, r.Active); diff != "" {
		t.Error(diff)
	}
	// y = 0.2 + 0.1·x, and one that fails, which counts in no line.
	rows = nil
	for u := 1; u <= 10; u++ {
		rows = append(rows, row("a", u, 1000*u, 200+100*u, func(e *event.Event) { e.Users = u }))
	}
	rows = append(rows, row("a", 1, 20000, 60000, failing("x")))
	r = read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows))
	s := r.Events[0].Slope
	if s == nil || math.Abs(s.PerUser-0.1) > 1e-9 || math.Abs(s.At0-0.2) > 1e-9 || s.Error > 1e-9 || s.From != 1 || s.To != 10 {
		t.Errorf("%+v", s)
	}
}

// A file of Python Loadwright has eight columns. How many users were active is
// found out from the rows.
func TestPlainFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plain.csv")
	text := ",event,user,start,stop,start_seconds,stop_seconds,duration\n" +
		"0,load,0,2026-11-23 15:00:00,2026-11-23 15:00:02,0.0,2.0,2.0\n" +
		"1,interact,0,2026-11-23 15:00:03,2026-11-23 15:00:04,3.0,4.0,1.0\n" +
		"2,load,1,2026-11-23 15:00:01,2026-11-23 15:00:03.500,1.0,3.5,2.5\n"
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	r := read(t, path)
	if r.Verdict != NotJudged || r.Users != 2 || r.Seconds != 4 || len(r.Notes) != 1 {
		t.Errorf("%+v", r)
	}
	// The last row ends after the other user has gone.
	if want := []int{2, 2, 1}; !slices.Equal(r.Points.Users, want) {
		t.Errorf("active users at the stops %v, want %v", r.Points.Users, want)
	}
}

func TestHeadlineAndLimits(t *testing.T) {
	dir := t.TempDir()
	rows := busy(5, 8)
	rows = append(rows, row("interact", 3, 700, 900, failing("click button \"Run\": not there within 5s")))
	path := csv(t, filepath.Join(dir, "loadwright_20261123_150000.csv"), rows)
	goes := strings.TrimSuffix(path, ".csv")
	if err := os.Mkdir(goes, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"summary.json": `{"ok": false, "scenario": "load and click", "began": "2026-11-23T15:00:00Z", "users": 5,
			"thresholds": [
				{"threshold": "interact p95 < 400ms", "event": "interact", "ok": false, "seen": "0.6s"},
				{"threshold": "interact mean <= 10s", "event": "interact", "ok": true, "seen": "0.3s"},
				{"threshold": "load max < 2s in any 1m", "event": "load", "ok": true, "seen": "0.3s"},
				{"threshold": "errors <= 1%", "event": "", "ok": true, "seen": "0%"}],
			"machine": {"cores": 2, "platform": "x", "memory_bytes": 1073741824},
			"generator": {"judged": true, "trusted": false, "text": "not to be trusted from 0:01 to 0:03", "samples": [
				{"begin_seconds": 0, "end_seconds": 1, "machine_cpu_cores": 1.5, "generator_cpu_cores": null, "saturated": ""},
				{"begin_seconds": 1, "end_seconds": 2, "machine_cpu_cores": 2, "generator_cpu_cores": 1.25, "saturated": "busy", "app": {"cpu_cores": 0.5, "memory_bytes": 1048576}},
				{"begin_seconds": 2, "end_seconds": 3, "machine_cpu_cores": 2, "generator_cpu_cores": 1, "saturated": "busy"}]}}`,
		"failure-u3-i1.png": "", "failure-u3-i1.console.txt": "", "panic.txt": "",
	} {
		if err := os.WriteFile(filepath.Join(goes, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, path)
	r.LinkArtefacts(dir)
	const want = `The times are not to be trusted from 0:01 to 0:03. 1 of 4 thresholds failed: interact p95 < 400ms (seen: 0.6s). Slowest event: `
	if !strings.HasPrefix(r.Headline, want) || !strings.Contains(r.Headline, "of 41 rows failed, first at 0:01: user 3, interact: click button ") {
		t.Error(r.Headline)
	}
	limits := map[string]float64{"interact": 0.4, "load": 2}
	for _, e := range r.Events {
		if e.Limit == nil || *e.Limit != limits[e.Name] {
			t.Errorf("%s: %v", e.Name, e.Limit)
		}
	}
	if diff := cmp.Diff([]Untrusted{{1, 3, "busy"}}, r.Untrusted); diff != "" {
		t.Error(diff)
	}
	if m := r.Machine; !slices.Equal(m.Times, []float64{0.5, 1.5, 2.5}) || m.GeneratorCPU[0] != nil || *m.AppCPU[1] != 0.5 || *m.AppMemory[1] != 1<<20 || m.AppCPU[2] != nil || m.Cores != 2 {
		t.Errorf("%+v", m)
	}
	kept := []Artefact{
		{"failure-u3-i1.console.txt", "console", "./loadwright_20261123_150000/failure-u3-i1.console.txt"},
		{"failure-u3-i1.png", "screenshot", "./loadwright_20261123_150000/failure-u3-i1.png"},
	}
	seen := false
	for _, f := range r.Failures {
		for _, x := range f.First {
			if x.User == 3 && x.Iteration == 1 {
				seen = true
				if diff := cmp.Diff(kept, x.Artefacts); diff != "" {
					t.Error(diff)
				}
			} else if len(x.Artefacts) > 0 {
				t.Errorf("%+v", x)
			}
		}
	}
	if !seen {
		t.Error("the failure is not listed")
	}
}

func TestRunJSON(t *testing.T) {
	rows := []event.Event{
		row("load", 0, 0, 600), row("load", 1, 500, 700, failing("open session: <no>\nbrowser")), row("interact", 0, 1000, 250),
		row("interact", 0, 2000, 300, func(e *event.Event) { e.Status = event.Cancelled }),
		row("interact", 1, 1500, 400, func(e *event.Event) { e.Phase = event.WarmUp }),
	}
	rows = counting(rows, []visit{{ms(0), ms(2300)}, {ms(500), ms(1900)}})
	r := read(t, csv(t, filepath.Join(t.TempDir(), "small.csv"), rows))
	r.File = "small.csv"
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/small.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestThinning(t *testing.T) {
	const rows, most = 200_000, 20_000
	b := NewBuilder(most)
	random := rand.New(rand.NewPCG(3, 4))
	longest, failed := map[int]int{}, 0
	for i := range rows {
		e := row([]string{"a", "b"}[i%2], i%100, i, 100+random.IntN(100))
		if random.IntN(20_000) == 0 {
			took := 5000 + random.IntN(5000)
			e.Stop = e.Start.Add(time.Duration(took) * time.Millisecond)
			longest[i] = took
		}
		if random.IntN(1000) == 0 {
			failing("x")(&e)
			failed++
		}
		_ = b.Event(&e)
	}
	p := b.Run().Points
	if p.Rows != rows || p.Failures != int64(failed) || p.FailuresOneIn != 1 || p.OneIn < 8 || p.OneIn > 32 || len(p.Start) > most+most/4 || len(p.Start) < most/4 {
		t.Errorf("%d points, one in %d, %d failures one in %d", len(p.Start), p.OneIn, p.Failures, p.FailuresOneIn)
	}
	start, weight, failures := int64(0), int64(0), 0
	took := map[int]int{}
	for i := range p.Start {
		start += p.Start[i]
		took[int(start/10)] = int(p.Duration[i] / 10)
		weight += p.Weight[i]
		failures += p.Status[i]
	}
	if failures != failed {
		t.Errorf("%d failures are left of %d", failures, failed)
	}
	for at, want := range longest {
		if took[at] != want {
			t.Errorf("the row at %d ms that took %d ms is not there", at, want)
		}
	}
	if math.Abs(float64(weight)/rows-1) > 0.05 {
		t.Errorf("the points stand for %d rows of %d", weight, rows)
	}
}

func TestFailuresThatFillTheRoom(t *testing.T) {
	b := NewBuilder(1000)
	for i := range 20_000 {
		e := row("a", 0, i, 1, failing(fmt.Sprint("message ", i%150)))
		_ = b.Event(&e)
	}
	r := b.Run()
	p := r.Points
	if p.FailuresOneIn < 8 || len(p.Start) > 1250 || p.Failures != 20_000 || r.All.Failures != 20_000 {
		t.Errorf("%d points, failures one in %d, %d of them", len(p.Start), p.FailuresOneIn, p.Failures)
	}
	sum := r.OtherFailures
	for _, f := range r.Failures {
		sum += f.Count
	}
	if len(r.Failures) != mostMessages || sum != 20_000 || len(r.Failures[0].First) != mostFailing {
		t.Errorf("%d messages, %d rows in them", len(r.Failures), sum)
	}
}

func TestTooManyNames(t *testing.T) {
	b := NewBuilder(1000)
	for i := range 100 {
		e := row(fmt.Sprint("event ", i), 0, i, 1)
		_ = b.Event(&e)
	}
	r := b.Run()
	if len(r.Events) != mostEvents || r.Events[mostEvents-1].Count != 100-mostEvents+1 {
		t.Errorf("%d events, the last is %+v", len(r.Events), r.Events[len(r.Events)-1].Figures)
	}
}

// Rows are written when the runner hears of them, which is not quite the order of
// their ends.
func TestRowsALittleOutOfOrder(t *testing.T) {
	b := NewBuilder(10)
	for _, e := range []event.Event{row("a", 0, 0, 5000), row("a", 1, 0, 4800)} {
		_ = b.Event(&e)
	}
	if notes := b.Run().Notes; len(notes) > 0 {
		t.Errorf("notes: %q", notes)
	}
}

func TestTroubledFiles(t *testing.T) {
	good := csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(2, 3))
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(whole), "\n")
	header := lines[0]
	for name, c := range map[string]struct {
		text, err, note string
		rows            int64
	}{
		"no file of events": {text: "hello\nworld\n", err: "not an events CSV: it has no column"},
		"nothing":           {text: "", err: "the file is empty"},
		"a header alone":    {text: header, rows: 0},
		"a column missing":  {text: strings.Replace(header, "duration", "length", 1), err: "it has no column duration"},
		"a further column": {
			text: strings.TrimSuffix(header, "\n") + ",more\n" + strings.TrimSuffix(lines[1], "\n") + ",1\n", rows: 1,
			note: `columns that mean nothing here were passed over: "more"`,
		},
		"a row cut in half":     {text: header + lines[1] + lines[2][:30], rows: 1, note: "line 3: the last row is cut off"},
		"two runs in one file":  {text: string(whole) + string(whole), rows: 12, note: "a second header: the file holds two runs"},
		"times that run back":   {text: header + strings.ReplaceAll(lines[3], " 15:00:", " 15:10:") + lines[1], rows: 2, note: "rows are not in the order in which events ended"},
		"a row of other length": {text: header + lines[1] + "1,2\n" + lines[2], rows: 2, note: "1 row is left out: line 3: 2 fields where the header has 18"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.csv")
			if err := os.WriteFile(path, []byte(c.text), 0o666); err != nil {
				t.Fatal(err)
			}
			r, err := Read(path)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if r.Points.Rows != c.rows || !strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
				t.Errorf("%d rows, notes %q", r.Points.Rows, r.Notes)
			}
			if c.rows == 0 && r.Verdict != NothingThere {
				t.Error(r.Verdict)
			}
		})
	}
}

// The bar: three megabytes for a thousand users with a hundred events.
func TestReportSize(t *testing.T) {
	if testing.Short() {
		t.Skip()
	}
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(1000, 100)))
	var b strings.Builder
	if err := Report(&b, r); err != nil {
		t.Fatal(err)
	}
	if r.Points.OneIn != 1 || len(r.Points.Start) != 100_000 {
		t.Errorf("thinned to one in %d", r.Points.OneIn)
	}
	if b.Len() > 3<<20 {
		t.Errorf("%d bytes", b.Len())
	}
}

func TestReportHoldsNothingThatRuns(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>`
	r := read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), []event.Event{row(evil, 0, 0, 1, failing(evil))}))
	r.Name = evil
	var b strings.Builder
	if err := Report(&b, r); err != nil {
		t.Fatal(err)
	}
	if text := strings.Replace(b.String(), asset(chartLibrary), "", 1); strings.Contains(text, "<img") || strings.Contains(text, "<script>alert") || strings.Count(text, "<script") != 3 {
		t.Error("the page holds the scenario's own text as markup")
	}
}

// A file that is 5 GB long because nothing but zeros follows its rows is read to
// where they begin, and no further.
func TestHoleOfGigabytes(t *testing.T) {
	path := csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(2, 5))
	if err := os.Truncate(path, 5<<30); err != nil {
		t.Skip("this disk has no room for a hole: ", err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := read(t, path)
	runtime.ReadMemStats(&after)
	if r.Points.Rows != 10 || !strings.Contains(strings.Join(r.Notes, " "), "line 12: the row is longer than 1 MiB") {
		t.Errorf("%d rows, notes %q", r.Points.Rows, r.Notes)
	}
	served := serve(t, path).run(path, func(r *Run) bool { return r.Reading == 1 })
	if served.Points.Rows != 10 || served.Growing {
		t.Errorf("served: %d rows, growing %v", served.Points.Rows, served.Growing)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 100<<20 {
		t.Errorf("it took %d MB of memory", took>>20)
	}
}

// Names that begin alike are cut, and still each event's own, for its limit too.
func TestLongNamesThatBeginAlike(t *testing.T) {
	b := NewBuilder(0)
	names := []string{strings.Repeat("ä", 250) + "1", strings.Repeat("ä", 250) + "2", strings.Repeat("ä", longestName)}
	for i, name := range names {
		for range i + 1 {
			e := row(name, 0, 1000*i, 500)
			if err := b.Event(&e); err != nil {
				t.Fatal(err)
			}
		}
	}
	events := b.Run().Events
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	thresholds := []stats.ThresholdSummary{{Event: names[1], Threshold: names[1] + " max < 1s"}}
	for i, e := range events {
		if e.Count != int64(i+1) || utf8.RuneCountInString(e.Name) > longestName || (limit(thresholds, e.Name) != nil) != (i == 1) {
			t.Errorf("%d rows of %q", e.Count, e.Name)
		}
	}
	if events[2].Name != names[2] {
		t.Errorf("a name that is not too long is %q", events[2].Name)
	}
}

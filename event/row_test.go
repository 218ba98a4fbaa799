package event

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pythonEvents are the events that testdata/python/make.py logs.
func pythonEvents(t *testing.T, name string) []Event {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "python", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Base   int64
		Events []struct {
			Event             string
			User, Start, Stop int64
		}
	}
	if err := json.Unmarshal(src, &file); err != nil {
		t.Fatal(err)
	}
	at := func(ticks int64) Instant { return Instant(file.Base*1e9 + ticks*(1e9/512)) }
	var events []Event
	for _, e := range file.Events {
		events = append(events, Event{
			Name: e.Event, User: int(e.User), Start: at(e.Start), Stop: at(e.Stop), Status: OK,
		})
	}
	return events
}

// writeAll returns the CSV of events, the origin being that of the first begun.
func writeAll(t *testing.T, events []Event) string {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		w.Begin(events[i].Start)
	}
	for i := range events {
		if err := w.Event(&events[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A row of ours begins with the bytes of Python Loadwright's.
func TestPythonBytes(t *testing.T) {
	golden, err := os.ReadFile("testdata/python/events.csv")
	if err != nil {
		t.Fatal(err)
	}
	ours := writeAll(t, pythonEvents(t, "events"))
	// Every row's further columns: status ok, not already, nothing else known.
	const further = ",,,ok,,,,,,false,"
	var python strings.Builder
	for i, row := range strings.SplitAfter(ours, "\n") {
		switch {
		case i == 0:
			python.WriteString(strings.TrimSuffix(row, ",user_type,iteration,status,error,harness_seconds,users,phase,late_seconds,already,trusted\n") + "\n")
		case strings.HasSuffix(row, further+"\n"):
			python.WriteString(strings.TrimSuffix(row, further+"\n") + "\n")
		default: // a name's line end, or what follows the last row
			python.WriteString(row)
		}
	}
	if got, want := python.String(), string(golden); got != want {
		got, want := strings.Split(got, "\n"), strings.Split(want, "\n")
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] {
				t.Fatalf("line %d:\n got %s\nwant %s", i+1, got[i], want[i])
			}
		}
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
}

// What Python prints for the same numbers, from its prompt.
func TestFloatsAsPython(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{
		{0, "0.0"},
		{math.Copysign(0, -1), "-0.0"},
		{1, "1.0"},
		{-1, "-1.0"},
		{0.1, "0.1"},
		{0.30000000000000004, "0.30000000000000004"},
		{1.0 / 512, "0.001953125"},
		{0.0001, "0.0001"},
		{0.00009999, "9.999e-05"},
		{1e-5, "1e-05"},
		{1.5e-9, "1.5e-09"},
		{1e-100, "1e-100"},
		{123456789.12345679, "123456789.12345679"},
		{1e15, "1000000000000000.0"},
		{9999999999999998, "9999999999999998.0"},
		{1e16, "1e+16"},
		{1.2345678901234568e17, "1.2345678901234568e+17"},
		{1e300, "1e+300"},
	} {
		if got := string(appendFloat(nil, c.f)); got != c.want {
			t.Errorf("%g: %s, want %s", c.f, got, c.want)
		}
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                             "0.0",
		1:                             "1e-09",
		99_999:                        "9.9999e-05",
		100_000:                       "0.0001",
		1_100_000_000:                 "1.1",
		515 * time.Millisecond:        "0.515",
		-3 * time.Millisecond:         "-0.003",
		1234567*time.Hour + 1:         "4444441200.0", // beyond a float's digits
		1000*time.Hour + 1:            "3600000.000000001",
		2*time.Second + 1:             "2.000000001",
		time.Minute + time.Nanosecond: "60.000000001",
	} {
		if got := string(appendSeconds(nil, d)); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
}

func TestRowWithEverything(t *testing.T) {
	start := Instant(time.Date(2026, 1, 31, 15, 53, 3, 396123456, time.UTC).UnixNano())
	e := Event{
		Name: "interact", User: 3, UserType: "clicker", Iteration: 2,
		Start: start, Stop: start.Add(515 * time.Millisecond),
		Status: Error, Error: "click role=button \"Run\":\n  2 elements match\r\n",
		Harness: 1500 * time.Microsecond, HarnessKnown: true,
		Users: 5, Phase: Steady, Late: 0, LateKnown: true, Already: true, Trusted: NotTrusted,
	}
	got := string(appendRow(nil, 7, &e, start.Add(-time.Second)))
	want := `7,interact,3,2026-01-31 15:53:03.396123456,2026-01-31 15:53:03.911123456,1.0,1.515,0.515,` +
		`clicker,2,error,"click role=button ""Run"": 2 elements match",0.0015,5,steady,0.0,true,false` + "\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	e = Event{Name: "load", Start: start, Stop: start, Status: Cancelled}
	got = string(appendRow(nil, 0, &e, start))
	want = "0,load,0,2026-01-31 15:53:03.396123456,2026-01-31 15:53:03.396123456,0.0,0.0,0.0,,,cancelled,,,,,,false,\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"":           "",
		"load":       "load",
		" load":      " load",
		`\.`:         `\.`,
		"a,b":        `"a,b"`,
		`say "hi"`:   `"say ""hi"""`,
		"a\nb":       "\"a\nb\"",
		"a\r\nb":     "\"a\nb\"",
		"a\rb\r":     "\"a\nb\n\"",
		"a\r\r\nb":   "\"a\n\nb\"",
		"a\xffb":     "a\uFFFDb",
		"\xff,\xfe,": "\"\uFFFD,\uFFFD,\"",
	} {
		if got := string(appendText(nil, s)); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                           "",
		"plain  text":                "plain  text",
		"a\nb":                       "a b",
		"a \r\n\r\n   b\n":           "a b",
		"\n":                         "",
		"a\u2028b\u0085c\x00d\te\vf": "a b c d e f",
		"\n  a":                      "a",
	} {
		if got := oneLine(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func benchmarkEvent() *Event {
	start := Instant(1769874783396123456)
	return &Event{
		Name: "interact", User: 3, UserType: "user", Iteration: 2, Start: start, Stop: start.Add(515_223_100),
		Status: OK, Harness: 1523000, HarnessKnown: true, Users: 5, Phase: Steady,
	}
}

func TestNoAllocationPerRow(t *testing.T) {
	e := benchmarkEvent()
	b := make([]byte, 0, 1024)
	if n := testing.AllocsPerRun(100, func() { appendRow(b, 1, e, e.Start-1e9) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}

func BenchmarkRow(b *testing.B) {
	e := benchmarkEvent()
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Stop++
		buf = appendRow(buf[:0], int64(i), e, e.Start-1e9)
	}
}

// BenchmarkRowEncodingCSV is the same row through encoding/csv, for comparison.
func BenchmarkRowEncodingCSV(b *testing.B) {
	e := benchmarkEvent()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	num := func(d time.Duration) string { return string(appendSeconds(nil, d)) }
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		e.Stop++
		out.Reset()
		origin := e.Start - 1e9
		w.Write([]string{
			"1", e.Name, "3", e.Start.Time().Format(timeLayout), e.Stop.Time().Format(timeLayout),
			num(e.Start.Sub(origin)), num(e.Stop.Sub(origin)), num(e.Duration()), e.UserType, "2", "ok", "",
			num(e.Harness), "5", "steady", "", "false", "",
		})
		w.Flush()
	}
}

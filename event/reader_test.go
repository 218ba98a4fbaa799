package event

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// readAll reads rows until the end, errors about rows among them.
func readAll(t testing.TB, src io.Reader) (events []Event, errs []error) {
	t.Helper()
	r, err := NewReader(src)
	if err != nil {
		return nil, []error{err}
	}
	for {
		e, err := r.Read()
		var row *RowError
		switch {
		case err == io.EOF:
			return events, errs
		case err == nil:
			e.Outer = false // TestOuter looks at it
			events = append(events, e)
		case errors.As(err, &row):
			errs = append(errs, err)
		default:
			errs = append(errs, err)
			if _, err := r.Read(); err != io.EOF {
				t.Errorf("after %v: %v", errs[len(errs)-1], err)
			}
			return events, errs
		}
	}
}

func TestReadPython(t *testing.T) {
	for _, name := range []string{"events", "microseconds", "seconds"} {
		f, err := os.Open("testdata/python/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want := pythonEvents(t, name)
		got, errs := readAll(t, f)
		if len(errs) > 0 || len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, errs, got, want)
		}
	}
}

func TestReaderOrigin(t *testing.T) {
	f, err := os.Open("testdata/python/events.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, known := r.Origin(); known {
		t.Error("known before the first row")
	}
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	want := pythonEvents(t, "events")[0].Start
	for _, e := range pythonEvents(t, "events") {
		want = min(want, e.Start)
	}
	if got, known := r.Origin(); got != want || !known {
		t.Errorf("%d, want %d", got, want)
	}
}

// randomEvent is any event that a run can have.
func randomEvent(r *rand.Rand) Event {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	long := strings.Repeat("10,000 characters…\"", 527)[:10_000]
	// Below this a float's digits tell nanoseconds apart.
	duration := func() time.Duration {
		return time.Duration(math.Exp(r.Float64() * math.Log(float64(20*24*time.Hour))))
	}
	e := Event{
		Name:      pick("load", "interact", "a,b", `"`, `""`, "\n", "a\n\nb\n", " ", "", "ünï ☃ 日本\u2028x", "\ufeffx", "#", long, "NA", "\x00"),
		User:      r.IntN(1000),
		UserType:  pick("", "user", "click,er\n"),
		Iteration: r.IntN(3),
		Start:     Instant(r.Int64N(int64(200 * 365 * 24 * time.Hour))),
		Status:    Status(pick("ok", "error", "cancelled")),
		Error:     pick("", "x, y", `click role=button "Run": 2 elements match`, long),
		Users:     r.IntN(3),
		Phase:     Phase(pick("", "ramp_up", "warm_up", "steady", "ramp_down")),
		Already:   r.IntN(2) == 0,
		Trusted:   Trust(pick("", "true", "false")),
	}
	e.Stop = e.Start.Add(duration())
	if e.HarnessKnown = r.IntN(2) == 0; e.HarnessKnown {
		a, b := duration(), duration()
		e.Harness = a - b
	}
	if e.LateKnown = r.IntN(2) == 0; e.LateKnown {
		e.Late = duration()
	}
	return e
}

// What was written reads back the same.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		events := make([]Event, r.IntN(20))
		for i := range events {
			events[i] = randomEvent(r)
		}
		src := writeAll(t, events)
		var in io.Reader = strings.NewReader(src)
		switch seed % 3 {
		case 1:
			in = iotest.DataErrReader(in)
		case 2:
			in = iotest.HalfReader(in)
		}
		got, errs := readAll(t, in)
		if len(errs) > 0 {
			t.Fatalf("seed %d: %v", seed, errs)
		}
		for i := range events {
			if !reflect.DeepEqual(got[i], events[i]) {
				t.Fatalf("seed %d:\n got %+v\nwant %+v", seed, got[i], events[i])
			}
		}
		if len(got) != len(events) {
			t.Fatalf("seed %d: %d rows of %d", seed, len(got), len(events))
		}
	}
}

// Wherever the file is cut, the rows before are read and the cut is told.
func TestCutAnywhere(t *testing.T) {
	events := []Event{
		*span("load", 0, 1), *span("a \"quoted\",\nname\n", 0, 1), *span("\"\n", 1, 2), *span("load", 2, 3),
	}
	src := writeAll(t, events)
	ends := []int{len(header)}
	for i := range events {
		ends = append(ends, len(writeAll(t, events[:i+1])))
	}
	line := []int{2, 3, 6, 8}
	for n := len(header); n <= len(src); n++ {
		whole := 0
		for whole+1 < len(ends) && ends[whole+1] <= n {
			whole++
		}
		got, errs := readAll(t, strings.NewReader(src[:n]))
		if len(got) != whole || whole > 0 && !reflect.DeepEqual(got, events[:whole]) {
			t.Fatalf("%d: %d rows, want %d", n, len(got), whole)
		}
		var cut *CutError
		switch {
		case ends[whole] == n:
			if len(errs) > 0 {
				t.Fatalf("%d: %v", n, errs)
			}
		case len(errs) != 1 || !errors.As(errs[0], &cut):
			t.Fatalf("%d: %v, want that it is cut", n, errs)
		case cut.Offset != int64(ends[whole]) || cut.Line != line[whole]:
			t.Fatalf("%d: cut at line %d, offset %d; want %d, %d", n, cut.Line, cut.Offset, line[whole], ends[whole])
		}
	}
	for n := range len(header) {
		if _, err := NewReader(strings.NewReader(src[:n])); err == nil {
			t.Fatalf("a header of %d bytes was taken", n)
		}
	}
}

const pythonHeader = ",event,user,start,stop,start_seconds,stop_seconds,duration\n"

const goodRow = "0,load,0,2026-01-31 15:53:03.396123456,2026-01-31 15:53:04.396123456,0.0,1.0,1.0\n"

func TestReadErrors(t *testing.T) {
	ours := strings.TrimSuffix(goodRow, "\n") + ",user,1,ok,,0.001,3,steady,,false,\n"
	for _, c := range []struct {
		name, src string
		rows      int
		errs      []string
	}{
		{"empty", "", 0, []string{"the file is empty: it holds no events, not even a header"}},
		{"no rows", pythonHeader, 0, nil},
		{"blank lines", pythonHeader + "\n" + goodRow + "\n\n", 1, nil},
		{"Windows line ends", strings.ReplaceAll(pythonHeader+goodRow, "\n", "\r\n"), 1, nil},
		{"byte order mark", "\ufeff" + pythonHeader + goodRow, 1, nil},
		{"columns in another order", "stop_seconds,duration,stop,start,start_seconds,event,user\n1.0,1.0,2026-01-31 15:53:04,2026-01-31 15:53:03,0.0,load,0\n", 1, nil},
		{"larger than a row may be", pythonHeader + strings.Repeat(goodRow, 30_000), 30_000, nil},
		{"cut header", strings.TrimSuffix(pythonHeader, "\n"), 0, []string{"the file is cut off in its header: it holds no events"}},
		{"no CSV", "\x7fELF\x01\x00\n", 0, []string{
			`not an events CSV: it has no column event, user, start, stop, start_seconds, stop_seconds, duration; its columns are "\x7fELF\x01\x00"`}},
		{"another CSV", "Type,Name,user\nGET,/,3\n", 0, []string{
			`not an events CSV: it has no column event, start, stop, start_seconds, stop_seconds, duration; its columns are "Type", "Name", "user"`}},
		{"many columns", strings.Repeat("x", 50) + strings.ReplaceAll(",a,b,c,d,e,f,g,h,i,j,k,l,m,n,o\n", ",", ",c_"), 0, []string{
			`not an events CSV: it has no column event, user, start, stop, start_seconds, stop_seconds, duration; its columns are "` + strings.Repeat("x", 40) +
				`…", "c_a", "c_b", "c_c", "c_d", "c_e", "c_f", "c_g", "c_h", "c_i", "c_j", "c_k" and 4 more`}},
		{"quotes in the header", "a\"b,c\n", 0, []string{`not an events CSV: line 1: bare " in non-quoted-field`}},
		{"twice", strings.Replace(pythonHeader, "stop,", "start,", 1), 0, []string{`not an events CSV: it has two columns "start"`}},
		{"endless header", strings.Repeat("x", 2<<20), 0, []string{"not an events CSV: its first line is longer than 1 MiB"}},
		{"too few fields", pythonHeader + "0,load,0\n" + goodRow, 1, []string{"line 2: 3 fields where the header has 8"}},
		{"too many fields", pythonHeader + goodRow + ours + goodRow, 2, []string{"line 3: 18 fields where the header has 8"}},
		{"a quote inside", pythonHeader + strings.Replace(goodRow, "load", `lo"ad`, 1) + goodRow, 1, []string{`line 2: bare " in non-quoted-field`}},
		{"text after a quote", pythonHeader + strings.Replace(goodRow, "load", `"lo"ad`, 1) + goodRow, 1, []string{`line 2: extraneous or missing " in quoted-field`}},
		{"text after a quote in the last row", pythonHeader + goodRow + strings.Replace(goodRow, "load", `"lo"ad`, 1), 1, []string{`line 3: extraneous or missing " in quoted-field`}},
		{"a quote not closed", pythonHeader + goodRow + goodRow + strings.Replace(goodRow, "load", `"load`, 1) + strings.Repeat(goodRow, 20_000), 2,
			[]string{"line 4: the row is longer than 1 MiB: is a quote not closed?"}},
		{"two runs", pythonHeader + goodRow + pythonHeader + goodRow, 2, []string{"line 3: a second header: the file holds two runs"}},
		{"user", pythonHeader + strings.Replace(goodRow, "load,0", "load,bob", 1) + goodRow, 1, []string{`line 2: column user: "bob" is no whole number from 0 on`}},
		{"after a name of three lines", pythonHeader + strings.Replace(goodRow, "load", "\"\n\n\"", 1) + strings.Replace(goodRow, "load,0", "load,-1", 1), 1,
			[]string{`line 5: column user: "-1" is no whole number from 0 on`}},
		{"time", pythonHeader + strings.Replace(goodRow, "2026-01-31 15:53:03.396123456", "31.01.2026 15:53", 1), 0,
			[]string{`line 2: column start: "31.01.2026 15:53" is no time like 2026-01-31 15:53:03.396123456`}},
		{"the year 3000", pythonHeader + strings.Replace(goodRow, "2026", "3000", 1), 0,
			[]string{`line 2: column start: "3000-01-31 15:53:03.396123456" is no time like 2026-01-31 15:53:03.396123456`}},
		{"duration", pythonHeader + strings.Replace(goodRow, "1.0\n", strings.Repeat("9", 100)+"\n", 1), 0,
			[]string{`line 2: column duration: "` + strings.Repeat("9", 60) + `…" is no number of seconds`}},
		{"not a number", pythonHeader + strings.Replace(goodRow, ",0.0,", ",NaN,", 1), 0, []string{`line 2: column start_seconds: "NaN" is no number of seconds`}},
		{"backwards", pythonHeader + strings.Replace(goodRow, "15:53:04", "15:53:02", 1) + goodRow, 1, []string{"line 2: it stops before it starts"}},
		{"status", header + strings.Replace(ours, ",ok,", ",fine,", 1) + ours, 1, []string{`line 2: column status: "fine" is none of ["ok" "error" "cancelled"]`}},
		{"phase", header + strings.Replace(ours, "steady", "cool", 1), 0, []string{`line 2: column phase: "cool" is none of ["" "ramp_up" "warm_up" "steady" "ramp_down"]`}},
		{"already", header + strings.Replace(ours, "false", "perhaps", 1), 0, []string{`line 2: column already: "perhaps" is neither true nor false`}},
		{"trusted", header + strings.Replace(ours, "false,", "false,x", 1), 0, []string{`line 2: column trusted: "x" is neither true nor false`}},
		{"as pandas writes it again", header + strings.Replace(ours, "false,", "False,True", 1), 1, nil},
		{"several", header + strings.Replace(ours, ",ok,", ",,", 1) + ours + strings.Replace(ours, ",1,ok", ",one,ok", 1), 1,
			[]string{`line 2: column status: "" is none of ["ok" "error" "cancelled"]`, `line 4: column iteration: "one" is no whole number from 0 on`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, errs := readAll(t, strings.NewReader(c.src))
			if len(events) != c.rows {
				t.Errorf("%d rows, want %d", len(events), c.rows)
			}
			var got []string
			for _, err := range errs {
				got = append(got, err.Error())
			}
			if !reflect.DeepEqual(got, c.errs) {
				t.Errorf("\n got %q\nwant %q", got, c.errs)
			}
		})
	}
}

func TestOuter(t *testing.T) {
	user := func(u int, e *Event) Event { e.User = u; return *e }
	events := []Event{
		user(0, span("inner", 1, 2)), user(1, span("beside", 0, 3)), user(0, span("second inner", 2, 3)),
		user(0, span("middle", 1, 4)), user(0, span("outer", 1, 4)), user(1, span("next", 3, 5)),
		user(0, span("next", 4, 6)),
	}
	r, err := NewReader(strings.NewReader(writeAll(t, events)))
	if err != nil {
		t.Fatal(err)
	}
	for range events {
		e, err := r.Read()
		if err != nil {
			t.Fatal(err)
		}
		if want := e.Name == "middle" || e.Name == "outer"; e.Outer != want {
			t.Errorf("%s: Outer is %v", e.Name, e.Outer)
		}
	}
}

func TestUnknownColumns(t *testing.T) {
	src := strings.Replace(pythonHeader, "\n", ",weather,mood\n", 1) + strings.Replace(goodRow, "\n", ",rain,\"a,b\"\n", 1)
	r, err := NewReader(strings.NewReader(src))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Unknown(); !reflect.DeepEqual(got, []string{"weather", "mood"}) {
		t.Errorf("unknown: %q", got)
	}
	if e, err := r.Read(); err != nil || e.Name != "load" {
		t.Errorf("%+v, %v", e, err)
	}
	r, err = NewReader(strings.NewReader(header))
	if err != nil || r.Unknown() != nil {
		t.Errorf("ours: %q, %v", r.Unknown(), err)
	}
}

// A disk's error is told as it is, not as the end of the file.
func TestReadFails(t *testing.T) {
	bad := errors.New("bad sector")
	src := pythonHeader + goodRow + goodRow
	for n := range len(src) {
		_, errs := readAll(t, io.MultiReader(strings.NewReader(src[:n]), iotest.ErrReader(bad)))
		if len(errs) != 1 || !errors.Is(errs[0], bad) {
			t.Fatalf("%d: %v", n, errs)
		}
	}
}

// The few names of a large file are kept once, and no row is kept for them.
func TestNamesAreShared(t *testing.T) {
	r, err := NewReader(strings.NewReader(pythonHeader + strings.Repeat(goodRow, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := r.Read(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(r.row.strings) != 1 {
		t.Errorf("%d strings kept", len(r.row.strings))
	}
}

// FuzzReader reads anything, after each of the headers that a file may have
// and after none.
// A time that is read in the minute of another is the same as on its own.
func TestMinutes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	texts := []string{"2026-01-31 15:53:03", "2026-01-31 15:53:03.", "2026-01-31 15:53:60", "2026-01-31 15:53:3", "2026-01-31 15:53:", "2026-01-31 5:53:03.5",
		"2026-01-31 15:53:03,5", "2026-01-31 15:53:03.1234567891", "2026-01-31 15:53:03.x", "2026-01-31 15:53:0:", "2026-01-31 15:53:-3", "2026-01-31 15:53:03 ", "1969-12-31 23:59:59", "1970-01-01 00:00:00"}
	for range 2000 {
		at := Instant(random.Int64N(9e18)).Time()
		text := at.Format(timeLayout)
		texts = append(texts, text, text[:19+random.IntN(11)], at.Add(time.Duration(random.Int64N(6e10))).Format(timeLayout))
	}
	for _, before := range []string{"2026-01-31 15:53:07.5", "2026-01-31 5:53:03.5", ""} {
		r := new(row)
		_ = r.instant(new(Instant), before)
		for _, text := range texts {
			var got, want Instant
			err, wantErr := r.instant(&got, text), instant(&want, text)
			if got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%q: %d, %v; want %d, %v", text, got, err, want, wantErr)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	headers := []string{"", pythonHeader, header}
	f.Add(uint8(0), []byte("a,b\n"))
	f.Add(uint8(1), []byte(goodRow+goodRow[:30]))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 6 {
		e := randomEvent(r)
		e.Name, e.Error = e.Name[:min(len(e.Name), 20)], e.Error[:min(len(e.Error), 20)]
		f.Add(uint8(2), appendRow(nil, int64(i), &e, e.Start))
	}
	f.Fuzz(func(t *testing.T, which uint8, rows []byte) {
		// Whatever it is, it ends, and what was read can be written and read
		// again as the same.
		src := headers[int(which)%len(headers)] + string(rows)
		first, _ := readAll(t, strings.NewReader(src))
		for i := range first {
			e := &first[i]
			if e.Duration() > 20*24*time.Hour || max(e.Harness, -e.Harness, e.Late, -e.Late) > 20*24*time.Hour {
				t.Skip("beyond the digits of a float")
			}
			// What a writer changes, it changes once.
			e.Name, e.UserType = unify(e.Name), unify(e.UserType)
			e.Error = oneLine(strings.ToValidUTF8(e.Error, "\uFFFD"))
		}
		second, errs := readAll(t, strings.NewReader(writeAll(t, first)))
		if len(errs) > 0 || len(first) != len(second) || len(first) > 0 && !reflect.DeepEqual(first, second) {
			t.Fatalf("%v\nfirst  %+v\nsecond %+v", errs, first, second)
		}
	})
}

func unify(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// FuzzText writes any name and any error, and reads them back.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", ",", "\"", "\n", "\r", "\r\n", "\xff", "\ufeff", "a,\"b\"\n"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		e := Event{Name: name, UserType: name, Error: text, Status: Error}
		got, errs := readAll(t, strings.NewReader(writeAll(t, []Event{e, e})))
		if len(name)+len(text) > maxRow/8 {
			t.Skip("longer than a row may be")
		}
		e.Name, e.UserType, e.Error = unify(name), unify(name), oneLine(strings.ToValidUTF8(text, "\uFFFD"))
		if len(errs) > 0 || !reflect.DeepEqual(got, []Event{e, e}) {
			t.Fatalf("%v\n got %+v\nwant %+v", errs, got, e)
		}
		if strings.ContainsAny(got[0].Error, "\r\n") {
			t.Fatalf("error of more than one line: %q", got[0].Error)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	e := benchmarkEvent()
	var out bytes.Buffer
	w, _ := NewWriter(&out)
	const rows = 10_000
	for range rows {
		w.Event(e)
	}
	w.Close()
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for ; err == nil; n++ {
			_, err = r.Read()
		}
		if n != rows+1 || err != io.EOF {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

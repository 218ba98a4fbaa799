package event

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// maxRow bounds a row, so that one quote too many does not take the rest of a
// large file into memory.
const maxRow = 1 << 20

// RowError is what is wrong with one row. The rows after it can be read all
// the same.
type RowError struct {
	Line   int    // in the file, where the row begins; the header is line 1
	Column string // "" where it is about the row as a whole
	Err    error
}

// Error says the line, the column, and what is wrong.
func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d: column %s: %v", e.Line, e.Column, e.Err)
}

// Unwrap returns what is wrong without its place.
func (e *RowError) Unwrap() error { return e.Err }

// CutError says that the last row does not end: the writer was stopped in the
// middle of it, or is still at it. All rows before it were read.
type CutError struct {
	Line   int   // in the file, where the row begins
	Offset int64 // of the row's first byte
}

// Error says which row is cut.
func (e *CutError) Error() string {
	return fmt.Sprintf("line %d: the last row is cut off; the rows before it are whole", e.Line)
}

// Reader reads an events CSV: this project's, also one to which a later
// version has added columns, and Python Loadwright's, which has the first
// eight columns only.
type Reader struct {
	in      *tail
	csv     *csv.Reader
	names   []string // of the columns as they stand in the file
	at      []column // what to do with each of them
	unknown []string
	row     row
	last    map[int]Instant // start of each user's last row
	origin  Instant
	begun   bool
	next    int // line after the row that was read last
	done    bool
}

// NewReader reads the header. It fails where that is none of an events CSV.
func NewReader(r io.Reader) (*Reader, error) {
	in := &tail{r: r, limit: maxRow}
	c := csv.NewReader(bufio.NewReaderSize(in, 64<<10))
	c.ReuseRecord = true
	rd := &Reader{in: in, csv: c, row: row{strings: map[string]string{}}, last: map[int]Instant{}}
	names, err := c.Read()
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty: it holds no events, not even a header")
	case errors.Is(err, errLongRow):
		return nil, errors.New("not an events CSV: its first line is longer than 1 MiB")
	case in.failed != nil:
		return nil, in.failed
	case err != nil:
		return nil, fmt.Errorf("not an events CSV: line 1: %w", reason(err))
	case in.eof:
		return nil, errors.New("the file is cut off in its header: it holds no events")
	}
	if err := rd.header(names); err != nil {
		return nil, err
	}
	return rd, nil
}

// header settles which columns there are and what to do with each.
func (r *Reader) header(names []string) error {
	r.names = slices.Clone(names)
	r.names[0] = strings.TrimPrefix(r.names[0], "\uFEFF") // spreadsheets put it there
	known := strings.Split(strings.TrimSuffix(header, "\n"), ",")
	meaning := columns()
	for i, name := range r.names {
		if slices.Contains(r.names[:i], name) {
			return fmt.Errorf("not an events CSV: it has two columns %q", name)
		}
		c := meaning[name]
		if c == nil && !slices.Contains(known, name) {
			r.unknown = append(r.unknown, name)
		}
		r.at = append(r.at, c)
	}
	var missing []string
	for _, name := range known[1:8] {
		if !slices.Contains(r.names, name) {
			missing = append(missing, name)
		}
	}
	r.next = 2
	if missing != nil {
		return fmt.Errorf("not an events CSV: it has no column %s; its columns are %s",
			strings.Join(missing, ", "), list(r.names))
	}
	return nil
}

// list joins names, quoted, and no more of them than fit a line.
func list(names []string) string {
	const most, longest = 12, 40
	var b strings.Builder
	for i, name := range names {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(names)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(wording.Cut(name, longest)))
	}
	return b.String()
}

// Unknown returns the names of the file's columns of which nothing is known.
// They are passed over.
func (r *Reader) Unknown() []string { return slices.Clone(r.unknown) }

// Origin returns the instant from which the file counts its seconds. It is
// known once the first row was read.
func (r *Reader) Origin() (at Instant, known bool) { return r.origin, r.begun }

// Read returns the next row, and [io.EOF] after the last. A [*RowError] is
// about one row, and Read can be called again for the next; a [*CutError]
// stands for a last row that does not end. Any other error is one of reading
// the file. After those, and after them only, Read answers io.EOF.
//
// Where the file has no column status, every row is ok: Python Loadwright
// writes no others. Outer is found out from the times: a user does one thing
// after another, so that the row before one of an outer event is of an event
// inside it, and of no other event.
func (r *Reader) Read() (Event, error) {
	if r.done {
		return Event{}, io.EOF
	}
	before := r.csv.InputOffset()
	r.in.limit = before + maxRow
	fields, err := r.csv.Read()
	if errors.Is(err, io.EOF) {
		r.done = true
		return Event{}, io.EOF
	}
	line := r.line(err, len(fields))
	switch {
	case r.in.failed != nil:
		r.done = true
		return Event{}, r.in.failed
	case errors.Is(err, errLongRow):
		r.done = true
		return Event{}, &RowError{Line: line, Err: errLongRow}
	case r.in.eof:
		// What stands before the end without a line end may look whole and
		// be half a number.
		r.done = true
		return Event{}, &CutError{Line: line, Offset: before}
	case errors.Is(err, csv.ErrFieldCount):
		return Event{}, &RowError{Line: line,
			Err: fmt.Errorf("%d fields where the header has %d", len(fields), len(r.names))}
	case err != nil:
		return Event{}, &RowError{Line: line, Err: reason(err)}
	}
	return r.event(line, fields)
}

// line returns where the row begins that Read just gave with err and n fields.
func (r *Reader) line(err error, n int) int {
	if err == nil {
		line, _ := r.csv.FieldPos(0)
		last, _ := r.csv.FieldPos(n - 1)
		r.next = last + 1
		return line
	}
	line := r.next
	var p *csv.ParseError
	if errors.As(err, &p) {
		line, r.next = p.StartLine, p.Line+1
	}
	return line
}

// event makes an event of a row.
func (r *Reader) event(line int, fields []string) (Event, error) {
	if slices.Equal(fields, r.names) {
		return Event{}, &RowError{Line: line, Err: errors.New("a second header: the file holds two runs")}
	}
	row := &r.row
	row.Event = Event{Status: OK}
	for i, c := range r.at {
		if c == nil {
			continue
		}
		if err := c(row, fields[i]); err != nil {
			return Event{}, &RowError{Line: line, Column: r.names[i], Err: err}
		}
	}
	e := row.Event
	if e.Stop < e.Start {
		return Event{}, &RowError{Line: line, Err: errors.New("it stops before it starts")}
	}
	last, any := r.last[e.User]
	e.Outer = any && last >= e.Start
	r.last[e.User] = e.Start
	if !r.begun {
		r.origin, r.begun = e.Start.Add(-row.sinceOrigin), true
	}
	return e, nil
}

// row is what the columns of a row are put into.
type row struct {
	Event
	sinceOrigin time.Duration
	unused      time.Duration // what is read to see that it can be, and no more
	minute      minute
	strings     map[string]string
}

// column puts one field of a row in its place.
type column func(r *row, s string) error

// columns returns what is done with each column that means something to a
// reader.
func columns() map[string]column {
	return map[string]column{
		"event":           func(r *row, s string) error { r.Name = r.intern(s); return nil },
		"user":            func(r *row, s string) error { return number(&r.User, s) },
		"start":           func(r *row, s string) error { return r.instant(&r.Start, s) },
		"stop":            func(r *row, s string) error { return r.instant(&r.Stop, s) },
		"start_seconds":   func(r *row, s string) error { return seconds(&r.sinceOrigin, s) },
		"stop_seconds":    func(r *row, s string) error { return seconds(&r.unused, s) },
		"duration":        func(r *row, s string) error { return seconds(&r.unused, s) },
		"user_type":       func(r *row, s string) error { r.UserType = r.intern(s); return nil },
		"iteration":       func(r *row, s string) error { return unlessEmpty(s, &r.Iteration, number) },
		"status":          func(r *row, s string) error { return oneOf(&r.Status, s, OK, Error, Cancelled) },
		"error":           func(r *row, s string) error { r.Error = strings.Clone(s); return nil },
		"users":           func(r *row, s string) error { return unlessEmpty(s, &r.Users, number) },
		"phase":           func(r *row, s string) error { return oneOf(&r.Phase, s, "", RampUp, WarmUp, Steady, RampDown) },
		"already":         func(r *row, s string) error { return unlessEmpty(s, &r.Already, truth) },
		"trusted":         trusted,
		"harness_seconds": func(r *row, s string) error { r.HarnessKnown = s != ""; return unlessEmpty(s, &r.Harness, seconds) },
		"late_seconds":    func(r *row, s string) error { r.LateKnown = s != ""; return unlessEmpty(s, &r.Late, seconds) },
	}
}

// intern returns s in memory of its own, which it shares with its equals: the
// few names of a run don't keep its many rows in memory.
func (r *row) intern(s string) string {
	if t, ok := r.strings[s]; ok {
		return t
	}
	s = strings.Clone(s)
	const most = 10_000
	if len(r.strings) < most {
		r.strings[s] = s
	}
	return s
}

func unlessEmpty[T any](s string, to *T, parse func(*T, string) error) error {
	if s == "" {
		return nil
	}
	return parse(to, s)
}

func number(to *int, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return fmt.Errorf("%s is no whole number from 0 on", quote(s))
	}
	*to = n
	return nil
}

func truth(to *bool, s string) error {
	b, err := strconv.ParseBool(s)
	if err != nil {
		return fmt.Errorf("%s is neither true nor false", quote(s))
	}
	*to = b
	return nil
}

func trusted(r *row, s string) error {
	if s == "" {
		return nil
	}
	var b bool
	if err := truth(&b, s); err != nil {
		return err
	}
	r.Trusted = NotTrusted
	if b {
		r.Trusted = Trusted
	}
	return nil
}

// minute is one that was read before: rows that follow each other share it, and
// [time.Parse] would take a third of the time of reading a file.
type minute struct {
	text string // "2026-01-31 15:53:"
	at   Instant
}

func (r *row) instant(to *Instant, s string) error {
	const length = len("2026-01-31 15:53:")
	if len(s) > length && s[:length] == r.minute.text {
		if since, ok := sinceMinute(s[length:]); ok {
			*to = r.minute.at.Add(since)
			return nil
		}
	}
	if err := instant(to, s); err != nil {
		return err
	}
	if len(s) > length && s[length-1] == ':' && s[length-4] == ':' { // not where an hour has one digit
		r.minute = minute{strings.Clone(s[:length]), *to - *to%Instant(time.Minute)}
	}
	return nil
}

// sinceMinute reads the seconds of a minute, "03" or "03.396123456"; what is
// not written so is for [time.Parse].
func sinceMinute(s string) (d time.Duration, ok bool) {
	if len(s) == 3 || len(s) > 12 || s[0] > '5' {
		return 0, false
	}
	unit := 10 * time.Second
	for i := range len(s) {
		c := s[i]
		if i == 2 && c == '.' {
			continue
		}
		if i == 2 || c < '0' || c > '9' {
			return 0, false
		}
		d += time.Duration(c-'0') * unit
		unit /= 10
	}
	return d, len(s) >= 2
}

func instant(to *Instant, s string) error {
	// Without digits for the fraction of a second Parse takes any number of them.
	t, err := time.Parse(time.DateTime, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2261 {
		return fmt.Errorf("%s is no time like 2026-01-31 15:53:03.396123456", quote(s))
	}
	*to = Instant(t.UnixNano())
	return nil
}

func seconds(to *time.Duration, s string) error {
	f, err := strconv.ParseFloat(s, 64)
	const most = 9.2e9 // what a Duration holds
	if err != nil || !(math.Abs(f) < most) {
		return fmt.Errorf("%s is no number of seconds", quote(s))
	}
	*to = time.Duration(math.Round(f * 1e9))
	return nil
}

func oneOf[T ~string](to *T, s string, allowed ...T) error {
	for _, a := range allowed {
		if s == string(a) {
			*to = a
			return nil
		}
	}
	return fmt.Errorf("%s is none of %q", quote(s), slices.Clone(allowed)) // a clone, so that a row that is right costs no memory
}

// quote quotes s, and no more of it than fits a line.
func quote(s string) string {
	return strconv.Quote(wording.Cut(s, 60))
}

// reason returns what is wrong without encoding/csv's own word on the place.
func reason(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

var errLongRow = errors.New("the row is longer than 1 MiB: is a quote not closed?")

// tail watches how a file is read: whether its end was met, and whether a row
// grows beyond all bounds.
type tail struct {
	r      io.Reader
	n      int64 // bytes read
	limit  int64 // no more is read once n is beyond
	eof    bool
	failed error
}

// Read tells the end in a call of its own, so that eof is set only when
// somebody wants more than there is: within a row.
func (t *tail) Read(p []byte) (int, error) {
	if t.n > t.limit {
		return 0, errLongRow
	}
	n, err := t.r.Read(p)
	t.n += int64(n)
	switch {
	case err == io.EOF && n > 0:
		return n, nil
	case err == io.EOF:
		t.eof = true
	case err != nil:
		t.failed = err
	}
	return n, err
}

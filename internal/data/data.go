// Package data reads the rows of a scenario's files and hands each out once. A
// file may be larger than the memory: it is read as rows are wanted.
package data

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// What [Rows.Next] answers when all rows are handed out, wrapped with which
// data it is and how many rows there are.
var (
	ErrExhausted = errors.New("no row is left")                // when_exhausted: error
	ErrStop      = errors.New("no row is left, the user ends") // when_exhausted: stop
)

// What Open looks at before anybody needs a row.
const (
	lookRows  = 1000
	lookBytes = 4 << 20
)

// Row is one row of a file.
type Row struct {
	Number int               // from 1, of the file's data rows
	Values map[string]string // by column, of every column
}

// Rows are the rows of one file, for any number of goroutines.
type Rows struct {
	data    scenario.Data
	format  format
	columns []string
	first   int64 // offset of the first row

	mu     sync.Mutex
	file   file
	source *source
	rows   reader // in order: where the file is read
	number int    // in order: of the row that was handed out last
	deck   *deck  // at random
	err    error  // what every Next from now on answers
}

// file is what rows are read from.
type file interface {
	io.ReaderAt
	io.Closer
}

// format is a way to write rows into a file.
type format struct {
	// columns reads what is before the first row, from the source's place on.
	// It returns the columns' names and the offset of the first row.
	columns func(*source) (names []string, first int64, err error)
	// rows reads rows from the source's place on, where one begins.
	rows func(s *source, columns []string) reader
}

// reader reads rows one after another.
type reader interface {
	// read returns a row's values in the order of the columns, good until the
	// next read, and the offset at which it can be read again. After the last
	// row it answers io.EOF.
	read() (values []string, at int64, err error)
}

// Open opens the file of d, and reads so much of it that most of what can be
// wrong is known before a run: its columns and its first 1000 rows, or 4 MB of
// them. Rows at random need all of it once, to learn where each begins; their
// order is drawn from seed. Errors begin with the file and the line.
func Open(d scenario.Data, seed int64) (*Rows, error) {
	f, err := open(d.File)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.File, wording.Plain(err))
	}
	r, err := newRows(d, f, seed)
	if err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// Columns returns the columns of d's file. It reads what Open reads of rows in
// order, and finds the same errors.
func Columns(d scenario.Data) ([]string, error) {
	d.Order = scenario.InOrder
	r, err := Open(d, 0)
	if err != nil {
		return nil, err
	}
	return r.columns, r.Close()
}

func open(path string) (*os.File, error) {
	info, err := os.Stat(path) // before it is opened: a pipe would wait for its writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w; its path starts at the scenario's folder", fs.ErrNotExist)
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("it is a folder; name a CSV or JSON file in it")
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file, and can't be read twice; save its rows in a file")
	}
	return os.Open(path)
}

// newRows looks at f. It leaves f open where it fails.
func newRows(d scenario.Data, f file, seed int64) (*Rows, error) {
	r := &Rows{data: d, file: f}
	r.source = &source{file: f, buffer: make([]byte, 64<<10)}
	if err := r.look(seed); err != nil {
		return nil, r.explain(err)
	}
	if r.deck != nil {
		r.source.buffer = make([]byte, 4<<10) // of which a row in some place is a small part
	}
	return r, nil
}

func (r *Rows) look(seed int64) error {
	begin, isJSON, err := sniff(r.file, r.data.File)
	if err != nil {
		return err
	}
	r.format = csvFormat()
	if isJSON {
		r.format = jsonFormat()
	}
	r.source.begin = begin
	r.source.seek(begin)
	if r.columns, r.first, err = r.format.columns(r.source); err != nil {
		return err
	}
	r.rewind()
	if r.data.Order == scenario.RandomOrder {
		r.deck, err = newDeck(r.rows, r.data.Name, seed)
	} else {
		err = lookAhead(r.rows, r.first+lookBytes)
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("it has columns (%s) and no rows; write a row below them", list(r.columns))
	}
	r.rewind()
	return err
}

// lookAhead reads rows that begin before end, and answers io.EOF where there is
// none.
func lookAhead(rows reader, end int64) error {
	for i := range lookRows {
		_, at, err := rows.read()
		if errors.Is(err, io.EOF) && i > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		if at > end {
			break
		}
	}
	return nil
}

const byteOrderMark = "\uFEFF" // spreadsheets put it there

// sniff returns where the text begins and whether it is JSON. The name decides;
// where it tells nothing, the first character does.
func sniff(f io.ReaderAt, name string) (begin int64, isJSON bool, err error) {
	head := make([]byte, 4<<10)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false, err
	}
	text, marked := strings.CutPrefix(string(head[:n]), byteOrderMark)
	if marked {
		begin = int64(len(byteOrderMark))
	}
	text = strings.TrimSpace(text)
	if text == "" && n < len(head) {
		return 0, false, errEmpty
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return begin, false, nil
	case ".json":
		return begin, true, nil
	}
	return begin, strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{"), nil
}

var errEmpty = errors.New("the file is empty; write a CSV file whose first line names the columns, or a JSON list of objects")

// Columns returns the names of the columns, in the file's order.
func (r *Rows) Columns() []string { return slices.Clone(r.columns) }

// Next hands out the next row, or an error that wraps [ErrExhausted] or
// [ErrStop] when there is none. Any other error is about the file. After an
// error there are no more rows: Next answers the same error again.
func (r *Rows) Next() (Row, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return Row{}, r.err
	}
	number, values, err := r.next()
	if err != nil {
		r.err = r.explain(err)
		return Row{}, r.err
	}
	row := Row{Number: number, Values: make(map[string]string, len(values))}
	for i, v := range values {
		row.Values[r.columns[i]] = v
	}
	return row, nil
}

func (r *Rows) next() (number int, values []string, err error) {
	if r.deck != nil {
		return r.draw()
	}
	values, _, err = r.rows.read()
	if errors.Is(err, io.EOF) {
		if err := r.exhausted(r.number); err != nil {
			return 0, nil, err
		}
		r.number = 0
		r.rewind()
		if values, _, err = r.rows.read(); errors.Is(err, io.EOF) {
			err = errChanged
		}
	}
	r.number++
	return r.number, values, err
}

func (r *Rows) draw() (number int, values []string, err error) {
	if r.deck.empty() {
		if err := r.exhausted(r.deck.rows()); err != nil {
			return 0, nil, err
		}
		r.deck.shuffle()
	}
	number, at, skip := r.deck.draw()
	r.source.seek(at)
	rows := r.format.rows(r.source, r.columns)
	for range skip + 1 {
		if values, _, err = rows.read(); errors.Is(err, io.EOF) {
			err = errChanged
		}
		if err != nil {
			return 0, nil, err
		}
	}
	return number, values, nil
}

var errChanged = errors.New("it has fewer rows than before; leave it alone while a run reads it")

// rewind goes to the first row.
func (r *Rows) rewind() {
	r.source.seek(r.first)
	r.rows = r.format.rows(r.source, r.columns)
}

// exhausted returns what becomes of who wants a row when all of them are handed
// out; nil: they begin anew.
func (r *Rows) exhausted(rows int) error {
	handed := fmt.Sprintf("the data %s (%s) has %d", r.data.Name, r.data.File, rows)
	switch r.data.Exhausted {
	case scenario.RepeatRows:
		return nil
	case scenario.StopUsers:
		return fmt.Errorf("%w: %s", ErrStop, handed)
	}
	return fmt.Errorf("%w: %s; add rows, or set when_exhausted to repeat or stop", ErrExhausted, handed)
}

// explain names the file and the place of what is wrong with it.
func (r *Rows) explain(err error) error {
	var f *fault
	switch {
	case errors.Is(err, ErrExhausted), errors.Is(err, ErrStop):
		return err
	case errors.As(err, &f):
		return fmt.Errorf("%s:%s: %w", r.data.File, f.place(r.file, r.source.begin), f.err)
	}
	return fmt.Errorf("%s: %w", r.data.File, wording.Plain(err))
}

// Close closes the file. Next answers an error from then on.
func (r *Rows) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = fmt.Errorf("%s: %w", r.data.File, os.ErrClosed)
	}
	return r.file.Close()
}

// list joins names, and no more of them than fit a line.
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
		b.WriteString(wording.Line(name, longest))
	}
	return b.String()
}

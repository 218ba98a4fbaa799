package data

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/loadwright/loadwright/internal/wording"
)

func csvFormat() format {
	buffer := bufio.NewReader(nil)
	open := func(s *source, columns []string) *csvReader {
		buffer.Reset(s)
		c := csv.NewReader(buffer) // which takes it as its own buffer
		c.ReuseRecord, c.FieldsPerRecord = true, -1
		return &csvReader{source: s, csv: c, from: s.at, columns: columns}
	}
	return format{
		columns: func(s *source) ([]string, int64, error) {
			r := open(s, nil)
			names, _, err := r.fields()
			switch {
			case errors.Is(err, io.EOF):
				return nil, 0, errEmpty
			case err != nil:
				return nil, 0, err
			}
			names = slices.Clone(names)
			if err := checkNames(names); err != nil {
				return nil, 0, r.fault(err)
			}
			return names, r.offset(), nil
		},
		rows: func(s *source, columns []string) reader { return open(s, columns) },
	}
}

type csvReader struct {
	source  *source
	csv     *csv.Reader
	from    int64 // the offset at which csv began
	columns []string
}

func (r *csvReader) offset() int64 { return r.from + r.csv.InputOffset() }

func (r *csvReader) read() ([]string, int64, error) {
	values, at, err := r.fields()
	if err == nil && len(values) != len(r.columns) {
		hint := "write a value for each column, and nothing between two commas for an empty one"
		if len(values) > len(r.columns) {
			hint = "put a value that holds a comma in quotes"
		}
		err = r.fault(fmt.Errorf("the row has %s, the columns are %d (%s); %s",
			count(len(values), "value"), len(r.columns), list(r.columns), hint))
	}
	return values, at, err
}

// fields returns the next row, however many fields it has.
func (r *csvReader) fields() ([]string, int64, error) {
	at := r.offset()
	r.source.limit = at + maxRow
	fields, err := r.csv.Read()
	var p *csv.ParseError
	switch {
	case errors.As(err, &p):
		err = &fault{at: r.from, below: p.StartLine - 1, err: reason(p.Err)}
	case errors.Is(err, errLongRow), err == nil && r.offset()-at > maxRow:
		err = &fault{at: at, err: errLongRow}
	}
	return fields, at, err
}

// fault is about the row that was read last.
func (r *csvReader) fault(err error) error {
	line, _ := r.csv.FieldPos(0)
	return &fault{at: r.from, below: line - 1, err: err}
}

// reason says of an error of encoding/csv what to do.
func reason(err error) error {
	switch {
	case errors.Is(err, csv.ErrBareQuote):
		return errors.New(`a quote (") in a value that is not in quotes; put the whole value in quotes, and write the quote in it twice`)
	case errors.Is(err, csv.ErrQuote):
		return errors.New(`a quote (") is not closed, or stands alone in a value in quotes; close it, or write it twice`)
	}
	return err
}

// checkNames says what is wrong with a CSV file's first line.
func checkNames(names []string) error {
	if len(names) == 1 {
		for _, c := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}} {
			if strings.Contains(names[0], c.mark) {
				return fmt.Errorf("the columns are separated by %s; save the file with commas", c.name)
			}
		}
	}
	for i, name := range names {
		if strings.Contains(name, "\r") {
			return errors.New("the lines end in a carriage return alone; save the file with line feeds")
		}
		if err := checkName(names[:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// maxColumns bounds the columns, so that looking for one among them takes no
// time.
const maxColumns = 10_000

// checkName says what is wrong with the last of some columns' names.
func checkName(names []string) error {
	last := len(names) - 1
	same := slices.Index(names, names[last])
	switch {
	case len(names) > maxColumns:
		return fmt.Errorf("there are more than %d columns; leave out what no step needs", maxColumns)
	case strings.TrimSpace(names[last]) == "":
		return fmt.Errorf("column %d has no name; give it one", last+1)
	case same < last:
		return fmt.Errorf("columns %d and %d are both called %s; give each its own name", same+1, last+1, quoted(names[last]))
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func quoted(name string) string { return fmt.Sprintf("%q", wording.Line(name, 60)) }

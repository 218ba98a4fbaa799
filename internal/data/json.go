package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const listLike = `[{"username": "ann"}, {"username": "bob"}]`

func jsonFormat() format {
	return format{
		columns: jsonColumns,
		rows: func(s *source, columns []string) reader {
			// From where a row begins, the rest is a list once it has its bracket.
			r := &jsonReader{source: s, from: s.at - 1, columns: columns}
			r.values, r.seen = make([]string, len(columns)), make([]bool, len(columns))
			r.json = json.NewDecoder(io.MultiReader(strings.NewReader("["), s))
			_, _ = r.json.Token()
			return r
		},
	}
}

type jsonReader struct {
	source  *source
	json    *json.Decoder
	from    int64 // the offset at which json began
	columns []string
	values  []string
	seen    []bool
	raw     json.RawMessage
}

// jsonColumns takes the keys of the first object.
func jsonColumns(s *source) ([]string, int64, error) {
	r := &jsonReader{source: s, from: s.at, json: json.NewDecoder(s)}
	t, err := r.json.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, 0, errEmpty
	case err != nil:
		return nil, 0, r.wrong(r.from, r.offset(), err)
	case t != json.Delim('['):
		return nil, 0, errors.New("it is not a list of objects; write one, like " + listLike)
	case !r.json.More():
		if err := r.end(); !errors.Is(err, io.EOF) {
			return nil, 0, err
		}
		return nil, 0, errors.New("the list is empty; write objects into it, like " + listLike)
	}
	var names []string
	first, err := r.object(func(name string) (*string, error) {
		names = append(names, name)
		return new(string), checkName(names)
	})
	if err == nil && len(names) == 0 {
		err = &fault{at: first, err: errors.New("the object is empty; its keys name the columns, like " + listLike)}
	}
	return names, first, err
}

func (r *jsonReader) offset() int64 { return r.from + r.json.InputOffset() }

func (r *jsonReader) read() ([]string, int64, error) {
	r.source.limit = r.offset() + maxRow
	if !r.json.More() {
		return nil, r.offset(), r.end()
	}
	clear(r.seen)
	keys := 0
	at, err := r.object(func(name string) (*string, error) {
		i := keys // objects mostly have their keys in the same order
		if i >= len(r.columns) || r.columns[i] != name {
			i = slices.Index(r.columns, name)
		}
		keys++
		switch {
		case i < 0:
			return nil, fmt.Errorf("the object has a key %s, the first object has none; all need the same keys (%s)", quoted(name), list(r.columns))
		case r.seen[i]:
			return nil, fmt.Errorf("the object has two keys %s; give each its own name", quoted(name))
		}
		r.seen[i] = true
		return &r.values[i], nil
	})
	if i := slices.Index(r.seen, false); err == nil && i >= 0 {
		err = &fault{at: at, err: fmt.Errorf("the object has no key %s, the first object has one; all need the same keys (%s)",
			quoted(r.columns[i]), list(r.columns))}
	}
	return r.values, at, err
}

// object reads the next object of the list, and each value into where to says
// for its key. It returns the offset at which the object begins.
func (r *jsonReader) object(to func(key string) (*string, error)) (at int64, err error) {
	at = r.offset()
	t, err := r.json.Token()
	if err != nil {
		return at, r.wrong(at, r.offset(), err)
	}
	if t != json.Delim('{') {
		return at, &fault{at: r.offset() - 1, err: errors.New("it is not a list of objects: something else is in it; write it like " + listLike)}
	}
	at = r.offset() - 1
	for r.json.More() {
		t, err := r.json.Token()
		if err != nil {
			return at, r.wrongIn(at, err)
		}
		key, _ := t.(string) // the decoder lets nothing else pass
		value, err := to(key)
		if err != nil {
			return at, &fault{at: r.offset() - int64(len(key)) - 2, err: err}
		}
		if err := r.json.Decode(&r.raw); err != nil {
			return at, r.wrongIn(at, err)
		}
		if *value, err = text(r.raw); err != nil {
			return at, r.wrongIn(at, err)
		}
	}
	if _, err := r.json.Token(); err != nil {
		return at, r.wrongIn(at, err)
	}
	if r.offset()-at > maxRow {
		return at, &fault{at: at, err: errLongRow}
	}
	return at, nil
}

// text is a value as it is put into a scenario.
func text(raw json.RawMessage) (string, error) {
	switch {
	case raw[0] == 'n': // null
		return "", nil
	case raw[0] != '"':
		return string(raw), nil
	case bytes.IndexByte(raw, '\\') < 0:
		return string(raw[1 : len(raw)-1]), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// end answers io.EOF where the list ends and nothing follows.
func (r *jsonReader) end() error {
	at := r.offset()
	if _, err := r.json.Token(); err != nil {
		return r.wrong(at, r.offset(), err)
	}
	_, err := r.json.Token()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err == nil, errors.As(err, &syntax):
		return &fault{at: r.offset(), err: errors.New("something follows the list; write all objects into one list")}
	}
	return r.wrong(at, at, err)
}

// wrong returns what is wrong with the row at offset row, where reading it
// stopped at an offset with err.
func (r *jsonReader) wrong(row, at int64, err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &fault{at: row, err: errors.New("the file ends in the middle of what begins here; is a quote or a bracket not closed?")}
	case errors.Is(err, errLongRow):
		return &fault{at: row, err: errLongRow}
	case errors.As(err, &syntax):
		return &fault{at: at, err: fmt.Errorf("not JSON: %w", err)}
	}
	return err
}

// wrongIn is wrong for an error inside the object at offset row, which it reads
// again: a decoder that is asked for token after token does not know where a
// token went wrong.
func (r *jsonReader) wrongIn(row int64, err error) error {
	at := r.offset()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		r.source.seek(row)
		if again := json.NewDecoder(r.source).Decode(&r.raw); errors.As(again, &syntax) {
			at, err = row+syntax.Offset-1, again
		}
	}
	return r.wrong(row, at, err)
}

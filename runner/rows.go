package runner

import (
	"errors"
	"fmt"
	"strings"
)

// ErrUserDone in the chain of the error of [Rows] ends the user who asked, in
// order: no row is left for it.
var ErrUserDone = errors.New("no row is left")

// Rows hands out the rows of a file, each once across all users. It is called
// from many goroutines.
type Rows interface {
	Next() (number int, values map[string]string, err error)
}

// Data is one of the files whose rows users are given.
type Data struct {
	Name         string
	PerIteration bool     // else a user keeps its row
	Secret       []string // columns whose values are to be shown as ***
	Rows         Rows
}

// row is a row that somebody has.
type row struct {
	data   string
	number int // from 1
	values map[string]string
}

// rowsOf are the rows that a user, or an iteration, has.
type rowsOf []row

// String names the rows, as errors do: "account row 7".
func (r rowsOf) String() string {
	var all []string
	for _, row := range r {
		all = append(all, fmt.Sprintf("%s row %d", row.data, row.number))
	}
	return strings.Join(all, ", ")
}

// lookup finds the value of account.username.
func (r rowsOf) lookup(name string) (string, bool) {
	data, column, ok := strings.Cut(name, ".")
	if !ok {
		return "", false
	}
	for _, row := range r {
		if row.data == data {
			v, ok := row.values[column]
			return v, ok
		}
	}
	return "", false
}

// ReadData names the row of an iteration that got no row of data. It has no place.
const ReadData = "read data"

// keep takes the rows that a user keeps.
func (r *run) keep() (rowsOf, error) { return r.take(false) }

// rowsFor takes the rows of an iteration, and tells why it cannot begin.
func (u *user) rowsFor() (rowsOf, error) {
	if u.refused != nil {
		return nil, u.refused
	}
	return u.take(true)
}

func (r *run) take(perIteration bool) (rowsOf, error) {
	var all rowsOf
	for _, d := range r.Data {
		if d.PerIteration != perIteration {
			continue
		}
		number, values, err := d.Rows.Next()
		if err != nil {
			return all, err
		}
		taken := row{data: d.Name, number: number, values: values}
		for _, column := range d.Secret {
			if v := values[column]; v != "" {
				r.Mask.Add(v)
			}
		}
		all = append(all, taken)
	}
	return all, nil
}

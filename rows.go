package loadwright

import (
	"errors"
	"fmt"

	"github.com/loadwright/loadwright/internal/data"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// columnsOf are the columns of the scenario's data files, by the names of the
// data.
func columnsOf(s *scenario.Scenario) (map[string][]string, error) {
	columns := map[string][]string{}
	var errs scenario.ErrorList
	for _, d := range s.Data {
		names, err := data.Columns(d)
		if err != nil {
			errs = append(errs, s.ErrorAt(d.FilePos, err.Error(), ""))
			continue
		}
		columns[d.Name] = names
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return columns, nil
}

// openRows opens the data files.
func (r *run) openRows(seed int64) (all []runner.Data, err error) {
	for _, d := range r.scenario.Data {
		rows, err := data.Open(d, seed)
		if err != nil {
			return nil, fmt.Errorf("data %s: %w", d.Name, err)
		}
		r.rows = append(r.rows, rows)
		all = append(all, runner.Data{
			Name: d.Name, PerIteration: d.Per == scenario.RowPerIteration, Secret: d.Secret, Rows: handedOut{rows},
		})
	}
	return all, nil
}

func (r *run) closeRows() {
	for _, rows := range r.rows {
		_ = rows.Close() // it was only read
	}
}

// handedOut are rows as the runner takes them.
type handedOut struct{ *data.Rows }

// Next implements [runner.Rows].
func (h handedOut) Next() (int, map[string]string, error) {
	row, err := h.Rows.Next()
	if errors.Is(err, data.ErrStop) {
		err = fmt.Errorf("%w: %w", runner.ErrUserDone, err)
	}
	return row.Number, row.Values, err
}

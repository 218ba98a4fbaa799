package page

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
)

const (
	// mostPoints is for how many rows of a run there is room in a page. Up to a
	// quarter more none is left out: 100,000, which is 1,000 users with 100
	// events.
	mostPoints = 80_000
	// mostRowErrors is how many rows are named that can't be read.
	mostRowErrors = 3
)

// trouble is what is wrong with a file that can be read in part.
type trouble struct {
	rows    int64
	first   []string
	cut     string
	unknown []string
}

func (t *trouble) add(err error) {
	var cut *event.CutError
	if errors.As(err, &cut) {
		t.cut = err.Error()
		return
	}
	t.rows++
	if len(t.first) < mostRowErrors {
		t.first = append(t.first, err.Error())
	}
}

func (t *trouble) notes() []string {
	var notes []string
	if t.rows > 0 {
		n := "1 row is left out"
		if t.rows > 1 {
			n = fmt.Sprintf("%d rows are left out", t.rows)
		}
		more := ""
		if t.rows > int64(len(t.first)) {
			more = "; …"
		}
		notes = append(notes, n+": "+strings.Join(t.first, "; ")+more)
	}
	if t.cut != "" {
		notes = append(notes, t.cut)
	}
	if len(t.unknown) > 0 {
		names := make([]string, 0, 5)
		for i, u := range t.unknown {
			if i == 5 {
				names = append(names, "…")
				break
			}
			names = append(names, fmt.Sprintf("%q", wording.Cut(u, 40)))
		}
		notes = append(notes, "columns that mean nothing here were passed over: "+strings.Join(names, ", "))
	}
	return notes
}

// Read makes the page's run of an events CSV and of what goes with it. It fails
// where there is nothing to show; what can't be read of it is in the run's notes.
func Read(path string) (*Run, error) {
	b, wrong := NewBuilder(mostPoints), &trouble{}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", path, plain(err))
	}
	defer file.Close()
	if err := take(file, b, wrong.add, func(unknown []string) { wrong.unknown = unknown }); err != nil {
		return nil, fmt.Errorf("%s: %w", path, plain(err))
	}
	return finish(b.Run(), filesOf(path), wrong), nil
}

// taker is what rows are read into.
type taker interface {
	Begin(at event.Instant)
	Event(e *event.Event) error
}

// take reads rows to the end. It fails where the file is no events CSV, or the
// disk or the taker does; what is wrong with single rows is told.
func take(from io.Reader, to taker, wrong func(error), unknown func([]string)) error {
	rows, err := event.NewReader(from)
	if err != nil {
		return err
	}
	unknown(rows.Unknown())
	var e event.Event // outside of the loop: a row of its own for each would be a megabyte for each 4,000
	for begun := false; ; {
		if e, err = rows.Read(); err != nil {
			var row *event.RowError
			var cut *event.CutError
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.As(err, &row), errors.As(err, &cut):
				wrong(err)
				continue
			}
			return err
		}
		if at, ok := rows.Origin(); ok && !begun {
			to.Begin(at)
			begun = true
		}
		if err := to.Event(&e); err != nil {
			return err
		}
	}
}

// finish puts into a run what only its files tell.
func finish(r *Run, f files, wrong *trouble) *Run {
	r.File = f.csv
	r.Name = strings.TrimSuffix(filepath.Base(f.csv), filepath.Ext(f.csv))
	r.Verdict = NotJudged
	s, err := f.summary()
	if err != nil {
		r.Notes = append(r.Notes, err.Error())
	}
	if s != nil {
		s.complete(r)
	}
	if len(r.Events) == 0 {
		r.Verdict = NothingThere
	}
	r.Notes = append(r.Notes, wrong.notes()...)
	if s == nil && err == nil {
		r.Notes = append(r.Notes, "there is no summary.json beside this file: no thresholds, no verdict, nothing about the machine")
	}
	f.tellFailures(r)
	r.Headline = headline(r, s)
	return r
}

// tellFailures puts what was kept of failures into a run.
func (f files) tellFailures(r *Run) {
	if len(r.Failures) == 0 {
		return
	}
	kept := f.artefacts()
	for i := range r.Failures {
		for j := range r.Failures[i].First {
			x := &r.Failures[i].First[j]
			x.Artefacts = append(x.Artefacts, kept[[2]int{x.User, x.Iteration}]...)
		}
	}
}

// firstFailure is the one that ended first.
func firstFailure(r *Run) (*Failing, string) {
	var first *Failing
	message := ""
	for i := range r.Failures {
		if g := &r.Failures[i]; len(g.First) > 0 && (first == nil || g.First[0].At < first.At) {
			first, message = &g.First[0], g.Message
		}
	}
	return first, message
}

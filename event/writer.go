package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// flushEvery bounds how long a row stays in memory. With the way of an
	// event through the collector it leaves plenty of the second within which
	// a row has to be written.
	flushEvery = 250 * time.Millisecond

	// flushAt bounds how much stays in memory.
	flushAt = 64 << 10
)

var errClosed = errors.New("the events CSV is closed")

// Writer writes events as rows of the events CSV, in the order in which it is
// given them. What [Writer.Event] took is written within a quarter of a second,
// so that a process that is killed leaves it to be read.
//
// A write that failed is the answer of every later call. Where the output can
// be truncated, as a file can, the rows before it stay whole.
//
// Its methods may be called from several goroutines at once.
type Writer struct {
	mu      sync.Mutex
	out     io.Writer
	pending []byte // whole rows
	written int64  // bytes of whole rows that out has
	timer   *time.Timer
	armed   bool
	rows    int64
	origin  Instant
	begun   bool // origin is known
	err     error
}

// NewWriter writes the header to out, which must be empty, and returns a
// Writer for the rows. Closing out is left to the caller, after
// [Writer.Close].
func NewWriter(out io.Writer) (*Writer, error) {
	w := &Writer{out: out, pending: []byte(header)}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return w, nil
}

// Begin tells of an instant that no row starts before. The earliest such
// instant, or the start of the first row if that is earlier still, is what
// start_seconds and stop_seconds count from: rows come in the order of ends,
// and the first row need not be the event that began first. After the first
// row it has no effect.
func (w *Writer) Begin(at Instant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begin(at)
}

func (w *Writer) begin(at Instant) {
	if w.rows == 0 && (!w.begun || at < w.origin) {
		w.origin, w.begun = at, true
	}
}

// Event adds e as a row. It keeps nothing of e.
func (w *Writer) Event(e *Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.begin(e.Start)
	w.pending = appendRow(w.pending, w.rows, e, w.origin)
	w.rows++
	if len(w.pending) >= flushAt {
		return w.flush()
	}
	if !w.armed {
		w.arm()
	}
	return nil
}

// Flush writes the rows that are still in memory.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

// Close writes what is still in memory. No row can be added after it; closing
// again is harmless and answers the same.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.flush()
	if w.timer != nil {
		w.timer.Stop()
	}
	if errors.Is(err, errClosed) {
		return nil
	}
	if err == nil {
		w.err = errClosed
	}
	return err
}

func (w *Writer) arm() {
	w.armed = true
	if w.timer != nil {
		w.timer.Reset(flushEvery)
		return
	}
	w.timer = time.AfterFunc(flushEvery, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.armed = false
		_ = w.flush() // kept in w.err, and told at the next call
	})
}

func (w *Writer) flush() error {
	if w.err != nil || len(w.pending) == 0 {
		return w.err
	}
	n, err := w.out.Write(w.pending)
	if err == nil && n < len(w.pending) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("events can't be written: %w", err)
		w.dropTornRow(w.pending[:n])
		w.pending = nil
		return w.err
	}
	w.written += int64(n)
	w.pending = w.pending[:0]
	return nil
}

// dropTornRow cuts the output back to its last whole row when a write got no
// further than got.
func (w *Writer) dropTornRow(got []byte) {
	if f, ok := w.out.(interface{ Truncate(size int64) error }); ok {
		// The first error says more than one of Truncate would.
		_ = f.Truncate(w.written + int64(wholeRows(got)))
	}
}

// wholeRows returns the length of the whole rows at the beginning of b: up to
// the last line end that lies in no quotes.
func wholeRows(b []byte) int {
	whole, from := 0, 0
	quoted := false
	for {
		i := bytes.IndexAny(b[from:], "\"\n")
		if i < 0 {
			return whole
		}
		from += i + 1
		switch {
		case b[from-1] == '"':
			quoted = !quoted
		case !quoted:
			whole = from
		}
	}
}

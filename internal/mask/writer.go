package mask

import (
	"bytes"
	"io"
	"sync"
)

// mostLine bounds how much of a line is kept back.
const mostLine = 64 << 10

// Writer writes to another what it is given, without the secrets, line by line.
// The caller calls Close, which leaves the other open. Its methods may be called
// from several goroutines at once.
type Writer struct {
	w    io.Writer
	mask *Mask

	mu   sync.Mutex
	line []byte // that is not complete
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer, m *Mask) *Writer { return &Writer{w: w, mask: m} }

// Write takes all of text, or returns the error of the writer beneath.
func (w *Writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line = append(w.line, text...)
	end := bytes.LastIndexByte(w.line, '\n') + 1
	if len(w.line)-end > mostLine {
		end = len(w.line)
	}
	if err := w.pass(end); err != nil {
		return 0, err
	}
	return len(text), nil
}

// Close writes the last line, where it has no end.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pass(len(w.line))
}

func (w *Writer) pass(n int) error {
	if n == 0 {
		return nil
	}
	_, err := io.WriteString(w.w, w.mask.Hide(string(w.line[:n])))
	w.line = append(w.line[:0], w.line[n:]...)
	return err
}

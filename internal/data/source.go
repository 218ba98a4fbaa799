package data

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxRow bounds a row, so that one quote too many does not take the rest of a
// large file into memory.
const maxRow = 1 << 20

var errLongRow = errors.New("the row is longer than 1 MB; is a quote or a bracket not closed?")

// fault is what is wrong in some place of a file: in the line that holds the
// byte at offset at, or so many lines below it. Which line that is is counted
// only when it is told.
type fault struct {
	at    int64
	below int
	err   error
}

func (f *fault) Error() string { return f.err.Error() }

func (f *fault) Unwrap() error { return f.err }

// place returns the fault's line, and its byte in the line where that is known
// and not the first; the file's text starts at begin.
func (f *fault) place(file io.ReaderAt, begin int64) string {
	line, start := 1, begin
	buffer := make([]byte, 64<<10)
	for at := begin; at < f.at; {
		n, err := file.ReadAt(buffer[:min(int64(len(buffer)), f.at-at)], at)
		line += bytes.Count(buffer[:n], []byte("\n"))
		if i := bytes.LastIndexByte(buffer[:n], '\n'); i >= 0 {
			start = at + int64(i) + 1
		}
		at += int64(n)
		if err != nil {
			break
		}
	}
	if column := f.at - start + 1; column > 1 && f.below == 0 {
		return fmt.Sprintf("%d:%d", line, column)
	}
	return fmt.Sprint(line + f.below)
}

// source is a file from some byte on, as far as it is UTF-8.
type source struct {
	file   io.ReaderAt
	begin  int64  // of the text
	buffer []byte // that chunk is in
	chunk  []byte // read and not given yet
	at     int64  // the byte after chunk
	limit  int64  // nothing is read from beyond: the row is too long
}

// seek goes to a byte.
func (s *source) seek(at int64) {
	s.chunk, s.at, s.limit = nil, at, at+maxRow
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.chunk) == 0 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.chunk)
	s.chunk = s.chunk[n:]
	return n, nil
}

func (s *source) fill() error {
	if s.at > s.limit {
		return errLongRow
	}
	n, err := s.file.ReadAt(s.buffer, s.at)
	if n == 0 {
		return err
	}
	good := validPrefix(s.buffer[:n])
	if good == 0 {
		return &fault{at: s.at, err: fmt.Errorf("the byte %#02x is not UTF-8; save the file as UTF-8", s.buffer[0])}
	}
	s.chunk, s.at = s.buffer[:good], s.at+int64(good)
	return nil
}

// validPrefix returns how many bytes of b are whole characters.
func validPrefix(b []byte) int {
	if utf8.Valid(b) {
		return len(b)
	}
	for n := 0; ; {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size <= 1 {
			return n
		}
		n += size
	}
}

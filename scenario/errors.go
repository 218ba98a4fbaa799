package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// MaxBytes is the size of the largest scenario that is read.
const MaxBytes = 1 << 20

// maxErrors bounds how many errors are gathered: nobody reads more, and a file
// of garbage would take long to be judged whole.
const maxErrors = 100

// Error is one thing that is wrong with a scenario.
type Error struct {
	Pos  Pos
	Msg  string // what is wrong, in one line
	Line string // the line it is on; "" where there is none to show
	Hint string // what is allowed, or "did you mean …?"; "" where there is nothing to say
}

// newError is an error at a place of a source. What the message quotes of the
// user's text cannot break its line, nor do anything to a terminal.
func newError(src *source, pos Pos, msg, hint string) *Error {
	return &Error{Pos: pos, Line: src.line(pos.Line), Msg: printable(msg, ' '), Hint: printable(hint, '\n')}
}

// printable replaces what does not print; newline stands for a line break.
func printable(s string, newline rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return newline
		case r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// Error is the whole message: the place and what is wrong, the line with a
// caret below the place, and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Pos, e.Msg)
	if strings.TrimSpace(e.Line) != "" {
		line, caret := pointAt(e.Line, e.Pos.Column)
		fmt.Fprintf(&b, "\n    %s\n    %s", line, caret)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "\n  %s", strings.ReplaceAll(e.Hint, "\n", "\n  "))
	}
	return b.String()
}

// ErrorList is all that is wrong with a scenario, sorted by place.
type ErrorList []*Error

func (l ErrorList) Error() string {
	all := make([]string, len(l))
	for i, e := range l {
		all[i] = e.Error()
	}
	return strings.Join(all, "\n")
}

// Unwrap makes each error of the list reachable by errors.As.
func (l ErrorList) Unwrap() []error {
	all := make([]error, len(l))
	for i, e := range l {
		all[i] = e
	}
	return all
}

// sorted is the list in the order of the file, flags last, without what an
// alias made it say twice.
func (l ErrorList) sorted() ErrorList {
	slices.SortStableFunc(l, func(a, b *Error) int {
		return cmp.Or(
			cmp.Compare(b2i(a.Pos.Line == 0), b2i(b.Pos.Line == 0)),
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Column, b.Pos.Column),
		)
	})
	type key struct {
		pos Pos
		msg string
	}
	seen := map[key]bool{}
	return slices.DeleteFunc(l, func(e *Error) bool {
		k := key{e.Pos, e.Msg}
		again := seen[k]
		seen[k] = true
		return again
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Pos is a place in the file. Line and Column count from 1, Column in
// characters. Line is 0 where the place is a flag: File is then its name, as
// in "--threshold 1".
type Pos struct {
	File         string
	Line, Column int
}

// String is file:line:column, or the flag's name.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	if p.Column == 0 {
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// A longer line is shown in part, so many columns to either side of its place.
const (
	shownWhole = 160
	shownSide  = 60
)

// pointAt returns a line as it can be shown on a terminal, and below it a
// caret under a column. A tab stays a tab in both, and a wide character counts
// as two, so that the caret stands where it belongs however wide a tab is.
func pointAt(line string, column int) (shown, caret string) {
	runes := []rune(strings.TrimRightFunc(line, unicode.IsSpace))
	column = min(max(column, 1), len(runes)+1)
	head, tail := "", ""
	if len(runes) > shownWhole {
		end := min(len(runes), column+shownSide)
		start := max(0, column-1-shownSide)
		if start > 0 {
			head = "…"
		}
		if end < len(runes) {
			tail = "…"
		}
		runes, column = runes[start:end], column-start
	}
	for i, r := range runes {
		if r != '\t' && !unicode.IsPrint(r) {
			runes[i] = unicode.ReplacementChar
		}
	}
	var b strings.Builder
	for i, part := range strings.Split(head+string(runes[:column-1]), "\t") {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(strings.Repeat(" ", uniseg.StringWidth(part)))
	}
	return head + string(runes) + tail, b.String() + "^"
}

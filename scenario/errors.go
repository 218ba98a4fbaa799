package scenario

import (
	"fmt"
	"strings"
)

// MaxBytes is the size of the largest scenario that is read.
const MaxBytes = 1 << 20

// Error is one thing that is wrong with a scenario.
type Error struct {
	Pos  Pos
	Msg  string // what is wrong, in one line
	Line string // the line of the file; "" where there is none
	Hint string // what is allowed, or "did you mean …"; may be ""
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// ErrorList is all that is wrong with a scenario, sorted by place.
type ErrorList []*Error

func (l ErrorList) Error() string {
	var b strings.Builder
	for i, e := range l {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.Error())
	}
	return b.String()
}

// String is file:line:column.
func (p Pos) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

package report

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// printable is a text from a scenario or a page as a terminal may see it: one
// line, and nothing that could move the cursor or turn the writing around.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return '·'
		}
		return r
	}, s)
}

// cut shortens a text to a width in columns; 0 is none.
func cut(s string, width int) string {
	if width <= 0 {
		return s
	}
	return ansi.Truncate(s, width, "…")
}

// cutMiddle shortens a text whose end matters, too.
func cutMiddle(s string, width, tail int) string {
	have := ansi.StringWidth(s)
	if have <= width {
		return s
	}
	return ansi.Truncate(s, width-tail-1, "") + "…" + ansi.TruncateLeft(s, have-tail, "")
}

// padded is a text with spaces behind it up to a width in columns.
func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-ansi.StringWidth(s)))
}

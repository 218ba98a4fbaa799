package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// tableWidth is what the table of events fits into, where names can be cut for it.
const tableWidth = 80

// leastName is the narrowest that the column of names gets.
const leastName = 16

// cell is what stands in one place of a table.
type cell struct {
	text  string
	mark  string // stands behind the column, in a place of its own
	style func(string) string
}

// columns lays out rows: the first column to the left, the others to the right.
func columns(rows [][]cell) []string { return columnsWithin(tableWidth, rows) }

// columnsWithin cuts the first column for a width, unless it gets too narrow.
func columnsWithin(width int, rows [][]cell) []string {
	widths, marks := make([]int, len(rows[0])), make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			widths[i] = max(widths[i], ansi.StringWidth(c.text))
			marks[i] = max(marks[i], ansi.StringWidth(c.mark))
		}
	}
	others := 0
	for i := range widths[1:] {
		others += 2 + widths[i+1] + marks[i+1]
	}
	widths[0] = min(widths[0], max(leastName, width-others))

	lines := make([]string, len(rows))
	for n, r := range rows {
		var b strings.Builder
		for i, c := range r {
			text := padded(cut(c.text, widths[0]), widths[0])
			if i > 0 {
				text = "  " + strings.Repeat(" ", widths[i]-ansi.StringWidth(c.text)) + c.text
			}
			if c.style != nil {
				text = c.style(text)
			}
			b.WriteString(text + padded(c.mark, marks[i]))
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

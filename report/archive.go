package report

import (
	"fmt"
	"io"
)

// Archive are the runs of an archive.
type Archive []ArchivedRun

// ArchivedRun is one of them. Texts are empty where they are not known.
type ArchivedRun struct {
	Name       string // as other commands take it
	Latest     bool
	Scenario   string
	Users      int // 0: not known
	Thresholds string
	Verdict    string // ok, or what is wrong
	Size       int64  // bytes
}

// Write writes a line for each run.
func (a Archive) Write(w io.Writer) error {
	p := newPrinter(w)
	faint := func(s string) string { return p.faint.Render(s) }
	var head []cell
	for _, title := range []string{"scenario", "began (UTC)", "users", "held", "verdict", "size"} {
		head = append(head, cell{text: title, style: faint})
	}
	rows, marked := [][]cell{head}, false
	for _, run := range a {
		verdict := cell{text: run.Verdict, style: func(s string) string { return p.bad.Render(s) }}
		if run.Verdict == "ok" {
			verdict.style = func(s string) string { return p.good.Render(s) }
		}
		name := cell{text: run.Name}
		if run.Latest {
			name.mark, marked = "*", true
		}
		rows = append(rows, []cell{
			{text: orDash(printable(run.Scenario))}, name, {text: orDash(numberOr(run.Users))},
			{text: orDash(run.Thresholds)}, verdict, {text: Size(run.Size)},
		})
	}
	for _, line := range columns(rows) {
		p.line("%s", line)
	}
	if marked {
		p.line("%s", faint("* the latest run"))
	}
	_, err := io.WriteString(w, p.String())
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func numberOr(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// Size is a number of bytes in the unit that it is read best in.
func Size(n int64) string {
	units := []string{"B", "KB", "MB", "GB", "TB"}
	x, i := float64(n), 0
	for x >= 999.5 && i < len(units)-1 {
		x /= 1000
		i++
	}
	if i == 0 || x >= 9.95 {
		return fmt.Sprintf("%.0f %s", x, units[i])
	}
	return fmt.Sprintf("%.1f %s", x, units[i])
}

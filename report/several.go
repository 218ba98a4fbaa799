package report

import (
	"fmt"
	"io"
)

// Runs are several runs, one after the other.
type Runs []Run

// Run is one of several runs.
type Run struct {
	Name       string
	Users      int   // that began
	Events     int64 // rows that are ok
	Failed     int64
	Thresholds int
	Broken     int // of them
	Verdict    string
}

// Write writes a line for each run.
func (r Runs) Write(w io.Writer) error {
	p := newPrinter(w)
	p.line("%s", p.bold.Render(fmt.Sprintf("%d scenarios", len(r))))
	var head []cell
	for _, title := range []string{"scenario", "users", "events", "failed", "thresholds", "result"} {
		head = append(head, cell{text: title, style: func(s string) string { return p.faint.Render(s) }})
	}
	rows := [][]cell{head}
	for _, run := range r {
		style := func(s string) string { return p.bad.Render(s) }
		if run.Verdict == "ok" {
			style = func(s string) string { return p.good.Render(s) }
		}
		rows = append(rows, []cell{
			{text: printable(run.Name)},
			{text: fmt.Sprint(run.Users)},
			{text: fmt.Sprint(run.Events)},
			{text: fmt.Sprint(run.Failed)},
			{text: fmt.Sprintf("%d of %d", run.Thresholds-run.Broken, run.Thresholds)},
			{text: run.Verdict, style: style},
		})
	}
	for _, line := range columns(rows) {
		p.line("%s", line)
	}
	_, err := io.WriteString(w, p.String())
	return err
}

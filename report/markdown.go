package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/loadwright/loadwright/internal/stats"
)

// A comment on a pull request is read, not searched: there is a summary.json
// for the rest.
const (
	mostFailures   = 5
	mostMarkdown   = 200 // columns of a text
	mostEventsInMD = 50
)

// MarkdownMark is how what [Markdown] writes begins, and ComparisonMark how a
// comparison's Markdown does: a comment, which nobody sees.
const (
	MarkdownMark   = "<!-- loadwright: what runs found -->\n"
	ComparisonMark = "<!-- loadwright: what changed between runs -->\n"
)

// Markdown writes what runs found, for a pull request: a section for each run.
func Markdown(w io.Writer, runs []RunReport) error {
	var b strings.Builder
	b.WriteString(MarkdownMark)
	for i, run := range runs {
		if i > 0 {
			b.WriteString("\n")
		}
		run.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r RunReport) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "### %s\n\n%s\n", mdText(r.Name), mdText(r.Sentence()))
	if r.NotRun != "" && len(r.Events) == 0 {
		return
	}
	if len(r.Thresholds) > 0 {
		b.WriteString("\n| threshold | seen | |\n|---|---|---|\n")
		for _, v := range r.Thresholds {
			state := "pass"
			if !v.OK {
				state = "**FAIL**"
			}
			seen := v.Seen
			if v.Note != "" {
				seen += " (" + v.Note + ")"
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", mdText(v.Threshold.Text), mdText(seen), state)
		}
	}
	r.mdEvents(b)
	for _, n := range r.Notes {
		fmt.Fprintf(b, "\n%s\n", mdText(n))
	}
	r.mdFailures(b)
}

func (r RunReport) mdEvents(b *strings.Builder) {
	if len(r.Events) == 0 {
		b.WriteString("\nNo event was recorded.\n")
		return
	}
	b.WriteString("\n| event | count | failed | mean | median | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|--:|--:|\n")
	for i, e := range r.Events {
		if i == mostEventsInMD {
			fmt.Fprintf(b, "\nand %s more\n", count(len(r.Events)-i, "event"))
			return
		}
		fmt.Fprintf(b, "| %s | %d | %d | %s | %s | %s | %s | %s |\n", mdText(e.Name), e.Count, e.Failures,
			tookOf(e, e.Mean), tookOf(e, e.Median), tookOf(e, e.P95), tookOf(e, e.P99), tookOf(e, e.Max))
	}
}

func (r RunReport) mdFailures(b *strings.Builder) {
	n := min(len(r.Failures), mostFailures)
	if n == 0 {
		return
	}
	title := fmt.Sprintf("%s failed", count(r.Failed, "iteration"))
	if r.Failed > n {
		title += fmt.Sprintf("; the first %d", n)
	}
	var texts []string
	for _, f := range r.Failures[:n] {
		texts = append(texts, cut(printable(f.Text), mostText))
	}
	fmt.Fprintf(b, "\n%s:\n\n%s", title, mdCode(texts))
}

// Markdown writes the comparison for a pull request.
func (c Comparison) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s### %s\n\n", ComparisonMark, mdText(c.Sentence()))
	fmt.Fprintf(&b, "- A: %s: %s\n- B: %s: %s\n", mdText(strings.Join(c.A, " ")), side(c.Found.A), mdText(strings.Join(c.B, " ")), side(c.Found.B))
	b.WriteString("\n| event | | A | B | change | interval | |\n|---|---|--:|--:|--:|--:|---|\n")
	for i := range c.Found.Events {
		e := &c.Found.Events[i]
		name := mdText(e.Event)
		for _, x := range shown(e) {
			finding := string(x.Finding)
			if x.Finding != stats.CannotTell {
				finding = "**" + finding + "**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", name, x.Statistic, amount(x, x.A), amount(x, x.B), change(x), interval(x), finding)
			name = ""
		}
	}
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "\n%s\n", mdText(n))
	}
	if advice := c.Advice(); advice != "" {
		fmt.Fprintf(&b, "\n%s\n", advice)
	}
	if c.Least != nil {
		fmt.Fprintf(&b, "\n%s\n", mdText(c.limit()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mdText is a text from a scenario or a page that means nothing in Markdown, on
// one line.
func mdText(s string) string {
	s = cut(printable(s), mostMarkdown)
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '>':
			b.WriteString("&gt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case r == '@':
			// Nobody is to be called by the name of an event.
			b.WriteString("@\u2060")
			continue
		case strings.ContainsRune("\\`*_{}[]#|~!", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// mdCode is lines as they are, in a fence that none of them can end.
func mdCode(lines []string) string {
	text := strings.Join(lines, "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "\n" + text + "\n" + fence + "\n"
}

package report

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/loadwright/loadwright/internal/stats"
)

// TestLine shows a status in rooms of all widths.
func TestLine(t *testing.T) {
	loading := Status{
		Stage: "loading", Active: 4, Most: 5, Iterations: 3, Planned: 25, Elapsed: 65 * time.Second,
		All:    stats.Stats{Count: 34, Failures: 2},
		Events: []stats.Stats{took("load", 20, 0, 567*ms), {Name: "never ok", Failures: 2}, took("interact", 14, 0, 513*ms)},
	}
	timed := loading
	timed.Planned, timed.Left, timed.LeftKnown = 0, 3725*time.Second, true
	stopping := loading
	stopping.Stage, stopping.Left, stopping.LeftKnown = "stopping", 8*time.Second, true
	many := loading
	many.Events = nil
	for i := range 30 {
		many.Events = append(many.Events, took(fmt.Sprintf("event %d", i), 1, 0, ms))
	}
	hostile := loading
	hostile.Events = []stats.Stats{took("\x1b[2J\r\n"+strings.Repeat("日本", 5000), 1, 0, ms)}
	ended := timed
	ended.Stage, ended.Left = "ended", 0
	undetermined := stopping
	undetermined.LeftKnown = false

	var out strings.Builder
	for _, s := range []struct {
		name   string
		status Status
	}{
		{"preparing", Status{Stage: "preparing"}},
		{"no event yet", Status{Stage: "loading", Active: 1, Most: 1, Planned: 1}},
		{"loading", loading}, {"for a time", timed}, {"stopping", stopping}, {"stopping, who knows until when", undetermined},
		{"ended", ended}, {"many events", many}, {"a hostile name", hostile},
	} {
		fmt.Fprintf(&out, "%s\n", s.name)
		for _, width := range []int{0, 120, 80, 60, 40, 20, 1} {
			line := s.status.line(width)
			fmt.Fprintf(&out, "%4d |%s|\n", width, line)
			if width > 0 && ansi.StringWidth(line) > width {
				t.Errorf("%s: %d columns where there are %d: %q", s.name, ansi.StringWidth(line), width, line)
			}
			if strings.ContainsAny(line, "\x1b\r\n") {
				t.Errorf("%s: control characters come through: %q", s.name, line)
			}
		}
	}
	golden(t, "lines.txt", out.String())
}

// TestPlainProgress watches for a minute where there is no terminal.
func TestPlainProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		begin := time.Now()
		p := NewProgress(&out)
		p.Start(func() Status {
			elapsed := time.Since(begin) - 7*time.Second
			if elapsed < 0 {
				return Status{Stage: "preparing"}
			}
			return Status{Stage: "loading", Active: 1, Most: 1, Elapsed: elapsed}
		})
		time.Sleep(22 * time.Second)
		p.Stop()
		p.Stop()
		time.Sleep(time.Minute)
		want := "0:03  users 1/1  iterations 0  events 0  failed 0\n" +
			"0:08  users 1/1  iterations 0  events 0  failed 0\n" +
			"0:13  users 1/1  iterations 0  events 0  failed 0\n"
		if got := out.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

// TestLiveProgress watches a terminal, on which something else is written, too.
func TestLiveProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var columns atomic.Int64
		columns.Store(50)
		p := NewProgress(&out)
		p.live, p.size = true, func() (int, int) { return int(columns.Load()), 24 }
		beside := p.Beside(&out)
		tick := func(what, want string) {
			t.Helper()
			time.Sleep(liveInterval)
			synctest.Wait()
			if got := out.String(); got != want {
				t.Errorf("%s:\n got %q\nwant %q", what, got, want)
			}
			out.Reset()
		}
		var status atomic.Value
		status.Store(Status{Stage: "preparing"})
		p.Start(func() Status { return status.Load().(Status) })
		time.Sleep(liveInterval / 2)
		fmt.Fprint(beside, "before\n")
		tick("at first", "before\n\ropening browsers …\x1b[K\x1b[J")
		tick("no news", "")
		loading := Status{Stage: "loading", Most: 2, Planned: 5}
		status.Store(loading)
		const head = "0:00  users 0/2  iterations 0/5  failed 0"
		tick("one line", "\r"+head+"\x1b[K\x1b[J")
		loading.Events = []stats.Stats{{Name: "load", Failures: 1}}
		loading.Failures = []string{"user 0: what a pity"}
		status.Store(loading)
		block := strings.Join([]string{head, "", "event  count  failed  median    p95  spread", "load       0       1       -      -", "", "failed last", "  user 0: what a pity"}, "\x1b[K\r\n") + "\x1b[K\x1b[J"
		tick("six lines more", "\r"+block)
		loading.Failures = []string{"user 1: what a pity"}
		status.Store(loading)
		block = strings.Replace(block, "user 0", "user 1", 1)
		tick("in its place", "\r\x1b[6A"+block)
		fmt.Fprint(beside, "a note\n")
		fmt.Fprint(beside, "half of ")
		tick("a line that is begun", "\r\x1b[6A\x1b[Ja note\nhalf of ")
		fmt.Fprint(beside, "another\n")
		tick("and ended", "another\n\r"+block)
		// 41, 0, 43, 35, 0, 11 and 21 columns are 13 lines of 20.
		columns.Store(20)
		tick("narrower", "\r\x1b[12A0:00  users 0/2  f…\x1b[K\x1b[J")
		p.Stop()
		fmt.Fprint(beside, "after\n")
		if got, want := out.String(), "\r\x1b[Jafter\n"; got != want {
			t.Errorf("at the end: got %q, want %q", got, want)
		}
	})
}

// TestNoProgress holds that a run which never got so far leaves no line.
func TestNoProgress(t *testing.T) {
	var out bytes.Buffer
	NewProgress(&out).Stop()
	if out.Len() > 0 {
		t.Errorf("it wrote %q", out.String())
	}
}

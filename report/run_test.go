package report

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/internal/stats"
)

func runReports() []RunReport {
	few := judged("load p95 < 2s", true, "1.13s")
	few.Note = "5 rows where p95 needs 20"
	failed := judged("errors <= 1%", false, "8%")
	failed.Note = "2 of 25 failed"
	nothing := judged("interact mean < 1s", false, "no sample")
	nothing.NoSample = true
	hostile := "red \x1b[31malarm\x1b[0m\r\n<script>|`*_[x](javascript:1)@you\u202e ]]> \x00 ``` " + strings.Repeat("long ", 3000)
	return []RunReport{
		{Began: time.Date(2026, 1, 31, 15, 53, 3, 0, time.UTC), Summary: Summary{
			Name: "load and click", Users: 5, Elapsed: 9640 * ms, Trusted: true,
			Events:     []stats.Stats{took("load", 5, 0, 567*ms), took("interact", 125, 0, 513*ms)},
			Thresholds: []stats.Verdict{judged("interact mean <= 10s", true, "513ms"), few},
		}},
		{Summary: Summary{
			Name: "failing", Users: 2, Elapsed: 3661 * time.Second, Failed: 12, Trusted: true, Ended: "stopped by Ctrl-C",
			Events:     []stats.Stats{took("load", 23, 2, 1234*ms), {Name: "interact", Failures: 12}},
			Thresholds: []stats.Verdict{failed, nothing}, Notes: []string{"interact: 25 of 25 waits held before the click; this measures nothing"},
			Failures: []Failure{{"scenario.yaml:14:9: user 0, iteration 1: click role=button \"Run\": 2 elements match", nil}, {hostile, nil}},
		}},
		{Summary: Summary{
			Name: hostile, Users: 40, Open: true, Elapsed: time.Minute, Generator: "not to be trusted from 0:42 on: " + hostile,
			Events:     []stats.Stats{took(hostile, 1, 1, time.Second)},
			Thresholds: []stats.Verdict{judged(hostile+" p95 < 1s", false, "2s")},
		}},
		{Summary: Summary{Name: "no app", Trusted: true}, NotRun: "http://localhost:5006 refuses connections"},
		{Summary: Summary{Name: "no event", Users: 1, Trusted: true}},
		{Summary: Summary{
			Name: "stopped", Users: 2, Elapsed: 3 * time.Second, Trusted: true, Ended: "stopped by Ctrl-C",
			Events: []stats.Stats{took("load", 5, 0, 567*ms)}, Thresholds: []stats.Verdict{few},
		}},
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, runReports()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", out.String())
	// What other programs read: as many cases, failures and errors as are told.
	var back junitSuites
	d := xml.NewDecoder(&out)
	d.Strict = true
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	tests, failures, errors := 0, 0, 0
	for _, s := range back.Suites {
		for _, c := range s.Cases {
			tests++
			if c.Failure != nil {
				failures++
			}
			if c.Error != nil {
				errors++
			}
		}
	}
	if tests != 12 || failures != 3 || errors != 4 || back.Tests != tests || back.Failures != failures || back.Errors != errors {
		t.Errorf("%d, %d, %d; told %d, %d, %d", tests, failures, errors, back.Tests, back.Failures, back.Errors)
	}
}

func TestMarkdown(t *testing.T) {
	var out bytes.Buffer
	if err := Markdown(&out, runReports()); err != nil {
		t.Fatal(err)
	}
	golden(t, "runs.md", out.String())
	text := out.String()
	if strings.ContainsAny(text, "\x1b\r\u202e") || strings.Contains(text[:strings.Index(text, "```")], "<script>") {
		t.Error("a name means something")
	}
	if n := strings.Count(text, "\n### "); n != 6 {
		t.Errorf("%d sections", n)
	}
	// A failure's text does not end the code that it stands in.
	if !strings.Contains(text, "\n````\nscenario.yaml:14:9") {
		t.Error("the fence is too short")
	}
}

func TestArchive(t *testing.T) {
	var out bytes.Buffer
	err := Archive{
		{Name: "20260201_101500_2", Latest: true, Scenario: "load and click", Users: 20, Thresholds: "3 of 3", Verdict: "ok", Size: 1_250_000},
		{Name: "20260131_155303", Scenario: strings.Repeat("a very long name ", 100) + "\x1b[31m\n", Users: 1000, Thresholds: "10 of 12", Verdict: "ended early", Size: 999_600},
		{Name: "20250131_155303", Verdict: "no summary", Size: 12},
	}.Write(&out)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "archive.txt", out.String())
	for _, line := range strings.Split(out.String(), "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("%d columns: %s", len([]rune(line)), line)
		}
	}
}

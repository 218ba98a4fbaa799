package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// What follows is JUnit's XML as Jenkins, GitLab and GitHub's actions read it:
// https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Time      string      `xml:"time,attr"` // seconds
	Timestamp string      `xml:"timestamp,attr,omitempty"`
	Cases     []junitCase `xml:"testcase"`
	Out       string      `xml:"system-out,omitempty"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnitMark is how a file of [JUnit] begins. By such marks it is known which file
// may be replaced by the next of its kind.
const JUnitMark = xml.Header + `<testsuites name="loadwright"`

// JUnit writes what runs found as JUnit's XML: a suite for each run, a test case
// for each threshold, and one for the run itself: whether it was carried out, to
// its end, by a load generator that is to be trusted.
func JUnit(w io.Writer, runs []RunReport) error {
	all := junitSuites{Name: "loadwright"}
	took := time.Duration(0)
	for _, r := range runs {
		s := r.junit()
		all.Suites = append(all.Suites, s)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		took += r.Elapsed
	}
	all.Time = inSeconds(took)
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	return err
}

func (r RunReport) junit() junitSuite {
	name := cut(printable(r.Name), mostName)
	s := junitSuite{Name: name, Time: inSeconds(r.Elapsed)}
	if !r.Began.IsZero() {
		s.Timestamp = r.Began.UTC().Format("2006-01-02T15:04:05")
	}
	s.add(junitCase{Name: "the run", Class: name, Time: s.Time, Error: r.trouble()})
	for _, v := range r.Thresholds {
		c := junitCase{Name: cutMiddle(printable(v.Threshold.Text), mostText, endOfThreshold), Class: name, Time: "0"}
		if !v.OK {
			seen := "seen: " + v.Seen
			if v.NoSample {
				seen = v.Seen
			}
			c.Failure = &junitProblem{Message: seen, Type: "threshold", Text: c.Name + ": " + seen}
			if v.Note != "" {
				c.Failure.Text += " (" + printable(v.Note) + ")"
			}
		}
		s.add(c)
	}
	var lines []string
	for _, f := range r.Failures {
		lines = append(lines, cut(printable(f.Text), mostText))
	}
	s.Out = strings.Join(lines, "\n")
	return s
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Error != nil {
		s.Errors++
	}
}

// trouble is why the run says less than it should; nil where it does not.
func (r RunReport) trouble() *junitProblem {
	switch {
	case r.NotRun != "":
		return problem("not carried out", r.NotRun)
	case !r.Trusted && !r.AllowSaturated:
		return problem("not to be trusted", r.Generator)
	case r.Ended != "":
		return problem("ended early", r.Ended)
	}
	return nil
}

func problem(kind, text string) *junitProblem {
	text = cut(printable(text), mostText)
	message := text
	if !strings.HasPrefix(text, kind) {
		message = kind + ": " + text
	}
	return &junitProblem{Message: message, Type: kind, Text: text}
}

func inSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

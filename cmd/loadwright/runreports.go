package main

import (
	"errors"
	"io"

	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/report"
)

// runReportOptions are the files that a run is reported to, beside its results.
type runReportOptions struct {
	junit, markdown string
}

func (o *runReportOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.junit, "junit", "", "write a test case for each threshold to `FILE`, as JUnit's XML")
	f.StringVar(&o.markdown, "markdown", "", "write what was found to `FILE`, for a pull request")
}

// runReports gathers what runs found, and writes it at the end.
type runReports struct {
	junit, markdown *outputFile
	runs            []report.RunReport
}

func openReports(o runReportOptions) (*runReports, error) {
	junit, err := openOutput("junit", o.junit, report.JUnitMark)
	if err != nil {
		return nil, err
	}
	markdown, err := openOutput("markdown", o.markdown, report.MarkdownMark, junit)
	if err != nil {
		junit.drop()
		return nil, err
	}
	return &runReports{junit: junit, markdown: markdown}, nil
}

// add takes a run; result is nil where there is none. One whose scenario has an
// error was none.
func (r *runReports) add(scenario *loadwright.Scenario, o *runOptions, result *loadwright.Result, err error) {
	if exitCode(err) == exitUsage {
		return
	}
	run := report.RunReport{AllowSaturated: o.allowSaturated}
	run.Name, run.Trusted = scenario.Name(), true
	if result != nil {
		run.Summary, run.Began = summary(result), result.Began
	}
	var exit exitError
	if err != nil && !(errors.As(err, &exit) && exit.told) {
		run.NotRun = err.Error()
	}
	r.runs = append(r.runs, run)
}

// write writes the files; where no run was begun, nothing.
func (r *runReports) write() error {
	defer r.junit.drop()
	defer r.markdown.drop()
	if len(r.runs) == 0 {
		return nil
	}
	return errors.Join(
		r.junit.write(func(w io.Writer) error { return report.JUnit(w, r.runs) }),
		r.markdown.write(func(w io.Writer) error { return report.Markdown(w, r.runs) }),
	)
}

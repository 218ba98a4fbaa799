package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/report"
)

// runSeveral runs scenarios one after the other, and sums them up at the end. A
// run that fails does not keep the next one from running; one that is stopped
// by a signal does.
func runSeveral(ctx context.Context, s streams, o *runOptions, scenarios []*loadwright.Scenario, page *web, reports *runReports) error {
	each := s
	var summaries bytes.Buffer
	if o.json {
		each.out = &summaries
	}
	var runs report.Runs
	var ends []error
	for i, scenario := range scenarios {
		if !o.quiet && !o.json {
			fmt.Fprintf(s.out, "%d of %d: %s\n", i+1, len(scenarios), o.files[i])
		}
		result, err := carryOut(ctx, each, o, scenario, page)
		runs = append(runs, runSummary(scenario, result, err))
		reports.add(scenario, o, result, err)
		ends = append(ends, err)
		tellError(s.err, err)
		if code := exitCode(err); code == exitInterrupted || code == exitTerminated || code == exitBug {
			break
		}
		if !o.quiet && !o.json {
			fmt.Fprintln(s.out)
		}
	}
	var err error
	switch {
	case o.json:
		err = writeAll(s, &summaries)
	case !o.quiet:
		err = runs.Write(s.out)
	}
	return firstError(s, foremost(ends), err)
}

func runSummary(scenario *loadwright.Scenario, result *loadwright.Result, err error) report.Run {
	run := report.Run{Name: scenario.Name()}
	if result != nil {
		run.Users, run.Events, run.Failed = result.Users, result.All.Count, result.All.Failures
		for _, v := range result.Thresholds {
			if !v.OK {
				run.Broken++
			}
		}
		run.Thresholds = len(result.Thresholds)
	}
	switch exitCode(err) {
	case exitOK:
		run.Verdict = "ok"
	case exitFailed:
		run.Verdict = "thresholds failed"
	case exitSaturated:
		run.Verdict = "not to be trusted"
	case exitInterrupted, exitTerminated:
		run.Verdict = "stopped"
	default:
		run.Verdict = "not carried out"
	}
	return run
}

// writeAll writes the summaries of several runs as one JSON list.
func writeAll(s streams, summaries *bytes.Buffer) error {
	all := []json.RawMessage{}
	for d := json.NewDecoder(summaries); d.More(); {
		var one json.RawMessage
		if err := d.Decode(&one); err != nil {
			return err
		}
		all = append(all, one)
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = s.out.Write(append(text, '\n'))
	return err
}

// foremost is the error whose exit code applies first. Each was told already.
func foremost(ends []error) error {
	order := []int{exitUsage, exitInterrupted, exitTerminated, exitBug, exitNotRun, exitSaturated, exitFailed}
	for _, code := range order {
		if slices.ContainsFunc(ends, func(err error) bool { return exitCode(err) == code }) {
			return exitError{code: code, told: true}
		}
	}
	return nil
}

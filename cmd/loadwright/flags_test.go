package main

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loadwright/loadwright"
)

// parsed is what the run command makes of a command line.
func parsed(t *testing.T, args ...string) runOptions {
	t.Helper()
	var got *runOptions
	cmd := newRunCmd(streams{out: io.Discard, err: io.Discard}, func(_ context.Context, o *runOptions) error {
		got = o
		return nil
	})
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	return *got
}

func TestRunFlags(t *testing.T) {
	plain := runOptions{files: []string{"a.yaml"}}
	plain.Out, plain.Artefacts = "test_results", 10
	if diff := cmp.Diff(plain, parsed(t, "a.yaml"), cmp.AllowUnexported(runOptions{}, runReportOptions{}, webOptions{}), cmpopts.IgnoreUnexported(loadwright.Options{})); diff != "" {
		t.Errorf("without flags (-want +got):\n%s", diff)
	}

	want := runOptions{
		Options: loadwright.Options{
			Users: 5, Iterations: 3, Duration: 90 * time.Second, StartInterval: new(time.Duration), Timeout: time.Minute,
			URL: "http://localhost", Set: map[string]string{"a": "1,2", "b": "x=y", "c": ""},
			Thresholds: []string{"a p95 < 1s, really", "errors < 1%"},
			Headed:     new(true), SlowMo: new(200 * time.Millisecond), BrowserPath: "/chromium", NoSandbox: true,
			Out: "results", NoArchive: true, Artefacts: -1,
		},
		files: []string{"a.yaml"}, headed: true, slowMo: 200 * time.Millisecond, json: true, quiet: true, verbose: true,
	}
	got := parsed(t, "--users", "5", "--iterations=3", "--duration", "1m30s", "--start-interval", "0", "--timeout", "1m",
		"--url", "http://localhost", "--set", "a=1,2", "--set", "b=x=y", "--set", "c=", "--threshold", "a p95 < 1s, really",
		"--threshold", "errors < 1%", "--headed", "--slow-mo", "200ms", "--browser-path", "/chromium", "--no-sandbox",
		"--out", "results", "--no-archive", "--artefacts", "0", "a.yaml", "--json", "--quiet", "--verbose")
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(runOptions{}, runReportOptions{}, webOptions{}), cmpopts.IgnoreUnexported(loadwright.Options{})); diff != "" {
		t.Errorf("with all flags (-want +got):\n%s", diff)
	}
	if headed := parsed(t, "a.yaml", "--headed=false").Headed; headed == nil || *headed {
		t.Error("--headed=false leaves it to the scenario")
	}
	if pause := parsed(t, "a.yaml", "--slow-mo", "0").SlowMo; pause == nil || *pause != 0 {
		t.Error("--slow-mo 0 leaves it to the scenario")
	}
}

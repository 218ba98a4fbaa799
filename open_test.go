package loadwright_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

const requests = `
name: requests
url: http://localhost:1
load: {users: 3, start_interval: 0s, iterations: 2}
steps:
  - event: get
    steps:
      - request: GET /app
  - event: bad
    steps:
      - request: GET /nowhere
thresholds:
  - get p95 < 1m
  - get count >= 100
`

// A run's result, read again, is the result of the run.
func TestOpen(t *testing.T) {
	s, err := loadwright.Parse("scenario.yaml", []byte(requests))
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	want, err := loadwright.Run(t.Context(), s, loadwright.Options{URL: serve(t), Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if len(want.Failures) == 0 || want.OK() || want.Event("get").Count != 6 {
		t.Fatalf("this proves little: %+v", want)
	}
	alike := cmp.Options{
		cmpopts.IgnoreUnexported(loadwright.Result{}),
		cmpopts.IgnoreFields(loadwright.Result{}, "Samples"),
		cmpopts.IgnoreFields(scenario.Threshold{}, "Statistic", "Op", "Value", "Share", "Pos"),
		cmpopts.IgnoreFields(runner.Failure{}, "At"),
		cmp.Comparer(func(x, y *runner.StepError) bool {
			return x.Error() == y.Error() && x.Place == y.Place && x.User == y.User && x.Iteration == y.Iteration
		}),
		cmpopts.EquateEmpty(),
	}
	for _, path := range []string{want.CSV, want.Latest} {
		got, err := loadwright.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, alike); diff != "" {
			t.Errorf("%s: -want +got:\n%s", path, diff)
		}
		for _, q := range []float64{0.1, 0.5, 0.99} {
			if want, got := want.Quantile("get", q), got.Quantile("get", q); want != got || got == 0 {
				t.Errorf("%s: %v: %v, want %v", path, q, got, want)
			}
		}
	}

	// Without a summary the events speak.
	if err := os.Remove(want.Summary); err != nil {
		t.Fatal(err)
	}
	bare, err := loadwright.Open(want.CSV)
	if err != nil {
		t.Fatal(err)
	}
	if bare.Users != 3 || !reflect.DeepEqual(bare.Event("get"), want.Event("get")) || bare.Ended == nil || bare.Summary != "" || bare.Began.IsZero() || bare.Elapsed > time.Minute {
		t.Errorf("%+v", bare)
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const header = ",event,user,start,stop,start_seconds,stop_seconds,duration\n"
	for _, test := range []struct{ csv, summary, want string }{
		{"", "", "the file is empty"},
		{"a,b\n", "", "not an events CSV"},
		{header, "{", "summary.json is no summary of a run: "},
		{header, `{"schema_version": 99}`, "is a summary of version 99, and this loadwright knows version 1"},
	} {
		path := write("loadwright.csv", test.csv)
		write("summary.json", test.summary)
		if _, err := loadwright.Open(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q %q: %v", test.csv, test.summary, err)
		}
	}
	if _, err := loadwright.Open(filepath.Join(dir, "nothing.csv")); err == nil || !strings.HasSuffix(err.Error(), "no such file or directory") {
		t.Errorf("%v", err)
	}
}

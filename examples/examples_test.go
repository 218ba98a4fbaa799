package examples_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/examples"
	"github.com/loadwright/loadwright/internal/leftover"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// TestExamples runs every scenario here as it stands against the bundled app.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal(err, files)
	}
	leftover.Folder(t)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel() // they mostly wait
			app := httptest.NewServer(sampleapp.New(sampleapp.Options{RunDelay: 20 * time.Millisecond}))
			defer app.Close()
			s, err := loadwright.Parse(file, examples.Read(file))
			if err != nil {
				t.Fatal(err)
			}
			res, err := loadwright.Run(t.Context(), s, loadwright.Options{URL: app.URL, Out: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range res.Failures {
				t.Error(f.Err)
			}
			for _, v := range res.Thresholds {
				if v.Threshold.Statistic.Kind != "errors" {
					continue // how fast this machine is, is none of the test's business
				}
				if !v.OK {
					t.Errorf("%s: %s", v.Threshold.Text, v.Seen)
				}
			}
			for _, e := range res.Events {
				if e.Already > 0 {
					t.Error(e.AlreadyNote())
				}
			}
			if res.All.Count == 0 {
				t.Error("no event was recorded")
			}
			if notes := s.Notes(); len(notes) > 0 {
				t.Errorf("notes: %q", notes)
			}
		})
	}
}

func TestReadUnknown(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an example that is not there is read")
		}
	}()
	examples.Read("nowhere.yaml")
}

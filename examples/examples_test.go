package examples_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
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
	t.Setenv("PATH", loadwrightBinary(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel() // they mostly wait
			text := examples.Read(file)
			s, err := loadwright.Parse(file, text)
			if err != nil {
				t.Fatal(err)
			}
			o := loadwright.Options{Out: t.TempDir()}
			if !bytes.Contains(text, []byte("\nserve:")) { // else it brings an app of its own
				app := httptest.NewServer(sampleapp.New(sampleapp.Options{RunDelay: 20 * time.Millisecond}))
				defer app.Close()
				o.URL = app.URL
			}
			res, err := loadwright.Run(t.Context(), s, o)
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

// loadwrightBinary is a folder with the command in it, which examples start their
// app by.
func loadwrightBinary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../cmd/loadwright").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// TestOtherApps holds that scenarios of apps that are not here are valid, with all
// the files that they name.
func TestOtherApps(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 2 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		s, err := loadwright.Load(file)
		if err == nil {
			err = s.CheckRun(loadwright.Options{})
		}
		if err != nil {
			t.Error(err)
		}
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

package event

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// put makes files below a folder: names that end in / are folders.
func put(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.MkdirAll(path, 0o777)
		} else {
			err = os.WriteFile(path, []byte("12345"), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchiveLists(t *testing.T) {
	out := t.TempDir()
	if runs, err := Archive(filepath.Join(out, "nothing")); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
	put(t, out,
		"archive/loadwright_20260131_155303_10.csv",
		"archive/loadwright_20260131_155303_2.csv",
		"archive/loadwright_20260131_155303.csv",
		"archive/loadwright_20260131_155303/summary.json", "archive/loadwright_20260131_155303/more/x",
		"archive/loadwright_20251231_235959.csv",
		"archive/loadwright_20269931_155303.csv", // no date
		"archive/loadwright_20260131_155303.csv.bak",
		"archive/my_loadwright_20260131_155303.csv",
		"archive/loadwright_20270101_000000.csv/", // a folder
		"archive/loadwright_20280101_000000/",     // without events
		"archive/notes.csv",
	)
	if err := os.Symlink("notes.csv", filepath.Join(out, "archive/loadwright_20290101_000000.csv")); err != nil {
		t.Log(err)
	}
	if err := os.Link(filepath.Join(out, "archive/loadwright_20251231_235959.csv"), filepath.Join(out, latestName)); err != nil {
		t.Fatal(err)
	}
	runs, err := Archive(out)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range runs {
		names = append(names, r.Stamp())
	}
	if got := strings.Join(names, " "); got != "20251231_235959 20260131_155303 20260131_155303_2 20260131_155303_10" {
		t.Fatalf("%s", got)
	}
	first, second := runs[0], runs[1]
	if !first.Latest || second.Latest || first.Dir != "" || first.Size != 5 || !first.Began.Equal(time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("%+v", first)
	}
	if second.Size != 15 || filepath.Base(second.Dir) != "loadwright_20260131_155303" {
		t.Errorf("%+v", second)
	}
}

// What no run made stays, whatever it is.
func TestArchiveRemoves(t *testing.T) {
	out := t.TempDir()
	put(t, out,
		"archive/loadwright_20260101_000000.csv", "archive/loadwright_20260101_000000/summary.json",
		"archive/loadwright_20260101_000000/scenario.yaml", "archive/loadwright_20260101_000000/report.html",
		"archive/loadwright_20260101_000000/app.log", "archive/loadwright_20260101_000000/failure-u0-i1.png",
		"archive/loadwright_20260101_000000/look-u12-i3.png", "archive/loadwright_20260101_000000/failure-u0-i1.console.txt",
		"archive/loadwright_20260101_000000/failure-u0-i1.response.txt", "archive/loadwright_20260101_000000/panic.txt",
		"archive/loadwright_20260102_000000.csv", "archive/loadwright_20260102_000000/summary.json",
		"archive/loadwright_20260102_000000/notes.txt", "archive/loadwright_20260102_000000/holiday.png",
		"archive/loadwright_20260102_000000/own/scenario.yaml",
		"archive/loadwright_20260103_000000.csv",
	)
	runs, err := Archive(out)
	if err != nil || len(runs) != 3 {
		t.Fatal(runs, err)
	}
	if kept, err := runs[0].Remove(); err != nil || len(kept) != 0 {
		t.Errorf("%v, %v", kept, err)
	}
	if kept, err := runs[1].Remove(); err != nil || len(kept) != 3 {
		t.Errorf("%v, %v", kept, err)
	}
	wantTree(t, out, "archive/", "archive/loadwright_20260102_000000/", "archive/loadwright_20260102_000000/holiday.png",
		"archive/loadwright_20260102_000000/notes.txt", "archive/loadwright_20260102_000000/own/",
		"archive/loadwright_20260102_000000/own/scenario.yaml", "archive/loadwright_20260103_000000.csv")
}

func TestLocate(t *testing.T) {
	out := t.TempDir()
	put(t, out,
		"archive/loadwright_20260131_155303.csv", "archive/loadwright_20260131_155303/summary.json",
		"archive/other.csv", "loadwright.csv", "empty/", "other.csv",
	)
	at := func(elem ...string) string { return filepath.Join(append([]string{out}, elem...)...) }
	run := at("archive", "loadwright_20260131_155303.csv")
	for name, want := range map[string]string{
		at("other.csv"): at("other.csv"),
		out:             at("loadwright.csv"),
		at("archive", "loadwright_20260131_155303"):       run,
		at("archive", "loadwright_20260131_155303") + "/": run,
		"loadwright_20260131_155303":                      run,
		"loadwright_20260131_155303.csv":                  run,
		"20260131_155303":                                 run,
	} {
		if got, err := Locate(out, name); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, want)
		}
	}
	// The latest run is the one in the archive.
	if err := os.Remove(at("loadwright.csv")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(run, at("loadwright.csv")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{out, at("loadwright.csv")} {
		if got, err := Locate(out, name); err != nil || got != run {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{
		at("nothing"):   "there is no run " + at("nothing") + ": it is no file, no folder, and no run in the archive of " + out + " (see: loadwright archive list)",
		"other":         "there is no run other: ",
		"../loadwright": "there is no run ../loadwright: ",
		at("empty"):     "the folder " + at("empty") + " holds no run: empty.csv is not beside it, nor loadwright.csv in it",
	} {
		if got, err := Locate(out, name); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

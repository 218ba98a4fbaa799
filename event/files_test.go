package event

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var began = time.Date(2026, 1, 31, 16, 53, 3, 999, time.FixedZone("CET", 3600))

func create(t *testing.T, out string, archive bool) *RunFiles {
	t.Helper()
	f, err := Create(out, archive, began)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func add(t *testing.T, f *RunFiles, name string) {
	t.Helper()
	if err := f.Event(span(name, 0, 1)); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, f *RunFiles) {
	t.Helper()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// tree returns the paths of all files and folders below dir; folders end in /.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if path == dir || err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			rel += "/"
		}
		paths = append(paths, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// wantTree fails unless dir holds these and nothing else: no temporary file
// stays behind.
func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := tree(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("files:\n got %q\nwant %q", got, want)
	}
}

// wantNames fails unless the file's events have these names.
func wantNames(t *testing.T, path string, want ...string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	events, errs := readAll(t, f)
	var got []string
	for _, e := range events {
		got = append(got, e.Name)
	}
	if len(errs) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q, %v; want %q", filepath.Base(path), got, errs, want)
	}
}

func TestArchive(t *testing.T) {
	out := filepath.Join(t.TempDir(), "a", "test_results")
	f := create(t, out, true)
	wantTree(t, out, "archive/", "archive/loadwright_20260131_155303/", "archive/loadwright_20260131_155303.csv")
	for path, want := range map[string]string{
		f.CSV:                       "archive/loadwright_20260131_155303.csv",
		f.Dir:                       "archive/loadwright_20260131_155303",
		f.Latest:                    "loadwright.csv",
		f.Path():                    "archive/loadwright_20260131_155303",
		f.Path("failures", "u0-i1"): "archive/loadwright_20260131_155303/failures/u0-i1",
	} {
		if path != filepath.Join(out, filepath.FromSlash(want)) {
			t.Errorf("%s, want %s", path, want)
		}
	}
	f.Begin(at(-1))
	add(t, f, "load")
	wantNames(t, f.Latest, "load") // at once: the first row is not held back
	wantTree(t, out, "archive/", "archive/loadwright_20260131_155303/", "archive/loadwright_20260131_155303.csv", "loadwright.csv")
	add(t, f, "interact")
	end(t, f)
	end(t, f)
	wantNames(t, f.CSV, "load", "interact")
	wantNames(t, f.Latest, "load", "interact")
	if one, two := stat(t, f.CSV), stat(t, f.Latest); !os.SameFile(one, two) {
		t.Error("loadwright.csv is no link to the archive")
	}
	src, _ := os.ReadFile(f.CSV)
	if !strings.Contains(string(src), ",1.0,2.0,1.0,") {
		t.Errorf("Begin was not passed on: %s", src)
	}
}

func stat(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// Until a run has a row, loadwright.csv is still that of the run before.
func TestLatestStaysUntilTheFirstRow(t *testing.T) {
	for _, archive := range []bool{true, false} {
		out := t.TempDir()
		first := create(t, out, archive)
		add(t, first, "first")
		end(t, first)
		second := create(t, out, archive)
		wantNames(t, second.Latest, "first")
		add(t, second, "second")
		wantNames(t, second.Latest, "second")
		end(t, second)
		wantNames(t, second.Latest, "second")
		wantNames(t, second.CSV, "second")
		if archive {
			wantNames(t, first.CSV, "first")
		}
	}
}

func TestNoRow(t *testing.T) {
	out := t.TempDir()
	end(t, create(t, out, true))
	wantTree(t, out, "archive/", "archive/loadwright_20260131_155303/", "archive/loadwright_20260131_155303.csv")
	// Without an archive the summary stands beside loadwright.csv: of the same run.
	out = t.TempDir()
	f := create(t, out, false)
	end(t, f)
	wantTree(t, out, "loadwright.csv")
	wantNames(t, f.CSV)
}

func TestNoArchive(t *testing.T) {
	out := t.TempDir()
	f := create(t, out, false)
	if f.Dir != out {
		t.Errorf("Dir is %s", f.Dir)
	}
	wantTree(t, out, "loadwright_20260131_155303.csv")
	add(t, f, "load")
	wantNames(t, f.Latest, "load")
	if err := f.WriteFile("summary.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	end(t, f)
	wantTree(t, out, "loadwright.csv", "summary.json")
	if f.CSV != f.Latest {
		t.Errorf("CSV is %s", f.CSV)
	}
	wantNames(t, f.CSV, "load")
}

// A run that takes the place of another removes what was made for that one, and
// nothing else; its events stay until there are new ones.
func TestClear(t *testing.T) {
	out := t.TempDir()
	first := create(t, out, false)
	add(t, first, "first")
	for _, name := range []string{"summary.json", "report.html", "app.log", "failure-u0-i1.png", "failure-u0-i1.console.txt", "panic.txt", "mine.png", "mine/summary.json"} {
		if err := first.WriteFile(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	end(t, first)
	second := create(t, out, false)
	if err := second.Clear(); err != nil {
		t.Fatal(err)
	}
	wantNames(t, second.Latest, "first")
	add(t, second, "second")
	end(t, second)
	wantTree(t, out, "loadwright.csv", "mine/", "mine/summary.json", "mine.png")
	wantNames(t, second.CSV, "second")

	kept := create(t, out, true)
	if err := kept.WriteFile("summary.json", nil); err != nil {
		t.Fatal(err)
	}
	if err := kept.Clear(); err != nil {
		t.Fatal(err)
	}
	stat(t, kept.Path("summary.json"))
}

func TestDiscard(t *testing.T) {
	for _, archive := range []bool{true, false} {
		out := t.TempDir()
		first := create(t, out, false)
		add(t, first, "first")
		end(t, first)
		second := create(t, out, archive)
		if archive {
			if err := second.WriteFile("app.log", nil); err != nil {
				t.Fatal(err)
			}
		}
		second.Discard()
		end(t, second)
		want := []string{"loadwright.csv"}
		if archive {
			want = []string{"archive/", "loadwright.csv"}
		}
		wantTree(t, out, want...)
		wantNames(t, first.Latest, "first")
	}
}

// What is in the place of loadwright.csv costs no run that is in the archive.
func TestNotLatest(t *testing.T) {
	out := t.TempDir()
	f := create(t, out, true)
	if err := os.MkdirAll(filepath.Join(f.Latest, "in the way"), 0o777); err != nil {
		t.Fatal(err)
	}
	add(t, f, "load")
	end(t, f)
	if f.NotLatest == nil || strings.Contains(f.NotLatest.Error(), out) {
		t.Errorf("why it is not the latest: %v", f.NotLatest)
	}
	wantNames(t, f.CSV, "load")
	wantTree(t, out, "archive/", "archive/loadwright_20260131_155303/", "archive/loadwright_20260131_155303.csv", "loadwright.csv/", "loadwright.csv/in the way/")
}

func TestTwoRunsInASecond(t *testing.T) {
	out := t.TempDir()
	first, second, third := create(t, out, true), create(t, out, true), create(t, out, true)
	for f, want := range map[*RunFiles]string{first: "", second: "_2", third: "_3"} {
		if got := strings.TrimPrefix(filepath.Base(f.CSV), "loadwright_20260131_155303"); got != want+".csv" {
			t.Errorf("CSV ends in %s, want %s", got, want)
		}
		if f.Dir != strings.TrimSuffix(f.CSV, ".csv") {
			t.Errorf("folder %s", f.Dir)
		}
	}
	// A folder alone is in the way too, and is not touched.
	if err := os.WriteFile(first.Path("x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	end(t, first)
	os.Remove(first.CSV)
	if f := create(t, out, true); filepath.Base(f.CSV) != "loadwright_20260131_155303_4.csv" {
		t.Errorf("took %s", f.CSV)
	}
	wantTree(t, first.Dir, "x")
	if _, err := os.Stat(first.CSV); err == nil {
		t.Error("a CSV was left beside a folder that is another's")
	}
}

// The run that began last owns loadwright.csv, whatever the order of first
// rows and ends, and however the system clock was set.
func TestSideBySide(t *testing.T) {
	for _, archive := range []bool{true, false} {
		for _, earlier := range []bool{true, false} {
			for _, order := range []string{
				"aA bB a. b.", "bB aA a. b.", "bB aA b. a.", "aA bB b. a.", "bB b. aA a.", "aA a. bB b.",
				"aA bB aA bB a. b.", "aA bB b. aA a.",
			} {
				if !archive && order == "bB b. aA a." {
					continue // the one that began last is over, and has no other name any more
				}
				name := fmt.Sprintf("archive=%v/clock back=%v/%s", archive, earlier, order)
				t.Run(name, func(t *testing.T) {
					out := t.TempDir()
					a := create(t, out, archive)
					later := began.Add(time.Minute)
					if earlier {
						later = began.Add(-time.Minute)
					}
					b, err := Create(out, archive, later)
					if err != nil {
						t.Fatal(err)
					}
					defer b.Close()
					for _, do := range strings.Fields(order) {
						switch do {
						case "aA":
							add(t, a, "a")
						case "bB":
							add(t, b, "b")
						case "a.":
							end(t, a)
						case "b.":
							end(t, b)
						}
					}
					var as, bs []string
					for range strings.Count(order, "aA") {
						as = append(as, "a")
					}
					for range strings.Count(order, "bB") {
						bs = append(bs, "b")
					}
					wantNames(t, a.Latest, bs...)
					wantNames(t, b.CSV, bs...)
					if archive || order != "aA a. bB b." { // there b came after a, not beside it
						wantNames(t, a.CSV, as...) // nothing is lost
					}
				})
			}
		}
	}
}

// A run that began later but has no row is no reason to show none.
func TestLaterRunWithoutRows(t *testing.T) {
	out := t.TempDir()
	a, b := create(t, out, true), create(t, out, true)
	add(t, a, "a")
	wantNames(t, a.Latest, "a")
	end(t, b)
	end(t, a)
	wantNames(t, a.Latest, "a")
}

// A run that began later and had its first row between our look and our link
// gets its place back.
func TestLaterRunInBetween(t *testing.T) {
	out := t.TempDir()
	a, b := create(t, out, true), create(t, out, true)
	add(t, a, "a")
	err := a.place.put(func(file string) error {
		if file == a.CSV {
			add(t, b, "b")
		}
		return a.place.linkTo(file)
	})
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, a.Latest, "b")
}

func TestManyAtOnce(t *testing.T) {
	out := t.TempDir()
	const runs = 16
	var wg sync.WaitGroup
	files := make([]*RunFiles, runs)
	errs := make([]error, runs)
	for i := range runs {
		wg.Go(func() {
			f, err := Create(out, true, began)
			if err == nil {
				err = errors.Join(f.Event(span(fmt.Sprint(i), 0, 1)), f.Close())
			}
			files[i], errs[i] = f, err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, f := range files {
		if seen[f.CSV] {
			t.Errorf("%s was given twice", f.CSV)
		}
		seen[f.CSV] = true
		wantNames(t, f.CSV, fmt.Sprint(i))
	}
	if got := tree(t, out); len(got) != 1+2*runs+1 {
		t.Errorf("files: %q", got)
	}
	latest := stat(t, filepath.Join(out, "loadwright.csv"))
	owned := 0
	for _, f := range files {
		if os.SameFile(latest, stat(t, f.CSV)) {
			owned++
		}
	}
	if owned != 1 {
		t.Errorf("loadwright.csv is the file of %d runs", owned)
	}
}

// Where links fail, loadwright.csv is a copy, put there at the end.
func TestCopyWhereLinksFail(t *testing.T) {
	out := t.TempDir()
	a := create(t, out, true)
	// A folder in the way of the link's temporary name: no link can be made.
	blocked := a.place.tmp()
	if err := os.MkdirAll(filepath.Join(blocked, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	add(t, a, "one")
	if _, err := os.Stat(a.Latest); err == nil {
		t.Fatal("linked all the same: the test is broken")
	}
	add(t, a, "two")
	os.RemoveAll(blocked)
	end(t, a)
	wantNames(t, a.Latest, "one", "two")
	if os.SameFile(stat(t, a.CSV), stat(t, a.Latest)) {
		t.Error("a link")
	}
	wantTree(t, out, "archive/", "archive/loadwright_20260131_155303/", "archive/loadwright_20260131_155303.csv", "loadwright.csv")
}

func TestWriteFile(t *testing.T) {
	f := create(t, t.TempDir(), true)
	for _, data := range []string{"first", "second, longer"} {
		if err := f.WriteFile(filepath.Join("a", "b.json"), []byte(data)); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(f.Path("a", "b.json")); string(got) != data {
			t.Errorf("%q, want %q", got, data)
		}
	}
	wantTree(t, f.Dir, "a/", "a/b.json")
	if err := f.WriteFile("a", nil); err == nil {
		t.Error("a folder was overwritten")
	}
	wantTree(t, f.Dir, "a/", "a/b.json")
	err := f.WriteFile("a/b.json/c", nil)
	if want := "results can't be written to " + f.Path("a", "b.json", "c") + ": not a directory; choose another folder with --out"; err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "loadwright.csv"), 0o777); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{
		file:                      "not a directory",
		filepath.Join(file, "in"): "not a directory",
		taken:                     "loadwright.csv is a folder",
	} {
		for _, archive := range []bool{true, false} {
			_, err := Create(out, archive, began)
			want := "results can't be written to " + out + ": " + want + "; choose another folder with --out"
			if err == nil || err.Error() != want {
				t.Errorf("%v\nwant %s", err, want)
			}
		}
	}
	wantTree(t, dir, "file", "taken/", "taken/archive/", "taken/loadwright.csv/")
}

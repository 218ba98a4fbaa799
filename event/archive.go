package event

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// runName is how the files of a run are called: by its first instant in UTC, and
// a number where there was one already.
var runName = regexp.MustCompile(`^loadwright_(\d{8}_\d{6})(?:_(\d+))?$`)

// Archived is a run in an archive.
type Archived struct {
	Name   string // loadwright_20260131_155303
	Began  time.Time
	CSV    string
	Dir    string // the folder of what goes with the events; "" where there is none
	Size   int64  // bytes, of all of it
	Latest bool   // loadwright.csv is this run's
	// Touched is when the events were written to last.
	Touched time.Time

	number int // of the runs that began in the same second
}

// Stamp is the name without what all names begin with.
func (a Archived) Stamp() string { return strings.TrimPrefix(a.Name, "loadwright_") }

// Archive returns the runs in the archive of a results folder, the oldest first.
// What has no name of a run is passed over. An archive that is not there has
// none.
func Archive(out string) ([]Archived, error) {
	folder := filepath.Join(out, "archive")
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the archive can't be read: %w", err)
	}
	latest, _ := os.Stat(filepath.Join(out, latestName)) // nil: there is none
	var runs []Archived
	for _, entry := range entries {
		if run, ok := archived(folder, entry, latest); ok {
			runs = append(runs, run)
		}
	}
	slices.SortFunc(runs, func(a, b Archived) int {
		return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.number, b.number))
	})
	return runs, nil
}

// archived is the run whose events an entry of the archive is, if it is one.
func archived(folder string, entry fs.DirEntry, latest fs.FileInfo) (Archived, bool) {
	name, isCSV := strings.CutSuffix(entry.Name(), ".csv")
	parts := runName.FindStringSubmatch(name)
	if !isCSV || parts == nil || !entry.Type().IsRegular() {
		return Archived{}, false
	}
	began, err := time.Parse("20060102_150405", parts[1])
	if err != nil {
		return Archived{}, false
	}
	info, err := entry.Info()
	if err != nil { // it has just gone
		return Archived{}, false
	}
	run := Archived{Name: name, Began: began, CSV: filepath.Join(folder, entry.Name()), Size: info.Size(), Touched: info.ModTime()}
	run.number, _ = strconv.Atoi(parts[2]) // 0 where there is none
	run.Latest = latest != nil && os.SameFile(latest, info)
	dir := filepath.Join(folder, name)
	if info, err := os.Lstat(dir); err == nil && info.IsDir() {
		run.Dir = dir
		run.Size += sizeOf(dir)
	}
	return run, true
}

// sizeOf is the size of all files below a folder, as far as it can be seen.
func sizeOf(dir string) int64 {
	var size int64
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// Remove takes a run out of the archive. Files in its folder that no run makes
// stay, and the folder with them; their paths are returned.
func (a Archived) Remove() (kept []string, err error) {
	if a.Dir != "" {
		entries, err := os.ReadDir(a.Dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			path := filepath.Join(a.Dir, entry.Name())
			if !entry.Type().IsRegular() || !madeByRun(entry.Name()) {
				kept = append(kept, path)
				continue
			}
			if err := os.Remove(path); err != nil {
				return kept, err
			}
		}
		if len(kept) == 0 {
			if err := os.Remove(a.Dir); err != nil {
				return nil, err
			}
		}
	}
	return kept, os.Remove(a.CSV)
}

// madeByRun tells whether a run makes files of that name in its folder.
func madeByRun(name string) bool {
	switch name {
	case "scenario.yaml", "summary.json", "report.html", "app.log", "capacity.json", "panic.txt":
		return true
	}
	for _, ending := range []string{".png", ".console.txt", ".response.txt"} {
		if stem, ok := strings.CutSuffix(name, ending); ok && ofUser.MatchString(stem) {
			return true
		}
	}
	return false
}

// ofUser is how the names of screenshots and of what is kept of failures end.
var ofUser = regexp.MustCompile(`-u\d+-i\d+(-\d+)?$`)

// Locate returns the events that somebody means by a name: a CSV, the folder of
// a run, a results folder (its latest run), or the name of a run in the archive
// of out, with or without "loadwright_".
func Locate(out, name string) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && !info.IsDir():
		return Kept(name), nil
	case err == nil:
		return locateIn(name)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid):
		return "", fmt.Errorf("%s can't be read: %w", name, wording.Plain(err))
	}
	stem := strings.TrimSuffix(name, ".csv")
	for _, stem := range []string{stem, "loadwright_" + stem} {
		path := filepath.Join(out, "archive", stem+".csv")
		if info, err := os.Stat(path); runName.MatchString(stem) && err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no run %s: it is no file, no folder, and no run in the archive of %s (see: loadwright archive list)", name, out)
}

// locateIn returns the events that belong to a folder.
func locateIn(folder string) (string, error) {
	whole, err := filepath.Abs(folder) // "." has a name, too
	if err != nil {
		return "", err
	}
	beside := whole + ".csv"
	for _, path := range []string{beside, filepath.Join(folder, latestName)} {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if path == beside {
			path = filepath.Clean(folder) + ".csv"
			if _, err := os.Stat(path); err != nil {
				path = beside
			}
		}
		return Kept(path), nil
	}
	return "", fmt.Errorf("the folder %s holds no run: %s.csv is not beside it, nor %s in it", folder, filepath.Base(whole), latestName)
}

// Kept is the file in the archive that a loadwright.csv is another name of: what
// goes with the events is beside that one. Any other path is itself.
func Kept(path string) string {
	if filepath.Base(path) != latestName {
		return path
	}
	runs, _ := Archive(filepath.Dir(path)) // none, where it can't be read
	for _, run := range runs {
		if run.Latest {
			return run.CSV
		}
	}
	return path
}

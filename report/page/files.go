package page

import (
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

	"github.com/loadwright/loadwright/event"
)

// files are what there is of one run on the disk.
type files struct {
	csv string
	dir string // of what goes with it; "" where there is none
}

const (
	latestName  = "loadwright.csv"
	summaryName = "summary.json"
)

// filesOf finds what goes with an events CSV: the folder of the same name, or
// that of the archive's file which this is another name of, or, without an
// archive, what stands beside it.
func filesOf(csv string) files {
	f := files{csv: csv}
	stem := strings.TrimSuffix(csv, filepath.Ext(csv))
	if isDir(stem) {
		f.dir = stem
		return f
	}
	folder := filepath.Dir(csv)
	if filepath.Base(csv) == latestName {
		if kept := sameFile(csv, filepath.Join(folder, "archive")); kept != "" {
			return files{csv: csv, dir: strings.TrimSuffix(kept, ".csv")}
		}
		if text, err := readSome(filepath.Join(folder, summaryName)); err == nil {
			if s, err := parseSummary(text); err != nil || filepath.Base(s.Files.CSV) == latestName && s.isOf(csv) {
				f.dir = folder
			}
		}
	}
	return f
}

// isOf tells whether a summary is that of a file's rows: while another run is on,
// its rows stand beside the summary of the one before.
func (s *summary) isOf(csv string) bool {
	at, ok := originOf(csv)
	if !ok || s.Began.IsZero() {
		return true // nothing speaks against it
	}
	const rounded = 100 * time.Millisecond
	return !at.Before(s.Began.Add(-rounded)) && !at.After(s.Began.Add(time.Duration(s.Seconds*1e9)+rounded))
}

// originOf is from when on a file counts its seconds; ok is false where it has no
// row yet.
func originOf(csv string) (at time.Time, ok bool) {
	file, err := os.Open(csv)
	if err != nil {
		return at, false
	}
	defer file.Close()
	rows, err := event.NewReader(file)
	if err != nil {
		return at, false
	}
	_, _ = rows.Read() // what is wrong with it is told by who reads them all
	origin, ok := rows.Origin()
	return origin.Time(), ok
}

// sameFile returns the file in a folder that is another name, or a copy, of
// path.
func sameFile(path, folder string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	names, _ := filepath.Glob(filepath.Join(escapeGlob(folder), "loadwright_*.csv"))
	for _, name := range slices.Backward(names) {
		other, err := os.Stat(name)
		if err == nil && (os.SameFile(info, other) || other.Size() == info.Size() && info.Size() > 0 && sameTail(path, name)) {
			return name
		}
	}
	return ""
}

// sameTail tells whether two files of one length end alike.
func sameTail(a, b string) bool {
	x, y := tail(a), tail(b)
	return x != "" && x == y
}

func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	text := make([]byte, min(info.Size(), 4096))
	if _, err := f.ReadAt(text, info.Size()-int64(len(text))); err != nil {
		return ""
	}
	return string(text)
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// readSome reads a file that is never large.
func readSome(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	const most = 64 << 20
	if info.Size() > most {
		return nil, fmt.Errorf("it is larger than %d MB", most>>20)
	}
	return os.ReadFile(path)
}

// summary reads what the run says of itself; nil where it does not.
func (f files) summary() (*summary, error) {
	if f.dir == "" {
		return nil, nil
	}
	text, err := readSome(filepath.Join(f.dir, summaryName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", summaryName, plain(err))
	}
	s, err := parseSummary(text)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", summaryName, err)
	}
	return s, nil
}

var artefactName = regexp.MustCompile(`^failure-u(\d+)-i(\d+)(?:-\d+)?\.(png|console\.txt|response\.txt)$`)

// artefacts lists what was kept of failures, by user and iteration.
func (f files) artefacts() map[[2]int][]Artefact {
	if f.dir == "" {
		return nil
	}
	found := map[[2]int][]Artefact{}
	entries, _ := os.ReadDir(f.dir) // sorted; without it there are none
	for _, e := range entries {
		m := artefactName.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		user, _ := strconv.Atoi(m[1])
		iteration, _ := strconv.Atoi(m[2])
		what := map[string]string{"png": "screenshot", "console.txt": "console", "response.txt": "response"}[m[3]]
		key := [2]int{user, iteration}
		found[key] = append(found[key], Artefact{Name: e.Name(), What: what})
	}
	return found
}

// Find lists the events CSVs that paths mean: files themselves, and those in
// folders of results, in their archives, or that belong to the folder of a run.
// The newest come first; no run comes twice. The error says what is wrong with
// paths; it takes nothing from what the others mean.
func Find(paths ...string) ([]string, error) {
	all, _, err := find(paths)
	return all, err
}

// find is [Find], and tells of what other name each name is of a run that is in
// the list by another one.
func find(paths []string) (runs []string, other map[string]string, err error) {
	var all []string
	var wrong []error
	for _, path := range paths {
		found, err := runsAt(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			wrong = append(wrong, fmt.Errorf("%s: there is no such file or folder", path))
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s can't be read: %w", path, plain(err)))
		}
		all = append(all, found...)
	}
	runs, other = distinct(all)
	return runs, other, errors.Join(wrong...)
}

// runsAt lists the events CSVs that a path means.
func runsAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	return inFolder(path)
}

// inFolder lists the runs of a folder, the newest first.
func inFolder(folder string) ([]string, error) {
	var found []string
	for _, dir := range []string{folder, filepath.Join(folder, "archive")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			if dir != folder {
				continue
			}
			return nil, err
		}
		for _, e := range entries {
			if strings.EqualFold(filepath.Ext(e.Name()), ".csv") && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
				found = append(found, filepath.Join(dir, e.Name()))
			}
		}
	}
	if own := filepath.Clean(folder) + ".csv"; len(found) == 0 {
		if _, err := os.Stat(own); err == nil {
			return []string{own}, nil // the folder of a run
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return dateOf(b).Compare(dateOf(a)) })
	return found, nil
}

// distinct leaves out what is another name of a run in the list, and tells of
// which. The latest run is in the archive, too. Without one, a run under way has
// a name that goes when it is over, beside the one that stays.
func distinct(all []string) (out []string, other map[string]string) {
	other = map[string]string{}
	own := func(path string) string {
		folder := filepath.Dir(path)
		if latest := filepath.Join(folder, latestName); path != latest && slices.Contains(all, latest) && sameOf(path, latest) {
			path = latest
		}
		if filepath.Base(path) == latestName {
			if kept := sameFile(path, filepath.Join(folder, "archive")); kept != "" && slices.Contains(all, kept) {
				path = kept
			}
		}
		return path
	}
	for _, path := range all {
		if name := own(path); name != path {
			other[path] = name
		} else if !slices.Contains(out, path) {
			out = append(out, path)
		}
	}
	return out, other
}

// sameOf tells whether two names are of one file.
func sameOf(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

var stamp = regexp.MustCompile(`loadwright_(\d{8}_\d{6})(?:_(\d+))?\.csv$`)

// dateOf is when a run began by its file's name, else when it was last written.
func dateOf(path string) time.Time {
	if m := stamp.FindStringSubmatch(path); m != nil {
		if t, err := time.Parse("20060102_150405", m[1]); err == nil {
			n, _ := strconv.Atoi(m[2])
			return t.Add(time.Duration(n) * time.Millisecond)
		}
	}
	if info, err := os.Stat(path); err == nil {
		return info.ModTime().UTC()
	}
	return time.Time{}
}

// plain is an error of the file system without the call and the path in it.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

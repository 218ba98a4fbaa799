package event

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// latestName is the events CSV of the latest run, in the output folder.
const latestName = "loadwright.csv"

// RunFiles is where the files of one run lie. It takes the run's events and
// writes them to their CSV.
//
// With an archive that is archive/loadwright_YYYYmmdd_HHMMSS.csv, with a folder
// of the same name for what goes with it, and loadwright.csv is a hard link to
// it from its first row on. Without one, all of it stands in the output folder.
// There, while the run is on, the CSV has its own name beside loadwright.csv.
type RunFiles struct {
	// CSV is the file of the run's events. Without an archive it changes to
	// Latest when Close has put it in that place.
	CSV string
	// Dir is the folder for what goes with them. It exists.
	Dir string
	// Latest is the latest run's events, of this run or another.
	Latest string
	// NotLatest is why Latest could not be made this run's, whose events are in the
	// archive; nil where it was not tried. Close sets it.
	NotLatest error

	archive bool
	file    *os.File
	events  *Writer
	place   latest
	rows    bool // there is one
	linked  bool
	closed  bool
}

// Create makes the files of a run that began at the given time, in the folder
// out, which is made if need be. What stands there already is not touched: a
// run that began within the same second gets a name that ends in _2. The error
// says what to do.
func Create(out string, archive bool, began time.Time) (*RunFiles, error) {
	f := &RunFiles{Latest: filepath.Join(out, latestName), archive: archive}
	folder := out
	if archive {
		folder = filepath.Join(out, "archive")
	}
	if err := f.create(out, folder, began); err != nil {
		return nil, cannotWrite(out, err)
	}
	return f, nil
}

func (f *RunFiles) create(out, folder string, began time.Time) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	if err := f.checkLatest(out); err != nil {
		return err
	}
	if err := f.claim(folder, "loadwright_"+began.UTC().Format("20060102_150405")); err != nil {
		return err
	}
	var err error
	if f.place, err = newLatest(f.Latest, f.CSV); err == nil {
		f.events, err = NewWriter(f.file)
	}
	if err != nil {
		f.Discard()
	}
	return err
}

// checkLatest finds out now what would be an error at the end of the run.
func (f *RunFiles) checkLatest(out string) error {
	if info, err := os.Lstat(f.Latest); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder", latestName)
	}
	probe, err := os.CreateTemp(out, ".loadwright_*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// claim makes the CSV and, with an archive, the folder beside it. Both are new.
func (f *RunFiles) claim(folder, stem string) error {
	for n, name := 1, stem; ; name = fmt.Sprintf("%s_%d", stem, n) {
		n++
		base := filepath.Join(folder, name)
		file, err := os.OpenFile(base+".csv", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		f.file, f.CSV, f.Dir = file, file.Name(), folder
		if !f.archive {
			return nil
		}
		if err = os.Mkdir(base, 0o777); err == nil {
			f.Dir = base
			return nil
		}
		file.Close()
		os.Remove(file.Name())
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// Discard takes back what Create made, and closes it: of a run that did not begin
// nothing is left, and nothing of another is touched.
func (f *RunFiles) Discard() {
	if f.closed {
		return
	}
	f.closed = true
	f.file.Close() // what is open can't be removed everywhere
	os.Remove(f.CSV)
	if f.archive {
		os.RemoveAll(f.Dir)
	}
}

// Clear removes the files of an earlier run that would be taken for this one's,
// where all stands in one folder. Its events stay until this run has some.
func (f *RunFiles) Clear() error {
	if f.archive {
		return nil
	}
	entries, err := os.ReadDir(f.Dir)
	for _, entry := range entries {
		if entry.Type().IsRegular() && madeByRun(entry.Name()) {
			err = errors.Join(err, os.Remove(f.Path(entry.Name())))
		}
	}
	if err != nil {
		return cannotWrite(f.Dir, err)
	}
	return nil
}

// Begin is [Writer.Begin].
func (f *RunFiles) Begin(at Instant) { f.events.Begin(at) }

// Event adds e to the events CSV. The first one also makes this run the latest,
// unless one that began later is that already. It is called by one goroutine.
func (f *RunFiles) Event(e *Event) error {
	err := f.events.Event(e)
	if err == nil && !f.rows {
		f.rows = true
		if err = f.events.Flush(); err == nil {
			// Where links fail, Close copies.
			f.linked = f.place.link() == nil
		}
	}
	if err != nil {
		return cannotWrite(filepath.Dir(f.Latest), err)
	}
	return nil
}

// Path returns where a file that goes with the run lies, such as "summary.json".
func (f *RunFiles) Path(elem ...string) string {
	return filepath.Join(append([]string{f.Dir}, elem...)...)
}

// WriteFile writes a file that goes with the run: all of it, or nothing. The
// folders in name are made.
func (f *RunFiles) WriteFile(name string, data []byte) error {
	path := f.Path(name)
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil {
		err = writeWhole(path, func(to *os.File) error {
			_, err := to.Write(data)
			return err
		})
	}
	if err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// Close writes the last rows and, where the file could not be linked, copies
// it to loadwright.csv; that this can't be done is no error, since the events are
// in the archive: see NotLatest. Without an archive loadwright.csv is then the
// only name of the run's events, unless it belongs to a run that began later.
// Closing again is harmless.
func (f *RunFiles) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	err := errors.Join(f.events.Close(), f.file.Close())
	switch {
	case f.archive && (f.linked || !f.rows):
		// In place, or nothing to be put there.
	case f.archive:
		if f.NotLatest = f.place.copy(); f.NotLatest != nil {
			f.NotLatest = wording.Plain(f.NotLatest)
		}
	default:
		moved, err2 := f.place.move(f.linked)
		if moved {
			f.CSV = f.Latest
		}
		err = errors.Join(err, err2)
	}
	if err != nil {
		return cannotWrite(filepath.Dir(f.Latest), err)
	}
	return nil
}

// cannotWrite says in plain words that something can't be written and why. The
// paths that err names are left out: they are ours, and path is what the user
// chose.
func cannotWrite(path string, err error) error {
	return fmt.Errorf("results can't be written to %s: %w; choose another folder with --out", path, wording.Plain(err))
}

// writeWhole writes a file beside path and renames it, so that nobody sees
// half of it.
func writeWhole(path string, write func(to *os.File) error) error {
	to, err := CreateBeside(path)
	if err != nil {
		return err
	}
	err = errors.Join(write(to), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), path)
	}
	if err != nil {
		os.Remove(to.Name())
	}
	return err
}

// WriteBeside writes a file that is whole or not there: beside path first, then
// under its name.
func WriteBeside(path string, data []byte) error {
	return writeWhole(path, func(to *os.File) error {
		_, err := to.Write(data)
		return err
	})
}

// CreateBeside makes a new file with a name of its own in the folder of path, to
// be renamed to that. Unlike one of os.CreateTemp it may be read by whoever may
// read the user's other files.
func CreateBeside(path string) (*os.File, error) {
	for n := 0; ; n++ {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".%s.%d.tmp", filepath.Base(path), n))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

package event

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// latest puts a run's events in the place of the latest run. Of runs side by
// side the one that began last owns that place, in whatever order they have
// their first rows and ends: a run leaves it alone when it finds the rows of
// one whose file was not there yet when its own was made. File names don't
// decide, since the system clock may have been set.
type latest struct {
	path  string   // of loadwright.csv
	own   string   // of the run's events
	older []string // names of the files that were there before, and the run's own; sorted
}

// newLatest looks around. own exists already, so that of two runs at least one
// sees the other.
func newLatest(path, own string) (latest, error) {
	l := latest{path: path, own: own}
	var err error
	l.older, err = l.files()
	return l, err
}

// files returns the names of all runs' events beside the run's own, sorted.
func (l latest) files() ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(l.own))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, isCSV := strings.CutSuffix(e.Name(), ".csv"); isCSV && e.Type().IsRegular() && runName.MatchString(name) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// later returns the path of a run that began later and has rows, else "".
func (l latest) later() (string, error) {
	names, err := l.files()
	if err != nil {
		return "", err
	}
	for _, name := range slices.Backward(names) {
		if _, old := slices.BinarySearch(l.older, name); old {
			continue
		}
		path := filepath.Join(filepath.Dir(l.own), name)
		if info, err := os.Stat(path); err == nil && info.Size() > int64(len(header)) {
			return path, nil
		}
	}
	return "", nil
}

// link puts a hard link in place.
func (l latest) link() error { return l.put(l.linkTo) }

// copy puts a copy in place.
func (l latest) copy() error {
	// What a link that failed could not take away while the file was open.
	_ = os.Remove(l.tmp())
	return l.put(l.copyOf)
}

// put puts the run's file in place by way of set, unless the place is another's.
func (l latest) put(set func(file string) error) error {
	later, err := l.later()
	if err != nil || later != "" {
		return err
	}
	if err := set(l.own); err != nil {
		return err
	}
	// One that began later may have put itself there just before we did.
	if later, err = l.later(); err != nil || later == "" {
		return err
	}
	return set(later)
}

// move makes the place the only name of the run's file, unless the place is
// another's. linked tells that it was the run's.
func (l latest) move(linked bool) (moved bool, err error) {
	if linked && !l.same() {
		// Only a run that began later takes it from us. Its file may have
		// no other name any more.
		return false, nil
	}
	later, err := l.later()
	if err != nil || later != "" {
		return false, err
	}
	if err := os.Rename(l.own, l.path); err != nil {
		return false, err
	}
	// Renaming to another link of the same file does nothing.
	_ = os.Remove(l.own)
	return true, nil
}

// same tells whether the place has the run's file.
func (l latest) same() bool {
	place, err := os.Stat(l.path)
	if err != nil {
		return false
	}
	own, err := os.Stat(l.own)
	return err == nil && os.SameFile(place, own)
}

// tmp is a name that no other run uses.
func (l latest) tmp() string {
	return filepath.Join(filepath.Dir(l.path), "."+filepath.Base(l.own)+".tmp")
}

func (l latest) linkTo(file string) error {
	tmp := l.tmp()
	// Renaming to another link of the same file does nothing, and leaves it.
	defer os.Remove(tmp)
	if err := os.Link(file, tmp); err != nil {
		return err
	}
	return os.Rename(tmp, l.path)
}

func (l latest) copyOf(file string) error {
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	return writeWhole(l.path, func(to *os.File) error {
		_, err := io.Copy(to, from)
		return err
	})
}

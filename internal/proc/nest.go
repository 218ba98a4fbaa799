// Package proc starts process trees and keeps temporary folders that are gone
// when we are, however we end: in order, by a signal, by a panic, by kill -9.
package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Nest is a temporary folder together with the process groups that work in
// it. Both end with [Nest.Close] or, failing that, with this process: a guard
// that outlives us sees to it.
//
// On Unix the guard is a shell that runs guard.sh. It also ends processes that
// were given a path inside the folder as the value of an option, like
// --user-data-dir=FOLDER/profile, so a browser that its driver put into a
// group of its own is covered without being registered, and those with such a
// path in their environment.
//
// On Windows the guard is a job object, which ends its processes as soon as
// we are gone; the folder is then left to the next [SweepStale].
//
// All methods may be called from several goroutines.
type Nest struct {
	dir   string
	close func() error

	mu     sync.Mutex
	closed bool
	groups map[int]struct{}
	guard  *guard
}

// errClosed is what a nest says that is no more.
var errClosed = errors.New("the run is over: no process is started any more")

// NewNest makes a folder in [os.TempDir], its name beginning with prefix, and
// starts its guard. The rest of the name says who we are, so that SweepStale
// with the same prefix knows when the folder has lost its owner.
func NewNest(prefix string) (*Nest, error) {
	dir, err := newFolder(prefix)
	if err != nil {
		return nil, fmt.Errorf("no temporary folder could be made: %w", err)
	}
	g, err := startGuard(dir)
	if err != nil {
		os.Remove(dir)
		return nil, fmt.Errorf("the guard of temporary folder %s did not start: %w", dir, err)
	}
	n := &Nest{dir: dir, guard: g, groups: map[int]struct{}{}}
	n.close = sync.OnceValue(n.end)
	return n, nil
}

// Dir is the nest's folder, an absolute path.
func (n *Nest) Dir() string { return n.dir }

// Guard registers the process group pgid: it will not outlive us. On Windows
// pgid is the id of a process, whose later children count in.
func (n *Nest) Guard(pgid int) error {
	if pgid <= 1 || pgid == ownGroup() {
		return fmt.Errorf("process group %d can't be guarded: it is not one that we started", pgid)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return errClosed
	}
	n.groups[pgid] = struct{}{}
	if err := n.guard.add(pgid); err != nil {
		return fmt.Errorf("the guard of temporary folder %s is gone: %w", n.dir, err)
	}
	return nil
}

// Release forgets a process group, because it has ended. Its id may then be
// given to a group that is none of our business.
func (n *Nest) Release(pgid int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.groups, pgid)
	if !n.closed {
		n.guard.remove(pgid)
	}
}

// Close kills the registered groups, removes the folder, ends the guard and
// waits for all of it, for at most half a minute. Later calls wait for the
// first and return what it returned.
func (n *Nest) Close() error { return n.close() }

func (n *Nest) end() error {
	n.mu.Lock()
	n.closed = true
	groups := make([]int, 0, len(n.groups))
	for pgid := range n.groups {
		groups = append(groups, pgid)
	}
	n.mu.Unlock()
	n.guard.finish(n.dir, groups)
	return checkGone(n.dir)
}

func checkGone(dir string) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("temporary folder %s could not be removed: something still writes in it, or its files are not ours", dir)
	}
	return nil
}

// SweepStale removes the folders of nests whose owner ended without its guard
// doing its work: both were killed, or the machine went down. Processes of
// such a nest are ended where guard.sh finds them by the folder in their
// options; their groups are not known any more. Folders of other users and of
// other containers are left alone.
func SweepStale(prefix string) error {
	self, err := birth(os.Getpid())
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.IsDir() || !ours(info) {
			continue
		}
		owner, ok := parseOwner(prefix, e.Name())
		if !ok || owner.birth.realm != self.realm || owner.lives() {
			continue
		}
		dir := filepath.Join(os.TempDir(), e.Name())
		sweep(dir)
		errs = append(errs, checkGone(dir))
	}
	return errors.Join(errs...)
}

// owner is who made a nest, as the name of its folder tells:
// PREFIX PID - REALM . START - NUMBER.
type owner struct {
	pid   int
	birth birthmark
}

// birthmark tells a process from an earlier one with the same id. Both parts
// are opaque and free of "-" and ".".
type birthmark struct {
	realm string // within which process ids are unique: a Linux PID namespace
	start string // when the process started
}

func (o owner) lives() bool {
	now, err := birth(o.pid)
	return err == nil && now == o.birth && Alive(o.pid)
}

func parseOwner(prefix, name string) (owner, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	parts := strings.Split(rest, "-")
	if !ok || len(parts) != 3 {
		return owner{}, false
	}
	realm, start, ok := strings.Cut(parts[1], ".")
	pid, errPID := strconv.Atoi(parts[0])
	_, errNumber := strconv.Atoi(parts[2])
	if !ok || realm == "" || start == "" || errPID != nil || errNumber != nil || pid <= 0 {
		return owner{}, false
	}
	return owner{pid, birthmark{realm, start}}, true
}

// newFolder keeps the name short, for the path of a browser's socket in the
// folder must not pass about a hundred bytes.
func newFolder(prefix string) (string, error) {
	self, err := birth(os.Getpid())
	if err != nil {
		return "", err
	}
	temp, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(temp, "\r\n") {
		return "", fmt.Errorf("the path of the folder for temporary files, %q, holds a line break", temp)
	}
	for number := 0; ; number++ {
		dir := filepath.Join(temp, fmt.Sprintf("%s%d-%s.%s-%d", prefix, os.Getpid(), self.realm, self.start, number))
		err := os.Mkdir(dir, 0o700)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) || number >= maxNests {
			return "", err
		}
	}
}

// maxNests bounds the search for a free name.
const maxNests = 10_000

// Bounds on the end of a nest. Dying processes may still write into the folder
// for a moment, and a machine under load takes its time.
const (
	closeRounds = 200                    // of guard.sh, each about the pause long
	sweepRounds = 20                     // a stale folder has no live writers
	pause       = 100 * time.Millisecond // guard.sh has the same
	finishLimit = 30 * time.Second       // on the guard as a whole
)

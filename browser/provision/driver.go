package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/internal/wording"
)

const driverWanted = "the Playwright driver " + DriverVersion

// driver is a folder holding node and package/, of which all was checked.
type driver struct {
	dir         string
	node        string
	nodeVersion string
	origin      string
}

func (d *driver) pkg() string { return filepath.Join(d.dir, "package") }
func (d *driver) cli() string { return filepath.Join(d.dir, "package", "cli.js") }

// driverPlace is a folder where a driver may lie.
type driverPlace struct {
	name string // in words
	dir  string // empty when there is none
	err  error  // why there is none
}

func (p driverPlace) String() string {
	if p.dir == "" {
		return p.name
	}
	return p.name + ", " + p.dir
}

func (s *search) driverPlaces() []driverPlace {
	var places []driverPlace
	switch env := s.host.getenv("PLAYWRIGHT_DRIVER_PATH"); {
	case s.DriverDir != "":
		places = append(places, driverPlace{name: "the folder asked for", dir: s.DriverDir})
	case env != "":
		places = append(places, driverPlace{name: "PLAYWRIGHT_DRIVER_PATH", dir: env})
	default:
		places = append(places, driverPlace{name: "PLAYWRIGHT_DRIVER_PATH", err: absence("not set")})
	}
	if s.cacheErr != nil {
		places = append(places, driverPlace{name: "loadwright's cache", err: s.cacheErr})
	} else {
		places = append(places, driverPlace{name: "loadwright's cache", dir: s.ownDriver()})
	}
	// As playwright-go's getDefaultCacheDirectory has it.
	theirs := filepath.Join(s.host.cacheDir(false), "ms-playwright-go", DriverVersion)
	return append(places, driverPlace{name: "playwright-go's cache", dir: theirs})
}

// ownDriver is the folder that we install into.
func (s *search) ownDriver() string { return filepath.Join(s.CacheDir, "driver-"+DriverVersion) }

// lookForDriver returns the first driver that can be used as it is, or nil with
// what was tried.
func (s *search) lookForDriver(ctx context.Context) (*driver, []Attempt, error) {
	tried := attempts{search: s, what: "driver"}
	for _, place := range s.driverPlaces() {
		d, err := s.checkPlace(ctx, place)
		if err == nil {
			return d, nil, nil
		}
		if err := tried.add(ctx, place.String(), err); err != nil {
			return nil, nil, err
		}
	}
	return nil, tried.list, nil
}

func (s *search) checkPlace(ctx context.Context, place driverPlace) (*driver, error) {
	if place.err != nil {
		return nil, place.err
	}
	d, err := s.checkDriver(ctx, place.dir)
	if err == nil && d.origin == "" {
		d.origin = place.name
	}
	return d, err
}

// nodeError says that of a driver only the node is of no use.
type nodeError struct {
	node string
	err  error
}

func (e *nodeError) Error() string { return fmt.Sprintf("its node, %s: %v", e.node, e.err) }
func (e *nodeError) Unwrap() error { return e.err }

// checkDriver says whether the driver in dir can be used as it is. It fails with
// errUnpatched, and with a *nodeError, only when the package is whole.
func (s *search) checkDriver(ctx context.Context, dir string) (*driver, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, absence("not there")
	} else if err != nil {
		return nil, short(err)
	} else if !info.IsDir() {
		return nil, errors.New("not a folder")
	}
	d := &driver{dir: dir}
	if err := checkVersion(d.pkg()); err != nil {
		return nil, err
	}
	if m, err := readManifest(dir); err == nil {
		d.origin = m.From
		if err := m.check(dir); err != nil {
			return nil, err
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		if err := checkForeign(d.pkg()); err != nil {
			return nil, err
		}
	} else {
		return nil, err
	}
	d.node = s.nodeOf(dir)
	if d.nodeVersion, err = s.askNode(ctx, d.node); err != nil {
		return nil, &nodeError{d.node, err}
	}
	if err := s.tryDriver(ctx, d); err != nil {
		return nil, err
	}
	return d, nil
}

// checkVersion says whether the package is playwright-core in our version.
func checkVersion(pkg string) error {
	data, err := os.ReadFile(filepath.Join(pkg, "package.json"))
	if err != nil {
		return fmt.Errorf("package/package.json: %w", short(err))
	}
	var about struct{ Name, Version string }
	if err := json.Unmarshal(data, &about); err != nil {
		return fmt.Errorf("package/package.json: %w", err)
	}
	if about.Name != "playwright-core" || about.Version != DriverVersion {
		return fmt.Errorf("it holds %s %s; playwright-core %s is needed", about.Name, about.Version, DriverVersion)
	}
	return nil
}

// checkForeign looks for the files that the driver can't do without, in a
// package that we did not install and so don't know all files of.
func checkForeign(pkg string) error {
	for _, name := range []string{"cli.js", "index.js", "browsers.json", "lib/utilsBundle.js"} {
		if _, err := os.Stat(filepath.Join(pkg, filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("package/%s: %w", name, short(err))
		}
	}
	src, err := os.ReadFile(filepath.Join(pkg, filepath.FromSlash(bundle)))
	if err != nil {
		return fmt.Errorf("package/%s: %w", bundle, short(err))
	}
	return checkPatched(src)
}

// tryDriver has node run the driver once.
func (s *search) tryDriver(ctx context.Context, d *driver) error {
	files := []string{d.node, d.cli(), filepath.Join(d.pkg(), filepath.FromSlash(bundle)), filepath.Join(d.pkg(), "package.json")}
	_, err := s.memo.ask("driver "+d.dir, files, func() (string, error) {
		out, err := command{argv: []string{d.node, d.cli(), "--version"}, limit: s.limits.ask}.run(ctx)
		if err != nil || !strings.Contains(out.stdout, DriverVersion) {
			return "", fmt.Errorf("it was tried and does not work: %w", out.why(err, reNodeError))
		}
		return strings.TrimSpace(out.stdout), nil
	})
	return err
}

var (
	reNodeError   = regexp.MustCompile(`(?m)^\w*Error: (.+)$`)
	reNodeVersion = regexp.MustCompile(`^v(\d+)\.\d+\.\d+\S*$`)
)

// nodeOf is the node that a driver folder is run with: playwright-go takes the
// environment's first.
func (s *search) nodeOf(dir string) string {
	if node := s.host.getenv("PLAYWRIGHT_NODEJS_PATH"); node != "" {
		return node
	}
	return filepath.Join(dir, s.host.exe("node"))
}

// askNode returns the version of a node, when it is one that will do.
func (s *search) askNode(ctx context.Context, node string) (string, error) {
	if _, err := os.Stat(node); err != nil {
		return "", short(err)
	}
	version, err := s.memo.ask("node "+node, []string{node}, func() (string, error) {
		out, err := command{argv: []string{node, "--version"}, limit: s.limits.ask}.run(ctx)
		if err != nil {
			return "", out.why(err)
		}
		return strings.TrimSpace(out.stdout), nil
	})
	if err != nil {
		return "", err
	}
	m := reNodeVersion.FindStringSubmatch(version)
	if m == nil {
		return "", fmt.Errorf("asked for its version it says %q", oneLine(version))
	}
	if major, _ := strconv.Atoi(m[1]); major < minNode {
		return "", fmt.Errorf("node %s is too old: %d or later is needed", version, minNode)
	}
	return version, nil
}

// systemNode is the machine's own node, past any script of a version manager
// that stands on PATH in its place.
func (s *search) systemNode(ctx context.Context) (string, error) {
	node := s.host.getenv("PLAYWRIGHT_NODEJS_PATH")
	if node == "" {
		var err error
		if node, err = s.host.look("node"); err != nil {
			return "", errors.New("node is not on PATH")
		}
	}
	if _, err := s.askNode(ctx, node); err != nil {
		return "", fmt.Errorf("%s: %w", node, err)
	}
	out, err := command{argv: []string{node, "-p", "process.execPath"}, limit: s.limits.ask}.run(ctx)
	if err != nil {
		return "", fmt.Errorf("%s: %w", node, out.why(err))
	}
	return strings.TrimSpace(out.stdout), nil
}

// manifest is what we write beside a package that we installed, so that a file
// that went missing is noticed.
type manifest struct {
	From  string           `json:"from"`  // where it came from, in words
	Files map[string]int64 `json:"files"` // bytes of each file, by its path with slashes
}

const manifestName = "loadwright.json"

func readManifest(dir string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	if len(m.Files) == 0 {
		return m, fmt.Errorf("%s names no files", manifestName)
	}
	return m, nil
}

func writeManifest(dir, from string) error {
	m := manifest{From: from, Files: map[string]int64{}}
	err := filepath.WalkDir(filepath.Join(dir, "package"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		m.Files[filepath.ToSlash(name)] = info.Size()
		return nil
	})
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), data, 0o644)
}

// check says whether all files are there in their sizes. Which of several
// faults it names is the first by name.
func (m manifest) check(dir string) error {
	fault, faulty := "", error(nil)
	for name, size := range m.Files {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case faulty != nil && fault < name:
			continue
		case err != nil:
			fault, faulty = name, fmt.Errorf("damaged: %s: %w", name, short(err))
		case info.Size() != size:
			fault, faulty = name, fmt.Errorf("damaged: %s has %d bytes, not %d", name, info.Size(), size)
		}
	}
	return faulty
}

// short takes the path out of an error of the file system, for a message that
// has named it already.
func short(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("not there")
	}
	return wording.Plain(err)
}

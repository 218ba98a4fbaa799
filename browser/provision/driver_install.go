package provision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// How the registries' clients call what we want.
const (
	npmPackage = "playwright-core@" + DriverVersion
	pipPackage = "playwright==" + DriverVersion
)

// way is one way to a driver.
type way struct {
	name string
	get  func(ctx context.Context) (*driver, error)
}

// installDriver returns a driver that can be used: one that is there, or one
// installed into the cache; or nil with what was tried.
func (s *search) installDriver(ctx context.Context) (*driver, []Attempt, error) {
	d, list, err := s.lookForDriver(ctx)
	if d != nil || err != nil {
		return d, nil, err
	}
	tried := attempts{search: s, what: "driver", list: list}
	if node := s.host.getenv("PLAYWRIGHT_NODEJS_PATH"); node != "" {
		if _, err := s.askNode(ctx, node); err != nil {
			// It stands in for the node of every driver, so none can be any good.
			err := tried.add(ctx, "PLAYWRIGHT_NODEJS_PATH, "+node, err)
			return nil, tried.list, err
		}
	}
	if err := s.openCache(); err != nil {
		err := tried.add(ctx, "writing to loadwright's cache", err)
		return nil, tried.list, err
	}
	for _, w := range append(s.repairs(ctx), s.downloads()...) {
		d, err := w.get(ctx)
		if err == nil {
			s.Log("driver: Playwright %s by %s, with node %s: in %s", DriverVersion, w.name, d.nodeVersion, d.dir)
			return d, nil, nil
		}
		if err := tried.add(ctx, w.name, err); err != nil {
			return nil, nil, err
		}
	}
	return nil, tried.list, nil
}

// repairs are the ways to make use of what is there but is no good as it is.
func (s *search) repairs(ctx context.Context) []way {
	var ways []way
	for _, place := range s.driverPlaces() {
		_, err := s.checkPlace(ctx, place)
		var noNode *nodeError
		badNode := errors.As(err, &noNode)
		switch {
		case badNode && place.dir == s.ownDriver():
			// The node we linked to has gone, as after an update of it.
			ways = append(ways, way{"linking another node into " + place.dir, s.relink})
		case badNode || errors.Is(err, errUnpatched):
			// Foreign folders stay as they are.
			ways = append(ways, s.filled("a patched copy of "+place.dir, func(_ context.Context, dir string) error {
				return s.copyDriver(place.dir, dir, !badNode)
			}))
		}
	}
	return ways
}

// downloads are the ways to a driver from elsewhere.
func (s *search) downloads() []way {
	return []way{
		s.filled("npm pack "+npmPackage, s.fillByNPM),
		s.filled("pip download "+pipPackage, s.fillByPip),
		s.filled("apt-get install nodejs npm, then npm pack", s.fillByApt),
	}
}

// filled is a way that makes our own driver folder anew. The function puts
// package/, and node if it brings one, into an empty folder.
func (s *search) filled(name string, fill func(ctx context.Context, dir string) error) way {
	return way{name, func(ctx context.Context) (*driver, error) { return s.fillOwn(ctx, name, fill) }}
}

// openCache makes the cache folder and tries whether it can be written to. When
// it can't, s.cacheErr says why.
func (s *search) openCache() error {
	if s.cacheErr == nil {
		s.cacheErr = os.MkdirAll(s.CacheDir, 0o755)
	}
	if s.cacheErr == nil {
		var tmp string
		if tmp, s.cacheErr = os.MkdirTemp(s.CacheDir, tmpPrefix); s.cacheErr == nil {
			_ = os.Remove(tmp)
		}
	}
	return s.cacheErr
}

// fillOwn fills a folder, makes it a driver and puts it in place of our own,
// which was no good or not there: whole or not at all.
func (s *search) fillOwn(ctx context.Context, name string, fill func(ctx context.Context, dir string) error) (*driver, error) {
	tmp, err := os.MkdirTemp(s.CacheDir, tmpPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)

	fresh := filepath.Join(tmp, "driver")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return nil, err
	}
	if err := fill(ctx, fresh); err != nil {
		return nil, err
	}
	if err := s.finish(ctx, fresh, name); err != nil {
		return nil, err
	}

	// An own folder that is in the way was no good when we looked, but another
	// installer may have been quicker since.
	own := s.ownDriver()
	if err := os.Rename(fresh, own); err != nil {
		if d, err := s.checkDriver(ctx, own); err == nil {
			return d, nil
		}
		if err := os.Rename(own, filepath.Join(tmp, "old")); err != nil {
			return nil, fmt.Errorf("it can't be put in place: %w", err)
		}
		if err := os.Rename(fresh, own); err != nil {
			return nil, fmt.Errorf("it can't be put in place: %w", err)
		}
	}
	return s.checkDriver(ctx, own)
}

// finish makes a filled folder a driver: patched, with a node and a manifest.
func (s *search) finish(ctx context.Context, dir, from string) error {
	d := &driver{dir: dir, node: filepath.Join(dir, s.host.exe("node"))}
	if err := checkVersion(d.pkg()); err != nil {
		return err
	}
	path := filepath.Join(d.pkg(), filepath.FromSlash(bundle))
	src, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("package/%s: %w", bundle, short(err))
	}
	out, err := patched(src)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, out, 0o644); err != nil {
		return err
	}
	if err := checkForeign(d.pkg()); err != nil {
		return err
	}
	if _, err := os.Stat(d.node); err != nil {
		node, err := s.systemNode(ctx)
		if err != nil {
			return err
		}
		if err := link(node, d.node); err != nil {
			return err
		}
	}
	return writeManifest(dir, from)
}

// link makes node known under a second name: as a symbolic link where the
// system lets us, which follows updates in place; else as a hard link or a copy.
func link(node, as string) error {
	if os.Symlink(node, as) == nil || os.Link(node, as) == nil {
		return nil
	}
	return copyFile(node, as, 0o755)
}

// relink gives our driver another node in place of one that is of no use.
func (s *search) relink(ctx context.Context) (*driver, error) {
	node, err := s.systemNode(ctx)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(s.CacheDir, tmpPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	fresh := filepath.Join(tmp, "node")
	if err := link(node, fresh); err != nil {
		return nil, err
	}
	if err := os.Rename(fresh, filepath.Join(s.ownDriver(), s.host.exe("node"))); err != nil {
		return nil, err
	}
	return s.checkDriver(ctx, s.ownDriver())
}

// copyDriver copies a foreign driver, and links its node if withNode.
func (s *search) copyDriver(from, to string, withNode bool) error {
	pkg, err := filepath.EvalSymlinks(filepath.Join(from, "package"))
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(to, "package"), os.DirFS(pkg)); err != nil {
		return err
	}
	node, err := filepath.EvalSymlinks(filepath.Join(from, s.host.exe("node")))
	if err != nil || !withNode {
		return nil // the machine's will be taken
	}
	return link(node, filepath.Join(to, s.host.exe("node")))
}

var (
	reNPMError = regexp.MustCompile(`(?m)^npm (?:error|ERR!) (?:FetchError: |network |notarget |nospc |4\d\d )(.+)$`)
	reNPMCode  = regexp.MustCompile(`(?m)^npm (?:error|ERR!) code (\S+)`)
	rePipNet   = regexp.MustCompile(`connection broken by '\w+\((?:.*object at 0x[0-9a-f]+>: )?(.+?)['"]?\)': /`)
	rePipError = regexp.MustCompile(`(?m)^ERROR: (No matching distribution.+)$`)
	rePipOther = regexp.MustCompile(`(?m)^ERROR: (.+)$`)
)

func (s *search) fillByNPM(ctx context.Context, dir string) error {
	npm, err := s.host.look("npm")
	if err != nil {
		return errors.New("npm is not on PATH")
	}
	if _, err := s.systemNode(ctx); err != nil {
		return err
	}
	s.Log("driver: fetching with npm pack %s (3 MB)", npmPackage)
	down := filepath.Join(filepath.Dir(dir), "npm")
	if err := os.Mkdir(down, 0o755); err != nil {
		return err
	}
	out, err := command{
		argv:  []string{npm, "pack", npmPackage, "--loglevel=error", "--fetch-retries=1", "--no-update-notifier"},
		dir:   down, // the tarball goes into the current folder
		limit: s.limits.npm,
	}.run(ctx)
	if err != nil {
		return out.why(err, reNPMError, reNPMCode)
	}
	file, err := single(down, "*.tgz")
	if err != nil {
		return fmt.Errorf("npm %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	return unpackTar(f, dir) // its files lie under package/
}

func (s *search) fillByPip(ctx context.Context, dir string) error {
	python, err := s.python()
	if err != nil {
		return err
	}
	s.Log("driver: fetching with pip download %s (45 MB)", pipPackage)
	down := filepath.Join(filepath.Dir(dir), "pip")
	if err := os.Mkdir(down, 0o755); err != nil {
		return err
	}
	out, err := command{
		argv: []string{python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
			"--disable-pip-version-check", "--no-input", "--quiet", "--retries=1", "--dest", down, pipPackage},
		dir:   down,
		limit: s.limits.pip,
	}.run(ctx)
	if err != nil {
		return out.why(err, rePipNet, rePipError, rePipOther)
	}
	wheel, err := single(down, "*.whl")
	if err != nil {
		return fmt.Errorf("pip %w", err)
	}
	return unpackZip(wheel, "playwright/driver/", dir)
}

func (s *search) python() (string, error) {
	for _, name := range []string{"python3", "python", "py"} {
		if path, err := s.host.look(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("python3 is not on PATH")
}

func (s *search) fillByApt(ctx context.Context, dir string) error {
	var packages []string
	if _, err := s.systemNode(ctx); err != nil {
		packages = append(packages, "nodejs")
	}
	if _, err := s.host.look("npm"); err != nil {
		packages = append(packages, "npm")
	}
	if len(packages) == 0 {
		return errors.New("node and npm are there already")
	}
	if err := s.apt(ctx, "driver", packages...); err != nil {
		return err
	}
	return s.fillByNPM(ctx, dir)
}

// single is the one file in dir that matches.
func single(dir, pattern string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return "", err
	}
	if len(files) != 1 {
		return "", fmt.Errorf("said that all went well, but brought %d files %s", len(files), strings.TrimPrefix(pattern, "*"))
	}
	return files[0], nil
}

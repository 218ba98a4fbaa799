package provision

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// browser is an executable that answered like a Chromium.
type browser struct {
	path    string
	version string
	kind    Kind
	origin  string
}

// BrowserPathError says that Options.BrowserPath is no browser to use.
type BrowserPathError struct {
	Path   string
	Reason string
}

func (e *BrowserPathError) Error() string {
	return fmt.Sprintf("the browser asked for, %s, can't be used: %s", e.Path, e.Reason)
}

func (s *search) browserWanted() string {
	if s.Headed {
		return "a Chromium or Chrome that can open windows"
	}
	return "a Chromium"
}

// place is a path where a browser may lie.
type place struct {
	path   string
	origin string
	// version is the version as known from elsewhere, empty when unknown.
	version string
}

// lookForBrowser returns the best browser there is, or nil with what was tried.
// Without a driver (nil) it doesn't know which of the driver's browsers fit.
func (s *search) lookForBrowser(ctx context.Context, d *driver) (*browser, []Attempt, error) {
	if s.BrowserPath != "" {
		b, err := s.askedFor(ctx)
		return b, nil, err
	}
	tried := attempts{search: s, what: "browser"}
	if !s.Headed {
		if b, err := s.lookForShell(ctx, d, &tried); b != nil || err != nil {
			return b, nil, err
		}
	}
	b, err := s.lookForFull(ctx, d, &tried)
	return b, tried.list, err
}

// askedFor checks the browser that Options.BrowserPath names.
func (s *search) askedFor(ctx context.Context) (*browser, error) {
	path := s.BrowserPath
	if !strings.ContainsAny(path, `/\`) {
		if found, err := s.host.look(path); err == nil {
			path = found
		}
	}
	path, err := filepath.Abs(path)
	if err == nil && s.host.goos == "darwin" && strings.HasSuffix(path, ".app") {
		path = filepath.Join(path, "Contents", "MacOS", strings.TrimSuffix(filepath.Base(path), ".app"))
	}
	var b *browser
	if err == nil {
		b, err = s.checkBrowser(ctx, place{path: path, origin: "as asked for"})
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err == nil && s.Headed && b.kind == HeadlessShell {
		err = errors.New("a headless shell opens no windows; a headed run needs a Chromium or Chrome")
	}
	if err != nil {
		return nil, &BrowserPathError{s.BrowserPath, oneLine(err.Error())}
	}
	return b, nil
}

// lookForShell looks for a headless shell: of the driver's own, then of the
// machine's.
func (s *search) lookForShell(ctx context.Context, d *driver, tried *attempts) (*browser, error) {
	if b, err := s.firstOfDriver(ctx, d, shellOfDriver(), tried); b != nil || err != nil {
		return b, err
	}
	return s.firstOnMachine(ctx, "a headless shell", shellNames(), s.host.shells, tried)
}

// lookForFull looks likewise for a browser that can open windows.
func (s *search) lookForFull(ctx context.Context, d *driver, tried *attempts) (*browser, error) {
	if b, err := s.firstOfDriver(ctx, d, fullOfDriver(), tried); b != nil || err != nil {
		return b, err
	}
	return s.firstOnMachine(ctx, "a full browser", browserNames(), s.host.browsers, tried)
}

func (s *search) firstOfDriver(ctx context.Context, d *driver, kind ofDriver, tried *attempts) (*browser, error) {
	wanted, version := wantedRevision(d, kind.name)
	places := s.driversOwn(d, kind, wanted, version)
	if len(places) == 0 {
		none := absence("none")
		if wanted > 0 {
			none = absence(fmt.Sprintf("none of revision %d or later", wanted))
		}
		return nil, tried.add(ctx, filepath.Join(s.browsersDir(d), kind.folder+"*"), none)
	}
	return s.firstOf(ctx, places, tried)
}

func (s *search) firstOnMachine(ctx context.Context, what string, names, elsewhere []string, tried *attempts) (*browser, error) {
	var places []place
	for _, name := range names {
		if path, err := s.host.look(name); err == nil {
			places = append(places, place{path: path, origin: "on PATH"})
		}
	}
	for _, path := range elsewhere {
		known := slices.ContainsFunc(places, func(p place) bool { return p.path == path })
		if _, err := os.Stat(path); err == nil && !known {
			places = append(places, place{path: path, origin: "in one of the usual places"})
		}
	}
	if len(places) == 0 {
		return nil, tried.add(ctx, what+" on PATH or in the usual places", absence("none ("+strings.Join(names, ", ")+")"))
	}
	return s.firstOf(ctx, places, tried)
}

// firstOf returns the first that is a browser, or nil.
func (s *search) firstOf(ctx context.Context, places []place, tried *attempts) (*browser, error) {
	for _, p := range places {
		b, err := s.checkBrowser(ctx, p)
		if err == nil {
			return b, nil
		}
		if err := tried.add(ctx, p.path, err); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// reBrowser finds the version in what a Chromium says of itself, such as
// "Google Chrome for Testing 148.0.7778.96" or "Chromium 156.0.8078.79 built on
// Debian". Firefox has no version of four numbers.
var (
	reBrowser = regexp.MustCompile(`(?m)^.*\b(?:Chromium|Chrome|Edge|Brave|HeadlessShell|Headless Shell)\b.*?\b(\d+\.\d+\.\d+\.\d+)\b.*$`)
	reVersion = regexp.MustCompile(`^(\d+\.\d+\.\d+\.\d+)(?:\.manifest)?$`)
	reMissing = regexp.MustCompile(`(error while loading shared libraries: .+)`)
)

// checkBrowser says what browser lies at a place.
func (s *search) checkBrowser(ctx context.Context, p place) (*browser, error) {
	info, err := os.Stat(p.path)
	switch {
	case err != nil:
		return nil, short(err)
	case info.IsDir():
		return nil, errors.New("a folder, not an executable")
	case s.host.goos != "windows" && info.Mode()&0o111 == 0:
		return nil, errors.New("not executable")
	}
	b := &browser{path: p.path, origin: p.origin}
	said := ""
	if s.host.goos == "windows" {
		// There a full browser asked for its version opens a window instead.
		if b.version = p.version; b.version == "" {
			b.version = versionBeside(p.path)
		}
	}
	if b.version == "" {
		said, err = s.memo.ask("browser "+p.path, []string{p.path}, func() (string, error) {
			out, err := command{argv: []string{p.path, "--version"}, limit: s.limits.ask}.run(ctx)
			if err != nil {
				return "", fmt.Errorf("asked for its --version it fails: %w", out.why(err, reMissing))
			}
			if said := reBrowser.FindString(out.stdout); said != "" {
				return said, nil
			}
			return "", fmt.Errorf("asked for its --version it says %q, which is no Chromium's answer", oneLine(out.both()))
		})
		if err != nil {
			return nil, err
		}
		m := reBrowser.FindStringSubmatch(said)
		if m == nil {
			return nil, errors.New("its --version is not known")
		}
		b.version = m[1]
	}
	b.kind = kindOf(p.path, said)
	return b, nil
}

// kindOf tells the kind of a browser by its file name and what it says.
func kindOf(path, said string) Kind {
	name := strings.ToLower(filepath.Base(path))
	switch {
	case strings.Contains(name, "headless-shell"), strings.Contains(name, "headless_shell"):
		return HeadlessShell
	case strings.Contains(said, "Google Chrome"), strings.HasPrefix(name, "chrome"):
		return Chrome
	default:
		return Chromium
	}
}

// versionBeside finds the version of a browser on Windows by the folder, or the
// manifest, that is named after it and lies beside the executable; the newest,
// as an update leaves its predecessor.
func versionBeside(exe string) string {
	entries, _ := os.ReadDir(filepath.Dir(exe))
	newest := ""
	for _, entry := range entries {
		if m := reVersion.FindStringSubmatch(entry.Name()); m != nil && (newest == "" || older(newest, m[1])) {
			newest = m[1]
		}
	}
	return newest
}

// older compares versions number by number.
func older(a, b string) bool {
	return slices.Compare(numbers(a), numbers(b)) < 0
}

func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}

// ofDriver is a kind of browser that the driver installs.
type ofDriver struct {
	name    string   // in browsers.json
	folder  string   // before the revision
	layouts []string // paths of the executable in it, as patterns
}

// The layouts are those of EXECUTABLE_PATHS in playwright-core, by pattern, with
// those of earlier versions.
func shellOfDriver() ofDriver {
	return ofDriver{"chromium-headless-shell", "chromium_headless_shell-", []string{
		"chrome-*/chrome-headless-shell", "chrome-*/headless_shell",
		"chrome-*/chrome-headless-shell.exe", "chrome-*/headless_shell.exe",
	}}
}

func fullOfDriver() ofDriver {
	return ofDriver{"chromium", "chromium-", []string{
		"chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe",
	}}
}

// browsersDir is the folder that the driver installs browsers into.
func (s *search) browsersDir(d *driver) string {
	switch dir := s.host.getenv("PLAYWRIGHT_BROWSERS_PATH"); {
	case dir == "0" && d != nil:
		return filepath.Join(d.pkg(), ".local-browsers")
	case dir != "" && dir != "0":
		return dir
	default:
		return filepath.Join(s.host.cacheDir(true), "ms-playwright")
	}
}

// driversOwn are the browsers of one kind that a Playwright installed, best
// first: the revision wanted, that our driver was made for, then the newest. Older ones
// are left out, since the driver may ask them for what they can't do.
func (s *search) driversOwn(d *driver, kind ofDriver, wanted int, version string) []place {
	type installed struct {
		place
		revision int
	}
	dirs, _ := filepath.Glob(filepath.Join(s.browsersDir(d), kind.folder+"*"))
	var list []installed
	for _, dir := range dirs {
		revision, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), kind.folder))
		if err != nil || revision < wanted {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "INSTALLATION_COMPLETE")); err != nil {
			continue
		}
		for _, layout := range kind.layouts {
			exes, _ := filepath.Glob(filepath.Join(dir, filepath.FromSlash(layout)))
			for _, exe := range exes {
				p := installed{place{path: exe, origin: "installed by Playwright"}, revision}
				if revision == wanted {
					p.version = version
				}
				list = append(list, p)
			}
		}
	}
	rank := func(p installed) int {
		if p.revision == wanted {
			return math.MaxInt
		}
		return p.revision
	}
	slices.SortStableFunc(list, func(a, b installed) int { return cmp.Compare(rank(b), rank(a)) })
	var places []place
	for _, p := range list {
		places = append(places, p.place)
	}
	return places
}

// wantedRevision is the revision of a browser that the driver was made for, and
// that revision's version; 0 when there is no driver.
func wantedRevision(d *driver, name string) (revision int, version string) {
	if d == nil {
		return 0, ""
	}
	data, err := os.ReadFile(filepath.Join(d.pkg(), "browsers.json"))
	if err != nil {
		return 0, ""
	}
	var file struct {
		Browsers []struct{ Name, Revision, BrowserVersion string }
	}
	if json.Unmarshal(data, &file) != nil {
		return 0, ""
	}
	for _, b := range file.Browsers {
		if b.Name == name {
			n, _ := strconv.Atoi(b.Revision)
			return n, b.BrowserVersion
		}
	}
	return 0, ""
}

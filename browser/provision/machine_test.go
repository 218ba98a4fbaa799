//go:build unix

package provision

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine is a made-up machine: a folder for PATH with scripts in it, a home, a
// cache. Each script notes its call.
type machine struct {
	t    *testing.T
	dir  string
	env  map[string]string
	host host
	log  []string
	opts Options
	edit func(*search) // changes a search before it starts
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, dir: dir, env: map[string]string{}, edit: func(*search) {}}
	for _, d := range []string{"bin", "home", "stash", "tmp"} {
		if err := os.Mkdir(m.at(d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", m.at("tmp"))
	m.host = host{
		goos:   "linux",
		home:   m.at("home"),
		distro: distro{"debian"},
		getenv: func(key string) string { return m.env[key] },
		look: func(name string) (string, error) {
			path := m.at("bin", name)
			if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
				return "", errors.New("not on PATH")
			}
			return path, nil
		},
	}
	m.opts = Options{CacheDir: m.at("cache"), Log: func(format string, args ...any) {
		m.log = append(m.log, fmt.Sprintf(format, args...))
	}}
	t.Cleanup(m.leaks)
	return m
}

func (m *machine) at(names ...string) string {
	return filepath.Join(append([]string{m.dir}, names...)...)
}

func (m *machine) search() *search {
	s := newSearch(m.opts, m.host)
	m.edit(s)
	return s
}

// leaks fails the test when a temporary folder stayed behind.
func (m *machine) leaks() {
	for _, pattern := range []string{"tmp/*", "cache/" + tmpPrefix + "*", "cache/*.tmp-*"} {
		if left, _ := filepath.Glob(m.at(pattern)); len(left) > 0 {
			m.t.Errorf("left behind: %v", left)
		}
	}
}

// calls returns what the scripts noted since it was last called.
func (m *machine) calls() []string {
	data, err := os.ReadFile(m.at("calls"))
	if err != nil {
		return nil
	}
	_ = os.Remove(m.at("calls"))
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// plain takes what differs from one machine to the next out of a text.
func (m *machine) plain(text string) string {
	return regexp.MustCompile(tmpPrefix+`\d+`).ReplaceAllString(strings.ReplaceAll(text, m.dir, "$M"), tmpPrefix+"N")
}

func (m *machine) write(path, text string, perm os.FileMode) string {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), perm); err != nil {
		m.t.Fatal(err)
	}
	return path
}

// script makes an executable that notes its call and then does what body says.
func (m *machine) script(path, body string) string {
	m.t.Helper()
	note := fmt.Sprintf("echo \"%s $*\" >> %s\n", filepath.Base(path), m.at("calls"))
	return m.write(path, "#!/bin/sh\n"+note+body+"\n", 0o755)
}

// nodeScript is a node of a version that runs our made-up driver. What the driver's
// install does is in stash/install.
func (m *machine) nodeScript(path, version string) string {
	return m.script(path, fmt.Sprintf(`case "$1" in
--version) echo %s; exit;;
-p) echo %s; exit;;
esac
case "$2" in
--version) echo Version 1.60.0;;
install) . %s;;
esac`, version, path, m.at("stash", "install")))
}

func (m *machine) node(version string) { m.nodeScript(m.at("bin", "node"), version) }

// driverInstall says what the driver's own install does.
func (m *machine) driverInstall(body string) {
	m.write(m.at("stash", "install"), body+"\n", 0o644)
}

const offline = `echo "Downloading Chrome Headless Shell"
echo "Error: getaddrinfo ENOTFOUND downloads.test
    at GetAddrInfoReqWrap" >&2
echo "Failed to install browsers
Error: Failed to download Chrome Headless Shell, caused by
Error: Download failure, code=1
    at ChildProcess" >&2
exit 1`

// npm makes an npm that brings a package made of files.
func (m *machine) npm(files map[string]string) {
	tarball := m.write(m.at("stash", "package.tgz"), tgz(m.t, files), 0o644)
	m.script(m.at("bin", "npm"), fmt.Sprintf("cp %s playwright-core-1.60.0.tgz", tarball))
}

// pip makes a python3 whose pip brings a wheel made of files, with a node.
func (m *machine) pip(files map[string]string) {
	wheel := map[string]string{"playwright/__init__.py": "", "playwright/driver/README.md": "read"}
	for name, text := range files {
		wheel["playwright/driver/"+name] = text
	}
	node, err := os.ReadFile(m.nodeScript(m.at("stash", "node"), "v24.1.0"))
	if err != nil {
		m.t.Fatal(err)
	}
	wheel["playwright/driver/node"] = string(node)
	path := m.write(m.at("stash", "wheel.whl"), zipped(m.t, wheel), 0o644)
	m.script(m.at("bin", "python3"), fmt.Sprintf("cp %s playwright-1.60.0-py3-none-any.whl", path))
}

// browser makes an executable that says what a browser says.
func (m *machine) browser(path, says string) string {
	return m.script(path, fmt.Sprintf("echo '%s'", says))
}

// playwrights makes a browser that a Playwright installed.
func (m *machine) playwrights(folder, exe, says string) {
	dir := m.at("home", ".cache", "ms-playwright", folder)
	m.browser(filepath.Join(dir, exe), says)
	m.write(filepath.Join(dir, "INSTALLATION_COMPLETE"), "", 0o644)
}

// driver makes a driver folder with a node in it.
func (m *machine) driver(dir string, files map[string]string) string {
	for name, text := range files {
		m.write(filepath.Join(dir, filepath.FromSlash(name)), text, 0o644)
	}
	m.nodeScript(filepath.Join(dir, "node"), "v20.1.0")
	return dir
}

// ownDriver makes our own driver, whole.
func (m *machine) ownDriver() string {
	dir := m.driver(m.at("cache", "driver-1.60.0"), ready())
	if err := writeManifest(dir, "a test"); err != nil {
		m.t.Fatal(err)
	}
	return dir
}

const (
	rawBundle   = "url: pageError.location.url, line: pageError.location.lineNumber, column: pageError.location.columnNumber"
	readyBundle = `url: pageError.location?.url || "", line: pageError.location?.lineNumber || 0, column: pageError.location?.columnNumber || 0`
)

// raw are the files of playwright-core as the registries have it.
func raw() map[string]string {
	return map[string]string{
		"package/package.json":       `{"name": "playwright-core", "version": "1.60.0"}`,
		"package/browsers.json":      `{"browsers": [{"name": "chromium", "revision": "1223", "browserVersion": "148.0.7778.96"}, {"name": "chromium-headless-shell", "revision": "1223", "browserVersion": "148.0.7778.96"}]}`,
		"package/cli.js":             "cli",
		"package/index.js":           "index",
		"package/lib/utilsBundle.js": "utils",
		"package/lib/coreBundle.js":  rawBundle,
		"package/lib/vite/deep.html": "deep",
	}
}

// ready are they when patched.
func ready() map[string]string { return with(raw(), "package/lib/coreBundle.js", readyBundle) }

// with is files with one changed, or without it when text is empty.
func with(files map[string]string, name, text string) map[string]string {
	files = maps.Clone(files)
	files[name] = text
	if text == "" {
		delete(files, name)
	}
	return files
}

func tgz(t *testing.T, files map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	gz := gzip.NewWriter(&buf)
	w := tar.NewWriter(gz)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name])), Typeflag: tar.TypeReg, ModTime: time.Unix(499162500, 0)}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func zipped(t *testing.T, files map[string]string) string {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(0o644)
		if strings.HasSuffix(name, "/node") {
			h.SetMode(0o755)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

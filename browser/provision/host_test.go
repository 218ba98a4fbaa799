package provision

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDistro(t *testing.T) {
	for text, want := range map[string]distro{
		"PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n":    {"debian"},
		"ID_LIKE=\"ubuntu debian\"\r\nID=\"linuxmint\"\r\n":   {"linuxmint", "ubuntu", "debian"},
		"ID='rocky'\nID_LIKE='rhel centos fedora'\nVERSION=9": {"rocky", "rhel", "centos", "fedora"},
		"": nil,
	} {
		if diff := cmp.Diff(want, parseDistro(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestPlacesOfOtherSystems(t *testing.T) {
	env := func(key string) string {
		return map[string]string{"ProgramFiles": `C:\Program Files`, "LOCALAPPDATA": `C:\Users\u\AppData\Local`}[key]
	}
	windows := browserPlaces("windows", `C:\Users\u`, env)
	for _, want := range []string{`C:\Program Files\Google\Chrome\Application\chrome.exe`, `C:\Users\u\AppData\Local\Chromium\Application\chrome.exe`} {
		if !slices.Contains(windows, want) {
			t.Errorf("%q lacks %q", windows, want)
		}
	}
	mac := browserPlaces("darwin", "/Users/u", env)
	for _, want := range []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Users/u/Applications/Chromium.app/Contents/MacOS/Chromium"} {
		if !slices.Contains(mac, filepath.FromSlash(want)) {
			t.Errorf("%q lacks %q", mac, want)
		}
	}
}

func TestCacheDir(t *testing.T) {
	env := map[string]string{"XDG_CACHE_HOME": "/xdg", "LOCALAPPDATA": "/local"}
	for _, test := range []struct {
		goos string
		xdg  bool
		want string
	}{
		{"linux", true, "/xdg"},
		{"linux", false, "/home/u/.cache"},
		{"darwin", true, "/home/u/Library/Caches"},
		{"windows", true, "/local"},
	} {
		h := host{goos: test.goos, home: "/home/u", getenv: func(key string) string { return env[key] }}
		if got := filepath.ToSlash(h.cacheDir(test.xdg)); got != test.want {
			t.Errorf("%s, %v: %s; want %s", test.goos, test.xdg, got, test.want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, test := range []struct {
		goos  string
		words []string
		want  string
	}{
		{"linux", []string{"/a/node", "/a/cli.js", "install"}, "/a/node /a/cli.js install"},
		{"darwin", []string{"/A B/node", "it's"}, `'/A B/node' 'it'\''s'`},
		{"windows", []string{`C:\a\node.exe`, "install"}, `C:\a\node.exe install`},
		{"windows", []string{`C:\Program Files\node.exe`, `C:\it's`}, `& 'C:\Program Files\node.exe' 'C:\it''s'`},
	} {
		if got := (host{goos: test.goos}).commandLine(test.words...); got != test.want {
			t.Errorf("%s: %s; want %s", test.goos, got, test.want)
		}
	}
}

// On Windows a browser is not started to say its version.
func TestVersionOnWindows(t *testing.T) {
	dir := t.TempDir()
	exe := filepath.Join(dir, "chrome.exe")
	if err := os.WriteFile(exe, []byte("MZ"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"99.0.4844.51", "150.0.7871.9", "150.0.7871.100", "Dictionaries"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := newSearch(Options{CacheDir: t.TempDir()}, host{goos: "windows"})
	b, err := s.checkBrowser(t.Context(), place{path: exe})
	if err != nil || b.version != "150.0.7871.100" || b.kind != Chrome {
		t.Errorf("got %+v, %v; want Chrome 150.0.7871.100", b, err)
	}
	b, err = s.checkBrowser(t.Context(), place{path: exe, version: "148.0.7778.96"})
	if err != nil || b.version != "148.0.7778.96" {
		t.Errorf("got %+v, %v; want the version that the driver's list has", b, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "151.0.1.2.manifest"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := versionBeside(exe); got != "151.0.1.2" {
		t.Errorf("got %q; want that of the manifest", got)
	}
}

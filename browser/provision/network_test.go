//go:build unix

package provision

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// These tests fetch the real thing from the registries, and so run only where
// LOADWRIGHT_NETWORK_TESTS is 1.

// onlyWith is this machine with nothing on PATH but names, and no driver yet.
func onlyWith(t *testing.T, names ...string) *search {
	t.Helper()
	if os.Getenv("LOADWRIGHT_NETWORK_TESTS") != "1" {
		t.Skip("set LOADWRIGHT_NETWORK_TESTS=1 to fetch from the registries")
	}
	h := thisHost()
	h.home = t.TempDir()
	h.root = false
	h.getenv = func(string) string { return "" }
	h.look = func(name string) (string, error) {
		if !slices.Contains(names, name) {
			return "", exec.ErrNotFound
		}
		return exec.LookPath(name)
	}
	return newSearch(Options{CacheDir: filepath.Join(t.TempDir(), "cache"), Log: t.Logf}, h)
}

func TestRealNPM(t *testing.T) {
	s := onlyWith(t, "node", "npm", "chromium-headless-shell")
	realInstall(t, s, "npm pack playwright-core@1.60.0")
}

func TestRealPip(t *testing.T) {
	s := onlyWith(t, "python3", "chromium-headless-shell")
	realInstall(t, s, "pip download playwright==1.60.0")
}

func realInstall(t *testing.T, s *search, origin string) {
	t.Helper()
	found, err := s.install(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("found:\n%s", Describe(found))
	if found.DriverOrigin != origin {
		t.Errorf("came from %q; want %q", found.DriverOrigin, origin)
	}
	src, err := os.ReadFile(filepath.Join(found.Package, "lib", "coreBundle.js"))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkPatched(src); err != nil {
		t.Error(err)
	}
	if n := bytes.Count(src, []byte(`pageError.location?.url || ""`)); n != 2 {
		t.Errorf("%d places patched; want 2", n)
	}

	// With no program to be found, a second install has what it needs.
	offline := onlyWith(t)
	offline.Options, offline.host.look, offline.memo = s.Options, s.host.look, openMemo(s.CacheDir)
	began := time.Now()
	again, err := offline.install(t.Context())
	if err != nil || again != found {
		t.Errorf("a second time: %+v, %v; want %+v", again, err, found)
	}
	t.Logf("the second install took %v", time.Since(began))
	if len(offline.memo.answers) == 0 || offline.memo.changed {
		t.Error("the second install had to ask for versions")
	}
}

// The commands for a machine without a network do what they say.
func TestRealCarry(t *testing.T) {
	s := onlyWith(t, "chromium-headless-shell")
	home := t.TempDir()
	fetch := exec.Command("npm", "pack", npmPackage)
	fetch.Dir = home
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	script := strings.Join(s.driverCommands("true"), "\n")
	script = strings.ReplaceAll(script, s.host.sudo()+"apt-get", "true ")
	if strings.Contains(script, "brew") || strings.Contains(script, "dnf") {
		t.Skip("a package manager that this test doesn't know to leave out")
	}
	sh := exec.Command("/bin/sh", "-e", "-c", script)
	sh.Dir = home
	sh.Env = append(os.Environ(), "HOME="+home)
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\n%s", err, out, script)
	}
	s.DriverDir = filepath.Join(home, "playwright-driver")
	found, err := s.install(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := "a patched copy of " + s.DriverDir; found.DriverOrigin != want {
		t.Errorf("came from %q; want %q", found.DriverOrigin, want)
	}
}

package provision

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// host is what provisioning has to know of the machine. A test makes one up.
type host struct {
	goos   string
	root   bool
	home   string // empty when unknown
	distro distro
	getenv func(string) string
	look   func(string) (string, error) // as exec.LookPath

	shells   []string // where headless shells lie that are not on PATH
	browsers []string // where full browsers lie that are not on PATH
}

func thisHost() host {
	home, _ := os.UserHomeDir()
	release, _ := os.ReadFile("/etc/os-release")
	return host{
		goos:     runtime.GOOS,
		root:     os.Geteuid() == 0,
		home:     home,
		distro:   parseDistro(string(release)),
		getenv:   os.Getenv,
		look:     exec.LookPath,
		shells:   shellPlaces(runtime.GOOS),
		browsers: browserPlaces(runtime.GOOS, home, os.Getenv),
	}
}

// debian says whether apt-get can be expected to work: the family is right and
// the user may.
func (h host) debian() bool { return h.goos == "linux" && h.distro.is("debian") }

// exe gives the file name of an executable.
func (h host) exe(name string) string {
	if h.goos == "windows" {
		return name + ".exe"
	}
	return name
}

// cacheDir is the system's folder of caches as Playwright understands it.
// xdg says whether XDG_CACHE_HOME counts.
func (h host) cacheDir(xdg bool) string {
	switch h.goos {
	case "windows":
		if dir := h.getenv("LOCALAPPDATA"); dir != "" {
			return dir
		}
		return filepath.Join(h.home, "AppData", "Local")
	case "darwin":
		return filepath.Join(h.home, "Library", "Caches")
	default:
		if dir := h.getenv("XDG_CACHE_HOME"); xdg && dir != "" {
			return dir
		}
		return filepath.Join(h.home, ".cache")
	}
}

// distro is a Linux distribution's own name and then those of what it is made
// from, nearest first: os-release's ID and ID_LIKE.
type distro []string

func parseDistro(osRelease string) distro {
	var id, like []string
	for line := range strings.Lines(osRelease) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.Trim(value, `"'`)
		switch key {
		case "ID":
			id = strings.Fields(value)
		case "ID_LIKE":
			like = strings.Fields(value)
		}
	}
	return append(id, like...)
}

func (d distro) is(name string) bool { return slices.Contains(d, name) }

// shellNames are the names of headless shells on PATH: Debian's, the one of
// Chrome's builds for testing, and the name it has in Chromium's own builds.
func shellNames() []string {
	return []string{"chromium-headless-shell", "chrome-headless-shell", "headless-shell", "headless_shell"}
}

func browserNames() []string {
	return []string{"chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge-stable", "microsoft-edge"}
}

func shellPlaces(goos string) []string {
	if goos != "linux" {
		return nil
	}
	return []string{
		"/usr/bin/chromium-headless-shell",
		"/usr/lib/chromium/chromium-headless-shell",                // Debian's, without its script
		"/usr/lib64/chromium-browser/headless_shell",               // Fedora's chromium-headless
		"/headless-shell/headless-shell",                           // the container images made of it
		"/opt/chrome-headless-shell-linux64/chrome-headless-shell", // unpacked by hand
	}
}

func browserPlaces(goos, home string, getenv func(string) string) []string {
	var places []string
	switch goos {
	case "linux":
		places = []string{"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome", "/snap/bin/chromium"}
	case "darwin":
		for _, folder := range []string{"/Applications", filepath.Join(home, "Applications")} {
			for _, app := range []string{"Chromium", "Google Chrome", "Microsoft Edge"} {
				places = append(places, filepath.Join(folder, app+".app", "Contents", "MacOS", app))
			}
		}
	case "windows":
		for _, product := range []string{`Chromium\Application\chrome.exe`, `Google\Chrome\Application\chrome.exe`, `Microsoft\Edge\Application\msedge.exe`} {
			for _, variable := range []string{"ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"} {
				if folder := getenv(variable); folder != "" {
					places = append(places, folder+`\`+product)
				}
			}
		}
	}
	return places
}

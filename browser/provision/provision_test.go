//go:build unix

package provision

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected texts in testdata")

const (
	debianShell = "Chromium 156.0.8078.79"
	testChrome  = "Google Chrome for Testing 148.0.7778.96"
	npmDown     = `echo 'npm warn Unknown user config
npm error code ECONNREFUSED
npm error syscall connect
npm error errno ECONNREFUSED
npm error FetchError: request to registry.test/playwright-core failed, reason: connect ECONNREFUSED
npm error A complete log of this run can be found in: x.log' >&2; exit 1`
	pipDown = `echo "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f5d1>: Failed to establish a new connection: [Errno 111] Connection refused')': /playwright/
ERROR: Could not find a version that satisfies the requirement playwright==1.60.0 (from versions: none)
ERROR: No matching distribution found for playwright==1.60.0" >&2; exit 1`
)

// cases are machines; what is found on them, or installed, and how, is in
// testdata/NAME.txt. A name begins with what is called.
var cases = []struct {
	name string
	make func(m *machine)
}{
	{"find-nothing", func(*machine) {}},
	{"find-in-cache", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-order-of-drivers", func(m *machine) {
		m.ownDriver()
		m.driver(m.at("home", ".cache", "ms-playwright-go", "1.60.0"), ready())
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), ready())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-option-before-environment", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), ready())
		m.opts.DriverDir = m.driver(m.at("option"), ready())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-in-cache-of-playwright-go", func(m *machine) {
		m.driver(m.at("home", ".cache", "ms-playwright-go", "1.60.0"), ready())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-driver-of-other-version", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), with(ready(), "package/package.json", `{"name": "playwright-core", "version": "1.52.0"}`))
	}},
	{"find-driver-without-cli", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), with(ready(), "package/cli.js", ""))
	}},
	{"find-driver-with-unknown-bundle", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), with(ready(), "package/lib/coreBundle.js", "something else"))
	}},
	{"find-driver-unpatched", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), raw())
	}},
	{"find-driver-damaged", func(m *machine) {
		dir := m.ownDriver()
		_ = os.Remove(filepath.Join(dir, "package", "lib", "vite", "deep.html"))
		m.write(filepath.Join(dir, "package", "lib", "utilsBundle.js"), "ut", 0o644)
	}},
	{"find-driver-with-broken-list", func(m *machine) {
		m.write(filepath.Join(m.ownDriver(), manifestName), "{", 0o644)
	}},
	{"find-driver-without-node", func(m *machine) {
		_ = os.Remove(filepath.Join(m.ownDriver(), "node"))
	}},
	{"find-driver-with-old-node", func(m *machine) {
		m.nodeScript(filepath.Join(m.ownDriver(), "node"), "v16.20.2")
	}},
	{"find-driver-with-false-node", func(m *machine) {
		m.script(filepath.Join(m.ownDriver(), "node"), "echo hello")
	}},
	{"find-driver-that-fails", func(m *machine) {
		m.script(filepath.Join(m.ownDriver(), "node"), `case "$1" in --version) echo v20.0.0; exit;; esac
echo "node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module './lib/coreBundle'
Require stack:" >&2; exit 1`)
	}},
	{"find-node-of-the-environment", func(m *machine) {
		_ = os.Remove(filepath.Join(m.ownDriver(), "node"))
		m.env["PLAYWRIGHT_NODEJS_PATH"] = m.nodeScript(m.at("other", "node"), "v22.0.0")
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-no-home", func(m *machine) {
		m.driver(m.at("home", ".cache", "ms-playwright-go", "1.60.0"), ready())
		m.edit = func(s *search) {
			s.CacheDir, s.cacheErr, s.memo = "", errors.New("no cache folder: $HOME is not defined"), openMemo("")
		}
	}},

	{"find-shell-of-the-driver-first", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-headless-shell-linux64/chrome-headless-shell", testChrome)
		m.playwrights("chromium_headless_shell-1300", "chrome-headless-shell-linux64/chrome-headless-shell", "Google Chrome for Testing 160.0.0.0")
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"find-shell-newer-than-for-the-driver", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1300", "chrome-linux/headless_shell", "Google Chrome for Testing 160.0.0.0")
		m.playwrights("chromium_headless_shell-1250", "chrome-linux/headless_shell", "Google Chrome for Testing 150.0.0.0")
	}},
	{"find-shell-older-than-for-the-driver", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1091", "chrome-linux/headless_shell", "Google Chrome for Testing 120.0.0.0")
	}},
	{"find-shell-half-installed", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		_ = os.Remove(m.at("home", ".cache", "ms-playwright", "chromium_headless_shell-1223", "INSTALLATION_COMPLETE"))
	}},
	{"find-shell-where-Playwright-was-told", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		if err := os.Rename(m.at("home", ".cache", "ms-playwright"), m.at("elsewhere")); err != nil {
			m.t.Fatal(err)
		}
		m.env["PLAYWRIGHT_BROWSERS_PATH"] = m.at("elsewhere")
	}},
	{"find-shell-in-the-package", func(m *machine) {
		dir := m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		if err := os.Rename(m.at("home", ".cache", "ms-playwright"), filepath.Join(dir, "package", ".local-browsers")); err != nil {
			m.t.Fatal(err)
		}
		m.env["PLAYWRIGHT_BROWSERS_PATH"] = "0"
	}},
	{"find-shell-in-a-usual-place", func(m *machine) {
		m.ownDriver()
		m.host.shells = []string{m.at("usr", "none"), m.browser(m.at("usr", "headless-shell"), debianShell)}
		m.browser(m.at("bin", "chromium"), debianShell)
	}},
	{"find-next-when-a-shell-fails", func(m *machine) {
		m.ownDriver()
		m.script(m.at("bin", "chromium-headless-shell"), "echo 'requires the snap' >&2; exit 1")
		m.browser(m.at("bin", "chrome-headless-shell"), testChrome)
	}},
	{"find-only-a-slow-one", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "google-chrome"), "Google Chrome 150.0.1.2 ")
	}},
	{"find-headed", func(m *machine) {
		m.opts.Headed = true
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
		m.browser(m.at("bin", "chromium"), debianShell+" built on Debian GNU/Linux 12 (bookworm)")
	}},
	{"find-headed-of-the-driver", func(m *machine) {
		m.opts.Headed = true
		m.ownDriver()
		m.playwrights("chromium-1223", "chrome-linux64/chrome", testChrome)
		m.browser(m.at("bin", "chromium"), debianShell)
	}},
	{"find-headed-with-only-a-shell", func(m *machine) {
		m.opts.Headed = true
		m.ownDriver()
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},

	{"find-path", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
		m.opts.BrowserPath = m.browser(m.at("my", "shell", "headless_shell"), testChrome)
	}},
	{"find-path-is-a-name", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "brave"), "Brave Browser 131.1.73.89 ")
		m.opts.BrowserPath = "brave"
	}},
	{"find-path-to-nothing", func(m *machine) { m.opts.BrowserPath = m.at("my", "chromium") }},
	{"find-path-to-a-folder", func(m *machine) { m.opts.BrowserPath = m.at("bin") }},
	{"find-path-not-executable", func(m *machine) {
		m.opts.BrowserPath = m.write(m.at("my", "chromium"), "x", 0o644)
	}},
	{"find-path-to-a-text", func(m *machine) {
		m.opts.BrowserPath = m.write(m.at("my", "chromium"), "\x00\x01x", 0o755)
	}},
	{"find-path-to-firefox", func(m *machine) {
		m.opts.BrowserPath = m.browser(m.at("my", "firefox"), "Mozilla Firefox 140.3.0esr")
	}},
	{"find-path-to-a-mute", func(m *machine) { m.opts.BrowserPath = m.script(m.at("my", "true"), "") }},
	{"find-path-lacks-libraries", func(m *machine) {
		m.opts.BrowserPath = m.script(m.at("my", "chromium"), `echo "$0: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory" >&2; exit 127`)
	}},
	{"find-path-hangs", func(m *machine) {
		m.opts.BrowserPath = m.script(m.at("my", "chromium"), "echo starting; sleep 100")
		m.edit = func(s *search) { s.limits.ask = 200 * time.Millisecond }
	}},
	{"find-path-to-a-shell-headed", func(m *machine) {
		m.opts.Headed = true
		m.opts.BrowserPath = m.browser(m.at("my", "chrome-headless-shell"), testChrome)
	}},
	{"find-path-is-an-app", func(m *machine) {
		m.host.goos = "darwin"
		m.ownDriver()
		m.browser(m.at("Google Chrome.app", "Contents", "MacOS", "Google Chrome"), "Google Chrome 150.0.1.2")
		m.opts.BrowserPath = m.at("Google Chrome.app")
	}},

	{"install-nothing-to-do", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-bad-path-first", func(m *machine) {
		m.node("v20.1.0")
		m.npm(raw())
		m.opts.BrowserPath = "/does/not/exist"
	}},
	{"install-path", func(m *machine) {
		m.node("v20.1.0")
		m.npm(raw())
		m.opts.BrowserPath = m.browser(m.at("my", "chromium"), debianShell)
	}},
	{"install-by-npm", func(m *machine) {
		m.node("v20.1.0")
		m.npm(raw())
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-npm-fails", func(m *machine) {
		m.node("v20.1.0")
		m.script(m.at("bin", "npm"), npmDown)
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-node-is-old", func(m *machine) {
		m.node("v16.20.2")
		m.npm(raw())
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-npm-brings-another", func(m *machine) {
		m.node("v20.1.0")
		m.npm(with(raw(), "package/package.json", `{"name": "playwright-core", "version": "1.59.0"}`))
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-npm-brings-evil", func(m *machine) {
		m.node("v20.1.0")
		m.npm(with(raw(), "package/../../../evil", "evil"))
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-npm-brings-nothing", func(m *machine) {
		m.node("v20.1.0")
		m.script(m.at("bin", "npm"), "")
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-by-pip-as-npm-hangs", func(m *machine) {
		m.node("v20.1.0")
		m.script(m.at("bin", "npm"), "sleep 100")
		m.pip(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
		m.edit = func(s *search) { s.limits.npm = 200 * time.Millisecond }
	}},
	{"install-by-apt-as-root", func(m *machine) {
		m.host.root = true
		m.node("v20.1.0")
		m.npm(raw())
		for _, name := range []string{"node", "npm"} {
			if err := os.Rename(m.at("bin", name), m.at("stash", name)); err != nil {
				m.t.Fatal(err)
			}
		}
		m.browser(m.at("stash", "chromium-headless-shell"), debianShell)
		m.driverInstall(offline)
		// Of node only npm's script knows where it lies, so it stays a link.
		m.script(m.at("bin", "apt-get"), `case "$*" in
*nodejs*npm*) ln -s `+m.at("stash")+`/node `+m.at("stash")+`/npm `+m.at("bin")+`;;
*headless*) ln -s `+m.at("stash")+`/chromium-headless-shell `+m.at("bin")+`;;
esac`)
	}},
	{"install-by-apt-with-old-lists", func(m *machine) {
		m.host.root = true
		m.ownDriver()
		m.driverInstall(offline)
		m.browser(m.at("stash", "chromium-headless-shell"), debianShell)
		m.script(m.at("bin", "apt-get"), `case "$*" in
*update) echo "E: The repository is not signed." >&2; exit 100;;
*) ln -s `+m.at("stash")+`/chromium-headless-shell `+m.at("bin")+`;;
esac`)
	}},
	{"install-all-ways-fail", func(m *machine) {
		m.host.root = true
		m.node("v20.1.0")
		m.script(m.at("bin", "npm"), npmDown)
		m.script(m.at("bin", "python3"), pipDown)
	}},
	{"install-all-ways-fail-as-root-with-apt", func(m *machine) {
		m.host.root = true
		m.script(m.at("bin", "python3"), "echo '/usr/bin/python3: No module named pip' >&2; exit 1")
		m.script(m.at("bin", "apt-get"), `case "$*" in
*update) echo "E: Failed to fetch the list" >&2; exit 100;;
*) echo "E: Unable to locate package nodejs" >&2; exit 100;;
esac`)
	}},
	{"install-nothing-there-debian", func(*machine) {}},
	{"install-nothing-there-ubuntu", func(m *machine) { m.host.distro = parseDistro("ID=ubuntu\nID_LIKE=debian\n") }},
	{"install-nothing-there-mint", func(m *machine) {
		m.host.distro = parseDistro("NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n")
	}},
	{"install-nothing-there-rocky", func(m *machine) {
		m.host.distro = parseDistro("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n")
	}},
	{"install-nothing-there-unknown", func(m *machine) { m.host.distro = parseDistro("ID=nixos\n") }},
	{"install-nothing-there-mac", func(m *machine) { m.host.goos, m.host.distro = "darwin", nil }},
	{"install-cache-not-writable", func(m *machine) {
		m.node("v20.1.0")
		m.npm(raw())
		m.opts.CacheDir = filepath.Join(m.write(m.at("file"), "", 0o644), "cache")
	}},
	{"install-bad-node-of-the-environment", func(m *machine) {
		m.ownDriver()
		m.node("v20.1.0")
		m.npm(raw())
		m.env["PLAYWRIGHT_NODEJS_PATH"] = m.at("gone", "node")
	}},

	{"install-again-after-damage", func(m *machine) {
		_ = os.Remove(filepath.Join(m.ownDriver(), "package", "cli.js"))
		m.node("v20.1.0")
		m.npm(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-again-over-a-file", func(m *machine) {
		m.write(m.at("cache", "driver-1.60.0"), "x", 0o644)
		m.node("v20.1.0")
		m.npm(raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-a-patched-copy", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), raw())
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-a-copy-with-our-node", func(m *machine) {
		m.env["PLAYWRIGHT_DRIVER_PATH"] = m.driver(m.at("env"), ready())
		m.nodeScript(m.at("env", "node"), "v16.20.2")
		m.node("v20.1.0")
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
	{"install-another-node", func(m *machine) {
		dir := m.ownDriver()
		_ = os.Remove(filepath.Join(dir, "node"))
		if err := os.Symlink(m.at("gone"), filepath.Join(dir, "node")); err != nil {
			m.t.Fatal(err)
		}
		m.node("v22.1.0")
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},

	{"install-shell-by-the-driver", func(m *machine) {
		m.ownDriver()
		m.browser(m.at("bin", "chromium"), debianShell) // slow, so not enough
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		if err := os.Rename(m.at("home", ".cache"), m.at("stash", "cache")); err != nil {
			m.t.Fatal(err)
		}
		m.driverInstall(`echo x > $TMPDIR/zip; mkdir -p ${PLAYWRIGHT_BROWSERS_PATH%/*}; mv ` + m.at("stash", "cache", "ms-playwright") + " $PLAYWRIGHT_BROWSERS_PATH")
	}},
	{"install-shell-by-the-driver-lacks-libraries", func(m *machine) {
		m.ownDriver()
		m.playwrights("chromium_headless_shell-1223", "chrome-linux/headless_shell", testChrome)
		m.script(m.at("home", ".cache", "ms-playwright", "chromium_headless_shell-1223", "chrome-linux", "headless_shell"),
			`echo "$0: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory" >&2; exit 127`)
		if err := os.Rename(m.at("home", ".cache"), m.at("stash", "cache")); err != nil {
			m.t.Fatal(err)
		}
		m.driverInstall("mv " + m.at("stash", "cache") + " " + m.at("home", ".cache"))
	}},
	{"install-slow-as-nothing-else-works", func(m *machine) {
		m.ownDriver()
		m.driverInstall(offline)
		m.browser(m.at("bin", "google-chrome"), "Google Chrome 150.0.1.2")
	}},
	{"install-no-browser-debian", func(m *machine) {
		m.ownDriver()
		m.driverInstall(offline)
	}},
	{"install-no-browser-ubuntu", func(m *machine) {
		m.host.distro = distro{"ubuntu", "debian"}
		m.ownDriver()
		m.driverInstall(offline)
	}},
	{"install-no-browser-mac", func(m *machine) {
		m.host.goos, m.host.distro = "darwin", nil
		m.opts.CacheDir = m.at("Application Support")
		if err := os.Rename(m.ownDriver(), m.at("env")); err != nil {
			m.t.Fatal(err)
		}
		if err := os.MkdirAll(m.opts.CacheDir, 0o755); err != nil {
			m.t.Fatal(err)
		}
		if err := os.Rename(m.at("env"), filepath.Join(m.opts.CacheDir, "driver-1.60.0")); err != nil {
			m.t.Fatal(err)
		}
		m.driverInstall(offline)
	}},
	{"install-no-browser-as-the-driver-stalls", func(m *machine) {
		m.ownDriver()
		m.driverInstall("echo downloading; sleep 100")
		m.edit = func(s *search) { s.limits.stall = 300 * time.Millisecond }
	}},
	{"install-headed-by-the-driver", func(m *machine) {
		m.opts.Headed = true
		m.ownDriver()
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
		m.playwrights("chromium-1223", "chrome-linux64/chrome", testChrome)
		if err := os.Rename(m.at("home", ".cache"), m.at("stash", "cache")); err != nil {
			m.t.Fatal(err)
		}
		m.driverInstall("mv " + m.at("stash", "cache") + " " + m.at("home", ".cache"))
	}},
	{"install-headed-by-apt", func(m *machine) {
		m.opts.Headed = true
		m.host.root = true
		m.ownDriver()
		m.driverInstall(offline)
		m.browser(m.at("stash", "chromium"), debianShell)
		m.script(m.at("bin", "apt-get"), `case "$*" in *chromium) ln -s `+m.at("stash", "chromium")+` `+m.at("bin")+`;; esac`)
	}},
	{"install-headed-nothing", func(m *machine) {
		m.opts.Headed = true
		m.ownDriver()
		m.driverInstall(offline)
		m.browser(m.at("bin", "chromium-headless-shell"), debianShell)
	}},
}

func TestMachines(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			c.make(m)
			call := (*search).find
			if strings.HasPrefix(c.name, "install") {
				call = (*search).install
			}
			before := m.plain(tree(t, m.at("env")))
			found, err := call(m.search(), t.Context())
			calls := m.calls()

			var b strings.Builder
			section := func(title string, lines ...string) {
				if len(lines) > 0 {
					b.WriteString("== " + title + "\n" + strings.Join(lines, "\n") + "\n")
				}
			}
			section("log", m.log...)
			section("started", calls...)
			if err != nil {
				section("error", err.Error())
			} else {
				section("found", strings.TrimSpace(Describe(found)))
			}
			golden(t, c.name, m.plain(b.String()))

			if after := m.plain(tree(t, m.at("env"))); after != before {
				t.Errorf("a foreign folder was changed:\n%s", cmp.Diff(before, after))
			}
			if _, err := os.Stat(m.at("evil")); err == nil {
				t.Error("an archive wrote outside its folder")
			}
			if err != nil {
				return
			}
			checkReady(t, found)

			// What was found once is found again without a program started, and
			// a second install needs no network: the first left nothing to do.
			again, err := m.search().find(t.Context())
			if err != nil || again != found {
				t.Errorf("found again: %+v, %v; want %+v", again, err, found)
			}
			if !found.Slow {
				again, err = m.search().install(t.Context())
				if err != nil || again != found {
					t.Errorf("installed again: %+v, %v; want %+v", again, err, found)
				}
			}
			if calls := m.calls(); len(calls) > 0 && m.opts.CacheDir != "" && !strings.Contains(c.name, "next-when") {
				t.Errorf("started the second time: %q", calls)
			}
		})
	}
}

// checkReady looks into what was found: it must be what playwright-go needs.
func checkReady(t *testing.T, f Found) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(f.Package, "lib", "coreBundle.js"))
	if err != nil {
		t.Fatal(err)
	}
	if string(src) != readyBundle {
		t.Errorf("the bundle is %q; want %q", src, readyBundle)
	}
	for _, path := range []string{f.Node, filepath.Join(f.Package, "cli.js"), filepath.Join(f.DriverDir, "package"), f.Browser} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if !filepath.IsAbs(f.DriverDir) || !filepath.IsAbs(f.Browser) {
		t.Errorf("not absolute: %q, %q", f.DriverDir, f.Browser)
	}
}

func TestErrorTypes(t *testing.T) {
	m := newMachine(t)
	var missing *MissingError
	if _, err := m.search().install(t.Context()); !errors.As(err, &missing) || len(missing.Missing) != 2 {
		t.Errorf("with nothing there: %#v; want a *MissingError of driver and browser", err)
	}
	m.opts.BrowserPath = "/does/not/exist"
	var path *BrowserPathError
	if _, err := m.search().install(t.Context()); !errors.As(err, &path) || path.Path != "/does/not/exist" {
		t.Errorf("with a bad path: %#v; want a *BrowserPathError", err)
	}
}

func TestCancelled(t *testing.T) {
	m := newMachine(t)
	m.node("v20.1.0")
	ctx, cancel := context.WithCancelCause(t.Context())
	because := errors.New("the user said so")
	m.script(m.at("bin", "npm"), "sleep 100")
	m.opts.Log = func(format string, _ ...any) {
		if strings.Contains(format, "npm pack") {
			cancel(because)
		}
	}
	_, err := m.search().install(ctx)
	var missing *MissingError
	if !errors.Is(err, because) || errors.As(err, &missing) {
		t.Errorf("got %v; want the context's cause", err)
	}
	if calls := m.calls(); len(calls) > 2 {
		t.Errorf("went on after the end: %q", calls)
	}
}

// golden compares with testdata/NAME.txt.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s (-want +got):\n%s", path, diff)
	}
}

// tree lists the files below a folder with what is in them.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		data, err := os.ReadFile(path)
		b.WriteString(path + ": " + string(data) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

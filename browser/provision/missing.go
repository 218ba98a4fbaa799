package provision

import (
	"fmt"
	"strings"
)

// MissingError says that the driver, a browser or both are not there and could
// not be brought.
type MissingError struct {
	Missing  []Missing
	Commands []string // to type, one after the other; those that begin with # are remarks
}

// Missing is one thing that is not there.
type Missing struct {
	What  string // in words
	Tried []Attempt
}

// Attempt is one way that failed.
type Attempt struct {
	Way    string
	Reason string // one line
}

func (e *MissingError) Error() string {
	var b strings.Builder
	for i, m := range e.Missing {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s is missing; tried:\n", m.What)
		for _, a := range m.Tried {
			fmt.Fprintf(&b, "  %s: %s\n", a.Way, a.Reason)
		}
	}
	b.WriteString("\nType:\n")
	for i, c := range e.Commands {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("  " + c)
	}
	return b.String()
}

// missingError adds the commands to what is missing. What was found of the rest
// is in found.
func (s *search) missingError(missing []Missing, found Found) *MissingError {
	e := &MissingError{Missing: missing}
	again := "loadwright install"
	if s.Headed {
		again += " --headed"
	}
	if !s.installing {
		e.Commands = []string{again}
		return e
	}
	for _, m := range missing {
		if m.What == driverWanted {
			e.Commands = append(e.Commands, s.driverCommands(again)...)
		} else if found.DriverDir != "" {
			d := &driver{dir: found.DriverDir, node: found.Node}
			e.Commands = append(e.Commands, s.browserCommands(d, m)...)
		}
	}
	if found.DriverDir != "" {
		e.Commands = append(e.Commands, again)
	}
	return e
}

// driverCommands bring what the ways to a driver lacked.
func (s *search) driverCommands(again string) []string {
	if s.host.getenv("PLAYWRIGHT_NODEJS_PATH") != "" {
		if s.host.goos == "windows" {
			return []string{"Remove-Item Env:PLAYWRIGHT_NODEJS_PATH", again}
		}
		return []string{"unset PLAYWRIGHT_NODEJS_PATH", again}
	}
	if s.cacheErr != nil {
		set := map[string]string{"windows": "$env:LOCALAPPDATA = 'FOLDER'", "darwin": "export HOME=FOLDER"}[s.host.goos]
		if set == "" {
			set = "export XDG_CACHE_HOME=FOLDER"
		}
		return []string{"# with a folder that you may write to:", set, again}
	}
	var list []string
	if _, err := s.host.look("npm"); err == nil {
		list = append(list, "# npm is there; behind a proxy it wants: npm config set https-proxy http://HOST:PORT")
	} else if m, ok := s.host.manager(); ok {
		list = append(list, s.host.installLine(m, m.node))
	} else {
		list = append(list, fmt.Sprintf("# install Node.js %d or later, with npm, as your system does it", minNode))
	}
	list = append(list, again)
	if s.host.goos == "windows" {
		return list
	}
	return append(list,
		"# or, where this machine has no network: on another, npm pack "+npmPackage,
		"# bring playwright-core-"+DriverVersion+".tgz here, and node if there is none, and then",
		`mkdir -p ~/playwright-driver && tar -xzf playwright-core-`+DriverVersion+`.tgz -C ~/playwright-driver`,
		`ln -sf "$(command -v node)" ~/playwright-driver/node`,
		"PLAYWRIGHT_DRIVER_PATH=~/playwright-driver "+again)
}

// browserCommands bring a browser, given a driver.
func (s *search) browserCommands(d *driver, m Missing) []string {
	for _, a := range m.Tried {
		if strings.Contains(a.Reason, "shared libraries") {
			// The browser is there; what it is linked to is not.
			return []string{s.host.sudo() + s.host.commandLine(d.node, d.cli(), "install-deps", "chromium")}
		}
	}
	var list []string
	if m, ok := s.host.manager(); ok {
		packages := m.shell
		if s.Headed || packages == "" {
			packages = m.chromium
		}
		if packages != "" {
			list = append(list, s.host.installLine(m, packages), "# or")
		}
	}
	which, _ := s.driversPart()
	return append(list,
		s.host.commandLine(d.node, d.cli(), "install", which, "chromium"),
		"# or name a browser in the run: --browser-path PATH")
}

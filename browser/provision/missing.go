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
	b.WriteString("Type:\n")
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
			e.Commands = append(e.Commands, s.driverCommands()...)
		} else if found.DriverDir != "" {
			d := &driver{dir: found.DriverDir, node: found.Node}
			e.Commands = append(e.Commands, s.browserCommands(d, m)...)
		}
	}
	e.Commands = append(e.Commands, again)
	if found.DriverDir == "" && s.host.goos != "windows" {
		e.Commands = append(e.Commands, s.carryCommands(again)...)
	}
	return e
}

// driverCommands bring node and npm, with which an install can bring the rest.
func (s *search) driverCommands() []string {
	if s.host.getenv("PLAYWRIGHT_NODEJS_PATH") != "" {
		if s.host.goos == "windows" {
			return []string{"Remove-Item Env:PLAYWRIGHT_NODEJS_PATH"}
		}
		return []string{"unset PLAYWRIGHT_NODEJS_PATH"}
	}
	if m, ok := s.host.manager(); ok {
		return []string{s.host.asRoot(m.install, m.node)}
	}
	return []string{fmt.Sprintf("# install Node.js %d or later, with npm, as your system does it", minNode)}
}

// carryCommands make a driver of a package that was fetched on another machine.
func (s *search) carryCommands(again string) []string {
	return []string{
		"# or, where this machine has no network: on another, npm pack " + npmPackage,
		"# bring playwright-core-" + DriverVersion + ".tgz and a node here, and then",
		`mkdir -p ~/playwright-driver && tar -xzf playwright-core-` + DriverVersion + `.tgz -C ~/playwright-driver`,
		`ln -sf "$(command -v node)" ~/playwright-driver/node`,
		"PLAYWRIGHT_DRIVER_PATH=~/playwright-driver " + again,
	}
}

func (s *search) browserCommands(d *driver, m Missing) []string {
	var list []string
	for _, a := range m.Tried {
		if strings.Contains(a.Reason, "shared libraries") {
			return []string{s.host.asRoot("%s"+quote(d.node)+" "+quote(d.cli())+" install-deps", "chromium")}
		}
	}
	m2, ok := s.host.manager()
	packages := m2.shell
	if s.Headed || packages == "" {
		packages = m2.chromium
	}
	if ok && packages != "" {
		list = append(list, s.host.asRoot(m2.install, packages))
		list = append(list, "# or")
	}
	list = append(list, d.installCommand(s.Headed))
	return append(list, "# or name a browser in the run: --browser-path PATH")
}

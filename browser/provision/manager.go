package provision

import "strings"

// manager is a system's package manager: the words to type.
type manager struct {
	system   string // a name in os-release, or a GOOS
	install  string // before the packages; %s stands for sudo where it is needed
	node     string // node with npm
	shell    string // a headless shell; empty where there is none
	chromium string // a full browser; empty where there is none
}

// managers are in the order in which they are asked: a system may be like
// several.
func managers() []manager {
	return []manager{
		{"ubuntu", "%sapt-get update && %sapt-get install -y", "nodejs npm", "", ""}, // its chromium is a snap
		{"debian", "%sapt-get update && %sapt-get install -y", "nodejs npm", "chromium-headless-shell", "chromium"},
		{"fedora", "%sdnf install -y", "nodejs npm", "chromium-headless", "chromium"},
		{"arch", "%spacman -S --needed", "nodejs npm", "", "chromium"},
		{"alpine", "%sapk add", "nodejs npm", "", "chromium"},
		{"suse", "%szypper install", "nodejs npm", "", "chromium"},
		{"darwin", "brew install", "node", "", "--cask google-chrome"},
		{"windows", "winget install", "OpenJS.NodeJS.LTS", "", "Google.Chrome"},
	}
}

func (h host) manager() (manager, bool) {
	for _, m := range managers() {
		if m.system == h.goos || h.goos == "linux" && h.distro.is(m.system) {
			return m, true
		}
	}
	return manager{}, false
}

// installLine is the line that installs packages, with sudo for who is not root.
func (h host) installLine(m manager, packages string) string {
	return strings.ReplaceAll(m.install, "%s", h.sudo()) + " " + packages
}

func (h host) sudo() string {
	if h.root {
		return ""
	}
	return "sudo "
}

// commandLine makes words one line to type, in a POSIX shell or in PowerShell.
func (h host) commandLine(words ...string) string {
	for i, word := range words {
		if !strings.ContainsAny(word, " ()&;'\"$`*?~#|<>") {
			continue
		}
		if h.goos == "windows" {
			words[i] = "'" + strings.ReplaceAll(word, "'", "''") + "'"
			if i == 0 {
				words[i] = "& " + words[i]
			}
		} else {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

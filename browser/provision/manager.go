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

// asRoot writes a command out, with sudo for who is not root.
func (h host) asRoot(install, packages string) string {
	sudo := "sudo "
	if h.root {
		sudo = ""
	}
	return strings.ReplaceAll(install, "%s", sudo) + " " + packages
}

// quote makes a path one word of a command line.
func quote(path string) string {
	if strings.ContainsAny(path, " ()&;'$") {
		return `"` + path + `"`
	}
	return path
}

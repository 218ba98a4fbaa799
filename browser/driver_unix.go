//go:build unix

package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
)

func linkDriver(folder, temp string, f provision.Found) error {
	if err := os.Symlink(f.Package, filepath.Join(folder, "package")); err != nil {
		return err
	}
	// A smaller nursery: for 40 users node needs 20 MB less, and collects it a
	// little more often.
	script := fmt.Sprintf(`#!/bin/sh
if [ "$2" = --version ]; then echo %s; exit; fi
TMPDIR=%s exec %s --max-semi-space-size=4 "$@"
`, quote("Version "+provision.DriverVersion), quote(temp), quote(f.Node))
	return os.WriteFile(filepath.Join(folder, "node"), []byte(script), 0o700)
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// ownGroup lets drivers start in process groups of their own, out of reach of a
// terminal's Ctrl-C. playwright-go offers no option for it, but every command
// it makes shares one SysProcAttr. The caller lets no two drivers start at once.
func ownGroup(o *playwright.RunOptions) {
	if d, err := playwright.NewDriver(o); err == nil {
		d.Command().SysProcAttr.Setpgid = true
	}
}

// driverEnvironment is what the environment is while a driver starts.
// playwright-go would prefer the node that this variable names to the folder's,
// which is our script around that very node.
func driverEnvironment(string) map[string]string {
	return map[string]string{"PLAYWRIGHT_NODEJS_PATH": ""}
}

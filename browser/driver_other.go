//go:build !unix

package browser

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
)

// linkDriver joins package and node: a junction, which needs no privilege, and
// a hard link.
func linkDriver(folder, _ string, f provision.Found) error {
	if out, err := exec.Command("cmd", "/c", "mklink", "/J", filepath.Join(folder, "package"), f.Package).CombinedOutput(); err != nil {
		return &os.LinkError{Op: "junction: " + string(out), Old: f.Package, New: folder, Err: err}
	}
	node := filepath.Join(folder, "node.exe")
	if err := os.Link(f.Node, node); err == nil {
		return nil
	}
	data, err := os.ReadFile(f.Node)
	if err != nil {
		return err
	}
	return os.WriteFile(node, data, 0o700)
}

func ownGroup(*playwright.RunOptions) {}

// driverEnvironment is what the environment is while a driver starts: there is no
// script here that gives it a folder for temporary files of the run's own.
func driverEnvironment(temp string) map[string]string {
	return map[string]string{"TMP": temp, "TEMP": temp, "PLAYWRIGHT_NODEJS_PATH": ""}
}

package leftover

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Processes returns the processes that work in a folder: it stands in their
// environment or on their command line. The caller is none of them, nor are
// those that have ended and wait to be noticed.
func Processes(folder string) []Process {
	var all []Process
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range entries {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		if bytes.Contains(command, []byte(folder)) || bytes.Contains(environ, []byte(folder)) {
			all = append(all, Process{pid, strings.ReplaceAll(strings.Trim(string(command), "\x00"), "\x00", " ")})
		}
	}
	return all
}

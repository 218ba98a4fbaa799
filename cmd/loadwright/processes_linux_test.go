package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// processesOf returns the processes that work in a temporary folder: it stands
// in their environment or on their command line. Threads that end and zombies
// have neither.
func processesOf(folder string) []process {
	var all []process
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range entries {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		if bytes.Contains(command, []byte(folder)) || bytes.Contains(environ, []byte(folder)) {
			all = append(all, process{pid, strings.ReplaceAll(strings.Trim(string(command), "\x00"), "\x00", " ")})
		}
	}
	return all
}

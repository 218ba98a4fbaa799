package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/scenario"
)

// command is the app's command, ready to be started.
func command(s scenario.Serve) (*exec.Cmd, error) {
	dir, err := filepath.Abs(s.Cwd)
	if err != nil {
		return nil, err
	}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the folder %s is not there: correct the cwd of serve", dir)
	case err != nil:
		return nil, fmt.Errorf("the cwd of serve cannot be used: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is no folder: correct the cwd of serve", dir)
	}
	program, err := find(s.Command[0], dir, searchPath(s.Env))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, s.Command[1:]...)
	cmd.Dir = dir
	cmd.Env = cmd.Environ()
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		cmd.Env = append(cmd.Env, name+"="+s.Env[name])
	}
	return cmd, nil
}

// searchPath is the PATH that the app will see.
func searchPath(env map[string]string) string {
	path := os.Getenv("PATH")
	for name, value := range env {
		if name == "PATH" || runtime.GOOS == "windows" && strings.EqualFold(name, "PATH") {
			path = value
		}
	}
	return path
}

// find is the program's file. A bare name is looked for on PATH and then in the
// app's folder; a path starts there.
func find(name, dir, path string) (string, error) {
	if filepath.Base(name) != name {
		file, err := exec.LookPath(from(dir, name))
		switch {
		case errors.Is(err, fs.ErrPermission):
			return "", fmt.Errorf("%s cannot be run: make it executable (chmod +x), or name the program that runs it first, like python %s", from(dir, name), name)
		case err != nil:
			return "", fmt.Errorf("there is no program %s: correct the command of serve", from(dir, name))
		}
		return file, nil
	}
	for _, folder := range append(filepath.SplitList(path), dir) {
		if file, err := exec.LookPath(filepath.Join(from(dir, folder), name)); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("there is no program %q, neither on PATH nor in %s: install it, or write its path in the command of serve", name, dir)
}

func from(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// mostCommand is how many characters of a command an error shows.
const mostCommand = 200

// commandLine is a command to be read: what is not plain is in quotes.
func commandLine(words []string) string {
	shown := make([]string, len(words))
	for i, w := range words {
		shown[i] = w
		if w == "" || strings.ContainsFunc(w, func(r rune) bool { return r <= ' ' || r == '"' || !strconv.IsPrint(r) }) {
			shown[i] = strconv.Quote(w)
		}
	}
	line := []rune(strings.Join(shown, " "))
	if len(line) > mostCommand {
		return string(line[:mostCommand]) + "…"
	}
	return string(line)
}

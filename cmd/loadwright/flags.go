package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright/scenario"
)

// habits are the flags of other tools (Locust, k6, Artillery, wrk, pytest) and
// what they are called here.
var habits = map[string]string{
	"u": "--users", "vus": "--users", "n": "--users", "c": "--users", "n-users": "--users", "concurrency": "--users", "num-users": "--users",
	"i": "--iterations", "loops": "--iterations",
	"d": "--duration", "t": "--duration", "run-time": "--duration", "time": "--duration",
	"r": "--start-interval", "spawn-rate": "--start-interval", "ramp-up": "--start-interval", "hatch-rate": "--start-interval",
	"H": "--url", "host": "--url", "target": "--url", "base-url": "--url",
	"o": "--out", "output": "--out", "e": "--set", "env": "--set", "variables": "--set",
	"q": "--quiet", "v": "--verbose", "slowmo": "--slow-mo", "executable-path": "--browser-path",
	"headless": "nothing: browsers are headless unless --headed is given",
}

var unknownFlag = regexp.MustCompile(`unknown (?:shorthand )?flag: '?-{0,2}([\w-]+)'?`)

// explainFlag says what a flag that is not known here is called here.
func explainFlag(cmd *cobra.Command, err error) error {
	m := unknownFlag.FindStringSubmatch(err.Error())
	if m == nil {
		return usageError{err}
	}
	name := m[1]
	typed := "--" + name
	if strings.Contains(err.Error(), "shorthand") {
		typed = "-" + name
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	if meant, ok := habits[name]; ok && (slices.Contains(known, meant) || !strings.HasPrefix(meant, "--")) {
		return usageError{fmt.Errorf("there is no %s: did you mean %s?", typed, meant)}
	}
	return usageError{fmt.Errorf("there is no %s%s\nSee: %s --help", typed, didYouMean(typed, known), cmd.CommandPath())}
}

// didYouMean names the nearest known word, if one is near.
func didYouMean(word string, known []string) string {
	if best := scenario.Nearest(word, known); best != "" {
		return fmt.Sprintf(": did you mean %s?", best)
	}
	return ""
}

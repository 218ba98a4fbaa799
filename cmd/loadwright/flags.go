package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/loadwright/loadwright/scenario"
)

// habits are the flags of other tools (Locust, k6, Artillery, wrk, pytest) and
// what they are called here.
func habits() map[string]string {
	return map[string]string{
		"u": "--users", "vus": "--users", "n": "--users", "c": "--users", "n-users": "--users", "concurrency": "--users", "num-users": "--users",
		"i": "--iterations", "loops": "--iterations",
		"d": "--duration", "t": "--duration", "run-time": "--duration", "time": "--duration",
		"r": "--start-interval", "spawn-rate": "--start-interval", "ramp-up": "--start-interval", "hatch-rate": "--start-interval",
		"H": "--url", "host": "--url", "target": "--url", "base-url": "--url",
		"o": "--out", "output": "--out", "e": "--set", "env": "--set", "variables": "--set",
		"q": "--quiet", "v": "--verbose", "slowmo": "--slow-mo", "executable-path": "--browser-path",
		"p":        "--port",
		"headless": "browsers are headless unless --headed is given",
	}
}

// explainFlag puts what is wrong with a flag in plain words.
func explainFlag(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var lacks *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		err = explainUnknown(cmd, unknown)
	case errors.As(err, &lacks):
		err = fmt.Errorf("--%s needs a value: %s", lacks.GetFlag().Name, wanted(lacks.GetFlag()))
	case errors.As(err, &invalid):
		err = fmt.Errorf("--%s %s: it must be %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid.GetFlag()))
	}
	return usageError{err}
}

// explainUnknown says what a flag that is not known here is called here.
func explainUnknown(cmd *cobra.Command, e *pflag.NotExistError) error {
	name, typed := e.GetSpecifiedName(), "--"+e.GetSpecifiedName()
	if all := e.GetSpecifiedShortnames(); all != "" {
		name, typed = all[:1], "-"+all[:1]
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	switch meant := habits()[name]; {
	case slices.Contains(known, meant):
		return fmt.Errorf("there is no %s: did you mean %s?", typed, meant)
	case meant != "" && !strings.HasPrefix(meant, "--"):
		return fmt.Errorf("there is no %s: %s", typed, meant)
	}
	return fmt.Errorf("there is no %s%s\nSee: %s --help", typed, didYouMean(typed, known), cmd.CommandPath())
}

// wanted says what a flag's value is.
func wanted(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int", "uint64":
		return "a whole number, like 5"
	case "duration":
		return "a duration with its unit, like 500ms, 30s or 1m30s"
	case "bool":
		return "true or false"
	case assignmentType:
		return "name=value"
	case shareType:
		return "a percentage, like 10%"
	}
	name, _ := pflag.UnquoteUsage(f)
	return "a " + strings.ToLower(name)
}

// didYouMean names the nearest known word, if one is near.
func didYouMean(word string, known []string) string {
	if best := scenario.Nearest(word, known); best != "" {
		return fmt.Sprintf(": did you mean %s?", best)
	}
	return ""
}

// assignments are the values of a flag that may be given again and again, each
// time as name=value. Unlike pflag's own they may hold commas.
type assignments map[string]string

const assignmentType = "name=value"

func (a *assignments) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return errors.New("it has no name or no =")
	}
	if *a == nil {
		*a = assignments{}
	}
	(*a)[name] = value
	return nil
}

func (a *assignments) Type() string { return assignmentType }

func (a *assignments) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*a)) {
		all = append(all, name+"="+(*a)[name])
	}
	return strings.Join(all, " ")
}

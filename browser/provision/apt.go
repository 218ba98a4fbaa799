package provision

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var reAptError = regexp.MustCompile(`(?m)^E: (.+)$`)

// apt installs packages on a Debian-like system, as root, without asking
// anybody anything.
func (s *search) apt(ctx context.Context, what string, packages ...string) error {
	if !s.host.debian() {
		return errors.New("not a Debian-like system")
	}
	if !s.host.root {
		return errors.New("only root may")
	}
	apt, err := s.host.look("apt-get")
	if err != nil {
		return errors.New("apt-get is not on PATH")
	}
	get := func(args ...string) error {
		wait := "DPkg::Lock::Timeout=" + strconv.Itoa(int(s.limits.wait.Seconds()))
		out, err := command{
			argv:  append([]string{apt, "-q", "-y", "-o", wait}, args...),
			env:   []string{"DEBIAN_FRONTEND=noninteractive"},
			limit: s.limits.apt,
		}.run(ctx)
		if err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], out.why(err, reAptError))
		}
		return nil
	}

	// A list of packages that could not be refreshed whole may still do.
	var stale error
	if !s.aptUpdated {
		s.Log("%s: as root: apt-get update", what)
		if stale = get("update"); stale == nil {
			s.aptUpdated = true
		}
	}
	s.Log("%s: as root: apt-get install %s", what, strings.Join(packages, " "))
	err = get(append([]string{"install", "--no-install-recommends"}, packages...)...)
	if err != nil && stale != nil {
		return fmt.Errorf("%w; before that, %w", err, stale)
	}
	return err
}

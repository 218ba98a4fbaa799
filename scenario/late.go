package scenario

import "errors"

// errNotBound is the mistake of a program, not of a scenario.
var errNotBound = errors.New("scenario: a step is expanded before Bind")

// late is a value that may have to wait for its user: it is read once before
// the run where every name in it has a value by then, and else at each use.
type late[V any] struct {
	value V
	open  bool
	fault error // what is wrong with the value of a user written in Go
	read  func(d *decoder) V
	world *world
}

// readLate reads a value as far as it can be read now.
func readLate[V any](d *decoder, read func(d *decoder) V) late[V] {
	was := d.open
	d.open = false
	l := late[V]{value: read(d), open: d.open, read: read, world: d.world}
	d.open = was || d.open
	return l
}

// get is the value for a user. The error is an [*Error].
func (l *late[V]) get(s Scope) (V, error) {
	if !l.open {
		return l.value, l.fault
	}
	var none V
	if l.world.known != allKnown {
		return none, errNotBound
	}
	d := &decoder{world: l.world, scope: s}
	v := l.read(d)
	if len(d.errs) > 0 {
		return none, d.errs[0]
	}
	return v, nil
}

// asWritten reads a value with every ${name} left as it is, for showing it.
func asWritten[V any](d *decoder, read func(d *decoder) V) V {
	return read(&decoder{world: d.world, raw: true})
}

package scenario

// Repeat runs its steps several times.
type Repeat struct {
	As    string // the loop's name, "i" unless told; counts from 1
	Steps []Step

	pos    Pos
	text   string
	count  late[int]
	while  late[*Target]
	hasEnd bool
}

// Position is the place of the step key.
func (r *Repeat) Position() Pos { return r.pos }

func (r *Repeat) String() string { return r.text }

// Count is how many times the steps run, or, with a while, how many at most.
// The loop's own name is not asked for.
func (r *Repeat) Count(s Scope) (int, error) { return r.count.get(s) }

// While is the target that must be visible for a further round to begin; nil
// where the repeat has none. The loop's own name is not asked for.
func (r *Repeat) While(s Scope) (*Target, error) {
	if !r.hasEnd {
		return nil, nil
	}
	return r.while.get(s)
}

func repeatKind() kind {
	while := aPointer(aTarget)
	// as, the count and the target are read before the loop's name is known:
	// only the steps see it.
	fields := []field[Repeat]{
		{
			row{shape: aCount.shape, key: "repeat", required: true},
			func(d *decoder, n *node, r *Repeat) {
				r.count = readLate(d, func(d *decoder) (c int) {
					d.under("repeat", func() { c = aCount.read(d, n) })
					return c
				})
				r.text = "repeat " + shorten(n.text)
			},
		},
		opt("as", aLiteral, func(r *Repeat) *string { return &r.As }, "The name of the count, which goes from 1 up; `i` unless told.").aka("index var"),
		{
			row{shape: while.shape, key: "while", doc: "A further round begins only while the target is visible; the count is then the most."},
			func(d *decoder, n *node, r *Repeat) {
				r.hasEnd = true
				read := func(d *decoder) (t *Target) {
					d.under("while", func() { t = while.read(d, n) })
					return t
				}
				r.while = readLate(d, read)
				r.text += " while " + asWritten(d, read).String()
			},
		},
		{
			row{shape: aSteps.shape, key: "steps", doc: "What is repeated.", required: true},
			func(d *decoder, n *node, r *Repeat) { r.Steps = aSteps.read(d, n) },
		},
	}
	return kind{
		key: "repeat", control: true,
		doc:     "Runs its steps several times. `${i}` counts the rounds from 1.",
		example: "repeat: 5\nsteps:\n  - click: {role: button, name: Next}",
		also:    "loop for times each foreach",
		table:   table{what: "repeat", rows: rows(fields), elsewhere: indentedStep},
		read: func(d *decoder, k *kind, step, key *node) Step {
			k.check(d, step)
			r := &Repeat{As: "i", pos: key.pos()}
			wrong := len(d.errs) + len(d.names.unknown)
			readFields(d, step, fields[:3], r)
			never := len(d.errs)+len(d.names.unknown) == wrong && !r.count.open && r.count.value == 0
			at := key
			if as := step.get("as"); as != nil {
				at = as
			}
			declared := d.declare(at, r.As, loopName)
			if never {
				d.events.never++
			}
			readFields(d, step, fields[3:], r)
			if never {
				d.events.never--
			}
			if declared {
				d.names.past[r.As] = d.names.known[r.As]
				delete(d.names.known, r.As)
			}
			return r
		},
	}
}

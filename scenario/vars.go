package scenario

import "strconv"

// Var is a declared variable.
type Var struct {
	Name     string
	Value    string // once bound; with its ${names} where they differ from user to user
	Required bool   // null in the file: must be set from outside
	Pos      Pos
}

func varsField() field[Scenario] {
	return field[Scenario]{
		row{
			shape: shape{name: "a mapping of names to values", schema: schema{"type": "object", "minProperties": 1, "additionalProperties": schema{"type": list{"string", "number", "boolean", "null"}}}},
			key:   "vars", also: "variables env",
			doc: "Values that the scenario calls by name, as `${clicks}`. All are declared here; `null` means that the value must come from `--set`, which overrides every other value too. A variable may mention those above it.",
		},
		func(d *decoder, n *node, s *Scenario) {
			for _, p := range n.pairs {
				v, ok := d.vars[p.key.text]
				if !ok {
					continue
				}
				shown := Var{Name: p.key.text, Required: p.value.null(), Pos: p.key.pos()}
				switch {
				case v.settled:
					shown.Value = v.text
				case v.value != nil:
					shown.Value = v.value.text
				}
				s.Vars = append(s.Vars, shown)
			}
		},
	}
}

// readVars declares the variables, before anything that may mention them.
func (d *decoder) readVars(n *node) {
	d.settled = false
	defer func() { d.settled = true }()
	if n == nil || n.null() {
		return
	}
	if n.kind != mappingNode {
		d.under("vars", func() { d.wrong(n, "a mapping", "write name: value, one a line") })
		return
	}
	if len(n.pairs) == 0 {
		d.fail(n, "leave it out", "vars: the mapping is empty")
	}
	for _, p := range n.pairs {
		name, v := p.key.text, &variable{}
		d.under("vars."+name, func() {
			v.value = d.varValue(name, p)
			d.settle(v)
		})
		if d.declare(p.key, name, variableName) {
			d.vars[name] = v
		}
	}
}

// settle gives a variable its value, once all that it mentions is known.
func (d *decoder) settle(v *variable) {
	if v.value == nil {
		return
	}
	for _, p := range v.value.parts {
		switch other := d.vars[p.name]; {
		case p.name == "":
			v.size += len(p.text)
		case other != nil:
			v.size += other.size
			v.perUser = v.perUser || other.perUser
		default:
			v.size++
			v.perUser = v.perUser || d.belongsToUser(p.name)
		}
	}
	if v.value.parts == nil {
		v.size = len(v.value.text)
	}
	if v.size > maxText {
		d.tooLong(v.value)
		v.value = nil
		return
	}
	if d.known == nothingKnown {
		return
	}
	if v.text, v.settled = d.fill(v.value, v.value); v.settled {
		v.masked, _ = d.maskedText(v.value)
	}
}

// varValue is where the value of a variable stands; nil where it has none.
func (d *decoder) varValue(name string, p pair) *node {
	if text, ok := d.set[name]; ok {
		return literalNode("--set "+name, text)
	}
	if p.value.null() {
		if d.known == allKnown && !d.partial {
			d.fail(p.key, "give it with --set "+name+"=…", "vars.%s has no value", name)
		}
		return nil
	}
	before := len(d.errs) + len(d.names.unknown)
	d.scalar(p.value, "one value", "a variable holds text, a number, true or false")
	if len(d.errs)+len(d.names.unknown) > before {
		return nil // what it mentions is not to be had
	}
	return p.value
}

// checkSet reports values from outside that no variable takes.
func (d *decoder) checkSet(root *node) {
	var declared []word
	if vars := root.get("vars"); vars != nil {
		for _, p := range vars.pairs[:min(len(vars.pairs), mostShown)] {
			declared = append(declared, word{text: p.key.text})
		}
	}
	for name, text := range d.set {
		if _, ok := d.vars[name]; ok {
			continue
		}
		hint := "the scenario declares no variables"
		if len(declared) > 0 {
			hint = "declared are " + joinWords(declared)
			if near := nearest(name, declared); near != "" {
				hint = "did you mean " + near + "?\n" + hint
			}
		}
		at := flagSource("--set "+name, name+"="+shorten(text))
		d.errs = append(d.errs, newError(at, at.pos(1, 1), "no variable "+name+" is declared", hint))
	}
}

// readPort declares the port of an app that the run starts, and what the
// scenario's url is then.
func (d *decoder) readPort(root *node) {
	key := root.keyNode("serve")
	if key == nil {
		return
	}
	v := &variable{size: 5}
	if d.port > 0 {
		v.text = strconv.Itoa(d.port)
		v.masked, v.settled = v.text, true
	}
	if d.declare(key, "port", portName) {
		d.vars["port"] = v
	}
	if root.get("url") == nil {
		d.url = "http://localhost:${port}"
		if v.settled {
			d.url = "http://localhost:" + v.text
		}
	}
}

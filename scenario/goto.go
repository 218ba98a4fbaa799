package scenario

// Goto opens an address, relative to the scenario's url.
type Goto struct {
	URL       string
	WaitUntil LoadState // "load" unless told
	Status    StatusRule
}

func (*Goto) op() {}

func (o *Goto) String() string { return "goto " + shorten(o.URL) }

func gotoKind() kind {
	return leaf(leafKind[Goto]{
		key:     "goto",
		doc:     "Opens an address. A document of status 400 and above fails the step at once, unless `status` allows it.",
		example: "goto: /app",
		also:    "visit navigate open url browse get",
		does:    loads,
		value:   is(anAddress, func(o *Goto) *string { return &o.URL }),
		options: []field[Goto]{
			waitUntil(func(o *Goto) *LoadState { return &o.WaitUntil }),
			opt("status", aStatusRule, func(o *Goto) *StatusRule { return &o.Status }, "The statuses that are good; all below 400 unless told."),
		},
		start: Goto{WaitUntil: Load},
	})
}

// waitUntil is the option of every step that loads a document.
func waitUntil[T any](at func(*T) *LoadState) field[T] {
	return opt("wait_until", oneOf(Load, DOMContentLoaded, Commit, NetworkIdle), at, "The moment at which the step ends; `load` unless told.")
}

// aStatusRule is any, a status, or a list of them.
var aStatusRule = value[StatusRule]{
	shape{name: "`any`, a status, or a list of statuses", like: "[200, 404]", schema: schema{"anyOf": list{schema{"const": "any"}, oneOrMore(aStatus).schema}}},
	func(d *decoder, n *node) StatusRule {
		if n.kind == scalarNode && n.text == "any" {
			return StatusRule{Any: true}
		}
		return StatusRule{Codes: oneOrMore(aStatus).read(d, n)}
	},
}

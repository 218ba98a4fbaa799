package scenario

import "fmt"

// Scroll brings Target into view, or, where it is nil, turns the wheel by By
// CSS pixels downwards.
type Scroll struct {
	Target *Target
	By     float64
}

func (*Scroll) op() {}

func (o *Scroll) String() string {
	if o.Target == nil {
		return fmt.Sprintf("scroll %g", o.By)
	}
	return "scroll " + o.Target.String()
}

func scrollKind() kind {
	return leaf(leafKind[Scroll]{
		key:     "scroll",
		doc:     "Brings a target into view, or, with a number, turns the mouse wheel so many CSS pixels downwards.",
		example: "scroll: {text: Imprint}",
		also:    "scroll_into_view wheel mouse_wheel",
		does:    acts,
		value:   is(scrollValue, func(o *Scroll) *Scroll { return o }),
	})
}

// scrollValue is a target or a number.
var scrollValue = value[Scroll]{
	shape{name: "a target, or a number of pixels", like: "800", schema: schema{"anyOf": list{aTarget.schema, aNumber.schema}}},
	func(d *decoder, n *node) Scroll {
		if n.kind == mappingNode {
			t := aTarget.read(d, n)
			return Scroll{Target: &t}
		}
		if n.kind == scalarNode && n.parts == nil && !decimal.MatchString(n.text) {
			d.wrong(n, "a target or a number", bareTarget(d, n)+"; scroll: 800 turns the wheel")
			return Scroll{}
		}
		return Scroll{By: aNumber.read(d, n)}
	},
}

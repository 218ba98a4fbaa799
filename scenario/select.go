package scenario

import "strings"

// Select chooses options of a <select> by value or label.
type Select struct {
	Target Target
	Values []string
}

func (*Select) op() {}

func (o *Select) String() string {
	return "select " + o.Target.String() + " " + shorten(strings.Join(o.Values, ", "))
}

func selectKind() kind {
	return leaf(leafKind[Select]{
		key:     "select",
		doc:     "Chooses in a `<select>`. A list of another making is clicked open, and then its option: `click: {role: option, name: …}`.",
		example: "select: {label: Region}\nvalue: Europe",
		also:    "select_option choose",
		does:    acts,
		value:   is(aTarget, func(o *Select) *Target { return &o.Target }),
		options: []field[Select]{
			opt("value", oneOrMore(aString), func(o *Select) *[]string { return &o.Values }, "The value or the label of the option, or a list of them.").aka("option label values").must(),
		},
	})
}

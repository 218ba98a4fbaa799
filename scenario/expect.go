package scenario

import (
	"fmt"
	"strings"
)

// Expect waits until one assertion about the target holds.
type Expect struct {
	Target    Target
	Assertion string // to_have_text, to_contain_text, to_have_value, to_have_count, to_be_enabled, to_be_checked, to_have_attribute
	Text      Text   // of to_have_text, to_contain_text, to_have_value, and the value of to_have_attribute
	Name      string // of to_have_attribute
	Count     int    // of to_have_count
	Want      bool   // of to_be_enabled, to_be_checked
}

func (*Expect) op() {}

func (o *Expect) String() string {
	s := "expect " + o.Target.String() + " " + o.Assertion
	switch o.Assertion {
	case "to_have_count":
		return fmt.Sprintf("%s %d", s, o.Count)
	case "to_be_enabled", "to_be_checked":
		return fmt.Sprintf("%s %t", s, o.Want)
	case "to_have_attribute":
		s += " " + o.Name
	}
	return s + " " + shorten(o.Text.String())
}

func expectKind() kind {
	options := []field[Expect]{
		assertion("to_have_text", readByGo(anyText), func(o *Expect) *Text { return &o.Text }, "The whole text, white space normalised."),
		assertion("to_contain_text", readByGo(aText), func(o *Expect) *Text { return &o.Text }, "A part of the text."),
		assertion("to_have_value", readByGo(anyText), func(o *Expect) *Text { return &o.Text }, "The value of a field."),
		assertion("to_have_count", aCount, func(o *Expect) *int { return &o.Count }, "How many elements match."),
		assertion("to_be_enabled", aBool, func(o *Expect) *bool { return &o.Want }, "Enabled, or with `false` disabled."),
		assertion("to_be_checked", aBool, func(o *Expect) *bool { return &o.Want }, "Checked, or with `false` not."),
		attributeAssertion(),
	}
	var keys []string
	for _, f := range options {
		keys = append(keys, f.key)
	}
	return leaf(leafKind[Expect]{
		key:     "expect",
		doc:     "Waits, like Playwright's expect, until one assertion about the target holds; says what it saw when it gives up.",
		example: "expect: {test_id: total}\nto_have_text: 42 rows",
		also:    "assert should verify",
		does:    waits,
		value:   is(aTarget, func(o *Expect) *Target { return &o.Target }),
		options: options,
		rules:   []rule{exactlyOne(keys...)},
	})
}

// assertion is an option of expect that is also the name of what is asserted.
func assertion[V any](key string, v value[V], at func(*Expect) *V, doc string) field[Expect] {
	f := opt(key, v, at, doc)
	read := f.read
	f.read = func(d *decoder, n *node, o *Expect) {
		read(d, n, o)
		o.Assertion = key
	}
	return f
}

// readByGo is a text that is no regular expression but one that Go can read, too:
// it is Go that hands it to the page.
func readByGo(v value[Text]) value[Text] {
	return value[Text]{v.shape, func(d *decoder, n *node) Text {
		was, wrong := d.open, len(d.errs)
		d.open = false
		t := v.read(d, n)
		known := !d.open && len(d.errs) == wrong
		d.open = d.open || was
		if _, err := t.Regexp(); known && t.Regex && err != nil {
			d.fail(n, "an expect takes Go's regular expressions: no look-ahead, no look-behind, no back reference",
				"%s: %s cannot be used in an expect: %s", d.key, d.shown(n), strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		return t
	}}
}

// attribute is an attribute's name and value.
type attribute struct {
	name  string
	value Text
}

// attributeAssertion is the assertion that needs a mapping.
func attributeAssertion() field[Expect] {
	v := newObject("to_have_attribute", "{name: href, value: /app}", attribute{}, []field[attribute]{
		opt("name", someString, func(a *attribute) *string { return &a.name }, "The attribute's name.").must(),
		opt("value", readByGo(anyText), func(a *attribute) *Text { return &a.value }, "Its value.").must(),
	}).value()
	return field[Expect]{
		row{shape: v.shape, key: "to_have_attribute", doc: "An attribute and its value."},
		func(d *decoder, n *node, o *Expect) {
			a := v.read(d, n)
			o.Assertion, o.Name, o.Text = "to_have_attribute", a.name, a.value
		},
	}
}

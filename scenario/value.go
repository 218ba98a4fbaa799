package scenario

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shape describes a sort of value to people and to editors.
type shape struct {
	name   string // "a duration": errors and the reference call it so
	like   string // an example or two
	schema schema
	keys   *table // of a mapping with keys of the language
}

// value is a sort of value: its shape, and how it is read. What cannot be read
// is reported to the decoder, and comes back as zero.
type value[V any] struct {
	shape
	read func(d *decoder, n *node) V
}

// scalarValue is a value that is one scalar. parse says what is wrong in a
// hint where it is not ok.
func scalarValue[V any](s shape, parse func(text string) (v V, hint string, ok bool)) value[V] {
	hint := ""
	if s.like != "" {
		hint = "like " + s.like
	}
	return value[V]{s, func(d *decoder, n *node) V {
		var none V
		text, ok := d.scalar(n, s.name, hint)
		if !ok {
			return none
		}
		v, why, ok := parse(text)
		if !ok {
			if why == "" {
				why = hint
			}
			d.wrong(n, s.name, why)
			return none
		}
		return v
	}}
}

// unquoted makes a value refuse quotes: they mean text. A ${name} needs them
// inside { }, and may have them.
func unquoted[V any](v value[V]) value[V] {
	read := v.read
	v.read = func(d *decoder, n *node) V {
		if n.kind == scalarNode && !n.plain && n.parts == nil && n.bad == "" {
			var none V
			d.wrong(n, v.name, "take the quotes off: they make it text")
			return none
		}
		return read(d, n)
	}
	return v
}

// aString is any text, the empty one too.
var aString = value[string]{
	shape{name: "text", schema: textSchema},
	func(d *decoder, n *node) string {
		text, _ := d.scalar(n, "text", `"" is the empty text`)
		return text
	},
}

// someString is text that is not empty.
var someString = value[string]{
	shape{name: "text", schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		text, ok := d.scalar(n, "text", "")
		if ok && text == "" {
			d.empty(n, "")
		}
		return text
	},
}

// aLiteral is text in which no name is filled in.
var aLiteral = value[string]{
	shape{name: "text", schema: schema{"type": list{"string", "number", "boolean"}, "minLength": 1, "not": schema{"pattern": `\$\{`}}},
	func(d *decoder, n *node) string {
		switch {
		case n.kind != scalarNode:
			d.wrong(n, "text", "")
		case n.null():
			d.fail(n, "", "%s has no value: text belongs here", d.key)
		case n.text == "":
			d.empty(n, "")
		case strings.Contains(n.text, "${"):
			d.fail(n, "", "%s: this name is literal: no ${…} is filled in here", d.key)
		case strings.ContainsFunc(n.text, func(r rune) bool { return r < ' ' || r == 0x7f }):
			d.fail(n, "", "%s: a name is one line", d.key)
		}
		return n.text
	},
}

// aScript is JavaScript: it is taken as written.
var aScript = value[string]{
	shape{name: "JavaScript", schema: schema{"type": "string", "minLength": 1}},
	func(d *decoder, n *node) string {
		if n.kind != scalarNode || n.null() || strings.TrimSpace(n.text) == "" {
			d.wrong(n, "JavaScript", "an expression or a function, like () => document.title")
		}
		d.noteNames(n)
		return n.text
	},
}

var aBool = unquoted(scalarValue(shape{name: "true or false", schema: orTemplate(schema{"type": "boolean"})},
	func(s string) (bool, string, bool) {
		switch s {
		case "true", "True", "TRUE":
			return true, "", true
		case "false", "False", "FALSE":
			return false, "", true
		}
		switch strings.ToLower(s) {
		case "yes", "on", "y", "1":
			return false, "did you mean true?", false
		case "no", "off", "n", "0":
			return false, "did you mean false?", false
		}
		return false, "", false
	}))

// wholeNumber is a whole number of at least least and at most most.
func wholeNumber(least, most int) value[int] {
	name := "a whole number"
	limits := schema{"type": "integer"}
	if least > math.MinInt {
		name = fmt.Sprintf("a whole number of at least %d", least)
		limits["minimum"] = least
	}
	if most < math.MaxInt {
		limits["maximum"] = most
	}
	if most < enormous {
		name = fmt.Sprintf("a whole number from %d to %d", least, most)
	}
	return unquoted(scalarValue(shape{name: name, schema: orTemplate(limits)},
		func(s string) (int, string, bool) {
			n, err := strconv.Atoi(s)
			switch {
			case err != nil:
				return 0, "", false
			case n < 0 && least >= 0:
				return 0, "it is negative", false
			case n > most && most == enormous:
				return 0, fmt.Sprintf("at most %d", enormous), false
			}
			return n, "", n >= least && n <= most
		}))
}

// enormous is the largest number of users, iterations or rounds: nobody means more.
const enormous = 1_000_000_000

var (
	anInteger  = wholeNumber(math.MinInt, math.MaxInt)
	aPositive  = wholeNumber(1, enormous)
	aCount     = wholeNumber(0, enormous)
	aStatus    = wholeNumber(100, 599)
	decimal    = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	aNumber    = unquoted(scalarValue(shape{name: "a number", schema: orTemplate(schema{"type": "number"})}, parseNumber))
	aSeed      = unquoted(scalarValue(shape{name: "a whole number", schema: orTemplate(schema{"type": "integer"})}, parseSeed))
	aDuration  = scalarValue(shape{name: "a duration", like: "500ms, 2s, 1m30s", schema: durationSchema}, parseDuration)
	durationRE = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?|\.[0-9]+)$`)
)

func parseNumber(s string) (float64, string, bool) {
	if !decimal.MatchString(s) {
		return 0, "", false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, "", err == nil
}

func parseSeed(s string) (int64, string, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, "", err == nil
}

func parseDuration(s string) (time.Duration, string, bool) {
	d, err := time.ParseDuration(s)
	switch {
	case err == nil && d >= 0:
		return d, "", true
	case err == nil:
		return 0, "it is negative", false
	case durationRE.MatchString(s):
		return 0, "a duration has a unit: ms, s, m or h; did you mean " + s + "s?", false
	case strings.ContainsAny(s, " \t"):
		if joined := strings.Join(strings.Fields(s), ""); joined != s {
			if _, err := time.ParseDuration(joined); err == nil {
				return 0, "did you mean " + joined + "?", false
			}
		}
	}
	return 0, "", false
}

// someTime is a duration above 0.
var someTime = value[time.Duration]{aDuration.shape, func(d *decoder, n *node) time.Duration {
	before, open := len(d.errs), d.open
	d.open = false
	t := aDuration.read(d, n)
	if t == 0 && !d.open && len(d.errs) == before {
		d.wrong(n, "a duration above 0", "like "+aDuration.like)
	}
	d.open = d.open || open
	return t
}}

// oneOf is one of several words.
func oneOf[S ~string](words ...S) value[S] {
	name := "one of " + strings.Join(plainWords(words), ", ")
	if len(words) == 2 {
		name = string(words[0] + " or " + words[1])
	}
	return oneWord(name, words)
}

func plainWords[S ~string](words []S) []string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return plain
}

// oneWord is one of several words that have a name together.
func oneWord[S ~string](name string, words []S) value[S] {
	plain := plainWords(words)
	return value[S]{shape{name: name, schema: orTemplate(schema{"enum": plain})}, func(d *decoder, n *node) S {
		text, ok := d.scalar(n, name, "")
		if ok && !slices.Contains(plain, text) {
			hint := ""
			if near := Nearest(text, plain); near != "" {
				hint = "did you mean " + near + "?"
			} else if !strings.Contains(name, plain[0]) {
				hint = "allowed: " + strings.Join(plain, ", ")
			}
			d.wrong(n, name, hint)
		}
		return S(text)
	}}
}

// aPointer is a value whose absence is told from its zero.
func aPointer[V any](v value[V]) value[*V] {
	return value[*V]{v.shape, func(d *decoder, n *node) *V {
		p := v.read(d, n)
		if d.raw && n.parts != nil {
			return nil // a number as written is none
		}
		return &p
	}}
}

// listOf is a list of values, at least one.
func listOf[V any](v value[V]) value[[]V] {
	name := "a list of " + plural(v.name)
	return value[[]V]{
		shape{name: name, schema: schema{"type": "array", "items": v.schema, "minItems": 1}, keys: v.keys},
		func(d *decoder, n *node) []V {
			if n.kind != listNode {
				d.wrong(n, name, "a list is written [one, two], or with a line \"- …\" for each")
				return nil
			}
			if len(n.items) == 0 {
				d.fail(n, "", "%s: the list is empty", d.key)
			}
			return readItems(d, n, v)
		}}
}

// oneOrMore is a value or a list of them.
func oneOrMore[V any](v value[V]) value[[]V] {
	many := listOf(v)
	return value[[]V]{
		shape{name: v.name + ", or " + many.name, like: v.like, schema: schema{"anyOf": list{v.schema, many.schema}}, keys: v.keys},
		func(d *decoder, n *node) []V {
			if n.kind == listNode {
				return many.read(d, n)
			}
			return []V{v.read(d, n)}
		}}
}

func readItems[V any](d *decoder, n *node, v value[V]) []V {
	all := make([]V, 0, len(n.items))
	for _, i := range n.items {
		all = append(all, v.read(d, i))
	}
	return all
}

// plural turns "a duration" into "durations", for the few names there are.
func plural(name string) string {
	switch {
	case strings.HasPrefix(name, "one of "):
		return "them"
	case strings.HasPrefix(name, "a whole number"):
		return "whole numbers" + strings.TrimPrefix(name, "a whole number")
	case strings.HasPrefix(name, "a "):
		return strings.TrimPrefix(name, "a ") + "s"
	}
	return name
}

// mapOf is a mapping whose keys are the user's own.
func mapOf[V any](what string, v value[V], check func(d *decoder, key *node)) value[map[string]V] {
	return value[map[string]V]{
		shape{name: what, schema: schema{"type": "object", "additionalProperties": v.schema, "minProperties": 1}},
		func(d *decoder, n *node) map[string]V {
			if n.kind != mappingNode {
				d.wrong(n, what, "write name: value, one a line")
				return nil
			}
			if len(n.pairs) == 0 {
				d.fail(n, "", "%s: the mapping is empty", d.key)
			}
			all := make(map[string]V, len(n.pairs))
			for _, p := range n.pairs {
				if check != nil {
					check(d, p.key)
				}
				d.under(p.key.text, func() { all[p.key.text] = v.read(d, p.value) })
			}
			return all
		}}
}

// anything is data for a script: what JSON can hold. A scalar without quotes
// is a number or a truth value where it looks like one, after its names are
// filled in; quotes make it text.
var anything = value[any]{shape{name: "any value", schema: schema{}}, func(d *decoder, n *node) any {
	return readAnything(d, n, func(_ string, f float64) any { return f })
}}

// jsonNumber is a number as JSON has it: a whole one keeps its digits, which a
// float64 would not.
func jsonNumber(text string, f float64) any {
	n, whole := new(big.Int).SetString(text, 10)
	switch {
	case !whole:
		return f
	case n.IsInt64():
		return n.Int64()
	}
	return json.Number(n.String())
}

// readAnything reads what JSON can hold; number makes what a number is to be of its
// text and its value.
func readAnything(d *decoder, n *node, number func(text string, f float64) any) any {
	switch n.kind {
	case listNode:
		all := make([]any, 0, len(n.items))
		for _, i := range n.items {
			all = append(all, readAnything(d, i, number))
		}
		return all
	case mappingNode:
		all := make(map[string]any, len(n.pairs))
		for _, p := range n.pairs {
			all[p.key.text] = readAnything(d, p.value, number)
		}
		return all
	}
	if n.null() {
		return nil
	}
	text, ok := d.expand(n)
	if !ok || !n.plain {
		return text
	}
	switch text {
	case "true":
		return true
	case "false":
		return false
	}
	if f, _, ok := parseNumber(text); ok {
		return number(text, f)
	}
	return text
}

// scriptArgs are the values that a script is called with.
var scriptArgs = mapOf("a mapping of names to values", anything, func(d *decoder, key *node) {
	if !identifier.MatchString(key.text) {
		d.fail(key, "letters, digits and _; the script reads it as args.NAME", "%s cannot be a name", quoted(key.text))
	}
})

// noteNames points out a ${name} that was probably meant to be filled in. In a
// template literal it is the script's own.
func (d *decoder) noteNames(n *node) {
	if d.names == nil || strings.Contains(n.text, "`") {
		return
	}
	for _, p := range n.parts {
		if p.name != "" && d.names.has(p.name) {
			d.notes = append(d.notes, Note{n.pos(), p.text + " is not filled in inside JavaScript: give the function args: {" + p.name + ": \"" + p.text + "\"}"})
			return
		}
	}
}

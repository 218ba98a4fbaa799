package scenario

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/loadwright/loadwright/internal/wording"
)

// maxNodes bounds the tree once its aliases are filled in, so that a few lines
// of aliases of aliases cannot fill the memory.
const maxNodes = 100_000

// nodeKind is the form of a node.
type nodeKind int

const (
	scalarNode nodeKind = iota
	listNode
	mappingNode
)

// node is a piece of the file: YAML without its anchors, aliases, tags and
// styles, each piece with its place. A tree of nodes never changes.
type node struct {
	src          *source
	line, column int
	kind         nodeKind

	text   string // of a scalar
	plain  bool   // of a scalar: neither quoted nor a block
	parts  []part // of a scalar that holds ${names}
	bad    string // what is written as a ${name} and is none
	items  []*node
	pairs  []pair
	patchy bool // of a mapping: some of its keys were refused
	height int  // of a scalar: how many lines it may reach below its first
}

// pair is a key of a mapping with its value.
type pair struct {
	key   *node
	value *node
}

func (n *node) pos() Pos { return n.src.pos(n.line, n.column) }

// null tells whether nothing stands where a value belongs.
func (n *node) null() bool {
	if n.kind != scalarNode || !n.plain {
		return false
	}
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// get is the value of a key, or nil.
func (n *node) get(key string) *node {
	for _, p := range n.pairs {
		if p.key.text == key {
			return p.value
		}
	}
	return nil
}

// dynamic tells whether a ${name} stands anywhere in n.
func (n *node) dynamic() bool {
	if n.parts != nil {
		return true
	}
	for _, i := range n.items {
		if i.dynamic() {
			return true
		}
	}
	for _, p := range n.pairs {
		if p.value.dynamic() {
			return true
		}
	}
	return false
}

// form names what n is, for an error.
func (n *node) form() string {
	switch {
	case n.kind == listNode:
		return "a list"
	case n.kind == mappingNode:
		return "a mapping"
	case n.null():
		return "nothing"
	}
	return "text"
}

// literalNode is a scalar from the command line, in which ${ has no meaning.
func literalNode(flag, value string) *node {
	return &node{src: flagSource(flag, value), line: 1, column: 1, text: value, plain: true}
}

// grower turns YAML's nodes into ours: aliases are followed, and what the
// language does not take is refused.
type grower struct {
	src     *source
	count   int
	broken  bool                // the tree is not whole
	alias   *yaml.Node          // the outermost alias that is being followed
	under   map[*yaml.Node]bool // the nodes above this one, to notice an alias inside itself
	errs    ErrorList
	ignored func(key string) bool // top-level keys that are not looked into
}

func (g *grower) fail(y *yaml.Node, hint, format string, args ...any) {
	if len(g.errs) < maxErrors {
		line, column := g.place(y)
		g.errs = append(g.errs, newError(g.src, g.src.pos(line, column), fmt.Sprintf(format, args...), hint))
	}
}

// place is where a node stands. The library puts what is missing at the end of
// a file behind it.
func (g *grower) place(y *yaml.Node) (line, column int) {
	if last := len(g.src.lines); y.Line > last {
		return last, utf8.RuneCountInString(g.src.line(last)) + 1
	}
	return max(1, y.Line), max(1, y.Column)
}

// grow returns the node for y, and nil where it cannot be taken at all.
func (g *grower) grow(y *yaml.Node, top bool) *node {
	if g.count > maxNodes {
		return nil
	}
	if g.count++; g.count > maxNodes {
		at := y
		if g.alias != nil {
			at = g.alias
		}
		g.broken = true
		g.fail(at, "write less, or fewer aliases of aliases", "the scenario has more than 100,000 values once its aliases are filled in")
		return nil
	}
	if y.Kind == yaml.AliasNode {
		if g.under[y.Alias] {
			g.broken = true
			g.fail(y, "an alias may only repeat what is complete before it", "the alias *%s stands inside the very value that it repeats", shorten(y.Value))
			return nil
		}
		if g.alias == nil {
			g.alias = y
			defer func() { g.alias = nil }()
		}
		return g.grow(y.Alias, top)
	}
	if y.Style&yaml.TaggedStyle != 0 {
		g.fail(y, "leave the tag out", "the tag %s has no meaning here", shorten(y.Tag))
	}
	n := &node{src: g.src}
	n.line, n.column = g.place(y)
	g.under[y] = true
	defer delete(g.under, y)
	switch y.Kind {
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			if i := g.grow(c, false); i != nil {
				n.items = append(n.items, i)
			}
		}
	case yaml.MappingNode:
		n.kind = mappingNode
		g.growPairs(y, n, top)
	default:
		n.text = y.Value
		n.plain = y.Style&^yaml.TaggedStyle == 0
		n.parts, n.bad = parts(y.Value)
		n.height = strings.Count(y.Value, "\n") + 1
		if n.parts != nil || n.bad != "" {
			n.height += len(y.Value) / 20 // a folded scalar has lost its line breaks
		}
	}
	return n
}

func (g *grower) growPairs(y *yaml.Node, n *node, top bool) {
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		name := k
		if k.Kind == yaml.AliasNode {
			name = k.Alias
		}
		if name.Kind != yaml.ScalarNode {
			n.patchy = true
			g.fail(k, "write key: value; text that begins with { or [ needs quotes", "a key has to be a word, not %s", formOf(name))
			continue
		}
		if name.Value == "<<" {
			n.patchy = true
			g.fail(k, "aliases are fine as values; write the keys out, or repeat whole lists and targets with an alias", "<< is not taken: one mapping cannot be merged into another")
			continue
		}
		if before, ok := first[name.Value]; ok {
			g.fail(k, "keep one of them", "%s stands here a second time; the first is on line %d", shorten(name.Value), before.Line)
			continue
		}
		first[name.Value] = k
		if top && g.ignored(name.Value) {
			continue
		}
		key := &node{src: g.src, text: name.Value}
		key.line, key.column = g.place(k)
		value := g.grow(v, false)
		if value == nil {
			continue
		}
		if value.null() {
			value.line, value.column = key.line, key.column // YAML puts what is not there behind it
		}
		n.pairs = append(n.pairs, pair{key, value})
	}
}

func formOf(y *yaml.Node) string {
	if y.Kind == yaml.SequenceNode {
		return "a list"
	}
	return "a mapping"
}

// shorten is a piece of the user's text as an error shows it: on one line, and
// no longer than can be read.
func shorten(s string) string {
	return wording.Line(printable(s, ' '), 60)
}

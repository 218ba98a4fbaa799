package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// Text is a string to match, or, where the scenario writes /…/ or /…/i, a
// regular expression (JavaScript's syntax, with its flags).
type Text struct {
	Value string
	Regex bool
	Flags string // "" or "i"
}

// String is the text in quotes, or the regular expression between its slashes.
func (t Text) String() string {
	if t.Regex {
		return "/" + printable(t.Value, ' ') + "/" + t.Flags
	}
	return strconv.Quote(t.Value)
}

// Target names elements as the Playwright locator of the same name does.
type Target struct {
	By            By
	Value         Text // the role's name is in Name
	Name          *Text
	Checked       *bool
	Disabled      *bool
	Expanded      *bool
	Level         int // 0: any
	Pressed       *bool
	Selected      *bool
	IncludeHidden bool
	Exact         bool
	HasText       *Text
	Nth           *int // 0 first, -1 last
	Within        *Target
	Frame         *Target // the iframe element that holds the target's document
}

// By is the way a target finds its elements.
type By string

// The ways to find elements.
const (
	ByRole        By = "role"
	ByText        By = "text"
	ByLabel       By = "label"
	ByPlaceholder By = "placeholder"
	ByTestID      By = "test_id"
	ByTitle       By = "title"
	ByAltText     By = "alt_text"
	ByCSS         By = "css"
	ByXPath       By = "xpath"
)

// String is the target on one line: role=button "Run" nth=0.
func (t Target) String() string {
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	if t.By == ByRole {
		add("role=%s", shorten(t.Value.Value))
		if t.Name != nil {
			add(" %s", t.Name)
		}
	} else {
		add("%s %s", t.By, t.Value)
	}
	for _, f := range []struct {
		name string
		v    *bool
	}{
		{"checked", t.Checked}, {"disabled", t.Disabled}, {"expanded", t.Expanded}, {"pressed", t.Pressed}, {"selected", t.Selected},
	} {
		if f.v != nil {
			add(" %s=%t", f.name, *f.v)
		}
	}
	if t.Level != 0 {
		add(" level=%d", t.Level)
	}
	if t.IncludeHidden {
		add(" include_hidden")
	}
	if t.Exact {
		add(" exact")
	}
	if t.HasText != nil {
		add(" has_text=%s", t.HasText)
	}
	if t.Nth != nil {
		add(" nth=%d", *t.Nth)
	}
	if t.Within != nil {
		add(" within %s", t.Within)
	}
	if t.Frame != nil {
		add(" in frame %s", t.Frame)
	}
	return b.String()
}

// aText is text to match.
var aText = value[Text]{
	shape{name: "text, or a regular expression /…/ or /…/i", schema: nonEmptySchema},
	func(d *decoder, n *node) Text {
		text, ok := d.scalar(n, "text", "")
		if ok && text == "" {
			d.empty(n, "")
		}
		return d.match(n, text, ok)
	},
}

// anyText is text to match that may be empty.
var anyText = value[Text]{
	shape{name: "text, or a regular expression /…/ or /…/i", schema: textSchema},
	func(d *decoder, n *node) Text {
		text, ok := d.scalar(n, "text", `"" is the empty text`)
		return d.match(n, text, ok)
	},
}

// match tells a regular expression from text. It is the browser's to judge the
// expression; what is wrong in every dialect is reported here.
func (d *decoder) match(n *node, text string, known bool) Text {
	t := ParseText(text)
	if !t.Regex || !known {
		return t
	}
	_, err := syntax.Parse(t.Value, syntax.Perl)
	var fault *syntax.Error
	if errors.As(err, &fault) {
		switch fault.Code {
		case syntax.ErrMissingParen, syntax.ErrUnexpectedParen, syntax.ErrTrailingBackslash:
			d.fail(n, `a parenthesis that is meant literally is written \( or \)`, "%s: %s is not a regular expression: %s", d.key, d.shown(n), fault.Code)
		}
	}
	return t
}

// ParseText tells a regular expression, /…/ or /…/i, from text.
func ParseText(text string) Text {
	if body, ok := strings.CutPrefix(text, "/"); ok {
		if rest, ok := strings.CutSuffix(body, "/i"); ok && rest != "" {
			return Text{rest, true, "i"}
		}
		if rest, ok := strings.CutSuffix(body, "/"); ok && rest != "" {
			return Text{rest, true, ""}
		}
	}
	return Text{Value: text}
}

// Regexp is the regular expression as Go reads it.
func (t Text) Regexp() (*regexp.Regexp, error) {
	if t.Flags != "" {
		return regexp.Compile("(?" + t.Flags + ")" + t.Value)
	}
	return regexp.Compile(t.Value)
}

// plainText is text to match that is never a regular expression.
var plainText = value[Text]{someString.shape, func(d *decoder, n *node) Text {
	return Text{Value: someString.read(d, n)}
}}

// aTarget is a target. It goes through the decoder's table, since a target may
// hold another.
var aTarget = value[Target]{
	shape{name: "a target", like: "{role: button, name: Run}", schema: ref("target")},
	func(d *decoder, n *node) Target { return d.lang.target.read(d, n) },
}

// aRole is an ARIA role. Another word never matches anything.
var aRole = value[Text]{roleWord.shape, func(d *decoder, n *node) Text {
	return Text{Value: roleWord.read(d, n)}
}}

var roleWord = oneWord("an ARIA role", roles)

// ways are the keys of which a target has exactly one.
var ways = []string{"role", "text", "label", "placeholder", "test_id", "title", "alt_text", "css", "xpath"}

// by is a way to find elements.
func by(way By, v value[Text], doc string) field[Target] {
	f := opt(string(way), v, func(t *Target) *Text { return &t.Value }, doc)
	read := f.read
	f.read = func(d *decoder, n *node, t *Target) {
		t.By = way
		read(d, n, t)
	}
	return f
}

// targets is the table of target words.
func targets() *object[Target] {
	fields := []field[Target]{
		by(ByRole, aRole, "The ARIA role, like `button`, `link` or `textbox`."),
		by(ByText, aText, "The text that the element shows.").aka("contains innertext"),
		by(ByLabel, aText, "The text of a form field's label."),
		by(ByPlaceholder, aText, "The placeholder of a form field."),
		by(ByTestID, aText, "The attribute data-testid.").aka("data-testid data-test-id testid"),
		by(ByTitle, aText, "The attribute title."),
		by(ByAltText, aText, "The alternative text of an image.").aka("alt"),
		by(ByCSS, plainText, "A CSS selector.").aka("selector id class query"),
		by(ByXPath, plainText, "An XPath."),
		opt("name", aPointer(aText), func(t *Target) **Text { return &t.Name }, "The accessible name, with role."),
		opt("checked", aPointer(aBool), func(t *Target) **bool { return &t.Checked }, "Checked or not, with role."),
		opt("disabled", aPointer(aBool), func(t *Target) **bool { return &t.Disabled }, "Disabled or not, with role."),
		opt("expanded", aPointer(aBool), func(t *Target) **bool { return &t.Expanded }, "Expanded or not, with role."),
		opt("level", wholeNumber(1, 100), func(t *Target) *int { return &t.Level }, "The level of a heading, with role."),
		opt("pressed", aPointer(aBool), func(t *Target) **bool { return &t.Pressed }, "Pressed or not, with role."),
		opt("selected", aPointer(aBool), func(t *Target) **bool { return &t.Selected }, "Selected or not, with role."),
		opt("include_hidden", aBool, func(t *Target) *bool { return &t.IncludeHidden }, "Also what is hidden from assistive technology, with role."),
		opt("exact", aBool, func(t *Target) *bool { return &t.Exact }, "The whole text, and its case, have to agree."),
		opt("has_text", aPointer(aText), func(t *Target) **Text { return &t.HasText }, "Only elements that contain the text somewhere inside."),
		opt("nth", aPointer(anInteger), func(t *Target) **int { return &t.Nth }, "The so-manyth of several: 0 is the first, -1 the last.").aka("index"),
		opt("within", aPointer(aTarget), func(t *Target) **Target { return &t.Within }, "Only inside another target.").aka("parent inside in"),
		opt("frame", aPointer(aTarget), func(t *Target) **Target { return &t.Frame }, "The iframe element in whose document to look.").aka("iframe"),
	}
	rules := []rule{exactlyOne(ways...)}
	for _, key := range []string{"name", "checked", "disabled", "expanded", "level", "pressed", "selected", "include_hidden"} {
		rules = append(rules, needs(key, "role"))
	}
	rules = append(rules, excludes("exact", "css"), excludes("exact", "xpath"))

	o := newObject("a target", "{role: button, name: Run}", Target{}, fields, rules...)
	o.bare = bareTarget
	o.elsewhere = misplacedOption
	return o
}

// bareTarget is the hint where a string stands for a target: the mapping that
// was probably meant.
func bareTarget(d *decoder, n *node) string {
	example := "{role: button, name: Run} or {text: Done}"
	if n.kind == scalarNode && !n.null() && n.text != "" {
		text := inFlow(n.text)
		engine, rest, _ := strings.Cut(n.text, "=")
		switch {
		case rest != "" && slices.Contains([]string{"role", "text", "css", "xpath"}, engine):
			example = "{" + engine + ": " + inFlow(rest) + "}"
		case strings.HasPrefix(n.text, "//"):
			example = "{xpath: " + text + "}"
		case strings.ContainsAny(n.text[:1], "#.[") || strings.ContainsAny(n.text, ">="):
			example = "{css: " + text + "}"
		default:
			example = fmt.Sprintf("{text: %s}, {label: %s}, {role: button, name: %s} or {css: …}", text, text, text)
		}
	}
	return "a target is a mapping: " + d.key + ": " + example
}

// inFlow is a text as it has to be written inside { }.
func inFlow(s string) string {
	if strings.ContainsAny(s, "{}[],:#'\"\\\n&*!|>%@`") || s != strings.TrimSpace(s) {
		return strconv.Quote(shorten(s))
	}
	return shorten(s)
}

// misplacedOption is the hint for an option that stands inside a target.
func misplacedOption(d *decoder, key string) string {
	if d.kind == nil {
		return ""
	}
	if _, ok := d.kind.row(key); !ok || key == d.kind.key || slices.Contains(ways, key) {
		return ""
	}
	return fmt.Sprintf("%s is an option: it stands beside %s, in the same column, not inside its value", key, d.kind.key)
}

// roles are the ARIA roles that Playwright knows.
var roles = []string{
	"alert", "alertdialog", "application", "article", "banner", "blockquote", "button", "caption", "cell", "checkbox",
	"code", "columnheader", "combobox", "complementary", "contentinfo", "definition", "deletion", "dialog", "directory",
	"document", "emphasis", "feed", "figure", "form", "generic", "grid", "gridcell", "group", "heading", "img",
	"insertion", "link", "list", "listbox", "listitem", "log", "main", "marquee", "math", "menu", "menubar", "menuitem",
	"menuitemcheckbox", "menuitemradio", "meter", "navigation", "none", "note", "option", "paragraph", "presentation",
	"progressbar", "radio", "radiogroup", "region", "row", "rowgroup", "rowheader", "scrollbar", "search", "searchbox",
	"separator", "slider", "spinbutton", "status", "strong", "subscript", "superscript", "switch", "tab", "table",
	"tablist", "tabpanel", "term", "textbox", "time", "timer", "toolbar", "tooltip", "tree", "treegrid", "treeitem",
}

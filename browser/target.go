package browser

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/scenario"
)

// testIDAttribute is what test_id looks at, as in Playwright.
const testIDAttribute = "data-testid"

// selector is the Playwright selector of a target: what the locator of the same
// name makes (packages/isomorphic/locatorUtils.ts of Playwright 1.60). It is
// built here rather than by playwright-go's GetBy… because those take Go's
// regular expressions, and a scenario's are JavaScript's.
func selector(t scenario.Target) string {
	var s strings.Builder
	s.WriteString(frameSelector(t))
	if t.Within != nil {
		s.WriteString(selector(*t.Within))
		s.WriteString(" >> ")
	}
	s.WriteString(ownSelector(t))
	if t.HasText != nil {
		s.WriteString(" >> internal:has-text=" + textSelector(*t.HasText, false))
	}
	if t.Nth != nil {
		s.WriteString(" >> nth=" + strconv.Itoa(*t.Nth))
	}
	return s.String()
}

// frameSelector enters the frame that holds a target's document; empty for the
// page's own. Two targets with the same frameSelector share a document.
func frameSelector(t scenario.Target) string {
	if t.Frame == nil {
		return ""
	}
	return selector(*t.Frame) + " >> internal:control=enter-frame >> "
}

// document names the document in which a target's elements live: the selector
// of its frames, its own or its scope's.
func document(t scenario.Target) string {
	s := frameSelector(t)
	if t.Within != nil {
		s += document(*t.Within)
	}
	return s
}

func ownSelector(t scenario.Target) string {
	switch t.By {
	case scenario.ByRole:
		return roleSelector(t)
	case scenario.ByText:
		return "internal:text=" + textSelector(t.Value, t.Exact)
	case scenario.ByLabel:
		return "internal:label=" + textSelector(t.Value, t.Exact)
	case scenario.ByPlaceholder:
		return "internal:attr=[placeholder=" + attributeSelector(t.Value, t.Exact) + "]"
	case scenario.ByTitle:
		return "internal:attr=[title=" + attributeSelector(t.Value, t.Exact) + "]"
	case scenario.ByAltText:
		return "internal:attr=[alt=" + attributeSelector(t.Value, t.Exact) + "]"
	case scenario.ByTestID:
		return "internal:testid=[" + testIDAttribute + "=" + attributeSelector(t.Value, true) + "]"
	case scenario.ByXPath:
		return "xpath=" + t.Value.Value
	default:
		return "css=" + t.Value.Value
	}
}

func roleSelector(t scenario.Target) string {
	var s strings.Builder
	s.WriteString("internal:role=" + t.Value.Value)
	flag := func(name string, v *bool) {
		if v != nil {
			s.WriteString("[" + name + "=" + strconv.FormatBool(*v) + "]")
		}
	}
	flag("checked", t.Checked)
	flag("disabled", t.Disabled)
	flag("selected", t.Selected)
	flag("expanded", t.Expanded)
	if t.IncludeHidden {
		s.WriteString("[include-hidden=true]")
	}
	if t.Level > 0 {
		s.WriteString("[level=" + strconv.Itoa(t.Level) + "]")
	}
	if t.Name != nil {
		s.WriteString("[name=" + attributeSelector(*t.Name, t.Exact) + "]")
	}
	flag("pressed", t.Pressed)
	return s.String()
}

func textSelector(t scenario.Text, exact bool) string {
	if t.Regex {
		return regexSelector(t)
	}
	quoted, _ := json.Marshal(t.Value) // a string always marshals
	return string(quoted) + matching(exact)
}

func attributeSelector(t scenario.Text, exact bool) string {
	if t.Regex {
		return regexSelector(t)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(t.Value) + `"` + matching(exact)
}

func matching(exact bool) string {
	if exact {
		return "s"
	}
	return "i"
}

var unescapedQuote = regexp.MustCompile("(^|[^\\\\])((?:\\\\\\\\)*)([\"'`])")

// regexSelector escapes as escapeRegexForSelector of Playwright does.
func regexSelector(t scenario.Text) string {
	source := unescapedQuote.ReplaceAllString(t.Value, `$1$2\$3`)
	source = strings.ReplaceAll(source, ">>", `\>\>`)
	return "/" + source + "/" + t.Flags
}

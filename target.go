package loadwright

import "github.com/loadwright/loadwright/scenario"

// Target names elements of a page for a user written in Go, as the Playwright
// locator of the same name does. Its methods return a target that is narrower;
// the one they are called on stays as it is.
type Target struct{ t scenario.Target }

// Role names elements by their ARIA role and, unless it is empty, their
// accessible name, of which a part is enough. Here and below, text between
// slashes is a regular expression: /Run \d+/ or /run/i.
func Role(role, name string) Target {
	t := Target{scenario.Target{By: scenario.ByRole, Value: scenario.Text{Value: role}}}
	if name != "" {
		text := scenario.ParseText(name)
		t.t.Name = &text
	}
	return t
}

// Text names the smallest elements that contain a text.
func Text(text string) Target { return by(scenario.ByText, text) }

// Label names form controls by their label.
func Label(text string) Target { return by(scenario.ByLabel, text) }

// Placeholder names inputs by their placeholder.
func Placeholder(text string) Target { return by(scenario.ByPlaceholder, text) }

// TestID names elements by their data-testid.
func TestID(id string) Target { return by(scenario.ByTestID, id) }

// Title names elements by their title attribute.
func Title(text string) Target { return by(scenario.ByTitle, text) }

// AltText names images by their alternative text.
func AltText(text string) Target { return by(scenario.ByAltText, text) }

// CSS names elements by a CSS selector.
func CSS(selector string) Target {
	return Target{scenario.Target{By: scenario.ByCSS, Value: scenario.Text{Value: selector}}}
}

// XPath names elements by an XPath expression.
func XPath(expression string) Target {
	return Target{scenario.Target{By: scenario.ByXPath, Value: scenario.Text{Value: expression}}}
}

func by(way scenario.By, text string) Target {
	return Target{scenario.Target{By: way, Value: scenario.ParseText(text)}}
}

// Exact takes whole texts only, with regard to case.
func (t Target) Exact() Target { t.t.Exact = true; return t }

// Nth takes one of several elements: 0 is the first, -1 the last.
func (t Target) Nth(n int) Target { t.t.Nth = &n; return t }

// HasText takes the elements with a text inside.
func (t Target) HasText(text string) Target {
	has := scenario.ParseText(text)
	t.t.HasText = &has
	return t
}

// Within takes the elements inside another.
func (t Target) Within(outer Target) Target { t.t.Within = &outer.t; return t }

// InFrame takes the elements of the document in an iframe.
func (t Target) InFrame(frame Target) Target { t.t.Frame = &frame.t; return t }

// String is the target as errors show it: role=button "Run".
func (t Target) String() string { return t.t.String() }

package scenario

import "errors"

// aGlob is a pattern of addresses, as Playwright has them: * within a segment, **
// across them, {a,b} a choice, \ before what is meant literally.
var aGlob = value[string]{
	shape{name: "a glob", like: `"**/api/*"`, schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		text, ok := d.scalar(n, "text", "")
		switch err := CheckGlob(text); {
		case !ok:
		case text == "":
			d.empty(n, "")
		case err != nil:
			d.fail(n, `a brace that is meant literally is written \{ or \}`, "%s: %s is not a glob: %v", d.key, d.shown(n), err)
		}
		return text
	},
}

// CheckGlob says what is wrong with a glob's braces; nil where nothing is.
func CheckGlob(glob string) error {
	within, escaped := false, false
	for i, c := range glob {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = i+1 < len(glob)
		case c == '{' && within:
			return errors.New("a { within { } cannot be read")
		case c == '}' && !within:
			return errors.New("a } without a { before it")
		case c == '{', c == '}':
			within = c == '{'
		}
	}
	if within {
		return errors.New("a { without a } after it")
	}
	return nil
}

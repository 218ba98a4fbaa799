package scenario

import "strings"

// Screenshot saves the page; Path is filled in by the runner.
type Screenshot struct {
	Name string // usable as a part of a file's name
	Path string
}

func (*Screenshot) op() {}

func (o *Screenshot) String() string { return "screenshot " + shorten(o.Name) }

func screenshotKind() kind {
	return leaf(leafKind[Screenshot]{
		key:     "screenshot",
		doc:     "Saves the page as `NAME-u<user>-i<iteration>.png` among the run's files.",
		example: "screenshot: after-login",
		also:    "snapshot capture_screenshot",
		value:   is(aFileName, func(o *Screenshot) *string { return &o.Name }),
	})
}

// aFileName is text that can be a part of a file's name on every system.
var aFileName = value[string]{
	shape{name: "a name for a file", like: "after-login", schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		text, ok := d.scalar(n, "a name for a file", "")
		if ok && (text == "" || len(text) > 100 || strings.HasPrefix(text, ".") || strings.ContainsFunc(text, notInFileName)) {
			d.wrong(n, "a name for a file", "the run's files have one folder: up to 100 characters, but no / \\ : * ? \" < > | and no dot at the beginning")
		}
		return text
	},
}

func notInFileName(r rune) bool {
	return r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r)
}

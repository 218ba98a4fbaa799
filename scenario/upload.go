package scenario

import (
	"path/filepath"
	"strings"
)

// Upload gives files to an input[type=file]. The paths are absolute or
// relative to the working directory: the scenario's folder is in them already.
type Upload struct {
	Target Target
	Files  []string
}

func (*Upload) op() {}

func (o *Upload) String() string {
	names := make([]string, len(o.Files))
	for i, f := range o.Files {
		names[i] = filepath.Base(f)
	}
	return "upload " + o.Target.String() + " " + shorten(strings.Join(names, ", "))
}

func uploadKind() kind {
	return leaf(leafKind[Upload]{
		key:     "upload",
		doc:     "Gives files to an `input[type=file]`.",
		example: "upload: {css: \"input[type=file]\"}\nfiles: sample.csv",
		also:    "set_input_files attach",
		does:    acts,
		value:   is(aTarget, func(o *Upload) *Target { return &o.Target }),
		options: []field[Upload]{
			opt("files", oneOrMore(aFile), func(o *Upload) *[]string { return &o.Files }, "What to upload; paths start at the scenario's folder.").aka("file path paths").must(),
		},
	})
}

// aFile is a path that starts at the scenario's folder.
var aFile = value[string]{
	shape{name: "a path", like: "sample.csv", schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		path := someString.read(d, n)
		if path == "" || filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(d.dir, filepath.FromSlash(path))
	},
}

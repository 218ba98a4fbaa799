package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

//go:embed assets
var assets embed.FS

// asset returns a file of the page.
func asset(name string) string {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is in the binary
	}
	return string(text)
}

// modules are the page's scripts, each after those that it imports.
var modules = [...]string{"format.js", "dom.js", "style.js", "data.js", "plots.js", "tables.js", "capacity.js", "live.js", "time.js", "main.js"}

var (
	imports = regexp.MustCompile(`(?m)^import .*;\n`)
	exports = regexp.MustCompile(`(?m)^export `)
)

// Style is the page's style sheet, dark and light. Other pages of this tool look
// like this one by it.
func Style() string { return asset("page.css") }

// script is the page's modules as one: a file that is opened from the disk
// can't import others.
func script() string {
	var b strings.Builder
	for _, name := range modules {
		b.WriteString(exports.ReplaceAllString(imports.ReplaceAllString(asset(name), ""), ""))
	}
	return b.String()
}

const chartLibrary = "vendor/echarts.min.js"

// Mark is how a page of results begins.
const Mark = "<!doctype html>\n<!-- loadwright: the results of runs -->\n"

// skeleton is the page with its parts filled in.
func skeleton(title, policy, style, scripts string) string {
	return Mark + strings.NewReplacer(
		"{{title}}", html.EscapeString(title), "{{policy}}", policy, "{{style}}", style, "{{scripts}}", scripts,
	).Replace(asset("page.html"))
}

// Report writes a page of its own for runs: one file that needs no other and no
// network. Where Link of an artefact is set, the page links to it there.
func Report(w io.Writer, runs ...*Run) error {
	var data bytes.Buffer
	for i, r := range runs {
		r.ID = strconv.Itoa(i + 1)
	}
	if err := pack(&data, gzip.BestCompression, map[string]any{"runs": runs, "shares": shares()}); err != nil {
		return err
	}
	library, own, css := asset(chartLibrary), script(), Style()
	// Only these scripts and this style: whatever a page or a scenario could
	// smuggle in is neither.
	policy := fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src %s %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'">`+"\n",
		Hash(library), Hash(own), Hash(css))
	scripts := `<script type="application/octet-stream" id="data">` + base64.StdEncoding.EncodeToString(data.Bytes()) + "</script>\n" +
		"<script>" + library + "</script>\n<script type=\"module\">" + own + "</script>"
	_, err := io.WriteString(w, skeleton(title(runs), policy, "<style>"+css+"</style>", scripts))
	return err
}

func title(runs []*Run) string {
	names := make([]string, 0, 3)
	for i, r := range runs {
		if i == 3 {
			names = append(names, "…")
			break
		}
		names = append(names, r.Name)
	}
	return strings.Join(append(names, "loadwright"), " – ")
}

// Hash names a script or a style in a Content-Security-Policy.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pack writes what the page takes.
func pack(w io.Writer, level int, what any) error {
	z, err := gzip.NewWriterLevel(w, level)
	if err != nil {
		return err
	}
	return errors.Join(json.NewEncoder(z).Encode(what), z.Close())
}

// LinkArtefacts makes a run's artefacts links that work from a page in a
// folder.
func (r *Run) LinkArtefacts(from string) {
	dir := filesOf(r.File).dir
	if dir == "" {
		return
	}
	to, err := relative(from, dir)
	if err != nil {
		return
	}
	for i := range r.Failures {
		for j := range r.Failures[i].First {
			for k := range r.Failures[i].First[j].Artefacts {
				a := &r.Failures[i].First[j].Artefacts[k]
				a.Link = link(filepath.ToSlash(filepath.Join(to, a.Name)))
			}
		}
	}
}

func relative(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

// link makes a path fit for an address. The dot keeps a name with a colon from
// being taken for a scheme.
func link(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", " ", "%20", "\\", "%5C").Replace(p)
	}
	return "./" + strings.Join(parts, "/")
}

package loadwright

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
)

var update = flag.Bool("update", false, "write the documents that are made from the types of summary.json")

// TestSummaryReference holds that the reference and the schema of summary.json
// are what its types say: a field's tag tells its name, the comment at it what it
// means. Above the reference stands an introduction, which is written by hand.
func TestSummaryReference(t *testing.T) {
	introduction, err := os.ReadFile(filepath.Join("docs", "testdata", "summary.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := reference{t: t, meanings: map[string]map[string]string{}, told: map[reflect.Type]string{}}
	schema := r.object(reflect.TypeFor[summaryFile](), "")
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["title"] = "loadwright summary.json"
	schema["properties"].(piece)["schema_version"].(piece)["const"] = stats.SchemaVersion
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"summary.md":          string(introduction) + r.markdown(),
		"summary.schema.json": string(text) + "\n",
	} {
		path := filepath.Join("docs", name)
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(have), want); diff != "" {
			t.Errorf("%s is not what the types say; `make docs` writes it (-have +want):\n%s", path, diff)
		}
	}
}

// piece is a piece of JSON Schema.
type piece = map[string]any

// reference is made of types by what their JSON looks like.
type reference struct {
	t        *testing.T
	meanings map[string]map[string]string // of a package, by "Type.Field"
	told     map[reflect.Type]string      // the paths at which objects were described
	sections []*section
}

// section is the table of an object's fields.
type section struct{ path, rows string }

func (r *reference) markdown() string {
	var b strings.Builder
	for _, s := range r.sections {
		title := "The file"
		if s.path != "" {
			title = "`" + s.path + "`"
		}
		fmt.Fprintf(&b, "\n## %s\n\n| path | type | unit | meaning |\n|---|---|---|---|\n%s", title, s.rows)
	}
	return b.String()
}

// object describes a struct that stands at a path, "" for the whole.
func (r *reference) object(typ reflect.Type, path string) piece {
	s := &section{path: path}
	_, again := r.told[typ]
	if !again {
		r.told[typ] = path
		r.sections = append(r.sections, s)
	}
	properties, required := piece{}, []string{}
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			r.t.Fatalf("%s.%s has no name in JSON", typ, f.Name)
		}
		at, of := name, f.Type
		if path != "" {
			at = path + "." + name
		}
		if option == "omitempty" {
			if of.Kind() == reflect.Pointer {
				of = of.Elem() // it is left out rather than null
			}
		} else {
			required = append(required, name)
		}
		fields, before := r.told[inner(of)]
		schema, kind := r.value(of, at)
		owner := typ
		if n := len(f.Index) - 1; n > 0 {
			owner = typ.FieldByIndex(f.Index[:n]).Type
		}
		unit, meaning := r.unit(f, name, kind), r.meaning(owner, f.Name)
		schema["description"] = meaning
		if unit != "" {
			schema["description"] = meaning + " (" + unit + ")"
		}
		properties[name] = schema
		if before {
			meaning += "; its fields are those of `" + fields + "`"
		}
		s.rows += fmt.Sprintf("| `%s` | %s | %s | %s |\n", at, kind, unit, strings.ReplaceAll(meaning, "|", `\|`))
	}
	return piece{"type": "object", "properties": properties, "required": required}
}

// inner is the type of the objects that a value of a type holds.
func inner(typ reflect.Type) reflect.Type {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	return typ
}

// value describes a value that stands at a path, and names its type in words.
func (r *reference) value(typ reflect.Type, path string) (piece, string) {
	switch {
	case typ == reflect.TypeFor[time.Time]():
		return piece{"type": "string", "format": "date-time"}, "time, RFC 3339"
	case typ == reflect.TypeFor[machine.Figure]():
		return piece{"type": []string{"number", "null"}}, "number or null"
	case typ.Implements(reflect.TypeFor[json.Marshaler]()):
		r.t.Fatalf("%s: what %s writes is not known here", path, typ)
	}
	switch typ.Kind() {
	case reflect.Pointer:
		schema, kind := r.value(typ.Elem(), path)
		schema["type"] = []any{schema["type"], "null"}
		return schema, kind + " or null"
	case reflect.Slice:
		items, kind := r.value(typ.Elem(), path+"[]")
		return piece{"type": "array", "items": items}, "list of " + kind + "s"
	case reflect.Map:
		each, kind := r.value(typ.Elem(), path+".*")
		return piece{"type": "object", "additionalProperties": each}, "object of " + kind + "s"
	case reflect.Struct:
		return r.object(typ, path), "object"
	case reflect.String:
		return piece{"type": "string"}, "string"
	case reflect.Bool:
		return piece{"type": "boolean"}, "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return piece{"type": "integer"}, "integer"
	case reflect.Float64:
		return piece{"type": "number"}, "number"
	}
	r.t.Fatalf("%s: a %s has no description yet", path, typ)
	return nil, ""
}

// unit is a field's by its tag, or by its name in JSON. An integer without one is
// how many there are.
func (r *reference) unit(f reflect.StructField, name, kind string) string {
	unit, tagged := f.Tag.Lookup("unit")
	number := strings.HasPrefix(kind, "number")
	if tagged || !number && kind != "integer" {
		return unit
	}
	for _, unit := range []string{"seconds", "bytes", "cores"} {
		if strings.HasSuffix(name, "_"+unit) {
			return unit
		}
	}
	if number {
		r.t.Errorf("%s is a number without a unit: name it in a tag", f.Name)
	}
	return ""
}

// meaning is the comment at a field.
func (r *reference) meaning(owner reflect.Type, field string) string {
	pkg := owner.PkgPath()
	if r.meanings[pkg] == nil {
		ours := reflect.TypeFor[summaryFile]().PkgPath()
		r.meanings[pkg] = fieldComments(r.t, "."+strings.TrimPrefix(pkg, ours))
	}
	text := r.meanings[pkg][owner.Name()+"."+field]
	if text == "" {
		r.t.Errorf("%s.%s has no comment that says what it means", owner, field)
	}
	return text
}

// fieldComments reads the comments at the fields of a folder's structs, by
// "Type.Field".
func fieldComments(t *testing.T, folder string) map[string]string {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					text := f.Doc.Text()
					if text == "" {
						text = f.Comment.Text()
					}
					for _, name := range f.Names {
						found[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(text), " ")
					}
				}
			}
			return false
		})
	}
	return found
}

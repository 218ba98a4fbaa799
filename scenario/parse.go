package scenario

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Parse reads a scenario and finds every error that needs no value from
// outside: the error is an [ErrorList]. The scenario has to be bound before it
// is run. file is the name that errors show, and its folder is where the
// scenario's relative paths start; nothing is opened.
func Parse(file string, src []byte) (*Scenario, error) {
	if len(src) > MaxBytes {
		return nil, ErrorList{{
			Pos:  Pos{File: file, Line: 1, Column: 1},
			Msg:  fmt.Sprintf("the file has %d bytes: a scenario has at most %d (1 MB)", len(src), MaxBytes),
			Hint: "data belongs in a file of its own",
		}}
	}
	text := strings.TrimPrefix(string(src), "\ufeff")
	source := newSource(file, text)
	if at := invalidUTF8(text); at >= 0 {
		return nil, ErrorList{source.errorAt(at, "save the file as UTF-8; a scenario is text", "this is not UTF-8: byte 0x%02X", text[at])}
	}

	root, errs, repaired := source.tree()
	if root == nil {
		return nil, errs.sorted()
	}
	s := &Scenario{
		File: file, Source: src, root: root,
		world: &world{lang: newLanguage(), file: file, dir: filepath.Dir(file)},
	}
	parsed, more := s.decode(s.world, root, repaired)
	if errs = append(errs, more...); len(errs) == 0 {
		return parsed, nil
	}
	if !repaired {
		// All errors at once: those too that the variables' own values make.
		w := *s.world
		w.known = defaultsKnown
		_, more = s.decode(&w, root, false)
		errs = append(errs, more...)
	}
	return nil, errs.sorted()
}

// errorAt is an error at a byte of the text.
func (s *source) errorAt(offset int, hint, format string, args ...any) *Error {
	pos := s.at(offset)
	return &Error{Pos: pos, Line: s.line(pos.Line), Msg: fmt.Sprintf(format, args...), Hint: hint}
}

func invalidUTF8(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// tree reads the text as YAML. The tree is nil where it cannot be read.
func (s *source) tree() (root *node, errs ErrorList, repaired bool) {
	doc, err := readYAML(strings.NewReader(s.text))
	if err != nil {
		return nil, ErrorList{s.errorAt(0, "", "%v", err)}, false
	}
	if doc == nil {
		return nil, ErrorList{s.errorAt(0, "a scenario begins with keys such as url, load and steps", "the file is empty")}, false
	}
	g := &grower{src: s, under: map[*yaml.Node]bool{}, ignored: func(key string) bool { return strings.HasPrefix(key, ignoredPrefix) }}
	root = g.grow(doc, true)
	return root, g.errs, false
}

// errSecondDocument is what readYAML finds where a file holds two documents.
type errSecondDocument struct{ line int }

func (e errSecondDocument) Error() string { return "a second document" }

// readYAML reads the only document of a text; nil where there is none.
func readYAML(r io.Reader) (n *yaml.Node, err error) {
	// The library panics on what it holds for impossible.
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, fmt.Errorf("yaml: %v", p)
		}
	}()
	dec := yaml.NewDecoder(r)
	var doc, second yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, err
	}
	return nil, errSecondDocument{second.Line}
}

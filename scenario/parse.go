package scenario

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
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

	root, errs, aside := source.tree()
	if root == nil {
		return nil, errs.sorted()
	}
	repaired := len(aside) > 0
	s := &Scenario{
		File: file, Source: src, root: root,
		world: &world{lang: newLanguage(), file: file, dir: filepath.Dir(file)},
	}
	parsed, more := s.decode(s.world, root, repaired)
	if errs = append(errs, more.without(aside)...); len(errs) == 0 {
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
	return newError(s, s.at(offset), fmt.Sprintf(format, args...), hint)
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

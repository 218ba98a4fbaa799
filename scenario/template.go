package scenario

import (
	"regexp"
	"strings"
)

// part is a piece of a scalar: a text, or a name to be filled in.
type part struct {
	text string // of a name: as written, with its ${ }
	name string
}

// names that may be defined: by vars, as, and set.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// names that may be asked for.
var reference = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// parts splits a scalar at its ${names}; nil where it has none. $${ is a
// literal ${. What is no name comes back in bad, as written.
func parts(s string) (all []part, bad string) {
	if !strings.Contains(s, "${") {
		return nil, ""
	}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			all = append(all, part{text: text.String()})
			text.Reset()
		}
	}
	for s != "" {
		switch {
		case strings.HasPrefix(s, "$${"):
			text.WriteString("${")
			s = s[3:]
		case strings.HasPrefix(s, "${"):
			end := strings.IndexByte(s, '}')
			if end < 0 {
				return nil, s
			}
			name := s[2:end]
			if !reference.MatchString(name) {
				return nil, s[:end+1]
			}
			flush()
			all = append(all, part{text: s[:end+1], name: name})
			s = s[end+1:]
		default:
			text.WriteByte(s[0])
			s = s[1:]
		}
	}
	flush()
	return all, ""
}

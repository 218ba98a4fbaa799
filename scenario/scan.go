package scenario

import "strings"

// opening is a bracket or a quote that is open at some point of a text.
type opening struct {
	char   byte
	offset int
}

// yamlState is what is open at the end of a text: enough of YAML's grammar to
// tell a bracket in a text from one that counts. It is used only on files that
// are no YAML, to find where they cease to be.
type yamlState struct {
	brackets  []opening
	quote     *opening // nil where none is open
	comment   int      // the offset of the # of a comment that is open; -1 without
	hash      int      // the latest # that began a comment inside brackets; -1 without
	lastQuote opening  // the latest quoted text that is closed again
	lastEnd   int      // where it was closed
}

// closers is what makes the text whole again.
func (s *yamlState) closers() string {
	var b strings.Builder
	if s.quote != nil {
		b.WriteByte(s.quote.char)
	}
	if s.comment >= 0 && len(s.brackets) > 0 {
		b.WriteByte('\n')
	}
	for i := len(s.brackets) - 1; i >= 0; i-- {
		if s.brackets[i].char == '{' {
			b.WriteByte('}')
		} else {
			b.WriteByte(']')
		}
	}
	return b.String()
}

// yamlScanner walks over a text character by character.
type yamlScanner struct {
	yamlState
	text string
	i    int

	fresh       bool // a value or a key may begin here
	blockIndent int  // lines indented more than this are a block of text; -1 outside one
}

// scanYAML returns what is open at the end of a text.
func scanYAML(text string) yamlState {
	s := yamlScanner{text: text, fresh: true, blockIndent: -1}
	s.comment, s.hash = -1, -1
	for s.i < len(text) {
		s.line()
	}
	return s.yamlState
}

// line scans one line, and further ones where a quoted text spans them.
func (s *yamlScanner) line() {
	s.comment = -1
	start := s.i
	end := lineEnd(s.text, start)
	indent := end - start - len(strings.TrimLeft(s.text[start:end], " "))
	if len(s.brackets) == 0 {
		if s.blockIndent >= 0 && (strings.TrimSpace(s.text[start:end]) == "" || indent > s.blockIndent) {
			s.i = end + 1
			return
		}
		s.blockIndent = -1
		s.fresh = true
	}
	s.i = start + indent
	column := indent // of the key or the dash that a value on this line belongs to
	for s.i < end {
		c := s.text[s.i]
		space := s.i == start || s.text[s.i-1] == ' ' || s.text[s.i-1] == '\t'
		switch {
		case c == '#' && space:
			s.comment = s.i
			if len(s.brackets) > 0 {
				s.hash = s.i
			}
			s.i = end
		case c == ' ' || c == '\t' || c == '\r':
			s.i++
		case s.fresh && (c == '"' || c == '\''):
			if !s.quoted(c) {
				return
			}
			s.fresh = false
			if s.i > end { // the text went on over lines
				end = lineEnd(s.text, s.i)
			}
		case (c == '{' || c == '[') && (s.fresh || len(s.brackets) > 0):
			s.brackets = append(s.brackets, opening{c, s.i})
			s.fresh = true
			s.i++
		case (c == '}' || c == ']') && len(s.brackets) > 0:
			s.brackets = s.brackets[:len(s.brackets)-1]
			s.fresh = false
			s.i++
		case c == ',' && len(s.brackets) > 0:
			s.fresh = true
			s.i++
		case s.fresh && len(s.brackets) == 0 && (c == '-' || c == '?') && s.blankAt(s.i+1):
			column = s.i - start
			s.i++
		case c == ':' && (s.blankAt(s.i+1) || len(s.brackets) > 0 && strings.IndexByte(",[]{}", s.text[s.i+1]) >= 0):
			s.fresh = true
			s.i++
		case s.fresh && len(s.brackets) == 0 && (c == '|' || c == '>'):
			s.blockIndent = column
			s.i = end
		case s.fresh && (c == '&' || c == '!'):
			for s.i < end && s.text[s.i] != ' ' {
				s.i++
			}
		default:
			if s.fresh && len(s.brackets) == 0 {
				column = s.i - start
			}
			s.fresh = false
			s.i++
		}
	}
	s.i = end + 1
}

// quoted skips a quoted text; false where the text ends inside it.
func (s *yamlScanner) quoted(quote byte) bool {
	begin := opening{quote, s.i}
	for s.i++; s.i < len(s.text); s.i++ {
		switch c := s.text[s.i]; {
		case c == '\\' && quote == '"':
			s.i++
		case c == quote && quote == '\'' && s.i+1 < len(s.text) && s.text[s.i+1] == quote:
			s.i++
		case c == quote:
			s.lastQuote, s.lastEnd = begin, s.i
			s.i++
			return true
		}
	}
	s.i = len(s.text)
	s.quote = &begin
	return false
}

func (s *yamlScanner) blankAt(i int) bool {
	return i >= len(s.text) || strings.IndexByte(" \t\r\n", s.text[i]) >= 0
}

// lineEnd is the offset at which the line of an offset ends.
func lineEnd(text string, offset int) int {
	if n := strings.IndexByte(text[offset:], '\n'); n >= 0 {
		return offset + n
	}
	return len(text)
}

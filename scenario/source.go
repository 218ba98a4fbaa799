package scenario

import (
	"strings"
	"unicode/utf8"
)

// source is a text that places refer to: the file, or the value of a flag.
type source struct {
	name  string // what a place begins with
	text  string
	lines []string // without their breaks
	flag  bool     // one value from the command line: its places have no line
}

func newSource(name, text string) *source {
	return &source{name: name, text: text, lines: splitLines(text)}
}

// flagSource is the value of a flag, which a place calls by the flag's name.
func flagSource(flag, value string) *source {
	return &source{name: flag, text: value, lines: []string{value}, flag: true}
}

// pos is the place of a line and a column, both counted from 1.
func (s *source) pos(line, column int) Pos {
	if s.flag {
		return Pos{File: s.name, Column: column}
	}
	return Pos{File: s.name, Line: line, Column: column}
}

// at is the place of a byte of the text.
func (s *source) at(offset int) Pos {
	line, start := 1, 0
	for i := 0; i < offset && i < len(s.text); {
		n := lineBreak(s.text[i:])
		if n == 0 {
			i++
			continue
		}
		if i+n > offset {
			break
		}
		i += n
		line, start = line+1, i
	}
	offset = min(offset, len(s.text))
	return s.pos(line, utf8.RuneCountInString(s.text[start:offset])+1)
}

// line is the text of a line counted from 1; "" where there is none.
func (s *source) line(n int) string {
	if s.flag {
		n = 1
	}
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// splitLines splits a text where YAML sees line breaks, so that line numbers
// agree with the parser's.
func splitLines(text string) []string {
	var lines []string
	start := 0
	for i := 0; i < len(text); {
		n := lineBreak(text[i:])
		if n == 0 {
			i++
			continue
		}
		lines = append(lines, text[start:i])
		i += n
		start = i
	}
	return append(lines, text[start:])
}

// lineBreak is the number of bytes of the line break that a text begins with.
func lineBreak(s string) int {
	switch s[0] {
	case '\n':
		return 1
	case '\r':
		if strings.HasPrefix(s, "\r\n") {
			return 2
		}
		return 1
	case 0xC2: // U+0085
		if strings.HasPrefix(s, "\u0085") {
			return 2
		}
	case 0xE2: // U+2028, U+2029
		if strings.HasPrefix(s, "\u2028") || strings.HasPrefix(s, "\u2029") {
			return 3
		}
	}
	return 0
}

// find looks for a text from a place on, at most to the end of lines further
// lines, and returns where it stands; where it is not found, the place itself.
func (s *source) find(text string, line, column, lines int) (int, int) {
	for l := line; l <= min(line+lines, len(s.lines)); l++ {
		rest, before := s.line(l), 0
		if l == line {
			before = min(column-1, utf8.RuneCountInString(rest))
			rest = skipRunes(rest, before)
		}
		if i := strings.Index(rest, text); i >= 0 {
			return l, before + utf8.RuneCountInString(rest[:i]) + 1
		}
	}
	return line, column
}

// skipRunes is s without its first n characters.
func skipRunes(s string, n int) string {
	for ; n > 0 && s != ""; n-- {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s
}

package scenario

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// errSecondDocument is what readYAML finds where a file holds two documents.
var errSecondDocument = errors.New("a second document")

// readYAML reads the only document of a text; nil where there is none. With
// errSecondDocument it returns the first.
func readYAML(text string) (n *yaml.Node, err error) {
	// The library panics on what it holds for impossible.
	defer func() {
		if p := recover(); p != nil {
			n, err = nil, fmt.Errorf("yaml: %v", p)
		}
	}()
	dec := yaml.NewDecoder(strings.NewReader(text))
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
	case err != nil && secondDocument(text) < 0:
		return nil, err
	}
	return doc.Content[0], errSecondDocument
}

var documentStart = regexp.MustCompile(`^---(\s|$)`)

// secondDocument is the offset of the line that begins a second document; -1
// without one.
func secondDocument(text string) int {
	offset, begun := 0, false
	for line := range strings.Lines(text) {
		marker := documentStart.MatchString(line)
		if marker && begun {
			return offset
		}
		first := strings.TrimSpace(line)
		if marker || first != "" && !strings.HasPrefix(first, "#") && !strings.HasPrefix(line, "%") {
			begun = true
		}
		offset += len(line)
	}
	return -1
}

// maxRepairs bounds how many faults of syntax are looked for in a file.
const maxRepairs = 10

// tree reads the text as YAML. The library names the first fault only, and
// seldom its place: faults are found here, and the lines they are on set aside,
// until the rest can be read. The tree is nil where it cannot; lines are those
// that were set aside.
func (s *source) tree() (root *node, errs ErrorList, lines map[int]bool) {
	text := s.text
	lines = map[int]bool{}
	// Reading this much more takes a tenth of a second or two.
	budget := 1 << 20
	var doc *yaml.Node
	for {
		var err error
		doc, err = readYAML(text)
		if errors.Is(err, errSecondDocument) {
			text = newlines.Replace(text)
			errs = append(errs, s.errorAt(max(0, secondDocument(text)), "a scenario is one document: take out what follows", "a second document begins here"))
			break
		}
		if err == nil {
			break
		}
		text = newlines.Replace(text)
		f := findFault(text, err, &budget)
		pos := s.at(f.offset)
		if lines[pos.Line] {
			return nil, errs, lines // setting it aside did not help
		}
		if !f.local && !anyKey.MatchString(text) {
			f.hint = "this does not look like a scenario, which has keys such as url:, load: and steps:"
		}
		errs = append(errs, s.errorAt(f.offset, f.hint, "%s", f.msg))
		if !f.local || len(lines) == maxRepairs || budget < 0 {
			return nil, errs, lines
		}
		lines[pos.Line] = true
		text = setAside(text, f.offset)
	}
	if doc == nil {
		if len(errs) == 0 {
			errs = ErrorList{s.errorAt(0, "a scenario begins with keys such as url, load and steps", "the file is empty")}
		}
		return nil, errs, lines
	}
	g := &grower{src: s, under: map[*yaml.Node]bool{}, ignored: func(key string) bool { return strings.HasPrefix(key, ignoredPrefix) }}
	root = g.grow(doc, true)
	if g.broken {
		root = nil
	}
	return root, append(errs, g.errs.without(lines)...), lines
}

// without drops the errors on some lines.
func (l ErrorList) without(lines map[int]bool) ErrorList {
	var rest ErrorList
	for _, e := range l {
		if !lines[e.Pos.Line] {
			rest = append(rest, e)
		}
	}
	return rest
}

// newlines makes every line break of YAML end in the one that faults are looked
// for with; no byte moves.
var newlines = strings.NewReplacer("\r\n", "\r\n", "\r", "\n", "\u0085", " \n", "\u2028", "  \n", "\u2029", "  \n")

var anyKey = regexp.MustCompile(`(?m)^[a-z_]+:(\s|$)`)

var simpleKey = regexp.MustCompile(`^\s*(- +)*[A-Za-z0-9_-]+:(\s|$)`)

// setAside blanks the value on the line at an offset, and leaves its key, so
// that the lines around it still fit and all places stay.
func setAside(text string, offset int) string {
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	end := lineEnd(text, offset)
	line := text[start:end]
	kept := simpleKey.FindString(line)
	if kept == "" {
		if i := strings.Index(line, "- "); i >= 0 && strings.TrimSpace(line[:i]) == "" {
			kept = line[:i+2]
		}
	}
	return text[:start] + kept + strings.Repeat(" ", len(line)-len(kept)) + text[end:]
}

// fault is where a text ceases to be YAML, and why.
type fault struct {
	offset int
	msg    string
	hint   string
	local  bool // the lines after it can be read without its own
}

// findFault finds where a text ceases to be YAML: where its longest beginning
// ends that can be read, once what is open there is closed.
func findFault(text string, err error, budget *int) fault {
	p := prober{text, budget}
	line := p.line()
	at := p.column(line)
	state := scanYAML(text[:at])
	msg := yamlPrefix.ReplaceAllString(err.Error(), "")
	return explain(text, at, line, state, msg)
}

var yamlPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

// prober tries beginnings of a text, as long as that is cheap.
type prober struct {
	text   string
	budget *int // so many bytes may still be read
}

// readable tells whether the first n bytes can be read; known is false where
// that would take too long to find out.
func (p *prober) readable(n int) (ok, known bool) {
	if *p.budget -= n; *p.budget < 0 {
		return false, false
	}
	state := scanYAML(p.text[:n])
	_, err := readYAML(p.text[:n] + state.closers())
	return err == nil || errors.Is(err, errSecondDocument), true
}

// line is the offset of the first line with which the text cannot be read; the
// text's length where all can be read once it is closed.
func (p *prober) line() int {
	starts := []int{0}
	for i := range len(p.text) {
		if p.text[i] == '\n' && i+1 < len(p.text) {
			starts = append(starts, i+1)
		}
	}
	if open := scanYAML(p.text); open.closers() != "" {
		if ok, _ := p.readable(len(p.text)); ok {
			return len(p.text)
		}
	}
	low, high := 0, len(starts) // the first low lines can be read, the first high cannot
	for high-low > 1 {
		middle := (low + high) / 2
		ok, known := p.readable(starts[middle])
		if !known {
			return starts[high-1]
		}
		if ok {
			low = middle
		} else {
			high = middle
		}
	}
	return starts[low]
}

// column is the offset in the line that begins at start where the longest
// readable beginning ends.
func (p *prober) column(start int) int {
	if start >= len(p.text) {
		return start
	}
	end := lineEnd(p.text, start)
	ends := []int{start} // where a beginning may end; with the first it is readable
	for i := start + 1; i < end; i++ {
		if utf8.RuneStart(p.text[i]) && !(inWord(p.text[i-1]) && inWord(p.text[i])) {
			ends = append(ends, i) // no fault begins inside a word
		}
	}
	// Behind the fault nothing is readable; before it nearly all is: half a key
	// is not. So a middle counts as unreadable only with those before it.
	const few = 8
	low, high := 0, len(ends)
	for high-low > few {
		middle := (low + high) / 2
		last := p.lastReadable(ends, max(low, middle-few), middle)
		if last > low {
			low = last
		} else {
			high = max(low+1, middle-few+1)
		}
	}
	return p.skipSpaces(ends[p.lastReadable(ends, low, high-1)], end)
}

// lastReadable is the last of the ends in (low, high] with which the text can
// be read; low where there is none.
func (p *prober) lastReadable(ends []int, low, high int) int {
	for i := high; i > low; i-- {
		if ok, _ := p.readable(ends[i]); ok {
			return i
		}
	}
	return low
}

func inWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (p *prober) skipSpaces(i, end int) int {
	for i < end && p.text[i] == ' ' {
		i++
	}
	return i
}

// explain says what is wrong at an offset on the line that begins at line, and
// moves to where it began to go wrong.
func explain(text string, at, line int, state yamlState, library string) fault {
	rest := text[at:]
	begins := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(rest, p) {
				return true
			}
		}
		return false
	}
	inFlow := len(state.brackets) > 0
	before := strings.TrimRight(text[line:at], " ")
	lineText, _, _ := strings.Cut(text[line:], "\n")
	indentation := lineText[:len(lineText)-len(strings.TrimLeft(lineText, " \t"))]

	switch {
	case strings.Contains(library, "max depth"):
		return fault{offset: at, msg: "lists or mappings are nested too deep here"}
	case strings.Contains(library, "control characters"):
		r, _ := utf8.DecodeRuneInString(rest)
		return fault{offset: at, msg: fmt.Sprintf("a control character (U+%04X) stands here", r), hint: "a scenario is text; inside \"…\" write \\x.. instead"}
	case strings.Contains(indentation, "\t"):
		return fault{offset: line + strings.IndexByte(indentation, '\t'), msg: "a tab stands in the indentation", hint: "indent with spaces"}
	case state.quote != nil:
		if strings.Contains(library, "escape") {
			return fault{offset: at, local: true, msg: "a backslash stands here that escapes nothing", hint: `inside "…" a backslash is written \\; '…' takes it as it is`}
		}
		return fault{offset: state.quote.offset, local: true, msg: "this quote is not closed", hint: "close it on the same line"}
	case state.lastQuote.char != 0 && state.lastEnd >= line && state.lastQuote.offset < line:
		return fault{offset: state.lastQuote.offset, local: true, msg: "this quote is not closed on its line", hint: "close it on the same line"}
	case state.lastQuote.char != 0 && strings.TrimSpace(text[state.lastEnd+1:at]) == "" && state.lastEnd >= line && !begins("{", "[", ":", "-"):
		return fault{offset: at, local: true, msg: "text stands behind the closing quote", hint: quoteHint(state.lastQuote.char, inFlow)}
	case inFlow:
		return explainFlow(text, at, line, state)
	case begins("}", "]"):
		return fault{offset: at, local: true, msg: "this " + rest[:1] + " closes nothing", hint: "take it out, or put the text into quotes"}
	case strings.HasSuffix(before, "}") || strings.HasSuffix(before, "]"):
		return fault{offset: at, local: true, msg: "text stands behind the closing " + before[len(before)-1:], hint: "take it out, or put the whole text into quotes"}
	case begins("%") && at == line:
		return fault{offset: at, local: true, msg: "a YAML directive that is not understood", hint: "leave the line out"}
	case begins("@", "`", "%", "|", ">", "*", "&", "!"):
		hint := "text that begins with " + rest[:1] + " is put into quotes"
		msg := "a text cannot begin with " + rest[:1]
		if name, ok := strings.CutPrefix(library, "unknown anchor "); ok {
			name = strings.Trim(strings.TrimSuffix(name, " referenced"), "'")
			msg = "the alias *" + name + " repeats nothing"
			hint = "&" + name + " has to stand before it, at the value to repeat; " + hint
		}
		return fault{offset: at, local: true, msg: msg, hint: hint}
	case begins(":"):
		return explainColon(text, at, line)
	case begins("- ") && strings.TrimSpace(text[line:at]) != "":
		return fault{offset: at, local: true, msg: "a list cannot begin behind a key", hint: "begin it on the next line, or write [one, two]"}
	case strings.Contains(library, "unexpected end of stream") && begins("'", "\""):
		return fault{offset: at, local: true, msg: "this quote is not closed", hint: "close it on the same line"}
	case strings.Contains(library, "could not find expected ':'") && dashWord.MatchString(lineText):
		return fault{offset: line + len(indentation), msg: "a space is missing after the -", hint: "a step begins with \"- \""}
	case strings.Contains(library, "could not find expected ':'") && blockHeader.MatchString(upToLineEnd(text[lineAbove(text, line):])):
		return fault{offset: line + len(indentation), msg: "a block of text has to be indented deeper than its key", hint: "indent its lines further"}
	case strings.Contains(library, "could not find expected ':'"):
		return fault{offset: line + len(indentation), msg: "a key without a colon", hint: "a key is followed by a colon and a space: users: 5"}
	case strings.Contains(library, "did not find expected key"), strings.Contains(library, "'-' indicator"):
		return fault{offset: at, msg: "this line fits nothing above it", hint: "the keys of a mapping stand in one column, and so do the - of a list; a step's options stand below its key"}
	case strings.Contains(library, "<document start>"):
		return fault{offset: at, msg: "this stands behind the end of the scenario", hint: "take it out"}
	}
	return fault{offset: at, msg: "this is not YAML: " + library}
}

var (
	dashWord    = regexp.MustCompile(`^ *-[A-Za-z]`)
	blockHeader = regexp.MustCompile(`: +[|>][-+0-9]* *(#.*)?$`)
)

func quoteHint(quote byte, inFlow bool) string {
	if quote == '\'' {
		return "inside '…' a quote is written twice: ''; inside \"…\" it stands as it is"
	}
	if inFlow {
		return `a comma is missing, or a quote inside "…", which is written \"`
	}
	return `put the whole text into quotes; inside "…" a quote is written \"`
}

// explainFlow explains a fault inside { } or [ ].
func explainFlow(text string, at, line int, state yamlState) fault {
	last := state.brackets[len(state.brackets)-1]
	rest := text[at:]
	lineText, _, _ := strings.Cut(text[line:], "\n")
	trimmed := strings.TrimLeft(lineText, " ")
	bracketLine := strings.LastIndexByte(text[:last.offset], '\n') + 1
	open := string(last.char)
	closing := map[byte]string{'{': "}", '[': "]"}[last.char]
	if bracketLine != line {
		if state.hash > last.offset && strings.Contains(upToLineEnd(text[state.hash:]), closing) {
			return fault{offset: state.hash, local: true, msg: "a comment begins here, and takes the " + closing + " with it", hint: "inside " + open + " " + closing + " a text with # is put into quotes"}
		}
		before := len(upToLineEnd(text[bracketLine:])) - len(strings.TrimLeft(upToLineEnd(text[bracketLine:]), " "))
		if at >= len(text) || strings.HasPrefix(trimmed, "- ") || len(lineText)-len(trimmed) <= before {
			// Lines between that belong to it would be misread without it.
			alone := lineAbove(text, min(line, len(text))) == bracketLine
			return fault{offset: last.offset, local: alone, msg: "this " + open + " is not closed", hint: "close it with " + closing}
		}
	}
	if at >= len(text) {
		return fault{offset: last.offset, local: true, msg: "this " + open + " is not closed", hint: "close it with " + closing}
	}
	inside := "inside " + open + " " + closing
	// "a: b: c": the second colon could still have ended an empty value.
	before := strings.TrimRight(text[line:at], " ")
	if strings.HasSuffix(before, ":") && strings.IndexByte("{[@`%|>*&!", rest[0]) < 0 {
		at, rest = line+len(before)-1, ":"
	}
	switch {
	case at > 0 && text[at-1] == '$' && rest[0] == '{':
		return fault{offset: at - 1, local: true, msg: inside + " a text with ${…} has to stand in quotes", hint: `like {text: "run ${i}"}`}
	case rest[0] == ':':
		return fault{offset: at, local: true, msg: "a second \": \" stands here " + inside, hint: `text with ": " in it is put into quotes; between two keys stands a comma`}
	case strings.IndexByte("@`%|>*&!", rest[0]) >= 0:
		return fault{offset: at, local: true, msg: "a text cannot begin with " + rest[:1], hint: "put it into quotes"}
	case rest[0] == '}' || rest[0] == ']':
		return fault{offset: at, local: true, msg: "this " + rest[:1] + " closes nothing", hint: closing + " belongs here"}
	}
	return fault{offset: at, local: true, msg: "a comma or a " + closing + " is missing before this", hint: "text with , : # { } [ ] in it is put into quotes"}
}

// explainColon explains a ": " where no key can be.
func explainColon(text string, at, line int) fault {
	before := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text[line:at]), "- "))
	if strings.Contains(before+" ", ": ") {
		return fault{offset: at, local: true, msg: "a second \": \" stands on this line", hint: "text with \": \" in it is put into quotes; a mapping on one line is written {key: value}"}
	}
	// The line above was read as the beginning of a text that goes on here.
	above := lineAbove(text, line)
	aboveText := upToLineEnd(text[above:])
	for _, l := range []int{above, line} {
		if t := upToLineEnd(text[l:]); dashWord.MatchString(t) {
			return fault{offset: l + len(t) - len(strings.TrimLeft(t, " ")), msg: "a space is missing after the -", hint: "a step begins with \"- \""}
		}
	}
	if above < line && !strings.Contains(aboveText+" ", ": ") && !strings.HasPrefix(strings.TrimSpace(aboveText), "- ") {
		return fault{offset: above + len(aboveText) - len(strings.TrimLeft(aboveText, " ")), msg: "a key without a colon", hint: "a key is followed by a colon and a space: users: 5"}
	}
	start := line + len(upToLineEnd(text[line:])) - len(strings.TrimLeft(upToLineEnd(text[line:]), " "))
	return fault{offset: start, msg: "this line is indented deeper than the one above, which has its value already", hint: "the keys of a mapping stand in one column; a step's options stand below its key"}
}

func upToLineEnd(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// lineAbove is the offset of the nearest line above that is neither blank nor
// a comment; the line's own where there is none.
func lineAbove(text string, line int) int {
	for at := line; at > 0; {
		at = strings.LastIndexByte(text[:at-1], '\n') + 1
		if s := strings.TrimSpace(upToLineEnd(text[at:])); s != "" && !strings.HasPrefix(s, "#") {
			return at
		}
	}
	return line
}

// Package mask puts *** in the place of what must not be written: secrets, as
// they are and as addresses, forms, JSON, HTML and programs write them.
package mask

import (
	"html"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	// stars stands where a secret was.
	stars = "***"
	// mostLate bounds how many of the secrets that came up during a run are
	// remembered: the latest.
	mostLate = 50_000
	// leastWithin is from how many bytes on a secret is hidden within a word, and
	// what a cut has left of one is. A shorter one has to stand alone: a secret "5"
	// is not to make *** of 500 ms.
	leastWithin = 4
	// ellipsis is where a text was cut.
	ellipsis = "…"
)

// Mask knows the secrets of a run. The zero Mask knows none. Its methods may be
// called from several goroutines at once.
type Mask struct {
	mu     sync.RWMutex
	sorted []string // all that are known, each once
	late   []string // those that came up during the run, oldest first
}

// New returns a mask that knows some secrets for ever.
func New(secrets ...string) *Mask {
	m := &Mask{}
	for _, s := range secrets {
		m.learn(s)
	}
	return m
}

// Add makes secrets known that came up during the run: the latest 50,000 of them
// are remembered.
func (m *Mask) Add(secrets ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range secrets {
		if !m.learn(s) {
			continue
		}
		if m.late = append(m.late, s); len(m.late) > mostLate {
			at, _ := slices.BinarySearch(m.sorted, m.late[0])
			m.sorted = slices.Delete(m.sorted, at, at+1)
			m.late = m.late[1:]
		}
	}
}

// learn tells whether a secret is new.
func (m *Mask) learn(s string) bool {
	at, known := slices.BinarySearch(m.sorted, s)
	if s == "" || known {
		return false
	}
	m.sorted = slices.Insert(m.sorted, at, s)
	return true
}

// Hide returns a text with *** in the place of each secret, the longest first,
// and of what a cut ("…") has left of one.
func (m *Mask) Hide(text string) string {
	if m == nil {
		return text
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.sorted) == 0 {
		return text
	}
	var out strings.Builder
	written := 0 // of the text
	for at := 0; at < len(text); {
		n := m.secretAt(text, at)
		if n == 0 {
			at++
			continue
		}
		out.WriteString(text[written:at])
		out.WriteString(stars)
		at += n
		written = at
	}
	if written == 0 {
		return text
	}
	out.WriteString(text[written:])
	return out.String()
}

// secretAt is the length in the text of the longest secret that begins there; 0
// where none does.
func (m *Mask) secretAt(text string, at int) int {
	f := finding{text: text, at: at, others: mostOthers}
	f.look(at, m.sorted, 0)
	if f.longest == 0 && strings.HasSuffix(text[:at], ellipsis) {
		return m.restAt(text[at:])
	}
	return f.longest
}

// mostOthers bounds how often, at one place of a text, what follows is read in
// another way than as it stands.
const mostOthers = 2000

// finding is a search for a secret at a place of a text.
type finding struct {
	text    string
	at      int
	others  int // readings in another way that are left
	longest int
}

// look reads on from a place at which some secrets, sorted, are still possible:
// all that begin with the same known bytes.
func (f *finding) look(from int, possible []string, known int) {
	if known > 0 && len(possible[0]) == known { // the shortest is the first
		if known >= leastWithin || alone(f.text, f.at, from) {
			f.longest = max(f.longest, from-f.at)
		}
		possible = possible[1:]
	}
	if known >= leastWithin && len(possible) > 0 && strings.HasPrefix(f.text[from:], ellipsis) {
		f.longest = max(f.longest, from-f.at)
	}
	for i, s := range read(f.text[from:]) {
		if i > 0 && s.length > 0 {
			f.others--
		}
		if f.others < 0 {
			return
		}
		if left := narrow(possible, known, s.decoded); s.length > 0 && len(left) > 0 {
			f.look(from+s.length, left, known+len(s.decoded))
		}
	}
}

// narrow leaves those of some sorted texts, which are longer than known bytes and
// begin with the same, that go on with what comes next.
func narrow(sorted []string, known int, next string) []string {
	from := sort.Search(len(sorted), func(i int) bool { return sorted[i][known:] >= next })
	sorted = sorted[from:]
	return sorted[:sort.Search(len(sorted), func(i int) bool { return !strings.HasPrefix(sorted[i][known:], next) })]
}

// restAt is the length of the end of a secret that a text begins with, of which
// the begin was cut off; the longest.
func (m *Mask) restAt(text string) int {
	longest := 0
	for _, s := range m.sorted {
		for from := 1; len(s)-from >= max(leastWithin, longest+1); from++ {
			if strings.HasPrefix(text, s[from:]) {
				longest = len(s) - from
			}
		}
	}
	return longest
}

// alone tells whether a piece of a text is no part of a longer word or number.
func alone(text string, from, to int) bool {
	inWord := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= utf8.RuneSelf
	}
	return (from == 0 || !inWord(text[from-1])) && (to == len(text) || !inWord(text[to]))
}

// sign is one way to read the begin of a text.
type sign struct {
	length  int    // in the text
	decoded string // what it stands for
}

// read is how the begin of a text can be read: as it stands, and as what %2F,
// +, \u002f, \x2f, \/, &#47;, &#x2F; and &amp; stand for.
func read(text string) [3]sign {
	var signs [3]sign
	if text == "" {
		return signs
	}
	_, n := utf8.DecodeRuneInString(text)
	signs[0] = sign{n, text[:n]}
	switch text[0] {
	case '%':
		if b, ok := hex(text, 1, 2); ok {
			signs[1] = sign{3, string([]byte{byte(b)})}
		}
	case '+':
		signs[1] = sign{1, " "}
	case '\\':
		signs[1] = escaped(text)
	case '&':
		if end := strings.IndexByte(text[:min(len(text), longestEntity)], ';'); end > 0 {
			if s := html.UnescapeString(text[:end+1]); s != text[:end+1] {
				signs[1] = sign{end + 1, s}
			}
		}
	}
	return signs
}

// longestEntity bounds how far the ; of an HTML entity is looked for.
const longestEntity = 12

// escaped reads what stands behind a backslash in JSON and in programs.
func escaped(text string) sign {
	if len(text) < 2 {
		return sign{}
	}
	switch text[1] {
	case 'u':
		high, ok := hex(text, 2, 4)
		if !ok {
			return sign{}
		}
		if low, paired := hex(text, 8, 4); paired && text[6:8] == `\u` && high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000 {
			return sign{12, string(rune((high-0xD800)<<10 + (low - 0xDC00) + 0x10000))}
		}
		return sign{6, string(rune(high))}
	case 'x':
		if b, ok := hex(text, 2, 2); ok {
			return sign{4, string([]byte{byte(b)})}
		}
	case 'n':
		return sign{2, "\n"}
	case 'r':
		return sign{2, "\r"}
	case 't':
		return sign{2, "\t"}
	default:
		_, n := utf8.DecodeRuneInString(text[1:])
		return sign{1 + n, text[1 : 1+n]}
	}
	return sign{}
}

// hex reads so many hexadecimal digits.
func hex(text string, from, digits int) (uint64, bool) {
	if len(text) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(text[from:from+digits], 16, 32)
	return n, err == nil
}

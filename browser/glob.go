package browser

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/scenario"
)

// globAgainst compiles a URL glob as Playwright 1.60 reads it (urlMatch.ts):
// unless it starts with a star, it is an address relative to the scenario's url.
func globAgainst(base, glob string) (*regexp.Regexp, error) {
	pattern, err := globPattern(absoluteGlob(base, glob))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", glob, err)
	}
	return regexp.Compile(pattern)
}

// absoluteGlob resolves a glob against an address, as resolveGlobBase does: the
// pieces between slashes are set aside meanwhile, since a star or a brace is no
// part of an address.
func absoluteGlob(base, glob string) string {
	for _, prefix := range []string{"*", "about:", "data:", "chrome:", "edge:", "file:"} {
		if strings.HasPrefix(glob, prefix) {
			return glob
		}
	}
	var aside []string // in pairs: the stand-in, the piece
	set := func(standIn, piece string) string {
		if piece == "" {
			return ""
		}
		aside = append(aside, standIn, piece)
		return standIn
	}
	pieces := strings.Split(strings.ReplaceAll(glob, `\\?`, "?"), "/")
	for i, piece := range pieces {
		switch path, query, has := strings.Cut(piece, "?"); {
		case piece == "." || piece == "..":
		case i == 0 && strings.HasSuffix(piece, ":"):
			if strings.ContainsAny(piece, "*{") {
				pieces[i] = set("http:", piece)
			}
		case has:
			pieces[i] = set("lw-"+strconv.Itoa(i)+"-path", path) + set("?lw-"+strconv.Itoa(i)+"-query", "?"+query)
		default:
			pieces[i] = set("lw-"+strconv.Itoa(i)+"-path", piece)
		}
	}
	u, err := url.Parse(strings.Join(pieces, "/"))
	if err != nil {
		return glob
	}
	if b, err := url.Parse(base); err == nil && b.IsAbs() {
		u = b.ResolveReference(u)
	}
	if u.Host != "" && u.Path == "" {
		u.Path = "/"
	}
	resolved := u.String()
	for i := 0; i < len(aside); i += 2 {
		piece := aside[i+1]
		if aside[i] == u.Host { // browsers write hosts in lower case
			piece = strings.ToLower(piece)
		}
		resolved = strings.Replace(resolved, aside[i], piece, 1)
	}
	return resolved
}

// globPattern is the regular expression of a glob, as globToRegexPattern makes
// it: * stops at a slash, ** does not, {a,b} is a choice, ? and all else are
// literal.
func globPattern(glob string) (string, error) {
	if err := scenario.CheckGlob(glob); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteByte('^')
	inGroup := false
	runes := []rune(glob)
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; {
		case c == '\\' && i+1 < len(runes):
			i++
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		case c == '*':
			before := i > 0 && runes[i-1] == '/'
			stars := 1
			for ; i+1 < len(runes) && runes[i+1] == '*'; i++ {
				stars++
			}
			switch {
			case stars == 1:
				b.WriteString("[^/]*")
			case i+1 < len(runes) && runes[i+1] == '/' && before:
				b.WriteString("(?:.+/)?")
				i++ // the slash
			case i+1 < len(runes) && runes[i+1] == '/':
				b.WriteString(".*/")
				i++
			default:
				b.WriteString(".*")
			}
		case c == '{':
			inGroup = true
			b.WriteString("(?:")
		case c == '}':
			inGroup = false
			b.WriteByte(')')
		case c == ',' && inGroup:
			b.WriteByte('|')
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	b.WriteByte('$')
	return b.String(), nil
}

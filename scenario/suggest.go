package scenario

import (
	"slices"
	"strings"
	"unicode"
)

// word is a word of the language and what other tools call it.
type word struct {
	text string
	also string // separated by spaces
}

// nearest is the word that was most likely meant, or "". Case, hyphens and
// underscores don't count: waitFor is wait_for.
func nearest(got string, words []word) string {
	const longest = 40 // nobody mistypes that much
	plain := fold(got)
	if plain == "" || len(plain) > longest {
		return ""
	}
	var others []string
	for _, w := range words {
		for _, other := range strings.Fields(w.also) {
			if fold(other) == plain && !slices.Contains(others, w.text) {
				others = append(others, w.text)
			}
		}
	}
	if len(others) > 0 {
		return strings.Join(others, " or ")
	}
	best, bestDistance := "", 1+max(1, len(plain)/3)
	for _, w := range words {
		target := fold(w.text)
		d := distance(plain, target)
		// A word of which most letters are wrong is another word.
		if d < bestDistance && d < len(target) && d < len(plain) {
			best, bestDistance = w.text, d
		}
	}
	return best
}

// Nearest is the word that was most likely meant by one that is unknown, or "".
func Nearest(got string, words []string) string {
	all := make([]word, len(words))
	for i, w := range words {
		all[i] = word{text: w}
	}
	return nearest(got, all)
}

// fold drops what people write differently.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', ' ', '.':
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// distance is the number of letters to insert, drop, change or swap with their
// neighbour (the optimal string alignment distance).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	before, row := make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		next := make([]int, len(t)+1)
		next[0] = i + 1
		for j := range t {
			cost := b2i(s[i] != t[j])
			next[j+1] = min(next[j]+1, row[j+1]+1, row[j]+cost)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(t)]
}

// didYouMean is the hint that goes with an unknown word: the nearest known
// one, and all that are allowed.
func didYouMean(got string, words []word) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.text
	}
	allowed := "allowed: " + strings.Join(all, ", ")
	if len(all) == 0 {
		allowed = ""
	}
	if near := nearest(got, words); near != "" {
		return strings.TrimSpace("did you mean " + near + "?\n" + allowed)
	}
	return allowed
}

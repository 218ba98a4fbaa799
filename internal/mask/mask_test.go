package mask

import (
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// ways are how programs write a text into another.
var ways = map[string]func(string) string{
	"as it is":     func(s string) string { return s },
	"query":        url.QueryEscape,
	"path segment": url.PathEscape,
	"path":         func(s string) string { return (&url.URL{Path: s}).EscapedPath() },
	"every byte":   func(s string) string { return eachByte(s, "%%%02X") },
	"lower case":   func(s string) string { return eachByte(s, "%%%02x") },
	"a browser's form": func(s string) string { // https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set
		return strings.NewReplacer("%2A", "*").Replace(url.QueryEscape(s))
	},
	"encodeURIComponent": func(s string) string {
		return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%7E", "~").Replace(url.QueryEscape(s))
	},
	"Go":   func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"JSON": func(s string) string { q, _ := json.Marshal(s); return string(q[1 : len(q)-1]) },
	"JSON of Python's": func(s string) string {
		q := strconv.QuoteToASCII(s)
		return strings.ReplaceAll(q[1:len(q)-1], `\U0001f511`, `\ud83d\udd11`)
	},
	"HTML": html.EscapeString,
	"HTML of Python's": func(s string) string {
		return strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(html.EscapeString(s))
	},
	"HTML, numbers": func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, "&#x%X;", r)
		}
		return b.String()
	},
}

func eachByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

func TestHide(t *testing.T) {
	for _, secret := range []string{"Hunter2*#!", `p&ss "w/ö rd+<`, "t0p:secret é", `back\slash'`, "100%25", "a+b c", "two\nlines", "🔑🔑", "***x***"} {
		m := New("another", secret)
		for name, write := range ways {
			text := "x=" + write(secret) + "&y"
			if got := m.Hide(text); got != "x=***&y" {
				t.Errorf("%q, %s: %q became %q", secret, name, text, got)
			}
		}
	}
}

func TestHideTexts(t *testing.T) {
	m := New("abc", "abcdef", "correct-horse-battery", "5", "é", "")
	m.Add("late", "late")
	for text, want := range map[string]string{
		"":                              "",
		"nothing of it":                 "nothing of it",
		"abcdef, not abc alone":         "***, not *** alone",
		"abcabcdef":                     "abc***", // a short one has to stand alone
		"late and later":                "*** and ***r",
		"500ms, 5 of 5.5":               "500ms, *** of ***.***",
		"caf\u00e9, \u00e9":             "caf\u00e9, ***",
		"it begins correct-horse-b…":    "it begins ***…",
		"it begins cor…":                "it begins cor…", // too little to tell
		"…horse-battery is how it ends": "…*** is how it ends",
		"…tery":                         "…***",
		"…ery":                          "…ery",
		"%63orrect%2Dhorse-battery":     "***",
		`\u0063orrect-horse-batter\x79`: "***",
		"100% of 5%":                    "100% of ***%",
		"&#53;&#;&;&":                   "***&#;&;&",
		"\xff correct-horse-battery \\": "\xff *** \\",
	} {
		if got := m.Hide(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	if got := (*Mask)(nil).Hide("x"); got != "x" {
		t.Errorf("without secrets: %q", got)
	}
	if got := new(Mask).Hide("x"); got != "x" {
		t.Errorf("without secrets: %q", got)
	}
}

// Of what comes up during a run the latest are known, and what was known before.
func TestMany(t *testing.T) {
	m := New("for ever")
	for i := range mostLate + 10 {
		m.Add(fmt.Sprintf("secret%07d", i))
	}
	if got := m.Hide("for ever secret0000009 secret0000010 secret0050009"); got != "*** secret0000009 *** ***" {
		t.Error(got)
	}
	if len(m.sorted) != mostLate+1 || len(m.late) != mostLate {
		t.Errorf("%d known, %d late", len(m.sorted), len(m.late))
	}
}

func FuzzHide(f *testing.F) {
	f.Add("x=%2F…&amp;", "secret")
	f.Fuzz(func(t *testing.T, text, secret string) {
		if len(secret) < leastWithin || strings.ContainsAny(secret, "*\x00") || strings.ToValidUTF8(secret, "") != secret {
			t.Skip()
		}
		m := New(secret)
		got := m.Hide(text + secret)
		if strings.Contains(strings.ReplaceAll(got, stars, "\x00"), secret) {
			t.Errorf("%q with %q became %q", text, secret, got)
		}
	})
}

func BenchmarkHide(b *testing.B) {
	m := New()
	for i := range 10_000 {
		m.Add(fmt.Sprintf("pass%d-%d", i*7919%10_000, i))
	}
	text := strings.Repeat("GET /some/page?of=the%20app failed: status 503 Service Unavailable; ", 5)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		m.Hide(text)
	}
}

package wording

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc…"},
		{"äöü", 3, "äöü"},
		{"äöüß", 3, "äöü…"},
		{"abc", 0, "…"},
	} {
		if got := Cut(c.text, c.most); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.text, c.most, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		" a\n\tb\r\n c ":                       "a b c",
		"\xff":                                 "\uFFFD",
		"12345678901":                          "1234567890…",
		strings.Repeat("x ", 1<<20):            "x x x x x …",
		"ä" + strings.Repeat("\u2028", 3) + "": "ä",
	} {
		if got := Line(text, 10); got != want {
			t.Errorf("Line(%.20q, 10) = %q, want %q", text, got, want)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\nb", 3)
	f.Fuzz(func(t *testing.T, text string, most int) {
		if most < 0 || most > 1000 {
			return
		}
		got := Line(text, most)
		if strings.ContainsAny(got, "\n\r\t") || !utf8.ValidString(got) || utf8.RuneCountInString(got) > most+1 {
			t.Errorf("Line(%q, %d) = %q", text, most, got)
		}
	})
}

func TestPlain(t *testing.T) {
	_, err := os.Open(t.TempDir() + "/none")
	if got := Plain(fmt.Errorf("reading: %w", err)); !errors.Is(got, os.ErrNotExist) || strings.Contains(got.Error(), "none") {
		t.Errorf("it says %q", got)
	}
	if own := errors.New("own"); Plain(own) != own {
		t.Error("another error is not itself any more")
	}
}

func TestTimes(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0:                                {"0:00", "0s"},
		42900 * time.Millisecond:         {"0:42", "42.9s"},
		2 * time.Minute:                  {"2:00", "2m"},
		time.Hour:                        {"1:00:00", "1h"},
		time.Hour + 5*time.Second:        {"1:00:05", "1h0m5s"},
		26*time.Hour + 30*time.Minute:    {"26:30:00", "26h30m"},
		10 * time.Minute:                 {"10:00", "10m"},
		90*time.Second + time.Nanosecond: {"1:30", "1m30.000000001s"},
	} {
		if got := [2]string{Clock(d), Duration(d)}; got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

package scenario

import (
	"slices"
	"testing"

	"github.com/mattn/go-shellwords"
)

func TestKeepBackslashes(t *testing.T) {
	for command, want := range map[string][]string{
		`venv\Scripts\panel.exe serve app.py`:         {`venv\Scripts\panel.exe`, "serve", "app.py"},
		`"C:\Program Files\panel.exe" 'a\b' \\host\x`: {`C:\Program Files\panel.exe`, `a\b`, `\\host\x`},
		`say "a \"word\""`:                            {"say", `a "word"`},
		`panel serve app.py`:                          {"panel", "serve", "app.py"},
	} {
		words, err := shellwords.NewParser().Parse(keepBackslashes(command))
		if err != nil || !slices.Equal(words, want) {
			t.Errorf("%s: %q, %v", command, words, err)
		}
	}
}

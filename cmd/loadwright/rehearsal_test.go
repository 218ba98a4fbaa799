package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright"
)

// A user's own scenario gives the calibration its think times and its mix of
// loads and clicks.
func TestRehearsal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.yaml")
	err := os.WriteFile(path, []byte(`url: http://example.org
vars: {token: }
steps:
  - event: sign in
    steps:
      - goto: /login
      - fill: {label: Token}
        value: "${token}"
      - press: {label: Token}
        key: Enter
      - wait_for: {text: Welcome}
  - sleep: {between: [1s, 2s]}
  - event: report
    steps: [{goto: /report}, {wait_for: {text: Ready}}]
  - repeat: 2
    steps:
      - click: {text: More}
      - sleep: 3s
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	beats, err := beatsOfFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := rehearsal(beats, "page")
	if _, err := loadwright.Parse("rehearsal.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`run_delay=\S+`).ReplaceAllString(text, "run_delay=…")
	want := `name: calibration
url: http://localhost
timing: page
load: {users: 1, graceful_stop: 30s}
steps:
  - event: load
    steps:
      - goto: /app?load_delay=0&as=u${user}-i${iteration}-p1&turn=${user}${iteration}&run_delay=…
      - wait_for: {role: button, name: Run}
  - event: interact
    steps:
      - click: {role: button, name: Run}
      - wait_for: {text: "Finished run 1 in"}
  - sleep: {between: [1s, 2s]}
  - evaluate: window.report()
  - event: load
    steps:
      - goto: /app?load_delay=0&as=u${user}-i${iteration}-p2&turn=${user}${iteration}&run_delay=…
      - wait_for: {role: button, name: Run}
  - event: interact
    steps:
      - click: {role: button, name: Run}
      - wait_for: {text: "Finished run 1 in"}
  - sleep: 3s
  - event: interact
    steps:
      - click: {role: button, name: Run}
      - wait_for: {text: "Finished run 2 in"}
  - sleep: 3s
  - evaluate: window.report()
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

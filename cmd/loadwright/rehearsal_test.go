package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
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
	kinds, err := beatsOfFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := rehearsal(kinds, "page", attempt{users: 3, warm: 2 * time.Second, long: 8 * time.Second}, 125*time.Millisecond)
	if _, err := loadwright.Parse("rehearsal.yaml", []byte(text)); err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`run_delay=\S+`).ReplaceAllString(text, "run_delay=…")
	want := `name: calibration
url: http://localhost
timing: page
load: {users: 3, duration: 10s, start_interval: 125ms, warm_up: 2s, graceful_stop: 2s}
user_types:
  kind1:
    weight: 1
    steps:
      - event: load
        steps:
          - goto: /app?load_delay=0&as=u${user}-i${iteration}-p1&turn=${user}${iteration}&run_delay=…
          - wait_for: {role: button, name: Run}
      - evaluate: window.report()
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run 1 in"}
      - evaluate: window.report()
      - sleep: {between: [1s, 2s]}
      - event: load
        steps:
          - goto: /app?load_delay=0&as=u${user}-i${iteration}-p2&turn=${user}${iteration}&run_delay=…
          - wait_for: {role: button, name: Run}
      - evaluate: window.report()
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run 1 in"}
      - evaluate: window.report()
      - sleep: 3s
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run 2 in"}
      - evaluate: window.report()
      - sleep: 3s
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Each kind that needs a browser is there, with its weight, wherever it stands; who
// only sends requests is not.
func TestRehearsalOfKinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kinds.yaml")
	err := os.WriteFile(path, []byte(`url: http://example.org
vars: {think: }
user_types:
  api: {weight: 9, steps: [{request: GET /api}, {sleep: "${think}"}]}
  reader: {weight: 3, steps: [{event: read, steps: [{goto: /}]}, {sleep: 2s}]}
  clicker: {weight: 1, steps: [{event: click, steps: [{goto: /}, {click: {text: More}}]}, {sleep: "${think}"}]}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := beatsOfFile(path, nil); err == nil || !strings.Contains(err.Error(), "kinds.yaml:6:") || !strings.Contains(err.Error(), "--set") {
		t.Errorf("a think time without a value: %v", err)
	}
	kinds, err := beatsOfFile(path, map[string]string{"think": "700ms"})
	if err != nil {
		t.Fatal(err)
	}
	text := rehearsal(kinds, "page", attempt{users: 4, warm: time.Second, long: time.Second}, 0)
	s, err := scenario.Parse("rehearsal.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.UserTypes) != 2 || s.UserTypes[0].Weight != 3 || s.UserTypes[1].Weight != 1 || !strings.Contains(text, "sleep: 2s") || !strings.Contains(text, "sleep: 700ms") {
		t.Errorf("it became\n%s", text)
	}
}

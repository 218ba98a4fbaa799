package scenario

import (
	"fmt"
	"strings"
	"testing"
)

func TestBeats(t *testing.T) {
	s, err := Parse("s.yaml", []byte(`url: http://localhost
vars: {rounds: 2}
steps:
  - event: load
    steps:
      - goto: /app
      - wait_for: {role: button, name: Run}
  - sleep: 500ms
  - repeat: ${rounds}
    steps:
      - event: interact
        steps:
          - fill: {label: Name}
            value: x
          - click: {role: button, name: Run}
          - wait_for: {text: Done}
      - sleep: {between: [1s, 3s]}
  - event: submit
    steps:
      - click: {role: button, name: Go}
      - sleep: {exponential: 2s}
      - reload
  - repeat: 9
    while: {text: More}
    steps:
      - click: {text: More}
      - sleep: {normal: {mean: 2s, sd: 500ms}}
  - repeat: ${iteration}
    steps:
      - sleep: {pace: 5s}
  - evaluate: 1
`))
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Bind(Values{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range s.Beats() {
		switch b.Kind {
		case Loads:
			got = append(got, "load")
		case Acts:
			got = append(got, "act")
		default:
			got = append(got, b.Think.YAML())
		}
	}
	want := "load, 500ms, act, {between: [1s, 3s]}, act, {between: [1s, 3s]}, act, {exponential: 2s}, " +
		"act, {normal: {mean: 2s, sd: 500ms}}, {pace: 5s}"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("got  %s\nwant %s", all, want)
	}
}

func TestBeatsAreBounded(t *testing.T) {
	s, err := Parse("s.yaml", fmt.Appendf(nil, "url: http://localhost\nsteps:\n  - repeat: 1000000000\n    steps:\n      - event: click\n        steps:\n          - click: {text: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.Bind(Values{}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Beats()); n != MostBeats {
		t.Errorf("%d beats", n)
	}
}

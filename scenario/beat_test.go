package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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
	kinds, err := s.Rhythms()
	if err != nil || len(kinds) != 1 || kinds[0].Weight != 1 {
		t.Fatalf("%+v, %v", kinds, err)
	}
	var got []string
	for _, b := range kinds[0].Beats {
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
	kinds, err := s.Rhythms()
	if err != nil || len(kinds[0].Beats) != MostBeats {
		t.Errorf("%d beats, %v", len(kinds[0].Beats), err)
	}
}

// A kind's part of the users is its weight, or what the counts leave it.
func TestRhythmsOfKinds(t *testing.T) {
	const steps = "steps: [{event: e, steps: [{goto: /}, {click: {text: x}}]}]}"
	for _, test := range []struct {
		kinds string
		want  []float64
	}{
		{"a: {weight: 3, " + steps + ", b: {weight: 1, " + steps, []float64{3, 1}},
		{"a: {count: 6, " + steps + ", b: {count: 4, " + steps, []float64{6, 4}},
		{"a: {count: 2, " + steps + ", b: {weight: 3, " + steps + ", c: {weight: 1, " + steps, []float64{2, 6, 2}},
		{"a: {count: 10, " + steps + ", b: {weight: 3, " + steps, []float64{10}},
		{"a: {weight: 3, steps: [{event: r, steps: [{request: GET /}]}]}, b: {weight: 2, " + steps, []float64{2}},
	} {
		s, err := Parse("s.yaml", []byte("url: http://localhost\nload: {users: 10}\nuser_types: {"+test.kinds+"}\n"))
		if err == nil {
			s, err = s.Bind(Values{})
		}
		if err != nil {
			t.Fatal(err)
		}
		kinds, err := s.Rhythms()
		if err != nil {
			t.Fatal(err)
		}
		var got []float64
		for _, k := range kinds {
			got = append(got, k.Weight)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.kinds, got, test.want)
		}
	}
}

// A think time that nobody knows is told, rather than left out.
func TestRhythmsUnknown(t *testing.T) {
	s, err := Parse("s.yaml", []byte("url: http://localhost\nvars: {think: }\nsteps:\n  - event: click\n    steps:\n      - click: {text: x}\n      - sleep: ${think}\n"))
	if err != nil {
		t.Fatal(err)
	}
	open, err := s.Bind(Values{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Rhythms(); err == nil || !strings.Contains(err.Error(), "s.yaml:7:9") {
		t.Errorf("got %v", err)
	}
	known, err := s.Bind(Values{Partial: true, Set: map[string]string{"think": "3s"}})
	if err != nil {
		t.Fatal(err)
	}
	if kinds, err := known.Rhythms(); err != nil || kinds[0].Beats[1].Think.Mean() != 3*time.Second {
		t.Errorf("%+v, %v", kinds, err)
	}
}

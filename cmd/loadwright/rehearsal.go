package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

// clicksAPage is after how many clicks a user gets a fresh page.
const clicksAPage = 8

// usualBeats are those of a calibration without a scenario: more clicks than
// those of most people.
func usualBeats() ([]scenario.Beat, error) {
	text := fmt.Sprintf(`url: http://localhost
steps:
  - goto: /app
  - repeat: %d
    steps:
      - sleep: {between: [100ms, 300ms]}
      - event: interact
        steps:
          - click: {role: button, name: Run}
`, clicksAPage)
	return beatsOf("calibration.yaml", []byte(text))
}

// beatsOfFile are those of a user's own scenario.
func beatsOfFile(path string) ([]scenario.Beat, error) {
	if _, err := loadwright.Load(path); err != nil {
		return nil, err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	beats, err := beatsOf(path, src)
	if err != nil {
		return nil, err
	}
	for _, b := range beats {
		if b.Kind == scenario.Acts {
			return beats, nil
		}
	}
	return nil, usageError{fmt.Errorf("%s: no step acts on the page (click, fill, press, …): there is nothing to calibrate by", path)}
}

func beatsOf(name string, src []byte) ([]scenario.Beat, error) {
	s, err := scenario.Parse(name, src)
	if err == nil {
		s, err = s.Bind(scenario.Values{Env: os.LookupEnv, Partial: true})
	}
	if err != nil {
		return nil, usageError{err}
	}
	return s.Beats(), nil
}

// calibrationDelays are what the app is asked for, in turn, in an order that
// each level shuffles: those of most apps, and some that fall between the
// moments at which Playwright looks (0, 20, 70, 170, 270, 770 ms, …).
var calibrationDelays = []string{"0", "50ms", "120ms", "200ms", "340ms", "500ms", "900ms", "1500ms"}

// rehearsal is a scenario that does on the bundled app what the beats say: a
// beat that acts is a click on Run and the wait for its answer. Each page has a
// name of its own, and reports its record before it goes.
func rehearsal(beats []scenario.Beat, timing string) string {
	delays := append([]string(nil), calibrationDelays...)
	rand.Shuffle(len(delays), func(i, j int) { delays[i], delays[j] = delays[j], delays[i] })

	var b strings.Builder
	fmt.Fprintf(&b, "name: calibration\nurl: http://localhost\ntiming: %s\nload: {users: 1, graceful_stop: 30s}\nsteps:\n", timing)
	pages, clicks := 0, 0
	load := func() {
		if pages > 0 {
			b.WriteString("  - evaluate: window.report()\n")
		}
		pages++
		clicks = 0
		fmt.Fprintf(&b, `  - event: load
    steps:
      - goto: /app?load_delay=0&as=u${user}-i${iteration}-p%d&turn=${user}${iteration}&run_delay=%s
      - wait_for: {role: button, name: Run}
`, pages, strings.Join(delays, ","))
	}
	for i, beat := range beats {
		if beat.Kind == scenario.Loads || i == 0 {
			load()
		}
		switch beat.Kind {
		case scenario.Acts:
			clicks++
			fmt.Fprintf(&b, `  - event: interact
    steps:
      - click: {role: button, name: Run}
      - wait_for: {text: "Finished run %d in"}
`, clicks)
		case scenario.Thinks:
			fmt.Fprintf(&b, "  - sleep: %s\n", beat.Think.YAML())
		}
	}
	b.WriteString("  - evaluate: window.report()\n")
	return b.String()
}

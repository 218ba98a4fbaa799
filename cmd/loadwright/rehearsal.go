package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/scenario"
)

// clicksAPage is after how many clicks a user gets a fresh page.
const clicksAPage = 8

// usualBeats are those of a calibration without a scenario: more clicks than
// those of most people.
func usualBeats() ([]scenario.Rhythm, error) {
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
	return beatsOf("calibration.yaml", []byte(text), nil)
}

// beatsOfFile are those of a user's own scenario, with values of its variables.
func beatsOfFile(path string, set map[string]string) ([]scenario.Rhythm, error) {
	if _, err := loadwright.Load(path); err != nil {
		return nil, err
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	kinds, err := beatsOf(path, src, set)
	if err != nil {
		return nil, err
	}
	act := func(b scenario.Beat) bool { return b.Kind == scenario.Acts }
	if !slices.ContainsFunc(kinds, func(k scenario.Rhythm) bool { return slices.ContainsFunc(k.Beats, act) }) {
		return nil, usageError{fmt.Errorf("%s: no step acts on the page (click, fill, press, …): there is nothing to calibrate by", path)}
	}
	return kinds, nil
}

func beatsOf(name string, src []byte, set map[string]string) ([]scenario.Rhythm, error) {
	s, err := scenario.Parse(name, src)
	if err == nil {
		s, err = s.Bind(scenario.Values{Set: set, Env: os.LookupEnv, Partial: true})
	}
	if err != nil {
		return nil, usageError{err}
	}
	kinds, err := s.Rhythms()
	if err != nil {
		return nil, usageError{err}
	}
	return kinds, nil
}

// calibrationDelays are what the app is asked for, in turn, in an order that
// each level shuffles: those of most apps, and some that fall between the
// moments at which Playwright looks (0, 20, 70, 170, 270, 770 ms, …).
var calibrationDelays = []time.Duration{
	0, 50 * time.Millisecond, 120 * time.Millisecond, 200 * time.Millisecond, 340 * time.Millisecond,
	500 * time.Millisecond, 900 * time.Millisecond, 1500 * time.Millisecond,
}

// meanDelay is what the app takes for a click, on average.
func meanDelay() time.Duration {
	var all time.Duration
	for _, d := range calibrationDelays {
		all += d
	}
	return all / time.Duration(len(calibrationDelays))
}

// rehearsal is a scenario in which users do on the bundled app what the beats of
// their kinds say: a beat that acts is a click on Run and the wait for its answer.
// Each page has a name of its own, and reports its record after each of these: what
// cuts an iteration short takes no more than the last.
func rehearsal(kinds []scenario.Rhythm, timing string, a attempt, interval time.Duration) string {
	var names []string
	for _, d := range calibrationDelays {
		names = append(names, d.String())
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	delays := strings.Join(names, ",")

	var b strings.Builder
	fmt.Fprintf(&b, "name: calibration\nurl: http://localhost\ntiming: %s\n", timing)
	fmt.Fprintf(&b, "load: {users: %d, duration: %s, start_interval: %s, warm_up: %s, graceful_stop: %s}\n", a.users, a.warm+a.long, interval, a.warm, levelGrace)
	b.WriteString("user_types:\n")
	for i, k := range kinds {
		fmt.Fprintf(&b, "  kind%d:\n    weight: %g\n    steps:\n", i+1, k.Weight)
		rehearse(&b, k.Beats, delays)
	}
	return b.String()
}

func rehearse(b *strings.Builder, beats []scenario.Beat, delays string) {
	const report = "      - evaluate: window.report()\n"
	pages, clicks := 0, 0
	for i, beat := range beats {
		if beat.Kind == scenario.Loads || i == 0 {
			pages++
			clicks = 0
			fmt.Fprintf(b, `      - event: load
        steps:
          - goto: /app?load_delay=0&as=u${user}-i${iteration}-p%d&turn=${user}${iteration}&run_delay=%s
          - wait_for: {role: button, name: Run}
`+report, pages, delays)
		}
		switch beat.Kind {
		case scenario.Acts:
			clicks++
			fmt.Fprintf(b, `      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run %d in"}
`+report, clicks)
		case scenario.Thinks:
			fmt.Fprintf(b, "      - sleep: %s\n", beat.Think.YAML())
		}
	}
}

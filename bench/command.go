package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// startBar is how long a command that does nothing much may take.
const startBar = 50 * time.Millisecond

func help(binary string) ([]row, error) {
	return timed("`loadwright --help`", startBar, func() (time.Duration, error) { return run(binary, "--help") })
}

func validate(binary string) ([]row, error) {
	example := filepath.Join("..", "examples", "load_and_click.yaml")
	return timed("`loadwright validate` of the example", startBar, func() (time.Duration, error) { return run(binary, "validate", example) })
}

// repeats is how often a short command is timed; the median counts.
const repeats = 11

func timed(what string, bar time.Duration, f func() (time.Duration, error)) ([]row, error) {
	times := make([]time.Duration, repeats)
	for i := range times {
		var err error
		if times[i], err = f(); err != nil {
			return nil, err
		}
	}
	slices.Sort(times)
	median := times[repeats/2]
	return []row{{
		what:     what,
		measured: fmt.Sprintf("%v (median of %d, %v to %v)", round(median), repeats, round(times[0]), round(times[repeats-1])),
		bar:      fmt.Sprintf("≤ %v", bar),
		ok:       median <= bar,
	}}, nil
}

func round(d time.Duration) time.Duration {
	if d > time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

func run(binary string, args ...string) (time.Duration, error) {
	began := time.Now()
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s %v: %w\n%s", binary, args, err, out)
	}
	return time.Since(began), nil
}

// firstNavigationBar is how long after the start of `run` the first request of
// a browser may arrive.
const firstNavigationBar = 1500 * time.Millisecond

func firstNavigation(binary string) ([]row, error) {
	return timed("from `run` to the first navigation", firstNavigationBar, func() (time.Duration, error) {
		arrived := make(chan time.Time, 1)
		url, stop, err := serve(func() {
			select {
			case arrived <- time.Now():
			default:
			}
		})
		if err != nil {
			return 0, err
		}
		defer stop()
		began := time.Now()
		if err := load(binary, url, "page", 1, 1, "0"); err != nil {
			return 0, err
		}
		return (<-arrived).Sub(began), nil
	})
}

// serve serves a page with a button and calls visited at each visit.
func serve(visited func()) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		visited()
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	})}
	go server.Serve(l) //nolint:errcheck // it ends when it is closed
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

// page answers each click at once.
const page = `<!doctype html><title>bench</title><button>Run</button><p id="out">none</p>
<script>let n = 0; document.querySelector('button').onclick = () => { out.textContent = 'Finished run ' + ++n + ' now' }</script>`

// load runs users who load the page and then think and click so many times, timed
// as the scenario's timing says.
func load(binary, url, timing string, users, clicks int, think string) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	scenario := filepath.Join(dir, "scenario.yaml")
	text := fmt.Sprintf(`name: bench
url: %s
timing: %s
load: {users: %d, start_interval: 200ms}
steps:
  - event: load
    steps:
      - goto: /
      - wait_for: {role: button, name: Run}
  - repeat: %d
    steps:
      - sleep: %s
      - event: interact
        steps:
          - click: {role: button, name: Run}
          - wait_for: {text: "Finished run ${i} now"}
`, url, timing, users, clicks, think)
	if err := os.WriteFile(scenario, []byte(text), 0o644); err != nil {
		return err
	}
	_, err = run(binary, "run", scenario, "--out", dir, "--quiet", "--allow-saturated")
	return err
}

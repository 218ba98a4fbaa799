package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/event"
)

// asking is a job without a browser: users who ask for one small answer.
type asking struct {
	users  int           // who ask as fast as they are answered, or
	rate   int           // a second, whether answered or not
	length time.Duration // after which the tool ends by itself; 0: it is stopped
}

// hour is longer than any measurement.
const hour = time.Hour

func (a asking) duration() time.Duration {
	if a.length == 0 {
		return hour
	}
	return a.length
}

// client is a tool that can ask.
type client struct {
	name    string
	version string
	missing string // why it could not be got; empty when it is there
	command func(a asking, url, dir string) (*exec.Cmd, error)
	// took is what each request took by its own record, in ms; nil: it keeps none.
	took func(dir string) ([]float64, error)
}

// The names of the clients, as the tables show them.
const (
	vegeta        = "vegeta"
	wrk           = "wrk"
	locustFast    = "Locust FastHttpUser"
	locustPlain   = "Locust HttpUser"
	vegetaVersion = "v12.13.0"
	locustVersion = "2.47.0"
)

// clients gets ready what is asked for.
func (w workshop) clients(asked func(name string) bool) []*client {
	clients := []*client{w.asLoadwright()}
	for _, peer := range []struct {
		name string
		get  func(name string) *client
	}{{vegeta, w.vegeta}, {wrk, w.wrk}, {locustFast, w.locust}, {locustPlain, w.locust}} {
		c := &client{name: peer.name, missing: notAsked}
		if asked(peer.name) {
			c = peer.get(peer.name)
		}
		clients = append(clients, c)
	}
	return clients
}

func (w workshop) asLoadwright() *client {
	return &client{
		name:    ours,
		version: w.loadwright().version,
		command: func(a asking, url, dir string) (*exec.Cmd, error) {
			load := fmt.Sprintf("users: %d, start_interval: 0s", a.users)
			if a.rate > 0 {
				load = fmt.Sprintf("arrivals: {rate: %d/s}, max_users: %d", a.rate, mostWaiting)
			}
			return w.run(url, dir, fmt.Sprintf(`name: bench
url: http://localhost
load: {%s, duration: %v, graceful_stop: 1s}
steps:
  - request: GET /
`, load, a.duration()))
		},
		took: func(dir string) ([]float64, error) {
			var took []float64
			err := eachEvent(filepath.Join(dir, "loadwright.csv"), func(e event.Event) {
				if e.Status == event.OK {
					took = append(took, e.Duration().Seconds()*1000)
				}
			})
			return took, err
		},
	}
}

// mostWaiting is how many may wait for their answers at once in an open load.
const mostWaiting = 1000

// run is `loadwright run` of a scenario.
func (w workshop) run(url, dir, scenario string) (*exec.Cmd, error) {
	file := filepath.Join(dir, "scenario.yaml")
	if err := os.WriteFile(file, []byte(scenario), 0o644); err != nil {
		return nil, err
	}
	return exec.Command(w.binary, "run", file, "--url", url, "--out", dir, "--no-archive", "--quiet", "--allow-saturated"), nil
}

// eachEvent reads a file of events.
func eachEvent(file string, see func(event.Event)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := event.NewReader(f)
	if err != nil {
		return err
	}
	for {
		e, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		see(e)
	}
}

// vegeta is built from its source.
func (w workshop) vegeta(name string) *client {
	c := &client{name: name, version: vegetaVersion}
	exe, err := w.built("vegeta", "github.com/tsenart/vegeta/v12", vegetaVersion)
	if err != nil {
		c.missing = err.Error()
		return c
	}
	c.command = func(a asking, url, dir string) (*exec.Cmd, error) {
		cmd := exec.Command(exe, "attack", "-rate", fmt.Sprint(a.rate), "-duration", a.duration().String(), "-output", filepath.Join(dir, "results"))
		if a.rate == 0 {
			cmd.Args = append(cmd.Args, "-workers", fmt.Sprint(a.users), "-max-workers", fmt.Sprint(a.users))
		} else {
			cmd.Args = append(cmd.Args, "-max-workers", fmt.Sprint(mostWaiting))
		}
		cmd.Stdin = strings.NewReader("GET " + url + "/\n")
		return cmd, nil
	}
	c.took = func(dir string) ([]float64, error) {
		cmd := exec.Command(exe, "encode", "-to", "json", filepath.Join(dir, "results"))
		out, err := cmd.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		var took []float64
		decoder := json.NewDecoder(bufio.NewReader(out))
		for {
			var hit struct {
				Code    int           `json:"code"`
				Latency time.Duration `json:"latency"`
			}
			if err = decoder.Decode(&hit); err != nil {
				break
			}
			if hit.Code == 200 {
				took = append(took, hit.Latency.Seconds()*1000)
			}
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return took, errors.Join(err, cmd.Wait())
	}
	return c
}

// built is the program of a Go module, made here where it is not there yet.
func (w workshop) built(name, module, version string) (string, error) {
	bin := filepath.Join(w.folder, name+"-"+version)
	exe := filepath.Join(bin, name)
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if _, err := os.Stat(exe); err == nil {
		return exe, nil
	}
	fmt.Fprintf(os.Stderr, "building %s %s …\n", module, version)
	return exe, install([]string{"GOBIN=" + bin}, "go", "install", module+"@"+version)
}

// wrk is taken where it is installed.
func (w workshop) wrk(name string) *client {
	c := &client{name: name}
	exe, err := exec.LookPath("wrk")
	if err != nil {
		c.missing = "it is not on the PATH"
		return c
	}
	out, _ := exec.Command(exe, "-v").Output() // it exits with 1
	if words := strings.Fields(firstLine(out)); len(words) > 1 {
		c.version = words[1]
	}
	c.command = func(a asking, url, _ string) (*exec.Cmd, error) {
		if a.rate > 0 {
			return nil, errors.New("it knows no rate")
		}
		return exec.Command(exe, "-t", "1", "-c", fmt.Sprint(a.users), "-d", strconv.Itoa(int(a.duration().Seconds()))+"s", url+"/"), nil
	}
	return c
}

// locust lives in an environment of its own.
func (w workshop) locust(name string) *client {
	c := &client{name: name, version: locustVersion}
	exe := filepath.Join(w.folder, "locust", "bin", "python")
	if runtime.GOOS == "windows" {
		exe = filepath.Join(w.folder, "locust", "Scripts", "python.exe")
	}
	there := func() bool {
		out, err := exec.Command(exe, "-c", "import locust; print(locust.__version__)").Output()
		return err == nil && firstLine(out) == locustVersion
	}
	if !there() {
		base, err := findPython()
		if err == nil {
			fmt.Fprintln(os.Stderr, "installing Locust …")
			err = install(nil, base, "-m", "venv", filepath.Join(w.folder, "locust"))
		}
		if err == nil {
			err = install(nil, exe, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "locust=="+locustVersion)
		}
		if err == nil && !there() {
			err = errors.New("it was installed and can't be imported")
		}
		if err != nil {
			c.missing = err.Error()
			return c
		}
	}
	kind := "Fast"
	if name == locustPlain {
		kind = "Plain"
	}
	c.command = func(a asking, url, _ string) (*exec.Cmd, error) {
		if a.rate > 0 {
			return nil, errors.New("it knows no rate")
		}
		script, err := filepath.Abs(filepath.Join("peers", "locustfile.py"))
		users := fmt.Sprint(a.users)
		return exec.Command(exe, "-m", "locust", "-f", script, "--headless", "--only-summary", "-H", url, "-u", users, "-r", users, kind), err
	}
	return c
}

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/proc"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// job is what a tool is to do. Its users go on until they are stopped: a fresh
// context and page, the app, five clicks, and again.
type job struct {
	users    int
	interval time.Duration // the next user starts this much later
	think    time.Duration // after the load and after each click
	report   bool          // each page hands in its record before it goes
	delay    sampleapp.Options
}

// clicksAnIteration is how often a user clicks in an iteration.
const clicksAnIteration = 5

// arrival is how long the users of a job may take to come, beside their intervals.
const arrival = time.Minute

// driven is a tool at its job, with all users there.
type driven struct {
	app   *app
	meter *meter // nil where there is none
	tree  *proc.Tree
}

// drive lets a tool do a job, calls during once all users are there, and stops
// the tool when that returns. The answer is what the tool read.
func drive(nest *proc.Nest, t *tool, j job, during func(*driven) error) (readings, error) {
	app, err := serveApp(j.delay)
	if err != nil {
		return nil, err
	}
	defer app.close()
	dir, err := os.MkdirTemp(nest.Dir(), "job-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd, err := t.command(j, app.url, dir)
	if err != nil {
		return nil, err
	}
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "TMPDIR="+dir), cmd.Env...)
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	d := &driven{app: app}
	if d.meter, err = newMeter(); err == nil {
		defer d.meter.close() //nolint:errcheck // an empty cgroup that stays does no harm
		if err := d.meter.enter(cmd); err != nil {
			return nil, err
		}
	}
	if d.tree, err = nest.Start(cmd); err != nil {
		return nil, err
	}
	defer nest.Release(d.tree.PID())
	err = d.work(j, during)
	_ = d.tree.Stop(10 * time.Second) // how it ends when told to is its own affair
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", t.name, err, out.tail())
	}
	return t.readings(out.lines(), dir)
}

// work waits for all users and lets during measure them.
func (d *driven) work(j job, during func(*driven) error) error {
	limit := time.After(arrival + time.Duration(j.users)*j.interval)
	for d.app.there() < j.users {
		select {
		case <-d.tree.Done():
			return fmt.Errorf("it ended with %d of %d users there: %w", d.app.there(), j.users, ended(d.tree.Wait()))
		case <-limit:
			return fmt.Errorf("only %d of %d users came", d.app.there(), j.users)
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := during(d); err != nil {
		return err
	}
	select {
	case <-d.tree.Done():
		return fmt.Errorf("it ended before it was told to: %w", ended(d.tree.Wait()))
	default:
		return nil
	}
}

func ended(err error) error {
	if err == nil {
		return fmt.Errorf("exit code 0")
	}
	return err
}

// readings are what a tool took for the time of each click, in seconds, by page
// and run.
type readings map[string]map[int]float64

func (r readings) add(page string, run int, seconds float64) {
	if r[page] == nil {
		r[page] = map[int]float64{}
	}
	r[page][run] = seconds
}

// printed reads the lines that our peers print: "reading u0-i1 3 0.5123".
func printed(lines []string, _ string) (readings, error) {
	r := readings{}
	for _, line := range lines {
		words := strings.Fields(line)
		if len(words) != 4 || words[0] != "reading" {
			continue
		}
		run, err := strconv.Atoi(words[2])
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		seconds, err := strconv.ParseFloat(words[3], 64)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		r.add(words[1], run, seconds)
	}
	return r, nil
}

// errorsOf are the readings of clicks minus the pages' own truth, in milliseconds.
func errorsOf(a *app, r readings, clicks []click) []float64 {
	var off []float64
	for _, c := range clicks {
		truth, known := a.truth(c)
		if reading, read := r[c.page][c.run]; known && read {
			off = append(off, (reading-truth)*1000)
		}
	}
	return off
}

// output is what a tool prints; it may be read meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) lines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Split(o.text.String(), "\n")
}

// tail is the last of it, without readings.
func (o *output) tail() string {
	var kept []string
	for _, line := range o.lines() {
		if !strings.HasPrefix(line, "reading ") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept[max(0, len(kept)-20):], "\n"))
}

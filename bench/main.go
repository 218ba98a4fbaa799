// Command bench measures what loadwright promises to be: true, fast and small,
// beside other tools that do the same, which it installs itself. It prints
// Markdown tables. It is a module of its own, so that nothing it needs becomes
// a dependency of loadwright.
//
//	make bench
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loadwright/loadwright/bench/peers"
	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/proc"
)

// parts are what can be measured by itself.
var parts = []string{"collect", "command", "disturb", "errors", "speed", "memory", "honest", "http", "crowd", "arrivals", "verdict"}

// usual are the parts that are measured unless told: verdict takes half an
// hour by itself.
var usual = parts[:len(parts)-1]

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) > 1 {
		switch os.Args[1] { // the bench starts itself so
		case "enter":
			log.Fatal(entered(os.Args[2:]))
		case "answer":
			if err := answerUntilLeft(os.Args[2]); err != nil {
				log.Fatal(err)
			}
			return
		case "crowd":
			if err := runCrowd(os.Args[2:]); err != nil {
				log.Fatal(err)
			}
			return
		case "peer":
			log.Fatal(peers.Main(os.Args[2:]))
		}
	}
	binary := flag.String("binary", os.Getenv("LOADWRIGHT_BIN"), "the loadwright to measure")
	venvs := flag.String("venvs", os.Getenv("LOADWRIGHT_VENVS"), "a folder of Python environments that may hold Python Loadwright already")
	folder := flag.String("peers", ".peers", "install peers into this folder")
	only := flag.String("only", strings.Join(usual, ","), "measure these; there is verdict too")
	names := flag.String("tools", "", "compare with those only whose names contain one of these words, like k6,python")
	budget := flag.Duration("budget", 23*time.Minute, "compare tools for so long, and leave out what is not measured by then; Ctrl-C does it at once")
	short := flag.Bool("quick", false, "measure a little of everything, to see that it works")
	out := flag.String("o", "", "also write the tables to this file (default results.md, where all is measured)")
	flag.Parse()
	if *out == "" && whole() {
		*out = "results.md"
	}
	if *binary == "" {
		log.Fatal("which loadwright? Give it with -binary, or LOADWRIGHT_BIN; make bench does")
	}
	wanted := strings.Split(*only, ",")
	for _, part := range wanted {
		if !slices.Contains(parts, part) {
			log.Fatalf("-only %s: there are %s", part, strings.Join(parts, ", "))
		}
	}
	b := bench{effort: full, wanted: wanted, budget: *budget}
	if *short {
		b.effort = quick
	}
	if *names != "" {
		b.names = strings.Split(*names, ",")
	}
	b.shop = workshop{binary: absolute(*binary), folder: absolute(*folder), venvs: absolute(*venvs)}
	var text bytes.Buffer
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it
	missed, err := b.run(ctx, io.MultiWriter(os.Stdout, &text))
	if err != nil {
		log.Fatal(err)
	}
	if *out != "" {
		if err := os.WriteFile(*out, text.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	if missed > 0 {
		log.Fatalf("%s not met", count(missed, "bar"))
	}
}

// whole tells whether nothing is left out: what measures a part would write over
// the tables of all.
func whole() bool {
	all := true
	flag.Visit(func(f *flag.Flag) { all = all && !slices.Contains([]string{"only", "tools", "quick"}, f.Name) })
	return all
}

// absolute is a path that holds in any working directory.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	path, err := filepath.Abs(path)
	if err != nil {
		log.Fatal(err)
	}
	return path
}

// bench is what is to be measured.
type bench struct {
	shop   workshop
	effort effort
	wanted []string // parts
	names  words
	budget time.Duration
}

// run measures and writes the tables. The answer is how many bars were not met.
func (b bench) run(ctx context.Context, w io.Writer) (missed int, err error) {
	if b.shop.found, err = provision.Find(ctx, provision.Options{}); err != nil {
		return 0, err
	}
	m := machine.Describe(ctx)
	fmt.Fprintf(w, "Measured on %s by `make bench`: %s/%s, %s, %d cores of %s, %.0f GB; %s %s.\n\n", time.Now().Format(time.DateOnly),
		m.OS, m.Arch, m.Platform, m.Cores, m.CPU, float64(m.MemoryBytes)/1e9, b.shop.found.Kind, b.shop.found.BrowserVersion)
	var rows []row
	var alone []measurement
	if slices.Contains(b.wanted, "collect") {
		alone = append(alone, collecting, heap)
	}
	if slices.Contains(b.wanted, "command") {
		alone = append(alone, help, validate, firstNavigation)
	}
	if slices.Contains(b.wanted, "disturb") {
		alone = append(alone, disturbance)
	}
	for _, measure := range alone {
		more, err := measure(b.shop.binary)
		if err != nil {
			return 0, err
		}
		rows = append(rows, more...)
	}
	compared, err := b.compare(ctx, w)
	if err != nil {
		return 0, err
	}
	asked, err := b.requests(ctx, w)
	if err != nil {
		return 0, err
	}
	rows = append(rows, asked...)
	if slices.Contains(b.wanted, "verdict") {
		more, err := verdicts(w, b.shop.binary)
		if err != nil {
			return 0, err
		}
		rows = append(rows, more...)
	}
	return writeBars(w, append(compared, rows...)), nil
}

// writeBars writes the table of bars. The answer is how many were not met: what was
// to be measured and was not is not.
func writeBars(w io.Writer, rows []row) (missed int) {
	fmt.Fprintln(w, "| what | measured | bar | |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, r := range rows {
		mark, measured := "ok", r.measured
		switch {
		case measured == "":
			measured, mark = "–", "**not measured**"
		case !r.ok:
			mark = "**missed**"
		}
		if mark != "ok" {
			missed++
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", r.what, measured, r.bar, mark)
	}
	return missed
}

// compare puts the tools beside each other.
func (b bench) compare(ctx context.Context, w io.Writer) ([]row, error) {
	if !b.wants("errors", "speed", "memory", "honest") {
		return nil, nil
	}
	nest, err := proc.NewNest("loadwright-bench-")
	if err != nil {
		return nil, err
	}
	defer nest.Close() //nolint:errcheck // the tables are what counts
	tools := b.shop.tools(b.names.ask)
	ctx, cancel := context.WithTimeout(ctx, b.budget)
	defer cancel()
	c := newComparison(ctx, nest, tools, b.effort)
	for _, part := range []struct {
		name    string
		measure func()
	}{{"errors", c.errors}, {"speed", c.speed}, {"memory", c.memory}, {"honest", c.honest}} {
		if slices.Contains(b.wanted, part.name) {
			part.measure()
		}
	}
	if ctx.Err() != nil {
		fmt.Fprintf(w, "It was stopped before all was measured.\n\n")
	}
	c.table(w, tools)
	return c.bars(b.wants), nil
}

// requests puts users without a browser beside those of other tools.
func (b bench) requests(ctx context.Context, w io.Writer) ([]row, error) {
	if !b.wants("http", "crowd", "arrivals") {
		return nil, nil
	}
	nest, err := proc.NewNest("loadwright-bench-")
	if err != nil {
		return nil, err
	}
	defer nest.Close() //nolint:errcheck // the tables are what counts
	clients := []*client{b.shop.asLoadwright()}
	if b.wants("http") {
		clients = b.shop.clients(b.names.ask)
	}
	ctx, cancel := context.WithTimeout(ctx, b.budget)
	defer cancel()
	r := newRequests(ctx, nest, clients, b.effort)
	if b.wants("http") {
		r.rates()
		r.latencies()
	}
	if b.wants("arrivals") {
		r.arrivals(clients[0])
	}
	if b.wants("crowd") {
		r.crowds()
	}
	if ctx.Err() != nil {
		fmt.Fprintf(w, "It was stopped before all was measured.\n\n")
	}
	if b.wants("http") {
		r.table(w, clients)
	}
	return r.bars(), nil
}

// wants tells whether one of these parts is wanted.
func (b bench) wants(some ...string) bool {
	return slices.ContainsFunc(some, func(part string) bool { return slices.Contains(b.wanted, part) })
}

// words are looked for in tools' names.
type words []string

// ask tells whether a tool is asked for: all are, where there are no words.
func (w words) ask(name string) bool {
	named := func(word string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(word)) }
	return len(w) == 0 || slices.ContainsFunc(w, named)
}

// measurement takes some figures of a loadwright.
type measurement func(binary string) ([]row, error)

// row is a line of the table of bars.
type row struct {
	what, measured, bar string // measured is "" where it was not
	ok                  bool
}

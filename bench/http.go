package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/proc"
)

// askers is how many users ask at once where tools are compared.
const askers = 10

// percents are the percentiles that are held beside each other.
var percents = []float64{50, 95, 99}

// requests holds loadwright's users without a browser beside other tools'.
type requests struct {
	ctx     context.Context // when it ends, what is not measured yet is left out
	nest    *proc.Nest
	effort  effort
	clients []*client
	figures map[string]*askedFigures // by client
	asked   map[string]bool          // clients that were to be compared
	rate    int                      // of the latencies, a second; 0: not measured
	rows    []row                    // of what loadwright alone is held to
}

// askedFigures are what is known of one client.
type askedFigures struct {
	rates  []float64             // requests/s, a figure a round
	cpu    []float64             // CPU seconds of the client a million requests, likewise
	took   map[float64][]float64 // ms by percent, likewise
	failed []string
}

func newRequests(ctx context.Context, nest *proc.Nest, clients []*client, e effort) *requests {
	r := &requests{ctx: ctx, nest: nest, effort: e, figures: map[string]*askedFigures{}, asked: map[string]bool{}}
	for _, c := range clients {
		r.asked[c.name] = c.missing != notAsked
		r.figures[c.name] = &askedFigures{took: map[float64][]float64{}}
		if c.missing == "" {
			r.clients = append(r.clients, c)
		}
	}
	return r
}

// note says what is done now; false: no more is to be done.
func (r *requests) note(what string) bool {
	if r.ctx.Err() != nil {
		return false
	}
	fmt.Fprintf(os.Stderr, "%s %s …\n", time.Now().Format(time.TimeOnly), what)
	return true
}

// failed notes that a client can't do something; the others go on.
func (r *requests) failed(c *client, what string, err error) {
	fmt.Fprintf(os.Stderr, "  %v\n", err)
	if f := r.figures[c.name]; !slices.Contains(f.failed, what) {
		f.failed = append(f.failed, what)
	}
}

// command is one that is under way.
type command struct {
	tree  *proc.Tree
	meter *meter // nil where there is none
	out   *output
	dir   string
}

// start starts what asks a server.
func (r *requests) start(cmd *exec.Cmd, dir string) (*command, error) {
	c := &command{out: &output{}, dir: dir}
	cmd.Stdout, cmd.Stderr = c.out, c.out
	var err error
	if c.meter, err = newMeter(); err == nil {
		err = c.meter.enter(cmd)
	} else {
		c.meter, err = nil, nil
	}
	if err == nil {
		c.tree, err = r.nest.Start(cmd)
	}
	if err != nil && c.meter != nil {
		_ = c.meter.close()
	}
	return c, err
}

// used is its CPU time so far; 0 where nobody tells.
func (c *command) used() time.Duration { return (&driven{meter: c.meter, tree: c.tree}).used() }

// stop ends it. How it ends when told to is its own affair.
func (c *command) stop() {
	_ = c.tree.Stop(10 * time.Second)
	if c.meter != nil {
		_ = c.meter.close() // an empty cgroup that stays does no harm
	}
}

// ask lets a client do a job, calls during when requests are being answered, and
// then reads what the client took down.
func (r *requests) ask(c *client, a asking, during func(*answering, *command) error, then func(dir string) error) error {
	server, err := serveAnswers(r.nest, "http")
	if err != nil {
		return err
	}
	defer server.close()
	dir, err := os.MkdirTemp(r.nest.Dir(), "asking-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd, err := c.command(a, server.url, dir)
	if err != nil {
		return err
	}
	under, err := r.start(cmd, dir)
	if err != nil {
		return err
	}
	err = server.await(askers, under.tree)
	if err == nil {
		err = during(server, under)
	}
	under.stop()
	if err == nil {
		err = then(dir)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", c.name, err, under.out.tail())
	}
	return nil
}

// await returns when so many requests have been answered.
func (a *answering) await(n int, who *proc.Tree) error {
	limit := time.After(arrival)
	for {
		answered, err := a.answered()
		if err != nil || answered >= n {
			return err
		}
		select {
		case <-who.Done():
			return fmt.Errorf("it ended after %d requests: %w", answered, ended(who.Wait()))
		case <-limit:
			return fmt.Errorf("%d requests in %v", answered, arrival)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Tools take turns more often, and each for less long, than where there are
// browsers: these come to their speed at once.
const askedWindow = 3 * time.Second

func (r *requests) rounds() int { return 2*r.effort.rounds - 1 }

// rates counts requests and CPU time while each client asks as fast as it can.
func (r *requests) rates() {
	for range r.rounds() {
		for _, c := range r.clients {
			if !r.note(c.name + ": requests/s") {
				return
			}
			f := r.figures[c.name]
			err := r.ask(c, asking{users: askers}, func(server *answering, under *command) error {
				time.Sleep(settling)
				before, err := server.answered()
				if err != nil {
					return err
				}
				from, usedBefore := time.Now(), under.used()
				time.Sleep(askedWindow)
				after, err := server.answered()
				if err != nil {
					return err
				}
				length, used := time.Since(from), under.used()-usedBefore
				n := float64(after - before)
				f.rates = append(f.rates, n/length.Seconds())
				f.cpu = append(f.cpu, used.Seconds()/n*1e6)
				fmt.Fprintf(os.Stderr, "  %.0f requests/s, %.0f µs of CPU each\n", n/length.Seconds(), used.Seconds()/n*1e6)
				return nil
			}, func(string) error { return nil })
			if err != nil {
				r.failed(c, "requests/s", err)
			}
		}
	}
}

// heldRate is by how much a round in which latencies are taken may miss its rate.
const heldRate = 0.01

// latencies takes what requests take at half the rate that loadwright can do.
func (r *requests) latencies() {
	most := middle(r.figures[ours].rates)
	if math.IsNaN(most) {
		return
	}
	r.rate = int(most / 2)
	for range r.rounds() {
		for _, c := range r.clients {
			if c.took == nil {
				continue
			}
			what := fmt.Sprintf("latencies at %d requests/s", r.rate)
			if !r.note(c.name + ": " + what) {
				return
			}
			length := askedWindow + settling
			err := r.ask(c, asking{rate: r.rate, length: length}, func(_ *answering, under *command) error {
				_ = under.tree.Wait() // what it took down tells more than its exit code
				return nil
			}, func(dir string) error {
				took, err := c.took(dir)
				if err != nil {
					return err
				}
				if want := float64(r.rate) * length.Seconds(); float64(len(took)) < (1-heldRate)*want {
					return fmt.Errorf("it came to %d of %.0f requests: a round that says nothing", len(took), want)
				}
				slices.Sort(took)
				f := r.figures[c.name]
				for _, p := range percents {
					f.took[p] = append(f.took[p], percentile(took, p))
				}
				fmt.Fprintf(os.Stderr, "  of %d: p50 %.3f, p95 %.3f, p99 %.3f ms\n", len(took), percentile(took, 50), percentile(took, 95), percentile(took, 99))
				return nil
			})
			if err != nil {
				r.failed(c, what, err)
			}
		}
	}
}

// best is the least that the rounds gave; NaN of nothing. What else the machine
// does only ever adds to what requests take.
func best(rounds []float64) float64 {
	if len(rounds) == 0 {
		return math.NaN()
	}
	return slices.Min(rounds)
}

// percentile is the ⌈p/100·n⌉-th smallest of what is sorted.
func percentile(sorted []float64, p float64) float64 {
	return sorted[max(1, int(math.Ceil(p/100*float64(len(sorted)))))-1]
}

// table writes the clients beside each other.
func (r *requests) table(w io.Writer, clients []*client) {
	fmt.Fprintln(w, "| tool | requests/s | CPU a request | latency at half of that of loadwright: p50 / p95 / p99 |\n|---|---|---|---|")
	for _, c := range clients {
		if c.missing != "" {
			continue
		}
		f := r.figures[c.name]
		took := "–"
		if len(f.took[50]) > 0 {
			took = fmt.Sprintf("%.3f / %.3f / %.3f ms", best(f.took[50]), best(f.took[95]), best(f.took[99]))
		}
		fmt.Fprintf(w, "| %s %s | %s | %s | %s |\n", c.name, c.version, figure("%.0f", middle(f.rates)), figure("%.0f µs", middle(f.cpu)), took)
	}
	fmt.Fprintf(w, "\n%s ask for %d bytes as fast as they are answered, each on a connection of its own; the server has a process of its own on the same machine. "+
		"CPU is that of the tool alone, as %s. Latencies are those of the best round.\n", count(askers, "user"), len(smallAnswer), whoTellsCPU())
	for _, c := range clients {
		if c.missing != "" {
			fmt.Fprintf(w, "\nWithout %s: %s\n", c.name, c.missing)
		}
		if failed := r.figures[c.name].failed; len(failed) > 0 {
			fmt.Fprintf(w, "\n%s failed at: %s.\n", c.name, strings.Join(failed, "; "))
		}
	}
	fmt.Fprintln(w)
}

// The bars that users without a browser are held to.
const (
	vegetaBar       = 0.7
	locustBar       = 10
	latencyShareBar = 0.05
	latencyBar      = 0.2 // ms
)

// bars are the lines that follow, of tools that were to be compared.
func (r *requests) bars() []row {
	of := func(name string) *askedFigures {
		if f := r.figures[name]; f != nil {
			return f
		}
		return &askedFigures{} // it was not compared
	}
	f, v := of(ours), of(vegeta)
	var rows []row
	if r.asked[vegeta] {
		rows = append(rows, ratio("requests/s, against "+vegeta, middle(f.rates), middle(v.rates), vegetaBar, false))
	}
	if r.asked[locustPlain] {
		rows = append(rows, ratio("requests/s, against "+locustPlain, middle(f.rates), middle(of(locustPlain).rates), locustBar, false))
	}
	for _, p := range percents {
		if !r.asked[vegeta] {
			break
		}
		own, theirs := best(f.took[p]), best(v.took[p])
		b := row{
			what: fmt.Sprintf("p%.0f of latencies at %d requests/s, beside %s", p, r.rate, vegeta),
			bar:  fmt.Sprintf("within %.0f %% or %v ms", latencyShareBar*100, latencyBar),
		}
		if !math.IsNaN(own) && !math.IsNaN(theirs) {
			b.measured = fmt.Sprintf("%.3f ms, %s %.3f", own, vegeta, theirs)
			b.ok = math.Abs(own-theirs) <= max(latencyShareBar*theirs, latencyBar)
		}
		rows = append(rows, b)
	}
	return append(rows, r.rows...)
}

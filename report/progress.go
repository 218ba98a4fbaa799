package report

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// liveInterval is how often the line on a terminal is written anew.
	liveInterval = 200 * time.Millisecond
	// plainInterval is how often a line is written where there is no terminal.
	plainInterval = 5 * time.Second
)

// Progress shows where a run stands while it is on: a line that lives on a
// terminal, and a plain line every few seconds elsewhere.
type Progress struct {
	w     io.Writer
	live  bool
	width func() int

	mu    sync.Mutex // one write at a time, so that no line is torn
	shown bool       // the live line stands on the terminal

	stop chan struct{}
	done sync.WaitGroup
}

// NewProgress returns a Progress that will show itself on w.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.live = true
		p.width = func() int { return widthOf(f) }
	}
	return p
}

// Start begins to show what now tells. The caller calls Stop.
func (p *Progress) Start(now func() Status) {
	stop := make(chan struct{})
	p.stop = stop
	p.done.Go(func() { p.run(now, stop) })
}

// Stop ends the showing and, on a terminal, takes the line away. Without a
// Start, and a second time, it does nothing.
func (p *Progress) Stop() {
	if p.stop == nil {
		return
	}
	close(p.stop)
	p.stop = nil
	p.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

// Beside returns a writer to w, which may be the same terminal: what is written
// to it does not get mixed up with the live line.
func (p *Progress) Beside(w io.Writer) io.Writer { return beside{p, w} }

type beside struct {
	p *Progress
	w io.Writer
}

func (b beside) Write(text []byte) (int, error) {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	b.p.erase()
	return b.w.Write(text)
}

func (p *Progress) run(now func() Status, stop <-chan struct{}) {
	interval := plainInterval
	if p.live {
		interval = liveInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			p.show(now())
		}
	}
}

func (p *Progress) show(s Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.live:
		// The last column stays free: some terminals wrap when it is written.
		fmt.Fprint(p.w, "\r"+s.line(p.width()-1)+"\x1b[K")
		p.shown = true
	case s.Stage != "preparing":
		fmt.Fprintln(p.w, s.line(0))
	}
}

// erase takes the live line away. What comes next begins where it began.
func (p *Progress) erase() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// isTerminal tells whether a line can be written anew on f.
func isTerminal(f *os.File) bool {
	return os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// defaultWidth is that of a terminal that does not tell its own.
const defaultWidth = 80

func widthOf(f *os.File) int {
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		return columns
	}
	return defaultWidth
}

package report

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
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
	w    io.Writer
	now  func() Status
	live bool

	stop chan struct{}
	done sync.WaitGroup
}

// StartProgress begins to show what now tells. The caller calls Stop.
func StartProgress(w io.Writer, now func() Status) *Progress {
	p := &Progress{w: w, now: now, live: isTerminal(w), stop: make(chan struct{})}
	p.done.Go(p.run)
	return p
}

// Stop ends the showing and, on a terminal, takes the line away.
func (p *Progress) Stop() {
	close(p.stop)
	p.done.Wait()
}

func (p *Progress) run() {
	interval := plainInterval
	if p.live {
		interval = liveInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			if p.live {
				fmt.Fprint(p.w, "\r\x1b[K")
			}
			return
		case <-tick.C:
			p.show()
		}
	}
}

func (p *Progress) show() {
	s := p.now()
	if s.Stage == "preparing" {
		if p.live {
			fmt.Fprint(p.w, "\r\x1b[Kopening browsers …")
		}
		return
	}
	if !p.live {
		fmt.Fprintln(p.w, s.line())
		return
	}
	fmt.Fprint(p.w, "\r\x1b[K", ansi.Truncate(s.line(), width(p.w)-1, "…"))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// defaultWidth is that of a terminal that does not tell its own.
const defaultWidth = 80

func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return defaultWidth
}

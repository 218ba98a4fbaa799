package report

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

const (
	// liveInterval is how often the block on a terminal is drawn anew.
	liveInterval = 200 * time.Millisecond
	// plainInterval is how often a line is written where there is no terminal.
	plainInterval = 5 * time.Second
)

// Progress shows where a run stands while it is on: a block of lines that lives
// on a terminal, and a plain line every few seconds elsewhere.
type Progress struct {
	w       io.Writer
	live    bool
	size    func() (columns, rows int)
	printer *printer

	mu    sync.Mutex // one write at a time, so that no line is torn
	shown []string   // the lines of the block that stands on the terminal
	width int        // for which it was drawn
	open  bool       // something else stands there that is not at its line's end

	stop chan struct{}
	done sync.WaitGroup
}

// NewProgress returns a Progress that will show itself on w.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w, printer: newPrinter(w)}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.live = true
		p.size = func() (int, int) { return sizeOf(f) }
		p.printer.ascii = runtime.GOOS != "windows" && !utf8Locale(os.Getenv)
	}
	return p
}

// Start begins to show what now tells. The caller calls Stop.
func (p *Progress) Start(now func() Status) {
	stop := make(chan struct{})
	p.stop = stop
	p.done.Go(func() { p.run(now, stop) })
}

// Stop ends the showing and, on a terminal, takes the block away. Without a
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
// to it does not get mixed up with the block. The block stays away until a line
// that was begun is complete.
func (p *Progress) Beside(w io.Writer) io.Writer { return beside{p, w} }

type beside struct {
	p *Progress
	w io.Writer
}

func (b beside) Write(text []byte) (int, error) {
	b.p.mu.Lock()
	defer b.p.mu.Unlock()
	b.p.erase()
	if len(text) > 0 {
		b.p.open = text[len(text)-1] != '\n'
	}
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
	case p.live && !p.open:
		columns, rows := p.size()
		// The last column stays free: some terminals wrap when it is written. So
		// does a line, for what was written before.
		p.draw(s.block(max(1, columns-1), rows-1, p.printer), columns)
	case !p.live && s.Stage != "preparing":
		fmt.Fprintln(p.w, s.line(0))
	}
}

// draw puts lines in the place of those that are shown, in one write.
func (p *Progress) draw(lines []string, width int) {
	if width == p.width && slices.Equal(lines, p.shown) {
		return
	}
	fmt.Fprint(p.w, p.back(width)+strings.Join(lines, "\x1b[K\r\n")+"\x1b[K\x1b[J")
	p.shown, p.width = lines, width
}

// back brings the cursor to where the block begins. Most terminals wrap the
// lines that they show when they get narrower.
func (p *Progress) back(width int) string {
	up := -1
	for _, l := range p.shown {
		up += max(1, (ansi.StringWidth(l)+width-1)/width)
	}
	if up > 0 {
		return fmt.Sprintf("\r\x1b[%dA", up)
	}
	return "\r"
}

// erase takes the block away. What comes next begins where it began.
func (p *Progress) erase() {
	if p.shown != nil {
		width, _ := p.size()
		fmt.Fprint(p.w, p.back(width)+"\x1b[J")
		p.shown = nil
	}
}

// isTerminal tells whether lines can be written anew on f, and somebody looks.
func isTerminal(f *os.File) bool {
	return os.Getenv("TERM") != "dumb" && os.Getenv("CI") == "" && term.IsTerminal(int(f.Fd()))
}

// The size of a terminal that does not tell its own.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

func sizeOf(f *os.File) (columns, rows int) {
	columns, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		columns = defaultWidth
	}
	if err != nil || rows <= 0 {
		rows = defaultHeight
	}
	return columns, rows
}

func widthOf(f *os.File) int {
	columns, _ := sizeOf(f)
	return columns
}

// utf8Locale tells whether the environment says that a terminal shows more
// letters than ASCII has, by the rules of POSIX: the first of these that is set
// counts.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

package serve

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

const (
	mostLines  = 10   // that are kept
	lineMemory = 4096 // bytes of a line that are kept
	lineWidth  = 200  // columns of a line that an error shows
)

// tail passes on what is written to it and keeps the last lines. It never fails:
// an app must not stand still because its output can't be written.
type tail struct {
	mu     sync.Mutex
	to     io.Writer
	failed error

	lines [mostLines][]byte // the last ones; their memory is used again
	ended int               // lines so far
	line  []byte            // the one under way
}

func newTail(to io.Writer) *tail {
	if to == nil {
		to = io.Discard
	}
	return &tail{to: to}
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed == nil {
		_, t.failed = t.to.Write(p)
	}
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte{'\n'})
		t.line = append(t.line, line[:min(len(line), lineMemory-len(t.line))]...)
		if whole {
			t.endLine()
		}
		rest = after
	}
	return len(p), nil
}

func (t *tail) endLine() {
	if len(bytes.TrimSpace(t.line)) > 0 {
		kept := &t.lines[t.ended%mostLines]
		*kept = append((*kept)[:0], t.line...)
		t.ended++
	}
	t.line = t.line[:0]
}

// last are the last lines, the oldest first: fit to be shown, and masked before
// they are cut.
func (t *tail) last(mask func(string) string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endLine()
	var last []string
	for i := max(0, t.ended-mostLines); i < t.ended; i++ {
		line := plain(string(t.lines[i%mostLines]))
		if mask != nil {
			line = mask(line)
		}
		last = append(last, ansi.Truncate(line, lineWidth, "…"))
	}
	return last
}

// plain is a line as a terminal would leave it: without colours, and of what was
// written over by way of a carriage return only the last state.
func plain(line string) string {
	line = strings.TrimRight(line, "\r\n\t ")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case !unicode.IsGraphic(r):
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(line, "\uFFFD")))
}

func (t *tail) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failed != nil {
		return fmt.Errorf("the app's output could not be written: %w", t.failed)
	}
	return nil
}

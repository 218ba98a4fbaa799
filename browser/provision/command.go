package provision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// command is a program to run to its end, within bounds.
type command struct {
	argv  []string
	dir   string
	env   []string      // added to our own
	limit time.Duration // for all of it

	// progress, when set, is a number that changes while the program gets on;
	// when it stands still for stall, the program is ended.
	progress func() int64
	stall    time.Duration
}

// politeness is how long a program may take to end after it was asked to.
const politeness = 3 * time.Second

// output is what a program wrote, the last of it when it was much.
type output struct{ stdout, stderr string }

// run starts the program with its children in a group of their own, so that the
// terminal's Ctrl-C reaches them through ctx alone, and ends all of them when
// ctx ends or a bound is reached. A program that ran and failed gives an
// *exec.ExitError.
func (c command) run(ctx context.Context) (output, error) {
	if err := ctx.Err(); err != nil {
		return output{}, context.Cause(ctx)
	}
	var stdout, stderr tail
	cmd := exec.Command(c.argv[0], c.argv[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout = &stdout
	cmd.Stderr = &stderr
	cmd.WaitDelay = politeness // a daemon left behind may hold the pipes
	ownGroup(cmd)
	err := cmd.Start()
	if err != nil {
		return output{}, err
	}
	ended := make(chan struct{})
	go func() {
		err = cmd.Wait()
		close(ended)
	}()
	if over := c.watch(ctx, ended); over != nil {
		interruptGroup(cmd.Process)
		polite := time.NewTimer(politeness)
		defer polite.Stop()
		select {
		case <-ended:
		case <-polite.C:
		}
		killGroup(cmd.Process) // those of the group that outlive the first included
		<-ended
		return output{stdout.String(), stderr.String()}, over
	}
	if errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success() {
		err = nil
	}
	return output{stdout.String(), stderr.String()}, err
}

// watch waits for the end of the program, or returns the reason to end it.
func (c command) watch(ctx context.Context, ended <-chan struct{}) error {
	limit := time.NewTimer(c.limit)
	defer limit.Stop()
	var tick <-chan time.Time
	if c.progress != nil {
		ticker := time.NewTicker(max(c.stall/20, 10*time.Millisecond))
		defer ticker.Stop()
		tick = ticker.C
	}
	var last int64
	since := time.Now()
	for {
		select {
		case <-ended:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limit.C:
			return fmt.Errorf("not done within %v", c.limit)
		case <-tick:
			if now := c.progress(); now != last {
				last, since = now, time.Now()
			} else if time.Since(since) >= c.stall {
				return fmt.Errorf("no progress for %v", c.stall)
			}
		}
	}
}

// both is what was written, errors first.
func (o output) both() string { return o.stderr + "\n" + o.stdout }

// why turns a program's failure into one line: what the first of the patterns
// that matches has in its group, else the last line of its errors or output,
// else err. When the program was ended for a bound, that is said as well.
func (o output) why(err error, patterns ...*regexp.Regexp) error {
	said := ""
	for _, p := range patterns {
		if m := p.FindStringSubmatch(o.both()); m != nil {
			said = m[1]
			break
		}
	}
	var exit *exec.ExitError
	isExit := errors.As(err, &exit)
	if said == "" && isExit {
		if said = lastLine(o.stderr); said == "" {
			said = lastLine(o.stdout)
		}
	}
	switch {
	case said == "" && err == nil:
		return errors.New("it said nothing")
	case said == "":
		return err
	case err == nil || isExit:
		return errors.New(oneLine(said))
	default:
		return fmt.Errorf("%w; it had said: %s", err, oneLine(said))
	}
}

func lastLine(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = oneLine(line); line != "" {
			last = line
		}
	}
	return last
}

// maxLine bounds what of another program's words comes into a message.
const maxLine = 200

var ansi = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// oneLine makes text fit for one line of a message: no colours, no line ends,
// not too long.
func oneLine(text string) string {
	return wording.Line(ansi.ReplaceAllString(text, ""), maxLine)
}

// tail keeps the last of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailBytes = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.ToValidUTF8(t.buf, []byte("?")))
}

package page

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// pollInterval is how often a file is looked at that may grow.
const pollInterval = 250 * time.Millisecond

// mostHead is by how many of its first bytes a file is known again. The times of
// the first rows are among them.
const mostHead = 4 << 10

// opened is a run that a server shows: its file is read once, and followed.
type opened struct {
	files files
	build *Builder
	in    *follower
	stop  context.CancelFunc
	done  chan struct{}
	born  time.Time // tells it from another that was read of the same path

	// The server's.
	uses    int // requests that have it
	asked   time.Time
	dropped bool // to be closed after them

	mu    sync.Mutex
	wrong trouble
	err   error // why there is nothing to show, or no more
}

func openRun(path string) (*opened, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read: %w", path, plain(err))
	}
	ctx, stop := context.WithCancel(context.Background())
	o := &opened{
		files: filesOf(path), build: NewBuilder(mostPoints), stop: stop, done: make(chan struct{}), born: time.Now(),
		in: &follower{ctx: ctx, file: file, caughtUp: make(chan struct{})},
	}
	go o.read()
	return o, nil
}

func (o *opened) read() {
	defer close(o.done)
	defer o.in.file.Close()
	err := take(o.in, o.build,
		func(err error) { o.mu.Lock(); defer o.mu.Unlock(); o.wrong.add(err) },
		func(names []string) { o.mu.Lock(); defer o.mu.Unlock(); o.wrong.unknown = names })
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.err = fmt.Errorf("%s: %w", o.files.csv, plain(err))
	}
}

func (o *opened) close() {
	o.stop()
	<-o.done
}

// stale tells whether the path means another file by now.
func (o *opened) stale() bool {
	now, err := os.Stat(o.files.csv)
	if err != nil {
		return false
	}
	own, size := o.in.info()
	return own == nil || !os.SameFile(own, now) || now.Size() < size || o.in.rewritten()
}

// wait gives the reading a little time, so that a small file comes whole.
func (o *opened) wait(ctx context.Context, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-o.in.caughtUp:
	case <-o.done:
	case <-t.C:
	case <-ctx.Done():
	}
}

// beside is what goes with the file: it may have come since.
func (o *opened) beside() files {
	if o.files.dir != "" {
		return o.files
	}
	return filesOf(o.files.csv)
}

// version changes when the run does.
func (o *opened) version() string {
	_, size := o.in.info()
	written := int64(0)
	if dir := o.beside().dir; dir != "" {
		if info, err := os.Stat(filepath.Join(dir, summaryName)); err == nil {
			written = info.ModTime().UnixNano()
		}
	}
	return fmt.Sprintf("%d.%d.%t.%d", o.born.UnixNano(), size, o.in.atEnd() || o.ended(), written)
}

// run is what is known so far. It fails where nothing is, and where the reading
// was given up: what was read by then looks like a run that is over.
func (o *opened) run() (*Run, error) {
	ended := o.ended() // before what it ended with is asked for
	// Of what was read by now all rows are in the builder, if more was asked for.
	atEnd, torn, read, share := o.in.state()
	o.mu.Lock()
	wrong, err := o.wrong, o.err
	o.mu.Unlock()
	if err != nil && o.build.empty() {
		return nil, err
	}
	if torn && wrong.cut == "" && atEnd {
		wrong.cut = "the last row is cut off, or still being written; the rows before it are whole"
	}
	r := finish(o.build.Run(), o.beside(), &wrong)
	if o.in.ctx.Err() != nil {
		return nil, fmt.Errorf("%s is read no more: load the page again", o.files.csv)
	}
	if err != nil {
		r.Notes = append(r.Notes, err.Error())
	}
	if atEnd || ended {
		share = 1
	}
	r.Reading = share
	r.Growing = !ended && (!r.Summarised || !atEnd || o.in.longerThan(read))
	return r, nil
}

// ended tells whether nothing more is read of the file: not after a row that
// does not end, for example.
func (o *opened) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

func (b *Builder) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.begun
}

// follower reads a file and, at its end, waits for more until its context ends.
type follower struct {
	ctx      context.Context
	file     *os.File
	caughtUp chan struct{} // closed when the end was met first

	mu   sync.Mutex
	read int64
	last byte
	head []byte // what was read first
	end  bool
	once sync.Once
}

// Read implements [io.Reader].
func (f *follower) Read(p []byte) (int, error) {
	for {
		if f.ctx.Err() != nil {
			return 0, io.EOF
		}
		n, err := f.file.Read(p)
		if n > 0 {
			f.mu.Lock()
			f.head = append(f.head, p[:min(n, mostHead-len(f.head))]...)
			f.read, f.last, f.end = f.read+int64(n), p[n-1], false
			f.mu.Unlock()
			return n, nil
		}
		if err != nil && err != io.EOF {
			return 0, err
		}
		f.mu.Lock()
		f.end = true
		f.mu.Unlock()
		f.once.Do(func() { close(f.caughtUp) })
		select {
		case <-f.ctx.Done():
		case <-time.After(pollInterval):
		}
	}
}

// rewritten tells whether the file begins otherwise than what was read: what
// follows that is not its rest.
func (f *follower) rewritten() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := make([]byte, len(f.head))
	_, err := f.file.ReadAt(now, 0)
	return err != nil || !bytes.Equal(now, f.head)
}

// info tells of the file that is read, and how far.
func (f *follower) info() (os.FileInfo, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := f.file.Stat()
	if err != nil {
		return nil, f.read
	}
	return info, f.read
}

func (f *follower) atEnd() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.end
}

// longerThan tells whether more of the file is there than so many bytes.
func (f *follower) longerThan(read int64) bool {
	info, _ := f.info()
	return info != nil && read < info.Size()
}

// state tells whether the end was met, whether it lies within a line, how many
// bytes were read, and what share of the file that is.
func (f *follower) state() (atEnd, torn bool, read int64, share float64) {
	info, _ := f.info()
	f.mu.Lock()
	defer f.mu.Unlock()
	read = f.read
	share = 1
	if info != nil && info.Size() > 0 {
		share = min(0.99, float64(read)/float64(info.Size()))
	}
	return f.end, read > 0 && f.last != '\n', read, share
}

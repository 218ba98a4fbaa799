package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func at(s float64) Instant { return Instant(1769874783e9 + s*1e9) }

func span(name string, start, stop float64) *Event {
	return &Event{Name: name, Start: at(start), Stop: at(stop), Status: OK}
}

// A row is written within a quarter of a second and no write is made without
// need.
func TestWrittenInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &flakyFile{room: 1 << 20}
		w, err := NewWriter(out)
		if err != nil {
			t.Fatal(err)
		}
		if out.String() != header {
			t.Fatalf("at first: %q", out.String())
		}
		for i := range 3 { // the timer works again after it fired
			has := strings.Count(out.String(), "\n")
			w.Event(span("a", 0, 1))
			w.Event(span("b", 0, 1))
			time.Sleep(flushEvery - time.Millisecond)
			synctest.Wait()
			if n := strings.Count(out.String(), "\n"); n != has {
				t.Errorf("%d: written before it is time: %d lines", i, n-has)
			}
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			if n := strings.Count(out.String(), "\n"); n != has+2 {
				t.Errorf("%d: %d of 2 rows after %v", i, n-has, flushEvery)
			}
			time.Sleep(time.Hour)
		}
		if out.writes != 4 {
			t.Errorf("%d writes", out.writes)
		}
		w.Event(span("c", 0, 1))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "\n6,c,") {
			t.Error("Close left a row unwritten")
		}
		if err := w.Event(span("d", 0, 1)); err == nil {
			t.Error("a row after Close was taken")
		}
		if err := w.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
	})
}

// However fast rows come, few bytes stay in memory, and writes are large. In a
// bubble the timer does not help.
func TestWriterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &flakyFile{room: 1 << 30}
		w, err := NewWriter(out)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for range 10_000 {
			w.Event(span("interact", 0, 1))
			if len(w.pending) >= flushAt {
				t.Fatalf("%d bytes in memory", len(w.pending))
			}
		}
		if out.writes > 30 {
			t.Errorf("%d writes for 10,000 rows", out.writes)
		}
	})
}

func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		name   string
		begins []float64
		rows   [][2]float64
		want   []string // start_seconds
	}{
		{"first row", nil, [][2]float64{{1, 2}, {3, 4}}, []string{"0.0", "2.0"}},
		{"begun before", []float64{0.5, 2}, [][2]float64{{2, 3}, {0.5, 4}}, []string{"1.5", "0.0"}},
		{"told out of order", []float64{2, 0.5}, [][2]float64{{2, 3}, {0.5, 4}}, []string{"1.5", "0.0"}},
		{"first row earlier", []float64{2}, [][2]float64{{1, 3}, {2, 4}}, []string{"0.0", "1.0"}},
		{"never told", nil, [][2]float64{{2, 3}, {1.5, 4}}, []string{"0.0", "-0.5"}},
	} {
		var out bytes.Buffer
		w, err := NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range c.begins {
			w.Begin(at(b))
		}
		for _, r := range c.rows {
			w.Event(span("a", r[0], r[1]))
			w.Begin(at(0)) // too late
		}
		w.Close()
		var got []string
		for _, row := range strings.Split(strings.TrimSpace(out.String()), "\n")[1:] {
			got = append(got, strings.Split(row, ",")[5])
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// flakyFile has room for so many bytes and takes what fits of a write.
type flakyFile struct {
	mu     sync.Mutex
	buf    bytes.Buffer
	room   int
	writes int
}

func (f *flakyFile) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buf.String()
}

func (f *flakyFile) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	n := min(len(p), max(0, f.room-f.buf.Len()))
	f.buf.Write(p[:n])
	if n < len(p) {
		return n, &os.PathError{Op: "write", Path: "x.csv", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (f *flakyFile) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.buf.Truncate(int(size))
	return nil
}

// Whatever room there is, what stands in the file is whole rows.
func TestDiskFull(t *testing.T) {
	events := []*Event{span("load", 0, 1), span("a \"quoted\",\nname\n", 0, 1), span("\n\"\n", 1, 2), span("load", 2, 3)}
	var all bytes.Buffer
	w, err := NewWriter(&all)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{len(header)} // of whole rows
	for _, e := range events {
		w.Event(e)
		w.Flush()
		ends = append(ends, all.Len())
	}
	w.Close()

	for room := range all.Len() {
		for _, each := range []bool{true, false} {
			out := &flakyFile{room: room}
			w, err := NewWriter(out)
			for i := 0; err == nil && i < len(events); i++ {
				if err = w.Event(events[i]); err == nil && each {
					err = w.Flush()
				}
			}
			if err == nil {
				err = w.Close()
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("room %d: error %v", room, err)
			}
			want := 0
			for _, end := range ends {
				if end <= room {
					want = end
				}
			}
			if out.String() != all.String()[:want] {
				t.Fatalf("room %d: %q left, want %q", room, out.String(), all.String()[:want])
			}
			if w == nil {
				continue
			}
			out.room = 1 << 20 // an error stays
			for _, again := range []error{w.Event(events[0]), w.Flush(), w.Close()} {
				if !errors.Is(again, syscall.ENOSPC) {
					t.Fatalf("room %d: later: %v", room, again)
				}
			}
			if len(out.String()) != want {
				t.Fatalf("room %d: written after the error", room)
			}
		}
	}
}

// An error met while nobody waited for it is told at the next call.
func TestErrorOfTheTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &flakyFile{room: len(header)}
		w, err := NewWriter(out)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Event(span("a", 0, 1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if err := w.Event(span("b", 0, 1)); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("error %v", err)
		}
		w.Close()
	})
}

type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) - 1, nil }

func TestShortWrite(t *testing.T) {
	if _, err := NewWriter(shortWriter{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("error %v", err)
	}
}

// With a real file: what follows the last whole row is gone.
func TestTruncatesFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	half := &halfway{File: f}
	w, err := NewWriter(half)
	if err != nil {
		t.Fatal(err)
	}
	w.Event(span("a", 0, 1))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	good, _ := os.ReadFile(f.Name())
	half.fail = true
	w.Event(span("b", 0, 1))
	if err := w.Close(); err == nil {
		t.Fatal("no error")
	}
	if got, _ := os.ReadFile(f.Name()); !bytes.Equal(got, good) {
		t.Errorf("%q, want %q", got, good)
	}
}

type halfway struct {
	*os.File
	fail bool
}

func (h *halfway) Write(p []byte) (int, error) {
	if !h.fail {
		return h.File.Write(p)
	}
	n, _ := h.File.Write(p[:len(p)/2])
	return n, syscall.EIO
}

func TestWriterSideBySide(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 500 {
				w.Begin(at(float64(i)))
				w.Event(span("a", 1, 2))
				w.Flush()
			}
		})
	}
	wg.Wait()
	w.Close()
	r, err := NewReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for ; ; n++ {
		if _, err := r.Read(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n != 2000 {
		t.Errorf("%d rows", n)
	}
}

func BenchmarkWriter(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "x.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f)
	if err != nil {
		b.Fatal(err)
	}
	e := benchmarkEvent()
	b.ReportAllocs()
	for b.Loop() {
		e.Stop++
		if err := w.Event(e); err != nil {
			b.Fatal(err)
		}
	}
	w.Close()
}

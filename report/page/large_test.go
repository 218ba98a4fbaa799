package page

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// writeMany writes an events CSV of so many rows.
func writeMany(t testing.TB, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "loadwright_20261123_150000.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	buffer := bufio.NewWriterSize(file, 1<<20)
	w, err := event.NewWriter(buffer)
	if err != nil {
		t.Fatal(err)
	}
	w.Begin(begin)
	random := rand.New(rand.NewPCG(3, 4))
	// 200 users one after the other, 2,000 rows a second.
	for i := range rows {
		e := row("interact", i%200, i/2, 100+random.IntN(900))
		if i%6 == 0 {
			e.Name = "load"
		}
		e.Iteration, e.HarnessKnown, e.Harness, e.Trusted = 1+i/1200, true, time.Duration(random.IntN(1e6)), event.Trusted
		if random.IntN(1000) == 0 {
			failing(fmt.Sprintf("wait_for text %q: not there within %ds", "done", 1+random.IntN(2)))(&e)
		}
		if err := w.Event(&e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := buffer.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func BenchmarkRead(b *testing.B) {
	const rows = 1_000_000
	path := writeMany(b, rows)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	for b.Loop() {
		if r := read(b, path); r.Points.Rows != rows {
			b.Fatalf("%d rows", r.Points.Rows)
		}
	}
}

// The first picture of a million rows, from the moment that the server is asked,
// and the picture of all of them.
func BenchmarkPicture(b *testing.B) {
	path := writeMany(b, 1_000_000)
	launch(b)
	var first, whole time.Duration
	for b.Loop() {
		began := time.Now()
		s := show(b, serve(b, path).URL+"/", nil)
		s.sight("durations")
		first += time.Since(began)
		s.until(`document.getElementById("follow").textContent !== "reading …"`)
		whole += time.Since(began)
		s.Close()
	}
	b.ReportMetric(first.Seconds()/float64(b.N), "s/first-picture")
	b.ReportMetric(whole.Seconds()/float64(b.N), "s/whole-picture")
}

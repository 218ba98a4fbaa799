package page

import (
	"bufio"
	"encoding/json"
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

// How many frames a second the page of a million rows draws while it is zoomed
// with the wheel, with the plots of all rows in sight: each frame shows another
// stretch of time.
func BenchmarkZoom(b *testing.B) {
	s := show(b, serve(b, writeMany(b, 1_000_000)).URL+"/", nil)
	s.until(`document.getElementById("follow").textContent !== "reading …"`)
	for _, plot := range []string{"users", "durations"} {
		s.sight(plot)
	}
	s.do(s.Locator("#tools").ScrollIntoViewIfNeeded())
	type zoomed struct {
		Seconds, Slow float64 // of all frames; the longest but one in 20
		Frames        int
		Moved         int // frames with another stretch than the one before
	}
	var seconds, slow, cpu float64
	frames := 0
	for b.Loop() {
		before := cpuOfBrowser(b)
		got, err := s.Evaluate(`() => new Promise((done) => {
			const canvas = document.getElementById("plot-durations"), chart = echarts.getInstanceByDom(canvas), box = canvas.getBoundingClientRect();
			canvas.scrollIntoView();
			const times = [], most = 4000;
			let last, moved = 0;
			const frame = (now) => {
				times.push(now);
				const from = chart.convertFromPixel({ xAxisIndex: 0 }, 64);
				if (from !== last) moved++;
				last = from;
				if (now - times[0] > most) {
					const took = times.slice(1).map((t, i) => t - times[i]).sort((x, y) => x - y);
					done(JSON.stringify({ Seconds: (now - times[0]) / 1000, Frames: took.length, Slow: took[Math.floor(took.length * 0.95)] / 1000, Moved: moved }));
					return;
				}
				const inwards = times.length % 40 < 20;
				canvas.dispatchEvent(new WheelEvent("wheel", { ctrlKey: true, deltaY: inwards ? -100 : 100, clientX: box.left + box.width / 3, clientY: box.top + 100, cancelable: true, bubbles: true }));
				requestAnimationFrame(frame);
			};
			requestAnimationFrame(frame);
		})`)
		s.do(err)
		cpu += cpuOfBrowser(b) - before
		var z zoomed
		s.do(json.Unmarshal([]byte(got.(string)), &z))
		if z.Moved < z.Frames*3/4 { // it comes to the whole run, and goes no further
			b.Fatalf("%d of %d frames show another stretch than the one before", z.Moved, z.Frames)
		}
		seconds, frames, slow = seconds+z.Seconds, frames+z.Frames, max(slow, z.Slow)
	}
	b.ReportMetric(float64(frames)/seconds, "frames/s")
	b.ReportMetric(1000*slow, "ms/slow-frame")
	b.ReportMetric(1000*cpu/float64(frames), "cpu-ms/frame") // says more where others keep the cores busy
}

// cpuOfBrowser is what the browser's processes have used, in seconds.
func cpuOfBrowser(b *testing.B) float64 {
	session, err := chromium.NewBrowserCDPSession()
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = session.Detach() }()
	info, err := session.Send("SystemInfo.getProcessInfo", nil)
	if err != nil {
		b.Fatal(err)
	}
	sum := 0.0
	for _, p := range info.(map[string]any)["processInfo"].([]any) {
		switch used := p.(map[string]any)["cpuTime"].(type) {
		case float64:
			sum += used
		case int:
			sum += float64(used)
		}
	}
	return sum
}

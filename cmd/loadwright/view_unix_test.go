//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
)

// TestViewLargeFile reads a large file, 5 GB with LOADWRIGHT_VIEW_GIGABYTES=5: the
// page has a picture before the end is read, then all rows count, and the memory
// of the server stays below 300 MB.
func TestViewLargeFile(t *testing.T) {
	size := int64(32 << 20)
	if text := os.Getenv("LOADWRIGHT_VIEW_GIGABYTES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		size = int64(n) << 30
	}
	path := filepath.Join(t.TempDir(), "large.csv")
	rows := writeEvents(t, path, size)

	cmd := exec.Command("loadwright", "view", path, "--no-open")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://\S+/`).FindString(said)
	get := func(path string, to any) (code int) {
		t.Helper()
		answer, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			err = json.NewDecoder(answer.Body).Decode(to)
		} else {
			_, err = io.Copy(io.Discard, answer.Body)
		}
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode
	}
	var start struct{ Only []string }
	get("api/start", &start)
	version, began, whole := "", time.Now(), false
	for pictures := 0; !whole; {
		var got struct {
			Version string
			Runs    []struct {
				Reading float64
				Points  struct{ Rows, OneIn int64 }
			}
		}
		if code := get(fmt.Sprintf("api/run?run=%s&since=%s", start.Only[0], version), &got); code == http.StatusNoContent {
			continue
		} else if code != http.StatusOK || len(got.Runs) != 1 {
			t.Fatalf("the answer is %d, with %d runs", code, len(got.Runs))
		}
		version = got.Version
		run := got.Runs[0]
		whole = run.Reading == 1
		if pictures++; pictures == 1 || whole {
			t.Logf("after %.1f s: %d rows of %d", time.Since(began).Seconds(), run.Points.Rows, rows)
		}
		if run.Points.Rows == 0 || whole != (run.Points.Rows == rows) {
			t.Fatalf("%d rows of %d, and %v of the file is read", run.Points.Rows, rows, run.Reading)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // by the signal
	most := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	if runtime.GOOS != "darwin" {
		most <<= 10
	}
	t.Logf("%d MB of memory, %.0f s of CPU", most>>20, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	if most > 300<<20 {
		t.Errorf("the server took %d MB of memory", most>>20)
	}
}

// writeEvents writes rows until a file has a size, and returns how many.
func writeEvents(t *testing.T, path string, size int64) (rows int64) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := event.NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	begin := event.Instant(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC).UnixNano())
	w.Begin(begin)
	e := event.Event{UserType: "all", Status: event.OK, Phase: event.Steady, Users: 500, Trusted: event.Trusted, HarnessKnown: true, Harness: 1234 * time.Microsecond}
	for ; ; rows++ {
		e.Name, e.Status, e.Error = "interact with the table", event.OK, ""
		if rows%1000 == 0 {
			e.Name, e.Status, e.Error = "load", event.Error, `wait_for text "done": not there within 30s`
			if info, err := file.Stat(); err != nil || info.Size() >= size {
				break
			}
		}
		e.User, e.Iteration = int(rows%500), int(1+rows/500)
		e.Start = begin.Add(time.Duration(rows) * time.Millisecond)
		e.Stop = e.Start.Add(500*time.Millisecond + time.Duration(rows*7919%400)*time.Microsecond)
		if err := w.Event(&e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return rows
}

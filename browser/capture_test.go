package browser

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

func read(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCapture(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here<script>console.log('hello', 1); console.warn('careful'); fetch('/missing')</script>`))
	v.do(goTo("/"), waitFor(byText("here")))
	base := filepath.Join(t.TempDir(), "failure")
	hide := func(text string) string { return strings.ReplaceAll(text, "hello", "***") }
	if err := v.Capture(t.Context(), base, hide); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader([]byte(read(t, base+".png"))))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size.X != 1280 || size.Y != 720 {
		t.Errorf("the screenshot is %v", size)
	}
	if got := read(t, base+".console.txt"); !strings.HasPrefix(got, "log: *** 1\nwarning: careful\n") {
		t.Errorf("console: %q", got)
	}
}

func TestCaptureOfASilentPage(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here`))
	base := filepath.Join(t.TempDir(), "failure")
	if err := v.Capture(t.Context(), base, asIs); err != nil { // nothing was opened yet
		t.Fatal(err)
	}
	if _, err := os.Stat(base + ".console.txt"); !os.IsNotExist(err) {
		t.Errorf("a file without lines: %v", err)
	}
}

// An event's timeout ends Do and leaves the page to be captured.
func TestCaptureAfterADeadline(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here<script>console.log('hello')</script>`))
	v.do(goTo("/"))
	ctx, cancel := context.WithTimeoutCause(t.Context(), 300*time.Millisecond, &eventOver{})
	defer cancel()
	begin := time.Now()
	_, err := v.Do(ctx, clicked(waitFor(byText("never"))))
	if took := time.Since(begin); took > 300*time.Millisecond+soon {
		t.Errorf("Do took %s", took)
	}
	if ctx.Err() == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the deadline is not in %v", err)
	}
	base := filepath.Join(t.TempDir(), "failure")
	if err := v.Capture(t.Context(), base, asIs); err != nil {
		t.Fatal(err)
	}
	if read(t, base+".console.txt") != "log: hello\n" || read(t, base+".png") == "" {
		t.Error("nothing was captured")
	}
}

// What an event's end cuts short is no step that took too long.
func TestEventsEndBeforeItsSteps(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here`))
	v.do(goTo("/"))
	for range 5 {
		for _, a := range []scenario.Action{click(css("#missing")), waitFor(css("#missing")), step(&scenario.Press{Target: css("#missing"), Key: "a"}), step(&scenario.WaitForQuiet{Quiet: time.Hour})} {
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Millisecond)
			_, err := v.Do(ctx, []scenario.Action{a})
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "not within") {
				t.Errorf("%T: %v", a.Op, err)
			}
		}
	}
}

// eventOver is what a runner gives as the cause of an event's deadline.
type eventOver struct{}

func (*eventOver) Error() string { return "event x was not over in time" }
func (*eventOver) Unwrap() error { return context.DeadlineExceeded }

func TestCaptureWhenThePageIsGone(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here`))
	v.do(goTo("/"))
	if err := v.page.Close(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := v.Capture(t.Context(), filepath.Join(t.TempDir(), "failure"), asIs); err == nil {
		t.Error("a page that is gone was captured")
	}
	v.Close()
	if err := v.Capture(t.Context(), filepath.Join(t.TempDir(), "failure"), asIs); err == nil {
		t.Error("a session that is closed was captured")
	}
	if took := time.Since(begin); took > soon {
		t.Errorf("it took %s", took)
	}
}

package runner

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/internal/mask"
)

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		"2 elements match":             "2 elements match",
		"a\nb":                         "a; b",
		"\r\n a \r\n\r\n\t b\u2028c\n": "a; b; c",
		"two  spaces":                  "two  spaces",
		"half \xff":                    "half \uFFFD",
		strings.Repeat("é", 1000):      strings.Repeat("é", 1000),
		strings.Repeat("é", 1001):      strings.Repeat("é", 1000) + "…",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("oneLine(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStepError(t *testing.T) {
	err := &StepError{
		Place: "scenario.yaml:14:9", User: 3, Iteration: 1,
		Step: `fill label=Password with hunter2`, Err: io.ErrUnexpectedEOF,
	}
	if got, want := err.Error(), `scenario.yaml:14:9: user 3, iteration 1: fill label=Password with hunter2: unexpected EOF`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is not in the chain")
	}
	err.Place = ""
	err.mask = mask.New("hunter", "hunter2")
	if got, want := err.Error(), `user 3, iteration 1: fill label=Password with ***: unexpected EOF`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A session asks this before it gives the page up.
func TestEventTimeoutIsADeadline(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), 0, &eventTimeout{"load", 3 * time.Second})
	defer cancel()
	if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) ||
		err.Error() != "event load was not over within its timeout of 3s" {
		t.Errorf("got %v", err)
	}
}

func TestRetryPause(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 6: 3200 * time.Millisecond,
		7: 5 * time.Second, 8: 5 * time.Second, 1 << 40: 5 * time.Second,
	} {
		if got := retryPause(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}

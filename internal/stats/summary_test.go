package stats

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

var update = flag.Bool("update", false, "write what is seen to testdata")

func TestSummaryJSON(t *testing.T) {
	l := live(
		with(ok("load", 300*ms), func(e *event.Event) { e.Harness, e.HarnessKnown = 3*ms, true }),
		ok("load", 100*ms), failed("load", ms),
		with(ok("interact <b>", 515*ms), func(e *event.Event) { e.Already = true }),
		with(ok("cut", ms), func(e *event.Event) { e.Status = event.Cancelled }),
		with(ok("load", ms), func(e *event.Event) { e.Phase = event.WarmUp }),
	)
	implied := limit("", "errors%", "<=", 0.01)
	implied.Text, implied.Implied = "errors <= 1%", true
	summary := l.Summary([]scenario.Threshold{
		limit("load", "mean", "<", 1), limit("load", "p95", "<", 1), limit("cut", "max", "<", 1), implied,
	})
	golden(t, "testdata/summary.json", summary)
}

// Kinds of user have figures of their own, and thresholds say what is peculiar
// about them.
func TestSummaryJSONOfKinds(t *testing.T) {
	const s = time.Second
	byType := limit("load", "max", "<", 1)
	byType.UserType, byType.Abort = "requester", true
	window, silent := inWindows(limit("", "errors%", "<=", 0.1), 10*s), inWindows(limit("cut", "max", "<", 1), 1500*ms)
	kind := func(name string, e event.Event) event.Event {
		e.UserType = name
		return e
	}
	thresholds := []scenario.Threshold{byType, window, silent}
	l := NewLive(thresholds)
	l.Begin(began)
	for _, e := range []event.Event{
		kind("clicker", ended("load", s)), kind("requester", failing(ended("load", 2*s))), kind("clicker", ended("interact", 12*s)),
	} {
		l.Event(&e)
	}
	golden(t, "testdata/summary_kinds.json", l.Summary(thresholds))
}

// golden compares a summary with a file, and with itself read back.
func golden(t *testing.T, file string, summary Summary) {
	t.Helper()
	got, err := json.MarshalIndent(summary, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	var back Summary
	d := json.NewDecoder(bytes.NewReader(want))
	d.DisallowUnknownFields()
	if err := d.Decode(&back); err != nil || !reflect.DeepEqual(back, summary) {
		t.Errorf("read back: %v, %+v", err, back)
	}
}

func TestSummaryOK(t *testing.T) {
	good, bad := limit("load", "max", "<", 1), limit("load", "max", "<", 0.01)
	l := live(ok("load", 100*ms))
	for _, c := range []struct {
		thresholds []scenario.Threshold
		want       bool
	}{{nil, true}, {[]scenario.Threshold{good}, true}, {[]scenario.Threshold{good, bad, good}, false}} {
		if got := l.Summary(c.thresholds).OK; got != c.want {
			t.Errorf("%v: %v", c.thresholds, got)
		}
	}
	// A run without an event is JSON all the same.
	if src, err := json.Marshal(new(Live).Summary([]scenario.Threshold{good})); err != nil || !bytes.Contains(src, []byte(`"events":[]`)) {
		t.Errorf("%s, %v", src, err)
	}
}

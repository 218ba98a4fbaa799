package main

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestPercentile(t *testing.T) {
	sorted := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for p, want := range map[float64]float64{50: 5, 95: 10, 90: 9, 1: 1} {
		if got := percentile(sorted, p); got != want {
			t.Errorf("p%v is %v, want %v", p, got, want)
		}
	}
	if b := best([]float64{3, 1, 2}); b != 1 {
		t.Errorf("the best is %v, want 1", b)
	}
	if b := best(nil); !math.IsNaN(b) {
		t.Errorf("the best of nothing is %v", b)
	}
}

func TestMemoryTold(t *testing.T) {
	if got := memoryTold([]string{"memory 1 2", "memory 300000000 45", "it says something", ""}); got != 300000045 {
		t.Errorf("it told of %v bytes", got)
	}
	if got := memoryTold([]string{"it says something"}); !math.IsNaN(got) {
		t.Errorf("nothing told of %v bytes", got)
	}
}

// What Locust is held to is what most people write; the faster kind is shown.
func TestBarsOfRequests(t *testing.T) {
	r := newRequests(t.Context(), nil, []*client{{name: ours}, {name: vegeta}, {name: locustFast}, {name: locustPlain}}, quick)
	for name, rate := range map[string]float64{ours: 10_000, vegeta: 15_000, locustFast: 8_000, locustPlain: 1_000} {
		r.figures[name].rates = []float64{rate}
	}
	r.figures[ours].took = map[float64][]float64{50: {0.3, 9}, 95: {1}, 99: {10.4}}
	r.figures[vegeta].took = map[float64][]float64{50: {0.1}, 95: {1.3}, 99: {10}}
	var got []string
	for _, bar := range r.bars() {
		mark := "ok"
		if !bar.ok {
			mark = "missed"
		}
		got = append(got, mark+" "+strings.Fields(bar.what)[0]+" "+bar.measured)
	}
	want := []string{
		"missed requests/s, 0.67 (1e+04 / 1.5e+04)",
		"ok requests/s, 10.00 (1e+04 / 1e+03)",
		"ok p50 0.300 ms, vegeta 0.100",
		"missed p95 1.000 ms, vegeta 1.300",
		"ok p99 10.400 ms, vegeta 10.000",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("bars:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if rows := newRequests(t.Context(), nil, nil, quick).bars(); len(rows) != 0 {
		t.Errorf("nothing was measured, and there are %v", rows)
	}
}

func TestAnswers(t *testing.T) {
	var answered atomic.Int64
	asked := bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /answered HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost"))
	var got bytes.Buffer
	for answerOne(asked, &got, &answered) == nil {
	}
	answers := bufio.NewReader(&got)
	for _, want := range []string{smallAnswer, "1"} {
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != want {
			t.Errorf("answered %q, %v, want %q", body, err, want)
		}
	}
	if answers.Buffered() > 0 || answered.Load() != 1 {
		t.Errorf("%d bytes more; %d answered", answers.Buffered(), answered.Load())
	}
}

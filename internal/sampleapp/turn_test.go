package sampleapp

import (
	"net/http/httptest"
	"testing"
)

func TestTurn(t *testing.T) {
	a := New(Options{})
	for query, want := range map[string]string{
		"":         "0s, 50ms, 200ms",
		"&turn=0":  "0s, 50ms, 200ms",
		"&turn=1":  "50ms, 200ms, 0s",
		"&turn=32": "200ms, 0s, 50ms",
		"&turn=x":  "",
		"&turn=-1": "",
	} {
		_, run, err := a.delays(httptest.NewRequest("GET", "/app?run_delay=0,50ms,200ms"+query, nil))
		if run.String() != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v; want %s", query, run, err, want)
		}
	}
}

package loadwright_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
)

// Whoever follows a run is told what it has found so far, as at its end.
func TestFollow(t *testing.T) {
	t.Setenv("TOKEN", "hush hush")
	var asked atomic.Int32
	at := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if asked.Add(1)%5 == 0 {
			select {
			case at <- struct{}{}:
			default:
			}
		}
	}))
	defer server.Close()
	s, err := loadwright.Parse("s.yaml", []byte(`
name: the hush hush of it
load: {users: 2, start_interval: 0s, duration: 1h, graceful_stop: 0s}
steps:
  - event: ask
    steps: [{request: "GET /?x=${env.TOKEN}"}]
  - sleep: 5ms
thresholds: [ask p95 < 1m, count > 1000000]
`))
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan error, 1)
	o := loadwright.Options{URL: server.URL, Out: t.TempDir(), Stop: stop, NoReport: true}
	followed := make(chan *loadwright.Running, 1)
	o.Follow = func(r *loadwright.Running) {
		if before := r.Result(); !before.Began.IsZero() || before.Elapsed != 0 || before.Users != 0 || len(before.Samples) > 0 {
			t.Errorf("before it begins: %+v", before)
		}
		followed <- r
	}
	type seen struct {
		so      *loadwright.Result
		summary []byte
		active  int
	}
	looked := make(chan seen)
	go func() {
		r := <-followed
		<-at
		if err := errors.Join(r.Fixed(), r.SetUsers(5)); err != nil {
			t.Error(err)
		}
		for r.Progress().Active < 5 || r.Result().Event("ask").Count < 20 {
			<-at
		}
		so := r.Result()
		summary, err := r.Summary(context.Background())
		if err != nil {
			t.Error(err)
		}
		looked <- seen{so, summary, r.Progress().Active}
		stop <- errors.New("seen hush hush enough")
	}()
	ended := make(chan *loadwright.Result)
	go func() {
		result, err := loadwright.Run(t.Context(), s, o)
		if err != nil {
			t.Error(err)
		}
		ended <- result
	}()
	x, result := <-looked, <-ended
	so := x.so
	if so.Name != "the *** of it" || so.Users != 5 || so.Began != result.Began || so.Elapsed <= 0 || so.Elapsed > result.Elapsed || so.Ended != nil || so.CSV != result.CSV || so.Dir != result.Dir || so.Summary != "" {
		t.Errorf("so far: %+v", so)
	}
	if n := so.Event("ask").Count; n < 20 || n > result.Event("ask").Count {
		t.Errorf("%d events so far, %d at the end", n, result.Event("ask").Count)
	}
	if len(so.Thresholds) != len(result.Thresholds) || !so.Thresholds[0].OK || so.Thresholds[1].OK {
		t.Errorf("thresholds so far: %+v", so.Thresholds)
	}
	var summary struct {
		Began    time.Time `json:"began"`
		Scenario string    `json:"scenario"`
		Events   []struct{ Count int }
	}
	if err := json.Unmarshal(x.summary, &summary); err != nil {
		t.Fatal(err)
	}
	if !summary.Began.Equal(result.Began) || len(summary.Events) != 1 || summary.Events[0].Count < 20 {
		t.Errorf("summary so far: %+v", summary)
	}
	if strings.Contains(string(x.summary), "hush") {
		t.Errorf("a secret is in the summary: %s", x.summary)
	}
	if result.Ended == nil || result.Ended.Error() != "seen *** enough" {
		t.Errorf("ended: %v", result.Ended)
	}
}

// Stages and arrivals say how many users there are, and nobody else.
func TestFixedUsers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	for load, want := range map[string]string{
		"{stages: [{users: 1, hold: 50ms}]}":                     "stages say how many users",
		"{arrivals: {rate: 50/s}, duration: 50ms, max_users: 3}": "come by a rate",
		"{users: 1, iterations: 1}":                              "",
	} {
		s, err := loadwright.Parse("s.yaml", []byte("load: "+load+"\nsteps: [{request: GET /}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		why := "nobody followed"
		_, err = loadwright.Run(t.Context(), s, loadwright.Options{URL: server.URL, Out: t.TempDir(), NoReport: true, Follow: func(r *loadwright.Running) {
			why = ""
			if err := r.Fixed(); err != nil {
				why = err.Error()
				if set := r.SetUsers(3); set == nil || set.Error() != why {
					t.Errorf("%s: SetUsers: %v", load, set)
				}
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if (want == "") != (why == "") || !strings.Contains(why, want) {
			t.Errorf("%s: %q, want %q", load, why, want)
		}
	}
}

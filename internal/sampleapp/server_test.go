package sampleapp

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve runs an app on a free port; stop ends it and waits for that.
func serve(t *testing.T, o Options) (url string, stop func()) {
	t.Helper()
	s, err := New(o).Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx) }()
	stop = func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		served <- nil // stop may be called again
	}
	t.Cleanup(stop)
	return s.URL(), stop
}

func TestServeTakesNoLessThanItsDelay(t *testing.T) {
	url, stop := serve(t, Options{LoadDelay: 50 * time.Millisecond})
	began := time.Now()
	r, err := http.Get(url + "/app")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil || !strings.Contains(string(body), "<h1>") {
		t.Errorf("%v, %q", err, body)
	}
	if took := time.Since(began); took < 50*time.Millisecond {
		t.Errorf("/app took %v, less than its delay of 50ms", took)
	}
	stop()
	if _, err := http.Get(url + "/app"); err == nil {
		t.Error("the app still answers after its end")
	}
}

func TestServeEndsWhileRequestsWait(t *testing.T) {
	url, stop := serve(t, Options{RunDelay: 10 * time.Minute, Workers: 1})
	idle, err := net.Dial("tcp", strings.TrimPrefix(url, "http://")) // never asks for anything
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	answers := make(chan error, 3)
	for range cap(answers) {
		go func() {
			r, err := http.Get(url + "/run")
			if err == nil {
				if r.StatusCode == http.StatusOK {
					t.Error("a request that was cut short looks answered")
				}
				r.Body.Close()
			}
			answers <- err
		}()
	}
	time.Sleep(20 * time.Millisecond) // either way the test holds; this way it shows more
	began := time.Now()
	stop()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the end took %v", took)
	}
	for range cap(answers) {
		<-answers
	}
}

func TestAWaitingClientThatLeavesHoldsNobodyUp(t *testing.T) {
	url, _ := serve(t, Options{Workers: 1})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		r, _ := http.NewRequestWithContext(ctx, "GET", url+"/run?run_delay=10m", nil)
		if response, err := http.DefaultClient.Do(r); err == nil {
			response.Body.Close()
		}
	}()
	time.Sleep(20 * time.Millisecond)
	cancel()
	<-left
	r, err := http.Get(url + "/run?run_delay=0")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
}

func TestListenSaysThatAPortIsTaken(t *testing.T) {
	s, err := New(Options{}).Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.listener.Close()
	addr := strings.TrimPrefix(s.URL(), "http://")
	_, err = New(Options{}).Listen(addr)
	if err == nil || !strings.HasPrefix(err.Error(), "the sample app can't have "+addr+": ") {
		t.Errorf("error %v", err)
	}
}

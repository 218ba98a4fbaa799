package httpuser

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/runner"
	"github.com/loadwright/loadwright/scenario"
)

// serveVariable makes the test's own program a server, so that what a server
// needs is not counted as ours.
const serveVariable = "LOADWRIGHT_HTTPUSER_SERVE"

// serveUntilLeft serves small answers until its input ends.
func serveUntilLeft() {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"ok":true}`) }))
	switch os.Getenv(serveVariable) {
	case "https":
		s.StartTLS()
	case "h2":
		s.EnableHTTP2 = true
		s.StartTLS()
	default:
		s.Start()
	}
	fmt.Println(s.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// server runs one in a process of its own.
func server(b *testing.B, kind string) string {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveVariable+"="+kind)
	cmd.Stderr = io.Discard
	leave, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		leave.Close()
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// BenchmarkRequest is the requests of users one after another, beside a plain
// client of net/http that reads its answers as carefully.
func BenchmarkRequest(b *testing.B) {
	for _, users := range []int{1, 16} {
		b.Run(fmt.Sprintf("session/users=%d", users), func(b *testing.B) {
			url := server(b, "http")
			u := NewUsers(Options{BaseURL: url, Clock: event.NewClock()})
			defer u.Close()
			step := actions(b, url, "request: GET /")
			share(b, users, func(user int) func() error {
				s, err := u.Open(context.Background(), runner.UserInfo{User: user}, nil)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { s.Close() })
				return func() error {
					_, err := s.Do(context.Background(), step)
					return err
				}
			})
		})
		b.Run(fmt.Sprintf("plain/users=%d", users), func(b *testing.B) {
			url := server(b, "http")
			t := &http.Transport{MaxIdleConnsPerHost: users}
			defer t.CloseIdleConnections()
			share(b, users, func(int) func() error {
				c := &http.Client{Transport: t, Timeout: stepTimeout}
				return func() error {
					r, err := c.Get(url)
					if err != nil {
						return err
					}
					defer r.Body.Close()
					_, err = io.Copy(io.Discard, r.Body)
					return err
				}
			})
		})
	}
}

// share has users do b.N requests together.
func share(b *testing.B, users int, open func(user int) func() error) {
	b.Helper()
	var all []func() error
	for i := range users {
		do := open(i)
		if err := do(); err != nil { // opens the connection
			b.Fatal(err)
		}
		all = append(all, do)
	}
	b.ReportAllocs()
	b.ResetTimer()
	var done sync.WaitGroup
	for i, do := range all {
		n := b.N / users
		if i < b.N%users {
			n++
		}
		done.Go(func() {
			for range n {
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

const thinkers = 10_000

// BenchmarkUserMemory is what a user takes that thinks, with its connection
// open: heap and stacks, its own goroutine included.
func BenchmarkUserMemory(b *testing.B) {
	if testing.Short() {
		b.Skip("opens 10,000 connections")
	}
	for _, kind := range []string{"http", "https", "h2"} {
		b.Run(kind, func(b *testing.B) {
			url := server(b, kind)
			for b.Loop() {
				b.ReportMetric(float64(memoryOfUsers(b, url))/thinkers, "bytes/user")
			}
		})
	}
}

func memoryOfUsers(b *testing.B, url string) int64 {
	u := NewUsers(Options{BaseURL: url, Clock: event.NewClock(), HTTP: scenario.HTTP{IgnoreHTTPSErrors: true}})
	defer u.Close()
	step := actions(b, url, "request: GET /")
	before := memory()
	var asked, left sync.WaitGroup
	leave := make(chan struct{})
	turns := make(chan struct{}, 64) // handshakes side by side
	for i := range thinkers {
		asked.Add(1)
		left.Go(func() {
			s, err := u.Open(context.Background(), runner.UserInfo{User: i}, nil)
			if err != nil {
				b.Error(err)
			}
			for range 3 {
				turns <- struct{}{}
				if _, err := s.Do(context.Background(), step); err != nil {
					b.Error(err)
				}
				<-turns
			}
			asked.Done()
			<-leave
			s.Close()
		})
	}
	asked.Wait()
	after := memory()
	close(leave)
	left.Wait()
	return after - before
}

// memory is what the heap and the stacks take, garbage left out.
func memory() int64 {
	var m runtime.MemStats
	for range 4 { // a stack shrinks by half each time
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkPlainMemory is what the library takes as it comes, on one goroutine
// for all.
func BenchmarkPlainMemory(b *testing.B) {
	if testing.Short() {
		b.Skip("opens 10,000 connections")
	}
	url := server(b, "http")
	for b.Loop() {
		before := memory()
		transports := make([]*http.Transport, thinkers)
		for i := range transports {
			transports[i] = &http.Transport{TLSClientConfig: &tls.Config{}}
			r, err := (&http.Client{Transport: transports[i]}).Get(url)
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		b.ReportMetric(float64(memory()-before)/thinkers, "bytes/user")
		for _, t := range transports {
			t.CloseIdleConnections()
		}
	}
}

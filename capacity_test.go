package loadwright_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/capacity"
)

// frail is an app that answers one request at a time, and is gone for a while
// when there are too many at once.
type frail struct {
	t      *testing.T
	most   int64
	away   time.Duration // negative: for good
	line   sync.Mutex
	inside atomic.Int64

	mu     sync.Mutex
	server *httptest.Server
	over   bool
}

func newFrail(t *testing.T, most int64, away time.Duration) (*frail, string) {
	f := &frail{t: t, most: most, away: away}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.listen(l)
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.over = true
		if f.server != nil {
			f.server.Close()
		}
	})
	return f, "http://" + l.Addr().String()
}

func (f *frail) listen(l net.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		l.Close()
		return
	}
	s := httptest.NewUnstartedServer(f)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	f.server = s
}

func (f *frail) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	defer f.inside.Add(-1)
	if f.inside.Add(1) >= f.most {
		go f.die()
		panic(http.ErrAbortHandler)
	}
	f.line.Lock()
	defer f.line.Unlock()
	time.Sleep(10 * time.Millisecond)
	fmt.Fprintln(w, "here")
}

func (f *frail) die() {
	f.mu.Lock()
	s := f.server
	f.server = nil
	f.mu.Unlock()
	if s == nil {
		return // it does already
	}
	address := s.Listener.Addr().String()
	s.Listener.Close()
	s.CloseClientConnections()
	s.Close()
	if f.away < 0 {
		return
	}
	time.Sleep(f.away)
	l, err := net.Listen("tcp", address)
	if err != nil {
		f.t.Errorf("the app can't come back: %v", err)
		return
	}
	f.listen(l)
}

// An app that is gone for a while under too many users, and that the run has not
// started: the capacity is below, and the answer says that it came back.
func TestCapacityOfAnAppThatDies(t *testing.T) {
	t.Parallel()
	_, url := newFrail(t, 6, time.Second)
	s, err := loadwright.Parse("frail.yaml", []byte("url: "+url+"\nsteps:\n  - request: GET /\n  - sleep: 10ms\nthresholds: [GET / mean < 500ms]\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, r, err := loadwright.FindCapacity(t.Context(), s, loadwright.Options{Out: t.TempDir(), NoReport: true}, loadwright.CapacityOptions{Tried: func(l capacity.Level) { t.Logf("%v for %v: %q", l.Load, l.Took, l.Verdict) }, Budget: 3 * time.Minute, AllowSaturated: true})
	if err != nil {
		t.Fatal(err)
	}
	if a.Undecided != "" || a.Died == nil || a.Low > 6 || a.High < 4 {
		t.Fatal(a.Sentence())
	}
	if d := a.Died; d.Load < 6 || d.StartedAgain || d.Back <= 0 || d.Back > 40*time.Second || !strings.HasPrefix(d.Said, "nothing listens at 127.0.0.1:") {
		t.Errorf("%+v", d)
	}
	again, err := loadwright.Open(r.CSV)
	if err != nil {
		t.Fatal(err)
	}
	if again.Ended != nil {
		t.Error(again.Ended)
	}
	if again.Capacity == nil || again.Capacity.Sentence != a.Sentence() || *again.Capacity.Capacity != a.Capacity || len(again.Capacity.Levels) != len(a.Levels) || again.Capacity.Died.Said != a.Died.Said {
		t.Errorf("summary.json says %+v", again.Capacity)
	}
}

// A limit may be about one kind of user, and others not be looked at.
func TestCapacityOfAKindOfUser(t *testing.T) {
	t.Parallel()
	var line sync.Mutex
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/edit" {
			line.Lock()
			defer line.Unlock()
			time.Sleep(20 * time.Millisecond)
		}
	}))
	defer app.Close()
	s, err := loadwright.Parse("kinds.yaml", []byte("url: "+app.URL+`
user_types:
  reader: {weight: 1, steps: [{event: open, steps: [{request: GET /read}]}, {sleep: 50ms}]}
  editor: {weight: 1, steps: [{event: open, steps: [{request: GET /edit}]}, {sleep: 50ms}]}
thresholds:
  - {check: open mean < 100ms, user_type: editor}
  - {check: errors <= 50%, user_type: reader}
  - open max < 50ms
`))
	if err != nil {
		t.Fatal(err)
	}
	a, _, err := loadwright.FindCapacity(t.Context(), s, loadwright.Options{Out: t.TempDir(), NoReport: true}, loadwright.CapacityOptions{Min: 2, Budget: 5 * time.Minute, AllowSaturated: true})
	if err != nil {
		t.Fatal(err)
	}
	// Editors take 20 ms each, one after the other, and come again 50 ms later:
	// with seven of them, one waits 70 ms on average before its 20.
	if a.Breaks == nil || a.Breaks.Limit.Event != "open by editor" || a.Breaks.Load < 4 || a.Breaks.Load > 30 {
		t.Errorf("%s", a.Sentence())
	}
	if len(a.LeftOut) != 1 || a.LeftOut[0] != "open max < 50ms" {
		t.Errorf("left out: %q", a.LeftOut)
	}
	for _, l := range a.Levels {
		if l.Verdict != capacity.Unclear && !slices.ContainsFunc(l.Figures, func(f capacity.Figures) bool {
			return f.Event == "what reader does" && f.Part && f.Count > 0 && f.Failures == 0
		}) {
			t.Errorf("with %v users: %+v", l.Load, l.Figures)
		}
	}
}

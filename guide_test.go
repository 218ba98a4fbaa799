package loadwright_test

import (
	"math"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/examples"
	"github.com/loadwright/loadwright/internal/sampleapp"
)

// TestGuide has the figures of the guide that this project answers: an app that
// takes half a second and works on one request at a time answers one user who
// asks without a pause in half a second, and ten in five. (An app on Panel adds
// 6 %: 530 and 5,300 ms.) LOADWRIGHT_GUIDE=full takes these times; else all is
// ten times as fast.
func TestGuide(t *testing.T) {
	t.Parallel() // it waits
	delay, length := 50*time.Millisecond, time.Second
	slack := math.Inf(1) // other tests take the CPU: no upper bound in seconds holds
	if os.Getenv("LOADWRIGHT_GUIDE") == "full" {
		delay, length, slack = 500*time.Millisecond, 30*time.Second, 1.15
	}
	s, err := loadwright.Parse("requests.yaml", examples.Read("requests.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// Both at once: what the machine makes of the one it makes of the other.
	loads := []int{1, 10}
	medians := make([]time.Duration, len(loads))
	var runs sync.WaitGroup
	for i, users := range loads {
		out := t.TempDir()
		runs.Go(func() {
			app := httptest.NewServer(sampleapp.New(sampleapp.Options{LoadDelay: delay, Workers: 1}))
			defer app.Close()
			res, err := loadwright.Run(t.Context(), s, loadwright.Options{URL: app.URL, Users: users, Duration: length, Out: out})
			if err != nil {
				t.Error(err)
				return
			}
			got := res.Event("GET /app")
			least := time.Duration(users) * delay
			medians[i] = got.Median
			t.Logf("%d users: median %v, p95 %v, of %d", users, got.Median, got.P95, got.Count)
			if got.Failures > 0 || got.Count < 10 || got.Median < least || got.Median.Seconds() > slack*least.Seconds() {
				t.Errorf("%d users: median %v of %d, want %v to %v times that", users, got.Median, got.Count, least, slack)
			}
		})
	}
	runs.Wait()
	if medians[1] > 12*medians[0] {
		t.Errorf("ten users wait %v, one waits %v: more than their turns explain", medians[1], medians[0])
	}
}

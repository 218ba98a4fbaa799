package browser

import (
	"fmt"
	"sync"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/internal/wording"
	"github.com/loadwright/loadwright/scenario"
)

// responses are those that came from the network since they were listened for,
// in order.
type responses struct {
	stop func()

	mu   sync.Mutex
	seen []response
}

type response struct {
	url    string
	status int
	at     event.Instant // its first byte, as the browser has it; 0: unknown
}

// mostResponses bounds what is kept: a page that answers more often within one
// event loses the rest.
const mostResponses = 4096

// listen starts keeping responses. Only what is known without asking the driver
// may be read in a handler: it runs on the goroutine that reads answers.
func (s *session) listen() *responses {
	r := &responses{}
	handler := func(res playwright.Response) {
		t := res.Request().Timing()
		kept := response{url: res.URL(), status: res.Status()}
		if t != nil && t.StartTime > 0 {
			kept.at = s.fromSystem(t.StartTime + max(0, t.ResponseStart))
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.seen) < mostResponses {
			r.seen = append(r.seen, kept)
		}
	}
	s.page.OnResponse(handler)
	r.stop = func() { s.page.RemoveListener("response", handler) }
	return r
}

// after returns the responses from number n on.
func (r *responses) after(n int) []response {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[n:]
}

const noResponse = "no such response"

// waitForResponse passes over a response whose status is not good: the page may
// ask again. The error names the last one.
func waitForResponse(op *scenario.WaitForResponse) wait {
	var found *response
	var came *responses
	looked, saw := 0, noResponse
	return wait{
		hear: func(r *responses) { came = r },
		check: func(s *session) (bool, string, error) {
			re, err := globAgainst(s.pool.o.BaseURL, op.Glob)
			if err != nil {
				return false, "", err
			}
			for _, r := range came.after(looked) {
				looked++
				switch {
				case found != nil || !re.MatchString(r.url):
				case op.Status.Allows(r.status):
					found = &r
				default:
					saw = fmt.Sprintf("%s answered %d", wording.Cut(r.url, 200), r.status)
				}
			}
			return found != nil, saw, nil
		},
		when: func(*session) (event.Instant, bool) { return found.at, found.at != 0 },
	}
}

// fromSystem converts a time of the system's clock, in milliseconds since the
// Unix epoch. The browser reads that clock for every request, and it may have
// been set since the run began.
func (s *session) fromSystem(ms float64) event.Instant {
	return fromSystem(ms, time.Now(), s.clock.Now())
}

// fromSystem does so by what both clocks show at one moment.
func fromSystem(ms float64, system time.Time, run event.Instant) event.Instant {
	return event.Instant(ms*1e6) + run - event.Instant(system.UnixNano())
}

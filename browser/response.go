package browser

import (
	"sync"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// responses are those that came from the network since a stretch began, in
// order.
type responses struct {
	stop func()

	mu   sync.Mutex
	seen []response
}

type response struct {
	url    string
	status int
	at     event.Instant // its first byte, on the browser's clock; 0: unknown
}

// mostResponses bounds what is kept: a page that answers more often within one
// stretch loses the rest.
const mostResponses = 4096

// listen starts keeping responses. Only what is known without asking the driver
// may be read in a handler: it runs on the goroutine that reads answers.
func (s *session) listen() *responses {
	r := &responses{}
	handler := func(res playwright.Response) {
		t := res.Request().Timing()
		kept := response{url: res.URL(), status: res.Status()}
		if t != nil && t.StartTime > 0 {
			kept.at = event.Instant((t.StartTime + max(0, t.ResponseStart)) * 1e6)
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

func waitForResponse(op *scenario.WaitForResponse) wait {
	var found *response
	var came *responses
	looked := 0
	return wait{
		hear: func(r *responses) { came = r },
		check: func(s *session) (bool, string, error) {
			re, err := globAgainst(s.pool.o.BaseURL, op.Glob)
			if err != nil {
				return false, "", err
			}
			for _, r := range came.after(looked) {
				looked++
				if found == nil && re.MatchString(r.url) && statusMatches(op.Status, r.status) {
					found = &r
				}
			}
			return found != nil, "no such response", nil
		},
		when: func(*session) (event.Instant, bool) { return found.at, found.at != 0 },
	}
}

// statusMatches takes any status where the scenario names none: what is waited
// for is a response.
func statusMatches(rule scenario.StatusRule, status int) bool {
	return len(rule.Codes) == 0 || rule.Allows(status)
}

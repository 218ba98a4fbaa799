package page

import (
	"fmt"
	"net/http"
)

// liveID is how a page names a run under way.
const liveID = "live"

// NewLive returns a server of a run under way, of which b is a sink. Before the
// page gets what b knows, describe may put into it what only the run's owner
// can tell: its name, thresholds, the machine. The page asks once a second, and
// is answered with the whole history whenever it is opened.
func NewLive(b *Builder, describe func(*Run)) *Server {
	return &Server{opened: map[string]*opened{}, live: &live{b, describe}}
}

type live struct {
	build    *Builder
	describe func(*Run)
}

func (l *live) snapshot() *Run {
	r := l.build.Run()
	r.Growing, r.Verdict, r.Name = true, NotJudged, "a run under way"
	if l.describe != nil {
		l.describe(r)
	}
	if r.Headline == "" {
		first, message := firstFailure(r)
		r.Headline = headline(r, nil, first, message)
	}
	return r
}

// serveLive answers with the run under way.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	run := s.live.snapshot()
	version := fmt.Sprintf("%d.%t.%d", run.Points.Rows, run.Growing, len(run.Machine.Times))
	if version == r.FormValue("since") {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	run.ID = liveID
	answer(w, map[string]any{"version": version, "runs": []*Run{run}, "shares": shares()})
}

package browser

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// ahead are the waits that count from the begin of an event and whose turn comes
// in a later stretch of it.
type ahead struct {
	waits []*pending
	rest  func() // ends the looking out for them; nil: nobody does
}

// Arm implements [runner.Session].
func (s *session) Arm(ctx context.Context, waits []scenario.Action) (disarm func()) {
	s.stopLookingOut()
	defer s.lookOut()
	armed := s.pendingOf(waits)
	stop, _ := s.arm(ctx, armed) // what ends the session is told by the next stretch
	s.ahead.waits = append(s.ahead.waits, armed...)
	return func() {
		s.stopLookingOut()
		defer s.lookOut()
		stop()
		s.ahead.waits = slices.DeleteFunc(s.ahead.waits, func(w *pending) bool { return slices.Contains(armed, w) })
	}
}

// pendingOf are the waits among the actions, nil for each of the others. One
// that was armed ahead stays as it is, and is ahead no longer.
func (s *session) pendingOf(actions []scenario.Action) []*pending {
	waits := make([]*pending, len(actions))
	for i, a := range actions {
		at := slices.IndexFunc(s.ahead.waits, func(w *pending) bool {
			// A name in its target may have another value by now.
			return a.Leaf != nil && w.action.Leaf == a.Leaf && reflect.DeepEqual(w.action.Op, a.Op)
		})
		if at >= 0 {
			waits[i] = s.ahead.waits[at]
			s.ahead.waits = slices.Delete(s.ahead.waits, at, at+1)
		} else if w, ok := waitOf(a.Op); ok {
			waits[i] = &pending{action: a, wait: w, post: s.at(w.document)}
		}
	}
	return waits
}

// unseen tells whether a wait has yet to see the opposite of what it waits for.
func (w *pending) unseen() bool { return w != nil && w.edge && !w.seen }

// lookOut looks at the edges ahead while nothing is carried out, until
// stopLookingOut: what a page shows while its user sleeps counts too.
func (s *session) lookOut() {
	if !slices.ContainsFunc(s.ahead.waits, (*pending).unseen) {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	var over sync.WaitGroup
	over.Add(1)
	if !s.spawn(func() { defer over.Done(); s.watch(ctx) }) {
		over.Done()
	}
	s.ahead.rest = func() { cancel(); over.Wait() }
}

func (s *session) stopLookingOut() {
	if s.ahead.rest != nil {
		s.ahead.rest()
		s.ahead.rest = nil
	}
}

// lookTimeout is how long a look may take for which nobody waits.
const lookTimeout = 30 * time.Second

// watch looks at the edges ahead whenever the page has changed, and as seldom as
// a long wait does where nothing announces a change.
func (s *session) watch(ctx context.Context) {
	g := &group{s: s, ahead: s.ahead.waits, turn: time.Now()}
	for {
		asked := time.Now()
		g.deadline = asked.Add(lookTimeout)
		if g.peek(ctx) != nil || sleep(ctx, min(time.Since(asked), pause)) != nil {
			return
		}
		at := slices.IndexFunc(g.ahead, (*pending).unseen)
		if at < 0 {
			return
		}
		w := g.ahead[at]
		var news chan answer
		if s.pool.o.Timing != scenario.WallTiming { // there is nobody to ask
			w.post.ask()
			news = w.post.news
		}
		var err error
		select {
		case a := <-news:
			_, err = g.hear(ctx, w.post, a, true)
		case <-time.After(g.interval()):
		case <-ctx.Done():
			return
		case <-s.closing:
			return
		case <-s.crashed:
			return
		case <-s.pair.over:
			return
		}
		if err != nil {
			return
		}
	}
}

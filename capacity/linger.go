package capacity

import "context"

// linger looks at the end whether an overload has a lasting effect: it goes to a
// level that is too much, and from there at once back to the highest that holds.
// When it is slower there than it was, it is looked at once more after a rest: only
// what is slower before the rest than after it is the overload's doing. An open load
// is left out: what has piled up there takes its time, whatever the app is like; and
// so is an app that died, which would again.
func (s *search) linger(ctx context.Context) error {
	low, high := s.decided()
	if s.o.Open || low == 0 || high == 0 || s.answer.Died != nil {
		return nil
	}
	holds, over := s.levels[low], s.levels[high]
	for _, l := range s.levels {
		if l.verdict == Broken && l.n > over.n && l.n <= 2*high {
			over = l
		}
	}
	s.strained = over.n
	if _, ok, err := s.lookAt(ctx, over, strain); err != nil || !ok {
		return err
	}
	soon, ok, err := s.lookAt(ctx, holds, after)
	if err != nil || !ok || slower(s.o.Limits, holds.visited[len(holds.visited)-1], soon) < 0 {
		return err
	}
	s.last = over
	if err := s.recover(ctx); err != nil {
		return err
	}
	later, ok, err := s.lookAt(ctx, holds, after)
	if err != nil || !ok {
		return err
	}
	if i := slower(s.o.Limits, later, soon); i >= 0 {
		s.answer.Lasting = &Lasting{After: s.o.load(over.n), Seen: Drift{Load: s.o.load(low), Event: s.o.Limits[i].Event, From: later.seen[i].mean, To: soon.seen[i].mean}}
	}
	return nil
}

// lookAt stays at a level beside the search. It adds nothing to what is known of
// the level. ok: the load generator was not saturated.
func (s *search) lookAt(ctx context.Context, l *level, g goal) (seen visited, ok bool, err error) {
	v, err := s.set(ctx, l.n)
	if err != nil {
		return visited{}, false, err
	}
	err = s.watch(ctx, v, l, g)
	s.leave(v, l, g)
	return v.look(), !v.busy, err
}

package runner

import (
	"time"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// user is one user of the load, from its first session's opening to its last
// one's end. It lives on a goroutine of its own.
type user struct {
	*run
	number int
	kind   *scenario.UserType
	due    time.Duration // of the load's time: its turn
	next   *opening      // the session of its next iteration
	begin  event.Instant // its turn, on the runner's clock
	paced  event.Instant // its last pace; at first its begin
	misses int           // openings that failed one after another
}

func (u *user) info(iteration int) UserInfo {
	return UserInfo{User: u.number, UserType: u.kind.Name, Iteration: iteration}
}

func (u *user) live() {
	defer u.recovered()
	if !u.until(u.due) {
		s, _ := u.next.wait()
		u.close(s)
		return
	}
	u.usersBegun.Add(1)
	u.begin = u.Clock.Now()
	u.paced = u.begin
	for n := 1; ; n++ {
		s, err := u.next.wait()
		begun := u.soft.Err() == nil
		if begun {
			u.iterate(n, s, err)
		}
		// The next session is opened while the old one closes.
		last := !begun || u.soft.Err() != nil || n == u.iterations
		if last {
			u.userEnded()
		} else {
			if u.misses > 0 {
				_ = pause(u.soft, retryPause(u.misses))
			}
			u.next = u.open(u.info(n + 1))
		}
		u.close(s)
		if last {
			return
		}
	}
}

// iterate is iteration n, whose session was opened or not.
func (u *user) iterate(n int, s Session, err error) {
	u.iterationsBegun.Add(1)
	if err != nil {
		u.misses++
		u.notOpened(n, err)
		return
	}
	u.misses = 0
	newIteration(u, n, s).run()
}

// notOpened records an iteration that ended before it could do anything. Its
// row holds none of the time by which the opening was ahead of the user's turn.
func (u *user) notOpened(n int, err error) {
	u.failed.Add(1)
	start := u.collector.notBefore(max(u.next.begin, u.begin))
	stop := max(u.next.end, start)
	failure := &StepError{User: u.number, Iteration: n, Step: openSession, Err: err, secrets: u.secrets}
	u.noteFailure(Failure{At: stop, Event: openSession, Err: failure})
	u.collector.add(&event.Event{
		Name:      openSession,
		User:      u.number,
		UserType:  u.kind.Name,
		Iteration: n,
		Start:     start,
		Stop:      stop,
		Status:    event.Error,
		Error:     oneLine(failure.short()),
		Users:     u.active(),
		Phase:     u.phase(),
	}, start)
}

// pace returns what is left of every since the user's last pace. What is past
// is past: a late user does not catch up.
func (u *user) pace(every time.Duration) time.Duration {
	now := u.Clock.Now()
	u.paced = max(now, u.paced.Add(every))
	return u.paced.Sub(now)
}

package capacity

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// TestOddApps: what is said of apps that are no plain queues, word by word.
func TestOddApps(t *testing.T) {
	errs := Limit{Kind: Errors, Value: 0.01}
	thinking := func(q *queue) *queue {
		q.think = exponential(2)
		return q
	}
	for _, c := range []struct {
		name  string
		queue func() *queue
		o     Options
		want  string
	}{
		{
			name: "serial",
			queue: func() *queue {
				q := thinking(newQueue(1, 1, exact(0.5)))
				q.cores = 2
				return q
			},
			o:    Options{Limits: []Limit{p95(2), errs}, Budget: time.Hour},
			want: "5 users (95%: 4 to 6). At 7 the p95 of interact passes 2s: it is 2.74s. The app stands at 97% of one core, of 2: it does one thing at a time. Baseline with 1 user: 500ms.",
		},
		{
			name: "four at a time, all CPU",
			queue: func() *queue {
				q := thinking(newQueue(2, 4, exponential(0.2)))
				q.cores = 4
				return q
			},
			o:    Options{Limits: []Limit{mean(1)}, Budget: time.Hour},
			want: "58 users (95%: 52 to 62). At 63 the mean of interact passes 1s: it is 1.28s. The app takes 101% of its machine's 4 cores. From 64 to 74 users no more gets done, 19.8 interact a second: a queue in front of what takes 50.5ms for each, at most 4 at a time. Baseline with 1 user: 158ms.",
		},
		{
			name: "leaks",
			queue: func() *queue {
				q := newQueue(3, 1, nil)
				q.serve = func(q *queue) float64 { return 0.1 * (1 + q.now/1800) * (0.5 + q.random.Float64()) }
				return thinking(q)
			},
			o:    Options{Limits: []Limit{mean(1)}, Budget: 3 * time.Hour},
			want: "5 users (95%: 5 to 7). At 8 the mean of interact passes 1s: it is 1.87s. Capacity fell from 34 to 5 during the test of 1h49m44s: the app gets slower with time, not only with users: with 16 users interact took 184ms at first, and 601ms later. Baseline with 1 user: 87.7ms.",
		},
		{
			name: "cliff at 20",
			queue: func() *queue {
				q := thinking(newQueue(4, 8, exponential(0.1)))
				q.fails = func(q *queue, _ int) bool { return q.users >= 20 }
				q.failFor = 0.02
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour},
			want: `19 users (95%: 19). At 20 the share of failures of all events passes 1%: it is 100%, most of them of the class "status". Baseline with 1 user: 46.9ms.`,
		},
		{
			name: "bistable",
			queue: func() *queue {
				slow := false
				q := newQueue(14, 1, nil)
				q.serve = func(q *queue) float64 {
					slow = q.inside > 12 || slow && q.inside > 2
					if slow {
						return 0.3
					}
					return 0.05 * 2 * q.random.Float64()
				}
				return thinking(q)
			},
			o:    Options{Limits: []Limit{mean(0.5)}, Budget: 2 * time.Hour},
			want: "14 users (95%: 13 to 14). At 15 the mean of interact passes 500ms: it is 2.55s. Once slow it stays slow: right after 23 users, with 13 interact took 2.2s, and 55.2ms after a rest with 1. Baseline with 1 user: 59.4ms.",
		},
		{
			name: "never recovers",
			queue: func() *queue {
				slow := false
				q := newQueue(6, 1, nil)
				q.serve = func(q *queue) float64 {
					slow = slow || q.inside > 40
					if slow {
						return 3
					}
					return 0.05
				}
				return thinking(q)
			},
			o:    Options{Limits: []Limit{mean(0.5)}, Budget: time.Hour},
			want: "About 36 users (95%: 1 to 45), not decided closer: the interval is wide. 32 users looked fine, too briefly to tell. At 46 the mean of interact passes 500ms: it is 2m16s. It does not recover: after 46 users, with 1 user for 5m3s, the mean of interact is 3s. Baseline with 1 user: 50ms.",
		},
		{
			name:  "heavy-tailed",
			queue: func() *queue { return thinking(newQueue(7, 4, pareto(0.1, 2.1))) },
			o:     Options{Limits: []Limit{p95(1)}, Budget: 5 * time.Hour},
			want:  "103 users (95%: 93 to 105). At 106 the p95 of interact passes 1s: it is 1.19s. From 102 to 128 users no more gets done, 41.8 interact a second: a queue in front of what takes 23.9ms for each. Baseline with 1 user: 63.6ms.",
		},
		{
			name: "this machine can't break it",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.saturated = 26
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour},
			want: "At least 24 users: this machine can't measure more: the generator had no CPU to spare; use a larger one, or several. Baseline with 1 user: 100ms.",
		},
		{
			name: "this machine gets busy near the limit",
			queue: func() *queue {
				q := newQueue(1, 1, exact(0.01))
				q.saturated, q.busyFrom = 2, 13
				return q
			},
			o:    Options{Limits: []Limit{mean(0.105)}, Budget: time.Hour},
			want: "10 users (95%: 10 to 11). At 12 the mean of interact passes 105ms: it is 120ms. From 10 to 12 users no more gets done, 100 interact a second: a queue in front of what takes 10ms for each, one at a time. Baseline with 1 user: 10ms. Whether it gets slower with time was not looked at any more.",
		},
		{
			name: "everything fails, and nobody gave limits",
			queue: func() *queue {
				q := thinking(newQueue(1, 1, exact(0.1)))
				q.fails = func(*queue, int) bool { return true }
				return q
			},
			o:    Options{Budget: time.Hour},
			want: `0 users: with 1 user already, the share of failures of all events passes 1%: it is 100%, most of them of the class "status". Not decided is interact p95: too few of it were ok at the baseline, so that it has no limit.`,
		},
		{
			name: "this machine is busy for a while",
			queue: func() *queue {
				q := thinking(newQueue(1, 1, exact(0.5)))
				q.saturated, q.busyFrom, q.busyTo = 1, 30, 45
				return q
			},
			o:    Options{Limits: []Limit{p95(2), errs}, Budget: time.Hour},
			want: "5 users (95%: 4 to 6). At 7 the p95 of interact passes 2s: it is 2.69s. Baseline with 1 user: 500ms.",
		},
		{
			name: "this machine is too busy",
			queue: func() *queue {
				q := thinking(newQueue(1, 1, exact(0.5)))
				q.saturated = 1
				return q
			},
			o:    Options{Limits: []Limit{p95(2), errs}, Budget: time.Hour},
			want: "Not decided: the load generator is saturated at 1 user already: the generator had no CPU to spare; end what else runs here, or use a larger machine.",
		},
		{
			// The generator is saturated from the second minute on, at what was tried
			// before it.
			name: "this machine can't measure it any more",
			queue: func() *queue {
				q := newQueue(8, 1, exponential(0.1))
				q.open = true
				q.busyFrom, q.saturated = 100, 6
				return q
			},
			o:    Options{Limits: []Limit{mean(0.4)}, Budget: time.Hour, Open: true},
			want: "At least 5.5 arrivals/s: this machine can't measure more: the generator had no CPU to spare; use a larger one, or several. Baseline with 1 arrival/s: 56.1ms.",
		},
		{
			name:  "no more are to be tried",
			queue: func() *queue { return thinking(newQueue(9, 50, exact(0.1))) },
			o:     Options{Limits: []Limit{p95(1)}, Budget: time.Hour, Max: 30},
			want:  "At least 30 users: no more were to be tried, and every limit held. Baseline with 1 user: 100ms.",
		},
		{
			name:  "broken already at one user",
			queue: func() *queue { return thinking(newQueue(10, 1, exact(3))) },
			o:     Options{Limits: []Limit{p95(2), errs}, Budget: time.Hour},
			want:  "0 users: with 1 user already, the p95 of interact passes 2s: it is 3s. Baseline with 1 user: 3s.",
		},
		{
			name: "dies and comes back",
			queue: func() *queue {
				q := newQueue(11, 1, exact(0.1))
				q.think = exponential(0.5)
				q.dies, q.back, q.failFor = 24, 20, 0.01
				return q
			},
			o:    Options{Limits: []Limit{p95(5), errs}, Budget: time.Hour},
			want: "23 users (95%: 23). The app died at 24 users and came back after 22s; it said last: fatal error: out of memory. Baseline with 1 user: 100ms.",
		},
		{
			name: "dies for good",
			queue: func() *queue {
				q := newQueue(12, 1, exact(0.1))
				q.think = exponential(0.5)
				q.dies, q.failFor = 24, 0.01
				return q
			},
			o:    Options{Limits: []Limit{p95(5), errs}, Budget: time.Hour},
			want: "At most 31 users (95%), not decided: no level that holds is decided. 16 users looked fine, too briefly to tell. The app died at 32 users and did not come back within 2m7s; it said last: fatal error: out of memory. Baseline with 1 user: 100ms.",
		},
		{
			name: "dies with one user, again and again",
			queue: func() *queue {
				q := thinking(newQueue(12, 1, exact(0.1)))
				q.dies, q.back, q.failFor = 1, 20, 0.01
				return q
			},
			o:    Options{Limits: []Limit{p95(5), errs}, Budget: time.Hour},
			want: "0 users. The app died at 1 user and once more when it was back; it said last: fatal error: out of memory.",
		},
		{
			name: "dies with the fewest users, and comes back",
			queue: func() *queue {
				q := newQueue(12, 1, exact(0.1))
				q.think = exponential(0.5)
				q.dies, q.back, q.failFor = 20, 20, 0.01
				return q
			},
			o:    Options{Limits: []Limit{p95(5), errs}, Budget: time.Hour, Min: 20},
			want: "Fewer than 20 users; give less --min-users. The app died at 20 users and came back after 22s; it said last: fatal error: out of memory.",
		},
		{
			name: "dies with one user, for good",
			queue: func() *queue {
				q := thinking(newQueue(12, 1, exact(0.1)))
				q.dies, q.failFor = 1, 0.01
				return q
			},
			o:    Options{Budget: time.Hour},
			want: "0 users. The app died at 1 user and did not come back within 2m3s; it said last: fatal error: out of memory.",
		},
		{
			name: "dies, and nobody waits long enough",
			queue: func() *queue {
				q := newQueue(12, 1, exact(0.1))
				q.think = exponential(0.5)
				q.dies, q.failFor = 24, 0.01
				return q
			},
			o:    Options{Limits: []Limit{p95(5), errs}, Budget: 45 * time.Second},
			want: "At most 31 users (95%), not decided: the budget of 45s ran out, and no level that holds is decided. 16 users looked fine, too briefly to tell. Give it about 2m. The app died at 32 users and did not come back within 21s; it said last: fatal error: out of memory. Baseline with 1 user: 100ms.",
		},
		{
			name: "the budget ends before it is known whether it recovers",
			queue: func() *queue {
				q := newQueue(6, 1, nil)
				slow := false
				q.serve = func(q *queue) float64 {
					slow = slow || q.inside > 40
					if slow {
						return 0.8
					}
					return 0.05
				}
				return thinking(q)
			},
			o:    Options{Limits: []Limit{mean(0.5)}, Budget: 5 * time.Minute},
			want: "About 36 users (95%: 1 to 45), not decided closer: the budget of 5m ran out, and the interval is wide. 32 users looked fine, too briefly to tell. Give it about 9m. At 46 the mean of interact passes 500ms: it is 34.9s. Baseline with 1 user: 50ms. Whether it gets slower with time was not looked at any more.",
		},
		{
			name: "a rare event, and it recovers slowly",
			queue: func() *queue {
				q := newQueue(6, 1, nil)
				q.serve = func(q *queue) float64 { return 0.1 }
				// What a user does once in six minutes has no part in it.
				q.event = func(int) string {
					if q.now-q.rareAt > 360 {
						q.rareAt = q.now
						return "rare"
					}
					return "interact"
				}
				q.slower = func(q *queue, _ int) float64 {
					if q.users > 30 {
						q.overloaded = true
					}
					if q.overloaded {
						return 0.1
					}
					return 0
				}
				return thinking(q)
			},
			o:    Options{Limits: []Limit{{Event: "rare", Kind: Mean, Value: 5}, mean(1)}, Budget: 5 * time.Hour},
			want: "29 users (95%: 27 to 29). At 30 the mean of interact passes 1s: it is 1.26s. From 27 to 32 users no more gets done, 9.92 interact a second: a queue in front of what takes 101ms for each, one at a time. Baseline with 1 user: 100ms.",
		},
		{
			name: "it can't be measured whether it recovers",
			queue: func() *queue {
				q := newQueue(6, 1, nil)
				slow := false
				q.serve = func(q *queue) float64 {
					slow = slow || q.inside > 40
					if slow && q.users == 1 {
						q.saturated = 1 // from now on
					}
					if slow {
						return 0.8
					}
					return 0.05
				}
				return thinking(q)
			},
			o:    Options{Limits: []Limit{mean(0.5)}, Budget: time.Hour},
			want: "About 36 users (95%: 1 to 45), not decided closer: after 46 users it could not be measured whether the app recovers: the generator had no CPU to spare, and the interval is wide. 32 users looked fine, too briefly to tell. At 46 the mean of interact passes 500ms: it is 35s. Baseline with 1 user: 50ms. Whether it gets slower with time was not looked at any more.",
		},
		{
			name: "sessions can't be opened",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.unable = 26
				return q
			},
			// Allowed is what CPU is lacking.
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour, AllowSaturated: true},
			want: "At least 24 users: no more can be measured: sessions could not be opened: too many open files. Baseline with 1 user: 100ms.",
		},
		{
			name: "no session can be opened",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.unable = 1
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour},
			want: "Not decided: with 1 user already it can't be measured: sessions could not be opened: too many open files.",
		},
		{
			name: "a row for each of 20 users",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.rows = 20
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour},
			want: "At least 20 users: no more can be measured: the rows of users.csv are used up. Baseline with 1 user: 100ms.",
		},
		{
			name: "a row for each of fewer users than there are to be",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.rows = 5
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour, Min: 8},
			want: "Not decided: with 8 users already it can't be measured: the rows of users.csv are used up.",
		},
		{
			name: "rows are used up",
			queue: func() *queue {
				q := thinking(newQueue(8, 1, exact(0.1)))
				q.rowsUntil = 200
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: time.Hour},
			want: "Not decided: the rows of users.csv are used up, and no level is decided. 16 users looked fine, too briefly to tell. Baseline with 1 user: 100ms.",
		},
		{
			name:  "budget too short",
			queue: func() *queue { return thinking(newQueue(13, 1, exponential(0.1))) },
			o:     Options{Limits: []Limit{p95(1)}, Budget: 3 * time.Minute},
			want:  "Not decided: the budget of 3m ran out, and no level is decided. 16 users looked fine, too briefly to tell. Give it about 10m. Baseline with 1 user: 41.4ms.",
		},
		{
			name:  "the budget ends before an earlier level is tried again",
			queue: func() *queue { return thinking(newQueue(23, 1, exponential(0.1))) },
			o:     Options{Limits: []Limit{mean(0.5)}, Budget: 10 * time.Minute},
			want:  "About 24 users (95%: 1 to 27), not decided closer: the budget of 10m ran out, and the interval is wide. 24 users looked fine, too briefly to tell. Give it about 16m. At 28 the mean of interact passes 500ms: it is 791ms. Baseline with 1 user: 69.8ms. Whether it gets slower with time was not looked at any more.",
		},
		{
			name: "the budget ends, and this machine has shown what it can measure",
			queue: func() *queue {
				q := thinking(newQueue(8, 50, exact(0.1)))
				q.saturated = 26
				return q
			},
			o:    Options{Limits: []Limit{p95(1), errs}, Budget: 260 * time.Second},
			want: "At least 24 users (95%), not decided: the budget of 4m20s ran out, and no level that breaks a limit is decided. From 26 users on this machine can't measure it: the generator had no CPU to spare; use a larger one, or several. Give it about 6m. Baseline with 1 user: 100ms. Whether it gets slower with time was not looked at any more. Not decided is errors <= 1%: 227 events of the 300 it takes.",
		},
		{
			name: "limits of kinds of user",
			queue: func() *queue {
				q := thinking(newQueue(15, 1, exponential(0.1)))
				q.event = func(user int) string { return []string{"read", "click", "read", "pay"}[min(user, 3)] }
				return q
			},
			o:    Options{Budget: 3 * time.Hour, Min: 2, LeftOut: []string{"read max < 3s"}},
			want: "23 users (95%: 21 to 25). At 26 the p95 of read passes 1.16s: it is 1.61s. Baseline with 2 users: 59.3ms. Not looked at: read max < 3s. Not decided is pay p95: too few of it were ok at the baseline, so that it has no limit.",
		},
		{
			name: "a first answer that is slow",
			queue: func() *queue {
				q := newQueue(15, 1, nil)
				q.serve = func(q *queue) float64 {
					if q.now == 0 {
						return 20
					}
					return 0.1 * q.random.ExpFloat64()
				}
				return thinking(q)
			},
			o:    Options{Budget: 3 * time.Hour},
			want: "25 users (95%: 23 to 27). At 28 the p95 of interact passes 1.46s: it is 1.78s. From 23 to 29 users no more gets done, 9.24 interact a second: a queue in front of what takes 108ms for each, one at a time. Baseline with 1 user: 33.6ms.",
		},
		{
			name:  "iterations longer than a step",
			queue: func() *queue { return thinking(newQueue(14, 1, exact(100))) },
			o:     Options{Limits: []Limit{p95(1)}, Budget: 10 * time.Minute, StepTime: time.Minute},
			want:  "Not decided: no event ended within 1m at 1 user: an iteration takes longer than a step may: give more --step-time.",
		},
		{
			name:  "no limits given",
			queue: func() *queue { return thinking(newQueue(15, 1, exponential(0.1))) },
			o:     Options{Budget: 3 * time.Hour},
			want:  "23 users (95%: 20 to 24). At 25 the p95 of interact passes 1.19s: it is 1.44s. Baseline with 1 user: 59.3ms.",
		},
		{
			name: "some users are slow for good",
			queue: func() *queue {
				q := thinking(newQueue(16, 2, exponential(0.1)))
				q.slower = func(_ *queue, user int) float64 { return 0.3 * float64(user*7919%11) / 10 }
				return q
			},
			o:    Options{Limits: []Limit{mean(0.8)}, Budget: 3 * time.Hour},
			want: "55 users (95%: 49 to 59). At 60 the mean of interact passes 800ms: it is 1.16s. From 49 to 64 users no more gets done, 19.1 interact a second: a queue in front of what takes 52.3ms for each. Baseline with 1 user: 17.5ms.",
		},
		{
			name: "arrivals",
			queue: func() *queue {
				q := newQueue(17, 1, exact(0.1))
				q.open = true
				return q
			},
			o:    Options{Limits: []Limit{mean(0.3)}, Budget: 3 * time.Hour, Open: true},
			want: "8.2 arrivals/s (95%: 7.7 to 9.1). At 9.2 the mean of interact passes 300ms: it is 530ms. From 10.8 to 16 arrivals/s no more gets done, 9.99 interact a second: a queue in front of what takes 100ms for each, one at a time. Baseline with 1 arrival/s: 100ms.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := c.queue()
			a, err := Search(context.Background(), q, c.o)
			if err != nil {
				t.Fatal(err)
			}
			if took := at(q.now); took > c.o.Budget+time.Microsecond {
				t.Errorf("it took %s of %s", took, c.o.Budget)
			}
			if got := a.Sentence(); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// pareto is heavy-tailed: below a shape of 2 it has no variance.
func pareto(mean, shape float64) func(*queue) float64 {
	least := mean * (shape - 1) / shape
	return func(q *queue) float64 { return least * math.Pow(1-q.random.Float64(), -1/shape) }
}

// stopped is a bench whose context ends at some time.
type stopped struct {
	*queue
	at   float64
	stop context.CancelFunc
}

func (s stopped) Watch(ctx context.Context, d time.Duration) (Report, error) {
	if s.now >= s.at {
		s.stop()
	}
	return s.queue.Watch(ctx, d)
}

func TestStopped(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	q := newQueue(1, 1, exponential(0.1))
	q.think = exponential(2)
	a, err := Search(ctx, stopped{q, 600, stop}, Options{Limits: []Limit{p95(1)}, Budget: 10 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Sentence(); !strings.Contains(got, "it was stopped after 10m") || a.Undecided == "" {
		t.Error(got)
	}
}

// broken is a bench that fails.
type broken struct{ *queue }

func (broken) Set(context.Context, float64) error { return errors.New("no browser") }

func TestBenchFails(t *testing.T) {
	_, err := Search(context.Background(), broken{newQueue(1, 1, exact(1))}, Options{})
	if err == nil || err.Error() != "no browser" {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Min: -1}, "capacity: -1 users is no number to begin with: give 1 or more"},
		{Options{Min: 5, Max: 4}, "capacity: from 5 to 4 users leaves nothing to try"},
		{Options{Budget: time.Minute, StepTime: 2 * time.Minute}, "capacity: the step time of 2m is longer than the budget of 1m: give less of the one or more of the other"},
		{Options{Confidence: 95}, "capacity: a confidence of 95 is not between 0.5 and 1: give 0.95"},
		{Options{Budget: -1}, "capacity: a time is negative"},
		{Options{Limits: []Limit{{Kind: "count", Value: 3}}}, `capacity: "count" is no statistic that more users break: give a mean, a percentile or a share of errors`},
		{Options{Limits: []Limit{{Kind: Errors, Value: 5}}}, "capacity: errors <= 500%: a limit on errors is a share like 1%"},
	} {
		_, err := Search(context.Background(), newQueue(1, 1, exact(1)), c.o)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v\nwant %s", err, c.want)
		}
	}
}

// lost is a bench whose app can't be started again. Late: it tells that the app
// has died only when the next level is set.
type lost struct {
	*queue
	late bool
	back bool // it comes back
	said string
	dead bool
}

func (l *lost) Watch(ctx context.Context, d time.Duration) (Report, error) {
	if l.dead {
		return Report{}, ErrLost
	}
	r, err := l.queue.Watch(ctx, d)
	if l.said != "" && d == 0 {
		r.Gone, l.said = l.said, ""
	} else if r.Gone != "" && l.late {
		r.Gone, l.said = "", r.Gone
	}
	l.dead = r.Gone != "" && !l.back
	return r, err
}

// A death that is told late is one all the same, and so is the way back.
func TestToldLate(t *testing.T) {
	q := newQueue(11, 1, exact(0.1))
	q.think = exponential(0.5)
	q.dies, q.back, q.failFor = 24, 20, 0.01
	b := &lost{queue: q, late: true, back: true}
	a, err := Search(context.Background(), b, Options{Limits: []Limit{p95(5), {Kind: Errors, Value: 0.5}}, Budget: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if a.Died == nil || a.Died.Load < 24 || a.Died.Load > 25 || a.Died.Back <= 0 || a.Low != 23 || a.High > 24 {
		t.Errorf("%s: %+v", a.Sentence(), a.Died)
	}
}

func TestLost(t *testing.T) {
	for _, late := range []bool{false, true} {
		q := newQueue(12, 1, exact(0.1))
		q.think = exponential(0.5)
		q.dies, q.failFor = 24, 0.01
		a, err := Search(context.Background(), &lost{queue: q, late: late}, Options{Limits: []Limit{p95(5), {Kind: Errors, Value: 0.5}}, Budget: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Sentence(); a.Died == nil || a.Died.Load != 32 || a.Died.Back != 0 || !strings.Contains(got, "At most 31 users (95%)") || !strings.Contains(got, "The app died at 32 users and did not come back; it said last: fatal error: out of memory.") {
			t.Errorf("late %v: %s", late, got)
		}
	}
}

package capacity

import (
	"context"
	"math"
	"testing"
	"time"
)

// A level that looks calm just at a limit has the design effect of those near it
// at which as much lay beyond the limit as may.
func TestWaves(t *testing.T) {
	at := func(beyond, design float64, calm bool) *level {
		return &level{seen: []evidence{{n: 1000, beyond: beyond, design: design, calm: calm, events: 1000}}}
	}
	for _, c := range []struct {
		name   string
		levels map[int]*level
		want   float64
	}{
		{"none is known", nil, 0},
		{"near, at the limit", map[int]*level{22: at(60, 7, false)}, 7},
		{"the largest of two", map[int]*level{22: at(60, 7, false), 18: at(40, 9, false)}, 9},
		{"calm itself", map[int]*level{22: at(60, 7, true)}, 0},
		{"too far", map[int]*level{27: at(60, 7, false), 13: at(60, 8, false)}, 0},
		{"far below its limit", map[int]*level{18: at(20, 7, false)}, 0},
		{"far beyond its limit", map[int]*level{22: at(300, 7, false)}, 0},
		{"no limit yet", map[int]*level{22: {}}, 0},
	} {
		s := &search{levels: map[int]*level{}, o: Options{Limits: []Limit{p95(1)}}}
		for n, l := range c.levels {
			l.n = n
			s.levels[n] = l
		}
		if got := s.waves(0, 20); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	e := evidence{n: 100, beyond: 4, variance: 0.1, design: 2, events: 200}
	if f := e.atLeast(8); f.n != 25 || f.beyond != 1 || math.Abs(f.variance-0.4) > 1e-12 || f.design != 8 || f.events != 200 {
		t.Errorf("%+v", f)
	}
	if f := e.atLeast(1.5); f != e {
		t.Errorf("a smaller design effect makes more of it: %+v", f)
	}
}

// judge takes it: what holds by its own calm does not beside waves.
func TestWavesAreJudgedBy(t *testing.T) {
	held := func(beside float64) Verdict {
		q := newQueue(1, 1, exact(0.01))
		q.open = true
		o := Options{Limits: []Limit{p95(1)}, Budget: time.Hour, Open: true}
		if err := o.settle(); err != nil {
			t.Fatal(err)
		}
		s := &search{b: q, o: o, levels: map[int]*level{}}
		s.levels[22] = &level{n: 22, seen: []evidence{{n: 1000, beyond: 60, design: beside, events: 1000}}}
		v, err := s.set(context.Background(), 20)
		if err != nil {
			t.Fatal(err)
		}
		for v.elapsed() < 100*time.Second {
			r, err := s.pause(context.Background(), v)
			if err != nil {
				t.Fatal(err)
			}
			v.add(&r)
		}
		l := &level{n: 20, seen: make([]evidence, 1)}
		s.judge(v, l, true)
		return l.verdict
	}
	if got := held(1); got != Holds {
		t.Errorf("beside no waves: %q", got)
	}
	if got := held(20); got != Unclear {
		t.Errorf("beside waves: %q", got)
	}
}

package sampleapp

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Service is how the times that runs take lie around their delay. With Workers
// it makes the app a queue whose response times theory knows: M/D/c or M/M/c.
type Service string

// The services. The zero value is Exact, too.
const (
	Exact       Service = "exact"       // each run takes its delay
	Exponential Service = "exponential" // each draws a time, of which its delay is the mean
)

// clerk knows what each run takes, in the order in which they begin.
type clerk struct {
	mu     sync.Mutex
	random *rand.Rand // nil: what was asked for
}

func newClerk(o Options) *clerk {
	switch {
	case o.Service != Exponential:
		return &clerk{}
	case o.Source == nil:
		return &clerk{random: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))}
	}
	return &clerk{random: rand.New(o.Source)}
}

// takes is what the next run takes.
func (c *clerk) takes(delay time.Duration) time.Duration {
	if c.random == nil {
		return delay
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Duration(c.random.ExpFloat64() * float64(delay))
}

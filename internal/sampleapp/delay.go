package sampleapp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Delays are taken in turn, from the first again after the last.
type Delays []time.Duration

// maxDelay and maxDelays keep a query from holding the server for ever.
const (
	maxDelay  = 10 * time.Minute
	maxDelays = 1000
)

// ParseDelays reads durations with commas between: "500ms" or "0,50ms,1.5s".
func ParseDelays(s string) (Delays, error) {
	words := strings.Split(s, ",")
	if len(words) > maxDelays {
		return nil, fmt.Errorf("%d delays: at most %d are taken", len(words), maxDelays)
	}
	delays := make(Delays, len(words))
	for i, word := range words {
		d, err := time.ParseDuration(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("%q is no delay: write it like 0, 50ms or 1.5s", word)
		}
		if d < 0 || d > maxDelay {
			return nil, fmt.Errorf("%v is no delay: it must lie between 0 and %v", d, maxDelay)
		}
		delays[i] = d
	}
	return delays, nil
}

// String is what ParseDelays reads.
func (d Delays) String() string {
	words := make([]string, len(d))
	for i, delay := range d {
		words[i] = delay.String()
	}
	return strings.Join(words, ", ")
}

// Milliseconds is what the page's script reads: numbers with spaces between.
func (d Delays) Milliseconds() string {
	words := make([]string, len(d))
	for i, delay := range d {
		words[i] = strconv.FormatFloat(float64(delay)/float64(time.Millisecond), 'f', -1, 64)
	}
	return strings.Join(words, " ")
}

// wait takes d, or less where the client goes away or the server ends.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

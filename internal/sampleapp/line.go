package sampleapp

// line lets a bounded number of requests in at a time; nil lets all in. Go
// wakes those who wait on a channel in the order in which they came.
type line chan struct{}

func newLine(workers int) line {
	if workers <= 0 {
		return nil
	}
	return make(line, workers)
}

// enter waits for a place. Who has gone meanwhile gives it up at once, because
// no delay outlasts its client.
func (l line) enter() {
	if l != nil {
		l <- struct{}{}
	}
}

func (l line) leave() {
	if l != nil {
		<-l
	}
}

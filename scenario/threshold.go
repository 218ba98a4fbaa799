package scenario

// Threshold is one condition on the results: "interact p95 <= 10s".
type Threshold struct {
	Text      string // as written, or "errors <= 1%" with Implied
	Event     string // "" is all events
	Statistic Statistic
	Op        string  // <, <=, >, >=
	Value     float64 // seconds for durations, a share 0–1 with Share, else a number
	Share     bool    // Value was written with %
	Implied   bool
	Pos       Pos
}

// Statistic is what a threshold is about.
type Statistic struct {
	Kind     string  // mean, min, max, percentile, count, errors
	Quantile float64 // of a percentile: 0.5 for median, 0.999 for p99.9
}

package scenario

import "time"

// LoadModel says how many users there are and when.
type LoadModel struct {
	Users         int           // >= 1
	StartInterval time.Duration // the next user starts this much later
	Iterations    int           // of each user; 0: as many as fit Duration
	Duration      time.Duration // 0: until the iterations are done
	GracefulStop  time.Duration // how long iterations in flight may go on at the end
}

// defaultLoad is a scenario's that says nothing. Without iterations and
// duration it is one iteration.
var defaultLoad = LoadModel{Users: 1, StartInterval: time.Second, GracefulStop: 30 * time.Second}

func loadObject() *object[LoadModel] {
	return newObject("load", "{users: 5, iterations: 10}", defaultLoad, []field[LoadModel]{
		opt("users", aPositive, func(l *LoadModel) *int { return &l.Users }, "How many users there are; 1 unless told. `--users` overrides it.").aka("vus concurrency n_users clients threads workers"),
		opt("start_interval", aDuration, func(l *LoadModel) *time.Duration { return &l.StartInterval }, "The next user starts this much later; 1s unless told. `--start-interval` overrides it.").aka("spawn_rate ramp_up rampup delay"),
		opt("iterations", aPositive, func(l *LoadModel) *int { return &l.Iterations }, "How often each user goes through the steps; once, where `duration` is not given either. `--iterations` overrides it and drops `duration`.").aka("loops repeat count"),
		opt("duration", someTime, func(l *LoadModel) *time.Duration { return &l.Duration }, "How long users begin iterations; with `iterations` too, whichever comes first. `--duration` overrides it and drops `iterations`.").aka("time run_time length"),
		opt("graceful_stop", aDuration, func(l *LoadModel) *time.Duration { return &l.GracefulStop }, "How long iterations in flight may go on at the end; 30s unless told, 0 cuts at once."),
	})
}

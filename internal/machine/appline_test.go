package machine

import "testing"

func TestAppLine(t *testing.T) {
	for want, samples := range map[string][]Sample{
		"": {{}},
		"at most 0.75 cores, 120 MB": {
			{App: &AppSample{CPU: 0.5, Busiest: 0.5, Memory: 120_000_000, Processes: 1}},
			{},
			{App: &AppSample{CPU: 0.75, Busiest: 0.75, Memory: 90_000_000, Processes: 1}},
		},
		"at most 1.50 cores, 2 MB, 3 processes, the busiest of them 1.00 cores": {
			{App: &AppSample{CPU: unknown, Busiest: unknown, Memory: 2_000_000, Processes: 3}},
			{App: &AppSample{CPU: 1.5, Busiest: 1, Memory: 1_000_000, Processes: 2}},
		},
		"at most 3 MB": {{App: &AppSample{CPU: unknown, Busiest: unknown, Memory: 3_000_000, Processes: 1}}},
	} {
		if got := AppLine(samples); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

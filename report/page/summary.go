package page

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/stats"
	"github.com/loadwright/loadwright/internal/wording"
)

// summary is what the page takes from summary.json.
type summary struct {
	OK         bool                     `json:"ok"`
	Thresholds []stats.ThresholdSummary `json:"thresholds"`
	Events     []json.RawMessage        `json:"events"`
	Scenario   string                   `json:"scenario"`
	Began      time.Time                `json:"began"`
	Seconds    float64                  `json:"elapsed_seconds"`
	Ended      string                   `json:"ended"`
	Users      int                      `json:"users"`
	Machine    machine.Machine          `json:"machine"`
	Capacity   *found                   `json:"capacity"`
	Generator  struct {
		Judged  bool     `json:"judged"`
		Trusted bool     `json:"trusted"`
		Text    string   `json:"text"`
		Samples []sample `json:"samples"`
	} `json:"generator"`
	Files struct {
		CSV string `json:"csv"`
	} `json:"files"`
}

// sample is one of the machine's; what an older or another version does not say
// is nil.
type sample struct {
	Begin           float64    `json:"begin_seconds"`
	End             float64    `json:"end_seconds"`
	MachineCPU      *float64   `json:"machine_cpu_cores"`
	GeneratorCPU    *float64   `json:"generator_cpu_cores"`
	GeneratorMemory *float64   `json:"generator_memory_bytes"`
	Saturated       string     `json:"saturated"`
	App             *appSample `json:"app"`
}

type appSample struct {
	CPU    *float64 `json:"cpu_cores"`
	Memory *float64 `json:"memory_bytes"`
}

func parseSummary(text []byte) (*summary, error) {
	s := &summary{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, err
	}
	return s, nil
}

// verdict is the run's by its summary.
func (s *summary) verdict() Verdict {
	switch {
	case s.Capacity != nil: // it says itself what it could not measure
		return Searched
	case s.Generator.Judged && !s.Generator.Trusted:
		return NotTrusted
	case !s.OK:
		return Failed
	case s.Ended != "":
		return Unfinished
	}
	return Passed
}

// complete puts what the summary tells into a run.
func (s *summary) complete(r *Run) {
	r.Summarised = true
	r.Name = wording.Cut(oneLine(s.Scenario), longestName)
	r.Verdict = s.verdict()
	s.addMachine(r)
	if s.Capacity != nil { // which of its levels a threshold held at is in there
		r.Capacity = s.Capacity.capacity()
		for i := range r.Events {
			r.Events[i].Limit = r.Capacity.limit(r.Events[i].Name)
		}
		return
	}
	for _, t := range s.Thresholds {
		r.Thresholds = append(r.Thresholds, Threshold{wording.Cut(t.Threshold, longestMessage), eventName(t.Event), t.OK, t.Seen, t.Note, t.NoSample})
	}
	for i := range r.Events {
		r.Events[i].Limit = limit(s.Thresholds, r.Events[i].Name)
	}
}

// addMachine puts samples on the time of the rows: they count from when the
// load began, which is when the run did.
func (s *summary) addMachine(r *Run) {
	shift := 0.0
	if began, err := time.Parse(time.RFC3339Nano, r.Began); err == nil && !s.Began.IsZero() {
		shift = s.Began.Sub(began).Seconds()
	}
	if len(s.Generator.Samples) > 0 {
		r.Untrusted = []Untrusted{} // the rows' own marks are what was known when they were written
	}
	m := &r.Machine
	for _, x := range s.Generator.Samples {
		m.Times = append(m.Times, round((x.Begin+x.End)/2+shift))
		m.MachineCPU = append(m.MachineCPU, x.MachineCPU)
		m.GeneratorCPU = append(m.GeneratorCPU, x.GeneratorCPU)
		m.GeneratorMemory = append(m.GeneratorMemory, x.GeneratorMemory)
		var cpu, memory *float64
		if x.App != nil {
			cpu, memory = x.App.CPU, x.App.Memory
		}
		m.AppCPU, m.AppMemory = append(m.AppCPU, cpu), append(m.AppMemory, memory)
		if x.Saturated == "" {
			continue
		}
		from, to := round(x.Begin+shift), round(x.End+shift)
		if n := len(r.Untrusted); n > 0 && r.Untrusted[n-1].Reason == x.Saturated && from-r.Untrusted[n-1].To < 0.1 {
			r.Untrusted[n-1].To = to
			continue
		}
		r.Untrusted = append(r.Untrusted, Untrusted{from, to, x.Saturated})
	}
	m.Cores = s.Machine.Cores
	m.Describe = strings.Join(strings.Fields(fmt.Sprintf("%s %s, %d cores, %.0f GB", s.Machine.Platform, s.Machine.CPU, s.Machine.Cores, float64(s.Machine.MemoryBytes)/(1<<30))), " ")
}

func round(s float64) float64 { return seconds(time.Duration(s * 1e9)) }

// limit is that of the threshold which speaks of an event's single durations
// most nearly; nil without one.
func limit(thresholds []stats.ThresholdSummary, name string) *float64 {
	var best *float64
	rank := -1.0
	for _, t := range thresholds {
		if eventName(t.Event) != name {
			continue
		}
		if kind, value, ok := durationLimit(t.Threshold); ok && kind > rank {
			best, rank = &value, kind
		}
	}
	return best
}

// durationLimit reads a threshold like "interact p95 <= 2s". Kind is higher the
// more of an event's durations it binds: those of the max above all percentiles,
// these above the mean, and the min least.
func durationLimit(text string) (kind, value float64, ok bool) {
	at := strings.LastIndexByte(text, '<')
	if at < 0 {
		return 0, 0, false
	}
	words := strings.Fields(text[:at])
	value0 := strings.TrimPrefix(text[at+1:], "=")
	value0, _, _ = strings.Cut(strings.TrimSpace(value0), " ") // "in any 2m" may follow
	d, err := time.ParseDuration(value0)
	if err != nil || len(words) == 0 {
		return 0, 0, false
	}
	switch word := words[len(words)-1]; {
	case word == "min":
		kind = 1
	case word == "mean":
		kind = 2
	case word == "median":
		kind = 53
	case word == "max":
		kind = 103
	case strings.HasPrefix(word, "p"):
		p, err := strconv.ParseFloat(word[1:], 64)
		if err != nil {
			return 0, 0, false
		}
		kind = 3 + p
	default:
		return 0, 0, false
	}
	return kind, d.Seconds(), true
}

package machine

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
)

const (
	ours   = "the generator had no CPU to spare"
	theirs = "other programs of this machine (the app, if it runs here) left the generator no CPU"
)

// idle is a sample of a machine that has nothing to do.
func idle() Sample {
	return Sample{
		MachineCPU: 0.5, GeneratorCPU: 0.4, Pressure: 0.1, Waiting: 0.3, Driver: 0.1,
		Timers: 0.001, Input: unknown, Harness: unknown, Open: unknown,
	}
}

func TestSaturated(t *testing.T) {
	none := func(s *Sample) { // nothing is known
		*s = Sample{MachineCPU: unknown, GeneratorCPU: unknown, Waiting: unknown, Timers: unknown, Driver: unknown}
	}
	for _, test := range []struct {
		name   string
		change func(*Sample)
		want   string
	}{
		{"idle", func(*Sample) {}, ""},
		{"busy, and nobody waits", func(s *Sample) { s.MachineCPU, s.GeneratorCPU = 1e6, 1e6 }, ""},
		{"waiting", func(s *Sample) { s.Waiting = 0.8 }, ours},
		{"waiting a little less", func(s *Sample) { s.Waiting = 0.79 }, ""},
		{"waiting for others", func(s *Sample) { s.Waiting, s.MachineCPU = 0.9, 2 }, theirs},
		{"late timers", func(s *Sample) { s.Timers = 0.025 }, ours},
		{"a busy driver", func(s *Sample) { s.Driver = 0.97 }, "a driver of browsers (one thread) had no time to spare"},
		{"nothing known", none, ""},
		{"nothing known but late timers", func(s *Sample) { none(s); s.Timers = 1 }, ours},
		{"no waiting is told, a full machine", func(s *Sample) { s.Waiting, s.MachineCPU, s.GeneratorCPU = unknown, 2, 2 }, ours},
		{"no waiting is told, half a machine", func(s *Sample) { s.Waiting, s.MachineCPU, s.GeneratorCPU = unknown, 1, 1 }, ""},
		{"no waiting is told, of the machine's CPU only", func(s *Sample) { none(s); s.MachineCPU = 2 }, ours},
	} {
		s := idle()
		test.change(&s)
		if got := s.saturated(2, 2); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// Who had the CPU, on a machine with 8 cores, of which a container may have 2.
func TestCulprit(t *testing.T) {
	const (
		app    = "the app, which runs on this machine too, left the generator no CPU"
		others = "other programs of this machine left the generator no CPU"
	)
	for _, test := range []struct {
		name                    string
		machine, generator, app Figure // cores; unknown for the app: the run has started none
		usable                  int
		want                    string
	}{
		{"we alone", 8, 8, unknown, 8, ours},
		{"others, who may be the app", 8, 3, unknown, 8, theirs},
		{"the app", 8, 3, 4, 8, app},
		{"others beside an app", 8, 2, 1, 8, others},
		{"we, beside an app", 8, 5, 2, 8, ours},
		{"our own quota, on a machine that others use", 7, 2, unknown, 2, ours},
		{"the app, in our quota", 4, 0.6, 1.4, 2, app},
		{"others, who leave less than the quota", 8, 0.5, unknown, 2, theirs},
	} {
		s := idle()
		s.Waiting, s.MachineCPU, s.GeneratorCPU = 0.9, test.machine, test.generator
		if test.app.Known() {
			s.App = &AppSample{CPU: test.app}
		}
		if got := s.saturated(8, test.usable); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	// Where no waiting is told, a quota that is used up is a full machine.
	s := idle()
	s.Waiting, s.MachineCPU, s.GeneratorCPU, s.App = unknown, 3, 1.2, &AppSample{CPU: 0.8}
	if got := s.saturated(8, 2); got != ours {
		t.Errorf("the quota is used up: %q", got)
	}
	s.App.CPU = 0.2
	if got := s.saturated(8, 2); got != "" {
		t.Errorf("on a machine that others use, with quota left: %q", got)
	}
}

// series makes samples of a second each: a digit is that many times ten users,
// and a ! behind it says that the second was saturated.
func series(text string) []Sample {
	var all []Sample
	for _, c := range text {
		if c == '!' {
			all[len(all)-1].Saturated = ours
			all[len(all)-1].strained()
			continue
		}
		at := len(all)
		s := Sample{Begin: float64(at), End: float64(at + 1), Users: 10 * int(c-'0'), rows: map[string]int{"interact": 10}}
		s.began, s.ended = event.Instant(at)*event.Instant(time.Second), event.Instant(at+1)*event.Instant(time.Second)
		all = append(all, s)
	}
	return all
}

func TestJudge(t *testing.T) {
	for _, test := range []struct{ name, series, want string }{
		{"nothing", "", "not judged: the run was over too soon"},
		{"all well", "1222", "trusted"},
		{"too short to matter", "12!2!22222222", "trusted"},
		{"a blip of a short run", "2!2!222", "trusted"},
		{"short, and saturated throughout", "2!2!", "not to be trusted from 0:00 on, at 20 users: " + ours + "; run fewer users here, or use a machine with more cores"},
		{"short, and most of it saturated", "22!2!", "not to be trusted from 0:01 on, at 20 users: " + ours + "; run fewer users here, or use a machine with more cores"},
		{"too short for any verdict", "2!", "not judged: the run was over too soon"},
		{"few rows of many", strings.Repeat("2", 100) + "2!2!2!", "trusted"},
		{"from the start", "2!2!2!2!", "not to be trusted from 0:00 on, at 20 users: " + ours + "; run fewer users here, or use a machine with more cores"},
		{"as users grow", "11112222333!3!3!3!", "not to be trusted from 0:10 on, at 30 users: " + ours + "; run at most 20 users here"},
		{"a number seen too shortly", "1111233!3!3!3!", "not to be trusted from 0:06 on, at 30 users: " + ours + "; run at most 20 users here"},
		{"seen for a second alone", "23!3!3!3!", "not to be trusted from 0:01 on, at 30 users: " + ours + "; run fewer users here, or use a machine with more cores"},
		{"for a while", "1113!3!3!3!111", "not to be trusted from 0:03 to 0:07, at 30 users: " + ours + "; run at most 10 users here"},
		{"much later", strings.Repeat("1", 3700) + strings.Repeat("2!", 400), "not to be trusted from 1:01:40 on, at 20 users: " + ours + "; run at most 10 users here"},
	} {
		if got := Judge(series(test.series), 0); got.Text != test.want || got.Trusted == strings.HasPrefix(test.want, "not to") {
			t.Errorf("%s: trusted %v, %q\nwant %q", test.name, got.Trusted, got.Text, test.want)
		}
	}
}

// An event whose rows all end in a short burst is hit even where most rows of
// the run are not.
func TestJudgeByEvent(t *testing.T) {
	s := series("3!3!3!" + strings.Repeat("3", 300))
	for i := range 3 {
		s[i].rows = map[string]int{"load": 10}
		s[i].strained()
	}
	want := "not to be trusted from 0:00 to 0:03, at 30 users: " + ours + " (load); run fewer users here, or use a machine with more cores"
	if got := Judge(s, 0); got.Text != want {
		t.Errorf("%q, want %q", got.Text, want)
	}
}

// The verdict does not depend on how long samples have become.
func TestJudgeHalved(t *testing.T) {
	for _, text := range []string{
		strings.Repeat(strings.Repeat("2", 29)+"2!", 240),           // a second of 30: 3.3 % of the rows
		strings.Repeat(strings.Repeat("2", 14)+"2!", 480),           // of 15: 6.7 %
		strings.Repeat("1", 401) + strings.Repeat("2!2", 300) + "1", // with fewer users before
		"2!2!2!" + strings.Repeat("2", 7200),
	} {
		s := series(text)
		want := Judge(s, 0)
		for len(s) > 100 {
			s = halved(s)
			if diff := cmp.Diff(want, Judge(s, 0)); diff != "" {
				t.Fatalf("%.20s… in %d samples: -a second each, +these:\n%s", text, len(s), diff)
			}
		}
	}
}

// Beyond the most samples, each second still counts by itself, and is told.
func TestLongRun(t *testing.T) {
	s := NewSampler(event.NewClock(), nil, nil)
	all := series(strings.Repeat(strings.Repeat("2", 29)+"2!", 1000))
	for i, second := range all {
		s.add(second)
		if got := s.Latest(); got.Begin != second.Begin || s.Saturated() != (second.Saturated != "") {
			t.Fatalf("second %d: the latest is %+v", i, got)
		}
		if len(s.samples) > mostSamples {
			t.Fatalf("%d samples", len(s.samples))
		}
	}
	got := s.Series(0)
	if len(got) != len(all)/8 || got[0].End-got[0].Begin != 8 || got[len(got)-1].End != all[len(all)-1].End {
		t.Errorf("%d samples of %v s, the last until %v", len(got), got[0].End-got[0].Begin, got[len(got)-1].End)
	}
	if diff := cmp.Diff(Judge(all, 0), Judge(got, 0)); diff != "" {
		t.Errorf("-of seconds, +of what is left:\n%s", diff)
	}
	// The last second was saturated: who came after it is not to be trusted, who
	// was there before it is.
	end := all[len(all)-1].ended
	row := func(from, to time.Duration) *event.Event {
		return &event.Event{Start: end.Add(from), Stop: end.Add(to)}
	}
	if got := s.Trust(row(time.Millisecond, 2*time.Millisecond)); got != event.NotTrusted {
		t.Errorf("after a saturated second: %q", got)
	}
	if got := s.Trust(row(-3*time.Second, -2*time.Second)); got != event.Trusted {
		t.Errorf("before the saturated second of a longer sample: %q", got)
	}
	long := time.Duration(len(all)) * time.Second
	if got := s.Trust(row(30*time.Second-long, 31*time.Second-long)); got != event.Trusted { // second 29 was saturated
		t.Errorf("after the saturated second of a longer sample: %q", got)
	}
}

// The warm-up is in no statistic, and so not in the verdict.
func TestJudgeWarmUp(t *testing.T) {
	s := series("5!5!5!5!5222222222")
	for i := range 5 {
		s[i].rows = nil
		s[i].strained()
	}
	if got := Judge(s, 5*time.Second); got.Text != "trusted" {
		t.Errorf("saturated in the warm-up alone: %q", got.Text)
	}
	s = series("5!5!5!552!2!2!2222222222")
	want := "not to be trusted from 0:05 to 0:08, at 20 users: " + ours + "; run fewer users here, or use a machine with more cores"
	if got := Judge(s, 5*time.Second); got.Text != want {
		t.Errorf("%q, want %q", got.Text, want)
	}
	if got := Judge(s, time.Minute); got.Judged {
		t.Errorf("over in the warm-up, and judged: %q", got.Text)
	}
	sampler := NewSampler(event.NewClock(), nil, nil)
	_ = sampler.Event(&event.Event{Name: "load", Status: event.OK, Phase: event.WarmUp})
	_ = sampler.Event(&event.Event{Name: "load", Status: event.OK, Phase: event.Steady})
	if sampler.rows["load"] != 1 {
		t.Errorf("%d rows, one of which no statistic counts", sampler.rows["load"])
	}
}

func TestTrust(t *testing.T) {
	s := NewSampler(event.NewClock(), nil, nil)
	row := func(from, to int) *event.Event {
		return &event.Event{Start: event.Instant(from), Stop: event.Instant(to)}
	}
	if got := s.Trust(row(0, 1)); got != event.TrustUnknown {
		t.Errorf("before the first sample: %q", got)
	}
	for i, why := range []string{"", ours, ""} {
		sample := Sample{began: event.Instant(10 * i), ended: event.Instant(10*i + 10), Saturated: why}
		sample.strained()
		s.samples = append(s.samples, sample)
	}
	for _, test := range []struct {
		from, to int
		want     event.Trust
	}{{1, 9, event.Trusted}, {5, 11, event.NotTrusted}, {12, 15, event.NotTrusted}, {19, 25, event.NotTrusted}, {21, 29, event.Trusted}, {31, 35, event.Trusted}, {1, 35, event.NotTrusted}} {
		if got := s.Trust(row(test.from, test.to)); got != test.want {
			t.Errorf("%d to %d: %q, want %q", test.from, test.to, got, test.want)
		}
	}
	s.samples[2].Saturated = ours
	s.samples[2].strained()
	if got := s.Trust(row(31, 35)); got != event.NotTrusted {
		t.Errorf("in the second after a saturated one: %q", got)
	}
}

func TestHalved(t *testing.T) {
	a, b, c := idle(), idle(), idle()
	a.Begin, a.End, a.Users, a.rows = 0, 1, 3, map[string]int{"load": 1}
	b.Begin, b.End, b.Users, b.rows, b.Saturated, b.Waiting, b.Input = 1, 4, 2, map[string]int{"load": 2, "interact": 1}, ours, 0.9, 0.1
	b.strained()
	c.Begin, c.End = 4, 5
	got := halved([]Sample{a, b, c})
	if len(got) != 2 {
		t.Fatalf("%d samples", len(got))
	}
	j := got[0]
	if j.Begin != 0 || j.End != 4 || j.Users != 3 || j.Saturated != ours || j.rows["load"] != 3 || j.rows["interact"] != 1 || j.Input != 0.1 || j.strain.seconds() != 3 || j.strain.rows["load"] != 2 {
		t.Errorf("joined to %+v", j)
	}
	if math.Abs(float64(j.Waiting)-0.75) > 1e-9 { // 0.3 for a second, 0.9 for three
		t.Errorf("waiting %v, want the mean by time, 0.75", j.Waiting)
	}
	if a.rows["load"] != 1 {
		t.Error("a sample that is kept elsewhere was changed")
	}
}

func TestFigureJSON(t *testing.T) {
	text, err := json.Marshal([]Figure{unknown, 0.123456, 2})
	if string(text) != "[null,0.1235,2]" || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

// A sampler that runs sees its own process at work, late rows and openings.
func TestSampler(t *testing.T) {
	clock := event.NewClock()
	s := NewSampler(clock, func() []int { return nil }, func() int { return 7 })
	began := clock.Now()
	s.Start()
	for deadline := time.Now().Add(700 * time.Millisecond); time.Now().Before(deadline); { //nolint:revive // it is to be busy
	}
	s.Opened(300 * time.Millisecond)
	if err := s.Event(&event.Event{Name: "interact", Users: 9, Harness: 20 * time.Millisecond, HarnessKnown: true, Input: 3 * time.Millisecond, InputKnown: true, Status: event.OK}); err != nil {
		t.Fatal(err)
	}
	_ = s.Event(&event.Event{Name: "cut", Status: event.Cancelled})
	for deadline := time.Now().Add(20 * time.Second); len(s.Series(began)) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no sample came")
		}
	}
	s.Stop()
	got := s.Series(began)[0]
	if got.GeneratorCPU < 0.1 || got.MachineCPU < got.GeneratorCPU-0.3 || got.Users != 9 || got.Open != 0.3 || got.Harness != 0.02 || got.Input != 0.003 {
		t.Errorf("the sample is %+v", got)
	}
	if got.GeneratorMemory < 1<<20 || got.GeneratorMemory > 1<<34 {
		t.Errorf("the generator's memory is %v bytes", got.GeneratorMemory)
	}
	if got.rows["interact"] != 1 || len(got.rows) != 1 {
		t.Errorf("rows %v", got.rows)
	}
	if !got.Timers.Known() || got.Timers < 0 {
		t.Errorf("timers were %v late", got.Timers)
	}
	if later := s.Series(clock.Now()); len(later) != 0 {
		t.Errorf("%d samples of a load that begins now", len(later))
	}
}

func TestSamplerNames(t *testing.T) {
	s := NewSampler(event.NewClock(), nil, nil)
	for i := range 10 * mostNames {
		_ = s.Event(&event.Event{Name: strings.Repeat("x", i), Status: event.OK})
	}
	if len(s.rows) > mostNames+1 {
		t.Errorf("%d names are told apart", len(s.rows))
	}
}

// Samples follow each other without a gap, a second each but for the last.
func TestSamplesLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := event.NewClock()
		s := NewSampler(clock, func() []int { return nil }, func() int { return 1 })
		s.Start()
		time.Sleep(5*time.Second + 400*time.Millisecond)
		s.Stop()
		got := s.Series(clock.Origin() - 1)
		if len(got) != 6 {
			t.Fatalf("%d samples in 5.4 s", len(got))
		}
		if last := got[5]; math.Abs(last.End-last.Begin-0.4) > 0.02 {
			t.Errorf("the last sample lasts from %v to %v", last.Begin, last.End)
		}
		for i, x := range got[:5] {
			if math.Abs(x.End-x.Begin-1) > 0.02 || i > 0 && x.Begin != got[i-1].End {
				t.Errorf("sample %d lasts from %v to %v", i, x.Begin, x.End)
			}
		}
	})
}

// What is not known is not 0, written and read.
func TestFigureReadBack(t *testing.T) {
	for _, f := range []Figure{unknown, 0, 1.2345} {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		back := Figure(-1)
		if err := json.Unmarshal(text, &back); err != nil || back.Known() != f.Known() || f.Known() && back != f {
			t.Errorf("%v: %s, %v, %v", f, text, back, err)
		}
	}
}

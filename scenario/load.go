package scenario

import (
	"regexp"
	"strconv"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// LoadModel says how many users there are and when: a closed load of so many
// users who begin again when they are through, or, where Arrivals is not nil,
// an open one of users who come whether or not others have gone.
type LoadModel struct {
	Users         int           // of a closed load without stages: >= 1
	StartInterval time.Duration // the next user starts this much later
	Iterations    int           // of each user; 0: as many as fit Duration
	Duration      time.Duration // 0: until the iterations are done, or the stages

	Stages   []Stage   // of users, or with Arrivals of rates
	Arrivals *Arrivals // nil: a closed load
	MaxUsers int       // of an open load: how many may be there at once

	WarmUp       time.Duration // rows that begin in it are in no statistic
	GracefulStop time.Duration // how long iterations in flight may go on at the end
	Session      SessionLife
}

// Stage is a stretch of a load that changes: from what was before (0 at first)
// in a straight line to its own value, which then stays.
type Stage struct {
	Users int     // of a closed load
	Rate  float64 // of an open load: arrivals a second
	Over  time.Duration
	Hold  time.Duration
}

// Arrivals is an open load.
type Arrivals struct {
	Rate    float64 // a second; 0 with stages
	Spacing Spacing
}

// Spacing says how arrivals follow each other.
type Spacing string

// The spacings.
const (
	Even    Spacing = "even"
	Poisson Spacing = "poisson" // independent of each other: the times between are exponential
)

// SessionLife says how long a browser context with its page lasts.
type SessionLife string

// The lives of a session.
const (
	PerIteration SessionLife = "iteration"
	PerUser      SessionLife = "user"
)

// Open tells whether users arrive whether or not others have gone.
func (l LoadModel) Open() bool { return l.Arrivals != nil }

// Most is the largest number of users that there are ever at once.
func (l LoadModel) Most() int {
	if l.Open() {
		return l.MaxUsers
	}
	most := l.Users
	for _, s := range l.Stages {
		most = max(most, s.Users)
	}
	return most
}

// Length is how long users begin iterations; 0 where it depends on how long
// these take.
func (l LoadModel) Length() time.Duration {
	length := l.Duration
	for _, s := range l.Stages {
		length += s.Over + s.Hold
	}
	return length
}

// defaultLoad is a scenario's that says nothing. Without iterations, duration,
// stages and arrivals it is one iteration.
var defaultLoad = LoadModel{Users: 1, StartInterval: time.Second, GracefulStop: 30 * time.Second, Session: PerIteration}

func loadObject() *object[LoadModel] {
	stage := newObject("a stage", "{users: 50, over: 2m, hold: 5m}", Stage{}, []field[Stage]{
		opt("users", aCount, func(s *Stage) *int { return &s.Users }, "How many users there are at its end.").aka("target vus"),
		opt("rate", aRate, func(s *Stage) *float64 { return &s.Rate }, "Arrivals a time unit at its end, like `2/s`; of an open load."),
		opt("over", someTime, func(s *Stage) *time.Duration { return &s.Over }, "How long the ramp takes from what was before (0 at first); without it there is none.").aka("ramp ramp_up duration"),
		opt("hold", someTime, func(s *Stage) *time.Duration { return &s.Hold }, "How long it stays then.").aka("for"),
	}, exactlyOne("users", "rate"))
	arrivals := newObject("arrivals", "{rate: 2/s}", Arrivals{Spacing: Even}, []field[Arrivals]{
		opt("rate", aRate, func(a *Arrivals) *float64 { return &a.Rate }, "How many come in a time unit, like `2/s`, `30/m` or `100/h`; with `stages` they say it."),
		opt("spacing", oneOf(Even, Poisson), func(a *Arrivals) *Spacing { return &a.Spacing }, "`even`, or `poisson`: at random, independent of each other; even unless told.").aka("distribution"),
	})
	return newObject("load", "{users: 5, iterations: 10}", defaultLoad, []field[LoadModel]{
		opt("users", aPositive, func(l *LoadModel) *int { return &l.Users }, "How many users there are; 1 unless told. `--users` overrides it.").aka("vus concurrency n_users clients threads workers"),
		opt("start_interval", aDuration, func(l *LoadModel) *time.Duration { return &l.StartInterval }, "The next user starts this much later; 1s unless told. `--start-interval` overrides it.").aka("spawn_rate ramp_up rampup delay"),
		opt("iterations", aPositive, func(l *LoadModel) *int { return &l.Iterations }, "How often each user goes through the steps; once, where `duration` is not given either. `--iterations` overrides it and drops `duration`.").aka("loops repeat count"),
		opt("duration", someTime, func(l *LoadModel) *time.Duration { return &l.Duration }, "How long users begin iterations; with `iterations` too, whichever comes first. `--duration` overrides it and drops `iterations`.").aka("time run_time length"),
		opt("stages", listOf(stage.value()), func(l *LoadModel) *[]Stage { return &l.Stages }, "A load that changes: stretches one after another.").aka("ramps phases steps"),
		opt("arrivals", aPointer(arrivals.value()), func(l *LoadModel) **Arrivals { return &l.Arrivals }, "An open load: users come at a rate, whether or not others have gone, do one iteration and leave.").aka("arrival_rate constant_arrival_rate rps"),
		opt("max_users", aPositive, func(l *LoadModel) *int { return &l.MaxUsers }, "How many users of an open load may be there at once; who comes beyond waits in line, and the wait counts.").aka("max_vus pre_allocated_vus"),
		opt("warm_up", aDuration, func(l *LoadModel) *time.Duration { return &l.WarmUp }, "Events that begin in so long from the start are recorded, but are in no statistic and no threshold.").aka("warmup"),
		opt("graceful_stop", aDuration, func(l *LoadModel) *time.Duration { return &l.GracefulStop }, "How long iterations in flight may go on at the end, or when a ramp takes a user away; 30s unless told, 0 cuts at once."),
		opt("session", oneOf(PerIteration, PerUser), func(l *LoadModel) *SessionLife { return &l.Session }, "Whether each iteration gets a fresh browser context and page, or keeps its user's; a failed iteration is followed by a fresh one."),
	}, excludes("users", "stages"), excludes("start_interval", "stages"), excludes("iterations", "stages"), excludes("duration", "stages"),
		excludes("users", "arrivals"), excludes("start_interval", "arrivals"), excludes("iterations", "arrivals"))
}

// load checks what no rule of the table can say, and fills in what follows from
// the rest.
func (d *decoder) load(n *node, l *LoadModel) {
	if n == nil || n.kind != mappingNode || !d.sure(n) {
		n = nil
	}
	if n != nil {
		d.checkStages(n, l)
	}
	if l.Arrivals == nil && len(l.Stages) > 0 && l.Stages[0].Rate > 0 {
		l.Arrivals = &Arrivals{Spacing: Even}
	}
	switch {
	case l.Open():
		l.Users, l.StartInterval, l.Iterations = 0, 0, 0
		if n != nil {
			d.checkArrivals(n, l)
		}
	case len(l.Stages) > 0:
		l.Users, l.StartInterval, l.Iterations = 0, 0, 0
	case l.Iterations == 0 && l.Duration == 0:
		l.Iterations = 1
	}
	if n == nil {
		return
	}
	stages := n.get("stages")
	rates := stages != nil && len(stages.items) > 0 && stages.items[0].get("rate") != nil
	if at := n.keyNode("max_users"); at != nil && !l.Open() && !rates {
		d.fail(at, "it bounds how many users of an open load are there at once: give arrivals: {rate: 2/s}", "max_users has no meaning in a closed load")
	}
	if length := l.Length(); length > 0 && l.WarmUp >= length {
		d.fail(n.keyNode("warm_up"), "it is part of the load's time", "warm_up: %s leaves nothing of the load's %s", wording.Duration(l.WarmUp), wording.Duration(length))
	}
}

func (d *decoder) checkStages(n *node, l *LoadModel) {
	list := n.get("stages")
	if list == nil || list.kind != listNode || len(list.items) == 0 {
		return
	}
	most := 0.0
	for i, s := range l.Stages {
		at := list.items[i]
		if at.kind != mappingNode {
			return
		}
		if at.get("over") == nil && at.get("hold") == nil && !at.patchy {
			d.fail(at, "over is how long the ramp to it takes, hold how long it stays: {users: 50, over: 2m, hold: 5m}", "a stage without a time")
		}
		if first := list.items[0]; (first.get("rate") == nil) != (at.get("rate") == nil) {
			d.fail(at, "stages of users are a closed load, stages of rates an open one: keep to one of them", "stages: users and rate exclude each other")
		}
		most = max(most, s.Rate, float64(s.Users))
	}
	if a := n.keyNode("arrivals"); a != nil && list.items[0].get("users") != nil {
		d.fail(a, "stages of users are a closed load, arrivals an open one: keep one, or give the stages a rate", "arrivals has no meaning with stages of users")
	}
	if most == 0 && len(d.errs) == 0 {
		d.fail(list, "", "stages: no stage has any users")
	}
}

func (d *decoder) checkArrivals(n *node, l *LoadModel) {
	if n.get("max_users") == nil && !n.patchy {
		d.fail(n, "max_users: 100, or what the app and this machine can bear; who comes beyond waits in line, and the wait counts", "an open load needs max_users")
	}
	a := n.get("arrivals")
	if a == nil || a.kind != mappingNode {
		return
	}
	switch {
	case len(l.Stages) > 0 && a.get("rate") != nil:
		d.fail(a.keyNode("rate"), "leave it out", "arrivals.rate has no meaning with stages: each has its own")
	case len(l.Stages) == 0 && a.get("rate") == nil && !a.patchy:
		d.fail(a, "like {rate: 2/s}; or give the load stages: [{rate: 2/s, over: 1m}]", "arrivals needs a rate")
	case len(l.Stages) == 0 && a.get("rate") != nil && l.Arrivals.Rate == 0 && len(d.errs) == 0:
		d.fail(a.get("rate"), "like 2/s, 30/m or 100/h", "rate: at %s nobody would come", d.shown(a.get("rate")))
	case len(l.Stages) == 0 && n.get("duration") == nil && !n.patchy:
		d.fail(n.keyNode("arrivals"), "duration: 5m", "arrivals needs a duration, or stages")
	}
}

var rateRE = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?(?:/|per) ?([a-z]+)$`)

// aRate is so many in a time unit, in units of 1/s.
var aRate = scalarValue(shape{name: "a rate", like: "2/s, 30/m or 100/h", schema: orTemplate(schema{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)? ?(/|per) ?[a-z]+$`})},
	func(text string) (float64, string, bool) {
		m := rateRE.FindStringSubmatch(text)
		if m == nil {
			if f, _, ok := parseNumber(text); ok && f >= 0 {
				return 0, "a rate has a unit: did you mean " + text + "/s?", false
			}
			return 0, "", false
		}
		rate, err := strconv.ParseFloat(m[1], 64)
		var unit time.Duration
		switch m[2] {
		case "s", "sec", "second":
			unit = time.Second
		case "m", "min", "minute":
			unit = time.Minute
		case "h", "hour":
			unit = time.Hour
		default:
			return 0, "the unit is s, m or h", false
		}
		if rate > fastest*unit.Seconds() {
			return 0, "at most " + strconv.Itoa(fastest) + "/s", false
		}
		return rate / unit.Seconds(), "", err == nil
	})

// fastest is the highest rate of arrivals a second: more than any machine sends.
const fastest = 1_000_000

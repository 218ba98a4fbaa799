package scenario

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loadwright/loadwright/internal/wording"
)

// Threshold is one condition on the results: "interact p95 <= 10s".
type Threshold struct {
	Text      string // as written, the value with its names filled in; "errors <= 1%" with Implied
	Event     string // "" is all events
	Statistic Statistic
	Op        string  // <, <=, >, >=
	Value     float64 // seconds for durations, a share 0–1 with Share, else a number
	Share     bool    // Value was written with %
	Implied   bool
	UserType  string        // "" is all kinds of user
	Window    time.Duration // every stretch of this length is judged; 0: the run as a whole
	Abort     bool          // the run ends at the first that fails
	Pos       Pos
}

// Statistic is what a threshold is about.
type Statistic struct {
	Kind     string  // mean, min, max, percentile, count, errors
	Quantile float64 // of a percentile: 0.5 for median, 0.999 for p99.9
}

// withImplied adds the limit on errors that a scenario has unless it states
// one over all events.
func withImplied(all []Threshold, file string) []Threshold {
	if slices.ContainsFunc(all, func(t Threshold) bool {
		return t.Event == "" && t.Statistic.Kind == "errors" && t.UserType == "" && t.Window == 0
	}) {
		return all
	}
	return append(all, Threshold{
		Text: "errors <= 1%", Statistic: Statistic{Kind: "errors"}, Op: "<=", Value: 0.01, Share: true, Implied: true,
		Pos: Pos{File: file},
	})
}

// thresholdExample goes with every error of the grammar.
const thresholdExample = "like \"interact p95 < 2s\", \"load mean <= 500ms\" or \"errors <= 1%\": event, statistic, < <= > or >=, value; without an event it is all of them"

// statistics are the words of the grammar; percentiles are p and a number.
var statistics = []word{
	{"mean", "avg average"}, {"min", "minimum fastest"}, {"max", "maximum slowest p100"}, {"median", "med"},
	{"p95", "percentile95 95th 95%"}, {"p99.9", ""}, {"count", "number n requests"}, {"errors", "error failures failed fails failure"},
}

func thresholdsField() field[Scenario] {
	v := listOf(aThreshold())
	return opt("thresholds", v, func(s *Scenario) *[]Threshold { return &s.Thresholds },
		"What is good enough: a run that breaks one fails. `errors <= 1%` is implied where no limit on the errors of all events is stated. `--threshold` adds to them.").aka("limits slo criteria")
}

// aThreshold is a condition, as text or as a mapping.
func aThreshold() value[Threshold] {
	mapping := newObject("a threshold", "{check: errors <= 1%}", Threshold{}, []field[Threshold]{
		opt("check", value[Threshold]{shape{name: "a condition", like: "interact p95 < 2s", schema: nonEmptySchema}, readCondition}, func(t *Threshold) *Threshold { return t },
			"The condition, as it stands alone otherwise.").aka("threshold condition").must(),
		opt("user_type", aLiteral, func(t *Threshold) *string { return &t.UserType }, "Judges the users of one kind only.").aka("users persona"),
		opt("window", someTime, func(t *Threshold) *time.Duration { return &t.Window }, "Judges every stretch of this length, moved on by a tenth of it, rather than the run as a whole.").aka("over every interval"),
		opt("abort", aBool, func(t *Threshold) *bool { return &t.Abort }, "Ends the run, in order, at the first that fails.").aka("abort_on_fail stop"),
	})
	return value[Threshold]{
		shape{name: "a threshold", like: "interact p95 < 2s", schema: schema{"anyOf": list{schema{"type": "string", "minLength": 1}, mapping.schema()}}, keys: &mapping.table},
		func(d *decoder, n *node) Threshold {
			if n.kind != mappingNode {
				return readCondition(d, n)
			}
			t := mapping.read(d, n)
			d.checkThreshold(n, &t)
			return t
		},
	}
}

// checkThreshold checks what stands beside a condition, and puts it into words.
func (d *decoder) checkThreshold(n *node, t *Threshold) {
	if t.UserType != "" {
		var types []word
		for _, name := range d.userTypes {
			types = append(types, word{text: name})
		}
		switch {
		case d.repaired:
		case !slices.Contains(d.userTypes, t.UserType):
			d.fail(n.get("user_type"), didYouMean(t.UserType, types), "there is no kind of user %s", quoted(t.UserType))
		case t.Event != "" && d.events.known[t.Event] && !d.events.of(t.UserType, t.Event):
			d.fail(n.get("user_type"), "", "users of the kind %s never record an event %s", t.UserType, quoted(t.Event))
		}
		t.Text = t.UserType + ": " + t.Text
	}
	if t.Abort && (t.Op == ">" || t.Op == ">=") {
		d.fail(n.keyNode("abort"), "leave abort out: the run is judged at its end", "a condition with %s is broken as long as too little has happened: it cannot end a run", t.Op)
	}
	if t.Window > 0 {
		t.Text += " in any " + wording.Duration(t.Window)
	}
}

// readCondition reads the grammar from the right: value, operator, statistic,
// and the rest is the event, which may hold anything. Names are filled in only
// in the value.
func readCondition(d *decoder, n *node) Threshold {
	if n.kind != scalarNode || n.null() {
		d.wrong(n, "a threshold", thresholdExample)
		return Threshold{}
	}
	text := n.text
	at := strings.LastIndexAny(text, "<>")
	if at < 0 {
		hint := thresholdExample
		if strings.Contains(text, "=") {
			hint = "equality is no limit: write <= or >=\n" + hint
		}
		d.fail(n, hint, "%s has no <, <=, > or >=", quoted(text))
		return Threshold{}
	}
	op, right := text[at:at+1], text[at+1:]
	if rest, ok := strings.CutPrefix(right, "="); ok {
		op, right = op+"=", rest
	}
	t := Threshold{Op: op, Pos: n.pos()}
	left := strings.TrimSpace(text[:at])
	name := left
	if i := strings.LastIndexAny(left, " \t\n"); i >= 0 {
		t.Event, name = strings.TrimSpace(left[:i]), left[i+1:]
	} else {
		t.Event = ""
	}

	var ok bool
	if t.Statistic, ok = parseStatistic(name); !ok {
		d.unknownStatistic(n, name)
		return t
	}
	if t.Event != "" && !d.repaired && !d.anyFunc && len(d.events.order) > 0 && !d.events.known[t.Event] {
		d.unrecorded(n, t.Event)
	}

	value := *n
	value.text = strings.TrimSpace(right)
	value.plain = true
	value.parts, value.bad = parts(value.text)
	limit, ok := d.expand(&value)
	if !ok {
		return t
	}
	t.Text = strings.TrimSpace(text[:at]+op+" ") + " " + limit
	d.under(name, func() { d.limit(&value, limit, &t) })
	return t
}

var percentile = regexp.MustCompile(`^p([0-9]{1,2}(\.[0-9]+)?)$`)

func parseStatistic(name string) (Statistic, bool) {
	switch name {
	case "mean", "min", "max", "count", "errors":
		return Statistic{Kind: name}, true
	case "median":
		return Statistic{"percentile", 0.5}, true
	}
	if m := percentile.FindStringSubmatch(name); m != nil {
		q, err := strconv.ParseFloat(m[1]+"e-2", 64)
		return Statistic{"percentile", q}, err == nil && q > 0
	}
	return Statistic{}, false
}

func (d *decoder) unknownStatistic(n *node, name string) {
	allowed := "statistics: mean, min, max, median, a percentile like p95 or p99.9, count, errors"
	if name == "" {
		d.fail(n, allowed, "no statistic stands before the limit")
		return
	}
	if near := nearest(name, statistics); near != "" {
		allowed = "did you mean " + near + "?\n" + allowed
	}
	d.fail(n.at(name), allowed, "%s is not a statistic", quoted(name))
}

func (d *decoder) unrecorded(n *node, event string) {
	recorded := d.events.order[:min(len(d.events.order), mostShown)]
	hint := "recorded are " + joinWords(recorded)
	if near := nearest(event, recorded); near != "" {
		hint = "did you mean " + near + "?\n" + hint
	}
	if d.events.skipped[event] {
		hint = "it stands in a repeat of 0"
	}
	d.fail(n.at(event), hint, "no event %s is ever recorded", quoted(event))
}

// limit reads the value of a threshold.
func (d *decoder) limit(value *node, text string, t *Threshold) {
	at := value.at(value.text)
	if text == "" {
		d.fail(at, thresholdExample, "no value stands after %s", t.Op)
		return
	}
	number, isShare := strings.CutSuffix(text, "%")
	f, _, isNumber := parseNumber(strings.TrimSpace(number))
	switch t.Statistic.Kind {
	case "errors":
		switch {
		case isNumber && isShare && f >= 0 && f <= 100:
			t.Value, t.Share = f/100, true
		case isNumber && !isShare && f > 0 && f < 1:
			d.wrong(at, "a number of errors", "did you mean "+strconv.FormatFloat(f*100, 'g', -1, 64)+"%?")
		case isNumber && !isShare && f >= 0 && f == float64(int64(f)):
			t.Value = f
		default:
			d.wrong(at, "a share like 1%, or a number of errors", "")
		}
	case "count":
		if !isNumber || isShare || f < 0 || f != float64(int64(f)) {
			d.wrong(at, "a whole number", "")
		}
		t.Value = f
	default:
		if isShare {
			d.wrong(at, "a duration", "only errors have a share")
			return
		}
		limit, hint, ok := parseDuration(text)
		if !ok {
			d.wrong(at, "a duration", cmp.Or(hint, "like 500ms, 2s, 1m30s"))
		}
		t.Value = limit.Seconds()
	}
}

// Duration is the limit of a statistic of times.
func (t Threshold) Duration() time.Duration { return time.Duration(t.Value * float64(time.Second)) }

func joinWords(words []word) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = w.text
	}
	return strings.Join(all, ", ")
}

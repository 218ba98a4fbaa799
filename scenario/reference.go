package scenario

import (
	"fmt"
	"strings"
)

// Reference returns the reference of the language as Markdown, made from the
// same tables as all that is decoded and refused.
func Reference() string {
	l := newLanguage()
	r := &writer{}
	r.print(`# The scenario language

<!-- Made from the tables in scenario/. Do not edit. -->

One YAML file says what each user does, how many there are, and what is good enough. Every key is snake_case; one that is not known is an error. Aliases are fine, %s is not.
`, "`<<`")

	r.print("\n## Top level\n")
	r.rows("", l.top.rows, false)
	r.print("\nKeys that begin with `%s` are ignored: a place for YAML anchors.\n", ignoredPrefix)
	for _, row := range l.top.rows {
		if row.keys != nil && row.keys.what == row.key {
			r.print("\n### %s\n", row.key)
			r.rows("", row.keys.rows, true)
			r.rules(row.keys.rules)
		}
	}

	r.print(`
## Steps

A step is a mapping with exactly one step key. Options stand beside the step key, never inside its value.
`)
	r.print("\nEvery step but `sleep`, `repeat` and `event` takes\n")
	r.rows("", rows(common), true)
	for _, k := range l.kinds {
		r.kind(k)
	}

	r.print("\n## Targets\n\nA target means exactly what the Playwright locator of that name means: a target that matches two elements is an error where one is acted on.\n")
	r.rows("", l.target.rows, true)
	r.rules(l.target.rules)
	r.print("\nText between slashes is a regular expression: `/Finished run \\d+/`, and `/done/i` without regard to case; not with `css` and `xpath`.\n")

	r.WriteString(valuesReference)
	r.WriteString(thresholdsReference)
	r.rows("", aThreshold().keys.rows, true)
	r.WriteString(windowsReference)
	return r.String()
}

const valuesReference = `
## Values

- Durations are written ` + "`500ms`, `2s`, `1m30s` or `0`" + `.
- ` + "`${name}`" + ` is filled in in every scalar, numbers and durations included. Inside ` + "`{ }`" + ` it has to stand in quotes: ` + "`{text: \"run ${i}\"}`. `$${`" + ` is a literal ` + "`${`" + `.
- Names: those of ` + "`vars`" + `; the count of a ` + "`repeat`" + ` (` + "`i`" + ` unless its ` + "`as`" + ` says otherwise), inside it; those of ` + "`set`" + `, in later steps; ` + "`user`" + ` (0, 1, …), ` + "`iteration`" + ` (from 1) and ` + "`user_type`" + `; ` + "`env.NAME`" + `, an environment variable, whose value is shown as ` + "`***`" + `. A name that is not known, or is defined twice, is an error before the run.
- The names of events and variables are literal, and so is JavaScript: it gets ` + "`args`" + `.
- Quotes make a number text: ` + "`times: \"2\"`" + ` is an error.
`

const thresholdsReference = `
## Thresholds

A threshold is read from the right: a value, ` + "`<`, `<=`, `>` or `>=`" + `, a statistic, and the rest is the event; without one it is all events.

| statistic | value |
|---|---|
| ` + "`mean`, `min`, `max`, `median`, `p95`, `p99.9`" + ` | a duration |
| ` + "`count`" + ` | a number |
| ` + "`errors`" + ` | a share like ` + "`1%`" + `, or a number |

A scenario that states no limit on the errors of all events has ` + "`errors <= 1%`" + `. A threshold on an event that is never recorded is an error.

As a mapping it can say more:

` + "```yaml" + `
user_types:
  reader: {weight: 4, steps: [{event: read, steps: [{goto: /app}]}]}
  writer: {weight: 1, steps: [{event: read, steps: [{goto: /app}]}, {event: write, steps: [{goto: /write}]}]}
thresholds:
  - write p95 < 2s
  - {check: read p95 < 1s, user_type: reader}
  - {check: errors <= 20%, window: 10s, abort: true}
` + "```" + `
`

const windowsReference = `
- Windows begin with the run, after a warm-up with its first row that counts. A row is in the windows that it ended in. A window without a sample is not judged. A run that is shorter than the window is judged as one, and so is what its end cut short, but for a ` + "`count`" + ` or a number of ` + "`errors`" + ` that has to be reached.
- The threshold holds if it holds in every window. The results show the worst of them.
- A window that breaks a threshold with ` + "`abort`" + ` ends the run as soon as it is over. Without a window, all rows until then are judged once a second: where these are few, one that failed is a large share of them.
`

// writer writes Markdown.
type writer struct{ strings.Builder }

func (r *writer) print(format string, args ...any) { fmt.Fprintf(r, format, args...) }

// rules writes a list of rules.
func (r *writer) rules(rules []rule) {
	if len(rules) > 0 {
		r.print("\n")
	}
	only := map[string][]string{} // the keys that go only with another
	for _, rule := range rules {
		if rule.kind == ruleNeeds {
			only[rule.keys[1]] = append(only[rule.keys[1]], rule.keys[0])
		}
	}
	for _, rule := range rules {
		if rule.kind != ruleNeeds {
			r.print("- %s\n", rule)
		} else if keys := only[rule.keys[1]]; keys != nil {
			r.print("- %s only with `%s`.\n", codes(keys), rule.keys[1])
			delete(only, rule.keys[1])
		}
	}
}

// rows writes a table of keys; deep puts those of a mapping below it, with a dot.
func (r *writer) rows(prefix string, rows []row, deep bool) {
	if prefix == "" {
		r.print("\n| key | value | |\n|---|---|---|\n")
	}
	for _, row := range rows {
		doc := row.doc
		if row.required {
			doc += " Required."
		}
		r.print("| `%s%s` | %s | %s |\n", prefix, row.key, cell(row.name), cell(strings.TrimSpace(doc)))
		if row.keys != nil && deep {
			r.rows(prefix+row.key+".", row.keys.rows, deep)
		}
	}
}

// cell is text that can stand in a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// kind writes the section of a kind of step.
func (r *writer) kind(k kind) {
	r.print("\n### %s\n\n%s\n\n```yaml\n- %s\n```\n", k.key, k.doc, strings.ReplaceAll(k.example, "\n", "\n  "))
	value := k.rows[0]
	if value.name != "nothing" {
		r.print("\nValue: %s.\n", value.name)
	}
	if value.keys != nil {
		r.rows("", value.keys.rows, true)
		r.rules(value.keys.rules)
	}
	options := k.rows[1:]
	if !k.control {
		options = options[:len(options)-len(common)]
	}
	if len(options) > 0 {
		r.rows("", options, true)
	}
	r.rules(k.rules)
}

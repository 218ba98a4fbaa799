package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as an editor does that checks it against a schema.
func asJSON(src []byte) (any, error) {
	var v any
	if err := yaml.Unmarshal(bytes.TrimPrefix(src, []byte("\ufeff")), &v); err != nil {
		return nil, err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

func TestSchemaTakesWhatParses(t *testing.T) {
	schema := compiledSchema(t)
	for _, file := range inputs(t, "ok") {
		t.Run(name(file), func(t *testing.T) {
			if name(file) == "settings" {
				t.Skip("it holds what no other reader of YAML takes, under x-")
			}
			v, err := asJSON(file.src)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Error(err)
			}
		})
	}
}

// beyondSchema are the inputs with errors that a schema cannot know, each with
// the reason.
var beyondSchema = map[string]string{
	"alias_bomb":                    "it is no JSON of a size",
	"bind_flags":                    "flags",
	"bind_no_url":                   "the url may come from a flag",
	"bind_set_without_vars":         "flags",
	"bind_values":                   "values from outside",
	"no_event":                      "an event may be anywhere in the tree",
	"no_event_repeat":               "values from outside",
	"thresholds_repeat":             "an event may be anywhere in the tree",
	"data_columns":                  "the columns are in a file",
	"flags_only":                    "flags",
	"expect_regex":                  "a regular expression is text",
	"globs":                         "an address is text",
	"load_arrivals_and_user_stages": "what stands in a list excludes what stands beside it",
	"load_arrivals_rate_twice":      "what stands in a list excludes what stands beside it",
	"load_arrivals_rate_zero":       "a rate is text",
	"login_rows":                    "what a name stands for",
	"load_no_duration":              "a key needs one of two others",
	"load_no_users":                 "at least one of a list",
	"load_no_rate":                  "at least one of a list",
	"serve_ready_scheme":            "an address is text",
	"load_warm_up":                  "durations are compared",
	"user_types_count_open":         "a key excludes one elsewhere",
	"user_types_counts":             "sums",
	"user_types_weights":            "sums",
	"merge":                         "other readers of YAML merge",
	"second_document_broken":        "a reader of one document stops before it",
	"tags":                          "other readers of YAML take tags",
	"url_scheme":                    "an address is text",
	"url_slash":                     "an address is text",
	"vars_explode":                  "lengths of expanded text",
}

func TestSchemaRefusesWhatItCanKnow(t *testing.T) {
	schema := compiledSchema(t)
	for _, file := range inputs(t, "err") {
		t.Run(name(file), func(t *testing.T) {
			v, err := asJSON(file.src)
			if err != nil {
				return // no YAML at all: not the schema's to judge
			}
			err = schema.Validate(v)
			reason, beyond := beyondSchema[name(file)]
			if err == nil && !beyond {
				t.Error("the schema takes it")
			}
			if err != nil && beyond {
				t.Errorf("the schema refuses it, though it should not know (%s): %v", reason, err)
			}
			if invalid := (*jsonschema.ValidationError)(nil); err != nil && !errors.As(err, &invalid) {
				t.Error(err)
			}
		})
	}
}

// TestSchemaStepByStep checks single steps both ways: what the parser refuses
// for its structure the schema refuses too, and the reverse.
func TestSchemaStepByStep(t *testing.T) {
	schema := compiledSchema(t)
	for step, valid := range map[string]bool{
		"back":                                                       true,
		"reload:":                                                    true,
		"click":                                                      false,
		"click: Run":                                                 false,
		"click: {text: Run}":                                         true,
		"click: {text: Run, name: x}":                                false,
		"click: {role: button, name: x}":                             true,
		"click: {role: buton}":                                       false,
		`click: {role: "${env.R}"}`:                                  true,
		"click: {css: a, exact: true}":                               false,
		"click: {text: a, css: b}":                                   false,
		"click: {}":                                                  false,
		"{click: {text: a}, times: 0}":                               false,
		"{click: {text: a}, times: 2}":                               true,
		`{click: {text: a}, times: "2"}`:                             false,
		`{click: {text: a}, times: "${iteration}"}`:                  true,
		"{click: {text: a}, timeout: 5}":                             false,
		"{click: {text: a}, timeout: 5s}":                            true,
		"{click: {text: a}, timeout: 1m30s}":                         true,
		`{click: {text: a}, timeout: "${iteration}s"}`:               true,
		"{click: {text: a}, back: }":                                 false,
		"{click: {text: a}, value: x}":                               false,
		"fill: {label: a}":                                           false,
		"{fill: {label: a}, value: 3}":                               true,
		"{wait_for: {text: a}, state: hidden, becomes: hidden}":      false,
		"{wait_for: {text: a}, state: hidden}":                       true,
		"{wait_for: {text: a}}":                                      true,
		"expect: {text: a}":                                          false,
		"{expect: {text: a}, to_have_count: 1}":                      true,
		"{expect: {text: a}, to_have_count: 1, to_be_enabled: true}": false,
		"{set: a, from: {text: a}, attribute: b}":                    true,
		"{set: a, value: 1, attribute: b}":                           false,
		"sleep: 5":                                                   false,
		"sleep: 0":                                                   true,
		"sleep: 500ms":                                               true,
		"sleep: {between: [1s, 2s]}":                                 true,
		"sleep: {between: [1s]}":                                     false,
		"sleep: {pace: 1s, exponential: 1s}":                         false,
		"{repeat: 2, steps: [back]}":                                 true,
		"{repeat: 2}":                                                false,
		"{repeat: -1, steps: [back]}":                                false,
		"{repeat: 2, steps: []}":                                     false,
		"{event: a, steps: [back]}":                                  true,
		"{event: \"a ${iteration}\", steps: [back]}":                 false,
		"scroll: 800":                                                true,
		"scroll: a":                                                  false,
		"{goto: /, status: any}":                                     true,
		"{goto: /, status: none}":                                    false,
		"{goto: /, status: [200, 404]}":                              true,
		"frobnicate: 1":                                              false,
	} {
		t.Run(step, func(t *testing.T) {
			src := []byte("url: http://localhost\nsteps:\n- {event: e, steps: [back]}\n- " + step + "\n")
			s, err := Parse("step.yaml", src)
			if err == nil {
				_, err = s.Bind(Values{Env: func(string) (string, bool) { return "button", true }})
			}
			if (err == nil) != valid {
				t.Errorf("the parser says: %v", err)
			}
			v, err := asJSON(src)
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); (err == nil) != valid {
				t.Errorf("the schema says: %v", err)
			}
		})
	}
}

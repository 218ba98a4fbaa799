package scenario

import (
	"encoding/json"
	"maps"
)

// schema is a piece of JSON Schema, and list one of its arrays.
type (
	schema map[string]any
	list   []any
)

// ref refers to a piece that has a name.
func ref(name string) schema { return schema{"$ref": "#/$defs/" + name} }

// orTemplate is what a schema allows, or a text with a ${name}, which may
// become that.
func orTemplate(s schema) schema { return schema{"anyOf": list{s, ref("template")}} }

// The pieces that many others refer to.
var (
	textSchema     = schema{"type": list{"string", "number", "boolean"}}
	nonEmptySchema = schema{"type": list{"string", "number", "boolean"}, "minLength": 1}
	durationSchema = ref("duration")

	sharedSchemas = schema{
		"template": schema{"type": "string", "pattern": `\$\{`},
		"duration": schema{"anyOf": list{
			schema{"const": 0},
			schema{"type": "string", "pattern": `^\+?(0|([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|\$\{`},
		}},
	}
)

// schema describes a mapping with the keys of a table.
func (t table) schema() schema {
	properties, required := schema{}, list{}
	for _, r := range t.rows {
		p := maps.Clone(r.schema)
		if r.doc != "" {
			p["description"] = r.doc
		}
		properties[r.key] = p
		if r.required {
			required = append(required, r.key)
		}
	}
	s := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	var all list
	for _, r := range t.rules {
		all = append(all, r.schema())
	}
	if len(all) > 0 {
		s["allOf"] = all
	}
	return s
}

// schema is the rule in the words of JSON Schema.
func (r rule) schema() schema {
	has := func(key string) schema { return schema{"required": list{key}} }
	var each list
	for _, k := range r.keys {
		each = append(each, has(k))
	}
	switch r.kind {
	case ruleExactlyOne:
		return schema{"oneOf": each}
	case ruleAtMostOne:
		return schema{"oneOf": append(each, schema{"not": schema{"anyOf": each}})}
	case ruleNeeds:
		return schema{"dependentRequired": schema{r.keys[0]: list{r.keys[1]}}}
	default:
		return schema{"not": schema{"required": list{r.keys[0], r.keys[1]}}}
	}
}

// stepSchema tells the kinds of steps apart by their key, so that an editor
// names what is wrong with the one that was meant.
func (l *language) stepSchema() schema {
	keys, bare, one, each := schema{}, list{}, list{}, list{}
	for _, k := range l.kinds {
		has := schema{"required": list{k.key}}
		keys[k.key] = schema{"description": k.doc}
		one = append(one, has)
		each = append(each, schema{"if": has, "then": ref("step_" + k.key)})
		if k.bare {
			bare = append(bare, k.key)
		}
	}
	return schema{
		"if":   schema{"type": "string"},
		"then": schema{"enum": bare},
		"else": schema{"type": "object", "properties": keys, "oneOf": one, "allOf": each},
	}
}

// Schema returns the JSON Schema (draft 2020-12) of the language, for editors.
func Schema() []byte {
	l := newLanguage()
	top := l.top.schema()
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = "loadwright scenario"
	top["patternProperties"] = schema{"^" + ignoredPrefix: true}

	defs := schema{"target": l.target.schema()}
	for name, s := range sharedSchemas {
		defs[name] = s
	}
	for _, k := range l.kinds {
		s := k.table.schema()
		s["description"] = k.doc
		defs["step_"+k.key] = s
	}
	defs["step"] = l.stepSchema()
	top["$defs"] = defs

	out, err := json.MarshalIndent(top, "", "  ")
	if err != nil {
		panic(err) // the tables hold nothing that JSON cannot
	}
	return append(out, '\n')
}

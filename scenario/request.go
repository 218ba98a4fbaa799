package scenario

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ohler55/ojg/jp"
)

// Request asks for an address without a browser. At most one of JSON, Form and
// Body is set.
type Request struct {
	Method  string
	URL     string // absolute, or relative to the scenario's url
	Query   map[string]string
	Headers map[string]string

	JSON    any // what HasJSON says is to be sent as JSON
	HasJSON bool
	Form    map[string]string
	Body    *string

	ExpectStatus StatusRule
	ExpectBody   *BodyCheck // nil: any will do
	Capture      []Capture  // in the order of the file
}

// BodyCheck is what the body of an answer has to hold.
type BodyCheck struct {
	Text   string         // it is in the body, where Regex and JSON are nil
	Regex  *regexp.Regexp // it matches the body
	JSON   *JSONPath      // something is there
	Equals *string        // and this is its text
}

// Capture gives a name a piece of the answer, from one of three places.
type Capture struct {
	Name   string
	JSON   *JSONPath
	Header string
	Regex  *regexp.Regexp // of the body: its first group, or the whole match where it has none
}

// JSONPath is a path to values in JSON (RFC 9535).
type JSONPath struct {
	Text string
	expr jp.Expr
}

// First returns the first value at the path in data, which is as encoding/json
// decodes it, save that its objects are [jp.Keyed]: a map has no order, and so no
// first value.
func (p *JSONPath) First(data any) (any, bool) {
	found := p.expr.Get(data)
	if len(found) == 0 {
		return nil, false
	}
	return found[0], true
}

func (*Request) op() {}

func (o *Request) String() string { return "request " + o.Method + " " + shorten(o.URL) }

func requestKind() kind {
	capture := newObject("a capture", "{json: \"$.id\"}", Capture{}, []field[Capture]{
		opt("json", aPointer(aJSONPath), func(c *Capture) **JSONPath { return &c.JSON }, "A JSON path (RFC 9535), like `$.items[0].id`: its first value, in the order of the answer; with `..` what stands deeper is before what it stands in.").aka("jsonpath json_path path"),
		opt("header", someString, func(c *Capture) *string { return &c.Header }, "The header of that name."),
		opt("regex", aRegex, func(c *Capture) **regexp.Regexp { return &c.Regex }, "A regular expression, without slashes: its first group, or all of it where it has none.").aka("regexp pattern re"),
	}, exactlyOne("json", "header", "regex"))
	return leaf(leafKind[Request]{
		key:     "request",
		doc:     "Sends a request without a browser, follows redirects and reads the whole answer. A user type that has only requests opens no browser; in one that has page steps too, requests share the cookies of its browser context. Outside any event a request is an event of its own, named as it is written, without its query.",
		example: "request: GET /api/items\ncapture: {id: {json: \"$.items[0].id\"}}",
		also:    "http fetch get post api call",
		value: field[Request]{
			row{shape: shape{name: "a method and an address", like: "GET /app", schema: nonEmptySchema}},
			readRequestLine,
		},
		options: []field[Request]{
			opt("query", mapOf("a mapping of names to values", aString, nil), func(o *Request) *map[string]string { return &o.Query }, "What is put behind the ? of the address, escaped.").aka("params"),
			opt("headers", mapOf("a mapping of header names to values", aString, checkHeader), func(o *Request) *map[string]string { return &o.Headers }, "Headers, over those of `http`.").aka("header"),
			{
				row{shape: anything.shape, key: "json", doc: "A body, sent as JSON.", nullable: true},
				func(d *decoder, n *node, o *Request) { o.JSON, o.HasJSON = readAnything(d, n, jsonNumber), true },
			},
			opt("form", mapOf("a mapping of names to values", aString, nil), func(o *Request) *map[string]string { return &o.Form }, "A body, sent as a form's.").aka("data"),
			opt("body", aPointer(aString), func(o *Request) **string { return &o.Body }, "A body, as it stands; say with `headers` what it is.").aka("content text"),
			opt("expect_status", aStatusRule, func(o *Request) *StatusRule { return &o.ExpectStatus }, "The statuses that are good; all below 400 unless told. A redirect whose status is listed is not followed.").aka("status expected_status"),
			opt("expect_body", aBodyCheck(), func(o *Request) **BodyCheck { return &o.ExpectBody }, "What the answer has to hold: a text, a regular expression between slashes, or a JSON path and what is there.").aka("expect check assert contains"),
			{
				row{
					shape: shape{name: "a mapping of names to captures", like: "{id: {json: \"$.id\"}}", schema: schema{"type": "object", "additionalProperties": capture.schema(), "minProperties": 1}, keys: nil},
					key:   "capture", also: "extract save store set",
					doc: "Gives names pieces of the answer, for later steps: `{json: \"$.id\"}`, `{header: Location}` or `{regex: \"token=(\\\\w+)\"}`. What is not there fails the step.",
				},
				func(d *decoder, n *node, o *Request) { o.Capture = readCaptures(d, n, capture) },
			},
		},
		noPage: func(*Request) bool { return true },
		rules:  []rule{atMostOne("json", "form", "body")},
		made: func(d *decoder, l *Leaf, step *node, o *Request) {
			n := step.get("capture")
			if n == nil || n.kind != mappingNode {
				return
			}
			for _, p := range n.pairs {
				if d.declare(p.key, p.key.text, setName) {
					l.sets = append(l.sets, p.key.text)
				}
			}
		},
	})
}

func readCaptures(d *decoder, n *node, capture *object[Capture]) []Capture {
	if n.kind != mappingNode {
		d.wrong(n, "a mapping of names to captures", "like {id: {json: \"$.id\"}}")
		return nil
	}
	if len(n.pairs) == 0 {
		d.fail(n, "", "%s: the mapping is empty", d.key)
	}
	var all []Capture
	for _, p := range n.pairs {
		d.under(p.key.text, func() {
			c := capture.read(d, p.value)
			c.Name = p.key.text
			all = append(all, c)
		})
	}
	return all
}

var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead, http.MethodOptions,
}

func readRequestLine(d *decoder, n *node, o *Request) {
	text, ok := d.scalar(n, "a method and an address", "like GET /app")
	if !ok {
		o.Method, o.URL, _ = strings.Cut(text, " ")
		return
	}
	method, address, two := strings.Cut(strings.TrimSpace(text), " ")
	o.Method, o.URL = method, strings.TrimSpace(address)
	hint := "like GET /app"
	switch near := Nearest(strings.ToUpper(method), methods); {
	case slices.Contains(methods, method) && two && o.URL != "":
		hint = ""
	case !two && strings.ContainsAny(method, "/:"):
		hint = "did you mean GET " + shorten(method) + "?"
	case two && near != "":
		hint = "did you mean " + near + " " + shorten(o.URL) + "?"
	case two:
		hint = "methods: " + strings.Join(methods, ", ")
	}
	u, err := url.Parse(o.URL)
	switch {
	case hint != "":
		d.wrong(n, "a method and an address", hint)
	case err != nil || hostAndPort.MatchString(o.URL):
		d.wrong(n, "an address", withScheme(o.URL))
	case u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https":
		d.wrong(n, "an address that begins with http:// or https://", withScheme(o.URL))
	default:
		d.relative(n, u)
	}
}

// aJSONPath is a path to values in JSON.
var aJSONPath = value[JSONPath]{
	shape{name: "a JSON path", like: "$.items[0].id", schema: nonEmptySchema},
	func(d *decoder, n *node) JSONPath {
		text, ok := d.scalar(n, "a JSON path", "like $.items[0].id")
		if !ok {
			return JSONPath{Text: text}
		}
		expr, err := jp.ParseString(text)
		switch {
		case !strings.HasPrefix(text, "$"):
			d.wrong(n, "a JSON path", "it begins with $, the whole answer: did you mean $."+shorten(strings.TrimPrefix(text, "."))+"?")
		case err != nil:
			d.wrong(n, "a JSON path", "like $.items[0].id: "+err.Error())
		}
		return JSONPath{text, expr}
	},
}

// aRegex is a regular expression of Go's.
var aRegex = value[*regexp.Regexp]{
	shape{name: "a regular expression", like: `token=(\w+)`, schema: nonEmptySchema},
	func(d *decoder, n *node) *regexp.Regexp {
		text, ok := d.scalar(n, "a regular expression", "")
		if !ok {
			return nil
		}
		re, err := regexp.Compile(text)
		d.checkRegex(n, err)
		return re
	},
}

func (d *decoder) checkRegex(n *node, err error) {
	if err != nil {
		d.wrong(n, "a regular expression", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
}

// aBodyCheck is a text, a regular expression between slashes, or a JSON path.
func aBodyCheck() value[*BodyCheck] {
	mapping := newObject("expect_body", "{json: \"$.status\", equals: ok}", BodyCheck{}, []field[BodyCheck]{
		opt("json", aPointer(aJSONPath), func(c *BodyCheck) **JSONPath { return &c.JSON }, "A JSON path: something has to be there.").aka("jsonpath json_path path").must(),
		opt("equals", aPointer(aString), func(c *BodyCheck) **string { return &c.Equals }, "And it has to be this.").aka("is value equal"),
	})
	return value[*BodyCheck]{
		shape{name: "text, a regular expression between slashes, or a mapping with json", like: "ok", schema: schema{"anyOf": list{nonEmptySchema, mapping.schema()}}, keys: &mapping.table},
		func(d *decoder, n *node) *BodyCheck {
			if n.kind == mappingNode {
				c := mapping.read(d, n)
				return &c
			}
			text, ok := d.scalar(n, "text", "")
			if !ok {
				return &BodyCheck{Text: text}
			}
			if text == "" {
				d.empty(n, "leave it out: any body will do")
			}
			if t := ParseText(text); t.Regex {
				re, err := t.Regexp()
				d.checkRegex(n, err)
				return &BodyCheck{Text: text, Regex: re}
			}
			return &BodyCheck{Text: text}
		},
	}
}

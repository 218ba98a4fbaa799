package httpuser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/event"
)

const items = `{"items": [{"id": 12345678901234567, "name": "Ada", "price": 1.50, "gone": null, "on": true, "tags": ["a", "<b>"]}], "total": 1}`

func shop(t *testing.T) *visitor {
	return visit(t, site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/items":
			w.Header().Set("Location", "/items/7")
			w.Header().Add("X-Many", "one")
			w.Header().Add("X-Many", "two")
			fmt.Fprint(w, items)
		case "/page":
			fmt.Fprintf(w, "<html>\n  <input name=token value=\"abc-123\">%s", strings.Repeat(" long", 1000))
		case "/order":
			fmt.Fprint(w, `{"user":{"id":9,"id":1},"item":{"id":2,"z":[],"a":{}},"list":[{"x":{"id":4},"id":5}]}`)
		case "/deep":
			fmt.Fprint(w, strings.Repeat("[", 1_000_000))
		case "/empty":
		case "/binary":
			w.Write([]byte("\x00\x01\xff\xfe"))
		case "/two":
			fmt.Fprint(w, `{"a": 1} {"b": 2}`)
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "sold out")
		}
	}))
}

func TestCaptures(t *testing.T) {
	v := shop(t)
	for step, want := range map[string]map[string]string{
		"/items\ncapture: {id: {json: \"$.items[0].id\"}, n: {json: \"$..name\"}, p: {json: \"$.items[0].price\"}, t: {json: \"$.items[0].tags\"}, g: {json: \"$.items[0].gone\"}, on: {json: \"$.items[0].on\"}}": {
			"id": "12345678901234567", "n": "Ada", "p": "1.5", "t": `["a","<b>"]`, "g": "null", "on": "true",
		},
		"/items\ncapture: {cheap: {json: \"$.items[?@.price < 2].name\"}}": {"cheap": "Ada"},
		"/order\ncapture: {any: {json: \"$..id\"}, below: {json: \"$.*.id\"}, all: {json: $}, many: {json: \"$[?@.id > 1].id\"}, deep: {json: \"$.list..id\"}}": {
			"any": "1", "below": "1", "all": `{"item":{"a":{},"id":2,"z":[]},"list":[{"id":5,"x":{"id":4}}],"user":{"id":1}}`, "many": "2", "deep": "4",
		},
		"/items\ncapture: {at: {header: location}, many: {header: X-Many}}":                   {"at": "/items/7", "many": "one, two"},
		"/page\ncapture: {token: {regex: 'value=\"([^\"]*)\"'}, tag: {regex: \"<h\\\\w+>\"}}": {"token": "abc-123", "tag": "<html>"},
	} {
		if diff := cmp.Diff(want, v.do("request: GET "+step).Captured); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", step, diff)
		}
	}
}

func TestChecks(t *testing.T) {
	v := shop(t)
	for _, step := range []string{
		"/items\nexpect_body: Ada",
		"/items\nexpect_body: /name\". \"[A-Z]/",
		"/items\nexpect_body: {json: \"$.items[0]\"}",
		"/items\nexpect_body: {json: \"$.total\", equals: 1}",
		"/page\nexpect_status: 200",
		"/gone\nexpect_status: [200, 503]\nexpect_body: sold out",
		"/gone\nexpect_status: any",
		"/gone\noptional: true",
	} {
		v.do("request: GET " + step)
	}
	page := `it begins "<html> <input name=token value=\"abc-123\"> long long long long long long long lon…"`
	for _, c := range []struct {
		step  string
		class event.Class
		want  string
	}{
		{"/gone", event.ClassStatus, "status 503 Service Unavailable"},
		{"/gone\nexpect_body: sold out", event.ClassStatus, "status 503 Service Unavailable"},
		{"/page\nexpect_status: 201", event.ClassStatus, "status 200 OK"},
		{"/page\nexpect_body: Welcome", event.ClassCheck, `check failed: "Welcome" is not in the body: ` + page},
		{"/page\nexpect_body: /welcome/i", event.ClassCheck, `check failed: nothing in the body matches /welcome/i: ` + page},
		{"/page\nexpect_body: {json: $.a}", event.ClassCheck, `check failed: the body is not JSON: ` + page},
		{"/two\nexpect_body: {json: $.a}", event.ClassCheck, `check failed: the body is not JSON: it begins "{\"a\": 1} {\"b\": 2}"`},
		{"/items\nexpect_body: {json: $.total, equals: 2}", event.ClassCheck, `check failed: $.total is "1", not "2"`},
		{"/items\nexpect_body: {json: $.none}", event.ClassCheck, `check failed: there is nothing at $.none in the body: it begins "{\"items\": [{\"id\": 12345678901234567, \"name\": \"Ada\", \"price\": 1.50, \"gone\": null,…"`},
		{"/empty\nexpect_body: Welcome", event.ClassCheck, `check failed: "Welcome" is not in the body: it is empty`},
		{"/deep\nexpect_body: {json: $.a}", event.ClassCheck, `check failed: the body is not JSON: it begins ` + `"` + strings.Repeat("[", 80) + `…"`},
		{"/empty\ncapture: {a: {json: $.a}}", event.ClassCheck, `check failed: the body is not JSON: it is empty`},
		{"/binary\nexpect_body: Welcome", event.ClassCheck, `check failed: "Welcome" is not in the body: it begins "\x00\x01�"`},
		{"/page\ncapture: {a: {header: X-None}}", event.ClassCheck, `check failed: the answer has no header X-None`},
		{"/page\ncapture: {a: {regex: none=}}", event.ClassCheck, `check failed: nothing in the body matches none=: ` + page},
	} {
		if e := v.fail("request: GET " + c.step); e.Error() != c.want || e.Class != c.class {
			t.Errorf("%s:\n%v, want\n%s", c.step, e, c.want)
		}
	}
}

package httpuser

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loadwright/loadwright/scenario"
)

// check holds the answer against what the step expects, and takes what it
// captures.
func (x *exchange) check() (map[string]string, error) {
	o := x.step
	if status := x.answer.StatusCode; !o.ExpectStatus.Allows(status) {
		return nil, statusFailure(status)
	}
	if o.ExpectBody == nil && len(o.Capture) == 0 {
		return nil, nil
	}
	in := &content{body: x.body.Bytes(), header: x.answer.Header}
	if o.ExpectBody != nil {
		if err := in.check(o.ExpectBody); err != nil {
			return nil, err
		}
	}
	captured := make(map[string]string, len(o.Capture))
	for _, c := range o.Capture {
		value, err := in.capture(c)
		if err != nil {
			return nil, err
		}
		captured[c.Name] = value
	}
	return captured, nil
}

// content is an answer that is looked into.
type content struct {
	body    []byte
	header  http.Header
	decoded any // the body as JSON
	parsed  bool
}

// begins says what the body looks like.
func (in *content) begins() string {
	if len(bytes.TrimSpace(in.body)) == 0 {
		return "it is empty"
	}
	return "it begins " + seen(string(in.body[:min(len(in.body), 1<<10)]))
}

func (in *content) check(c *scenario.BodyCheck) error {
	switch {
	case c.JSON != nil:
		found, err := in.json(c.JSON)
		if err != nil {
			return err
		}
		if c.Equals != nil && textOf(found) != *c.Equals {
			return checkFailure("%s is %s, not %s", c.JSON.Text, seen(textOf(found)), seen(*c.Equals))
		}
	case c.Regex != nil:
		if !c.Regex.Match(in.body) {
			return checkFailure("nothing in the body matches %s: %s", shorten(c.Text), in.begins())
		}
	case !bytes.Contains(in.body, []byte(c.Text)):
		return checkFailure("%s is not in the body: %s", seen(c.Text), in.begins())
	}
	return nil
}

func (in *content) capture(c scenario.Capture) (string, error) {
	switch {
	case c.JSON != nil:
		found, err := in.json(c.JSON)
		if err != nil {
			return "", err
		}
		return textOf(found), nil
	case c.Regex != nil:
		found, ok := match(c.Regex, in.body)
		if !ok {
			return "", checkFailure("nothing in the body matches %s: %s", shorten(c.Regex.String()), in.begins())
		}
		return found, nil
	}
	values := in.header.Values(c.Header)
	if len(values) == 0 {
		return "", checkFailure("the answer has no header %s", c.Header)
	}
	return strings.Join(values, ", "), nil
}

// match returns the first group of a match, all of it where there is no group.
func match(re *regexp.Regexp, body []byte) (string, bool) {
	found := re.FindSubmatch(body)
	if found == nil {
		return "", false
	}
	return string(found[min(1, len(found)-1)]), true
}

// json returns the first value at a path in the body.
func (in *content) json(path *scenario.JSONPath) (any, error) {
	if !in.parsed {
		decoded, err := readJSON(bytes.NewReader(in.body))
		if err != nil {
			return nil, checkFailure("the body is not JSON: %s", in.begins())
		}
		in.decoded = decoded
		in.parsed = true
	}
	found, ok := path.First(in.decoded)
	if !ok {
		return nil, checkFailure("there is nothing at %s in the body: %s", path.Text, in.begins())
	}
	return found, nil
}

// textOf is a value of JSON as text: a string as it is, all else as JSON has it.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	text, err := encode(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// keptAnswer is what is kept of an answer on which a request failed.
type keptAnswer struct {
	method, url, status string
	header              http.Header
	body                []byte
	cut                 bool // there was more of the body
}

// keep copies what is worth keeping; nil where no answer came.
func (x *exchange) keep() *keptAnswer {
	if x.answer == nil {
		return nil
	}
	k := &keptAnswer{
		method: x.answer.Request.Method,
		url:    x.answer.Request.URL.Redacted(),
		status: x.answer.Proto + " " + x.answer.Status,
		header: x.answer.Header,
	}
	if x.body != nil {
		k.body = bytes.Clone(x.body.Bytes()[:min(x.body.Len(), keptBody)])
		k.cut = x.body.Len() > keptBody
	}
	return k
}

// Headers whose values give access to somebody's session.
var secretHeaders = []string{"Authentication-Info", "Authorization", "Proxy-Authorization", "Set-Cookie"}

func (k *keptAnswer) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s\n", k.method, k.url, k.status)
	for _, name := range slices.Sorted(maps.Keys(k.header)) {
		for _, value := range k.header[name] {
			if slices.Contains(secretHeaders, name) {
				value = "***"
			}
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	b.WriteByte('\n')
	b.Write(k.body)
	if k.cut {
		fmt.Fprintf(&b, "\n(cut here: the first %d KB are kept)\n", keptBody>>10)
	}
	return b.String()
}

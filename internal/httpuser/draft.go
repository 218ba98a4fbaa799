package httpuser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// draft is what a request is made of, and each of those that its redirects
// lead to.
type draft struct {
	*Users
	method      string
	url         *url.URL
	headers     map[string]string // of the step
	body        []byte            // nil: none
	contentType string
	abroad      bool // a redirect has led to another origin
}

// draft prepares the request of a step.
func (u *Users) draft(o *scenario.Request) (*draft, error) {
	d := &draft{Users: u, method: o.Method, headers: o.Headers}
	var err error
	if d.url, err = u.address(o); err != nil {
		return nil, err
	}
	for name, value := range o.Headers {
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return nil, failure(event.ClassUnsendable, nil, "the value of the header %s holds a line break or another control character", name)
		}
	}
	switch {
	case o.HasJSON:
		d.contentType = "application/json"
		d.body, err = encode(o.JSON)
	case o.Form != nil:
		d.contentType = "application/x-www-form-urlencoded"
		d.body = []byte(queryOf(o.Form))
	case o.Body != nil:
		d.contentType = "text/plain; charset=utf-8"
		d.body = []byte(*o.Body)
	}
	return d, err
}

// address is where a step's request goes.
func (u *Users) address(o *scenario.Request) (*url.URL, error) {
	to, err := url.Parse(o.URL)
	if err != nil {
		return nil, failure(event.ClassUnsendable, err, "%s is no address", seen(o.URL))
	}
	if u.base != nil {
		to = u.base.ResolveReference(to)
	}
	if to.Scheme != "http" && to.Scheme != "https" || to.Host == "" {
		return nil, failure(event.ClassUnsendable, nil, "%s is no address that begins with http:// or https://", seen(o.URL))
	}
	if len(o.Query) > 0 {
		if to.RawQuery != "" {
			to.RawQuery += "&"
		}
		to.RawQuery += queryOf(o.Query)
	}
	to.RawQuery = escapeQuery(to.RawQuery)
	return to, nil
}

// escapeQuery escapes in a query what browsers escape in it, and no more (the
// special-query percent-encode set of the URL standard): net/url sends it as it
// is written, and a space would end the request's line.
func escapeQuery(query string) string {
	var b strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"#'<>`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// queryOf writes names and values as a query or a form does, in the order of
// the names.
func queryOf(all map[string]string) string {
	values := url.Values{}
	for name, value := range all {
		values.Set(name, value)
	}
	return values.Encode()
}

// encode writes JSON as JavaScript does, < and & as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, failure(event.ClassUnsendable, err, "the body cannot be written as JSON: %s", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Headers that a request takes to no other origin than its first, as browsers
// do (Fetch, section 4.4, HTTP-redirect fetch).
var private = []string{"Authorization", "Cookie", "Proxy-Authorization", "Host"}

// request is the request as it is sent now.
func (d *draft) request(ctx context.Context) *http.Request {
	h := make(http.Header, len(d.headers)+len(d.own)+4)
	h["User-Agent"] = []string{d.o.UserAgent}
	if d.body != nil {
		h["Content-Type"] = []string{d.contentType}
	}
	if user := d.url.User; user != nil {
		password, _ := user.Password()
		h["Authorization"] = []string{basic(user.Username(), password)}
	}
	if len(d.own) > 0 && sameOrigin(d.url, d.base) {
		maps.Copy(h, d.own)
	}
	host := ""
	for name, value := range d.headers {
		name = textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case d.abroad && slices.Contains(private, name), name == "Content-Type" && d.body == nil && d.contentType != "":
		case name == "Host":
			host = value
		default:
			h[name] = []string{value}
		}
	}
	// Makes net/http send again what an idle connection that the server had just
	// closed swallowed, POST too, as browsers do. It is not sent.
	if _, ok := h["Idempotency-Key"]; !ok {
		h["Idempotency-Key"] = []string{}
	}
	r := (&http.Request{
		Method: d.method,
		URL:    d.url,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h,
		Host:   host,
	}).WithContext(ctx)
	if len(d.body) > 0 {
		r.ContentLength = int64(len(d.body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(d.body)), nil }
		r.Body, _ = r.GetBody()
	}
	return r
}

// redirect makes the draft what a browser sends after a redirect (Fetch,
// section 4.4): a POST becomes a GET, except after 307 and 308.
func (d *draft) redirect(status int, to *url.URL) {
	moved := status == http.StatusMovedPermanently || status == http.StatusFound
	if moved && d.method == http.MethodPost || status == http.StatusSeeOther && d.method != http.MethodHead {
		d.method, d.body = http.MethodGet, nil
	}
	d.abroad = d.abroad || !sameOrigin(d.url, to)
	to.RawQuery = escapeQuery(to.RawQuery)
	d.url = to
}

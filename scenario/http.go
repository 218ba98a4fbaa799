package scenario

import "regexp"

// HTTP holds what browsers and requests share.
type HTTP struct {
	Headers           map[string]string // sent to the url's origin only
	Username          string
	Password          string
	IgnoreHTTPSErrors bool
}

// credentials are HTTP's own, not a form's.
type credentials struct{ username, password string }

func httpObject() *object[HTTP] {
	login := newObject("credentials", "{username: ada, password: \"${env.PASSWORD}\"}", credentials{}, []field[credentials]{
		opt("username", someString, func(c *credentials) *string { return &c.username }, "The name.").aka("user").must(),
		opt("password", aString, func(c *credentials) *string { return &c.password }, "The password; best from the environment: `${env.PASSWORD}`.").aka("pass").must(),
	}).value()
	return newObject("http", "{ignore_https_errors: true}", HTTP{}, []field[HTTP]{
		opt("headers", mapOf("a mapping of header names to values", aString, checkHeader), func(h *HTTP) *map[string]string { return &h.Headers }, "Headers that go with every request to the url's origin, and to no other.").aka("extra_http_headers"),
		{
			row{shape: login.shape, key: "credentials", doc: "The name and password for HTTP authentication.", also: "http_credentials auth basic_auth"},
			func(d *decoder, n *node, h *HTTP) {
				c := login.read(d, n)
				h.Username, h.Password = c.username, c.password
			},
		},
		opt("ignore_https_errors", aBool, func(h *HTTP) *bool { return &h.IgnoreHTTPSErrors }, "Takes certificates that nobody vouches for.").aka("insecure skip_tls_verify"),
	})
}

// The characters of a token, RFC 9110, section 5.6.2.
var headerName = regexp.MustCompile("^[-!#$%&'*+.^_`|~0-9A-Za-z]+$")

func checkHeader(d *decoder, key *node) {
	if !headerName.MatchString(key.text) {
		d.fail(key, "letters, digits and hyphens", "%s cannot be the name of a header", quoted(key.text))
	}
}

package scenario

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// startURL is what relative addresses start from.
var startURL = value[string]{
	shape{name: "an address", like: "http://localhost:5006", schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		text, ok := d.scalar(n, "an address", "like http://localhost:5006")
		if !ok {
			return text
		}
		u, err := url.Parse(text)
		switch {
		case err != nil:
			d.wrong(n, "an address", "like http://localhost:5006")
		case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
			d.wrong(n, "an address that begins with http:// or https://", withScheme(text))
		}
		return text
	},
}

// urlField is read before any step, whose address may be relative to it.
func urlField() field[Scenario] {
	f := opt("url", startURL, func(s *Scenario) *string { return &s.URL }, "What relative addresses start from. `--url` overrides it.").aka("base_url host baseurl")
	read := f.read
	f.read = func(d *decoder, n *node, s *Scenario) {
		read(d, n, s)
		if d.moved && d.port > 0 {
			d.moveURL(n, s)
		}
		d.url = s.URL
	}
	return f
}

// moveURL makes the url that of the app which --serve starts on a free port. The
// path stays.
func (d *decoder) moveURL(n *node, s *Scenario) {
	u, err := url.Parse(s.URL)
	port := strconv.Itoa(d.port)
	if err != nil || u.Host == "" || u.Port() == port {
		return
	}
	u.Scheme, u.Host, u.User = "http", "localhost:"+port, nil
	s.URL = u.String()
	d.overridden = append(d.overridden, fmt.Sprintf("--serve starts the app at http://%s, which takes the place of the scenario's url, %s.", u.Host, d.shown(n)))
}

// notePort points out a url that has another port than the app that is started.
func (d *decoder) notePort(root *node) {
	url, serve := root.get("url"), root.get("serve")
	if url == nil || serve == nil || url.parts != nil || url.src.flag {
		return
	}
	command := serve.get("command")
	if command == nil || command.src.flag {
		return
	}
	for _, n := range append(slices.Clone(command.items), command) {
		if slices.ContainsFunc(n.parts, func(p part) bool { return p.name == "port" }) {
			d.notes = append(d.notes, Note{url.pos(), "serve starts the app on ${port}, a free one, and the url names another: leave url out, or write http://localhost:${port}"})
			return
		}
	}
}

// anAddress is a page's address, absolute or relative to the scenario's url.
var anAddress = value[string]{
	shape{name: "an address", like: "/app", schema: nonEmptySchema},
	func(d *decoder, n *node) string {
		text, ok := d.scalar(n, "an address", "like /app")
		if !ok {
			return text
		}
		u, err := url.Parse(text)
		switch {
		case text == "":
			d.empty(n, "/ is the url itself")
		case err != nil || hostAndPort.MatchString(text):
			d.wrong(n, "an address", withScheme(text))
		default:
			d.relative(n, u)
		}
		return text
	},
}

// relative reports a relative address that starts from nowhere.
func (d *decoder) relative(n *node, u *url.URL) {
	if u.Scheme == "" && d.url == "" && d.known == allKnown && !d.partial {
		d.fail(n, "give the scenario a url: like http://localhost:5006, or the run --url", "%s: %s is relative, and the scenario has no url", d.key, d.shown(n))
	}
}

var hostAndPort = regexp.MustCompile(`^[A-Za-z0-9.-]+:[0-9]+(/|$)`)

// wrongScheme is a beginning that was meant to be one: htp:/localhost, http:localhost.
var wrongScheme = regexp.MustCompile(`(?i)^h?t{1,3}ps?:/*`)

// withScheme is the hint for an address that lacks its beginning.
func withScheme(text string) string {
	if wrong := wrongScheme.FindString(text); wrong != "" && !strings.HasPrefix(text, "http://") && !strings.HasPrefix(text, "https://") {
		scheme := "http://"
		if strings.Contains(strings.ToLower(wrong), "s") {
			scheme = "https://"
		}
		return "did you mean " + scheme + shorten(text[len(wrong):]) + "?"
	}
	if text == "" || strings.Contains(text, "://") || strings.HasPrefix(text, "/") || strings.ContainsAny(text, " \t\n") {
		return "like http://localhost:5006"
	}
	return "did you mean http://" + shorten(text) + "?"
}

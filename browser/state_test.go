package browser

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// What requests beside a page set goes where a browser would let it go.
func TestCookiesOfRequests(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<p>here`))
	jar := CookieJar(v.session)
	set := func(from string, lines ...string) {
		u, err := url.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		answer := http.Response{Header: http.Header{"Set-Cookie": lines}}
		jar.SetCookies(u, answer.Cookies())
	}
	set("http://www.example.com/deep/page", "host=1", "dot=1; Domain=.example.com; Path=/", "plain=1; Domain=example.com; Path=/",
		"own=1; Domain=www.example.com; Path=/a", "foreign=1; Domain=example.org", "below=1; Domain=x.www.example.com", "suffix=1; Domain=ample.com")
	set("http://127.0.0.1:8080/", "ip=1; Domain=127.0.0.1", "part=1; Domain=0.0.1")
	set("http://localhost/", "local=1; Domain=localhost; Path=/")
	set("http://[::1]:8080/", "six=1")
	// The browser takes none with this name from an address like this one.
	set("http://plain.example.net/", "good=1", "__Secure-bad=1", "better=1")
	cookies, err := v.context.Cookies()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cookies {
		got = append(got, fmt.Sprintf("%s %s %s", c.Name, c.Domain, c.Path))
	}
	slices.Sort(got)
	want := []string{
		"better plain.example.net /", "dot .example.com /", "good plain.example.net /", "host www.example.com /deep",
		"ip 127.0.0.1 /", "local localhost /", "own .www.example.com /a", "plain .example.com /", "six [::1] /",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for from, names := range map[string]string{
		"http://www.example.com/deep/er": "dot host plain", "http://example.com/": "dot plain", "http://127.0.0.1/": "ip", "http://x.localhost/": "", "http://[::1]/": "six",
	} {
		u, _ := url.Parse(from)
		var sent []string
		for _, c := range jar.Cookies(u) {
			sent = append(sent, c.Name)
		}
		slices.Sort(sent)
		if s := strings.Join(sent, " "); s != names {
			t.Errorf("to %s go %q, want %q", from, s, names)
		}
	}
}

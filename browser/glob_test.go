package browser

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The documentation's examples, and what follows from its rules: * is anything
// but a slash, ** anything, ? a question mark, {a,b} either, \ escapes; what
// does not start with a star is resolved against the base address.
func TestGlobs(t *testing.T) {
	const base = "http://localhost:5006/shop/"
	for _, c := range []struct {
		glob     string
		yes, no  []string
		baseless bool
	}{
		{glob: "**/*.js", yes: []string{"http://a/b.js", "http://a/b/c.js", "https://a.js/x.js"}, no: []string{"http://a/b.js?x", "http://a/b.css"}},
		{glob: "https://**/*.js", yes: []string{"https://a/b.js", "https://a/b/c/d.js"}, no: []string{"http://a/b.js"}},
		{glob: "http://localhost:8080/simple/path.js", yes: []string{"http://localhost:8080/simple/path.js"}, no: []string{"http://localhost:8080/simple/path.jsx"}},
		{glob: "http://localhost:8080/?imple/path.js", no: []string{"http://localhost:8080/Simple/path.js"}, yes: []string{"http://localhost:8080/?imple/path.js"}},
		{glob: "**/{a,b}.js", yes: []string{"https://x/a.js", "https://x/y/b.js"}, no: []string{"https://x/c.js", "https://x/a,b.js"}},
		{glob: "**/*.{png,jpg,jpeg}", yes: []string{"https://x/c.jpg", "https://x/c.jpeg", "https://x/c.png"}, no: []string{"https://x/c.css"}},
		{glob: "foo*", yes: []string{"http://localhost:5006/shop/foo.js", "http://localhost:5006/shop/foo"}, no: []string{"foo.js", "http://localhost:5006/shop/foo/bar.js", "http://localhost:5006/foo"}},
		{glob: "http://localhost:3000/signin-oidc*", yes: []string{"http://localhost:3000/signin-oidcnice"}, no: []string{"http://localhost:3000/signin-oidc/foo"}},
		{glob: "**/api/v[0-9]", yes: []string{"http://x/api/v[0-9]"}, no: []string{"http://x/api/v1"}},
		{glob: "**/api\\?param", yes: []string{"http://x/api?param"}},
		{glob: "**/three-columns/settings.html?**id=settings-**", yes: []string{"http://mydomain:8080/blah/blah/three-columns/settings.html?id=settings-e3c58efe"}},
		{glob: "/app", yes: []string{"http://localhost:5006/app"}, no: []string{"http://localhost:5006/shop/app", "http://localhost:5006/app/", "http://localhost:5006/app?x"}},
		{glob: "/app?n=*", yes: []string{"http://localhost:5006/app?n=12"}, no: []string{"http://localhost:5006/app", "http://localhost:5006/appXn=12"}},
		{glob: "?n=*", yes: []string{"http://localhost:5006/shop/?n=1"}},
		{glob: "./item/**", yes: []string{"http://localhost:5006/shop/item/", "http://localhost:5006/shop/item/1/2?x"}, no: []string{"http://localhost:5006/item/1"}},
		{glob: "../item/*", yes: []string{"http://localhost:5006/item/1"}, no: []string{"http://localhost:5006/item/1/2"}},
		{glob: "http*://other/**", yes: []string{"http://other/x", "https://other/x/y"}, no: []string{"ftp://other/x"}},
		{glob: "HTTP://LOCALHOST:5006/App", yes: []string{"http://localhost:5006/App"}, no: []string{"http://localhost:5006/app"}},
		{glob: "http://localhost:5006", yes: []string{"http://localhost:5006/"}},
		{glob: "//cdn/*", yes: []string{"http://cdn/x"}},
		{glob: "**", yes: []string{"http://x/", "about:blank", "http://x/y/z?a#b"}},
		{glob: "*", yes: []string{"x"}, no: []string{"http://x/"}},
		{glob: "about:blank", yes: []string{"about:blank"}},
		{glob: "/a+b(c)|d$^.html", yes: []string{"http://localhost:5006/a+b(c)|d$^.html"}, no: []string{"http://localhost:5006/aab(c)"}},
		{glob: "http://a/{x,y}/*", yes: []string{"http://a/x/1", "http://a/y/2"}, no: []string{"http://a/z/1"}, baseless: true},
		{glob: "/app", yes: []string{"/app"}, baseless: true},
	} {
		b := base
		if c.baseless {
			b = ""
		}
		re, err := globAgainst(b, c.glob)
		if err != nil {
			t.Errorf("%s: %v", c.glob, err)
			continue
		}
		for _, url := range c.yes {
			if !re.MatchString(url) {
				t.Errorf("%s does not match %s: %s", c.glob, url, re)
			}
		}
		for _, url := range c.no {
			if re.MatchString(url) {
				t.Errorf("%s matches %s: %s", c.glob, url, re)
			}
		}
	}
	for glob, want := range map[string]string{"**/{a,{b,c}}": "within", "/a}": "before", "/{a": "after"} {
		if _, err := globAgainst(base, glob); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", glob, err)
		}
	}
}

func FuzzGlobs(f *testing.F) {
	for _, s := range []string{"**/*.{a,b}", "/x?y=*", "http*://h/", "\\", "{", "a,b", "/\xff"} {
		f.Add("http://localhost/", s)
	}
	f.Fuzz(func(t *testing.T, base, glob string) {
		if re, err := globAgainst(base, glob); err == nil {
			re.MatchString(base)
		}
		pattern, err := globPattern(glob)
		if err == nil {
			regexp.MustCompile(pattern)
		}
		if all, err := choices(glob); err == nil && len(all) > mostChoices {
			t.Errorf("%d choices", len(all))
		}
	})
}

func TestChoices(t *testing.T) {
	for glob, want := range map[string][]string{
		"**/*.png":               {"**/*.png"},
		"**/*.{png,jpg}":         {"**/*.png", "**/*.jpg"},
		"*://{a,b}/*.{css,js}?*": {"*://a/*.css?*", "*://a/*.js?*", "*://b/*.css?*", "*://b/*.js?*"},
		"{a,}b":                  {"ab", "b"},
		"{a":                     {"{a"},
		"a}{b,c}":                {"a}b", "a}c"},
	} {
		if got, err := choices(glob); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v, want %q", glob, got, err, want)
		}
	}
	if _, err := choices(strings.Repeat("{a,b}", 20)); err == nil || !strings.Contains(err.Error(), "more than 1000") {
		t.Error(err)
	}
}

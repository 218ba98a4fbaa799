package browser

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loadwright/loadwright/scenario"
)

var update = flag.Bool("update", false, "write the files of testdata anew")

// What a user reads when a step fails, with the real errors of the browser.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	site.Handle("/", page(`<p class=two>a<p class=two>b
	  <div id=div>div</div> <input id=text> <input id=date type=date> <input id=number type=number> <input type=checkbox id=box>
	  <select id=select><option>a<option disabled>b</select> <input id=file type=file> <button id=hidden hidden>x</button>
	  <button id=off disabled>off</button> <button id=far style="position:absolute;left:-900px">x</button>
	  <button id=covered style="position:absolute;top:400px;left:10px">covered</button>
	  <div id=cover style="position:absolute;top:390px;left:0;width:300px;height:90px;background:red">x</div>
	  <iframe src=/inner></iframe>`))
	site.Handle("/inner", page(`<p>inner`))
	site.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", "attachment")
		fmt.Fprint(w, "x")
	})
	site.Handle("/again", http.RedirectHandler("/again", http.StatusFound))
	site.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	site.HandleFunc("/503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	refuses, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refuses.Close()
	target := func(id string) scenario.Target { return css("#" + id) }
	two := css(".two")
	missing := css("#missing")
	cases := []failing{
		{"two matches, click", click(two)},
		{"two matches, wait_for", waitFor(two)},
		{"two matches, wait_for attached", waitState(two, "attached")},
		{"two matches, wait_for enabled", waitState(two, "enabled")},
		{"two matches, expect", expectText(two, "a")},
		{"two matches, if", ifVisible(two, click(target("text")))},
		{"two matches, set", step(&scenario.Set{From: &two})},
		{"two matches, becomes", becomes(two, "hidden")},
		{"nothing matches, click", click(missing)},
		{"nothing matches, fill", step(&scenario.Fill{Target: missing, Value: "x"})},
		{"nothing matches, set", step(&scenario.Set{From: &missing})},
		{"nothing matches, wait_for", waitFor(missing)},
		{"nothing matches, wait_for attached", waitState(missing, "attached")},
		{"nothing matches, wait_for enabled", waitState(missing, "enabled")},
		{"nothing matches, expect", expectText(missing, "x")},
		{"nothing matches, in a frame that is not there", click(inFrame(missing, two))},
		{"select on what is no select", step(&scenario.Select{Target: target("div"), Values: []string{"a"}})},
		{"select what is not offered", step(&scenario.Select{Target: target("select"), Values: []string{"c"}})},
		{"select what is disabled", step(&scenario.Select{Target: target("select"), Values: []string{"b"}})},
		{"upload to what is no file input", step(&scenario.Upload{Target: target("div"), Files: []string{"errors_test.go"}})},
		{"upload to a text input", step(&scenario.Upload{Target: target("text"), Files: []string{"errors_test.go"}})},
		{"upload a file that is not there", step(&scenario.Upload{Target: target("file"), Files: []string{"missing.csv"}})},
		{"upload two files to an input for one", step(&scenario.Upload{Target: target("file"), Files: []string{"errors_test.go", "errors.go"}})},
		{"fill a div", step(&scenario.Fill{Target: target("div"), Value: "x"})},
		{"fill a checkbox", step(&scenario.Fill{Target: target("box"), Value: "x"})},
		{"fill a date badly", step(&scenario.Fill{Target: target("date"), Value: "tomorrow"})},
		{"fill a number badly", step(&scenario.Fill{Target: target("number"), Value: "many"})},
		{"check what is no checkbox", step(&scenario.Check{Target: target("div")})},
		{"press a key that there is none", step(&scenario.Press{Target: target("text"), Key: "Entr"})},
		{"keyboard, a key that there is none", step(&scenario.Keyboard{Key: "Entr"})},
		{"click what is hidden", click(target("hidden"))},
		{"click what is disabled", click(target("off"))},
		{"click what is covered", click(target("covered"))},
		{"click what is far away", click(target("far"))},
		{"fill what is hidden", step(&scenario.Fill{Target: target("hidden"), Value: "x"})},
		{"drag what is hidden", step(&scenario.Drag{Target: target("hidden"), By: &scenario.Point{X: 9}})},
		{"wait_for hidden", waitState(target("div"), "hidden")},
		{"wait_for detached", waitState(target("div"), "detached")},
		{"wait_for enabled", waitState(target("off"), "enabled")},
		{"wait_for_url", step(&scenario.WaitForURL{Glob: "/elsewhere"})},
		{"wait_for_url, a glob that can't be read", step(&scenario.WaitForURL{Glob: "/{a"})},
		{"wait_for_function", step(&scenario.WaitForFunction{JS: "() => 0"})},
		{"wait_for_function that throws", step(&scenario.WaitForFunction{JS: "() => { throw new Error('no such thing') }"})},
		{"wait_for_function, a syntax error", step(&scenario.WaitForFunction{JS: "() => {"})},
		{"wait_for_response", step(&scenario.WaitForResponse{Glob: "/x"})},
		{"evaluate that throws", step(&scenario.Evaluate{JS: "missing.value"})},
		{"expect to_have_text", expectText(target("div"), "x")},
		{"expect to_contain_text", step(&scenario.Expect{Target: target("div"), Assertion: "to_contain_text", Text: literally("x")})},
		{"expect a regular expression", step(&scenario.Expect{Target: target("div"), Assertion: "to_have_text", Text: like("/x+/i")})},
		{"expect a regular expression that Go can't read", step(&scenario.Expect{Target: target("div"), Assertion: "to_have_text", Text: like("/(?=x)/")})},
		{"expect to_have_value", step(&scenario.Expect{Target: target("text"), Assertion: "to_have_value", Text: literally("x")})},
		{"expect to_have_value of a div", step(&scenario.Expect{Target: target("div"), Assertion: "to_have_value", Text: literally("x")})},
		{"expect to_have_count", step(&scenario.Expect{Target: two, Assertion: "to_have_count", Count: 3})},
		{"expect to_be_enabled", step(&scenario.Expect{Target: target("off"), Assertion: "to_be_enabled", Want: true})},
		{"expect to_be_checked", step(&scenario.Expect{Target: target("box"), Assertion: "to_be_checked", Want: true})},
		{"expect to_be_checked of a div", step(&scenario.Expect{Target: target("div"), Assertion: "to_be_checked", Want: true})},
		{"expect to_have_attribute", step(&scenario.Expect{Target: target("div"), Assertion: "to_have_attribute", Name: "id", Text: literally("x")})},
		{"expect to_have_attribute that is not there", step(&scenario.Expect{Target: target("div"), Assertion: "to_have_attribute", Name: "href", Text: literally("x")})},
		{"a selector that can't be read", click(css("a["))},
		{"an XPath that can't be read", waitFor(scenario.Target{By: scenario.ByXPath, Value: literally("//a[")})},
		{"a role that there is none", click(role("buton", "x"))},
		{"goto, status 503", goTo("/503")},
		{"goto, a download", goTo("/file")},
		{"goto, redirects without end", goTo("/again")},
		{"goto, cut off", goTo("/cut")},
		{"goto, refused", goTo("http://" + refuses.Addr().String() + "/app")},
		{"goto, no such host", goTo("http://no-such-host.invalid/")},
		{"goto, no address", goTo("http://")},
		{"goto, another scheme", goTo("gopher://x")},
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	hide := strings.NewReplacer(server.URL, "http://SITE", refuses.Addr().String(), "REFUSES", here, "HERE")
	golden(t, "errors.txt", hide.Replace(texts(t, cases, server.URL)))
}

// It is on a page of its own: what moves costs the machine a frame every 17 ms.
func TestClickWhatMoves(t *testing.T) {
	t.Parallel()
	v := visit(t, page(`<button id=moving style="position:absolute;animation:m 1s infinite">x</button>
	  <style>@keyframes m { from { left: 0 } to { left: 300px } }</style>`))
	v.do(goTo("/"))
	if err := v.fail(0, within(3*time.Second, click(css("#moving")))); err.Error() != "not within 3s: element is not stable" {
		t.Error(err)
	}
}

type failing struct {
	name string
	step scenario.Action
}

// texts carries out steps that fail, several side by side because most take
// their time to, and returns their names and errors in order.
func texts(t *testing.T, cases []failing, site string, change ...func(*Options)) string {
	t.Helper()
	const users, limit = 10, 3 * time.Second
	errs := make([]error, len(cases))
	var wg sync.WaitGroup
	for u := range users {
		v := open(t, site, change...)
		wg.Go(func() {
			for i := u; i < len(cases); i += users {
				if u == i || strings.HasPrefix(cases[i-users].name, "goto") {
					_, _ = v.Do(t.Context(), []scenario.Action{step(&scenario.Goto{URL: "/", WaitUntil: scenario.DOMContentLoaded})})
				}
				begin := time.Now()
				_, errs[i] = v.Do(t.Context(), []scenario.Action{within(limit, cases[i].step)})
				if took := time.Since(begin); took > limit+grace+soon {
					t.Errorf("%s took %s", cases[i].name, took)
				}
			}
		})
	}
	wg.Wait()
	var b strings.Builder
	for i, c := range cases {
		fmt.Fprintf(&b, "%s\n  %v\n", c.name, errs[i])
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, d)
	}
}

func TestCrash(t *testing.T) {
	t.Parallel()
	v := visit(t, page(button(``)))
	v.do(goTo("/"))
	cdp, err := v.context.NewCDPSession(v.page)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { cdp.Send("Page.crash", nil) })
	begin := time.Now()
	for _, a := range []scenario.Action{waitFor(byText("never")), waitFor(byText("never")), click(run), goTo("/")} {
		if err := v.fail(0, a); err.Error() != "the page crashed" {
			t.Error(err)
		}
	}
	if err := v.Capture(t.Context(), filepath.Join(t.TempDir(), "failure"), asIs); err == nil {
		t.Error("a page that crashed was captured")
	}
	if took := time.Since(begin); took > 300*time.Millisecond+soon {
		t.Errorf("it took %s", took)
	}
}

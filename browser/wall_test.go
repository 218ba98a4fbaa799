package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

func wall(o *Options) { o.Timing = scenario.WallTiming }

// Every kind of step works the old way, too, on the runner's clock alone.
func TestWallTiming(t *testing.T) {
	t.Parallel()
	site := http.NewServeMux()
	site.Handle("/", page(button(`<p id=out>x</p><p id=gone>x</p><input id=f><input type=checkbox id=box><select id=s><option>a<option>b</select>
	  <input type=file id=file><p id=from style=width:50px;height:50px>x</p><p id=to>y</p><button id=off disabled>off</button><p id=busy hidden>busy</p>
	  <div style=height:3000px></div><p id=far>far</p><script>
	  run.onpointerdown = e => began(e.timeStamp);
	  run.onclick = () => setTimeout(() => { out.textContent = 'Finished'; gone.remove(); off.disabled = false; history.pushState({}, '', '/done'); fetch('/api'); done() }, 200);
	  box.onclick = () => { setTimeout(() => { busy.hidden = false }, 50); setTimeout(() => { busy.hidden = true }, 900) }
	  </script>`)))
	site.HandleFunc("/api", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
	v := visit(t, site, wall)
	out := css("#out")
	stretch := []scenario.Action{
		goTo("/"), step(&scenario.Reload{WaitUntil: scenario.Load}), goTo("/?2"), step(&scenario.Back{WaitUntil: scenario.Load}),
		step(&scenario.WaitForLoadState{State: scenario.Load}),
		step(&scenario.Hover{Target: run}), step(&scenario.Focus{Target: css("#f")}), step(&scenario.Fill{Target: css("#f"), Value: "x"}),
		step(&scenario.Press{Target: css("#f"), Key: "a"}), step(&scenario.PressSequentially{Target: css("#f"), Value: "bc"}), step(&scenario.Keyboard{Key: "d", Times: 2}),
		step(&scenario.Expect{Target: css("#f"), Assertion: "to_have_value", Text: literally("xabcdd")}),
		step(&scenario.Select{Target: css("#s"), Values: []string{"b"}}), step(&scenario.Upload{Target: css("#file"), Files: []string{"wall_test.go"}}),
		step(&scenario.Drag{Target: css("#from"), To: new(css("#to"))}), step(&scenario.Scroll{By: 50}), step(&scenario.Scroll{Target: new(css("#far"))}),
		step(&scenario.DblClick{Target: out}), ifVisible(css("#missing"), click(css("#missing"))),
		optional(within(100*time.Millisecond, waitFor(css("#missing")))), optional(within(100*time.Millisecond, click(css("#missing")))),
		step(&scenario.Set{From: &out}), step(&scenario.Evaluate{JS: "1 + 1"}), step(&scenario.Look{Target: out}),
		click(run), waitFor(byText("Finished")), expectText(out, "Finished"), waitState(css("#gone"), "detached"), waitState(css("#gone"), "hidden"),
		waitState(css("#off"), "enabled"), waitState(out, "attached"), step(&scenario.WaitForURL{Glob: "/done"}), step(&scenario.WaitForResponse{Glob: "/api"}),
		step(&scenario.WaitForFunction{JS: "() => out.textContent == 'Finished'"}), becomes(out, "changed"),
		step(&scenario.Check{Target: css("#box")}), becomes(css("#busy"), "hidden"), step(&scenario.Uncheck{Target: css("#box")}),
		step(&scenario.WaitForQuiet{Quiet: 50 * time.Millisecond}), step(&scenario.WaitForQuiet{Quiet: 50 * time.Millisecond, Within: &out}),
	}
	before := v.clock.Now()
	spans := v.do(stretch...)
	inOrder(t, spans, before, v.clock.Now())
	for i, s := range spans {
		if s.OnPage || s.Already {
			t.Errorf("step %d (%T) is on a page's clock", i, stretch[i].Op)
		}
		if i > 0 && !s.Skipped && s.Begin < spans[i-1].End {
			t.Errorf("step %d (%T) begins before the last one ended", i, stretch[i].Op)
		}
	}
	for i, a := range stretch {
		switch op := a.Op.(type) {
		case *scenario.Set:
			if spans[i].Value != "x" {
				t.Errorf("set read %q", spans[i].Value)
			}
		case *scenario.Evaluate:
			if spans[i].Value != "2" {
				t.Errorf("evaluate returned %q", spans[i].Value)
			}
		case *scenario.WaitFor:
			if op.Target.Value.Value == "Finished" {
				truth := v.truth("")
				reading, real := spans[i].End.Sub(spans[i-1].Begin), truth.end.Sub(truth.begin)
				t.Logf("the old way reads %s of %s", reading, real)
				if reading < real {
					t.Error("it cannot be read before it is there")
				}
			}
		}
	}
}

func TestWallTimingErrors(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/", page(`<p id=out>x<p class=two>a<p class=two>b<button id=off disabled>off</button><p id=hidden hidden>x<img src=/slow>`))
	mux.Handle("/slow", slowly(time.Minute))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	t.Cleanup(site.CloseClientConnections)
	out := css("#out")
	golden(t, "errors_wall.txt", strings.ReplaceAll(texts(t, []failing{
		{"click", click(css("#missing"))},
		{"click what is disabled", click(css("#off"))},
		{"wait_for", waitFor(css("#missing"))},
		{"wait_for what is hidden", waitFor(css("#hidden"))},
		{"wait_for hidden", waitState(out, "hidden")},
		{"wait_for detached", waitState(out, "detached")},
		{"wait_for enabled", waitState(css("#off"), "enabled")},
		{"two matches", waitFor(css(".two"))},
		{"two matches, enabled", waitState(css(".two"), "enabled")},
		{"two matches, expect", expectText(css(".two"), "x")},
		{"becomes hidden", becomes(out, "hidden")},
		{"becomes visible", becomes(out, "visible")},
		{"becomes changed", becomes(out, "changed")},
		{"expect", expectText(out, "y")},
		{"expect, nothing matches", expectText(css("#missing"), "y")},
		{"wait_for_url", step(&scenario.WaitForURL{Glob: "/elsewhere"})},
		{"wait_for_url, a glob that can't be read", step(&scenario.WaitForURL{Glob: "/a}"})},
		{"wait_for_load_state", step(&scenario.WaitForLoadState{State: scenario.Load})},
		{"wait_for_function", step(&scenario.WaitForFunction{JS: "0"})},
		{"wait_for_response", step(&scenario.WaitForResponse{Glob: "/x"})},
		{"wait_for_quiet", step(&scenario.WaitForQuiet{Quiet: time.Minute})},
	}, site.URL, wall), site.URL, "http://SITE"))
}

package browser

import (
	"regexp"
	"slices"
	"testing"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

const rich = `<style>.pic { width: 9px; height: 9px }</style>
<h1 id=h1>Books &amp; "quotes" \ back</h1> <h2 id=h2>Books</h2>
<button id=b1>Save</button> <button id=b2>save all</button> <button id=b3 disabled>Save off</button> <button id=b4 aria-pressed=true>Bold</button>
<button id=b5 aria-expanded=false>Menu</button> <button id=b6 hidden>Save hidden</button> <button id=b7 aria-label="it's">x</button>
<input id=c1 type=checkbox checked aria-label=Agree> <input id=c2 type=checkbox aria-label="Agree too">
<select id=s1 aria-label=Fruit><option id=o1 selected>Apple<option id=o2>Pear</select>
<ul id=list><li id=l1>One <button id=l1b>Go</button></li><li id=l2>Two <button id=l2b>Go</button></li><li id=l3>Three <b id=l3b>Two</b></li></ul>
<label id=lab>Name <input id=i1 placeholder="Your name"></label> <label>Name again<input id=i2 placeholder="your NAME, please"></label>
<p id=t1>Hello   world</p> <p id=t2>hello world!</p> <p id=t3>a &gt;&gt; b</p> <p id=t4>x/y</p> <p id=t5>Line
  two</p>
<img id=g1 class=pic alt="Logo big" src=/x> <img id=g2 class=pic alt=logo src=/x> <span id=n1 title="Tip top">i</span> <span id=n2 title=tip>i</span>
<div id=d1 data-testid=row-1>r</div> <div id=d2 data-testid=row-10>r</div> <div id=d3 data-testid='a"b\c'>r</div>
<div id=host><template shadowrootmode=open><p id=shadow>In the shadow</p></template></div>
<iframe id=frame srcdoc="<button id=fb>Save</button><p id=fp>Hello world</p>"></iframe>`

// ours is a target and the locator that Playwright's own methods make of the
// same words; want is for what they can't say, and what is found in any case.
type sameTarget struct {
	name   string
	ours   scenario.Target
	theirs func(p playwright.Page) playwright.Locator
	ids    []string
}

func targets() []sameTarget {
	target := func(by scenario.By, value scenario.Text, change ...func(*scenario.Target)) scenario.Target {
		t := scenario.Target{By: by, Value: value}
		for _, f := range change {
			f(&t)
		}
		return t
	}
	exact := func(t *scenario.Target) { t.Exact = true }
	name := func(n scenario.Text) func(*scenario.Target) { return func(t *scenario.Target) { t.Name = &n } }
	nth := func(n int) func(*scenario.Target) { return func(t *scenario.Target) { t.Nth = &n } }
	hasText := func(x scenario.Text) func(*scenario.Target) { return func(t *scenario.Target) { t.HasText = &x } }
	inside := func(w scenario.Target) func(*scenario.Target) { return func(t *scenario.Target) { t.Within = &w } }
	frame := func(w scenario.Target) func(*scenario.Target) { return func(t *scenario.Target) { t.Frame = &w } }
	yes, no := true, false
	aria := func(role, n string, o playwright.PageGetByRoleOptions) func(playwright.Page) playwright.Locator {
		return func(p playwright.Page) playwright.Locator {
			if n != "" {
				o.Name = n
			}
			return p.GetByRole(playwright.AriaRole(role), o)
		}
	}
	roleOf := func(r string, change ...func(*scenario.Target)) scenario.Target {
		return target(scenario.ByRole, literally(r), change...)
	}
	re := func(s string) *regexp.Regexp { return regexp.MustCompile(s) }
	strict := playwright.Bool(true)
	return []sameTarget{
		{"role", roleOf("heading"), aria("heading", "", playwright.PageGetByRoleOptions{}), []string{"h1", "h2"}},
		{"role, name", role("button", "save"), aria("button", "save", playwright.PageGetByRoleOptions{}), []string{"b1", "b2", "b3"}},
		{"role, exact name", roleOf("button", name(literally("Save")), exact), aria("button", "Save", playwright.PageGetByRoleOptions{Exact: strict}), []string{"b1"}},
		{"role, regular expression", roleOf("button", name(like("/^save( all)?$/i"))),
			func(p playwright.Page) playwright.Locator {
				return p.GetByRole("button", playwright.PageGetByRoleOptions{Name: re("(?i)^save( all)?$")})
			}, []string{"b1", "b2"}},
		{"role, a name with quotes", roleOf("heading", name(literally(`Books & "quotes" \ back`)), exact),
			aria("heading", `Books & "quotes" \ back`, playwright.PageGetByRoleOptions{Exact: strict}), []string{"h1"}},
		{"role, a regular expression with quotes", roleOf("heading", name(like(`/"quotes"|it's/`))),
			func(p playwright.Page) playwright.Locator {
				return p.GetByRole("heading", playwright.PageGetByRoleOptions{Name: re(`"quotes"|it's`)})
			}, []string{"h1"}},
		{"role, what only JavaScript knows", roleOf("button", name(like(`/^Save(?! off)/`))), nil, []string{"b1"}},
		{"role, level", roleOf("heading", func(t *scenario.Target) { t.Level = 2 }), aria("heading", "", playwright.PageGetByRoleOptions{Level: playwright.Int(2)}), []string{"h2"}},
		{"role, checked", roleOf("checkbox", func(t *scenario.Target) { t.Checked = &yes }), aria("checkbox", "", playwright.PageGetByRoleOptions{Checked: strict}), []string{"c1"}},
		{"role, not checked", roleOf("checkbox", func(t *scenario.Target) { t.Checked = &no }), aria("checkbox", "", playwright.PageGetByRoleOptions{Checked: playwright.Bool(false)}), []string{"c2"}},
		{"role, disabled", roleOf("button", func(t *scenario.Target) { t.Disabled = &yes }), aria("button", "", playwright.PageGetByRoleOptions{Disabled: strict}), []string{"b3"}},
		{"role, not expanded", roleOf("button", func(t *scenario.Target) { t.Expanded = &no }), aria("button", "", playwright.PageGetByRoleOptions{Expanded: playwright.Bool(false)}), []string{"b5"}},
		{"role, pressed", roleOf("button", func(t *scenario.Target) { t.Pressed = &yes }), aria("button", "", playwright.PageGetByRoleOptions{Pressed: strict}), []string{"b4"}},
		{"role, selected", roleOf("option", func(t *scenario.Target) { t.Selected = &yes }), aria("option", "", playwright.PageGetByRoleOptions{Selected: strict}), []string{"o1"}},
		{"role, hidden too", roleOf("button", name(literally("Save")), func(t *scenario.Target) { t.IncludeHidden = true }),
			aria("button", "Save", playwright.PageGetByRoleOptions{IncludeHidden: strict}), []string{"b1", "b2", "b3", "b6"}},
		{"text", byText("hello world"), func(p playwright.Page) playwright.Locator { return p.GetByText("hello world") }, []string{"t1", "t2"}},
		{"text, exact", target(scenario.ByText, literally("Hello world"), exact),
			func(p playwright.Page) playwright.Locator {
				return p.GetByText("Hello world", playwright.PageGetByTextOptions{Exact: strict})
			}, []string{"t1"}},
		{"text, regular expression", target(scenario.ByText, like(`/^hello\s+world/i`)),
			func(p playwright.Page) playwright.Locator { return p.GetByText(re(`(?i)^hello\s+world`)) }, []string{"t1", "t2"}},
		{"text, what means something in a selector", byText("a >> b"), func(p playwright.Page) playwright.Locator { return p.GetByText("a >> b") }, []string{"t3"}},
		{"text, the same in a regular expression", target(scenario.ByText, like(`/a >> b/`)), func(p playwright.Page) playwright.Locator { return p.GetByText(re("a >> b")) }, []string{"t3"}},
		{"text, a slash in a regular expression", target(scenario.ByText, scenario.Text{Value: `x\/y`, Regex: true}), nil, []string{"t4"}},
		{"text, over a line's end", byText("line two"), func(p playwright.Page) playwright.Locator { return p.GetByText("line two") }, []string{"t5"}},
		{"text, in the shadow", byText("In the shadow"), func(p playwright.Page) playwright.Locator { return p.GetByText("In the shadow") }, []string{"shadow"}},
		{"label", target(scenario.ByLabel, literally("name")), func(p playwright.Page) playwright.Locator { return p.GetByLabel("name") }, []string{"i1", "i2"}},
		{"label, exact", target(scenario.ByLabel, literally("Name again"), exact),
			func(p playwright.Page) playwright.Locator {
				return p.GetByLabel("Name again", playwright.PageGetByLabelOptions{Exact: strict})
			}, []string{"i2"}},
		{"label, ARIA's", target(scenario.ByLabel, literally("fruit")), func(p playwright.Page) playwright.Locator { return p.GetByLabel("fruit") }, []string{"s1"}},
		{"placeholder", target(scenario.ByPlaceholder, literally("your name")), func(p playwright.Page) playwright.Locator { return p.GetByPlaceholder("your name") }, []string{"i1", "i2"}},
		{"placeholder, exact", target(scenario.ByPlaceholder, literally("Your name"), exact),
			func(p playwright.Page) playwright.Locator {
				return p.GetByPlaceholder("Your name", playwright.PageGetByPlaceholderOptions{Exact: strict})
			}, []string{"i1"}},
		{"placeholder, regular expression", target(scenario.ByPlaceholder, like("/NAME,/")), func(p playwright.Page) playwright.Locator { return p.GetByPlaceholder(re("NAME,")) }, []string{"i2"}},
		{"title", target(scenario.ByTitle, literally("TIP")), func(p playwright.Page) playwright.Locator { return p.GetByTitle("TIP") }, []string{"n1", "n2"}},
		{"title, exact", target(scenario.ByTitle, literally("tip"), exact),
			func(p playwright.Page) playwright.Locator {
				return p.GetByTitle("tip", playwright.PageGetByTitleOptions{Exact: strict})
			}, []string{"n2"}},
		{"alt_text", target(scenario.ByAltText, literally("logo")), func(p playwright.Page) playwright.Locator { return p.GetByAltText("logo") }, []string{"g1", "g2"}},
		{"alt_text, exact", target(scenario.ByAltText, literally("logo"), exact),
			func(p playwright.Page) playwright.Locator {
				return p.GetByAltText("logo", playwright.PageGetByAltTextOptions{Exact: strict})
			}, []string{"g2"}},
		{"test_id", target(scenario.ByTestID, literally("row-1")), func(p playwright.Page) playwright.Locator { return p.GetByTestId("row-1") }, []string{"d1"}},
		{"test_id, quotes", target(scenario.ByTestID, literally(`a"b\c`)), func(p playwright.Page) playwright.Locator { return p.GetByTestId(`a"b\c`) }, []string{"d3"}},
		{"test_id, regular expression", target(scenario.ByTestID, like(`/row-\d+/`)), func(p playwright.Page) playwright.Locator { return p.GetByTestId(re(`row-\d+`)) }, []string{"d1", "d2"}},
		{"css", css("#list > li"), func(p playwright.Page) playwright.Locator { return p.Locator("#list > li") }, []string{"l1", "l2", "l3"}},
		{"css, Playwright's own", css("li:has-text('Two')"), func(p playwright.Page) playwright.Locator { return p.Locator("li:has-text('Two')") }, []string{"l2", "l3"}},
		{"xpath", target(scenario.ByXPath, literally("//ul/li[2]")), func(p playwright.Page) playwright.Locator { return p.Locator("xpath=//ul/li[2]") }, []string{"l2"}},
		{"nth", target(scenario.ByCSS, literally("li"), nth(1)), func(p playwright.Page) playwright.Locator { return p.Locator("li").Nth(1) }, []string{"l2"}},
		{"nth from the end", target(scenario.ByCSS, literally("li"), nth(-1)), func(p playwright.Page) playwright.Locator { return p.Locator("li").Last() }, []string{"l3"}},
		{"has_text", target(scenario.ByCSS, literally("li"), hasText(literally("two"))),
			func(p playwright.Page) playwright.Locator {
				return p.Locator("li", playwright.PageLocatorOptions{HasText: "two"})
			}, []string{"l2", "l3"}},
		{"has_text, regular expression", target(scenario.ByCSS, literally("li"), hasText(like("/^Two/"))),
			func(p playwright.Page) playwright.Locator {
				return p.Locator("li", playwright.PageLocatorOptions{HasText: re("^Two")})
			}, []string{"l2"}},
		{"has_text, then nth", target(scenario.ByCSS, literally("li"), hasText(literally("T")), nth(1)),
			func(p playwright.Page) playwright.Locator {
				return p.Locator("li").Filter(playwright.LocatorFilterOptions{HasText: "T"}).Nth(1)
			}, []string{"l3"}},
		{"within", roleOf("button", inside(css("#l2"))), func(p playwright.Page) playwright.Locator { return p.Locator("#l2").GetByRole("button") }, []string{"l2b"}},
		{"within what has a text", roleOf("button", inside(target(scenario.ByCSS, literally("li"), hasText(literally("One"))))),
			func(p playwright.Page) playwright.Locator {
				return p.Locator("li").Filter(playwright.LocatorFilterOptions{HasText: "One"}).GetByRole("button")
			}, []string{"l1b"}},
		{"within within", target(scenario.ByText, literally("Two"), inside(roleOf("listitem", inside(css("#list"))))),
			func(p playwright.Page) playwright.Locator {
				return p.Locator("#list").GetByRole("listitem").GetByText("Two")
			}, []string{"l2", "l3b"}},
		{"frame", roleOf("button", name(literally("Save")), frame(css("#frame"))),
			func(p playwright.Page) playwright.Locator {
				return p.FrameLocator("#frame").GetByRole("button", playwright.FrameLocatorGetByRoleOptions{Name: "Save"})
			}, []string{"fb"}},
		{"within in a frame", target(scenario.ByText, literally("hello"), inside(target(scenario.ByCSS, literally("body"), frame(css("#frame"))))),
			func(p playwright.Page) playwright.Locator {
				return p.FrameLocator("#frame").Locator("body").GetByText("hello")
			}, []string{"fp"}},
	}
}

// Each target finds what Playwright's own locator of that name finds.
func TestTargetsFindWhatPlaywrightsLocatorsFind(t *testing.T) {
	t.Parallel()
	v := visit(t, page(rich))
	v.do(goTo("/"), waitFor(inFrame(css("#frame"), css("#fb"))))
	ids := func(l playwright.Locator) []string {
		t.Helper()
		got, err := l.EvaluateAll("all => all.map(e => e.id)")
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, id := range got.([]any) {
			ids = append(ids, id.(string))
		}
		return ids
	}
	for _, c := range targets() {
		t.Run(c.name, func(t *testing.T) {
			if got := ids(v.locator(c.ours)); !slices.Equal(got, c.ids) {
				t.Errorf("%s finds %q, want %q", selector(c.ours), got, c.ids)
			}
			if c.theirs != nil {
				if got := ids(c.theirs(v.page)); !slices.Equal(got, c.ids) {
					t.Errorf("Playwright's own finds %q, want %q", got, c.ids)
				}
			}
		})
	}
}

func TestSelectors(t *testing.T) {
	var b []byte
	for _, c := range targets() {
		b = append(b, c.name+"\n  "+selector(c.ours)+"\n"...)
		if d := document(c.ours); d != "" {
			b = append(b, "  in "+d+"\n"...)
		}
	}
	golden(t, "selectors.txt", string(b))
}

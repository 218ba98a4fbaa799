package browser

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/scenario"
)

// exactly is what every page of the matrix begins with. go makes a change after
// so many milliseconds, and truth is when it was made: read right after it, with
// what the page has held on to. A change that takes longer returns a promise; from
// is when it was set off.
const exactly = `<script>
const target = '` + button9 + `';
const made = () => { const e = document.createElement('div'); e.innerHTML = target; return e.firstChild };
const add = to => { to.append(made()) };
const event = type => new Promise(resolve => addEventListener(type, resolve, {capture: true, once: true}));
const never = new Promise(() => {});
const busy = ms => { for (const t = Date.now(); Date.now() < t + ms; ); };
let truth = 0, from = 0;
var stamp, done, go;
((perf, later) => {
  const now = perf.now.bind(perf), origin = perf.timeOrigin;
  stamp = at => { truth = at };
  done = () => stamp(origin + now());
  go = (name, ms) => { truth = 0; later(() => { from = origin + now(); const late = {show, hide}[name](); late ? late.then(done) : done() }, ms) };
})(performance, setTimeout.bind(window));
</script>`

// button9 is the one element that each of the nine kinds of target finds.
const button9 = `<button id=out title=Finished alt=Finished placeholder=Finished data-testid=Finished aria-label=Finished>Finished</button>`

// aim is a target, and the locator of Playwright's that means the same.
type aim struct {
	name   string
	target scenario.Target
	plain  func(root playwright.Locator) playwright.Locator
}

// aims are all kinds of target, at the button.
var aims = []aim{
	aimRole("button", "Finished"),
	{"text", byText("Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByText("Finished") }},
	{"label", aimed(scenario.ByLabel, "Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByLabel("Finished") }},
	{"placeholder", aimed(scenario.ByPlaceholder, "Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByPlaceholder("Finished") }},
	{"test id", aimed(scenario.ByTestID, "Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByTestId("Finished") }},
	{"title", aimed(scenario.ByTitle, "Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByTitle("Finished") }},
	{"alt text", aimed(scenario.ByAltText, "Finished"), func(root playwright.Locator) playwright.Locator { return root.GetByAltText("Finished") }},
	aimCSS("#out"),
	aimXPath("//*[@id='out']"),
}

func aimed(by scenario.By, value string) scenario.Target {
	return scenario.Target{By: by, Value: literally(value)}
}

func having(t scenario.Target, text string) scenario.Target {
	t.HasText = new(literally(text))
	return t
}

func aimRole(r, name string, more ...func(*scenario.Target, *playwright.LocatorGetByRoleOptions)) aim {
	t := role(r, name)
	o := playwright.LocatorGetByRoleOptions{Name: name}
	for _, f := range more {
		f(&t, &o)
	}
	return aim{"role", t, func(root playwright.Locator) playwright.Locator { return root.GetByRole(playwright.AriaRole(r), o) }}
}

func aimCSS(selector string) aim {
	return aim{"css", css(selector), func(root playwright.Locator) playwright.Locator { return root.Locator(selector) }}
}

func aimXPath(path string) aim {
	return aim{"xpath", scenario.Target{By: scenario.ByXPath, Value: literally(path)}, func(root playwright.Locator) playwright.Locator { return root.Locator("xpath=" + path) }}
}

// way is a way in which a target turns up and goes again.
type way struct {
	name string
	html string // the page, without the target or with the target hidden
	on   string // the page under its address with ?on
	// JavaScript of the page's own that shows the target, and hides it.
	show, hide string
	stays      bool // the target is hidden, and stays attached
	aims       []aim
	few        int // it takes long: only for so many kinds of target

	// The page is that of a frame: frame is the page around it, which may have
	// a show and a hide of its own; nested, if that one is in a frame, too.
	frame  string
	nested bool

	// The document goes: the target may be gone as soon as the next one begins.
	// What is parsed after the target may be the last change before a look.
	navigates bool

	// The change comes about by itself some time after it was set off, but not
	// before takes, and is over when the page is told of it.
	gradual bool
	takes   time.Duration

	unannounced bool // only the fallback can see it
	crowded     bool // more other changes than are kept go on all the time
	anyClock    bool // on the page's clock, or not: both may be
	misses      func(aim) bool
}

func allAims(aim) bool { return true }

// pathless are roots that an XPath does not enter.
func pathless(a aim) bool { return a.target.By == scenario.ByXPath }

// ways are all ways in which a target can turn up and go.
func ways() []way {
	const off = `<style>.off{display:none}</style>`
	hidden := func(attributes string) string { return strings.Replace(button9, "<button", "<button "+attributes, 1) }
	overrides := func(what string) string {
		return `<div id=box></div><script>const no = () => { throw new Error('overridden') };` + what + `</script>`
	}
	const inShadow = `box.innerHTML = '<div id=host></div>'; add(host.attachShadow({mode: 'open'}))`
	inBox := way{html: `<div id=box></div>`, show: `add(box)`, hide: `out.remove()`}
	in := func(name string, w way) way { w.name = name; return w }
	with := func(name, html string) way { w := inBox; w.name, w.html = name, html; return w }
	many := func(name, html string) way {
		w := with(name, html)
		w.anyClock, w.crowded = true, true
		return w
	}
	framed := func(name, frame string) way { w := inBox; w.name, w.frame = name, frame; return w }

	return append([]way{
		in("insertion", inBox),
		{name: "innerHTML over the whole body", show: `document.body.innerHTML = target`, hide: `document.body.innerHTML = '<p>x'`},
		{name: "document.write", show: `document.write(target); document.close()`, hide: `document.write('<p>x'); document.close()`},
		{name: "an element replaced by its twin", html: hidden("hidden"), stays: true,
			show: `const twin = out.cloneNode(true); twin.hidden = false; out.replaceWith(twin)`,
			hide: `const twin = out.cloneNode(true); twin.hidden = true; out.replaceWith(twin)`},
		{name: "an attribute", html: hidden("hidden"), stays: true, show: `out.hidden = false`, hide: `out.hidden = true`},
		{name: "a class", html: off + hidden("class=off"), stays: true, show: `out.className = ''`, hide: `out.className = 'off'`},
		{name: "a class far above", html: off + `<div id=box class=off><div><p>` + button9 + `</div></div>`, stays: true,
			show: `box.classList.remove('off')`, hide: `box.classList.add('off')`},
		{name: "inline style", html: hidden("style=visibility:hidden"), stays: true,
			show: `out.style.visibility = 'visible'`, hide: `out.style.visibility = 'hidden'`},
		{name: "a style sheet added", html: hidden("hidden"), stays: true,
			show: `document.head.insertAdjacentHTML('beforeend', '<style id=s>#out{display:block}</style>')`, hide: `s.remove()`},
		{name: "a style sheet of another file", html: hidden("hidden"), stays: true, gradual: true,
			show: `document.head.insertAdjacentHTML('beforeend', '<link id=s rel=stylesheet href=/show.css>'); return new Promise(loaded => { s.onload = loaded })`, hide: `s.remove()`},
		{name: "a style sheet toggled by its media", html: `<style id=s media=print>#out{display:block !important}</style>` + hidden("hidden"), stays: true,
			show: `s.media = 'all'`, hide: `s.media = 'print'`},
		{name: "a style sheet toggled by its disabled", few: 4, html: `<style id=s>#out{display:none}</style>` + button9, stays: true, unannounced: true,
			show: `s.disabled = true`, hide: `s.disabled = false`},
		{name: "insertRule", few: 4, html: `<style id=s></style>` + hidden("hidden"), stays: true, unannounced: true,
			show: `s.sheet.insertRule('#out{display:block}')`, hide: `s.sheet.deleteRule(0)`},
		{name: "adoptedStyleSheets", few: 4, html: hidden("hidden"), stays: true, unannounced: true,
			show: `const s = new CSSStyleSheet; s.replaceSync('#out{display:block}'); document.adoptedStyleSheets = [s]`, hide: `document.adoptedStyleSheets = []`},
		{name: "a CSS transition's end", few: 4, anyClock: true, html: `<style>#out{visibility:hidden;transition:visibility 0s .1s}#out.on{visibility:visible}</style>` + button9, stays: true,
			gradual: true, takes: 50 * time.Millisecond, // its clock may be a frame behind
			show: `out.className = 'on'; return event('transitionend')`, hide: `out.className = ''; return event('transitionend')`},
		{name: "a CSS animation's end", few: 4, anyClock: true, stays: true, gradual: true, takes: 50 * time.Millisecond,
			html: `<style>@keyframes a{from{visibility:hidden}to{visibility:hidden}}@keyframes b{from{visibility:visible}to{visibility:visible}}
			  #out{visibility:hidden}#out.on{visibility:visible;animation:a .1s}#out.off{visibility:hidden;animation:b .1s}</style>` + button9,
			show: `out.className = 'on'; return event('animationend')`, hide: `out.className = 'off'; return event('animationend')`},
		{name: "details", html: `<details id=box>` + button9 + `</details>`, stays: true, show: `box.open = true`, hide: `box.open = false`},
		{name: "dialog", html: `<dialog id=box>` + button9 + `</dialog>`, stays: true, show: `box.show()`, hide: `box.close()`},
		{name: "a modal dialog", html: `<dialog id=box>` + button9 + `</dialog>`, stays: true, show: `box.showModal()`, hide: `box.close()`},
		{name: "a popover", html: `<div id=box popover>` + button9 + `</div>`, stays: true, show: `box.showPopover()`, hide: `box.hidePopover()`},

		{name: "an open shadow root", misses: pathless,
			show: `const host = document.createElement('div'); host.id = 'host'; document.body.append(host); add(host.attachShadow({mode: 'open'}))`,
			hide: `host.remove()`},
		{name: "within an open shadow root", misses: pathless, html: `<div id=host></div><script>host.attachShadow({mode: 'open'})</script>`,
			show: `add(host.shadowRoot)`, hide: `host.shadowRoot.innerHTML = ''`},
		{name: "within a shadow root attached after parsing", misses: pathless, html: `<div id=host></div><script>addEventListener('load', () => host.attachShadow({mode: 'open'}))</script>`,
			show: `add(host.shadowRoot)`, hide: `host.shadowRoot.innerHTML = ''`},
		{name: "nested shadow roots", misses: pathless, html: `<div id=host></div><script>
			  const outer = host.attachShadow({mode: 'open'}), inner = document.createElement('div'); outer.append(inner); inner.attachShadow({mode: 'open'})</script>`,
			show: `add(inner.shadowRoot)`, hide: `inner.shadowRoot.innerHTML = ''`},
		{name: "a shadow root in a closed one", few: 3, misses: allAims, html: `<div id=host></div><script>
			  const outer = host.attachShadow({mode: 'closed'}), inner = document.createElement('div'); outer.append(inner); inner.attachShadow({mode: 'open'})</script>`,
			show: `add(inner.shadowRoot)`, hide: `inner.shadowRoot.innerHTML = ''`},
		{name: "a shadow root made by hand and put in later", misses: pathless, html: `<div id=box></div>`,
			show: `const host = document.createElement('div'), root = host.attachShadow({mode: 'open'}); host.id = 'host'; add(root); box.replaceChildren(host)`,
			hide: `host.shadowRoot.innerHTML = ''`},
		{name: "within a declarative shadow root", misses: pathless, html: `<div id=host><template shadowrootmode=open><p>x</p></template></div>`,
			show: `add(host.shadowRoot)`, hide: `host.shadowRoot.innerHTML = ''`},
		{name: "a declarative shadow root that comes late", misses: pathless, html: `<div id=box></div>`,
			show: `box.setHTMLUnsafe('<div id=host><template shadowrootmode=open>' + target + '</template></div>')`,
			hide: `host.shadowRoot.querySelector('button').remove()`},
		{name: "a closed shadow root", few: 3, misses: allAims, html: `<div id=host></div><script>const root = host.attachShadow({mode: 'closed'})</script>`,
			show: `add(root)`, hide: `root.innerHTML = ''`},
		{name: "a slot of a closed shadow root", html: `<div id=host>` + button9 + `</div><script>const root = host.attachShadow({mode: 'closed'})</script>`, stays: true,
			show: `root.append(document.createElement('slot'))`, hide: `root.innerHTML = ''`},
		{name: "a slot of a closed declarative shadow root", few: 4, stays: true, unannounced: true, html: `<script>
			  let root; customElements.define('x-mole', class extends HTMLElement { connectedCallback() { root ??= this.getRootNode() } })</script>
			  <div id=host><template shadowrootmode=closed><x-mole></x-mole></template>` + button9 + `</div>`,
			show: `root.append(document.createElement('slot'))`, hide: `root.innerHTML = ''`},

		framed("a frame of the same origin", `<iframe src=inner></iframe>`),
		framed("a frame of another origin", `<script>document.write('<iframe src="//localhost:' + location.port + location.pathname + 'inner"></iframe>')</script>`),
		{name: "a frame in a frame", frame: `<iframe srcdoc='<iframe src=inner></iframe>'></iframe>`, nested: true, html: inBox.html, show: inBox.show, hide: inBox.hide},
		{name: "a frame that is shown", few: 4, frame: `<iframe src=inner hidden></iframe>`, html: button9, stays: true, unannounced: true,
			show: `frameElement.hidden = false`, hide: `frameElement.hidden = true`},
		{name: "a frame added late", unannounced: true, anyClock: true, // what goes with its frame is not announced
			frame: `<script>const show = () => { document.body.insertAdjacentHTML('beforeend', '<iframe src=inner></iframe>'); return never },
			  hide = () => document.querySelector('iframe').remove()</script>`,
			html: button9 + `<script>done(); parent.stamp(truth)</script>`},
		{name: "a frame without scripts", few: 4, unannounced: true, frame: `<iframe sandbox=allow-same-origin src=inner></iframe>
			  <script>const box = () => frames[0].document.body, show = () => { box().innerHTML = target }, hide = () => { box().innerHTML = '' }</script>`},
		{name: "a frame that navigates", navigates: true, frame: `<iframe src=inner></iframe>`, html: `<script>done()</script>`, on: button9 + `<script>done()</script>`,
			show: `location.search = '?on'; return never`, hide: `location.search = '?off'; return never`},

		many("5,000 mutations a second", `<p id=b>x</p><div id=box></div><script>
		  const channel = new MessageChannel, begin = performance.now(); let due = 0, n = 0;
		  channel.port1.onmessage = () => { b.firstChild.data = ++n };
		  setInterval(() => {
		    const all = 5 * (performance.now() - begin);
		    for (due = Math.max(due, all - 100); due < all; due++) channel.port2.postMessage(0); // what a busy machine kept it from is not made up for
		  }, 4)</script>`),
		{name: "a script that stalls for 2 s", html: `<div id=box></div>`, few: 2, show: `busy(2000); add(box)`,
			// What a script writes is there for no one until the script is over.
			hide: `out.remove(); busy(2000)`},
		{name: "history.pushState", html: `<div id=box></div>`, show: `history.pushState({}, '', '?pushed'); add(box)`, hide: `history.pushState({}, '', '?again'); out.remove()`},
		{name: "the fragment", gradual: true,
			html: `<style>#out{display:none}#out:target{display:block}</style>` + button9, stays: true,
			show: `location.hash = 'out'`, hide: `location.hash = ''`},
		{name: "a navigation", navigates: true, html: `<script>done()</script>`, on: button9 + `<script>done()</script>`,
			show: `location.search = '?on'; return never`, hide: `location.search = '?off'; return never`},
		{name: "a navigation, and a script there", navigates: true, html: `<script>done()</script>`, on: `<script>setTimeout(() => { add(document.body); done() }, 50)</script>`,
			show: `location.search = '?on'; return never`, hide: `location.search = '?off'; return never`},

		with("performance overridden", overrides(`Performance.prototype.now = () => 42; Object.defineProperty(Performance.prototype, 'timeOrigin', {get: () => 7});
		  Performance.prototype.getEntriesByType = no; Object.defineProperty(window, 'performance', {value: {now: () => 42, timeOrigin: 7}})`)),
		with("MutationObserver overridden", overrides(`MutationObserver = class { observe() {} disconnect() {} takeRecords() { return [] } }`)),
		{name: "MutationObserver's prototype overridden", misses: pathless,
			html: overrides(`MutationObserver.prototype.observe = MutationObserver.prototype.takeRecords = MutationObserver.prototype.disconnect = no`),
			show: inShadow, hide: `host.shadowRoot.innerHTML = ''`},
		{name: "attachShadow overridden", misses: pathless, html: `<div id=box></div><script>
			  const attach = Element.prototype.attachShadow;
			  Element.prototype.attachShadow = function (o) { return attach.call(this, {...o, slotAssignment: 'named'}) }</script>`,
			show: inShadow, hide: `host.shadowRoot.innerHTML = ''`},
	}, matches()...)
}

// matches are ways in which an element that stands there comes to be what a
// target means.
func matches() []way {
	var all []way
	add := func(name, html string, a aim, show, hide string) *way {
		all = append(all, way{name: "match: " + name, html: html, show: show, hide: hide, aims: []aim{a}})
		return &all[len(all)-1]
	}
	unannounced := func(w *way) { w.unannounced = true }
	yes := playwright.Bool(true)
	text, label := aims[1], aims[2]
	button := aims[0]

	add("a text's characters", `<p id=e>x</p>`, text, `e.firstChild.data = 'Finished'`, `e.firstChild.data = 'x'`)
	add("a text's characters, bit by bit", `<p id=e>Finis</p>`, text, `e.firstChild.appendData('hed')`, `e.firstChild.deleteData(5, 3)`)
	add("textContent", `<p id=e>x</p>`, text, `e.textContent = 'Finished'`, `e.textContent = 'x'`)
	add("a text node", `<p id=e>Finis</p>`, text, `e.append('hed')`, `e.lastChild.remove()`)
	add("a submit button's value by a script", `<input type=submit id=e value=x>`, text, `e.value = 'Finished'`, `e.value = 'x'`)
	add("a part of a text", `<p id=e>Finished`, aim{"text", having(byText("Finished"), "2"), func(root playwright.Locator) playwright.Locator {
		return root.GetByText("Finished").Filter(playwright.LocatorFilterOptions{HasText: "2"})
	}}, `e.append(' 2')`, `e.lastChild.remove()`)

	add("a label's characters", `<label id=l for=e>x</label><input id=e>`, label, `l.firstChild.data = 'Finished'`, `l.firstChild.data = 'x'`)
	add("a label's for", `<label id=l for=f>Finished</label><input id=e>`, label, `l.htmlFor = 'e'`, `l.htmlFor = 'f'`)
	add("aria-label", `<input id=e aria-label=x>`, label, `e.ariaLabel = 'Finished'`, `e.ariaLabel = 'x'`)
	add("aria-labelledby", `<p id=l>Finished</p><input id=e>`, label, `e.setAttribute('aria-labelledby', 'l')`, `e.removeAttribute('aria-labelledby')`)

	add("a name by characters", `<button id=e>x</button>`, button, `e.firstChild.data = 'Finished'`, `e.firstChild.data = 'x'`)
	add("a name by aria-label", `<button id=e>x</button>`, button, `e.setAttribute('aria-label', 'Finished')`, `e.removeAttribute('aria-label')`)
	add("a name by what labels it", `<p id=l>x</p><button id=e aria-labelledby=l>y</button>`, button, `l.firstChild.data = 'Finished'`, `l.firstChild.data = 'x'`)
	add("a name by an image's alt", `<button id=e><img alt=x></button>`, button, `e.firstChild.alt = 'Finished'`, `e.firstChild.alt = 'x'`)
	add("a name by a style's content", `<style>#e.on::before{content:'Finished'}</style><button id=e>x</button>`, button, `e.className = 'on'`, `e.className = ''`)
	add("a role", `<div id=e>Finished</div>`, button, `e.role = 'button'`, `e.role = 'link'`)
	add("aria-hidden far above", `<div id=e aria-hidden=true><p><button>Finished</button></div>`, button, `e.ariaHidden = 'false'`, `e.ariaHidden = 'true'`)
	checked := func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) { t.Checked, o.Checked = yes, yes }
	add("aria-checked", `<div id=e role=checkbox aria-checked=false>Finished</div>`, aimRole("checkbox", "Finished", checked), `e.ariaChecked = 'true'`, `e.ariaChecked = 'false'`)
	unannounced(add("checked by a script", `<input type=checkbox id=e aria-label=Finished>`, aimRole("checkbox", "Finished", checked), `e.checked = true`, `e.checked = false`))
	add("aria-expanded", `<button id=e aria-expanded=false>Finished</button>`, aimRole("button", "Finished", func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) {
		t.Expanded, o.Expanded = yes, yes
	}), `e.ariaExpanded = 'true'`, `e.ariaExpanded = 'false'`)
	add("aria-pressed", `<button id=e aria-pressed=false>Finished</button>`, aimRole("button", "Finished", func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) {
		t.Pressed, o.Pressed = yes, yes
	}), `e.ariaPressed = 'true'`, `e.ariaPressed = 'false'`)
	selected := func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) { t.Selected, o.Selected = yes, yes }
	add("aria-selected", `<div role=tablist><div id=e role=tab aria-selected=false>Finished</div></div>`, aimRole("tab", "Finished", selected), `e.ariaSelected = 'true'`, `e.ariaSelected = 'false'`)
	unannounced(add("an option selected by a script", `<select id=e size=3><option>x<option>Finished</select>`, aimRole("option", "Finished", selected), `e.selectedIndex = 1`, `e.selectedIndex = 0`))
	add("aria-level", `<div id=e role=heading aria-level=2>Finished</div>`, aimRole("heading", "Finished", func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) {
		t.Level, o.Level = 3, playwright.Int(3)
	}), `e.ariaLevel = 3`, `e.ariaLevel = 2`)
	add("disabled by a fieldset", `<fieldset id=e><button>Finished</button></fieldset>`, aimRole("button", "Finished", func(t *scenario.Target, o *playwright.LocatorGetByRoleOptions) {
		t.Disabled, o.Disabled = yes, yes
	}), `e.disabled = true`, `e.disabled = false`)

	for _, a := range []struct {
		aim       aim
		attribute string
	}{{aims[3], "placeholder"}, {aims[4], "data-testid"}, {aims[5], "title"}, {aims[6], "alt"}, {aims[7], "id"}, {aims[8], "id"}} {
		value := "Finished"
		if a.attribute == "id" {
			value = "out"
		}
		add(a.aim.name+" by its attribute", `<p class=e>x</p>`, a.aim,
			fmt.Sprintf(`document.querySelector('.e').setAttribute('%s', '%s')`, a.attribute, value), fmt.Sprintf(`document.querySelector('.e').setAttribute('%s', 'x')`, a.attribute))
	}
	add("css by a class", `<p id=e>x</p>`, aimCSS("p.done"), `e.classList.add('done')`, `e.classList.remove('done')`)
	add("css by a parent's attribute", `<div id=e><p>x</p></div>`, aimCSS("[data-state=done] > p"), `e.dataset.state = 'done'`, `delete e.dataset.state`)
	add("css by what is inside", `<p id=e>x</p>`, aimCSS("p:has(b)"), `e.innerHTML = '<b>x</b>'`, `e.innerHTML = 'x'`)
	unannounced(add("css by a value set by a script", `<input id=e placeholder=x>`, aimCSS("#e:not(:placeholder-shown)"), `e.value = 'y'`, `e.value = ''`))
	unannounced(add("css by a property set by a script", `<input type=checkbox id=e>`, aimCSS("#e:checked"), `e.checked = true`, `e.checked = false`))
	add("xpath by characters", `<p id=e>x</p>`, aimXPath("//p[text()='Finished']"), `e.firstChild.data = 'Finished'`, `e.firstChild.data = 'x'`)
	nth := aimCSS("p")
	nth.target.Nth = new(1)
	nth.plain = func(root playwright.Locator) playwright.Locator { return root.Locator("p").Nth(1) }
	add("nth", `<p>x</p>`, nth, `document.body.insertAdjacentHTML('beforeend', '<p id=e>y')`, `e.remove()`)
	within := aims[1]
	within.target.Within = new(css(".on"))
	within.plain = func(root playwright.Locator) playwright.Locator { return root.Locator(".on").GetByText("Finished") }
	add("within", `<div id=e><p>Finished</p></div>`, within, `e.className = 'on'`, `e.className = ''`)
	return all
}

// expectation of what a single element is, beyond its being there.
type expected struct {
	name, html, change string
	step               scenario.Action
	plain              func(page playwright.Page, timeout float64) error
	unannounced        bool
}

// expectations are the waits that are not for a target's being there.
func expectations() []expected {
	var all []expected
	out := css("#out")
	add := func(name, html, change string, s scenario.Action, plain func(page playwright.Page, timeout float64) error) *expected {
		all = append(all, expected{name: name, html: html, change: change, step: s, plain: plain})
		return &all[len(all)-1]
	}
	unannounced := func(e *expected) { e.unannounced = true }
	asserted := func(f func(l playwright.LocatorAssertions, timeout *float64) error) func(playwright.Page, float64) error {
		return func(page playwright.Page, timeout float64) error {
			return f(playwright.NewPlaywrightAssertions().Locator(page.Locator("#out")), &timeout)
		}
	}
	expect := func(e scenario.Expect) scenario.Action { e.Target = out; return step(&e) }

	hasText := expectText(out, "Finished")
	hasTextPlainly := asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
		return l.ToHaveText("Finished", playwright.LocatorAssertionsToHaveTextOptions{Timeout: timeout})
	})
	add("to_have_text, characters", `<p id=out>x</p>`, `out.firstChild.data = 'Finished'`, hasText, hasTextPlainly)
	add("to_have_text, of what comes", ``, `document.body.insertAdjacentHTML('beforeend', '<p id=out>Finished')`, hasText, hasTextPlainly)
	add("to_have_text, replaced by a twin", `<p id=out>x</p>`, `out.outerHTML = '<p id=out>Finished'`, hasText, hasTextPlainly)
	add("to_contain_text, a regular expression", `<p id=out>x</p>`, `out.innerHTML = 'It is <b>Fini</b>shed 12'`,
		expect(scenario.Expect{Assertion: "to_contain_text", Text: like(`/finished \d+/i`)}), asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
			return l.ToContainText(regexp.MustCompile(`(?i)finished \d+`), playwright.LocatorAssertionsToContainTextOptions{Timeout: timeout})
		}))
	hasValue := expect(scenario.Expect{Assertion: "to_have_value", Text: literally("Finished")})
	hasValuePlainly := asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
		return l.ToHaveValue("Finished", playwright.LocatorAssertionsToHaveValueOptions{Timeout: timeout})
	})
	unannounced(add("to_have_value, set by a script", `<input id=out value=x>`, `out.value = 'Finished'`, hasValue, hasValuePlainly))
	add("to_have_value, set by a script that says so", `<input id=out value=x>`, `out.value = 'Finished'; out.dispatchEvent(new Event('input', {bubbles: true}))`, hasValue, hasValuePlainly)
	add("to_have_value, its attribute", `<input id=out value=x>`, `out.setAttribute('value', 'Finished')`, hasValue, hasValuePlainly)
	unannounced(add("to_have_value, of a select", `<select id=out><option>x<option>Finished</select>`, `out.selectedIndex = 1`, hasValue, hasValuePlainly))
	add("to_have_count", `<p id=out>x</p>`, `out.insertAdjacentHTML('afterend', '<p id=out>y')`, expect(scenario.Expect{Assertion: "to_have_count", Count: 2}),
		asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
			return l.ToHaveCount(2, playwright.LocatorAssertionsToHaveCountOptions{Timeout: timeout})
		}))
	enabled := func(want bool) (scenario.Action, func(playwright.Page, float64) error) {
		return expect(scenario.Expect{Assertion: "to_be_enabled", Want: want}), asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
			return l.ToBeEnabled(playwright.LocatorAssertionsToBeEnabledOptions{Enabled: &want, Timeout: timeout})
		})
	}
	isEnabled, isEnabledPlainly := enabled(true)
	isDisabled, isDisabledPlainly := enabled(false)
	add("to_be_enabled", `<button id=out disabled>x</button>`, `out.disabled = false`, isEnabled, isEnabledPlainly)
	add("to_be_enabled, by a fieldset", `<fieldset id=f disabled><button id=out>x</button></fieldset>`, `f.disabled = false`, isEnabled, isEnabledPlainly)
	add("not to_be_enabled, by ARIA", `<button id=out>x</button>`, `out.ariaDisabled = 'true'`, isDisabled, isDisabledPlainly)
	add("enabled", `<input id=out disabled>`, `out.removeAttribute('disabled')`, waitState(out, "enabled"), isEnabledPlainly)
	add("enabled, of what comes", ``, `document.body.insertAdjacentHTML('beforeend', '<input id=out>')`, waitState(out, "enabled"), isEnabledPlainly)
	isChecked := expect(scenario.Expect{Assertion: "to_be_checked", Want: true})
	isCheckedPlainly := asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
		return l.ToBeChecked(playwright.LocatorAssertionsToBeCheckedOptions{Timeout: timeout})
	})
	unannounced(add("to_be_checked, by a script", `<input type=checkbox id=out>`, `out.checked = true`, isChecked, isCheckedPlainly))
	add("to_be_checked, by a click of a script's", `<input type=checkbox id=out>`, `out.click()`, isChecked, isCheckedPlainly)
	add("to_be_checked, by ARIA", `<div role=switch id=out aria-checked=false>x</div>`, `out.ariaChecked = 'true'`, isChecked, isCheckedPlainly)
	add("to_have_attribute", `<a id=out href=/x>x</a>`, `out.href = '/y'`, expect(scenario.Expect{Assertion: "to_have_attribute", Name: "href", Text: literally("/y")}),
		asserted(func(l playwright.LocatorAssertions, timeout *float64) error {
			return l.ToHaveAttribute("href", "/y", playwright.LocatorAssertionsToHaveAttributeOptions{Timeout: timeout})
		}))

	changedPlainly := func(page playwright.Page, _ float64) error {
		texts, err := page.Locator("#out").AllInnerTexts()
		if err == nil && (len(texts) == 0 || texts[0] == "x") {
			err = fmt.Errorf("it is %q", texts)
		}
		return err
	}
	add("becomes changed", `<p id=out>x</p>`, `out.firstChild.data = 'y'`, becomes(out, "changed"), changedPlainly)
	add("becomes changed, of what comes", ``, `document.body.insertAdjacentHTML('beforeend', '<p id=out>')`, becomes(out, "changed"), changedPlainly)
	scripted := func(js string) func(playwright.Page, float64) error {
		return func(page playwright.Page, _ float64) error {
			v, err := page.Evaluate(js)
			if err == nil && v != true {
				err = fmt.Errorf("it is %v", v)
			}
			return err
		}
	}
	painted := "() => out.getContext('2d').getImageData(4, 4, 1, 1).data[3] > 0"
	unannounced(add("a canvas", `<canvas id=out width=9 height=9></canvas>`, `out.getContext('2d').fillRect(0, 0, 9, 9)`,
		step(&scenario.WaitForFunction{JS: painted}), scripted(painted)))
	unannounced(add("a variable", ``, `window.ready = true`, step(&scenario.WaitForFunction{JS: "window.ready"}), scripted("window.ready")))
	add("wait_for_url, pushState", ``, `history.pushState({}, '', '?pushed')`, step(&scenario.WaitForURL{Glob: "**?pushed"}), scripted("location.search == '?pushed'"))
	add("wait_for_url, the fragment", ``, `location.hash = 'done'`, step(&scenario.WaitForURL{Glob: "**#done"}), scripted("location.hash == '#done'"))
	return all
}

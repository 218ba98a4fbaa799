package browser

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
	"github.com/loadwright/loadwright/scenario"
)

// randomPage is a page that changes a few times once it is told to go, and waits
// for what may come of it.
type randomPage struct {
	html        string
	changes     []string
	unannounced []bool
	waits       []randomWait
	byClick     bool // that sets it going
	fails       bool // the last wait is one that fails
	steady      int  // so many waits hold from the beginning
}

// randomWait is a wait, and a look of the plain locator at the same.
type randomWait struct {
	step scenario.Action
	edge bool
	look func(page playwright.Page) verdict
}

// verdict is what a look says: T, F, or E for an error (two elements match).
type verdict = byte

var words = []string{"Alpha", "Beta", "Gamma"}

// newRandomPage makes the page of a seed.
func newRandomPage(seed uint64) randomPage {
	r := rand.New(rand.NewPCG(seed, 0))
	word := func() string { return words[r.IntN(len(words))] }
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	id := func() string { return fmt.Sprintf("e%d", r.IntN(4)) }
	element := func(id string) string {
		return strings.NewReplacer("ID", id, "WORD", word()).Replace(pick(
			`<p id=ID>WORD</p>`, `<p id=ID hidden>WORD</p>`, `<p id=ID class=off>WORD</p>`, `<p id=ID style=visibility:hidden>WORD</p>`,
			`<button id=ID>WORD</button>`, `<button id=ID disabled title=WORD>x</button>`, `<button id=ID aria-label=WORD>x</button>`,
			`<input id=ID placeholder=WORD>`, `<label>WORD <input id=ID value=WORD></label>`, `<input type=checkbox id=ID aria-label=WORD>`,
			`<details id=ID><summary>x</summary><p>WORD</p></details>`, `<dialog id=ID>WORD</dialog>`, `<div id=ID data-testid=WORD><b>WORD</b></div>`, `<img id=ID alt=WORD>`,
			`<div id=ID><template shadowrootmode=open><p>WORD</p></template></div>`, `<div id=ID><template shadowrootmode=closed><slot hidden></slot></template>WORD</div>`))
	}
	var p randomPage
	var body strings.Builder
	var touched [][2]string // what the changes are about: likely to make a difference
	for i := range 1 + r.IntN(4) {
		body.WriteString(element(fmt.Sprintf("e%d", i)))
	}
	for range 1 + r.IntN(5) {
		change := pick(
			`E.textContent = 'WORD'`, `E.textContent = 'WORD'`, `(E.firstChild.firstChild || E.firstChild).data = 'WORD'`, `E.querySelector('p,b').firstChild.data = 'WORD'`,
			`E.hidden = true`, `E.hidden = false`, `E.className = ''`, `E.className = 'off'`, `E.style.display = 'none'`, `E.style.cssText = ''`,
			`E.setAttribute('title', 'WORD')`, `E.setAttribute('aria-label', 'WORD')`, `E.removeAttribute('aria-label')`, `E.setAttribute('data-testid', 'WORD')`,
			`E.setAttribute('placeholder', 'WORD')`, `E.setAttribute('alt', 'WORD')`, `E.ariaHidden = 'true'`, `E.setAttribute('value', 'WORD')`,
			`E.disabled = true`, `E.disabled = false`, `E.open = true`, `E.open = false`, `E.showModal()`, `E.close()`,
			`E.remove()`, `box.append(E)`, `E.replaceWith(E.cloneNode(true))`, `E.before(E.cloneNode(true))`, `box.innerHTML = NEW`, `box.insertAdjacentHTML('beforeend', NEW)`, `E.outerHTML = NEW`,
			`sheet.textContent = '#ID{display:none}'`, `sheet.textContent = ''`, `history.pushState({}, '', '?' + 'WORD'); E.textContent = 'WORD'`,
			`E.shadowRoot.querySelector('p').textContent = 'WORD'`, `E.shadowRoot.innerHTML = NEW`, `E.attachShadow({mode: 'open'}).innerHTML = NEW`, `E.attachShadow({mode: 'closed'}).innerHTML = NEW`,
			`E.value = 'WORD' //-`, `E.checked = true //-`, `sheet.sheet.insertRule('#ID{display:none}') //-`, `sheet.sheet.insertRule('#ID{display:block !important}') //-`, `sheet.disabled = true //-`)
		change, unannounced := strings.CutSuffix(change, " //-")
		e, text := id(), word()
		touched = append(touched, [2]string{text, e})
		change = strings.NewReplacer("NEW", "`"+element(e)+"`", "E.", "$('"+e+"').", "(E)", "($('"+e+"'))", "ID", e, "WORD", text).Replace(change)
		p.changes, p.unannounced = append(p.changes, change), append(p.unannounced, unannounced)
	}
	for i := range 24 {
		about := [2]string{word(), id()}
		if i%4 > 0 {
			about = touched[r.IntN(len(touched))]
		}
		p.waits = append(p.waits, newRandomWait(r, about[0], about[1]))
	}
	p.byClick, p.fails, p.steady = r.IntN(2) == 0, r.IntN(2) == 0, r.IntN(2)
	var changes, delays []string
	for _, c := range p.changes {
		changes = append(changes, "() => { "+c+" }")
		delays = append(delays, strconv.Itoa(10+r.IntN(80)))
	}
	p.html = `<style>.off{display:none}</style><style id=sheet></style><button id=run onclick=go()>Run</button><div id=box>` + body.String() + `</div><script>
const $ = id => document.getElementById(id), times = [], changes = [
  ` + strings.Join(changes, ",\n  ") + `
];
const make = k => { try { changes[k]() } catch {} };
const go = () => { let t = 0; [` + strings.Join(delays, ", ") + `].forEach((ms, k) => setTimeout(() => { make(k); times[k] = performance.timeOrigin + performance.now() }, t += ms)) };
</script>`
	return p
}

func newRandomWait(r *rand.Rand, word, id string) randomWait {
	a := randomAim(r, word, id)
	locator := func(page playwright.Page) playwright.Locator { return a.plain(page.Locator(":root")) }
	if r.IntN(3) > 0 {
		state := []string{"visible", "hidden", "attached", "detached", "becomes visible", "becomes hidden"}[r.IntN(6)]
		w := randomWait{step: waitState(a.target, state)}
		if state, w.edge = strings.CutPrefix(state, "becomes "); w.edge {
			w.step = becomes(a.target, state)
		}
		w.look = func(page playwright.Page) verdict {
			n, err := locator(page).Count()
			held := n > 0
			if state == "visible" || state == "hidden" {
				held, err = locator(page).IsVisible()
			} else if n > 1 {
				return 'E'
			}
			return verdictOf(held == (state == "visible" || state == "attached"), err)
		}
		return w
	}
	e := &scenario.Expect{Target: a.target, Assertion: []string{"to_have_text", "to_contain_text", "to_have_value", "to_have_count", "to_be_enabled", "to_be_checked"}[r.IntN(6)]}
	e.Text, e.Count, e.Want = literally(word), r.IntN(3), r.IntN(2) == 0
	return randomWait{step: step(e), look: func(page playwright.Page) verdict {
		l := playwright.NewPlaywrightAssertions().Locator(locator(page))
		var err error
		switch e.Assertion {
		case "to_have_count":
			err = l.ToHaveCount(e.Count, playwright.LocatorAssertionsToHaveCountOptions{Timeout: once})
			return verdictOf(err == nil, nil)
		case "to_have_text":
			err = l.ToHaveText(word, playwright.LocatorAssertionsToHaveTextOptions{Timeout: once})
		case "to_contain_text":
			err = l.ToContainText(word, playwright.LocatorAssertionsToContainTextOptions{Timeout: once})
		case "to_have_value":
			err = l.ToHaveValue(word, playwright.LocatorAssertionsToHaveValueOptions{Timeout: once})
		case "to_be_enabled":
			err = l.ToBeEnabled(playwright.LocatorAssertionsToBeEnabledOptions{Enabled: &e.Want, Timeout: once})
		default:
			err = l.ToBeChecked(playwright.LocatorAssertionsToBeCheckedOptions{Checked: &e.Want, Timeout: once})
		}
		if err == nil {
			return 'T'
		}
		// playwright-go tells an error from what does not hold by its text only,
		// and that not always.
		if n, _ := locator(page).Count(); n > 1 || strings.Contains(err.Error(), "Error: Not a") || strings.Contains(err.Error(), "Error: Node is not") {
			return 'E'
		}
		return 'F'
	}}
}

func randomAim(r *rand.Rand, word, id string) aim {
	aims := []aim{
		aimRole("button", word), aimRole("checkbox", word), aimRole("textbox", word),
		{"text", byText(word), func(root playwright.Locator) playwright.Locator { return root.GetByText(word) }},
		{"text", byText(word), func(root playwright.Locator) playwright.Locator { return root.GetByText(word) }},
		{"label", aimed(scenario.ByLabel, word), func(root playwright.Locator) playwright.Locator { return root.GetByLabel(word) }},
		{"placeholder", aimed(scenario.ByPlaceholder, word), func(root playwright.Locator) playwright.Locator { return root.GetByPlaceholder(word) }},
		{"test id", aimed(scenario.ByTestID, word), func(root playwright.Locator) playwright.Locator { return root.GetByTestId(word) }},
		{"title", aimed(scenario.ByTitle, word), func(root playwright.Locator) playwright.Locator { return root.GetByTitle(word) }},
		{"alt text", aimed(scenario.ByAltText, word), func(root playwright.Locator) playwright.Locator { return root.GetByAltText(word) }},
		aimCSS("#" + id), aimCSS("#" + id), aimCSS("#" + id), aimCSS("#box > p"), aimCSS("#" + id + ":checked"), aimXPath("//p[text()='" + word + "']"),
	}
	return aims[r.IntN(len(aims))]
}

func verdictOf(held bool, err error) verdict {
	switch {
	case err != nil:
		return 'E'
	case held:
		return 'T'
	}
	return 'F'
}

// What looks at any time must agree on: a wait comes true once and for all, or
// never; whether it is looked at between two changes must not matter.
var (
	holdsInTheEnd = regexp.MustCompile(`^F*T+$`)
	neverHolds    = regexp.MustCompile(`^(F+E*|E+)$`)
)

// outcome tells of a wait whether it passes, and by which change (0: it holds
// from the beginning); not ok where that depends on when it is looked at.
func (w randomWait) outcome(said string) (pass bool, by int, ok bool) {
	switch {
	case w.edge && strings.Contains(said, "E"):
		return false, 0, false
	case w.edge && said[0] == 'T':
		return false, 0, !strings.Contains(said, "F") // it never ceases to be so
	}
	pass = holdsInTheEnd.MatchString(said)
	return pass, strings.IndexByte(said, 'T'), pass || neverHolds.MatchString(said)
}

// TestRandomPages carries out the same steps on the same page in both timings.
// Both must pass, or fail at the same step: the one at which the plain locator,
// asked after each change, says so.
func TestRandomPages(t *testing.T) {
	t.Parallel()
	n, first := 8, uint64(1) // the same pages each time: what fails is the change's fault
	if text := os.Getenv(howMany); text != "" {
		n, _ = strconv.Atoi(text)
		first = uint64(time.Now().UnixNano() % 1e9)
	}
	if text := os.Getenv(firstSeed); text != "" {
		first, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seeds from %d on", first)
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seed, err := strconv.ParseUint(strings.TrimPrefix(r.URL.Path, "/"), 10, 64)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		page(newRandomPage(seed).html)(w, r)
	})
	var all []visiting
	for i := range uint64(n) {
		seed := first + i
		all = append(all, visiting{fmt.Sprintf("seed %d", seed), func(t *testing.T, v *visitor) { v.random(t, seed) }})
	}
	crowd(t, site, all)
}

func (v *visitor) random(t *testing.T, seed uint64) {
	v.t = t
	p := newRandomPage(seed)
	visitPage := goTo(fmt.Sprintf("/%d", seed))
	// First, what the plain locator says of each state of the page.
	v.do(visitPage)
	said := make([][]byte, len(p.waits))
	for k := range len(p.changes) + 1 {
		if k > 0 {
			v.eval(fmt.Sprintf("make(%d)", k-1))
		}
		for i, w := range p.waits {
			said[i] = append(said[i], w.look(v.page))
		}
	}
	// Then a few waits, up to the first that fails.
	start := step(&scenario.Evaluate{JS: "go()"})
	if p.byClick {
		start = click(run)
	}
	steps, by := []scenario.Action{start}, []int{0} // the change that makes it hold
	failsAt := 0
	add := func(most int, wanted func(pass bool, change int) bool) {
		for i, w := range p.waits {
			pass, change, ok := w.outcome(string(said[i]))
			if !ok || most == 0 || !wanted(pass, change) {
				continue
			}
			most--
			steps, by = append(steps, w.step), append(by, change)
			t.Logf("step %d: %s: %s", len(steps)-1, w.step.Op, said[i])
		}
	}
	add(p.steady, func(pass bool, change int) bool { return pass && change == 0 })
	add(3, func(pass bool, change int) bool { return pass && change > 0 })
	if n := len(steps); p.fails {
		add(1, func(pass bool, _ int) bool { return !pass })
		if len(steps) > n {
			steps[n].Timeout, failsAt = 600*time.Millisecond, n
		}
	}
	defer func() {
		if t.Failed() {
			t.Logf("seed %d, by click: %t\n%s", seed, p.byClick, p.html)
		}
	}()
	plainly := open(t, v.site, wall)
	for _, user := range []*visitor{v, plainly} {
		user.do(visitPage)
		before := user.clock.Now()
		spans, err := user.Do(t.Context(), steps)
		inOrder(t, spans, before, user.clock.Now())
		timing := user.pool.o.Timing
		switch {
		case failsAt == 0 && err != nil:
			t.Errorf("%s: step %d: %v", timing, len(spans), err)
		case failsAt > 0 && (err == nil || len(spans) != failsAt):
			t.Errorf("%s: it fails at step %d instead of %d: %v", timing, len(spans), failsAt, err)
		}
		if user != v || t.Failed() {
			continue
		}
		times := user.eval("times").([]any)
		last := event.Instant(0)
		for i := 1; i < len(spans); i++ {
			span := spans[i]
			if span.End < last {
				t.Errorf("step %d ends %s before the one before it", i, last.Sub(span.End))
			}
			if by[i] > len(times) {
				t.Fatalf("step %d passed before change %d", i, by[i])
			}
			if by[i] > 0 {
				// It ends with the change that made it hold; or, where it was looked
				// at later, with one of those after.
				at := func(k int) event.Instant { return max(event.Instant(number(times[k-1])*1e6), last) }
				want, bound := at(by[i]), busyMachine
				for k := by[i]; k <= len(times) && at(k) <= span.End.Add(early); k++ {
					want = at(k)
				}
				if p.unannounced[by[i]-1] {
					bound = stated
				}
				compare(t, fmt.Sprintf("step %d", i), span.End, want, early, bound)
			}
			last = max(last, span.End)
		}
	}
}

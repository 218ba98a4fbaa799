package browser

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/loadwright/loadwright/scenario"
)

// hour is what the clock of a page is set by, in milliseconds.
const hour = 3_600_000

// shifted is an instrument on a clock that is set by so many milliseconds: as if
// the system clock had been set between the begin of the run and that of the
// page's process. Its key is "shifted".
func shifted(ms int) string {
	return fmt.Sprintf("<script>Object.defineProperty(performance, 'timeOrigin', {value: performance.timeOrigin + %d}); %s</script>", ms, instrument("shifted"))
}

// Setting the system clock does no harm: each end lies within its call, and as
// far from the click as the page's own record has it.
func TestClocksThatWereSet(t *testing.T) {
	t.Parallel()
	for _, by := range []int{hour, -hour} {
		t.Run(fmt.Sprintf("%+d", by), func(t *testing.T) {
			t.Parallel()
			site := http.NewServeMux()
			site.Handle("/", page(shifted(by)+answers(`<p id=out>x`, delay, `out.textContent = 'Finished'`)+
				`<script>run.addEventListener('click', () => fetch('/api'))</script>`))
			site.HandleFunc("/api", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") })
			v := visit(t, site)
			v.pool.key = "shifted"
			v.do(goTo("/"))
			for _, wait := range []scenario.Op{
				&scenario.WaitFor{Target: byText("Finished"), State: "visible"},
				&scenario.WaitForQuiet{Quiet: 200 * time.Millisecond},
				&scenario.WaitForQuiet{Quiet: 200 * time.Millisecond, Within: new(css("#out"))},
				&scenario.WaitForResponse{Glob: "/api"},
			} {
				t.Run(wait.String(), func(t *testing.T) {
					v.t = t
					before := v.clock.Now()
					spans := v.do(goTo("/"))
					// Begin and end may be converted by bounds that came closer in between.
					known := v.at("").clock.slack()
					spans = append(spans, v.do(click(run), step(wait))...)
					inOrder(t, spans, before, v.clock.Now())
					for i, s := range spans {
						if !s.OnPage {
							t.Errorf("step %d is not on the page's clock", i)
						}
					}
					if _, ok := wait.(*scenario.WaitForResponse); ok {
						return // the page's record is of its own answer
					}
					truth := v.truth("")
					compare(t, "end", spans[2].End, spans[1].Begin.Add(truth.end.Sub(truth.begin)), early+known, late+known)
				})
			}
			v.t = t
			// The first wait of all that a document is asked.
			v.do(goTo("/"))
			v.posts = map[string]*post{}
			before := v.clock.Now()
			inOrder(t, v.do(step(&scenario.WaitForQuiet{Quiet: 50 * time.Millisecond})), before, v.clock.Now())
		})
	}
}

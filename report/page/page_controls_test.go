package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"
)

// press presses the button of a name.
func (s shown) press(name string) {
	s.t.Helper()
	s.do(s.GetByRole("button", playwright.PageGetByRoleOptions{Name: name, Exact: playwright.Bool(true)}).Click())
}

// shows waits until a stretch of time is shown: by the fields, which are changed
// when all has come to rest, and by the plots that are in sight.
func (s shown) shows(from, to float64) {
	s.t.Helper()
	s.until(fmt.Sprintf(`(() => {
		const is = ([from, to], off) => Math.abs(from - %v) <= off && Math.abs(to - %v) <= off;
		return is([...document.querySelectorAll("#tools input")].map((e) => Number(e.value)), 0.0006) && [...document.querySelectorAll("#plots .canvas")].every((d) => {
			const box = d.getBoundingClientRect(), x = echarts.getInstanceByDom(d)?.getOption()?.xAxis[0];
			return !box.height || box.bottom < 0 || box.top > innerHeight || ["plot-distribution", "plot-growth"].includes(d.id) || x && is([x.min, x.max], 1e-6);
		});
	})()`, from, to))
}

// statistics are the rows of the table of events, without what marks a value.
func (s shown) statistics() [][]string {
	s.t.Helper()
	s.until(`!document.querySelector("#tables tbody").textContent.includes("…")`)
	return value[[][]string](s, `[...document.querySelectorAll("#tables tbody tr")].map((r) => [...r.children].map((c) => c.textContent.replace("past the limit: ", "")))`)
}

// statisticsOf holds the table against rows of a file.
func (s shown) statisticsOf(rows []line, which func(line) bool) {
	s.t.Helper()
	sameStatistics(s.t, s.statistics(), rows, which)
}

func sameStatistics(t testing.TB, table [][]string, rows []line, which func(line) bool) {
	t.Helper()
	if len(table) == 0 {
		t.Error("there is no statistic")
	}
	for _, got := range table {
		name := ""
		failures := 0
		for _, r := range rows {
			if !strings.Contains(got[0], r.event) {
				continue
			}
			name = r.event
			if r.status == "error" && which(r) {
				failures++
			}
		}
		all := took(rows, name, which)
		want := []string{fmt.Sprint(len(all)), fmt.Sprint(failures)}
		if len(all) == 0 {
			want = append(want, "–", "–", "–", "–", "–", "–")
		} else {
			sum := 0.0
			for _, x := range all {
				sum += x
			}
			for _, x := range []float64{sum / float64(len(all)), slices.Min(all), percentile(all, 0.5), percentile(all, 0.95), percentile(all, 0.99), slices.Max(all)} {
				want = append(want, written(x))
			}
		}
		for i, w := range want {
			if strings.ReplaceAll(got[i+1], " ", "") != w {
				t.Errorf("%s: %q in column %d, want %q", got[0], got[i+1], i+1, w)
			}
		}
	}
}

// place is where a value of a plot lies in the window.
func (s shown) place(plot string, x, y float64) (float64, float64) {
	s.t.Helper()
	s.sight(plot)
	at := value[[]float64](s, fmt.Sprintf(`(() => {
		const d = document.getElementById("plot-%s"), b = d.getBoundingClientRect(), p = echarts.getInstanceByDom(d).convertToPixel("grid", [%v, %v]);
		return [b.left + p[0], b.top + p[1]];
	})()`, plot, x, y))
	return at[0], at[1]
}

// endOf is when the last row stopped, in seconds.
func endOf(rows []line) float64 {
	end := 0.0
	for _, r := range rows {
		end = max(end, r.stop)
	}
	return end
}

func startsWithin(from, to float64) func(line) bool {
	return func(r line) bool { return r.start >= from && r.start <= to }
}

// Zooming and moving by buttons and by the wheel, in a file and served.
func TestTimeControls(t *testing.T) {
	path, rows, file, _ := loaded(t, 10, 20)
	end := endOf(rows)
	for name, s := range map[string]shown{"report": file, "view": show(t, serve(t, path).URL+"/", nil)} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.sight("durations")
			s.shows(0, end)
			disabled := func(want string) {
				t.Helper()
				if got := value[string](s, `[...document.querySelectorAll("#tools button:disabled")].map((b) => b.getAttribute("aria-label") ?? b.textContent).join()`); got != want {
					t.Errorf("%q can't be pressed, want %q", got, want)
				}
			}
			disabled("Zoom out,Earlier,Later,All")
			s.press("Zoom in")
			from, to := end/4, 3*end/4
			s.shows(from, to)
			disabled("")
			s.press("Later")
			s.shows(from+end/8, to+end/8)
			s.press("Later") // no further than the end
			s.shows(end/2, end)
			disabled("Later")
			for range 2 {
				s.press("Earlier")
			}
			s.shows(end/4, 3*end/4)
			for range 2 {
				s.press("Earlier")
			}
			s.shows(0, end/2)
			disabled("Earlier")
			s.press("Zoom out")
			s.shows(0, end)

			// With Ctrl the wheel zooms around the mouse; without it, it scrolls.
			s.sight("durations")
			around := end / 3
			x, y := s.place("durations", around, 0.1)
			s.do(s.Mouse().Move(x, y))
			s.do(s.Keyboard().Down("Control"))
			s.do(s.Mouse().Wheel(0, -100))
			s.until(`Number(document.querySelectorAll("#tools input")[0].value) > 0`)
			s.do(s.Keyboard().Up("Control"))
			got := value[[]float64](s, `[...document.querySelectorAll("#tools input")].map((e) => Number(e.value))`)
			exact := value[float64](s, fmt.Sprintf(`(() => { const d = document.getElementById("plot-durations"); return %v - d.getBoundingClientRect().left; })()`, x))
			if pixel := end / 1100; math.Abs(got[0]-0.2*around) > pixel || math.Abs(got[1]-(around+0.8*(end-around))) > pixel {
				t.Errorf("the wheel shows %v around %v (%v px), want %v to %v", got, around, exact, 0.2*around, around+0.8*(end-around))
			}
			s.do(s.Keyboard().Down("Control"))
			s.do(s.Mouse().Wheel(0, 100)) // and back
			s.until(fmt.Sprintf(`Number(document.querySelectorAll("#tools input")[1].value) > %v`, got[1]))
			s.do(s.Keyboard().Up("Control"))
			s.shows(0, end)
			before := value[float64](s, "scrollY")
			s.do(s.Mouse().Wheel(0, 120))
			s.until(fmt.Sprintf("scrollY > %v", before))
			s.shows(0, end)
		})
	}
}

// A stretch that is picked by the buttons.
func TestStretchControls(t *testing.T) {
	path, rows, file, _ := loaded(t, 10, 20)
	end := endOf(rows)
	for name, s := range map[string]shown{"report": file, "view": show(t, serve(t, path).URL+"/", nil)} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.sight("durations")
			s.statisticsOf(rows, every)
			s.press("Zoom in")
			s.shows(end/4, 3*end/4)
			s.press("Take what is shown")
			s.until(`document.querySelector("#tables").textContent.includes("What started between")`)
			s.statisticsOf(rows, startsWithin(end/4, 3*end/4))
			if covered := value[bool](s, `(() => {
				const d = document.getElementById("plot-durations"), c = echarts.getInstanceByDom(d), o = d.parentElement.querySelector(".stretch");
				return !o.hidden && Math.abs(parseFloat(o.style.left) - c.convertToPixel({xAxisIndex: 0}, c.getOption().xAxis[0].min)) < 1 && parseFloat(o.style.width) > 1000;
			})()`); !covered {
				t.Error("the stretch is not marked")
			}
			for _, b := range axe(t, s.Page) {
				t.Error("with a stretch: ", b)
			}
			// Zoomed out, the stretch visits; one can come back to it.
			s.press("All")
			s.shows(0, end)
			s.statisticsOf(rows, startsWithin(end/4, 3*end/4))
			s.press("Zoom to it")
			s.shows(end/4, 3*end/4)
			s.press("Clear")
			s.until(`!document.querySelector("#tables").textContent.includes("What started between") && [...document.querySelectorAll(".stretch")].every((e) => e.hidden)`)
			s.statisticsOf(rows, every)
			if focused := value[string](s, "document.activeElement.textContent"); focused != "Take what is shown" {
				t.Errorf("the focus is on %q", focused)
			}
			s.press("Take what is shown")
			s.until(`document.querySelector("#tables").textContent.includes("What started between")`)
			s.statisticsOf(rows, startsWithin(end/4, 3*end/4))
			s.press("Whole run")
			s.until(`!document.querySelector("#tables").textContent.includes("What started between")`)
			s.statisticsOf(rows, every)
			// One that a late arrival was due in, and did not begin in.
			for label, at := range map[string]string{"from (s)": "0.1", "to (s)": "1"} {
				s.do(s.GetByLabel(label).Fill(at))
				s.do(s.GetByLabel(label).Press("Tab"))
			}
			s.shows(0.1, 1)
			s.press("Take what is shown")
			s.until(`document.querySelector("#tables").textContent.includes("What started between")`)
			s.statisticsOf(rows, startsWithin(0.1, 1))
		})
	}
}

// The button of the colours goes round.
func TestThemeButton(t *testing.T) {
	_, _, s, _ := loaded(t, 3, 4)
	s.sight("durations")
	button := s.Locator("#theme")
	looks := func(set, label, ground, dots string) {
		t.Helper()
		s.until(fmt.Sprintf(`(() => {
			const chart = echarts.getInstanceByDom(document.getElementById("plot-durations"));
			return (document.documentElement.dataset.theme ?? "") === %q && document.getElementById("theme").getAttribute("aria-label") === "Colours: %s" && getComputedStyle(document.body).backgroundColor === %q &&
				chart.getOption().series.find((s) => s.id === "ok-0-0").itemStyle.color === %q && document.querySelector("#tables .sign").style.color === %q;
		})()`, set, label, ground, dots, rgb(dots)))
	}
	const light, dark = "rgb(243, 245, 248)", "rgb(15, 20, 28)"
	looks("", "as the system has them", light, "#0072b2")
	s.do(button.Click())
	looks("light", "light", light, "#0072b2")
	s.do(button.Click())
	looks("dark", "dark", dark, "#58b0e8")
	s.do(button.Click())
	looks("", "as the system has them", light, "#0072b2")
	// The system's change is followed, by plots too.
	s.do(s.EmulateMedia(playwright.PageEmulateMediaOptions{ColorScheme: playwright.ColorSchemeDark}))
	looks("", "as the system has them", dark, "#58b0e8")
}

// rgb is a colour as a browser writes it.
func rgb(hex string) string {
	var r, g, b int
	_, _ = fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b)
	return fmt.Sprintf("rgb(%d, %d, %d)", r, g, b)
}

// Paper is white and has all plots, also those that nobody has scrolled to; what
// was on the screen is there again afterwards.
func TestPrint(t *testing.T) {
	_, _, s, _ := loaded(t, 10, 20)
	for range 2 {
		s.do(s.Locator("#theme").Click())
	}
	s.until(`document.documentElement.dataset.theme === "dark"`)
	_, err := s.Evaluate(`() => addEventListener("beforeprint", () => {
		const drawn = (d) => {
			const c = d.querySelector("canvas"), at = c?.getContext("2d"), pixels = c?.width && at.getImageData(0, 0, c.width, c.height).data;
			let n = 0;
			for (let i = 3; i < (pixels?.length ?? 0); i += 4) if (pixels[i]) n++;
			return n;
		};
		window.printed = {
			theme: document.documentElement.dataset.theme, ground: getComputedStyle(document.body).backgroundColor, sign: document.querySelector("#tables .sign").style.color,
			undrawn: [...document.querySelectorAll("figure:not([hidden]) .canvas")].filter((d) => drawn(d) < 500 || d.querySelectorAll("canvas").length > 1).map((d) => d.id), // of two canvases the upper one wipes the lower one off the paper
			wide: [...document.querySelectorAll("figure:not([hidden]) canvas")].filter((c) => c.clientWidth > 703 || c.clientWidth < 600).length,
			colour: echarts.getInstanceByDom(document.getElementById("plot-durations"))?.getOption().series.find((s) => s.id === "ok-0-0").itemStyle.color,
		};
	})`)
	s.do(err)
	if before := value[int](s, `[...document.querySelectorAll("figure:not([hidden]) .canvas")].filter((d) => !echarts.getInstanceByDom(d)).length`); before == 0 {
		t.Error("all plots were drawn before: this proves nothing")
	}
	s.do(s.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaPrint}))
	for _, hidden := range []string{"header", "#tools", ".choice"} {
		if visible, err := s.Locator(hidden).First().IsVisible(); err != nil || visible {
			t.Errorf("%s is printed: %v", hidden, err)
		}
	}
	s.do(s.EmulateMedia(playwright.PageEmulateMediaOptions{Media: playwright.MediaScreen}))
	text, err := s.PDF()
	s.do(err)
	if len(text) < 20_000 {
		t.Errorf("%d bytes are printed", len(text))
	}
	s.until(`!!window.printed`)
	type printed struct {
		Theme, Ground, Sign, Colour string
		Undrawn                     []string // or hidden by a second canvas
		Wide                        int      // plots that are not as wide as the paper
	}
	got := value[printed](s, "window.printed")
	if got.Theme != "light" || got.Ground != "rgb(243, 245, 248)" && got.Ground != "rgb(255, 255, 255)" || got.Sign != rgb("#0072b2") || got.Colour != "#0072b2" || len(got.Undrawn) > 0 || got.Wide > 0 {
		t.Errorf("printed: %+v", got)
	}
	s.until(`document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).backgroundColor === "rgb(15, 20, 28)" && document.querySelector("#tables .sign").style.color === "` + rgb("#58b0e8") + `" &&
		echarts.getInstanceByDom(document.getElementById("plot-durations")).getOption().series.find((s) => s.id === "ok-0-0").itemStyle.color === "#58b0e8" && document.querySelector("#plot-durations canvas").clientWidth > 1000`)
}

// What the mouse is over in the plot of each user, and in that of durations over
// users, is said of that row.
func TestHoverOverUsers(t *testing.T) {
	_, rows, s, at := loaded(t, 8, 14)
	s.sight("users")
	hovered := 0
	hover := func(plot string, x, y float64, want ...string) {
		t.Helper()
		left, top := s.place(plot, x, y)
		s.do(s.Mouse().Move(left-1, top-30))
		s.do(s.Mouse().Move(left, top))
		s.until(fmt.Sprintf(`(() => {
			const tip = document.querySelector("#plot-%s .tip")?.textContent ?? "";
			return %s;
		})()`, plot, "["+quoted(want)+"].every((w) => tip.includes(w))"))
		hovered++
	}
	seen := map[string]int{}
	for i, r := range rows {
		if i%5 != 0 && r.status != "error" || seen[r.status] > 5 {
			continue
		}
		seen[r.status]++
		want := []string{r.event, fmt.Sprintf("user%d", r.user), fmt.Sprintf("active users%d", r.users)}
		if r.status == "error" {
			want = append(want, "statuserror", "errorwait_for text")
		}
		hover("users", (r.start+r.stop)/2, float64(r.user), want...)
	}
	if seen["ok"] < 3 || seen["error"] < 1 {
		t.Errorf("hovered over %v: this proves little", seen)
	}
	s.sight("growth")
	done := 0
	for i, r := range rows {
		alone := true
		for k, o := range rows {
			alone = alone && (k == i || o.users != r.users || math.Abs(o.took()-r.took()) > 0.02)
		}
		if r.status != "ok" || !alone || done == 5 {
			continue
		}
		done++
		hover("growth", float64(r.users), r.took(), r.event, fmt.Sprintf("user%d", r.user), fmt.Sprintf("active users%d", r.users))
	}
	if done < 3 || len(at) != 2 {
		t.Errorf("hovered over %d dots", done)
	}
}

// quoted are texts as a list of a script.
func quoted(texts []string) string {
	var all []string
	for _, x := range texts {
		all = append(all, fmt.Sprintf("%q", x))
	}
	return strings.Join(all, ", ")
}

// All that can be shown in place of single rows, second by second.
func TestAggregates(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 30)
	for label, of := range map[string]func([]float64) float64{
		"Median": func(x []float64) float64 { return percentile(x, 0.5) }, "Min": slices.Min[[]float64], "Max": slices.Max[[]float64],
		"90th percentile": func(x []float64) float64 { return percentile(x, 0.9) }, "95th percentile": func(x []float64) float64 { return percentile(x, 0.95) },
		"99th percentile": func(x []float64) float64 { return percentile(x, 0.99) },
		"Mean": func(x []float64) float64 {
			sum := 0.0
			for _, v := range x {
				sum += v
			}
			return sum / float64(len(x))
		},
	} {
		s.sight("durations")
		s.choose("durations", label)
		for name, k := range at {
			points := 0
			for i, got := range s.series("durations", fmt.Sprintf("line-0-%d", k)) {
				second := took(rows, name, func(r line) bool { return int(math.Floor(r.start)) == i })
				want := -1.0
				if len(second) > 0 {
					want = of(second)
					points++
				}
				if got[0] != float64(i)+0.5 || !close4(got[1], want) {
					t.Errorf("%s of %s: %v, want %v of %d rows", label, name, got, want, len(second))
				}
			}
			if points < 6 {
				t.Errorf("%s of %s has %d points", label, name, points)
			}
		}
	}
}

package page

import (
	csvfile "encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/event"
)

// line is a row of an events CSV as it stands in the file: what plots show is
// held against these, and made of them by nothing that the page is made by.
type line struct {
	event, status, phase string
	user, users          int
	start, stop          float64 // seconds
}

func (l line) took() float64 { return l.stop - l.start }

func lines(t *testing.T, path string) []line {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csvfile.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range all[0] {
		at[name] = i
	}
	_, counted := at["users"] // Python Loadwright has no such column
	number := func(text string) float64 {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	var rows []line
	for _, row := range all[1:] {
		of := func(name string) string { return row[at[name]] }
		l := line{event: of("event"), status: "ok", user: int(number(of("user"))), start: number(of("start_seconds")), stop: number(of("stop_seconds"))}
		if counted {
			if late := of("late_seconds"); late != "" {
				l.start -= number(late) // when it was due
			}
			l.status, l.phase, l.users = of("status"), of("phase"), int(number(of("users")))
		}
		rows = append(rows, l)
	}
	return rows
}

// plainCSV writes rows to a file as Python Loadwright does: eight columns, user by
// user.
func plainCSV(t testing.TB, rows []event.Event) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plain.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := csvfile.NewWriter(file)
	_ = w.Write(strings.Split(",event,user,start,stop,start_seconds,stop_seconds,duration", ",")) // it tells at the end
	const layout = "2006-01-02 15:04:05.000"
	for i, e := range rows {
		_ = w.Write([]string{strconv.Itoa(i), e.Name, strconv.Itoa(e.User), e.Start.Time().Format(layout), e.Stop.Time().Format(layout),
			fmt.Sprint(e.Start.Sub(begin).Seconds()), fmt.Sprint(e.Stop.Sub(begin).Seconds()), fmt.Sprint(e.Duration().Seconds())})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		t.Fatal(err)
	}
	return path
}

// took are the durations of an event's rows that are ok and that a condition holds of.
func took(rows []line, name string, which func(line) bool) []float64 {
	var all []float64
	for _, r := range rows {
		if r.event == name && r.status == "ok" && which(r) {
			all = append(all, r.took())
		}
	}
	return all
}

func every(line) bool { return true }

// loaded is a file of a run with two events, and the page of it.
func loaded(t *testing.T, users, each int) (path string, rows []line, s shown, at map[string]int) {
	t.Helper()
	path = csv(t, filepath.Join(t.TempDir(), "x.csv"), busy(users, each))
	r := read(t, path)
	at = map[string]int{}
	for i, e := range r.Events {
		at[e.Name] = i
	}
	return path, lines(t, path), report(t, r), at
}

func close4(a, b float64) bool { return math.Abs(a-b) <= 1.01e-4 }

// choose picks in the list of a plot.
func (s shown) choose(plot, label string) {
	s.t.Helper()
	_, err := s.Locator("figure:has(#plot-" + plot + ") select").SelectOption(playwright.SelectOptionValues{Labels: &[]string{label}})
	s.do(err)
	s.settled()
}

// A run of less than two minutes has a point for each second.
func TestPercentilesOverTime(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 30)
	if len(at) != 2 {
		t.Fatalf("events %v", at)
	}
	for name := range at {
		s.sight("percentiles")
		s.choose("percentiles", name)
		points := 0
		for id, p := range map[string]float64{"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99} {
			for i, got := range s.series("percentiles", id+"-0") {
				if got[0] != float64(i)+0.5 {
					t.Fatalf("%s of %s: point %d is at %v", id, name, i, got[0])
				}
				of := took(rows, name, func(r line) bool { return int(math.Floor(r.start)) == i })
				if len(of) == 0 {
					if got[1] != -1 {
						t.Errorf("%s of %s: %v in second %d, where nothing started", id, name, got[1], i)
					}
					continue
				}
				points++
				if want := percentile(of, p); !close4(got[1], want) {
					t.Errorf("%s of %s: %v in second %d, want %v of %d rows", id, name, got[1], i, want, len(of))
				}
			}
		}
		if points < 20 {
			t.Errorf("%s has %d points", name, points)
		}
	}
}

func TestDistribution(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 30)
	for name, i := range at {
		all := took(rows, name, every)
		s.sight("distribution")
		s.choose("distribution", "Histogram")
		bars := s.series("distribution", fmt.Sprintf("spread-0-%d", i))
		if len(bars) < 8 || slices.Min(all) < bars[0][0] || slices.Max(all) > bars[len(bars)-1][0] {
			t.Fatalf("%s: %d bars from %v to %v, of %v to %v", name, len(bars), bars[0], bars[len(bars)-1], slices.Min(all), slices.Max(all))
		}
		width, sum := bars[1][3]-bars[1][0], 0
		for k, bar := range bars[1 : len(bars)-1] {
			from, to := bar[0], bar[3]
			if math.Abs(to-from-width) > 1e-9 || k > 0 && from != bars[k][3] {
				t.Errorf("%s: bar %d is from %v to %v", name, k, from, to)
			}
			n := 0
			for _, x := range all {
				if x >= from-1e-9 && x < to-1e-9 {
					n++
				}
			}
			sum += n
			if bar[2] != float64(n) || math.Abs(bar[1]-100*float64(n)/float64(len(all))) > 1e-9 {
				t.Errorf("%s: %v rows (%v %%) of %v to %v, want %d of %d", name, bar[2], bar[1], from, to, n, len(all))
			}
		}
		if sum != len(all) {
			t.Errorf("%s: the bars hold %d rows of %d", name, sum, len(all))
		}
		s.choose("distribution", "Cumulative")
		curve := s.series("distribution", fmt.Sprintf("spread-0-%d", i))
		if len(curve) < 100 {
			t.Fatalf("%s: %d points of the curve", name, len(curve))
		}
		for k, got := range curve {
			want := slices.Min(all)
			if k > 0 {
				want = percentile(all, got[1]/100)
			}
			if !close4(got[0], want) {
				t.Errorf("%s: %v %% took at most %v, want %v", name, got[1], got[0], want)
			}
		}
		if first, last := curve[0][1], curve[len(curve)-1][1]; first != 0 || last != 100 {
			t.Errorf("%s: the curve goes from %v to %v %%", name, first, last)
		}
	}
}

func TestThroughputAndFailures(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 30)
	end := 0.0
	for _, r := range rows {
		end = max(end, r.stop)
	}
	// In each second, bars stand on one another: the events, and what failed on top.
	top := map[float64]float64{}
	check := func(id string, which func(line) bool) {
		total := 0
		for _, bar := range s.series("throughput", id) {
			from, to := bar[0], min(bar[0]+1, end)
			n := 0
			for _, r := range rows {
				if which(r) && math.Floor(r.stop) == from {
					n++
				}
			}
			total += n
			rate := float64(n) / max(0.2, to-from)
			if !close4(bar[1], max(from+0.2, to)) || bar[4] != float64(n) || math.Abs(bar[3]-bar[2]-rate) > 1e-3 || math.Abs(bar[2]-top[from]) > 1e-9 {
				t.Errorf("%s: a bar of %v from %v to %v, on top of %v; want %d rows, %v a second, on top of %v", id, bar[4], bar[0], bar[1], bar[2], n, rate, top[from])
			}
			top[from] = bar[3]
		}
		want := 0
		for _, r := range rows {
			if which(r) {
				want++
			}
		}
		if total != want || want == 0 {
			t.Errorf("%s: %d rows in all bars, want %d", id, total, want)
		}
	}
	for i := range len(at) {
		check(fmt.Sprintf("rate-0-%d", i), func(r line) bool { return at[r.event] == i && r.status == "ok" })
	}
	check("failed-0", func(r line) bool { return r.status == "error" })
}

// Users who leave and come back under the same number are as many as the column
// says.
func TestActiveUsers(t *testing.T) {
	rows, visits := comeAndGo()
	path := csv(t, filepath.Join(t.TempDir(), "x.csv"), rows)
	s := report(t, read(t, path))
	steps := s.series("active", "active-0")
	at := func(when float64) float64 {
		n := 0.0
		for _, step := range steps {
			if step[0] <= when {
				n = step[1]
			}
		}
		return n
	}
	for _, r := range lines(t, path) {
		if got := at(r.stop - 0.001); got != float64(r.users) {
			t.Errorf("%v users just before %v, where a row says %d", got, r.stop, r.users)
		}
	}
	for _, when := range []int{500, 3000, 6500, 10_000, 30_000, 41_500, 45_000, 55_000, 59_000} {
		if got, want := at(float64(when)/1000), there(visits, ms(when)); got != float64(want) {
			t.Errorf("%v users at %d ms, want %d", got, when, want)
		}
	}
}

// In a file of Python Loadwright they are counted from their first row to their
// last.
func TestActiveUsersOfAPlainFile(t *testing.T) {
	path := plainCSV(t, busy(20, 30))
	type visit struct{ from, to float64 }
	users := map[int]visit{}
	for _, r := range lines(t, path) {
		v, ok := users[r.user]
		if !ok {
			v = visit{r.start, r.stop}
		}
		users[r.user] = visit{min(v.from, r.start), max(v.to, r.stop)}
	}
	steps := report(t, read(t, path)).series("active", "active-0")
	if len(steps) < 30 {
		t.Fatalf("%d steps", len(steps))
	}
	for i, step := range steps {
		// Amid two steps, so that no rounding matters.
		at := step[0] + 1
		if i+1 < len(steps) {
			at = (step[0] + steps[i+1][0]) / 2
		}
		n := 0.0
		for _, v := range users {
			if v.from <= at && at < v.to {
				n++
			}
		}
		if step[1] != n {
			t.Errorf("%v users at %v, want %v", step[1], at, n)
		}
	}
}

func TestDurationAgainstUsers(t *testing.T) {
	_, rows, s, at := loaded(t, 20, 30)
	s.sight("growth")
	said := value[string](s, `document.querySelector("figure:has(#plot-growth)").textContent`)
	for name, i := range at {
		var n, x, y, xx, xy float64
		var want [][2]float64
		least, most := math.Inf(1), 0.0
		for _, r := range rows {
			if r.event != name || r.status != "ok" {
				continue
			}
			u := float64(r.users)
			want = append(want, [2]float64{u, r.took()})
			n, x, y, xx, xy = n+1, x+u, y+r.took(), xx+u*u, xy+u*r.took()
			least, most = min(least, u), max(most, u)
		}
		sameDots(t, name, s.series("growth", fmt.Sprintf("dots-0-%d", i)), want)
		slope := (n*xy - x*y) / (n*xx - x*x)
		at0 := (y - slope*x) / n
		got := s.series("growth", fmt.Sprintf("slope-0-%d", i))
		if len(got) != 2 || got[0][0] != least || got[1][0] != most || math.Abs(got[0][1]-at0-slope*least) > 1e-6 || math.Abs(got[1][1]-at0-slope*most) > 1e-6 {
			t.Errorf("%s: the line is %v, want %v s + %v s a user from %v to %v", name, got, at0, slope, least, most)
		}
		rest := 0.0
		for _, p := range want {
			d := p[1] - at0 - slope*p[0]
			rest += d * d
		}
		wide := 1.96 * math.Sqrt(rest/(n-2)/(xx-x*x/n))
		sign := "+"
		if slope < 0 {
			sign = "−"
		}
		text := fmt.Sprintf("%s: %s%.3g ms with each user (± %.3g ms)", name, sign, 1000*math.Abs(slope), 1000*wide)
		if !strings.Contains(strings.ToLower(strings.ReplaceAll(said, " ", "")), strings.ReplaceAll(text, " ", "")) {
			t.Errorf("no %q in %q", text, said)
		}
	}
}

// withSummary writes a run of two phases, of which the machine's samples begin
// half a second before the first row.
func withSummary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var rows []event.Event
	for i := range 40 {
		e := row("load", i%4, 250*i, 150)
		switch {
		case i < 8:
			e.Phase = event.RampUp
		case i < 12:
			e.Phase = event.WarmUp
		case i >= 36:
			e.Phase = event.RampDown
		}
		rows = append(rows, e)
	}
	path := csv(t, filepath.Join(dir, "loadwright_20261123_150000.csv"), rows)
	var samples []string
	for i := range 10 {
		app, saturated := fmt.Sprintf(`{"cpu_cores": %v, "memory_bytes": %d}`, 0.1*float64(i), 1_000_000*(i+1)), ""
		machine := fmt.Sprint(0.5 + 0.15*float64(i))
		switch i {
		case 0:
			app, machine = "null", "null"
		case 3, 4:
			saturated = "no CPU to spare"
		case 7:
			saturated = "timers were late"
		}
		samples = append(samples, fmt.Sprintf(`{"begin_seconds": %d, "end_seconds": %d, "machine_cpu_cores": %s, "generator_cpu_cores": %v, "generator_memory_bytes": %d, "app": %s, "saturated": %q}`,
			i, i+1, machine, 0.25+0.05*float64(i), 200_000_000+i, app, saturated))
	}
	summary := `{"ok": true, "scenario": "two phases", "began": "2026-11-23T14:59:59.5Z", "elapsed_seconds": 10, "users": 4, "machine": {"cores": 2},
		"generator": {"judged": true, "trusted": false, "text": "not to be trusted", "samples": [` + strings.Join(samples, ",") + `]}}`
	folder := strings.TrimSuffix(path, ".csv")
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "summary.json"), []byte(summary), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// shades are the stretches of a plot's ground that are not as the rest.
type shadedStretch struct {
	From, To float64
	Colour   string
}

func (s shown) shades(plot string) []shadedStretch {
	s.t.Helper()
	s.sight(plot)
	return value[[]shadedStretch](s, fmt.Sprintf(`echarts.getInstanceByDom(document.getElementById("plot-%s")).getOption().series.find((s) => s.id === "shade").markArea.data.map(([a, b]) => ({From: a.xAxis, To: b.xAxis, Colour: a.itemStyle.color}))`, plot))
}

func TestMachine(t *testing.T) {
	s := report(t, read(t, withSummary(t)))
	for _, c := range []struct {
		plot, id string
		want     func(i int) float64
	}{
		{"cpu", "machine_cpu-0", func(i int) float64 { return 0.5 + 0.15*float64(i) }},
		{"cpu", "generator_cpu-0", func(i int) float64 { return 0.25 + 0.05*float64(i) }},
		{"cpu", "app_cpu-0", func(i int) float64 { return 0.1 * float64(i) }},
		{"memory", "generator_memory-0", func(i int) float64 { return 200_000_000 + float64(i) }},
		{"memory", "app_memory-0", func(i int) float64 { return 1_000_000 * float64(i+1) }},
	} {
		got := s.series(c.plot, c.id)
		if len(got) != 10 {
			t.Errorf("%s has %d points, want 10", c.id, len(got))
			continue
		}
		for i, p := range got {
			want := c.want(i)
			if i == 0 && !strings.HasPrefix(c.id, "generator") {
				want = -1 // not known
			}
			// The middle of a sample, from the first row's begin on.
			if math.Abs(p[0]-float64(i)) > 1e-9 || math.Abs(p[1]-want) > 1e-9 {
				t.Errorf("%s: point %d is %v, want %v", c.id, i, p, want)
			}
		}
	}
	if cores := value[float64](s, `echarts.getInstanceByDom(document.getElementById("plot-cpu")).getOption().series.find((s) => s.markLine?.data?.length).markLine.data[0].yAxis`); cores != 2 {
		t.Errorf("the line of all cores is at %v", cores)
	}
}

// What is not to be trusted has another ground, in every plot over time and
// under its every dot, and so do phases.
func TestShades(t *testing.T) {
	s := report(t, read(t, withSummary(t)))
	for _, plot := range []string{"durations", "users", "active", "throughput", "percentiles", "cpu", "memory"} {
		got := s.shades(plot)
		want := [][2]float64{{0, 2}, {2, 3}, {3, 9}, {9, 9.9}, {2.5, 4.5}, {6.5, 7.5}} // four phases, then what can't be trusted
		if len(got) != len(want) {
			t.Errorf("%s: shades %v", plot, got)
			continue
		}
		colours := map[string]int{}
		for i, w := range want {
			if !close4(got[i].From, w[0]) || !close4(got[i].To, w[1]) {
				t.Errorf("%s: shade %d is %v, want %v", plot, i, got[i], w)
			}
			colours[got[i].Colour]++
		}
		if colours[got[5].Colour] != 2 || len(colours) != 5 {
			t.Errorf("%s: the colours are %v", plot, colours)
		}
	}
	// As it is drawn: a column of pixels in each of some moments.
	ground := func(at float64) string {
		return value[string](s, fmt.Sprintf(`(() => {
			const d = document.getElementById("plot-cpu"), chart = echarts.getInstanceByDom(d), canvas = d.querySelector("canvas");
			const scale = canvas.width / chart.getWidth(), x = Math.round(chart.convertToPixel({xAxisIndex: 0}, %v) * scale), n = new Map();
			const copy = document.createElement("canvas");
			copy.width = 1;
			copy.height = canvas.height;
			const at = copy.getContext("2d", { willReadFrequently: true });
			at.drawImage(canvas, -x, 0);
			const pixels = at.getImageData(0, 0, 1, canvas.height).data;
			for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3]) { const c = [...pixels.slice(i, i + 4)].join(); n.set(c, (n.get(c) ?? 0) + 1); }
			return [...n].filter(([_, k]) => k > 60).sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
		})()`, at))
	}
	trusted := ground(5.3)
	for at, same := range map[float64]bool{5.7: true, 8.2: true, 3.3: false, 4.3: false, 6.7: false, 7.3: false} {
		if got := ground(at); (got == trusted) != same {
			t.Errorf("at %v the ground is %q, and %q where times can be trusted", at, got, trusted)
		}
	}
	// The reason stands where the mouse is.
	s.sight("cpu")
	box := value[[]float64](s, `(() => { const d = document.getElementById("plot-cpu"), b = d.getBoundingClientRect(), c = echarts.getInstanceByDom(d); return [b.left + c.convertToPixel({xAxisIndex: 0}, 7), b.top + 120]; })()`)
	s.do(s.Mouse().Move(box[0]-3, box[1]))
	s.do(s.Mouse().Move(box[0], box[1]))
	s.until(`[...document.querySelectorAll("#plot-cpu .tip")].some((t) => t.textContent.includes("timers were late"))`)
}

// Without a summary, the rows' own marks are what is known.
func TestShadesOfRows(t *testing.T) {
	var rows []event.Event
	for i := range 20 {
		e := row("load", 0, 1000*i, 400)
		e.Trusted = event.Trusted
		if i >= 5 && i < 8 || i == 12 {
			e.Trusted = event.NotTrusted
		}
		rows = append(rows, e)
	}
	s := report(t, read(t, csv(t, filepath.Join(t.TempDir(), "x.csv"), rows)))
	var got [][2]float64
	for _, x := range s.shades("durations") {
		if x.To-x.From < 19 { // not the phase
			got = append(got, [2]float64{x.From, x.To})
		}
	}
	if want := [][2]float64{{5, 7.4}, {12, 12.4}}; !slices.EqualFunc(got, want, func(a, b [2]float64) bool { return close4(a[0], b[0]) && close4(a[1], b[1]) }) {
		t.Errorf("shades %v, want %v", got, want)
	}
}

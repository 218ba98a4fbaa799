package main

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// drawingPage draws lists of items anew for each click, as a framework
// does: they come, get texts and attributes, and go. It tells what its own script
// took, what runs between two changes of the document included.
const drawingPage = `<!doctype html><title>bench</title><button>Run</button><p id="out">none</p><main></main>
<script>
const main = document.querySelector('main'), rounds = %d, items = %d;
let n = 0;
document.querySelector('button').onclick = async () => {
	const begin = performance.now();
	for (let round = 0; round < rounds; round++) {
		const list = document.createElement('ul');
		for (let i = 0; i < items; i++) {
			const item = document.createElement('li');
			item.textContent = 'item ' + i;
			item.setAttribute('data-round', round);
			list.append(item);
		}
		main.replaceChildren(list);
		for (const item of list.children) item.firstChild.data = 'changed', item.className = 'done';
		await null; // observers run
	}
	const took = performance.now() - begin;
	await fetch('/took?ms=' + took);
	out.textContent = 'Finished run ' + ++n + ' now';
};
</script>`

const (
	// disturbRounds is how often each way is taken, in turns; the first run of a
	// page, which the browser compiles, is left out of each.
	disturbRounds = 5
	disturbClicks = 40
	// disturbNoise is what two medians of the same may differ by, unless the
	// rounds themselves differ by more.
	disturbNoise = 0.05
)

// disturbance is what the clock in the page costs the page: its own script's
// time with it (timing: page) against without (timing: wall), same scenario.
func disturbance(binary string) ([]row, error) {
	var rows []row
	for _, d := range []struct {
		what          string
		rounds, items int
		stated        bool
	}{
		{"a page's own script that draws 500 items anew, with the clock in the page against without", 1, 500, false},
		{"the same of 20 items, 300 times over in one script (12,600 nodes)", 300, 20, true},
	} {
		took := map[string][]float64{} // ms: the median of each round
		for range disturbRounds {
			for _, timing := range []string{"wall", "page"} {
				median, err := draw(binary, timing, d.rounds, d.items)
				if err != nil {
					return nil, err
				}
				took[timing] = append(took[timing], median)
			}
		}
		without, with := middle(took["wall"]), middle(took["page"])
		noise := max(disturbNoise, (slices.Max(took["wall"])-slices.Min(took["wall"]))/2/without)
		r := row{
			what:     d.what,
			measured: fmt.Sprintf("%.2f (%.2f / %.2f ms; rounds without: %.2f to %.2f)", with/without, with, without, slices.Min(took["wall"]), slices.Max(took["wall"])),
			bar:      fmt.Sprintf("≤ %.2f, the noise", 1+noise),
			ok:       with <= without*(1+noise),
		}
		if d.stated {
			r.bar, r.ok = "stated", true
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// draw has one user click and returns the median of what the page's script took,
// in ms.
func draw(binary, timing string, rounds, items int) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	var mu sync.Mutex
	var took []float64
	site := http.NewServeMux()
	site.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, drawingPage, rounds, items)
	})
	site.HandleFunc("/took", func(_ http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.ParseFloat(r.FormValue("ms"), 64)
		mu.Lock()
		defer mu.Unlock()
		took = append(took, ms)
	})
	server := &http.Server{Handler: site}
	go server.Serve(l) //nolint:errcheck // it ends when it is closed
	defer server.Close()
	if err := load(binary, "http://"+l.Addr().String(), timing, 1, disturbClicks, "0"); err != nil {
		return 0, err
	}
	mu.Lock()
	defer mu.Unlock()
	if len(took) != disturbClicks {
		return 0, fmt.Errorf("the page was clicked %d times, not %d", len(took), disturbClicks)
	}
	return middle(took[1:]), nil
}

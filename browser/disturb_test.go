package browser

import (
	"testing"

	"github.com/loadwright/loadwright/scenario"
)

// busyPage changes its document in one round after another, as a framework does
// that renders: elements come, get texts and attributes, and go. work tells how
// many milliseconds its own script took, what runs between the rounds included.
const busyPage = `<main></main><script>
async function work() {
	const main = document.querySelector('main'), begin = performance.now();
	for (let round = 0; round < 300; round++) {
		const list = document.createElement('ul');
		for (let i = 0; i < 20; i++) {
			const item = document.createElement('li');
			item.textContent = 'item ' + i;
			item.setAttribute('data-round', round);
			list.append(item);
		}
		main.replaceChildren(list);
		for (const item of list.children) item.firstChild.data = 'changed', item.className = 'done';
		await null; // observers run
	}
	return performance.now() - begin;
}
</script>`

// BenchmarkDisturbance is what the clock in the page costs a page that changes
// 12,600 nodes: its own script's time with it (page) and without (wall).
func BenchmarkDisturbance(b *testing.B) {
	for _, timing := range []scenario.Timing{scenario.WallTiming, scenario.PageTiming} {
		b.Run(string(timing), func(b *testing.B) {
			v := visit(b, page(busyPage), func(o *Options) { o.Timing = timing })
			v.do(goTo("/"))
			v.eval("work()") // the browser's compiler has seen it
			total := 0.0
			b.ResetTimer()
			for range b.N {
				switch ms := v.eval("work()").(type) {
				case float64:
					total += ms
				case int:
					total += float64(ms)
				}
			}
			b.ReportMetric(total/float64(b.N), "script-ms/op")
		})
	}
}

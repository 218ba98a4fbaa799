package peers

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromedp does the job with as little as the browser's protocol needs: the
// page is asked once for each thing that is waited for, and answers when it is
// there. It is the floor of what one browser costs.
func (j job) chromedp() error {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(j.browser), chromedp.DisableGPU)
	if j.noSandbox {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, _ := chromedp.NewExecAllocator(context.Background(), options...)
	browser, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Run(browser); err != nil { // starts it
		return err
	}
	return j.each(func(name string) error {
		page, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
		defer cancel()
		var at []float64
		err := chromedp.Run(page,
			chromedp.Navigate(j.address(name)),
			chromedp.Evaluate(waitFor(`() => {
				const button = [...document.querySelectorAll("button")].find((b) => b.textContent === "Run");
				const box = button?.getBoundingClientRect();
				return box && [box.x + box.width / 2, box.y + box.height / 2];
			}`), &at, awaited),
		)
		if err != nil {
			return err
		}
		time.Sleep(j.think)
		for i := 1; i <= clicks; i++ {
			err := j.interact(name, i, func() error {
				var there bool
				return chromedp.Run(page,
					input.DispatchMouseEvent(input.MousePressed, at[0], at[1]).WithButton(input.Left).WithClickCount(1),
					input.DispatchMouseEvent(input.MouseReleased, at[0], at[1]).WithButton(input.Left).WithClickCount(1),
					chromedp.Evaluate(waitFor(fmt.Sprintf(
						`() => document.getElementById("status").textContent.startsWith("Finished run %d in")`, i)), &there, awaited),
				)
			})
			if err != nil {
				return err
			}
		}
		if j.report {
			return chromedp.Run(page, chromedp.Evaluate("window.report().then(() => 1)", nil, awaited))
		}
		return nil
	})
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// waitFor is an expression whose promise holds what a function returns as soon
// as that is true.
func waitFor(function string) string {
	return `new Promise((done) => {
		const look = ` + function + `;
		const found = look();
		if (found) return done(found);
		const observer = new MutationObserver(() => {
			const found = look();
			if (found) {
				observer.disconnect();
				done(found);
			}
		});
		observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
	})`
}

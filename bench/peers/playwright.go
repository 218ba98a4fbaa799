package peers

import (
	"fmt"
	"runtime"
	"time"

	"github.com/playwright-community/playwright-go"
)

// playwright does the job as anybody would with playwright-go: one browser, a
// context a user's iteration, locators that wait, Go's clock around them.
func (j job) playwright() error {
	pw, err := playwright.Run(&playwright.RunOptions{DriverDirectory: j.driver, SkipInstallBrowsers: true})
	if err != nil {
		return err
	}
	args := []string{}
	if runtime.GOOS == "linux" {
		args = append(args, "--disable-gpu")
	}
	browser, err := pw.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath:  playwright.String(j.browser),
		ChromiumSandbox: playwright.Bool(!j.noSandbox),
		Args:            args,
	})
	if err != nil {
		return err
	}
	return j.each(func(name string) error {
		context, err := browser.NewContext()
		if err != nil {
			return err
		}
		page, err := context.NewPage()
		if err != nil {
			return err
		}
		if _, err := page.Goto(j.address(name)); err != nil {
			return err
		}
		button := page.GetByRole("button", playwright.PageGetByRoleOptions{Name: "Run"})
		if err := button.WaitFor(); err != nil {
			return err
		}
		time.Sleep(j.think)
		for i := 1; i <= clicks; i++ {
			err := j.interact(name, i, func() error {
				if err := button.Click(); err != nil {
					return err
				}
				return page.GetByText(fmt.Sprintf("Finished run %d in", i)).WaitFor()
			})
			if err != nil {
				return err
			}
		}
		if j.report {
			if _, err := page.Evaluate("window.report()"); err != nil {
				return err
			}
		}
		return context.Close()
	})
}

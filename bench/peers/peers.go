// Package peers carries out the bench's job by other means than loadwright: by
// plain playwright-go, and by the browser's own protocol.
package peers

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"time"
)

// clicks is how often a user clicks in an iteration.
const clicks = 5

// job is what there is to do; the bench's command line says it.
type job struct {
	url             string
	users           int
	interval, think time.Duration
	report          bool
	browser, driver string
	noSandbox       bool
}

// Main does the job that a command line asks for, until the process is ended:
// NAME OPTIONS.
func Main(args []string) error {
	var j job
	f := flag.NewFlagSet(args[0], flag.ExitOnError)
	f.StringVar(&j.url, "url", "", "of the app")
	f.IntVar(&j.users, "users", 1, "how many")
	f.DurationVar(&j.interval, "interval", 0, "between the users' starts")
	f.DurationVar(&j.think, "think", 0, "after the load and each click")
	f.BoolVar(&j.report, "report", false, "let pages hand in their record")
	f.StringVar(&j.browser, "browser", "", "the executable")
	f.StringVar(&j.driver, "driver", "", "the folder of Playwright's driver")
	_ = f.Parse(args[1:]) // it exits
	j.noSandbox = os.Geteuid() == 0
	switch args[0] {
	case "playwright-go":
		return j.playwright()
	case "chromedp":
		return j.chromedp()
	}
	return fmt.Errorf("no peer is called %q", args[0])
}

// each lets each user repeat an iteration until one fails.
func (j job) each(iterate func(page string) error) error {
	failed := make(chan error, j.users)
	var users sync.WaitGroup
	for user := range j.users {
		users.Go(func() {
			time.Sleep(time.Duration(user) * j.interval)
			for iteration := 1; ; iteration++ {
				if err := iterate(fmt.Sprintf("u%d-i%d", user, iteration)); err != nil {
					failed <- fmt.Errorf("user %d, iteration %d: %w", user, iteration, err)
					return
				}
			}
		})
	}
	return <-failed
}

// address is that of the app's page with a name.
func (j job) address(page string) string { return j.url + "/app?as=" + page }

// interact times what clicks and waits, and prints the reading.
func (j job) interact(page string, run int, act func() error) error {
	began := time.Now()
	if err := act(); err != nil {
		return fmt.Errorf("run %d: %w", run, err)
	}
	fmt.Printf("reading %s %d %f\n", page, run, time.Since(began).Seconds())
	time.Sleep(j.think)
	return nil
}

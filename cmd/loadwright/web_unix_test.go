//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/playwright-community/playwright-go"

	"github.com/loadwright/loadwright/browser/provision"
	"github.com/loadwright/loadwright/internal/leftover"
)

// watcher is a browser that looks at the page of a run.
func watcher(t *testing.T) playwright.Page {
	t.Helper()
	found, err := provision.Find(context.Background(), provision.Options{})
	if err != nil {
		t.Fatalf("run make setup first\n%v", err)
	}
	folder, err := os.MkdirTemp("", "lww")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(found.Node, filepath.Join(folder, "node")), os.Symlink(found.Package, filepath.Join(folder, "package"))); err != nil {
		t.Fatal(err)
	}
	driver, err := playwright.Run(&playwright.RunOptions{DriverDirectory: folder, SkipInstallBrowsers: true, Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	browser, err := driver.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(found.Browser), ChromiumSandbox: playwright.Bool(os.Getuid() != 0), Args: []string{"--disable-gpu"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(browser.Close(), driver.Stop(), os.RemoveAll(folder)); err != nil {
			t.Errorf("closing the browser: %v", err)
		}
	})
	page, err := browser.NewPage(playwright.BrowserNewPageOptions{Viewport: &playwright.Size{Width: 1300, Height: 900}})
	if err != nil {
		t.Fatal(err)
	}
	page.OnPageError(func(err error) { t.Errorf("page: %v", err) })
	page.OnDialog(func(d playwright.Dialog) { t.Errorf("dialog: %s", d.Message()); _ = d.Dismiss() })
	return page
}

// command runs loadwright in the background until the test ends. What it writes
// can be waited for.
type command struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
	ended chan struct{}
	err   error
	said  strings.Builder // valid once ended is closed
}

func start(t *testing.T, dir string, args ...string) *command {
	t.Helper()
	c := &command{t: t, cmd: exec.Command("loadwright", args...), lines: make(chan string, 10_000), ended: make(chan struct{})}
	c.cmd.Dir = dir
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stdout, c.cmd.Stderr = in, in
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	go func() {
		defer close(c.ended)
		defer out.Close()
		for r := bufio.NewScanner(out); r.Scan(); {
			c.said.WriteString(r.Text() + "\n")
			c.lines <- r.Text()
		}
		c.err = c.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		<-c.ended
	})
	return c
}

// says waits for a line, and returns what it says in the first group.
func (c *command) says(pattern string) string {
	c.t.Helper()
	want := regexp.MustCompile(pattern)
	for deadline := time.After(patience); ; {
		select {
		case line := <-c.lines:
			if m := want.FindStringSubmatch(line); m != nil {
				return m[len(m)-1]
			}
		case <-c.ended:
			c.t.Fatalf("it has ended and never said %q:\n%s", pattern, c.said.String())
		case <-deadline:
			c.t.Fatalf("it never said %q", pattern)
		}
	}
}

// exits waits for the end and returns the exit code.
func (c *command) exits() int {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.t.Fatal("it does not end")
	}
	return codeOf(c.err)
}

// looking is a page that shows a run.
type looking struct {
	t *testing.T
	playwright.Page
}

// until waits until an expression is true, and says what the page shows if it
// never is.
func (l looking) until(expression string) {
	l.t.Helper()
	if _, err := l.WaitForFunction("() => "+expression, nil, playwright.PageWaitForFunctionOptions{Timeout: playwright.Float(float64(patience.Milliseconds()))}); err != nil {
		text, _ := l.Locator("body").InnerText()
		l.t.Fatalf("%s: %v\n%s", expression, err, text)
	}
}

// number is the value of an expression.
func (l looking) number(expression string) int {
	l.t.Helper()
	v, err := l.Evaluate("() => String(" + expression + ")")
	if err != nil {
		l.t.Fatal(err)
	}
	n, err := strconv.Atoi(v.(string))
	if err != nil {
		l.t.Fatalf("%s: %v", expression, v)
	}
	return n
}

func (l looking) click(name string) {
	l.t.Helper()
	if err := l.GetByRole("button", playwright.PageGetByRoleOptions{Name: name, Exact: playwright.Bool(true)}).Click(); err != nil {
		l.t.Fatal(err)
	}
}

// download follows a link, and returns where the file is kept and what it is
// called.
func (l looking) download(link string) (path, name string) {
	l.t.Helper()
	d, err := l.ExpectDownload(func() error { return l.Locator("a", playwright.PageLocatorOptions{HasText: link}).Click() })
	if err != nil {
		l.t.Fatal(err)
	}
	if path, err = d.Path(); err != nil {
		l.t.Fatal(err)
	}
	return path, d.SuggestedFilename()
}

// What the page shows: rows of the event interact, users, and the state of the run.
const (
	rowsShown  = `(Number(document.querySelectorAll("#tables tbody tr")[1]?.children[1].textContent.replace(/\D/g, "")) || 0)`
	usersShown = `(Number(document.querySelector("#live .facts")?.textContent.match(/of (\d+) user/)?.[1]) || 0)`
	dotsShown  = `(echarts.getInstanceByDom(document.getElementById("plot-durations"))?.getOption().series.filter((s) => s.id?.startsWith("ok-")).reduce((n, s) => n + s.data.length / 3, 0) ?? 0)`
	stateShown = `document.querySelector("#live .stage")?.textContent`
)

// A run is watched, steered and stopped on its page, which then stays.
func TestWebPage(t *testing.T) {
	leftover.Folder(t)
	dir, url := t.TempDir(), startApp(t)
	if err := os.WriteFile(filepath.Join(dir, "s.yaml"), []byte(`
name: watched
load: {users: 2, start_interval: 0, duration: 10m}
steps:
  - event: load
    steps: [{goto: /app}, {wait_for: {role: button, name: Run}}]
  - repeat: 3
    steps:
      - event: interact
        steps: [{click: {role: button, name: Run}}, {wait_for: {text: "Finished run ${i} in"}}]
      - sleep: 100ms
thresholds: [interact mean <= 1m]
`), 0o666); err != nil {
		t.Fatal(err)
	}
	run := start(t, dir, "run", "s.yaml", "--url", url, "--web-keep", "--no-open", "--allow-saturated")
	address := run.says(`^The run is shown at (http://127\.0\.0\.1:\d+/) until Ctrl-C\.$`)
	page := looking{t, watcher(t)}
	if _, err := page.Goto(address); err != nil {
		t.Fatal(err)
	}

	// Numbers grow, in the table and in the plots.
	page.until(stateShown + ` === "● Running" && ` + rowsShown + ` > 2`)
	rows, dots := page.number(rowsShown), page.number(dotsShown)
	page.until(rowsShown + " > " + strconv.Itoa(rows) + " && " + dotsShown + " > " + strconv.Itoa(dots))
	page.until(usersShown + " === 2")
	page.until(`document.querySelector(".badge")?.textContent === "● under way"`)
	page.until(`document.querySelector(".thresholds")?.textContent.includes("✓ holds")`)

	// Loaded again, it knows what was before.
	rows = page.number(rowsShown)
	if _, err := page.Reload(); err != nil {
		t.Fatal(err)
	}
	page.until(rowsShown + " >= " + strconv.Itoa(rows) + " && " + dotsShown + " >= " + strconv.Itoa(rows))

	// The number of users is changed.
	if err := page.GetByLabel("Users", playwright.PageGetByLabelOptions{Exact: playwright.Bool(true)}).Fill("4"); err != nil {
		t.Fatal(err)
	}
	page.click("Set")
	page.until(usersShown + ` === 4 && document.querySelector("#live .facts")?.textContent.startsWith("4 of 4")`)

	// The events so far are whole rows, at least those that were shown.
	rows = page.number(rowsShown)
	for n, deadline := 0, time.Now().Add(patience); n < rows; {
		path, name := page.download("events (CSV)")
		if n = interactions(t, path); n < rows && time.Now().After(deadline) || !strings.HasPrefix(name, "loadwright_") {
			t.Fatalf("%s has %d rows, %d were shown", name, n, rows)
		}
	}

	// It is stopped, in order.
	page.click("■ Stop the run")
	page.click("Stop it")
	page.until(stateShown + ` === "■ Over"`)
	run.says(`^The page stays at `)
	page.until(`document.querySelector(".headline")?.textContent.includes("The run ended early: stopped on the page")`)
	// Where the machine was too busy for its times to be believed, that comes first.
	page.until(`/ended early|not to be trusted/.test(document.querySelector(".badge")?.textContent)`)
	glob, err := filepath.Glob(filepath.Join(dir, "test_results", "archive", "*.csv"))
	if err != nil || len(glob) != 1 {
		t.Fatalf("%v %v", glob, err)
	}
	if want, got := interactions(t, glob[0]), page.number(rowsShown); got != want {
		t.Errorf("%d rows are shown, the file has %d", got, want)
	}
	path, _ := page.download("report (HTML)")
	own, err := os.ReadFile(strings.TrimSuffix(glob[0], ".csv") + "/report.html")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != string(own) {
		t.Errorf("the report is another than the run's: %v", err)
	}
	// Ctrl-C ends the page, which says so; the exit code is the run's.
	if err := signalTo(run.cmd.Process.Pid, syscall.SIGINT, false); err != nil {
		t.Fatal(err)
	}
	if code := run.exits(); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	page.until(`document.querySelector("#live .note")?.textContent.startsWith("The run is over, and loadwright has ended with it.")`)
}

// interactions counts the rows of an events CSV that are of interact and ok.
func interactions(t *testing.T, path string) int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range all {
		if row[1] == "interact" && strings.Contains(strings.Join(row, ","), ",ok,") {
			n++
		}
	}
	return n
}

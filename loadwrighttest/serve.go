// Package loadwrighttest helps Go tests to load an app: it keeps the package
// testing out of loadwright itself.
//
//	url := loadwrighttest.Serve(t, "panel", "serve", "app.py", "--port", "${port}")
//	res := loadwrighttest.Run(t, scenario, loadwright.Options{URL: url, Users: 5})
//	if res.Event("interact").Mean > 10*time.Second { … }
package loadwrighttest

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loadwright/loadwright"
	"github.com/loadwright/loadwright/internal/httpuser"
	"github.com/loadwright/loadwright/internal/machine"
	"github.com/loadwright/loadwright/internal/serve"
	"github.com/loadwright/loadwright/scenario"
)

// ready is how long an app may take to answer.
const ready = time.Minute

// Serve starts an app for the test and returns its address, once it answers
// there with a status below 500. In the words of its command, of which the
// first is the program, ${port} is a free port; it is started in the test's own
// folder. With the test the app ends, and all its processes; what it wrote is
// told where the test has failed.
func Serve(t testing.TB, command ...string) string {
	t.Helper()
	if len(command) == 0 {
		t.Fatal("loadwrighttest: no command to serve")
	}
	port, err := serve.FreePort()
	if err != nil {
		t.Fatalf("loadwrighttest: %v", err)
	}
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = strings.ReplaceAll(w, "${port}", strconv.Itoa(port))
	}
	url := fmt.Sprintf("http://localhost:%d", port)
	out := &output{}
	app, err := serve.Start(t.Context(), serve.Options{
		Serve:  scenario.Serve{Command: words, Cwd: ".", Ready: "/", Timeout: ready},
		URL:    url,
		Port:   port,
		Output: out,
		Ready:  httpuser.Ready, Listening: machine.Listening,
	})
	if err != nil {
		t.Fatalf("loadwrighttest: %v", err)
	}
	t.Cleanup(func() {
		if err := app.Stop(); err != nil {
			t.Errorf("loadwrighttest: %v", err)
		}
		if t.Failed() {
			t.Logf("the app wrote:\n%s", out)
		}
	})
	return url
}

// Run runs a scenario for the test. Results go to a temporary folder unless the
// options name one; a run that cannot be carried out fails the test at once. A
// threshold that failed does not: that is for the test to judge.
func Run(t testing.TB, s *loadwright.Scenario, o loadwright.Options) *loadwright.Result {
	t.Helper()
	if o.Out == "" {
		o.Out = t.TempDir()
	}
	res, err := loadwright.Run(t.Context(), s, o)
	if err != nil {
		t.Fatalf("loadwrighttest: %v", err)
	}
	for _, f := range res.Failures {
		t.Logf("%v", f.Err)
	}
	return res
}

// output keeps the end of what an app writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// most is how much of an app's output is kept, in bytes.
const most = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	if over := o.text.Len() - most; over > 0 {
		o.text.Next(over)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
